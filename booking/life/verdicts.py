"""What the rulebook says follows from something that happened to a time, as values to show, keep and act on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import date
from typing import Any


@dataclass(frozen=True, slots=True)
class Penalty:
    """A sanction that the rulebook names. `until`: paid, season_end or decision, where it is no number of days."""

    kind: str
    scope: str = "all"
    days: int | None = None
    months: int | None = None
    until: str = ""
    price_class: str = ""
    citation: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What follows. `fee_cents` None: not known, when `charges`; without a fee row `charges` is False.

    `valid` False: the swap or recall does not count. `asks`: the role whose judgement it needs, with the `question`.
    `credit_cents`: of the price, let go; `compensation_cents`: owed to the user beside it. `reasons`: rows cited."""

    kind: str
    charges: bool = False
    fee_cents: int | None = None
    price_class: str = ""
    valid: bool | None = None
    slot: str = ""
    penalties: tuple[Penalty, ...] = ()
    waived: bool = False
    compensation_cents: int | None = None
    substitute: bool = False
    deadline_on: date | None = None
    asks: str = ""
    question: Mapping[str, str] = field(default_factory=dict)
    missing: tuple[str, ...] = ()
    reasons: tuple[Mapping[str, Any], ...] = ()

    @property
    def costs(self) -> bool:
        """Whether something is charged, known or not."""
        return self.charges and self.fee_cents != 0

    @property
    def follows(self) -> bool:
        """Whether anything at all follows, and so must be kept."""
        return self.costs or self.waived or bool(self.penalties) or bool(self.asks) or bool(self.compensation_cents)

    def plain(self) -> dict[str, Any]:
        """As JSON, to be kept with what happened."""
        made = asdict(self)
        made["deadline_on"] = self.deadline_on.isoformat() if self.deadline_on else None
        made["penalties"] = [dict(one) for one in made["penalties"]]
        return made | {"reasons": [dict(one) for one in self.reasons], "missing": list(self.missing)}
