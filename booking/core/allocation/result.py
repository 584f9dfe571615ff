"""What a run of the allocation says: grants, who got nothing and why, how good it is, and how to run it again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from booking.core.allocation.instance import Slot

ENGINE = "vuoro-allocation-1"  # changes whenever the same input may give other grants


class Origin(StrEnum):
    """Who put a slot there."""

    SOLVER = "solver"
    PIN = "pin"
    HISTORY = "history"


@dataclass(frozen=True, slots=True)
class Grant:
    """One weekly event granted. `dates`: on how many of the section's dates it runs, `of_dates`: how many there are."""

    section: str
    slot: Slot
    origin: Origin
    dates: int
    of_dates: int


@dataclass(frozen=True, slots=True)
class PinProblem:
    """A pin that could not be kept: which, the code of the hard fact against it, and the pin it clashes with."""

    section: str
    slot: Slot
    code: str
    other: str | None = None


@dataclass(frozen=True, slots=True)
class Certificate:
    """How good the result is for one class: its coverage, the most that any plan could reach with the classes above
    held as they are, and how that is known ("optimal", "lp", "lagrange", "trivial")."""

    class_id: str
    coverage: int
    bound: int
    method: str

    @property
    def gap_percent(self) -> float:
        """How far the bound is above the coverage, per cent of the bound."""
        return 0.0 if self.bound <= self.coverage else 100 * (self.bound - self.coverage) / self.bound


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """What replay needs: the same engine with the same input, seed and limits gives the same grants bit for bit.
    `iterations` and `restarts`: the limits really used, as seconds never decide a grant; `stopped`: cut short, the best
    so far kept (then `iterations` is where)."""

    engine: str
    input_hash: str
    seed: str
    iterations: int
    restarts: int
    method: str
    stopped: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """Grants in order of section, weekday and start; `plan_hash` is over exactly these."""

    run: Run
    grants: tuple[Grant, ...]
    pin_problems: tuple[PinProblem, ...] = ()
    certificates: tuple[Certificate, ...] = ()
    figures: Mapping[str, Any] = field(default_factory=dict)
    plan_hash: str = ""


@dataclass(frozen=True, slots=True)
class Progress:
    """Where a run is: the stage's name, the class now looked at, its gap so far (None: not known), share done 0–1."""

    stage: str
    share: float
    class_id: str | None = None
    gap_percent: float | None = None
    left_s: float | None = None
