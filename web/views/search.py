"""Finding a free time: what is needed goes into the address, and what is free comes back as links into the form."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue

from booking.core.span import MINUTES_IN_DAY
from booking.models import Space
from booking.premises import all_spaces
from booking.search import Found, Need, find
from web import forms
from web.auth import PUBLIC, requires
from web.booking_form import located
from web.clock import now, today
from web.db import reading
from web.words_of_booking import EQUIPMENT

bp = Blueprint("search", __name__)
MOST_STARTS, MOST_DAYS = 12, 7  # shown on one card; the rest is counted
LENGTHS = (30, 45, 60, 75, 90, 120, 150, 180, 240, 300, 360, 480)


class NeedForm(forms.FormSchema):
    """What is looked for; a last day left out means one day."""

    first_on = forms.Day(required=True)
    last_on = forms.Day(load_default=None)
    start = forms.MinuteOfDay(load_default=480)
    end = forms.MinuteOfDay(load_default=1320)
    minutes = forms.Whole(least=1, load_default=60)
    people = forms.Whole(least=1, load_default=1)
    equipment = forms.Choices(EQUIPMENT, load_default=())
    step_free = forms.Tick()
    premises = forms.Text(load_default="")
    premises_kind = forms.Text(load_default="")
    kind = forms.Text(load_default="")


@dataclass(frozen=True, slots=True)
class Start:
    """One free start as a link into the form."""

    at: datetime
    url: str


@dataclass(frozen=True, slots=True)
class FreeDay:
    """A day with its first free starts, and how many there are beyond them."""

    day: date
    starts: tuple[Start, ...]
    more: int


@dataclass(frozen=True, slots=True)
class Card:
    """One space that fits: its first days with free starts, how many more such days there are, and the days without
    with what is against them."""

    space: Space
    zone: ZoneInfo
    free: tuple[FreeDay, ...]
    more_days: int
    busy: tuple[Found, ...]


@bp.get("/find")
@requires(PUBLIC)
def free() -> ResponseReturnValue:
    asked = "first_on" in request.args
    form = forms.filled(NeedForm(), request.args) if asked else forms.blank(**usual(today()))
    cards: list[Card] = []
    with reading() as db:
        spaces = all_spaces(db)
        if form.ok:
            with form.catching(), located():
                cards = cards_of(find(db, need_of(form.wish, spaces), now()), form.wish["people"])
        return page(form, spaces, cards), 422 if form.errors else 200


def usual(day: date) -> dict[str, Any]:
    return {"first_on": (day + timedelta(days=1)).isoformat(), "start": "17:00", "end": "21:00", "minutes": 60}


def page(form: forms.Form[Any], spaces: Sequence[Space], cards: list[Card]) -> str:
    return render_template(
        "search/free.html",
        form=form,
        cards=cards,
        premises=list(dict.fromkeys(space.premises for space in spaces)),
        kinds=sorted({space.kind for space in spaces}),
        premises_kinds=sorted({space.premises.kind for space in spaces}),
        equipment=sorted({one for space in spaces for one in space.equipment if one in EQUIPMENT}),
        lengths=LENGTHS,
    )


def need_of(asked: dict[str, Any], spaces: Sequence[Space]) -> Need:
    """The need; premises are named one by one, or by their kind."""
    kind = asked["premises_kind"]
    places = {asked["premises"]} if asked["premises"] else {s.premises.ref for s in spaces if s.premises.kind == kind}
    return Need(
        first_on=asked["first_on"],
        last_on=asked["last_on"] or asked["first_on"],
        from_min=asked["start"],
        to_min=asked["end"] or MINUTES_IN_DAY,
        minutes=asked["minutes"],
        people=asked["people"],
        equipment=frozenset(asked["equipment"]),
        step_free=asked["step_free"],
        premises=frozenset(places or ({kind} if kind else ())),
        kinds=frozenset({asked["kind"]} - {""}),
    )


def cards_of(found: Sequence[Found], people: int) -> list[Card]:
    """A card for each space in the order found: those with something free first."""
    spaces = list({one.space.id: one.space for one in found}.values())
    return [_card(space, [one for one in found if one.space.id == space.id], people) for space in spaces]


def _card(space: Space, found: Sequence[Found], people: int) -> Card:
    zone = ZoneInfo(space.premises.zone)
    free = [one for one in found if one.starts]
    shown = tuple(_free_day(one, zone, people) for one in free[:MOST_DAYS])
    return Card(space, zone, shown, len(free) - len(shown), tuple(one for one in found if not one.starts))


def _free_day(one: Found, zone: ZoneInfo, people: int) -> FreeDay:
    starts = tuple(_start(at, one, zone, people) for at in one.starts[:MOST_STARTS])
    return FreeDay(one.day, starts, len(one.starts) - len(starts))


def _start(at: datetime, one: Found, zone: ZoneInfo, people: int) -> Start:
    start, end = at.astimezone(zone), (at + timedelta(minutes=one.minutes)).astimezone(zone)
    asked: dict[str, Any] = {
        "day": start.date().isoformat(),
        "start": f"{start:%H:%M}",
        "end": f"{end:%H:%M}",
        "people": people,
    }
    return Start(at, url_for("booking.new", space=one.space.ref, **asked))
