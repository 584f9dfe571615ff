"""What somebody wishes to book, before it is asked whether it can be had."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from booking.core.pattern import Pattern
from booking.ids import OrganisationId, PersonId, SpaceId


@dataclass(frozen=True, slots=True)
class Wish:
    """One act of booking before it is one. `purpose` is a word of the rulebook's activity purposes, `people` how many
    come, `audience` what is told of them and, by dotted name, of anything else the rules ask (docs/rulebook.md),
    `holder` who answers for the group and gets in. `exceeding`: why somebody of the house lets it exceed limits."""

    space: SpaceId
    organisation: OrganisationId
    holder: PersonId
    pattern: Pattern
    title: str
    purpose: str
    people: int
    audience: Mapping[str, Any] = field(default_factory=dict)
    regular: bool = False
    exceeding: str = ""
