"""A round's rules in plain words: goals, quotas and hours, for the page of criteria."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from flask_babel import gettext as _

from booking.core.allocation.instance import HistoryMode, Tier
from booking.core.rulebook import Rulebook
from booking.core.rules.rows import Citation
from booking.models import Space
from booking.rounds import policy
from booking.rounds.models import Round
from web import hours, i18n
from web.rule_words import said
from web.words import word
from web.words_of_rounds import FAIRNESS, HISTORY, TIERS_SAID

MONDAY = date(2026, 11, 23)  # any Monday, for the names of weekdays


@dataclass(frozen=True, slots=True)
class ClassSaid:
    """A class with the rows that put somebody there."""

    name: str
    rows: tuple[Citation, ...]


@dataclass(frozen=True, slots=True)
class QuotaSaid:
    """A quota in words: how much, for whom, when and where, and by which decision."""

    id: str
    amount: str
    whom: str
    when: str
    where: str
    source: str


@dataclass(frozen=True, slots=True)
class Criteria:
    """All that decides who gets a time, in words; `tie_breaks`: rows of the rulebook in their order."""

    classes: tuple[ClassSaid, ...]
    tiers: tuple[str, ...]
    tie_breaks: tuple[Citation, ...]
    fairness: str
    history: str
    pinned: bool
    least_dates_percent: int
    quotas: tuple[QuotaSaid, ...]
    allocation: Citation | None
    own: str


def criteria_of(round_: Round, book: Rulebook, spaces: Sequence[Space]) -> Criteria:
    """The criteria of a round, in the language of the page."""
    aims = policy.policy_of(round_, book)
    on = round_.first_on
    breaks = [one.row for one in book.tie_breaks if one.row.valid(on)] if Tier.ORDER in aims.tiers else []
    return Criteria(
        classes=classes_said(round_, book),
        tiers=tuple(str(TIERS_SAID[tier]) for tier in aims.tiers if tier is not Tier.COVERAGE),
        tie_breaks=tuple(row.citation for row in breaks),
        fairness=str(FAIRNESS[aims.fairness]) if Tier.FAIRNESS in aims.tiers else "",
        history=str(HISTORY[aims.history]),
        pinned=aims.history is HistoryMode.PIN,
        least_dates_percent=aims.least_dates_percent,
        quotas=tuple(quota_said(row, book, spaces) for row in round_.quotas),
        allocation=book.allocation.citation if book.allocation else None,
        own=said(round_.criteria),
    )


def classes_said(round_: Round, book: Rulebook) -> tuple[ClassSaid, ...]:
    """The classes in their order, those of one rank together."""
    same, made = policy.class_ids(book), []
    for one in dict.fromkeys(same.values()):
        members = [id_ for id_, first in same.items() if first == one]
        names = dict.fromkeys(said(book.priority.classes[id_].name, id_) for id_ in members)
        rows = [row for row in book.priority.rows if row.effect.class_id in members and row.valid(round_.first_on)]
        made.append(ClassSaid(" / ".join(names), tuple(row.citation for row in rows)))
    return tuple(one for one in made if one.rows)  # a class that no row in force leads to is not told


def quota_said(row: Mapping[str, Any], book: Rulebook, spaces: Sequence[Space]) -> QuotaSaid:
    return QuotaSaid(
        id=str(row["id"]),
        amount=amount_said(row),
        whom=whom_said(row, book),
        when=times_said(row.get("times", ())),
        where=spaces_said(row, spaces),
        source=str(row.get("source") or ""),
    )


def amount_said(row: Mapping[str, Any]) -> str:
    if row.get("percent") is None:
        told = _("at most %(hours)s hours a week", hours=i18n.decimal(row.get("minutes", 0) / 60))
    elif row.get("least"):
        told = _("at least %(share)s of the hours", share=percent(row["percent"]))
    else:
        told = _("at most %(share)s of the hours", share=percent(row["percent"]))
    return str(_("%(amount)s for each organisation", amount=told)) if row.get("each_organisation") else str(told)


def percent(number: int) -> str:
    return f"{number} %" if i18n.language() != "en" else f"{number}%"


def whom_said(row: Mapping[str, Any], book: Rulebook) -> str:
    classes = book.priority.classes
    names = [said(classes[one].name, one) if one in classes else str(one) for one in row.get("classes", ())]
    names += [word(one, "audience_group") for one in row.get("audiences", ())]
    names += [str(one) for one in row.get("districts", ())]
    return ", ".join(names) or str(_("everybody"))


def times_said(times: Sequence[Mapping[str, Any]]) -> str:
    told = [f"{weekdays_said(one['weekdays'])} {hours.said(one['start_min'], one['end_min'])}" for one in times]
    return "; ".join(told) or str(_("at any time"))


def weekdays_said(weekdays: Sequence[int]) -> str:
    """Weekdays in order, three or more in a row as the first and the last."""
    runs: list[list[int]] = []
    for day in sorted(set(weekdays)):
        if runs and runs[-1][-1] == day - 1:
            runs[-1].append(day)
        else:
            runs.append([day])
    parts = [part for run in runs for part in ([run] if len(run) > 2 else [[day] for day in run])]
    return ", ".join("–".join(weekday(day) for day in dict.fromkeys((part[0], part[-1]))) for part in parts)


def weekday(day: int) -> str:
    return i18n.day(MONDAY + timedelta(days=day), "weekday")


def week_said(week: Sequence[Sequence[tuple[int, int]]]) -> list[str]:
    """A week in lines, weekdays of the same hours together."""
    same: dict[tuple[tuple[int, int], ...], list[int]] = {}
    for day, openings in enumerate(week):
        if openings:
            same.setdefault(tuple(openings), []).append(day)
    return [
        f"{weekdays_said(days)} {', '.join(hours.said(*one) for one in openings)}" for openings, days in same.items()
    ]


def spaces_said(row: Mapping[str, Any], spaces: Sequence[Space]) -> str:
    refs = set(row.get("spaces", ()))
    named = [space.name(i18n.language()) for space in spaces if space.ref in refs]
    return ", ".join(named) or str(_("all spaces of the round"))
