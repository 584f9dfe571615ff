"""Premises and spaces, and their timetables: what everybody may know."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

from marshmallow import Schema, fields
from sqlalchemy.orm import Session

from booking.availability import Busy, Timetable, timetable
from booking.core.opening import day_span
from booking.core.span import Span
from booking.ids import SpaceId
from booking.models import Premises, Space
from booking.premises import all_premises, all_spaces, premises_of, space_by_ref
from booking.refusals import BadInput
from web.api.problems import LOOKING, blueprint, problems
from web.api.shapes import Commas, Day, NamesOut, SpanOut, WhoOut, counted
from web.auth import PUBLIC, requires
from web.calendar_rows import Viewer, public_name
from web.clock import now, today
from web.db import reading
from web.views.calendar import viewer

bp = blueprint("places", "Premises, spaces and their timetables")
MOST_DAYS = 62
LANGUAGES = ("fi", "sv", "en")


class PremisesOut(Schema):
    """A site."""

    ref = fields.String(required=True)
    names = fields.Nested(NamesOut, required=True)
    kind = fields.String(required=True)
    address = fields.String(required=True)
    district = fields.String(required=True)
    municipality = fields.String(required=True)
    zone = fields.String(required=True)
    rulebook = fields.String(required=True, metadata={"description": "the family of rulebooks in force there"})
    step_free = fields.Boolean(required=True)
    accessible_toilet = fields.Boolean(required=True)
    induction_loop = fields.Boolean(required=True)
    contact_name = fields.String(required=True)
    contact_phone = fields.String(required=True)
    contact_email = fields.String(required=True)


class SpaceOut(Schema):
    """What can be booked; a space with a parent is a part of it. Minutes throughout."""

    ref = fields.String(required=True)
    names = fields.Nested(NamesOut, required=True)
    premises = fields.String(required=True)
    parent = fields.String(allow_none=True)
    kind = fields.String(required=True)
    area_m2 = fields.Integer(allow_none=True)
    capacity = fields.Integer(required=True)
    equipment = fields.List(fields.String(), required=True)
    supervised = fields.Boolean(required=True)
    step_free = fields.Boolean(required=True)
    setup_min = fields.Integer(required=True)
    turnaround_min = fields.Integer(required=True)
    grid_min = fields.Integer(required=True)
    shortest_min = fields.Integer(required=True)
    longest_min = fields.Integer(required=True)
    bookable = fields.Boolean(required=True)


class WholePremisesOut(PremisesOut):
    """A site with its spaces and those who run it."""

    owner = fields.Nested(WhoOut, required=True)
    operator = fields.Nested(WhoOut, required=True)
    spaces = fields.List(fields.Nested(SpaceOut), required=True)


class SpacesIn(Schema):
    """Which spaces; what is left out does not matter."""

    premises = Commas(load_default=frozenset())
    kind = Commas(load_default=frozenset())
    people = counted(1, 100_000, load_default=1)


class DaysIn(Schema):
    """Local days, both inclusive; a week from today unless told, 62 days at most."""

    first_on = Day(data_key="from", load_default=None)
    last_on = Day(data_key="to", load_default=None)


class ClosedOut(SpanOut):
    """A closed stretch and why."""

    reason = fields.String(required=True)
    names = fields.Dict(required=True)


class TakenOut(SpanOut):
    """Somebody's time. `name`: the organisation, as the calendar shows it, nothing of private persons; `booking` and
    `title` only in one's own."""

    held = fields.Nested(SpanOut, required=True, metadata={"description": "with set-up and turnaround"})
    state = fields.String(required=True)
    own = fields.Boolean(required=True)
    name = fields.String(required=True)
    title = fields.String(allow_none=True)
    booking = fields.String(allow_none=True)


class TimetableOut(Schema):
    """One space over some days."""

    space = fields.String(required=True)
    zone = fields.String(required=True)
    open = fields.List(fields.Nested(SpanOut), required=True)
    closed = fields.List(fields.Nested(ClosedOut), required=True)
    taken = fields.List(fields.Nested(TakenOut), required=True)
    free = fields.List(fields.Nested(SpanOut), required=True, metadata={"description": "where a booking may lie"})


@bp.get("/premises")
@requires(PUBLIC)
@bp.response(200, PremisesOut(many=True))
def list_premises() -> list[dict[str, Any]]:
    """Every premises, by Finnish name."""
    with reading() as db:
        return [premises_shown(place) for place in all_premises(db)]


@bp.get("/premises/<ref:premises_ref>")
@requires(PUBLIC)
@bp.response(200, WholePremisesOut)
@problems(bp, LOOKING)
def premises(premises_ref: str) -> dict[str, Any]:
    """One premises with its spaces, each whole before its parts."""
    with reading() as db:
        place = premises_of(db, premises_ref)
        more = {"owner": place.owner, "operator": place.operator, "spaces": spaces_shown(all_spaces(db, [place.id]))}
        return premises_shown(place) | more


@bp.get("/spaces")
@requires(PUBLIC)
@bp.arguments(SpacesIn, location="query")
@bp.response(200, SpaceOut(many=True))
@problems(bp, (422,))
def list_spaces(asked: dict[str, Any]) -> list[dict[str, Any]]:
    """Spaces, by premises, each whole before its parts."""
    with reading() as db:
        return [
            space
            for space in spaces_shown(all_spaces(db))
            if (not asked["premises"] or space["premises"] in asked["premises"])
            and (not asked["kind"] or space["kind"] in asked["kind"])
            and space["capacity"] >= asked["people"]
        ]


@bp.get("/spaces/<ref:space_ref>")
@requires(PUBLIC)
@bp.response(200, SpaceOut)
@problems(bp, LOOKING)
def space(space_ref: str) -> dict[str, Any]:
    """One space."""
    with reading() as db:
        premises_id = space_by_ref(db, space_ref).premises_id
        return next(one for one in spaces_shown(all_spaces(db, [premises_id])) if one["ref"] == space_ref)


@bp.get("/spaces/<ref:space_ref>/timetable")
@requires(PUBLIC)
@bp.arguments(DaysIn, location="query")
@bp.response(200, TimetableOut)
@problems(bp, LOOKING)
def space_timetable(asked: dict[str, Any], space_ref: str) -> dict[str, Any]:
    """When a space is open, closed, taken and free: the same answer the calendar draws."""
    with reading() as db:
        return timetable_shown(timetable_of(db, space_by_ref(db, space_ref), asked), viewer())


def timetable_of(db: Session, space: Space, asked: dict[str, Any]) -> Timetable:
    """The timetable of the days asked for. Raises BadInput for days in the wrong order, or too many."""
    first = asked["first_on"] or today()
    last = asked["last_on"] or first + timedelta(days=6)
    if not 0 <= (last - first).days < MOST_DAYS:
        raise BadInput(field="to", problem="order" if last < first else "too_far", limit=MOST_DAYS)
    zone = ZoneInfo(space.premises.zone)
    return timetable(db, space, Span(day_span(first, zone).starts_at, day_span(last, zone).ends_at), now())


def timetable_shown(table: Timetable, looking: Viewer) -> dict[str, Any]:
    return {
        "space": table.space.ref,
        "zone": table.zone.key,
        "open": table.open,
        "closed": [ends(one.span) | {"reason": one.why.value, "names": dict(one.names)} for one in table.closed],
        "taken": [taken_shown(busy, looking) for busy in table.busy if busy.held.overlaps(table.window)],
        "free": table.free(),
    }


def taken_shown(busy: Busy, looking: Viewer) -> dict[str, Any]:
    booking = busy.occurrence.booking
    own = looking.owns(booking)
    return ends(busy.span) | {
        "held": busy.held,
        "state": busy.occurrence.state,
        "own": own,
        "name": public_name(booking, hidden=bool(busy.occurrence.name_hidden)),
        "title": booking.title if own else None,
        "booking": booking.ref if own else None,
    }


def ends(span: Span) -> dict[str, Any]:
    return {"starts_at": span.starts_at, "ends_at": span.ends_at}


def names(row: Premises | Space) -> dict[str, str]:
    return {language: row.name(language) for language in LANGUAGES}


def premises_shown(place: Premises) -> dict[str, Any]:
    plain = {name: getattr(place, name) for name in PremisesOut().fields if name != "names"}
    return plain | {"names": names(place)}


def spaces_shown(spaces: list[Space]) -> list[dict[str, Any]]:
    """The spaces, with their parents' refs where these are among them."""
    refs = {space.id: space.ref for space in spaces}
    plain = [name for name in SpaceOut().fields if name not in {"names", "premises", "parent"}]
    return [
        {name: getattr(space, name) for name in plain}
        | {"names": names(space), "premises": space.premises.ref, "parent": parent_of(space, refs)}
        for space in spaces
    ]


def parent_of(space: Space, refs: dict[SpaceId, str]) -> str | None:
    return None if space.parent_id is None else refs.get(space.parent_id)
