"""Money: whole cents in code and database, Decimal rates from text, and the one place that rounds."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal


def cents(amount: Decimal) -> int:
    """An amount in euros as whole cents, half a cent rounded away from zero."""
    return int((amount * 100).quantize(Decimal(1), ROUND_HALF_UP))
