"""Figures for the report on well-being: hours, people reached by age group, value of free use, and refused hours."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import Session

from booking.core.span import Span
from booking.ids import PremisesId
from booking.life.attendance import age_groups
from booking.reports.refused import Refused, refused
from booking.reports.uses import Sums, Use, Wanted, summed, total, uses
from booking.sheets import Cell
from web import words
from web.i18n import language
from web.support_tables import bar, euros
from web.words_of_booking import problem_name


@dataclass(frozen=True, slots=True)
class Line:
    """A name, a number in the table's unit, and how long its bar is."""

    name: str
    value: Decimal
    bar: int


@dataclass(frozen=True, slots=True)
class Figures:
    """One table: what it tells, in which unit, its lines, and their sum."""

    title: Any
    unit: Any
    lines: tuple[Line, ...]
    note: Any = ""

    @property
    def sum(self) -> Decimal:
        return sum((line.value for line in self.lines), Decimal(0))


def tables(db: Session, span: Span, premises: Sequence[PremisesId], now: datetime) -> list[Figures]:
    """Every table of the report, for one year at these premises."""
    found = list(uses(db, Wanted(span, premises), now))
    lacked = refused(db, span, premises)
    return [*used(found), *reached(found), *free(found), *lacking(lacked)]


def figures(title: Any, unit: Any, pairs: Iterable[tuple[str, Decimal]], note: Any = "") -> Figures:
    """The lines with something in them, largest first."""
    kept = sorted(((name, value) for name, value in pairs if value), key=lambda pair: (-pair[1], pair[0]))
    most = int(max((value for _name, value in kept), default=Decimal(0)) * 100)
    return Figures(title, unit, tuple(Line(name, value, bar(int(value * 100), most)) for name, value in kept), note)


HOURS, PEOPLE, EUROS = _l("hours"), _l("people"), _l("euros")


def used(found: list[Use]) -> list[Figures]:
    by_kind = summed(found, lambda use: words.kind_name(use.organisation_kind))
    by_district = summed(found, lambda use: use.district or "–")
    return [
        figures(_l("Hours used, by kind of organisation"), HOURS, hours_of(by_kind)),
        figures(_l("Hours used, by district"), HOURS, hours_of(by_district)),
    ]


def hours_of(sums: dict[str, Sums]) -> Iterable[tuple[str, Decimal]]:
    return ((name, part.hours) for name, part in sums.items())


def reached(found: list[Use]) -> list[Figures]:
    """People who came, as told: one who comes every week counts each time."""
    counts = {group.id: 0 for group in age_groups()}
    rest = 0
    for use in found:
        for group, heads in use.groups.items():
            counts[group] = counts.get(group, 0) + heads
        rest += (use.heads or 0) - sum(use.groups.values())
    names = {group.id: group.names.get(language(), group.names["fi"]) for group in age_groups()}
    pairs = [(names.get(group, group), Decimal(heads)) for group, heads in counts.items()]
    told = total(summed(found, lambda _use: "").values())
    note = _("Heads were told for %(told)s times of %(times)s.", told=told.told, times=told.times)
    return [
        figures(_l("Visits by age group"), PEOPLE, [*pairs, (_("age group not told, and guests"), Decimal(rest))], note)
    ]


def free(found: list[Use]) -> list[Figures]:
    by_kind = summed(found, lambda use: words.kind_name(use.organisation_kind))
    pairs = [(name, euros(part.free_cents) or Decimal(0)) for name, part in by_kind.items()]
    unknown = sum(part.unknown for part in by_kind.values())
    note = _("Times whose normal price is unknown are left out: %(number)s.", number=unknown)
    return [figures(_l("Value of free use at normal prices"), EUROS, pairs, note)]


def lacking(lacked: list[Refused]) -> list[Figures]:
    return [
        figures(_l("Refused hours, by priority class"), HOURS, grouped(lacked, lambda one: one.priority_class or "–")),
        figures(_l("Refused hours, by district"), HOURS, grouped(lacked, lambda one: one.district or "–")),
        figures(_l("Refused hours, by reason"), HOURS, grouped(lacked, lambda one: problem_name(one.reason))),
    ]


def grouped(lacked: Iterable[Refused], key: Callable[[Refused], str]) -> list[tuple[str, Decimal]]:
    minutes: dict[str, int] = {}
    for one in lacked:
        minutes[key(one)] = minutes.get(key(one), 0) + one.minutes
    return [(name, (Decimal(count) / 60).quantize(Decimal("0.01"))) for name, count in minutes.items()]


def heads() -> list[str]:
    return [_("Table"), _("Line"), _("Number"), _("Unit")]


def cells(made: list[Figures]) -> list[list[Cell]]:
    return [[str(table.title), line.name, line.value, str(table.unit)] for table in made for line in table.lines]
