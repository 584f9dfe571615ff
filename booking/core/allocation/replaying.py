"""Running a result again from what it says of its run, and telling what differs."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import zip_longest

from booking.core.allocation import solving
from booking.core.allocation.instance import Instance
from booking.core.allocation.result import ENGINE, Grant, Result
from booking.core.allocation.writing import input_hash, plan_hash

STOPPED = re.compile(r" of \d+$")  # the method of a stopped run tells of how many iterations


@dataclass(frozen=True, slots=True)
class Replayed:
    """`differences`: (what, as kept, as it is now), none where the plan is the same to the last slot; `remarks`: what
    explains them, or is worth knowing though nothing differs."""

    differences: tuple[tuple[str, str, str], ...]
    remarks: tuple[str, ...]
    plan_hash: str

    @property
    def identical(self) -> bool:
        return not self.differences


def replay(instance: Instance, kept: Result) -> Replayed:
    """What comes out when the kept run is made again with this engine."""
    before = tuple(_before(instance, kept))
    remarks = tuple(_remarks(instance, kept))
    if kept.run.stopped and not STOPPED.search(kept.run.method):
        return Replayed((*before, ("method", kept.run.method, "the word of a run that was not stopped")), remarks, "")
    again = solving.replay(instance, kept.run)
    return Replayed((*before, *_after(kept, again)), remarks, again.plan_hash)


def _before(instance: Instance, kept: Result) -> Iterator[tuple[str, str, str]]:
    """What can be told without running anything."""
    if kept.run.engine != ENGINE:
        yield "engine", kept.run.engine, ENGINE
    if kept.run.input_hash != (digest := input_hash(instance)):
        yield "input_hash", kept.run.input_hash, digest
    if kept.plan_hash != (digest := plan_hash(kept.grants)):
        yield "plan_hash", kept.plan_hash, digest


def _after(kept: Result, again: Result) -> Iterator[tuple[str, str, str]]:
    for name in ("seed", "iterations", "restarts", "method"):
        one, other = getattr(kept.run, name), getattr(again.run, name)
        if one != other:
            yield name, str(one), str(other)
    for was, now in zip_longest(kept.grants, again.grants):
        if was != now:
            yield "first differing grant", said(was), said(now)
            break
    if kept.pin_problems != again.pin_problems:
        yield "pin_problems", str(len(kept.pin_problems)), str(len(again.pin_problems))


def _remarks(instance: Instance, kept: Result) -> Iterator[str]:
    drawn = solving.seed_of(instance, input_hash(instance))
    if kept.run.seed != drawn:
        yield f"the seed was told, and is not the one that follows from the round and its public draw: {drawn}"
    if kept.run.stopped:
        yield f"the run was stopped by somebody after {kept.run.iterations} iterations"


def said(grant: Grant | None) -> str:
    """A grant in a line: section, space, weekday and minutes, who put it there, dates."""
    if grant is None:
        return "none"
    slot = grant.slot
    when = f"{slot.space} weekday {slot.weekday} {slot.start_min}-{slot.end_min}"
    return f"{grant.section} {when} ({grant.origin.value}, {grant.dates} of {grant.of_dates} dates)"
