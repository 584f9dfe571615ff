"""What kinds of facts there are, and how a catalogue of them is written: one line for each field of a request."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from typing import Any, TypeAlias


@dataclass(frozen=True, slots=True, kw_only=True)
class HeadGroup:
    """So many people who are alike, as far as it is told. Born: a day, or a year as a number."""

    heads: int = 1
    age_from: int | None = None
    age_to: int | None = None
    born: date | int | None = None
    resident: bool | None = None
    leader: bool | None = None
    kind: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """So many minutes of an occurrence that are of one phase: set-up, use, take-down, overrun."""

    phase: str
    minutes: int


FactValue: TypeAlias = (
    str
    | int
    | bool
    | date
    | datetime
    | Decimal
    | Fraction
    | tuple[str, ...]
    | tuple[HeadGroup, ...]
    | tuple[Part, ...]
    | Mapping[str, int]
    | None
)
Facts: TypeAlias = Mapping[str, FactValue]


class FactType(StrEnum):
    """How a fact is told and compared."""

    WORD = "word"
    WORDS = "words"
    TEXT = "text"
    TEXTS = "texts"
    NUMBER = "number"
    DECIMAL = "decimal"
    FRACTION = "fraction"
    YES_NO = "yes_no"
    DAY = "day"
    MOMENT = "moment"  # a local wall time, or an instant with its offset
    PEOPLE = "people"  # asked by { heads = … }
    PARTS = "parts"  # priced one by one
    COUNTS = "counts"  # quantities used, by the id of a limit


OWN_TYPES = frozenset(FactType) - {FactType.PEOPLE, FactType.PARTS, FactType.COUNTS, FactType.MOMENT}


@dataclass(frozen=True, slots=True)
class Fact:
    """One fact a condition may name. `words`: the list its values come from; `least`: of a number that is told.

    `derived`: worked out from others where it is not told."""

    type: FactType
    words: str | None = None
    meaning: str = ""
    least: int | None = 0
    derived: bool = False


def told(kind: FactType, meaning: str = "", *, words: str | None = None, least: int | None = 0) -> Any:
    """A field of a request that may be left out."""
    return field(default=None, metadata={"fact": Fact(kind, words, meaning, least)})


def derived(kind: FactType, meaning: str, *, words: str | None = None, least: int | None = 0) -> Any:
    """A field that is worked out from others unless it is told."""
    return field(default=None, metadata={"fact": Fact(kind, words, meaning, least, derived=True)})


def word(words: str, meaning: str = "") -> Any:
    return told(FactType.WORD, meaning, words=words)


def words(listed: str, meaning: str = "") -> Any:
    return told(FactType.WORDS, meaning, words=listed)


def text(meaning: str = "") -> Any:
    return told(FactType.TEXT, meaning)


def texts(meaning: str = "") -> Any:
    return told(FactType.TEXTS, meaning)


def number(meaning: str = "", *, least: int | None = 0) -> Any:
    return told(FactType.NUMBER, meaning, least=least)


def yes_no(meaning: str = "") -> Any:
    return told(FactType.YES_NO, meaning)


def day(meaning: str = "") -> Any:
    return told(FactType.DAY, meaning)


def moment(meaning: str = "") -> Any:
    return told(FactType.MOMENT, meaning)
