"""Season rounds that are out: windows, hours and criteria, as everybody may know them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from marshmallow import Schema, fields

from booking.core.allocation.instance import Policy, PriorityClass
from booking.refusals import NotFound
from booking.rounds import listing, policy
from booking.rounds.models import Round, RoundHours, RoundState
from web.api.problems import LOOKING, blueprint, problems
from web.api.shapes import NamesOut
from web.auth import PUBLIC, requires
from web.clock import now
from web.db import reading

bp = blueprint("rounds", "Season rounds: regular weekly times applied for together")
LANGUAGES = ("fi", "sv", "en")


class RoundOut(Schema):
    """A round. `phase`: coming, open, late, over, proposed, decided or closed. Days are local."""

    ref = fields.String(required=True)
    names = fields.Nested(NamesOut, required=True)
    phase = fields.String(required=True)
    rulebook = fields.String(required=True, metadata={"description": "the version fixed on publishing"})
    zone = fields.String(required=True)
    first_on = fields.Date(required=True)
    last_on = fields.Date(required=True)
    apply_from_at = fields.AwareDateTime(required=True)
    apply_to_at = fields.AwareDateTime(required=True)
    late_until_at = fields.AwareDateTime(allow_none=True)
    answer_by_at = fields.AwareDateTime(allow_none=True)
    decide_by_on = fields.Date(allow_none=True)
    revision = fields.Integer(required=True, metadata={"description": "grows with every change"})


class PeriodOut(Schema):
    """A named part of the season, both days inclusive."""

    key = fields.String(required=True)
    names = fields.Nested(NamesOut, required=True)
    first_on = fields.Date(required=True)
    last_on = fields.Date(required=True)


class HoursOut(Schema):
    """Weekly hours that can be applied for, in local minutes of a weekday (Monday 0); null days: the whole season."""

    space = fields.String(required=True)
    weekday = fields.Integer(required=True)
    opens_min = fields.Integer(required=True)
    closes_min = fields.Integer(required=True)
    first_on = fields.Date(allow_none=True)
    last_on = fields.Date(allow_none=True)


class ClassOut(Schema):
    """A priority class; the smaller rank goes first. `rule`: the first row that puts somebody there."""

    id = fields.String(required=True)
    rank = fields.Integer(required=True)
    rule = fields.String(required=True)
    names = fields.Dict(keys=fields.String(), values=fields.String(), required=True)


class WholeRoundOut(RoundOut):
    """A round with its hours and what decides: goals and quotas as in the documentation of the allocation's format."""

    grid_min = fields.Integer(required=True)
    grant_years = fields.Integer(required=True)
    periods = fields.List(fields.Nested(PeriodOut), required=True)
    hours = fields.List(fields.Nested(HoursOut), required=True)
    classes = fields.List(fields.Nested(ClassOut), required=True)
    tiers = fields.List(fields.String(), required=True)
    fairness = fields.String(required=True)
    history = fields.String(required=True)
    least_dates_percent = fields.Integer(required=True)
    quotas = fields.List(fields.Dict(), required=True)
    public_draw = fields.String(required=True, metadata={"description": "empty until it has been drawn"})


@bp.get("/rounds")
@requires(PUBLIC)
@bp.response(200, RoundOut(many=True))
def list_rounds() -> list[dict[str, Any]]:
    """Every published round, the latest season first."""
    with reading() as db:
        return [told(row) for row in listing.rounds(db, ()) if row.state != RoundState.DRAFT]


@bp.get("/rounds/<ref:round_ref>")
@requires(PUBLIC)
@bp.response(200, WholeRoundOut)
@problems(bp, LOOKING)
def round_of(round_ref: str) -> dict[str, Any]:
    """A round with its hours and criteria."""
    with reading() as db:
        row = listing.round_of(db, round_ref)
        if row.state == RoundState.DRAFT:
            raise NotFound(what="round")
        book = policy.rulebook_of(db, row)
        return told(row) | whole(row) | aims(policy.policy_of(row, book), policy.classes_of(book))


def told(row: Round) -> dict[str, Any]:
    plain = ("ref", "rulebook", "zone", "first_on", "last_on", "apply_from_at", "apply_to_at", "late_until_at")
    values = {name: getattr(row, name) for name in (*plain, "answer_by_at", "decide_by_on", "revision")}
    return values | {"names": names(row), "phase": listing.phase(row, now()).value}


def names(row: Round) -> dict[str, str]:
    return {language: row.name(language) for language in LANGUAGES}


def whole(row: Round) -> dict[str, Any]:
    return {
        "grid_min": row.grid_min,
        "grant_years": row.grant_years,
        "periods": [period(one) for one in row.periods],
        "hours": [hours(one) for one in sorted(row.hours, key=lambda one: (one.space_id, one.weekday, one.opens_min))],
        "quotas": row.quotas,
        "public_draw": row.public_draw,
    }


def period(one: dict[str, str]) -> dict[str, Any]:
    named = {language: one.get(f"name_{language}") or one["name"] for language in LANGUAGES}
    days = {name: date.fromisoformat(one[name]) for name in ("first_on", "last_on")}
    return {"key": one["key"], "names": named} | days


def hours(one: RoundHours) -> dict[str, Any]:
    columns = ("weekday", "opens_min", "closes_min", "first_on", "last_on")
    return {"space": one.space.ref} | {name: getattr(one, name) for name in columns}


def aims(goals: Policy, classes: Sequence[PriorityClass]) -> dict[str, Any]:
    return {
        "classes": [{"id": one.id, "rank": one.rank, "rule": one.rule, "names": dict(one.name)} for one in classes],
        "tiers": [tier.value for tier in goals.tiers],
        "fairness": goals.fairness.value,
        "history": goals.history.value,
        "least_dates_percent": goals.least_dates_percent,
    }
