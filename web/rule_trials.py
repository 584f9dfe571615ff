"""What came of a trial, ready for a page: totals, classes, organisations, districts and premises, in words."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.core.whatif import Move, Tallies, by_class, grouped, of_rows, total
from booking.models import Organisation, Premises
from booking.rulemaking.models import RulebookTrial
from booking.versions.models import RulebookVersion
from booking.versions.written import parsed
from web import i18n
from web.rule_words import Speech, field_name, value_name

NAMELESS = "–"


@dataclass(frozen=True, slots=True)
class Places:
    """Names by refs, and the district of each premises."""

    organisations: Mapping[str, str]
    premises: Mapping[str, str]
    districts: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Row:
    """One group of uses with its counts."""

    name: str
    counts: Counter[str]
    moves: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ClassRow:
    """One class: uses and hours in it before and after."""

    name: str
    before: Counter[str]
    after: Counter[str]


@dataclass(frozen=True, slots=True)
class Result:
    """Everything a trial's page shows."""

    total: Counter[str]
    changed: int
    kinds: tuple[ClassRow, ...]
    priorities: tuple[ClassRow, ...]
    prices: tuple[ClassRow, ...]
    organisations: tuple[Row, ...]
    districts: tuple[Row, ...]
    premises: tuple[Row, ...]


def places(session: Session) -> Places:
    houses = list(session.scalars(select(Premises)))
    named = session.execute(select(Organisation.ref, Organisation.name))
    return Places(
        {row.ref: row.name for row in named},
        {house.ref: house.name(i18n.language()) for house in houses},
        {house.ref: house.district or house.municipality for house in houses},
    )


def used_by(session: Session, family: str) -> list[tuple[str, str]]:
    """The premises that go by a family, by ref and name."""
    houses = session.scalars(select(Premises).where(Premises.rulebook == family).order_by(Premises.name_fi))
    return [(house.ref, house.name(i18n.language())) for house in houses]


def result_of(trial: RulebookTrial, row: RulebookVersion, known: Places) -> Result:
    del row
    tallies, speech = of_rows(trial.tallies), Speech(parsed(trial.text))
    return Result(
        total=total(tallies),
        changed=sum(tally["times"] for move, tally in tallies.items() if move.changes),
        kinds=classes(tallies, "kind", lambda word: value_name("result", word)),
        priorities=classes(tallies, "priority", lambda name: class_said(speech, name)),
        prices=classes(tallies, "price", lambda name: class_said(speech, name)),
        organisations=organisations(tallies, known, speech),
        districts=rows(tallies, lambda move: known.districts.get(move.premises, NAMELESS)),
        premises=rows(tallies, lambda move: known.premises.get(move.premises, NAMELESS)),
    )


def class_said(speech: Speech, name: str) -> str:
    """A class by its name; the old version may know classes that the draft does not."""
    if not name:
        return NAMELESS
    said = speech.class_name(name)
    return said if said == name else f"{name} – {said}"


def classes(tallies: Tallies, which: str, name: Callable[[str], str]) -> tuple[ClassRow, ...]:
    return tuple(ClassRow(name(key), sides.before, sides.after) for key, sides in by_class(tallies, which).items())


def rows(tallies: Tallies, by: Callable[[Move], str]) -> tuple[Row, ...]:
    """Groups of uses, the largest difference in money first."""
    made = [Row(name, counts) for name, counts in grouped(tallies, by).items()]
    return tuple(sorted(made, key=lambda row: (-abs(row.counts["difference"]), row.name)))


def organisations(tallies: Tallies, known: Places, speech: Speech) -> tuple[Row, ...]:
    """Each organisation with its moves between classes in words: those that move first, then by money."""
    moves: dict[str, list[str]] = {}
    for move, tally in sorted(tallies.items()):
        if move.changes:
            moves.setdefault(move.organisation, []).append(move_said(move, tally, speech))
    made = [
        Row(known.organisations.get(ref) or NAMELESS, counts, tuple(moves.get(ref, ())))
        for ref, counts in grouped(tallies, lambda move: move.organisation).items()
    ]
    return tuple(sorted(made, key=lambda row: (not row.moves, -abs(row.counts["difference"]), row.name)))


def move_said(move: Move, tally: Mapping[str, int], speech: Speech) -> str:
    """What changes in a move: "Priority class 4 → 1 (12)"."""
    sides: Iterable[tuple[str, str, str, Callable[[str], str]]] = (
        ("result", move.kind_before, move.kind_after, lambda word: value_name("result", word)),
        ("priority", move.priority_before, move.priority_after, lambda name: name or NAMELESS),
        ("price_class", move.price_before, move.price_after, lambda name: speech.class_name(name) or NAMELESS),
    )
    parts = [f"{field_name(field)}: {say(old)} → {say(new)}" for field, old, new, say in sides if old != new]
    return f"{'; '.join(parts)} ({tally['times']})"


COLUMNS = (
    "times", "minutes", "price_before", "price_before_unknown", "price_after", "price_after_unknown", "normal_before",
    "normal_before_unknown", "normal_after", "normal_after_unknown", "subsidy_before", "subsidy_before_unknown",
    "subsidy_after", "subsidy_after_unknown", "shut_before", "shut_after", "difference", "difference_unknown",
)  # fmt: skip
MONEY = frozenset(
    name for name in COLUMNS if name.startswith(("price", "normal", "subsidy", "difference")) and "unknown" not in name
)


def csv_of(trial: RulebookTrial, row: RulebookVersion, known: Places) -> str:
    """One line for each move: names for people, amounts in euros, columns named as in the API."""
    del row
    file = io.StringIO()
    writer = csv.writer(file, delimiter=";", lineterminator="\r\n")
    writer.writerow(["organisation", "premises", "district", *Move._fields[2:], *COLUMNS])
    for move, tally in sorted(of_rows(trial.tallies).items()):
        names = [known.organisations.get(move.organisation, ""), known.premises.get(move.premises, "")]
        where = known.districts.get(move.premises, "")
        cells = [euros(tally[name]) if name in MONEY else tally[name] for name in COLUMNS]
        writer.writerow([safe(cell) for cell in (*names, where, *move[2:])] + cells)
    return file.getvalue()


def euros(cents: int) -> str:
    sign = "-" if cents < 0 else ""
    return f"{sign}{abs(cents) // 100},{abs(cents) % 100:02}"


def safe(cell: str) -> str:
    """A text that no spreadsheet takes for a formula."""
    return f"'{cell}" if cell[:1] in ("=", "+", "-", "@", "\t", "\r") else cell
