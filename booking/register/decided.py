"""What is decided about the register, read from register.toml: kinds of proof, seasons, age groups, commitments."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from typing import Any

_FILE = Path(__file__).with_name("register.toml")
Texts = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class ProofKind:
    """A kind of document. `registered`: it proves that the organisation is what it says. `months`: how long it is good
    after it was received (None: until it is replaced). `only`: the kinds of organisation it is for (empty: all)."""

    id: str
    name: Texts
    registered: bool
    months: int | None = None
    only: tuple[str, ...] = ()

    def fits(self, kind: str) -> bool:
        return not self.only or kind in self.only


@dataclass(frozen=True, slots=True)
class AgeGroup:
    """Ages, both inclusive; None is open."""

    id: str
    from_age: int | None = None
    to_age: int | None = None

    def below(self, age: int) -> bool:
        """Whether everybody in it is younger than `age`."""
        return self.to_age is not None and self.to_age < age


@dataclass(frozen=True, slots=True)
class CommitmentText:
    """A commitment that organisations sign, in the words in use."""

    kind: str
    name: Texts
    text: Texts
    source: str


@dataclass(frozen=True, slots=True)
class Season:
    """A season by its id ("2026-27"), both days inclusive."""

    id: str
    first_on: date
    last_on: date


@cache
def _read() -> dict[str, Any]:
    return tomllib.loads(_FILE.read_text(encoding="utf-8"))


@cache
def proof_kinds() -> Mapping[str, ProofKind]:
    """The kinds of proof by id."""
    rows: dict[str, dict[str, Any]] = _read()["proof"]["kinds"]
    return {name: ProofKind(id=name, **row | {"only": tuple(row.get("only", ()))}) for name, row in rows.items()}


@cache
def age_groups() -> tuple[AgeGroup, ...]:
    """The age groups of the yearly report, youngest first."""
    return tuple(AgeGroup(**row) for row in _read()["report"]["ages"])


@cache
def commitment_texts() -> Mapping[str, CommitmentText]:
    """What can be signed, by kind."""
    rows = [CommitmentText(row["kind"], row["name"], row["text"], row["source"]) for row in _read()["commitments"]]
    return {row.kind: row for row in rows}


def season_on(day: date) -> Season:
    """The season a day belongs to."""
    month, dom = map(int, _read()["season"]["first"].split("-"))
    first = date(day.year, month, dom)
    if day < first:
        first = date(day.year - 1, month, dom)
    last = date(first.year + 1, month, dom) - timedelta(days=1)
    return Season(f"{first.year}-{last.year % 100:02}", first, last)


def warn_days() -> tuple[int, ...]:
    """How many days before a proof runs out its organisation is told, longest first."""
    return tuple(sorted(_read()["proof"]["warn_days"], reverse=True))


def listed_days() -> int:
    """How many days before it runs out a proof is listed for the staff."""
    return int(_read()["proof"]["listed_days"])


def interest_days() -> int:
    """How long a role that ended is still told where the person decides."""
    return int(_read()["interests"]["after_days"])


def file_types() -> Mapping[str, str]:
    """The endings of files that are taken, with the type each is served as."""
    types: dict[str, str] = _read()["proof"]["file"]["types"]
    return types


def most_bytes() -> int:
    """The largest file that is taken."""
    return int(_read()["proof"]["file"]["most_bytes"])
