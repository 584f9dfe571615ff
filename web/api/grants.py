"""What one’s own organisations were proposed and granted in rounds, and answering it."""

from __future__ import annotations

from typing import Any

from marshmallow import Schema, fields, validate

from booking.refusals import NotAllowed
from booking.roles import Role
from booking.rounds import answering, granted
from booking.rounds.answering import Answer, answerable
from booking.rounds.plan_models import SlotGrant
from web.api.problems import CHANGING, blueprint, problems
from web.api.shapes import WhoOut
from web.auth import SIGNED_IN, organisations, requires, signed_in
from web.clock import now
from web.db import reading, transaction
from web.round_access import APPLICANT, is_ours

bp = blueprint("grants", "Slots of season rounds")
MINUTES = {"description": "local minutes of day; 1440 is 24:00"}


class GrantOut(Schema):
    """One weekly slot. `left_out`: dates that could not be booked, with why."""

    ref = fields.String(required=True)
    round = fields.String(required=True)
    organisation = fields.Nested(WhoOut, required=True)
    section = fields.String(required=True)
    space = fields.String(required=True)
    weekday = fields.Integer(required=True, metadata={"description": "Monday is 0"})
    start_min = fields.Integer(required=True, metadata=MINUTES)
    end_min = fields.Integer(required=True, metadata=MINUTES)
    weeks = fields.String(required=True)
    state = fields.String(required=True)
    answer_by_at = fields.AwareDateTime(allow_none=True)
    answerable = fields.Boolean(required=True)
    answer = fields.String(required=True)
    reply = fields.String(required=True)
    left_out = fields.List(fields.Dict(), required=True)


class GrantsOut(Schema):
    """All of them, the latest season first."""

    grants = fields.List(fields.Nested(GrantOut), required=True)


class AnswerIn(Schema):
    """Accept, decline, or ask with words."""

    answer = fields.String(required=True, validate=validate.OneOf([one.value for one in Answer]))
    words = fields.String(load_default="", validate=validate.Length(max=1000))


@bp.get("/me/grants")
@requires(SIGNED_IN)
@bp.response(200, GrantsOut)
@problems(bp, (401,))
def listed() -> dict[str, Any]:
    """The slots of the organisations that the person acts for."""
    with reading() as db:
        rows = granted.of_organisations(db, [one.id for one in organisations(*APPLICANT)])
        return {"grants": [shown(row) for row in rows]}


@bp.post("/me/grants/<ref:proposal_ref>/answer")
@requires(SIGNED_IN)
@bp.arguments(AnswerIn)
@bp.response(200, GrantOut)
@problems(bp, CHANGING)
def answer(asked: dict[str, Any], proposal_ref: str) -> dict[str, Any]:
    """Answer a proposal, until its deadline."""
    with transaction() as db:
        row = granted.grant_of(db, proposal_ref)
        if not is_ours(row.section.application, Role.SECRETARY):
            raise NotAllowed
        what = Answer(asked["answer"])
        answering.answer(db, row, what, words=asked["words"], by=signed_in().id, now=now())
        return shown(row)


def shown(row: SlotGrant) -> dict[str, Any]:
    whose = row.section.application.organisation
    return {
        "ref": row.ref,
        "round": row.round.ref,
        "organisation": {"ref": whose.ref, "name": whose.name},
        "section": row.section.name,
        "space": row.space.ref,
        "weekday": row.weekday,
        "start_min": row.start_min,
        "end_min": row.end_min,
        "weeks": row.section.weeks,
        "state": row.state,
        "answer_by_at": row.answer_by_at,
        "answerable": answerable(row, now()),
        "answer": row.answer,
        "reply": row.reply,
        "left_out": row.left_out,
    }
