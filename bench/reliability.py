"""`vuoro bench reliability`: what a site must survive (docs/reliability.md), done to real processes and counted."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from bench.figures import progress
from bench.ground import Ground, ground


@dataclass(frozen=True, slots=True)
class Found:
    """What a scenario did. `holds`: whether everything expected was observed; `figures` say how much and how fast."""

    observed: str
    holds: bool
    figures: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Outcome:
    """A row of the report."""

    code: str
    title: str
    expected: str
    database: str
    observed: str
    holds: bool
    seconds: float
    figures: dict[str, Any]


@dataclass(frozen=True, slots=True)
class AtSite:
    """A scenario at a running site, on each database. `only`: the database it is about, if one."""

    title: str
    expected: str
    play: Callable[[Ground], Found]
    only: str | None = None


@dataclass(frozen=True, slots=True)
class AtDoor:
    """A scenario of the door alone, in virtual time or byte by byte; True: at full length."""

    title: str
    expected: str
    play: Callable[[bool], Found]


@dataclass(frozen=True, slots=True)
class AsTest:
    """A scenario that is a test in the repository: it takes seconds and runs with all others."""

    title: str
    expected: str
    tests: str


Scenario = AtSite | AtDoor | AsTest


def measure(
    scenarios: dict[str, Scenario], kinds: Sequence[str], folder: Path, postgres: str | None, *, doors: int, full: bool
) -> Iterator[Outcome]:
    """Those of the door first, then each database with those at a site; a scenario that breaks is one that fails."""
    for code, each in scenarios.items():
        if isinstance(each, AtDoor):
            yield played(code, each.title, each.expected, "–", partial(each.play, full))
    at_site = {code: each for code, each in scenarios.items() if isinstance(each, AtSite)}
    for kind in kinds:
        wanted = {code: each for code, each in at_site.items() if each.only in (None, kind)}
        if not wanted:
            continue
        home = folder / kind
        home.mkdir()
        with ground(kind, home, postgres, doors=doors, full=full) as here:
            for code, each in wanted.items():
                yield played(code, each.title, each.expected, kind, partial(each.play, here))


def played(code: str, title: str, expected: str, database: str, play: Callable[[], Found]) -> Outcome:
    progress(f"{database}: {code} {title}")
    began = time.monotonic()
    try:
        found = play()
    except Exception as error:  # noqa: BLE001 - the next scenarios are played all the same
        found = Found(f"{type(error).__name__}: {error}", holds=False)
    seconds = round(time.monotonic() - began, 1)
    return Outcome(code, title, expected, database, found.observed, found.holds, seconds, found.figures)


def plain(outcome: Outcome) -> dict[str, Any]:
    return asdict(outcome)
