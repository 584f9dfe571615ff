"""By what times are grouped in reports: a key for addresses and files, and a name as it stands in the register."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeAlias

from booking.reports.uses import Use

Key: TypeAlias = tuple[str, str]

KEYS: Mapping[str, Callable[[Use], Key]] = {
    "organisation": lambda use: (use.organisation_ref, use.organisation_name),
    "premises": lambda use: (use.premises_ref, use.premises_name),
    "district": lambda use: (use.district, use.district or "–"),
    "priority": lambda use: class_key(use.rulebook, use.priority_class, use.priority_names.get("fi", "")),
    "price": lambda use: class_key(use.rulebook, use.price_class, use.price_names.get("fi", "")),
    "rulebook": lambda use: (use.rulebook, use.rulebook or "–"),
    "kind": lambda use: (use.organisation_kind, use.organisation_kind),
    "month": lambda use: (use.month, use.month),
    "year": lambda use: (str(use.year), str(use.year)),
}
IN_TIME = frozenset({"month", "year"})


def class_key(rulebook: str, class_id: str, name: str) -> Key:
    """Classes of two versions are two lines: the same number may mean another class."""
    shown = name or class_id or "–"
    return f"{rulebook}/{class_id}", f"{shown} ({rulebook})" if rulebook else shown
