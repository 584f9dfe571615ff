"""A request typed into a form: every fact the rules of a version may ask, by group, and the request read from it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from werkzeug.datastructures import MultiDict

from booking.core.rules.fact_types import Fact, FactType
from booking.rulebook_requests import RequestError
from web.rule_words import Speech

# what most requests tell: these are open, the rest is one click away
COMMON = frozenset(
    """
    applicant.kind applicant.domicile applicant.purposes applicant.for_profit activity.purpose activity.non_profit
    activity.complements audience.total audience.under_18 audience.residents audience.group audience.targets_residents
    space.premises_kind space.kind time.booking_type time.start time.end time.applied_on
    """.split()  # noqa: SIM905
)
SHAPED = frozenset({FactType.PEOPLE, FactType.PARTS, FactType.COUNTS})  # told as JSON
TIMES = {"time.start": Fact(FactType.MOMENT), "time.end": Fact(FactType.MOMENT)}
REST = "json"


@dataclass(frozen=True, slots=True)
class Asked:
    """One fact of the form. `kind`: select, ticks, yes_no, number, day, moment, lines or text."""

    name: str
    label: str
    kind: str
    choices: tuple[tuple[str, str], ...]
    common: bool
    own: bool


@dataclass(frozen=True, slots=True)
class Group:
    """The facts of one group, the common ones and the rest."""

    name: str
    common: tuple[Asked, ...]
    rest: tuple[Asked, ...]


KINDS = {
    FactType.WORD: "select",
    FactType.WORDS: "ticks",
    FactType.YES_NO: "yes_no",
    FactType.NUMBER: "number",
    FactType.DAY: "day",
    FactType.MOMENT: "moment",
    FactType.TEXTS: "lines",
}


def catalogue(speech: Speech) -> dict[str, Fact]:
    """What can be typed: every fact but those of a shape of their own, and start and end of the time."""
    return TIMES | {name: fact for name, fact in speech.facts.items() if fact.type not in SHAPED}


def groups(speech: Speech) -> list[Group]:
    known = catalogue(speech)
    names = list(dict.fromkeys(name.partition(".")[0] for name in known))
    return [group(name, known, speech) for name in names]


def group(name: str, known: Mapping[str, Fact], speech: Speech) -> Group:
    own = speech.document.get("facts", {})
    facts = [asked(each, fact, speech, own=each in own) for each, fact in known.items() if each.startswith(f"{name}.")]
    common = tuple(one for one in facts if one.common)
    return Group(name, common, tuple(one for one in facts if not one.common))


def asked(name: str, fact: Fact, speech: Speech, *, own: bool) -> Asked:
    choices = tuple(speech.words_of(fact.words)) if fact.words else ()
    kind = KINDS.get(fact.type, "text")
    if kind in ("select", "ticks") and not choices:
        kind = "text" if kind == "select" else "lines"
    return Asked(name, speech.fact(name), kind, choices, name in COMMON or own, own)


def request_from(typed: MultiDict[str, str], speech: Speech) -> dict[str, Any]:
    """The request as JSON: fields left empty are not told. Raises RequestError for JSON that cannot be read."""
    told: dict[str, Any] = json_of(typed.get(REST, ""))
    for name, fact in catalogue(speech).items():
        values = [value.strip() for value in typed.getlist(name) if value.strip()]
        if values:
            group_name, _dot, key = name.partition(".")
            told.setdefault(group_name, {})[key] = value_of(fact.type, values)
    return told


def json_of(text: str) -> dict[str, Any]:
    if not text.strip():
        return {}
    try:
        found = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise RequestError([f"JSON: {error}"]) from None
    if not isinstance(found, dict) or not all(isinstance(part, dict) for part in found.values()):
        raise RequestError(["JSON: a request is an object of groups of facts"])
    return found


def value_of(kind: FactType, values: list[str]) -> Any:
    """A value as JSON tells it; what is no number is told as typed, and the check of the request says so."""
    if kind is FactType.YES_NO:
        return values[0] == "yes"
    if kind is FactType.NUMBER:
        return int(values[0]) if values[0].isdigit() else values[0]
    if kind is FactType.WORDS:
        return values
    if kind is FactType.TEXTS:
        return [part.strip() for value in values for part in value.split(",") if part.strip()]
    return values[0]
