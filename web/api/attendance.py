"""Heads of a time: what was told, and telling them from another program of the group or the house."""

from __future__ import annotations

from typing import Any

from marshmallow import Schema, fields, validate

from booking.happenings.models import Attendance
from booking.life import attendance
from booking.life.attendance import Heads
from web.api.problems import CHANGING, SEEING, blueprint, problems
from web.auth import SIGNED_IN, requires
from web.db import reading, transaction
from web.views.attendance import keep, time_of

bp = blueprint("attendance", "How many came to a time")
COUNT = validate.Range(min=0, max=attendance.MOST_HEADS)


class HeadsIn(Schema):
    """As many as expected, or a sum, or heads by age group (then the groups make the sum); guests come on top."""

    as_expected = fields.Boolean(load_default=False, metadata={"description": "as many as were booked"})
    total = fields.Integer(load_default=None, allow_none=True, strict=True, validate=COUNT)
    groups = fields.Dict(keys=fields.String(), values=fields.Integer(strict=True, validate=COUNT), load_default=dict)
    guests = fields.Integer(load_default=None, allow_none=True, strict=True, validate=COUNT)
    reason = fields.String(load_default="", validate=validate.Length(max=300))


class HeadsOut(Schema):
    """What was told; null heads: nothing yet."""

    heads = fields.Integer(required=True, allow_none=True)
    groups = fields.Dict(required=True)
    guests = fields.Integer(required=True, allow_none=True)
    as_expected = fields.Boolean(required=True)


@bp.get("/occurrences/<ref:occurrence_ref>/attendance")
@requires(SIGNED_IN)
@bp.response(200, HeadsOut)
@problems(bp, SEEING)
def show(occurrence_ref: str) -> dict[str, Any]:
    """The heads of a time of one's own group, or at premises one works at."""
    with reading() as db:
        row = time_of(db, occurrence_ref)
        found = attendance.told_of(db, [row.id]).get(row.id)
        return shown(found)


@bp.post("/occurrences/<ref:occurrence_ref>/attendance")
@requires(SIGNED_IN)
@bp.arguments(HeadsIn)
@bp.response(200, HeadsOut)
@problems(bp, CHANGING)
def tell(asked: dict[str, Any], occurrence_ref: str) -> dict[str, Any]:
    """Tell the heads, from the start of the time on; staff correct them later, with a reason."""
    with transaction() as db:
        row = time_of(db, occurrence_ref)
        heads = Heads(asked["total"], asked["groups"], asked["guests"])
        keep(db, row, attendance.expected(row) if asked["as_expected"] else heads, asked["reason"])
        return shown(attendance.told_of(db, [row.id])[row.id])


def shown(found: Attendance | None) -> dict[str, Any]:
    if found is None:
        return {"heads": None, "groups": {}, "guests": None, "as_expected": False}
    return {name: getattr(found, name) for name in ("heads", "groups", "guests", "as_expected")}
