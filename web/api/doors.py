"""The button of a phone as a program presses it, and what doors told of the person."""

from __future__ import annotations

from typing import Any

from marshmallow import Schema, fields, validate
from sqlalchemy.orm import Session

from access import commands, own_passages, phone, register
from access.code_models import PhoneOpening, PhoneOutcome
from access.models import CommandState, DoorCommand
from web.api.problems import CHANGING, SEEING, blueprint, problems
from web.auth import SIGNED_IN, requires, signed_in
from web.clock import now
from web.db import reading, transaction, vault

bp = blueprint("doors", "Doors, for who passes them")


class PressIn(Schema):
    """`code`: what the screen beside the door shows now."""

    code = fields.String(required=True, validate=validate.Length(1, 20))


class PressOut(Schema):
    """One press. `outcome`: asked, wrong_code, no_right. `state`: of the order to the door, null when none was given:
    queued, sent, done (the door opened), failed (`result` says why), expired (the door did not answer)."""

    ref = fields.String(required=True)
    user_seq = fields.Integer(required=True)
    outcome = fields.String(required=True)
    reason = fields.String(required=True)
    state = fields.String(required=True, allow_none=True)
    result = fields.String(required=True)
    assurance = fields.String(required=True)


class PassageOut(Schema):
    """An opening or a refusal at a door."""

    at = fields.AwareDateTime(required=True)
    door = fields.String(required=True)
    premises = fields.String(required=True)
    kind = fields.String(required=True)
    reason = fields.String(required=True)
    medium = fields.String(required=True)
    booking = fields.String(required=True)
    label = fields.String(required=True)


@bp.post("/doors/<ref:door_ref>/openings")
@requires(SIGNED_IN)
@bp.arguments(PressIn)
@bp.response(201, PressOut)
@problems(bp, CHANGING)
def press(asked: dict[str, str], door_ref: str) -> Any:
    """Press the button. The press is kept whatever comes of it; look at it again until the door has answered."""
    with transaction() as db:
        door = register.by_ref(db, door_ref)
        row = phone.press(db, vault(), door, signed_in(), asked["code"], now())
        return _shown(db, row), 201


@bp.get("/doors/openings/<ref:opening_ref>")
@requires(SIGNED_IN)
@bp.response(200, PressOut)
@problems(bp, SEEING)
def opening(opening_ref: str) -> Any:
    """One's own press, and what the door said."""
    with reading() as db:
        return _shown(db, phone.opening_of(db, opening_ref, signed_in().id)[0])


@bp.get("/me/passages")
@requires(SIGNED_IN)
@bp.response(200, PassageOut(many=True))
@problems(bp, (401,))
def passages() -> Any:
    """What doors told of the person of this session, the newest first."""
    with reading() as db:
        return [_passage(row) for row in own_passages.of_person(db, signed_in().id)]


def _shown(db: Session, row: PhoneOpening) -> dict[str, Any]:
    order = db.get(DoorCommand, row.command_id) if row.command_id else None
    state: CommandState | None = commands.shown_state(order, now()) if order else None
    return {
        "ref": row.ref,
        "user_seq": row.user_seq,
        "outcome": PhoneOutcome(row.outcome).value,
        "reason": row.reason,
        "state": state.value if state else None,
        "result": order.result if order else "",
        "assurance": phone.ASSURANCE,
    }


def _passage(row: own_passages.OwnPassage) -> dict[str, Any]:
    told = {"at": row.at, "door": row.door.name_fi, "premises": row.premises.name_fi, "kind": row.kind}
    return told | {"reason": row.reason, "medium": row.medium, "booking": row.title, "label": row.label}
