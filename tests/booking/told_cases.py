"""Cases told as TOML: read once, asked of their rulebook, and what of the answer is not as expected."""

import tomllib
from collections.abc import Iterator, Mapping
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from booking.cli_rulebook import book_named
from booking.core.rulebook import Rulebook, evaluate
from booking.rulebook_answers import as_json
from booking.rulebook_requests import request_of

CASES = Path(__file__).parent / "cases"


def read(name: str) -> dict[str, Any]:
    return tomllib.loads((CASES / name).read_text(encoding="utf-8"))


def plain(told: Any) -> Any:
    """Facts as JSON has them: TOML's days become texts. What is None is not told."""
    if isinstance(told, Mapping):
        return {key: plain(value) for key, value in told.items() if value is not None}
    if isinstance(told, list):
        return [plain(value) for value in told]
    return told.isoformat() if isinstance(told, date) else told


def merged(base: Mapping[str, Any], more: Mapping[str, Any]) -> dict[str, Any]:
    """The base with more facts put in, group by group."""
    return {group: {**base.get(group, {}), **more.get(group, {})} for group in {**base, **more}}


def answered(book: Rulebook, told: Mapping[str, Any]) -> dict[str, Any]:
    """What a rulebook answers to told facts, as JSON."""
    facts = plain(told)
    return as_json(evaluate(book, request_of(facts, book.words, book.own_facts)))


@cache
def cases() -> dict[str, Any]:
    return read("cases_A.toml")


def answer(case: str, **more: Mapping[str, Any]) -> dict[str, Any]:
    """The answer to a decided case, perhaps with other facts."""
    return as_decided(case) if not more else asked(case, more)


@cache
def as_decided(case: str) -> dict[str, Any]:
    return asked(case, {})


def asked(case: str, more: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    told = plain(merged(cases()[case]["told"], more))
    return answered(book_named(cases()[case]["book"], told, on=None), told)


def rows(cited: list[Mapping[str, Any]]) -> list[str]:
    return [row["row"] for row in cited]


def differences(expect: Mapping[str, Any], found: Mapping[str, Any]) -> dict[str, Any]:
    """What was expected and not found, with what was found instead."""
    return {name: got for name, got in compared(expect, found) if got != "as expected"}


def compared(expect: Mapping[str, Any], found: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    for name, wanted in expect.items():
        got, as_wanted = LOOKED_AT.get(name, field)(name, wanted, found)
        yield name, "as expected" if as_wanted else got


Compared = tuple[Any, bool]


def field(name: str, wanted: Any, found: Mapping[str, Any]) -> Compared:
    got = found.get(name)
    return got, part_of(wanted, got)


def part_of(wanted: Any, got: Any) -> bool:
    """Whether what is wanted is there; "none" is null."""
    if isinstance(wanted, Mapping):
        return isinstance(got, Mapping) and all(
            part_of(value, got.get(key, "nothing")) for key, value in wanted.items()
        )
    return (got is None) if wanted == "none" else bool(got == wanted)


def reasons(_: str, wanted: list[str], found: Mapping[str, Any]) -> Compared:
    got = rows(found["reasons"])
    return got, set(wanted) <= set(got)


def event_reasons(_: str, wanted: list[str], found: Mapping[str, Any]) -> Compared:
    got = rows(found["event"]["reasons"])
    return got, (set(wanted) <= set(got)) if wanted else not got


def limits(_: str, wanted: Mapping[str, str], found: Mapping[str, Any]) -> Compared:
    got = {limit["row"]: limit["status"] for limit in found["limits"]}
    return got, part_of(wanted, got)


def deadlines(_: str, wanted: Mapping[str, str], found: Mapping[str, Any]) -> Compared:
    got = {limit["row"]: limit["deadline"] for limit in found["limits"]}
    return got, part_of(wanted, got)


def sanction(_: str, wanted: Mapping[str, Any], found: Mapping[str, Any]) -> Compared:
    got = found["event"]["sanctions"]
    return got, any(part_of(wanted, each) for each in got)


LOOKED_AT = {
    "reasons": reasons,
    "event_reasons": event_reasons,
    "limits": limits,
    "deadlines": deadlines,
    "sanction": sanction,
}
