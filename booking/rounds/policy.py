"""A round's rules as the allocation reads them: goals, quotas and priority classes, from the round and its rulebook.

What a round keeps as JSON. `policy`: {"tiers": [...], "fairness", "history", "least_dates_percent",
"least_use_percent", "need_curve": [...], "decision": text}, each left out where it is as usual. A row of `quotas`:
{"id", "least": false, "percent" or "minutes" (of an average week), "each_organisation", "classes", "organisations",
"audiences", "districts", "spaces" (refs), "times": [{"weekdays": [...], "start_min", "end_min"}], "rule": row of the
rulebook, "source": the decision}. A least share for some is a most share for all others, for only that can be kept
as a hard fact.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from typing import Any

from sqlalchemy.orm import Session

from booking.core.allocation.instance import (
    Fairness,
    HistoryMode,
    Policy,
    PriorityClass,
    Quota,
    Tier,
    WeeklyTime,
)
from booking.core.rulebook import Rulebook
from booking.core.rules.rounds import AllocationQuota, TiePolicy
from booking.rounds.models import Round
from booking.rulebooks import words
from booking.versions.known import book_on, books

USUAL = Policy()
EVERYBODY = "all"  # the class of a rulebook that has none
AFTER_COVERAGE = (Tier.FAIRNESS, Tier.PREFERENCE, Tier.HISTORY, Tier.DURATION)
SET_WORDS = ("classes", "organisations", "audiences", "districts", "spaces")
NAMES_WHOM = ("classes", "audiences", "districts", "organisations")


@dataclass(frozen=True, slots=True)
class Known:
    """Everything a quota for "the others" may name, as the applications of the round tell it. Nobody's audience and
    district ("") are among the others, too."""

    districts: frozenset[str] = frozenset()
    organisations: frozenset[str] = frozenset()
    audiences: frozenset[str] = field(default_factory=lambda: frozenset(words()["audience_group"]))


def rulebook_of(session: Session, round_: Round) -> Rulebook:
    """The version fixed on publishing; before that the one in force on the season's first day. Raises NoRulebook."""
    fixed = next((book for book in books(session) if book.id == round_.rulebook), None)
    return fixed or book_on(session, round_.family, round_.first_on)


def usual_tiers(book: Rulebook) -> tuple[Tier, ...]:
    """Goals in the order that the rulebook leads to: its tie-breaks come before everything but the classes, unless it
    leaves ties to the lot."""
    by_lot = book.allocation is not None and book.allocation.tie_policy is TiePolicy.LOT
    ordered = bool(book.tie_breaks) and not by_lot
    return (Tier.COVERAGE, *((Tier.ORDER,) if ordered else ()), *AFTER_COVERAGE)


def policy_of(round_: Round, book: Rulebook, members: Mapping[str, int] | None = None) -> Policy:
    """The goals of a round. `members`: active members by the organisation's ref, for the measure by members."""
    kept = round_.policy
    tiers = tuple(Tier(one) for one in kept.get("tiers", ())) or usual_tiers(book)
    made = replace(USUAL, tiers=tiers, members=dict(members or {}))
    if "need_curve" in kept:
        made = replace(made, need_curve=tuple(kept["need_curve"]))
    return replace(
        made,
        fairness=Fairness(kept.get("fairness", USUAL.fairness)),
        history=HistoryMode(kept.get("history", USUAL.history)),
        least_dates_percent=kept.get("least_dates_percent", USUAL.least_dates_percent),
        least_use_percent=kept.get("least_use_percent", USUAL.least_use_percent),
    )


def class_ids(book: Rulebook) -> dict[str, str]:
    """The class of the allocation for each class of the rulebook: those of one rank speak of different kinds of spaces
    and are one, named by the first of them."""
    ordered = sorted(book.priority.classes.values(), key=lambda one: (one.rank, one.id))
    first: dict[int, str] = {}
    for one in ordered:
        first.setdefault(one.rank, one.id)
    return {one.id: first[one.rank] for one in ordered}


def classes_of(book: Rulebook) -> tuple[PriorityClass, ...]:
    """The priority classes, the first one first. `rule`: the first row that puts somebody there."""
    rows = {row.effect.class_id: row.citation.row for row in reversed(book.priority.rows)}
    named = [book.priority.classes[one] for one in dict.fromkeys(class_ids(book).values())]
    if not named:
        return (PriorityClass(EVERYBODY, 1),)
    return tuple(PriorityClass(one.id, one.rank, rows.get(one.id, ""), one.name) for one in named)


def quotas_of(round_: Round, book: Rulebook, known: Known | None = None) -> tuple[Quota, ...]:
    """The quotas of a round as hard facts, in their order."""
    known = known or Known()
    return tuple(_quota(row, book, known) for row in round_.quotas)


def _quota(row: Mapping[str, Any], book: Rulebook, known: Known) -> Quota:
    sets = {name: frozenset(map(str, row.get(name, ()))) for name in SET_WORDS}
    same_rank = class_ids(book)
    sets["classes"] = frozenset(same_rank.get(one, one) for one in sets["classes"])
    percent, minutes = row.get("percent"), row.get("minutes")
    if row.get("least"):
        sets |= others(sets, book, known)
        percent = 100 - int(percent or 0)
    return Quota(
        id=str(row["id"]),
        most_minutes=minutes,
        most_percent=percent,
        each_organisation=bool(row.get("each_organisation")),
        classes=sets["classes"],
        organisations=sets["organisations"],
        audiences=sets["audiences"],
        districts=sets["districts"],
        spaces=sets["spaces"],
        times=tuple(times_of(row.get("times", ()))),
        rule=str(row.get("rule") or row.get("source") or ""),
    )


def others(sets: Mapping[str, frozenset[str]], book: Rulebook, known: Known) -> dict[str, frozenset[str]]:
    """Whom a least share holds back: everybody else, by the one thing that it names: classes before audiences,
    districts and organisations."""
    everything = {
        "classes": frozenset(class_ids(book).values()),
        "audiences": known.audiences | {""},
        "districts": known.districts | {""},
        "organisations": known.organisations,
    }
    named = next((name for name in NAMES_WHOM if sets[name]), None)
    return {} if named is None else {named: everything[named] - sets[named]}


def times_of(written: Iterable[Mapping[str, Any]]) -> list[WeeklyTime]:
    """Weekly times, one for each weekday."""
    return [
        WeeklyTime(day, int(one["start_min"]), int(one["end_min"]))
        for one in written
        for day in sorted(set(one["weekdays"]))
    ]


def rulebook_quotas(book: Rulebook, on: date, *, bookable_minutes: int = 0) -> list[dict[str, Any]]:
    """The quotas a rulebook names, as rows of a round. Weekly hours that a class has at least become a share of the
    bookable minutes of an average week; without these they are left out."""
    rows = [_row_of(one, bookable_minutes) for one in book.allocation_quotas if one.row.valid(on)]
    return [row for row in rows if row is not None]


def _row_of(quota: AllocationQuota, bookable_minutes: int) -> dict[str, Any] | None:
    cited = quota.row.citation
    row: dict[str, Any] = {"id": cited.row, "rule": cited.row, "source": cited.decision or cited.source}
    row |= {"least": quota.least, "classes": [quota.class_id] if quota.class_id else []}
    if quota.weekly_hours is not None and not quota.least:
        return row | {"minutes": whole_number(quota.weekly_hours * 60, up=False)}
    percent = quota.share_percent
    if percent is None and quota.weekly_hours is not None and bookable_minutes:
        percent = min(Decimal(100), quota.weekly_hours * 6000 / bookable_minutes)
    return None if percent is None else row | {"percent": whole_number(percent, up=quota.least)}


def whole_number(value: Decimal, *, up: bool) -> int:
    """A least share rounded up, a most share down: never to the harm of those it protects."""
    return int(value.to_integral_value(ROUND_CEILING if up else ROUND_FLOOR))


def bookable_minutes(round_: Round, spaces: Collection[int] | None = None) -> int:
    """Weekly minutes that can be applied for in the loaded hours of the round (halves of a hall beside the whole)."""
    rows = [row for row in round_.hours if spaces is None or row.space_id in spaces]
    return sum(row.closes_min - row.opens_min for row in rows)
