"""The money of an outcome kept on its occurrence: nothing that changes later changes what was agreed (M2)."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import Any

from booking.core.money import vat_within
from booking.core.rulebook import Outcome
from booking.core.rules.lines import Line, LineKind
from booking.models import Occurrence


def keep_money(row: Occurrence, outcome: Outcome) -> None:
    """Price, normal price and support; net and VAT of the price without add-ons; and the add-ons as lines."""
    row.price_cents, row.normal_cents = outcome.price_cents, outcome.normal_cents
    row.subsidy_cents = outcome.subsidy_cents
    added = [line for line in outcome.lines if line.kind is LineKind.ADD_ON]
    row.lines = [_line(line) for line in added]
    row.vat_percent = outcome.vat_percent
    row.net_cents, row.vat_cents = (
        less(outcome.net_cents, added, "net_cents"),
        less(outcome.vat_cents, added, "vat_cents"),
    )
    if row.net_cents is None or row.vat_cents is None:
        row.net_cents = row.vat_cents = None


def less(whole: int | None, added: list[Line], name: str) -> int | None:
    """A sum of the whole without its add-ons; None when any of it is not known."""
    parts: list[int | None] = [getattr(line, name) for line in added]
    if whole is None or None in parts:
        return None
    return whole - sum(part for part in parts if part is not None)


def _line(line: Line) -> dict[str, Any]:
    return {
        "row": line.row,
        "text": dict(line.text),
        "cents": line.cents,
        "working": line.working,
        "net_cents": line.net_cents,
        "vat_cents": line.vat_cents,
        "vat_percent": None if line.vat_percent is None else str(line.vat_percent),
    }


def set_vat(row: Occurrence, percent: Decimal | None) -> None:
    """The net and VAT inside a price that a person decided, where both are told."""
    row.vat_percent, row.net_cents, row.vat_cents = percent, None, None
    if percent is not None and row.price_cents is not None:
        row.vat_cents = vat_within(row.price_cents, Fraction(percent))
        row.net_cents = row.price_cents - row.vat_cents
