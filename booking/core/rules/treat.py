"""Rows that say "treat this as that": facts set where a condition holds, before any table is asked."""

from __future__ import annotations

from dataclasses import dataclass

from booking.core.rules.fact_types import FactValue
from booking.core.rules.rows import Row


@dataclass(frozen=True, slots=True)
class TreatAs:
    """Where the row holds, the fact counts as this value; several words are added to those told."""

    row: Row
    fact: str
    value: FactValue
