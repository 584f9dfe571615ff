"""What money looks like in an answer: lines with their workings, and what an invoice of it would be."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum


class LineKind(StrEnum):
    """Use and its adjustments make the price; add-ons come beside it and are never subsidised."""

    USE = "use"
    ADJUSTMENT = "adjustment"
    ADD_ON = "add_on"


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a price: its row and words, whole cents (None: unknown) and how they came out.

    The lines of a price add up to it; an adjustment's cents may be below zero. An add-on, which becomes an invoice line
    of its own, has its own net and VAT, None where VAT is not told."""

    kind: LineKind
    row: str
    text: Mapping[str, str]
    cents: int | None
    working: str
    net_cents: int | None = None
    vat_cents: int | None = None
    vat_percent: Decimal | None = None


@dataclass(frozen=True, slots=True)
class InvoiceSum:
    """What an invoice run would take now and leave for the next one, in cents, and the rule that says so."""

    now_cents: int
    carried_cents: int
    row: str | None
    waived_cents: int = 0
    raised_cents: int = 0
    ask: bool = False
