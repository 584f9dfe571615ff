"""A rulebook as it stands on one day: rows outside their days gone, and rows left out where another overrides them."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Mapping
from dataclasses import fields, replace
from datetime import date, timedelta
from typing import Any

from booking.core.rules.book import Rulebook
from booking.core.rules.logic import Condition, all_of, negated
from booking.core.rules.rows import Row, Table


def standing(book: Rulebook, on: date) -> Rulebook:
    """The rulebook with the rows that are valid on a day, overrides worked into their conditions. Made once."""
    if "stands" in book.standing:  # it is one already, of this day
        return book
    if "days" not in book.standing:
        book.standing["days"] = tuple(changes(book))
    key = bisect_right(book.standing["days"], on)
    if key not in book.standing:
        made = mapped(book, lambda rows: overridden([row for row in rows if row.valid(on)]))
        made.standing["stands"] = True
        book.standing[key] = made
    found: Rulebook = book.standing[key]
    return found


def changes(book: Rulebook) -> list[date]:
    """The days from which other rows are valid, in order."""
    found: set[date] = set()
    for row in every_row(book):
        found.add(row.citation.valid_from)
        if row.citation.valid_to is not None and row.citation.valid_to < date.max:
            found.add(row.citation.valid_to + timedelta(days=1))
    return sorted(found)


def every_row(book: Rulebook) -> Iterable[Row]:
    """Every row of every table, whatever stands around it."""
    for one in fields(book):
        value = getattr(book, one.name)
        if isinstance(value, Table):
            yield from value.rows
        elif isinstance(value, tuple):
            yield from (row for each in value if (row := row_of(each)) is not None)


def row_of(ruled: object) -> Row | None:
    """The row of a rate, limit, consequence …; of a row itself; None for what is none."""
    row = ruled if isinstance(ruled, Row) else getattr(ruled, "row", None)
    return row if isinstance(row, Row) else None


def mapped(book: Rulebook, change: Callable[[list[Row]], list[Row]]) -> Rulebook:
    """The rulebook with the rows of each table changed: those that come back stay, in the order they have."""
    changed: dict[str, Any] = {}
    for one in fields(book):
        value = getattr(book, one.name)
        if isinstance(value, Table):
            rows = tuple(change(list(value.rows)))
            changed[one.name] = replace(value, rows=rows, names=asked(rows))
        elif isinstance(value, tuple) and any(row_of(each) is not None for each in value):
            changed[one.name] = tuple(kept(value, change))
    return replace(book, **changed)


def asked(rows: Iterable[Row]) -> frozenset[str]:
    return frozenset[str]().union(*(row.condition.names for row in rows))


def kept(values: tuple[Any, ...], change: Callable[[list[Row]], list[Row]]) -> Iterable[Any]:
    ruled = [row for row in map(row_of, values) if row is not None]
    rows = {row.citation.row: row for row in change(ruled)}
    for each in values:
        row = row_of(each)
        if row is None:
            yield each
        elif row.citation.row in rows:
            now = rows[row.citation.row]
            yield now if isinstance(each, Row) else replace(each, row=now)


def overridden(rows: list[Row]) -> list[Row]:
    """The rows, each holding only where no row that overrides it holds. A row left out overrides nothing itself."""
    above: dict[str, list[Row]] = {}
    for row in rows:
        for other in row.overrides:
            above.setdefault(other, []).append(row)
    if not above:
        return rows
    done: dict[str, Condition] = {}
    return [replace(row, condition=condition, when=when_of(row, condition)) for row in rows for condition in [
        effective(row, above, done)]]  # fmt: skip


def when_of(row: Row, condition: Condition) -> Condition:
    """The condition within the scope: the whole one, where overriding has added to it."""
    return row.when if condition is row.condition else condition


def effective(row: Row, above: Mapping[str, list[Row]], done: dict[str, Condition]) -> Condition:
    """A row's condition with the effective conditions of its overriders taken out. The builder has refused rings."""
    name = row.citation.row
    if name not in done:
        over = tuple(negated(effective(other, above, done)) for other in above.get(name, ()))
        done[name] = all_of((row.condition, *over)) if over else row.condition
    return done[name]
