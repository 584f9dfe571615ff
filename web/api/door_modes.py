"""Doors of a premises with their modes, for programs of those who see to them. Ordering is for people, on pages."""

from __future__ import annotations

from typing import Any

from marshmallow import Schema, fields

from access import door_modes
from access.door_modes import ModeStatus
from web.api.problems import SEEING, blueprint, problems
from web.api.shapes import NamesOut
from web.auth import requires
from web.db import reading
from web.workplaces import ON_SITE, place_of

bp = blueprint("door_modes", "Doors and their modes")


class DoorModeOut(Schema):
    """One door. `mode` is what was ordered last; it holds only once `confirmed`; `held` is what the door was last heard
    to do. `modes` false: its hardware knows none, and nothing here is about it."""

    ref = fields.String(required=True)
    names = fields.Nested(NamesOut, required=True)
    online = fields.Boolean(required=True)
    modes = fields.Boolean(required=True)
    mode = fields.String(required=True, metadata={"enum": ["normal", "free", "locked", "lockdown"]})
    held = fields.String(required=True, metadata={"enum": ["normal", "free", "locked", "lockdown"]})
    confirmed = fields.Boolean(required=True)
    ordered_at = fields.AwareDateTime(required=True, allow_none=True)
    confirmed_at = fields.AwareDateTime(required=True, allow_none=True)


@bp.get("/premises/<ref:premises_ref>/door-modes")
@requires(*ON_SITE)
@bp.response(200, DoorModeOut(many=True))
@problems(bp, (*SEEING, 403))
def modes(premises_ref: str) -> list[dict[str, Any]]:
    """The doors in use of a premises one works at."""
    with reading() as db:
        place = place_of(db, premises_ref, *ON_SITE)
        return [_shown(row) for row in door_modes.statuses(db, place.id)]


def _shown(row: ModeStatus) -> dict[str, Any]:
    return {
        "ref": row.door.ref,
        "names": {code: row.door.name(code) for code in ("fi", "sv", "en")},
        "online": row.online,
        "modes": row.can,
        "mode": row.wanted.value,
        "held": row.held.value,
        "confirmed": row.confirmed,
        "ordered_at": row.change.ordered_at if row.change else None,
        "confirmed_at": row.change.confirmed_at if row.change else None,
    }
