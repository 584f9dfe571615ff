"""The rows that make money of a class: rates, adjustments, add-ons and VAT, ready for every stretch of days."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from typing import Protocol, TypeVar

from booking.core.rules.changes import Change, Changer, changer
from booking.core.rules.counter import Counter
from booking.core.rules.counters import compiled
from booking.core.rules.figures import CLASS, for_class
from booking.core.rules.formulas import Formula
from booking.core.rules.rows import Row


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
    """The rows valid on one stretch of days, by class; amounts that go by the class are settled for each."""

    def __init__(
        self,
        rates: tuple[Rate, ...],
        adjustments: tuple[Adjustment, ...],
        add_ons: tuple[AddOn, ...],
        vat: tuple[VatRow, ...],
    ) -> None:
        self.rates, self.adjustments, self.add_ons, self.vat = rates, adjustments, add_ons, vat
        self.vat_differs = any(one.add_ons for one in vat)
        self.by_class: dict[str | None, ClassTariff] = {}

    def of(self, class_id: str | None) -> ClassTariff:
        if class_id not in self.by_class:
            self.by_class[class_id] = self.made_for(class_id)
        return self.by_class[class_id]

    def made_for(self, class_id: str | None) -> ClassTariff:
        to_normal = tuple(one for one in self.adjustments if one.normal)
        normals = [(rate, normal_class(rate, class_id)) for rate in self.rates if rate.normal]
        return ClassTariff(
            rates=tuple(settled(rate, class_id) for rate in fitting(self.rates, class_id)),
            changes=fitting(self.adjustments, class_id),
            normals=tuple(settled(rate, own) for rate, own in normals),
            normal_changes={rate.row.citation.row: fitting(to_normal, own) for rate, own in normals},
            add_ons=tuple(settled(one, class_id) for one in fitting(self.add_ons, class_id)),
        )


@dataclass(frozen=True, slots=True)
class ClassTariff:
    """The rows that price one class, and those that tell its normal price with the adjustments of each."""

    rates: tuple[Rate, ...]
    changes: tuple[Adjustment, ...]
    normals: tuple[Rate, ...]
    normal_changes: Mapping[str, tuple[Adjustment, ...]]
    add_ons: tuple[AddOn, ...]


def normal_class(rate: Rate, class_id: str | None) -> str | None:
    """The class a normal price is told for: the one it names, its only one, else that of the user."""
    return rate.normal_class or (rate.classes[0] if len(rate.classes) == 1 else class_id)


Priced = TypeVar("Priced", Rate, AddOn)


def settled(one: Priced, class_id: str | None) -> Priced:
    """The row with the amounts of one class, where they go by the class."""
    return replace(one, formula=for_class(one.formula, class_id)) if CLASS in one.counter.names else one


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
        self.tables: tuple[tuple[Dated, ...], ...] = (rates, adjustments, add_ons, vat)
        rows = [one.row for table in self.tables for one in table]
        self.changes_on = sorted({day for row in rows for day in change_days(row)})
        self.stretches: dict[int, DayTariff] = {}

    @property
    def names(self) -> frozenset[str]:
        """Every fact that some row of money asks, by its condition or to count by."""
        counted = [one.counter.names for table in (self.rates, self.add_ons) for one in table]
        changed = [one.changer.names for one in self.adjustments]
        rows = [one.row.condition.names for table in self.tables for one in table]
        chosen = {"activity.extras"} if any(one.chosen for one in self.add_ons) else set()
        return frozenset(chosen).union(*counted, *changed, *rows) - {CLASS}

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
