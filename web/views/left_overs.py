"""Left-overs of rounds: weekly times that nobody has, to look through, to book with one click, and as files."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from flask import Blueprint, Response, current_app, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from booking.calendar_file import CalendarEntry, calendar_file
from booking.core.span import Span, local_or_later
from booking.models import Space
from booking.practice import practice
from booking.rounds import left_overs
from booking.rounds.left_overs import LeftOver, Need
from booking.rounds.listing import takes_applications
from booking.rounds.models import Round
from booking.sheets import as_csv
from web import forms, i18n
from web.auth import PUBLIC, requires
from web.clock import now, today
from web.db import reading
from web.words_of_season import minutes_said, weekday_said, weekdays

bp = Blueprint("left_overs", __name__)
SPACES_EACH_PAGE = 20
LENGTHS = (60, 90, 120, 150, 180)


class NeedForm(forms.FormSchema):
    round = forms.Text(load_default="")
    premises = forms.Text(load_default="")
    kind = forms.Text(load_default="")
    weekdays = forms.Choices("0123456", load_default=())
    start = forms.MinuteOfDay(load_default=0)
    end = forms.MinuteOfDay(load_default=1440)
    minutes = forms.Whole(least=15, load_default=60)
    people = forms.Whole(least=1, load_default=1)
    whole = forms.Tick()
    page = forms.Whole(least=1, load_default=1)


@dataclass(frozen=True, slots=True)
class Offered:
    """A weekly time that is left over, with the address of the form that books it ("": not yet)."""

    row: LeftOver
    url: str


@dataclass(frozen=True, slots=True)
class Seen:
    """What the page shows: the round, from when left-overs are everybody's, the spaces of this page and their times."""

    round: Round
    opens_on: date | None
    all_spaces: list[Space]
    spaces: list[Space]
    rows: list[Offered]
    pages: int


@bp.get("/left-overs")
@requires(PUBLIC)
def show() -> ResponseReturnValue:
    form = forms.filled(NeedForm(), request.args)
    with reading() as db:
        rounds = left_overs.rounds_over(db, today())
        seen = seen_of(db, rounds, form.wish) if form.ok and rounds else None
        late = seen is not None and takes_applications(seen.round, now())
        choices = seen_choices(db, seen)
        return render_template(
            "left_overs/show.html",
            form=form,
            rounds=rounds,
            seen=seen,
            late=late,
            weekdays=weekdays(),
            lengths=LENGTHS,
            **choices,
        ), 422 if form.errors else 200


def seen_choices(db: Session, seen: Seen | None) -> dict[str, Any]:
    spaces = left_overs.spaces_of(db, seen.round, Need()) if seen is not None else []
    return {
        "houses": list(dict.fromkeys(space.premises for space in spaces)),
        "kinds": sorted({space.kind for space in spaces}),
        "asked": {name: request.args.getlist(name) for name in request.args if name != "page"},
    }


def seen_of(db: Session, rounds: list[Round], asked: dict[str, Any]) -> Seen:
    round_ = next((one for one in rounds if one.ref == asked["round"]), rounds[0])
    need = need_of(asked)
    spaces = left_overs.spaces_of(db, round_, need)
    first = (asked["page"] - 1) * SPACES_EACH_PAGE
    here = spaces[first : first + SPACES_EACH_PAGE]
    rows = left_overs.left_overs(db, round_, here, need, now(), least=practice("offer_least_dates"))
    opens_on = left_overs.opens_on(db, round_)
    bookable = opens_on is None or opens_on <= today()
    found = [Offered(row, booking_url(row, need.people) if bookable else "") for row in rows]
    return Seen(round_, opens_on, spaces, here, found, -(-len(spaces) // SPACES_EACH_PAGE))


def need_of(asked: dict[str, Any]) -> Need:
    return Need(
        minutes=asked["minutes"],
        people=asked["people"],
        weekdays=frozenset(map(int, asked["weekdays"])),
        from_min=asked["start"],
        to_min=asked["end"] or 1440,
        premises=asked["premises"],
        kind=asked["kind"],
        whole=asked["whole"],
    )


def booking_url(row: LeftOver, people: int) -> str:
    """The form of a weekly series over the days on which it is free."""
    asked: dict[str, Any] = {
        "day": row.days[0].isoformat(),
        "last_on": row.days[-1].isoformat(),
        "start": f"{row.start_min // 60:02}:{row.start_min % 60:02}",
        "end": f"{row.end_min // 60 % 24:02}:{row.end_min % 60:02}",
        "repeat": "weekly",
        "weekdays": row.weekday,
    }
    return url_for("booking.new", space=row.space.ref, people=people if people > 1 else None, **asked)


@bp.get("/left-overs.csv")
@requires(PUBLIC)
def csv() -> ResponseReturnValue:
    heads = [
        _("Premises"),
        _("Space"),
        _("Weekday"),
        _("Time"),
        _("First day"),
        _("Last day"),
        _("Dates"),
        _("Of dates"),
    ]
    found, zone = rows_asked()
    body = as_csv(heads, [line_of(row) for row in found], zone)
    return sent(body, "text/csv; charset=utf-8", "left-overs.csv")


def line_of(row: LeftOver) -> list[Any]:
    names = [row.space.premises.name(i18n.language()), row.space.name(i18n.language()), weekday_said(row.weekday)]
    times = [minutes_said((row.start_min, row.end_min)), row.days[0], row.days[-1]]
    return [*names, *times, len(row.days), row.of]


@bp.get("/left-overs.ics")
@requires(PUBLIC)
def ics() -> ResponseReturnValue:
    found, zone = rows_asked()
    entries = [entry_of(row, day, zone) for row in found for day in row.days]
    body = calendar_file(entries, name=_("Left-overs"), zone=zone, now=now())
    return sent(body, "text/calendar; charset=utf-8", "left-overs.ics")


def rows_asked() -> tuple[list[LeftOver], ZoneInfo]:
    """The times of the page asked for; nothing when there is no such round."""
    form = forms.filled(NeedForm(), request.args)
    with reading() as db:
        rounds = left_overs.rounds_over(db, today())
        if not (form.ok and rounds):
            return [], ZoneInfo("Europe/Helsinki")
        seen = seen_of(db, rounds, form.wish)
        return [one.row for one in seen.rows], ZoneInfo(seen.round.zone)


def entry_of(row: LeftOver, day: date, zone: ZoneInfo) -> CalendarEntry:
    starts_at, ends_at = (local_or_later(day, minute, zone) for minute in (row.start_min, row.end_min))
    place = row.space.premises
    base: str = current_app.config["SETTINGS"].base_url
    return CalendarEntry(
        ref=f"left-over-{row.space.ref}-{day.isoformat()}-{row.start_min}",
        span=Span(starts_at, ends_at),
        summary=_("Free: %(space)s", space=row.space.name(i18n.language())),
        place=f"{place.name(i18n.language())}, {place.address}",
        sequence=0,
        url=base + booking_url(row, 1),
    )


def sent(body: bytes, kind: str, name: str) -> Response:
    answer = Response(body, content_type=kind)
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer
