"""Sections from a spreadsheet: read row by row, every fault named with its row and column, and only then taken in."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from booking.ids import PersonId
from booking.importing.layout import FileFault, Row, csv_lines, unguarded, xlsx_lines
from booking.models import Group
from booking.refusals import BadInput
from booking.rounds.applying import MOST_SECTIONS, add_section, groups_of
from booking.rounds.models import Application
from booking.rounds.offered import Offered, offered
from booking.rounds.sections import Fault, SectionWish, faults
from booking.rounds.sheet_cells import CellFault, Places, read_cells

# column -> the heads it may have, in small letters without signs; the first is the head of the template by language
COLUMNS: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "name": {"fi": ("Ryhmä", "Nimi"), "sv": ("Grupp", "Namn"), "en": ("Group", "Name")},
    "purpose": {"fi": ("Toiminta",), "sv": ("Verksamhet",), "en": ("Activity", "Purpose")},
    "people": {"fi": ("Henkilöitä", "Osallistujia"), "sv": ("Personer", "Deltagare"), "en": ("People",)},
    "events": {"fi": ("Kertoja viikossa",), "sv": ("Gånger i veckan",), "en": ("Times a week", "Events")},
    "min_minutes": {"fi": ("Vähintään min",), "sv": ("Minst min",), "en": ("At least min", "min_minutes")},
    "max_minutes": {"fi": ("Enintään min",), "sv": ("Högst min",), "en": ("At most min", "max_minutes")},
    "windows": {"fi": ("Ajat",), "sv": ("Tider",), "en": ("Times", "Windows")},
    "options": {"fi": ("Tilat",), "sv": ("Lokaler",), "en": ("Spaces", "Options")},
    "age": {"fi": ("Ikäryhmä",), "sv": ("Åldersgrupp",), "en": ("Age group",)},
    "under_18": {"fi": ("Alle 18-vuotiaita",), "sv": ("Under 18 år",), "en": ("Under 18",)},
    "residents": {"fi": ("Kuntalaisia",), "sv": ("Invånare",), "en": ("Residents",)},
    "equipment": {"fi": ("Varusteet",), "sv": ("Utrustning",), "en": ("Equipment",)},
    "step_free": {"fi": ("Esteetön",), "sv": ("Tillgänglig",), "en": ("Step-free",)},
    "weeks": {"fi": ("Viikot",), "sv": ("Veckor",), "en": ("Weeks",)},
    "periods": {"fi": ("Jaksot",), "sv": ("Perioder",), "en": ("Periods",)},
    "shared": {"fi": ("Ohjaajat",), "sv": ("Ledare",), "en": ("Coaches",)},
}
NEEDED = frozenset({"name", "windows"})


@dataclass(frozen=True, slots=True)
class RowFault:
    """What is wrong in one cell: the row as people count, the column, a stable word, and what stood there."""

    row: int
    column: str
    problem: str
    found: str = ""
    facts: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """What a file would bring: `wishes` by row, the faults of the rows left out, and heads that mean nothing."""

    wishes: tuple[tuple[int, SectionWish], ...]
    faults: tuple[RowFault, ...]
    unknown: tuple[str, ...] = ()

    @property
    def wrong_rows(self) -> int:
        return len({one.row for one in self.faults})


def lines_of(name: str, content: bytes) -> list[list[str]]:
    """The cells of a CSV or XLSX file. Raises BadInput(file)."""
    try:
        match name.rpartition(".")[2].lower():
            case "csv" | "txt":
                return _few(csv_lines(content))
            case "xlsx":
                return _few(xlsx_lines(content))
            case _:
                raise FileFault("file_kind_table")
    except FileFault as fault:
        raise BadInput(field="file", problem=fault.problem, found=fault.found) from fault


def _few(lines: Iterable[list[str]]) -> list[list[str]]:
    kept: list[list[str]] = []
    for line in lines:
        if len(kept) > MOST_SECTIONS:
            raise FileFault("too_many_sections", str(MOST_SECTIONS))
        kept.append(line)
    return kept


def column_of(head: str) -> str | None:
    """The column a head means, in any of the languages; None when it means none of ours."""
    plain = _plain(head)
    return next((name for name, said in COLUMNS.items() if plain in _heads(name, said)), None)


def _heads(name: str, said: Mapping[str, Sequence[str]]) -> set[str]:
    return {_plain(name), *(_plain(one) for some in said.values() for one in some)}


def _plain(head: str) -> str:
    return re.sub(r"[^a-z0-9åäö]", "", head.casefold())


def rows_of(lines: Sequence[Sequence[str]]) -> tuple[list[Row], tuple[str, ...]]:
    """The rows below the heads, by column, and the heads that mean nothing. Raises BadInput(file)."""
    heads = lines[0] if lines else []
    columns = [column_of(head) for head in heads]
    if not NEEDED.issubset(columns):
        raise BadInput(field="file", problem="no_section_columns")
    if twice := sorted({one for one in columns if one and columns.count(one) > 1}):
        raise BadInput(field="file", problem="column_twice", found=", ".join(twice))
    rows = []
    for number, line in enumerate(lines[1:], 2):
        cells = {name: unguarded(cell.strip()) for name, cell in zip(columns, line, strict=False) if name}
        if any(cells.values()):
            rows.append(Row(number, {name: cell for name, cell in cells.items() if cell}))
    return rows, tuple(head for head, one in zip(heads, columns, strict=True) if one is None and head.strip())


def plan(session: Session, application: Application, lines: Sequence[Sequence[str]]) -> Plan:
    """What these lines would bring. Nothing is changed. Raises BadInput(file) for a file that has no head of ours."""
    rows, unknown = rows_of(lines)
    round_, groups = offered(session, application.round), groups_of(session, application.organisation_id)
    places, wishes, wrong = Places(round_), [], []
    for row in rows:
        wish, found = _row(row, round_, places, groups)
        wrong += found
        if wish is not None and not found:
            wishes.append((row.number, wish))
    return Plan(tuple(wishes), tuple(wrong), unknown)


def _row(
    row: Row, round_: Offered, places: Places, groups: Mapping[str, Group]
) -> tuple[SectionWish | None, list[RowFault]]:
    wish, bad = read_cells(row.cells, places, {group.name: ref for ref, group in groups.items()})
    if bad or wish is None:
        return None, [_cell_fault(row, one) for one in bad]
    return wish, [_fault(row, one) for one in faults(wish, round_, groups)]


def _fault(row: Row, fault: Fault) -> RowFault:
    return RowFault(row.number, fault.field, fault.problem, row.cells.get(fault.field, "")[:60], fault.facts)


def _cell_fault(row: Row, fault: CellFault) -> RowFault:
    return RowFault(row.number, fault.column, fault.problem, fault.found[:60])


def take_in(session: Session, application: Application, found: Plan, *, by: PersonId, now: datetime) -> int:
    """Add the sections of the good rows, in the order of the file. Returns how many. Raises BadInput, NotOpen."""
    for _number, wish in found.wishes:
        add_section(session, application, wish, by=by, now=now)
    return len(found.wishes)


def template(language: str, round_: Offered) -> tuple[list[str], list[list[str]]]:
    """Heads and two example rows of a file to fill in, with a space of the round."""
    heads = [said[language][0] for said in COLUMNS.values()]
    space = round_.spaces[0].name(language) if round_.spaces else ""
    return heads, [[*one, "", "", "", "", "", ""] for one in _examples(language, space)]


def _examples(language: str, space: str) -> list[list[str]]:
    said = EXAMPLES[language]
    one = [said["one"], said["purpose"], "20", "1", "60", "90", said["times"], space, said["age"], "18"]
    two = [said["two"], said["purpose"], "14", "2", "90", "90", said["more"], space, said["age"], "14"]
    return [one, two]


EXAMPLES: Mapping[str, Mapping[str, str]] = {
    "fi": {
        "one": "Esimerkki A",
        "two": "Esimerkki B",
        "purpose": "weekly_meeting",
        "times": "ma 17-20",
        "more": "ti 17.30-20, to 18-21 (myös)",
        "age": "children",
    },
    "sv": {
        "one": "Exempel A",
        "two": "Exempel B",
        "purpose": "weekly_meeting",
        "times": "må 17-20",
        "more": "ti 17.30-20, to 18-21 (också)",
        "age": "children",
    },
    "en": {
        "one": "Example A",
        "two": "Example B",
        "purpose": "weekly_meeting",
        "times": "Mon 17-20",
        "more": "Tue 17.30-20, Thu 18-21 (also)",
        "age": "children",
    },
}
