"""The calendars: a week, a day and a list, of all premises or of those chosen; every state has its own address."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from flask import Blueprint, g, render_template, request
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from booking.availability import timetables
from booking.core.opening import day_span
from booking.core.span import Span
from booking.models import Space
from booking.premises import all_spaces
from web import i18n, words_of_booking
from web.auth import PUBLIC, organisations, requires
from web.calendar_rows import Calendar, Viewer, calendar
from web.clock import HELSINKI, now, today
from web.db import reading
from web.weeks import Week

bp = Blueprint("calendar", __name__)
for _name, _filter in words_of_booking.FILTERS.items():
    bp.add_app_template_filter(_filter, _name)
FAR = (date(2000, 1, 10), date(2099, 12, 20))


@dataclass(frozen=True, slots=True)
class Choice:
    """What the address asks for: a week, a day in it, and which premises and kind of space ("" for all)."""

    week: Week
    day: date
    premises: str
    kind: str

    def link(self, **changes: str) -> dict[str, str]:
        """The parts of an address for this choice with changes, empty ones left out."""
        parts = {"w": self.week.code, "d": self.day.isoformat(), "p": self.premises, "kind": self.kind}
        return {name: value for name, value in (parts | changes).items() if value}


def read_choice() -> Choice:
    """The choice in the address. Anything that cannot be understood means this week, today, everything."""
    asked, day = Week.read(request.args.get("w", "")), _day(request.args.get("d", ""))
    week = asked or Week.of(day or today())
    return Choice(week, _in_week(week, day), request.args.get("p", ""), request.args.get("kind", ""))


def _day(text: str) -> date | None:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return day if FAR[0] <= day <= FAR[1] else None


def _in_week(week: Week, day: date | None) -> date:
    if day is not None and Week.of(day) == week:
        return day
    return today() if Week.of(today()) == week else week.monday


def viewer() -> Viewer:
    if g.get("person") is None:
        return Viewer()
    return Viewer(g.person.id, frozenset(one.id for one in organisations()))


def shown_of(spaces: list[Space], choice: Choice) -> list[Space]:
    return [
        space for space in spaces if choice.premises in ("", space.premises.ref) and choice.kind in ("", space.kind)
    ]


def drawn(session: Session, spaces: list[Space], choice: Choice, days: list[date]) -> Calendar:
    shown = shown_of(spaces, choice)
    span = Span(day_span(days[0], HELSINKI).starts_at, day_span(days[-1], HELSINKI).ends_at)
    tables = timetables(session, shown, span, now()) if shown else {}
    return calendar(shown, tables, days, viewer(), everywhere=spaces, language=i18n.language(), now=now())


def page(view: str, choice: Choice, days: list[date]) -> ResponseReturnValue:
    with reading() as session:
        spaces = all_spaces(session)
        made = drawn(session, spaces, choice, days)
        return render_template(
            f"calendar/{view}.html",
            calendar=made,
            choice=choice,
            view=view,
            today=today(),
            premises=list(dict.fromkeys(space.premises for space in spaces)),
            kinds=sorted({space.kind for space in spaces}),
            interval=choice.week.interval(i18n.locale()),
            steps=(choice.day - timedelta(days=1), choice.day + timedelta(days=1)),
        )


@bp.get("/week")
@requires(PUBLIC)
def week() -> ResponseReturnValue:
    choice = read_choice()
    return page("week", choice, choice.week.days)


@bp.get("/day")
@requires(PUBLIC)
def day() -> ResponseReturnValue:
    choice = read_choice()
    return page("day", choice, [choice.day])


@bp.get("/list")
@requires(PUBLIC)
def listed() -> ResponseReturnValue:
    choice = read_choice()
    return page("list", choice, choice.week.days)
