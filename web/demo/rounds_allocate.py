"""The demo's past round, really allocated: classed by its rules, solved, checked, explained, and one draft chosen."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from booking.core.allocation.reading import instance_from
from booking.core.allocation.solving import solve
from booking.core.allocation.writing import input_hash, instance_to_json, result_to_json
from booking.ids import PersonId
from booking.rounds import scenarios
from booking.rounds.building import instance_of
from booking.rounds.judging import (
    classes_of,
    give_class,
    judge_round,
    sections_of,
    spaces_of_round,
    unclassed,
)
from booking.rounds.keeping import keep_explained, keep_result
from booking.rounds.models import Round
from booking.rounds.plan_models import Scenario
from booking.rounds.solving_apart import checked, explained

ITERATIONS = 20_000  # a town of a dozen groups needs no more


class DemoFault(RuntimeError):
    """The demo's own plan did not stand the independent check."""


def allocated_round(session: Session, round_: Round, official: PersonId) -> Scenario:
    """The chosen allocation of a round, made when it is first asked for, with another draft beside it."""
    found = scenarios.chosen_of(session, round_)
    if found is not None:
        return found
    at = round_.apply_to_at + timedelta(days=2)
    judge_round(session, round_, by=official, now=at)
    for section in filter(unclassed, sections_of(session, round_)):
        last = classes_of(session, round_, [])[-1].id
        give_class(session, round_, section, last, "Toiminta on avointa kaikille", by=official, now=at)
    _solved(session, round_, official, at, "Jos Lohko B on kiinni", {"close": _refs(session, round_, "Lohko B")})
    made = _solved(session, round_, official, at + timedelta(hours=1), "Luonnos 1", {})
    scenarios.choose(session, made, by=official, now=at + timedelta(days=1))
    return made


def _refs(session: Session, round_: Round, name: str) -> list[str]:
    return [one.ref for one in spaces_of_round(session, round_) if one.name_fi == name]


def _solved(
    session: Session, round_: Round, official: PersonId, at: datetime, name: str, changes: dict[str, Any]
) -> Scenario:
    """What `vuoro jobs` does in a process of its own, here at once."""
    row = scenarios.ask(session, round_, name=name, by=official, now=at, seconds=10, changes=changes)
    document = instance_to_json(instance_of(session, row, at))
    instance = instance_from(document)
    result, faults = checked(instance, solve(instance, iterations=ITERATIONS))
    if faults:
        raise DemoFault(f"{name}: {faults[:3]}")
    row.instance, row.started_at = scenarios.packed(document), at
    row.rulebook = instance.rulebook
    keep_result(session, row, result_to_json(result), input_hash=input_hash(instance), now=at + timedelta(seconds=9))
    keep_explained(session, row, explained(instance, result))
    row.progress = {}
    session.flush()
    return row
