"""Support as tables and bars: by what times are grouped, under which names, and as files."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from booking.core.opening import day_span
from booking.core.span import Span
from booking.reports.groupings import IN_TIME, KEYS, Key, class_key
from booking.reports.uses import Sums, Use, summed, total
from booking.sheets import Cell
from web import words
from web.clock import HELSINKI
from web.i18n import language

WIDEST = 100  # units of a bar's drawing


def said(names: Mapping[str, str]) -> str:
    return names.get(language()) or names.get("fi", "")


GROUPINGS: dict[str, tuple[Any, Callable[[Use], Key]]] = {
    "organisation": (_l("Organisation"), KEYS["organisation"]),
    "premises": (_l("Premises"), KEYS["premises"]),
    "district": (_l("District"), KEYS["district"]),
    "priority": (
        _l("Priority class"),
        lambda use: class_key(use.rulebook, use.priority_class, said(use.priority_names)),
    ),
    "price": (_l("Price class"), lambda use: class_key(use.rulebook, use.price_class, said(use.price_names))),
    "rulebook": (_l("Version of the rules"), KEYS["rulebook"]),
    "kind": (_l("Kind of organisation"), lambda use: (use.organisation_kind, words.kind_name(use.organisation_kind))),
    "month": (_l("Month"), KEYS["month"]),
    "year": (_l("Year"), KEYS["year"]),
}


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a table: its name, a key for addresses, its sums, and how long its bar is (of WIDEST)."""

    key: str
    name: str
    sums: Sums
    bar: int
    grant_cents: int | None = None


def year_span(year: int) -> Span:
    """A calendar year of Helsinki."""
    return Span(day_span(date(year, 1, 1), HELSINKI).starts_at, day_span(date(year, 12, 31), HELSINKI).ends_at)


def rows(found: Iterable[Use], by: str, grants: Mapping[str, int] | None = None) -> list[Row]:
    """The groups with the most support first; in order of time where time is grouped by. `grants`: cents by key."""
    sums = summed(found, GROUPINGS[by][1])
    most = max((part.support_cents for part in sums.values()), default=0)
    made = [
        Row(key, name, part, bar(part.support_cents, most), (grants or {}).get(key))
        for (key, name), part in sums.items()
    ]
    if by in IN_TIME:
        return sorted(made, key=lambda row: row.key)
    return sorted(made, key=lambda row: (-row.sums.support_cents, -row.sums.minutes, row.name))


def bar(value: int, most: int) -> int:
    """The length of a bar, in whole units of WIDEST; something that is there can be seen."""
    return max(1, value * WIDEST // most) if most > 0 and value > 0 else 0


def all_of(made: Sequence[Row]) -> Sums:
    return total(row.sums for row in made)


def heads(by: str) -> list[str]:
    return [
        str(GROUPINGS[by][0]),
        _("Times"),
        _("Hours"),
        _("Normal price, €"),
        _("Charged, €"),
        _("Support, €"),
        _("Money grants, €"),
        _("Times with unknown price"),
        _("People expected"),
        _("People told"),
        _("No-shows"),
    ]


def euros(cents: int | None) -> Decimal | None:
    return None if cents is None else Decimal(cents) / 100


def cells(row: Row) -> list[Cell]:
    sums = row.sums
    return [
        row.name,
        sums.times,
        sums.hours,
        euros(sums.normal_cents),
        euros(sums.charged_cents),
        euros(sums.support_cents),
        euros(row.grant_cents),
        sums.unknown,
        sums.people,
        sums.heads if sums.told else None,
        sums.no_shows,
    ]
