"""Names of the facts that rules may ask about, for people: rules/facts.toml."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

from booking.core.rules.rows import Texts
from booking.rulebooks import RULES, toml


@lru_cache(maxsize=1)
def fact_names() -> Mapping[str, Texts]:
    """The name of each fact in fi, sv and en, by its dotted name."""
    return {
        f"{group}.{name}": texts for group, names in toml(RULES / "facts.toml").items() for name, texts in names.items()
    }
