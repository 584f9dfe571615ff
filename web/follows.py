"""What follows from something that happened, as pages show it: the fee, sanctions, and the rows they come from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from booking.life.verdicts import Verdict
from web.explained import Reason, reasons, said
from web.words_of_life import length_said, life_word


@dataclass(frozen=True, slots=True)
class Follows:
    """`fee_cents` None: not known, when `charges`. `measures`: sanctions in words. `asks`: the role to judge."""

    charges: bool
    fee_cents: int | None
    waived: bool
    compensation_cents: int | None
    measures: tuple[str, ...]
    deciding: tuple[Reason, ...]
    asks: str
    question: str
    valid: bool | None

    @property
    def costs(self) -> bool:
        return self.charges and self.fee_cents != 0


def follows(verdict: Verdict | Mapping[str, Any]) -> Follows:
    """Of a verdict just made, or of one kept as JSON."""
    kept = verdict.plain() if isinstance(verdict, Verdict) else verdict
    return Follows(
        charges=kept.get("charges", False),
        fee_cents=kept.get("fee_cents"),
        waived=kept.get("waived", False),
        compensation_cents=kept.get("compensation_cents"),
        measures=tuple(_measure(one) for one in kept.get("penalties", ())),
        deciding=reasons(kept.get("reasons", ())),
        asks=kept.get("asks") or "",
        question=said(kept.get("question") or {}),
        valid=kept.get("valid"),
    )


def _measure(penalty: Mapping[str, Any]) -> str:
    """Ban, holidays only, 30 days."""
    named = life_word(penalty["kind"], "sanction")
    scope = life_word(penalty["scope"], "scope") if penalty["kind"] == "ban" else ""
    lasts = length_said(penalty.get("days"), penalty.get("months"), penalty.get("until") or "")
    return ", ".join(part for part in (named, scope, penalty.get("price_class") or "", lasts) if part)
