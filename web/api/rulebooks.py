"""The rulebooks, and what they answer to facts told: nothing is looked up in a database, nothing is changed."""

from __future__ import annotations

from datetime import date
from typing import Any

from marshmallow import INCLUDE, Schema, fields

from booking.core.rulebook import Outcome, Rulebook, evaluate
from booking.core.rules.facts import facts_of
from booking.refusals import BadInput, NotFound
from booking.rulebook_answers import as_json
from booking.rulebook_requests import RequestError, request_of
from booking.rulebooks import NoRulebook, in_force
from booking.versions.known import books
from web.api.problems import blueprint, problems
from web.api.shapes import Day
from web.auth import PUBLIC, requires
from web.clock import today
from web.db import reading

bp = blueprint("rulebooks", "The rules everybody can read")


class RulebookOut(Schema):
    """One version of a family of rulebooks, in force from its first to its last day (null: until the next one)."""

    id = fields.String(required=True)
    family = fields.String(required=True)
    valid_from = fields.Date(required=True)
    valid_to = fields.Date(allow_none=True)


class FactsIn(Schema):
    """The seven groups of facts of docs/rulebook.md, each optional."""

    class Meta:
        unknown = INCLUDE

    applicant = fields.Dict()
    activity = fields.Dict()
    audience = fields.Dict()
    space = fields.Dict()
    time = fields.Dict()
    history = fields.Dict()
    event = fields.Dict()


class OnIn(Schema):
    """The day whose version is asked; else the day of use in the facts, else today."""

    on = Day(load_default=None)


class OutcomeOut(Schema):
    """Priority, price and reasons; amounts in cents, an unknown one is null."""

    kind = fields.String(required=True)
    rulebook = fields.String(required=True, metadata={"description": "the version that answered"})
    outcome = fields.Dict(required=True, metadata={"description": "everything `vuoro rulebook explain` prints"})


@bp.get("/rulebooks")
@requires(PUBLIC)
@bp.response(200, RulebookOut(many=True))
def list_rulebooks() -> list[Rulebook]:
    """Every version of every family, the oldest of each first."""
    with reading() as db:
        return list(books(db))


@bp.post("/rulebooks/<ref:family>/explain")
@requires(PUBLIC)
@bp.arguments(OnIn, location="query")
@bp.arguments(FactsIn, unknown=INCLUDE)
@bp.response(200, OutcomeOut)
@problems(bp, (400, 404, 422, 429))
def explain(asked: dict[str, Any], written: dict[str, Any], family: str) -> dict[str, Any]:
    """What a rulebook answers to these facts, with every matching row. Needs no sign-in and no token."""
    book, outcome = answered(family, written, asked["on"])
    return {"kind": outcome.kind.value, "rulebook": book.id, "outcome": as_json(outcome)}


def answered(family: str, written: dict[str, Any], on: date | None) -> tuple[Rulebook, Outcome]:
    """Raises NotFound for a family that is not there or not in force on the day, BadInput for facts told wrongly."""
    with reading() as db:
        there = books(db)
    try:
        book = in_force(there, family, on or today())
        told = facts_of(request_of(written, book.words, book.own_facts))["time.use_on"]
        if on is None and isinstance(told, date):
            book = in_force(there, family, told)
        return book, evaluate(book, request_of(written, book.words, book.own_facts), on=on)
    except NoRulebook as error:
        raise NotFound(what="rulebook", lines=error.lines) from error
    except RequestError as error:
        raise BadInput(field="facts", problem="facts", lines=error.lines) from error
