"""What taking a file in would change: each row matched with an entry, its fields compared, its faults named."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session
from stdnum.exceptions import ValidationError
from stdnum.fi import associationid, ytunnus

from booking.importing.layout import LONGEST_CELL, Row, Sheet
from booking.models import Organisation, OrganisationKind
from booking.organisations import Entry, check
from booking.refusals import BadInput
from booking.rulebooks import words

# How the forms of the registers are called -> our kinds. Codes are those of the trade register's open interface.
FORMS: Mapping[str, OrganisationKind] = {
    "ry": OrganisationKind.ASSOCIATION,
    "rf": OrganisationKind.ASSOCIATION,
    "rekisteröity yhdistys": OrganisationKind.ASSOCIATION,
    "yhdistys": OrganisationKind.ASSOCIATION,
    "aatteellinen yhdistys": OrganisationKind.ASSOCIATION,
    "förening": OrganisationKind.ASSOCIATION,
    "29": OrganisationKind.ASSOCIATION,
    "säätiö": OrganisationKind.FOUNDATION,
    "stiftelse": OrganisationKind.FOUNDATION,
    "18": OrganisationKind.FOUNDATION,
    "oy": OrganisationKind.COMPANY,
    "ab": OrganisationKind.COMPANY,
    "osakeyhtiö": OrganisationKind.COMPANY,
    "aktiebolag": OrganisationKind.COMPANY,
    "osuuskunta": OrganisationKind.COMPANY,
    "16": OrganisationKind.COMPANY,
    "seurakunta": OrganisationKind.CONGREGATION,
    "församling": OrganisationKind.CONGREGATION,
    "ryhmä": OrganisationKind.AREA_GROUP,
    "grupp": OrganisationKind.AREA_GROUP,
}
COUNTS = ("members_total", "members_under_18", "members_resident")
DAYS = ("registered_on", "dissolved_on")
LONGEST = {"name": 200, "domicile": 100, "purpose": LONGEST_CELL}
SHOWN = ("name", "kind", "registration_number", "business_id", "domicile", "purposes", "purpose", *COUNTS, *DAYS)


class ChangeKind(StrEnum):
    """What a row does."""

    NEW = "new"
    CHANGED = "changed"
    DISSOLVED = "dissolved"
    SAME = "same"


@dataclass(frozen=True, slots=True)
class RowFault:
    """What is wrong in a row: the column, a stable code, and what stood there."""

    row: int
    column: str
    problem: str
    found: str = ""


@dataclass(frozen=True, slots=True)
class Change:
    """What a good row does to an entry (None: a new one). `fields`: column to (before, after) as they are kept."""

    row: int
    kind: ChangeKind
    name: str
    entry: Entry
    fields: Mapping[str, tuple[Any, Any]]
    ref: str | None = None
    registered_on: date | None = None
    dissolved_on: date | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything a file would do, in order of its rows."""

    changes: tuple[Change, ...]
    faults: tuple[RowFault, ...]
    unknown: tuple[str, ...] = ()

    def count(self, kind: ChangeKind) -> int:
        return sum(change.kind == kind for change in self.changes)

    @property
    def empty(self) -> bool:
        """Whether doing it would change nothing."""
        return all(change.kind == ChangeKind.SAME for change in self.changes)

    @property
    def fingerprint(self) -> str:
        """Of everything it would change: another one when the file, or the register below it, is another."""
        told = [
            (one.row, one.kind, one.ref, sorted((k, str(v)) for k, v in one.fields.items())) for one in self.changes
        ]
        return hashlib.sha256(json.dumps(told, default=str).encode()).hexdigest()


class _Wrong(Exception):
    """A fault of the row in hand."""

    def __init__(self, column: str, problem: str, found: str = "") -> None:
        super().__init__(column)
        self.column, self.problem, self.found = column, problem, found


@dataclass(frozen=True, slots=True)
class _Register:
    """The entries by number and by name."""

    numbers: Mapping[str, Organisation]
    names: Mapping[str, list[Organisation]]


def plan(session: Session, sheet: Sheet) -> Plan:
    """What taking these rows in would do now. Nothing is changed."""
    register = _register(session)
    changes: list[Change] = []
    faults: list[RowFault] = []
    seen: dict[str, int] = {}
    for row in sheet.rows:
        try:
            change = _change(row, register)
            _once(change, seen)
        except _Wrong as wrong:
            faults.append(RowFault(row.number, wrong.column, wrong.problem, wrong.found[:100]))
        else:
            changes.append(change)
    return Plan(tuple(changes), tuple(faults), sheet.unknown)


def _register(session: Session) -> _Register:
    query = select(Organisation).where(Organisation.kind != OrganisationKind.PERSON.value)
    rows = list(session.scalars(query.where(Organisation.merged_into_id.is_(None))))
    numbers = {number: row for row in rows for number in (row.registration_number, row.business_id) if number}
    names: dict[str, list[Organisation]] = {}
    for row in rows:
        names.setdefault(row.name.casefold(), []).append(row)
    return _Register(numbers, names)


def _once(change: Change, seen: dict[str, int]) -> None:
    """A file may speak of an organisation once only."""
    told = (change.entry.registration_number, change.entry.business_id)
    keys = {change.ref or f"new {change.name.casefold()}", *(number for number in told if number)}
    for key in keys:
        if key in seen:
            raise _Wrong("name", "row_twice", str(seen[key]))
    seen.update(dict.fromkeys(keys, change.row))


def _change(row: Row, register: _Register) -> Change:
    cells = _numbers(row.cells)
    known = _match(cells, register)
    before = _entry_of(known) if known else Entry(name="", kind="")
    entry = _checked(_told(cells, before))
    days = {name: _day(cells, name) for name in DAYS}
    fields = _differences(before, entry, known) | _day_differences(days, known)
    kind = _kind(known, fields)
    return Change(
        row.number,
        kind,
        entry.name,
        entry,
        fields,
        ref=known.ref if known else None,
        registered_on=days["registered_on"],
        dissolved_on=days["dissolved_on"],
    )


def _kind(known: Organisation | None, fields: Mapping[str, object]) -> ChangeKind:
    if known is None:
        return ChangeKind.NEW
    if "dissolved_on" in fields:
        return ChangeKind.DISSOLVED
    return ChangeKind.CHANGED if fields else ChangeKind.SAME


def _numbers(cells: Mapping[str, str]) -> dict[str, str]:
    """The cells with their numbers in the usual form."""
    found = dict(cells)
    for name, register in (("registration_number", associationid), ("business_id", ytunnus)):
        if name in found:
            try:
                found[name] = str(register.format(register.validate(found[name])))
            except ValidationError as error:
                raise _Wrong(name, name, found[name]) from error
    return found


def _match(cells: Mapping[str, str], register: _Register) -> Organisation | None:
    """The entry a row speaks of: by its numbers, else by its very name."""
    told = [cells[name] for name in ("registration_number", "business_id") if name in cells]
    by_number = {one.id: one for one in (register.numbers.get(number) for number in told) if one is not None}
    if len(by_number) > 1:
        raise _Wrong("business_id", "two_entries", " / ".join(one.name for one in by_number.values()))
    if by_number:
        return next(iter(by_number.values()))
    named = register.names.get(cells.get("name", "").casefold(), [])
    if len(named) > 1:
        raise _Wrong("name", "name_of_several", cells["name"])
    for one in named:
        for name in ("registration_number", "business_id"):
            if name in cells and getattr(one, name) not in (None, cells[name]):
                return None  # another organisation of the same name
    return named[0] if named else None


def _entry_of(row: Organisation) -> Entry:
    values = {name: getattr(row, name) for name in Entry.__slots__ if name not in {"purposes", "for_profit"}}
    return Entry(**values, purposes=tuple(row.purposes), for_profit=row.facts.get("for_profit"))


def _told(cells: Mapping[str, str], before: Entry) -> Entry:
    """The entry as it was, with what the row tells."""
    values: dict[str, Any] = {name: cells[name] for name in ("registration_number", "business_id") if name in cells}
    for name, longest in LONGEST.items():
        if name in cells:
            if len(cells[name]) > longest:
                raise _Wrong(name, "too_long", cells[name])
            values[name] = " ".join(cells[name].split())
    if "kind" in cells:
        values["kind"] = _kind_of(cells["kind"])
    if "purposes" in cells:
        values["purposes"] = _purposes(cells["purposes"])
    values |= {name: _count(cells, name) for name in COUNTS if name in cells}
    return replace(before, **values)


def _kind_of(told: str) -> str:
    if told in {kind.value for kind in OrganisationKind if kind != OrganisationKind.PERSON}:
        return told
    if told.casefold() in FORMS:
        return FORMS[told.casefold()].value
    raise _Wrong("kind", "not_one_of", told)


def _purposes(told: str) -> tuple[str, ...]:
    found = tuple(word.strip() for word in re.split(r"[,;|]", told) if word.strip())
    listed = words()["applicant_purpose"]
    names = {text.casefold(): word for word, texts in listed.items() for text in texts.values()}
    wrong = [word for word in found if word not in listed and word.casefold() not in names]
    if wrong:
        raise _Wrong("purposes", "not_one_of", ", ".join(wrong))
    return tuple(word if word in listed else names[word.casefold()] for word in found)


def _count(cells: Mapping[str, str], name: str) -> int:
    plain = re.sub(r"[\s\u00a0]", "", cells[name])
    if not re.fullmatch(r"\d{1,9}", plain):
        raise _Wrong(name, "not_a_number", cells[name])
    return int(plain)


def _day(cells: Mapping[str, str], name: str) -> date | None:
    told = cells.get(name)
    if told is None:
        return None
    if found := re.fullmatch(r"(\d{1,2})\.(\d{1,2})\.(\d{4})", told):
        told = f"{found[3]}-{int(found[2]):02}-{int(found[1]):02}"
    try:
        return date.fromisoformat(told[:10])
    except ValueError as error:
        raise _Wrong(name, "not_a_day", cells[name]) from error


def _checked(entry: Entry) -> Entry:
    if not entry.name:
        raise _Wrong("name", "missing")
    if not entry.kind:
        raise _Wrong("kind", "missing")
    try:
        return check(entry)
    except BadInput as bad:
        raise _Wrong(str(bad.facts["field"]), str(bad.facts["problem"])) from bad


def _differences(before: Entry, after: Entry, known: Organisation | None) -> dict[str, tuple[Any, Any]]:
    names: Iterable[str] = (name for name in SHOWN if name not in DAYS)
    pairs = {name: (getattr(before, name), getattr(after, name)) for name in names}
    blank: tuple[Any, ...] = (None, "", ())
    return {name: pair for name, pair in pairs.items() if pair[0] != pair[1] and (known or pair[1] not in blank)}


def _day_differences(days: Mapping[str, date | None], known: Organisation | None) -> dict[str, tuple[Any, Any]]:
    pairs = {name: (getattr(known, name) if known else None, day) for name, day in days.items() if day is not None}
    return {name: pair for name, pair in pairs.items() if pair[0] != pair[1]}
