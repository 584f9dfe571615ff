"""The rows that make money of a class: rates, adjustments, add-ons and VAT, ready for every stretch of days."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from typing import Protocol, TypeVar

from booking.core.rules.changes import Change, Changer, changer
from booking.core.rules.counter import Counter
from booking.core.rules.counters import compiled
from booking.core.rules.formulas import Formula
from booking.core.rules.rows import Row

CLASS = "price.class"  # among the facts of a price, for matrices: the class that is being priced


class Who(StrEnum):
    """Whom an add-on is charged to: everybody, or only those whose use itself costs something."""

    ALL = "all"
    PAYING = "paying"


class Prices(StrEnum):
    """Whether the written prices hold the VAT, or it comes on top."""

    INCLUDING = "including"
    EXCLUDING = "excluding"


@dataclass(frozen=True, slots=True)
class Rate:
    """What a price class costs where its condition holds. `normal`: this is the price a subsidy is measured from.

    `classes`: those it prices, all when empty. `normal_class`: the class it prices when it tells the normal price."""

    row: Row
    formula: Formula
    normal: bool
    vat_percent: Decimal | None
    classes: tuple[str, ...] = ()
    normal_class: str | None = None
    counter: Counter = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "counter", compiled(self.formula))


@dataclass(frozen=True, slots=True, kw_only=True)
class Adjustment:
    """One link of the chain from the rate to the price. Of a group only the first that holds counts, or the best."""

    row: Row
    change: Change
    classes: tuple[str, ...] = ()
    group: str | None = None
    group_best: bool = False
    normal: bool = True
    changer: Changer = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "changer", changer(self.change))


@dataclass(frozen=True, slots=True, kw_only=True)
class AddOn:
    """Something charged beside the price, never subsidised. `chosen`: only where it is among the chosen extras."""

    row: Row
    formula: Formula
    classes: tuple[str, ...] = ()
    chosen: str | None = None
    who: Who = Who.ALL
    actual_cost: bool = False
    counter: Counter = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "counter", compiled(self.formula))


@dataclass(frozen=True, slots=True)
class VatRow:
    """Which VAT a price bears; none for `exempt`. `add_ons`: it speaks of these add-ons only."""

    row: Row
    percent: Fraction
    exempt: bool
    prices: Prices
    add_ons: tuple[str, ...] = ()


class Dated(Protocol):
    @property
    def row(self) -> Row: ...


Any_ = TypeVar("Any_", bound=Dated)


class Classed(Protocol):
    @property
    def classes(self) -> tuple[str, ...]: ...


Of = TypeVar("Of", bound=Classed)


def fitting(rows: Iterable[Of], class_id: str | None) -> tuple[Of, ...]:
    """The rows that speak of a class, or of any."""
    return tuple(row for row in rows if not row.classes or class_id in row.classes)


class DayTariff:
    """The rows valid on one stretch of days, by class."""

    def __init__(
        self,
        rates: tuple[Rate, ...],
        adjustments: tuple[Adjustment, ...],
        add_ons: tuple[AddOn, ...],
        vat: tuple[VatRow, ...],
    ) -> None:
        self.rates, self.adjustments, self.add_ons, self.vat = rates, adjustments, add_ons, vat
        self.normals = tuple(rate for rate in rates if rate.normal)
        self.to_normal = tuple(one for one in adjustments if one.normal)
        asked = (one.counter.names for rows in (rates, add_ons) for one in rows)
        self.vat_differs = any(one.add_ons for one in vat)
        self.asks_class = any(CLASS in names for names in asked)
        self.by_class: dict[str | None, tuple[Rate, ...]] = {}
        self.changes: dict[tuple[str | None, bool], tuple[Adjustment, ...]] = {}

    def rates_of(self, class_id: str | None) -> tuple[Rate, ...]:
        if class_id not in self.by_class:
            self.by_class[class_id] = fitting(self.rates, class_id)
        return self.by_class[class_id]

    def charged_changes(self, class_id: str | None) -> tuple[Adjustment, ...]:
        return self.changes_of(self.adjustments, (class_id, False))

    def normal_changes(self, class_id: str | None) -> tuple[Adjustment, ...]:
        return self.changes_of(self.to_normal, (class_id, True))

    def changes_of(self, rows: tuple[Adjustment, ...], key: tuple[str | None, bool]) -> tuple[Adjustment, ...]:
        if key not in self.changes:
            self.changes[key] = fitting(rows, key[0])
        return self.changes[key]


class Tariff:
    """All rows of money of a rulebook. Days between two changes share their rows."""

    def __init__(
        self,
        rates: tuple[Rate, ...] = (),
        adjustments: tuple[Adjustment, ...] = (),
        add_ons: tuple[AddOn, ...] = (),
        vat: tuple[VatRow, ...] = (),
    ) -> None:
        self.rates, self.adjustments, self.add_ons, self.vat = rates, adjustments, add_ons, vat
        rows = [one.row for table in (rates, adjustments, add_ons, vat) for one in table]
        self.changes_on = sorted({day for row in rows for day in change_days(row)})
        self.stretches: dict[int, DayTariff] = {}

    def on(self, day: date) -> DayTariff:
        place = bisect_right(self.changes_on, day)
        if place not in self.stretches:
            self.stretches[place] = DayTariff(
                valid(self.rates, day), valid(self.adjustments, day), valid(self.add_ons, day), valid(self.vat, day)
            )
        return self.stretches[place]


def change_days(row: Row) -> list[date]:
    """The days from which a row holds and no longer holds."""
    last = row.citation.valid_to
    return [row.citation.valid_from, *([last + timedelta(days=1)] if last and last < date.max else [])]


def valid(rows: tuple[Any_, ...], day: date) -> tuple[Any_, ...]:
    return tuple(one for one in rows if one.row.valid(day))
