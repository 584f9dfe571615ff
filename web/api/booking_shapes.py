"""Bookings and quotes as JSON."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from marshmallow import Schema, fields
from sqlalchemy.orm import Session

from booking.door_practice import DoorPractice, practices
from booking.judging import snapshot
from booking.life.cancelling import CancelSum
from booking.models import Booking, Occurrence, OccurrenceState
from booking.wishes import Quote
from web.api.finding import obstacles_shown
from web.api.shapes import ObstacleOut, SpanOut, WhoOut


class MoneyOut(Schema):
    """Class and price. Amounts in whole cents; an unknown one is null, never 0; normal = price + subsidy."""

    priority_class = fields.String(allow_none=True)
    price_class = fields.String(allow_none=True)
    price_cents = fields.Integer(allow_none=True)
    normal_cents = fields.Integer(allow_none=True)
    subsidy_cents = fields.Integer(allow_none=True)


class DoorOut(Schema):
    """How the door of a booked time opens. `mode` is null where the rulebook says nothing of doors; `because` names
    what is not in order, and while it does the door does not open."""

    mode = fields.String(required=True, allow_none=True)
    opens_at = fields.AwareDateTime(required=True)
    closes_at = fields.AwareDateTime(required=True)
    leave_by = fields.AwareDateTime(required=True, allow_none=True)
    because = fields.List(fields.String(), required=True)


class TimeOut(SpanOut, MoneyOut):
    """One dated time of a booking. `key` names it in changes; `reason` is why it was refused, cancelled or displaced;
    `decision` is what the rulebook answered, with every row that decided; `door` is null for what is not booked."""

    key = fields.String(required=True)
    ref = fields.String(required=True)
    space = fields.String(required=True)
    state = fields.String(required=True)
    reason = fields.String(required=True)
    decision = fields.Dict(required=True)
    door = fields.Nested(DoorOut, required=True, allow_none=True)


class BookingOut(Schema):
    """A booking with all its times."""

    ref = fields.String(required=True)
    organisation = fields.Nested(WhoOut, required=True)
    holder = fields.Nested(WhoOut, required=True)
    title = fields.String(required=True)
    purpose = fields.String(required=True)
    people = fields.Integer(required=True)
    kind = fields.String(required=True, metadata={"description": "single or regular"})
    pattern = fields.Dict(allow_none=True)
    made_at = fields.AwareDateTime(required=True)
    times = fields.List(fields.Nested(TimeOut), required=True)


class QuoteOut(MoneyOut):
    """One date of a wish. `possible`: nothing is against it; `outcome`: what the rulebook says of it (null when the
    wall time does not exist on that day); starts and ends are null then, too."""

    day = fields.Date(required=True)
    starts_at = fields.AwareDateTime(required=True, allow_none=True)
    ends_at = fields.AwareDateTime(required=True, allow_none=True)
    possible = fields.Boolean(required=True)
    obstacles = fields.List(fields.Nested(ObstacleOut), required=True)
    kind = fields.String(required=True, allow_none=True)
    outcome = fields.Dict(required=True, allow_none=True)


class QuotesOut(Schema):
    """Every date of a wish in order."""

    possible = fields.Integer(required=True, metadata={"description": "how many dates could be booked"})
    dates = fields.List(fields.Nested(QuoteOut), required=True)


class FeeOut(Schema):
    """What cancelling one time would cost. `fee_cents` is null when it is not known; `reasons` are rows cited."""

    key = fields.String(required=True)
    costs = fields.Boolean(required=True)
    fee_cents = fields.Integer(required=True, allow_none=True)
    reasons = fields.List(fields.Dict, required=True)


class FeesOut(Schema):
    """All of them together; null when one is not known."""

    costs = fields.Boolean(required=True)
    fee_cents = fields.Integer(required=True, allow_none=True)
    times = fields.List(fields.Nested(FeeOut), required=True)


MONEY = tuple(MoneyOut().fields)


def fees_shown(asked: CancelSum) -> dict[str, Any]:
    times = [
        {
            "key": fee.row.key,
            "costs": fee.verdict.costs,
            "fee_cents": fee.verdict.fee_cents if fee.verdict.charges else 0,
            "reasons": [dict(one) for one in fee.verdict.reasons],
        }
        for fee in asked.fees
    ]
    return {"costs": asked.costs, "fee_cents": asked.cents, "times": times}


def time_shown(row: Occurrence, door: DoorPractice | None) -> dict[str, Any]:
    plain = ("key", "ref", "starts_at", "ends_at", "state", "reason", *MONEY)
    values = {name: getattr(row, name) for name in plain}
    return values | {"space": row.space.ref, "decision": row.trace, "door": door and door_shown(door)}


def door_shown(door: DoorPractice) -> dict[str, Any]:
    values = {name: getattr(door, name) for name in ("opens_at", "closes_at", "leave_by", "because")}
    return values | {"mode": door.rule.mode.value if door.rule else None}


def booking_shown(session: Session, booking: Booking, now: datetime) -> dict[str, Any]:
    plain = ("ref", "organisation", "holder", "title", "purpose", "people", "kind", "pattern", "made_at")
    values = {name: getattr(booking, name) for name in plain}
    booked = [row.id for row in booking.occurrences if row.state == OccurrenceState.CONFIRMED]
    doors = practices(session, booked, now)
    return values | {"times": [time_shown(row, doors.get(row.id)) for row in booking.occurrences]}


def quotes_shown(offered: Sequence[Quote]) -> dict[str, Any]:
    return {"possible": sum(one.possible for one in offered), "dates": [quote_shown(one) for one in offered]}


def quote_shown(quote: Quote) -> dict[str, Any]:
    outcome = snapshot(quote.outcome) if quote.outcome else None
    return {name: outcome and outcome[name] for name in (*MONEY, "kind")} | {
        "day": quote.day,
        "starts_at": quote.span and quote.span.starts_at,
        "ends_at": quote.span and quote.span.ends_at,
        "possible": quote.possible,
        "obstacles": obstacles_shown(quote.obstacles),
        "outcome": outcome,
    }
