"""The files that can be taken in, read into rows of named cells: CSV, XLSX and JSON (docs/register.md 6)."""

from __future__ import annotations

import csv
import io
import json
import re
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from openpyxl import load_workbook
from openpyxl.utils.exceptions import InvalidFileException

MOST_ROWS = 5000
LONGEST_CELL = 2000
# column -> the heads it may have, in small letters without signs
COLUMNS: Mapping[str, frozenset[str]] = {
    "name": frozenset({"name", "nimi", "namn", "yhdistyksennimi", "organisation", "järjestö"}),
    "kind": frozenset({"kind", "laji", "slag", "tyyppi", "form", "yhtiömuoto", "muoto", "bolagsform"}),
    "registration_number": frozenset(
        {"registrationnumber", "rekisterinumero", "registernummer", "yhdistysnumero", "associationnumber"}
    ),
    "business_id": frozenset({"businessid", "ytunnus", "fonummer", "foid"}),
    "domicile": frozenset({"domicile", "kotipaikka", "kotikunta", "hemort", "hemkommun"}),
    "purposes": frozenset({"purposes", "toiminta", "verksamhet"}),
    "purpose": frozenset({"purpose", "tarkoitus", "ändamål"}),
    "members_total": frozenset({"memberstotal", "jäseniä", "jäsenet", "medlemmar"}),
    "members_under_18": frozenset({"membersunder18", "alle18", "alle18vuotiaat", "under18", "medlemmarunder18"}),
    "members_resident": frozenset({"membersresident", "kuntalaiset", "kuntalaisia", "invånare"}),
    "registered_on": frozenset({"registeredon", "rekisteröity", "registrerad", "registrationdate"}),
    "dissolved_on": frozenset({"dissolvedon", "purettu", "purkautunut", "lakannut", "upplöst", "enddate"}),
}


class FileFault(ValueError):
    """A whole file cannot be read. `problem` is a stable code, `found` what was found instead."""

    def __init__(self, problem: str, found: str = "") -> None:
        super().__init__(f"{problem} {found}".strip())
        self.problem, self.found = problem, found


@dataclass(frozen=True, slots=True)
class Row:
    """One row with its number in the file as people count (the head is row 1 of a table), and its cells by column. An
    empty cell is left out: it changes nothing."""

    number: int
    cells: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Sheet:
    """The rows of a file, and the heads of columns that mean nothing to us."""

    rows: tuple[Row, ...]
    unknown: tuple[str, ...] = ()


def read(name: str, content: bytes) -> Sheet:
    """The rows of a file, told apart by the ending of its name. Raises FileFault."""
    ending = name.rpartition(".")[2].lower()
    match ending:
        case "csv" | "txt":
            return table(csv_lines(content))
        case "xlsx":
            return table(xlsx_lines(content))
        case "json":
            return json_rows(content)
        case _:
            raise FileFault("file_kind", ending)


def csv_lines(content: bytes) -> Iterator[list[str]]:
    """Lines of cells; UTF-8 (with or without BOM) or what older spreadsheets of this country write; `;`, `,` or tab."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = content.decode("cp1252", errors="replace")
    head = text.split("\n", 1)[0]
    sign = max(";,\t", key=head.count)
    yield from csv.reader(io.StringIO(text, newline=""), delimiter=sign)


def xlsx_lines(content: bytes) -> Iterator[list[str]]:
    """Lines of the first sheet. Formulas give the value last worked out. Raises FileFault."""
    try:
        book = load_workbook(io.BytesIO(content), read_only=True, data_only=True)
    except (InvalidFileException, zipfile.BadZipFile, KeyError, ValueError, OSError) as error:
        raise FileFault("not_xlsx") from error
    try:
        for n, line in enumerate(book.worksheets[0].iter_rows(values_only=True, max_col=100)):
            if n > MOST_ROWS:
                raise FileFault("too_many_rows", str(MOST_ROWS))
            yield [_text(cell) for cell in line]
    finally:
        book.close()


def _text(cell: object) -> str:
    """A cell as text: days in ISO form, whole numbers without a point."""
    if isinstance(cell, datetime):
        return cell.date().isoformat()
    if isinstance(cell, date):
        return cell.isoformat()
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return "" if cell is None else str(cell)


def table(lines: Iterable[list[str]]) -> Sheet:
    """A head and rows below it. Raises FileFault when no column of ours, or no name or number, is in the head."""
    walking = iter(lines)
    heads = next(walking, [])
    columns = [column_of(head) for head in heads]
    if not {"name", "registration_number", "business_id"}.intersection(one for one in columns if one):
        raise FileFault("no_columns", ", ".join(head.strip() for head in heads if head.strip())[:200])
    twice = sorted({one for one in columns if one and columns.count(one) > 1})
    if twice:
        raise FileFault("column_twice", ", ".join(twice))
    rows = []
    for number, line in enumerate(walking, 2):
        if number - 1 > MOST_ROWS:
            raise FileFault("too_many_rows", str(MOST_ROWS))
        cells = {name: cell.strip() for name, cell in zip(columns, line, strict=False) if name and cell.strip()}
        if cells:
            rows.append(Row(number, {name: unguarded(cell) for name, cell in cells.items()}))
    unknown = tuple(head.strip() for head, one in zip(heads, columns, strict=True) if one is None and head.strip())
    return Sheet(tuple(rows), unknown)


def column_of(head: str) -> str | None:
    """The column a head means; None when it means none of ours."""
    plain = re.sub(r"[^a-z0-9åäö]", "", head.casefold())
    return next((name for name, heads in COLUMNS.items() if plain in heads), None)


def unguarded(cell: str) -> str:
    """Our own export puts an apostrophe before what a spreadsheet would take for a formula."""
    return cell[1:] if cell[:1] == "'" and cell[1:2] in {"=", "+", "-", "@"} else cell


def json_rows(content: bytes) -> Sheet:
    """An object with a list `companies`, or a list; each a flat object, or one of the trade register's open interface,
    where number and names are objects. Raises FileFault."""
    try:
        told = json.loads(content.decode("utf-8-sig"))
    except (UnicodeDecodeError, json.JSONDecodeError) as error:
        raise FileFault("not_json", str(error)[:100]) from error
    listed = told.get("companies") if isinstance(told, dict) else told
    if not isinstance(listed, list) or not all(isinstance(one, dict) for one in listed):
        raise FileFault("no_companies")
    if len(listed) > MOST_ROWS:
        raise FileFault("too_many_rows", str(MOST_ROWS))
    rows = [Row(number, _company(one)) for number, one in enumerate(listed, 1)]
    return Sheet(tuple(row for row in rows if row.cells))


def _company(told: Mapping[str, Any]) -> dict[str, str]:
    cells: dict[str, str] = {}
    for key, value in told.items():
        name = column_of(key)
        if name is not None and isinstance(value, str | int) and not isinstance(value, bool):
            cells[name] = str(value).strip()
    nested = {"business_id": _value(told.get("businessId")), "name": _current_name(told.get("names"))}
    nested["domicile"] = _town(told.get("addresses"))
    nested["kind"] = _type(told.get("companyForms"))
    cells |= {name: value for name, value in nested.items() if value and name not in cells}
    return {name: value for name, value in cells.items() if value}


def _value(told: object) -> str:
    return str(told.get("value", "")) if isinstance(told, dict) else ""


def _objects(told: object) -> list[dict[str, Any]]:
    return [one for one in told if isinstance(one, dict)] if isinstance(told, list) else []


def _current_name(told: object) -> str:
    """The name in use: without an end, and of type 1 (the official name) before others."""
    names = [one for one in _objects(told) if not one.get("endDate")]
    return next((str(one.get("name", "")) for one in sorted(names, key=lambda one: str(one.get("type", "9")))), "")


def _town(told: object) -> str:
    for address in _objects(told):
        for office in _objects(address.get("postOffices")):
            if str(office.get("languageCode", "1")) == "1":
                return str(office.get("city", "")).capitalize()
    return ""


def _type(told: object) -> str:
    current = [one for one in _objects(told) if not one.get("endDate")]
    return str(current[0].get("type", "")) if current else ""
