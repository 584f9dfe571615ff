"""The figures of an allocation in words, for one scenario or two side by side."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flask_babel import lazy_gettext as _l

from booking.rounds.plan_models import Scenario
from web import i18n

# name in the result's figures -> (words, unit)
NAMES: dict[str, tuple[Any, str]] = {
    "total.sections": (_l("Groups that took part"), ""),
    "total.all": (_l("Groups with all they asked for"), ""),
    "total.some": (_l("Groups with a part of it"), ""),
    "total.none": (_l("Groups with nothing"), ""),
    "total.events_asked": (_l("Weekly times asked for"), ""),
    "total.events_granted": (_l("Weekly times granted"), ""),
    "total.minutes_week": (_l("Hours a week"), "hours"),
    "total.minutes_season": (_l("Hours in the season"), "hours"),
    "wishes.primary_percent": (_l("Times that were wished most"), "percent"),
    "wishes.first_rank_percent": (_l("Times in the space wished most"), "percent"),
    "history.kept_percent": (_l("Times of last season kept"), "percent"),
    "history.newcomers_percent": (_l("What newcomers got of what they asked"), "percent"),
    "pins.kept": (_l("Times set by officials"), ""),
    "envy.class_envy": (_l("Wishes refused in favour of a later class only"), ""),
    "envy.same_class_envy": (_l("Wishes refused in favour of somebody of the class with more"), ""),
    "envy.improving": (_l("Exchanges that would help somebody and harm nobody"), ""),
    "envy.idle": (_l("Wished times that stand empty"), ""),
}
# of each class, how the shares of its organisations lie
BETWEEN: dict[str, tuple[Any, str]] = {
    "organisations": (_l("Organisations"), ""),
    "share.min": (_l("Least share"), "percent"),
    "share.p10": (_l("A tenth has at most"), "percent"),
    "share.median": (_l("Middle share"), "percent"),
    "gini": (_l("Gini (0: all alike)"), ""),
}


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure in words, with its value in each scenario as text."""

    name: str
    values: tuple[str, ...]


def shown_figures(*scenarios: Scenario) -> list[Figure]:
    """The figures that every reader can use, in a fixed order; one that no scenario has is left out."""
    sides = [dict(one.figures.get("figures", {})) for one in scenarios]
    found = []
    for name, (words, unit) in NAMES.items():
        values = [found_in(side, name) for side in sides]
        if any(value is not None for value in values):
            found.append(Figure(str(words), tuple(said(value, unit) for value in values)))
    return found


def between(scenario: Scenario) -> list[tuple[str, list[str]]]:
    """By class of the allocation, the spread between its organisations in the order of BETWEEN."""
    told = dict(scenario.figures.get("figures", {}).get("organisations", {}))
    return [
        (class_id, [said(found_in(row, name), unit) for name, (_words, unit) in BETWEEN.items()])
        for class_id, row in told.items()
        if row.get("organisations")
    ]


def found_in(figures: Mapping[str, Any], path: str) -> Any:
    """A figure by its dotted name."""
    value: Any = figures
    for step in path.split("."):
        value = value.get(step) if isinstance(value, Mapping) else None
    return value


def said(value: Any, unit: str) -> str:
    if value is None:
        return "–"
    if unit == "hours":
        return i18n.decimal(value / 60)
    text = i18n.decimal(value) if isinstance(value, int | float) else str(value)
    return f"{text} %" if unit == "percent" else text
