"""Invoice runs without a database: which run is due on a day, and what a run does with what one payer owes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import StrEnum
from typing import Any

from booking.core.rules.invoices import InvoiceRun, InvoicingRule, RunEvery, RunWhen, invoiced


@dataclass(frozen=True, slots=True)
class Plan:
    """How a rulebook invoices. `rule` None: it does not say, so monthly and every cent. `terms`: first and last month
    of the terms of a year, for runs counted by the term. `citation`: the rule's row as JSON."""

    rule: InvoicingRule | None
    runs: tuple[InvoiceRun, ...]
    term_days: int
    terms: tuple[tuple[int, int], ...]
    citation: Mapping[str, Any] = field(default_factory=dict)

    @property
    def correction_days(self) -> int:
        return (self.rule.correction_days if self.rule else None) or 0


@dataclass(frozen=True, slots=True)
class Period:
    """One run by its name in the books. It can be made from `from_on` and asks for what happened by `until_on`."""

    name: str
    from_on: date
    until_on: date
    when: RunWhen
    last_of_term: bool = False


def month_end(year: int, month: int) -> date:
    return date(year + month // 12, month % 12 + 1, 1) - timedelta(days=1)


def due_periods(plan: Plan, on: date) -> list[Period]:
    """The latest period of each kind of run that can be made on a day, what is cut at the day before included."""
    found = []
    for rule in plan.runs:
        begun = [period for period in periods(rule, plan.terms, on) if period.from_on <= on]
        if begun:
            found.append(max(begun, key=lambda period: period.from_on))
    return found


def periods(rule: InvoiceRun, terms: Sequence[tuple[int, int]], on: date) -> Iterator[Period]:
    """The runs around a day, of last year to next year."""
    if rule.every is RunEvery.DAY or rule.when is RunWhen.AT_BOOKING:
        until = on if rule.when is RunWhen.AT_BOOKING else on - timedelta(days=1)
        yield Period(on.isoformat(), on, until, rule.when)
        return
    for year in (on.year - 1, on.year, on.year + 1):
        yield from in_year(rule, terms, year, on)


def in_year(rule: InvoiceRun, terms: Sequence[tuple[int, int]], year: int, on: date) -> Iterator[Period]:
    if rule.every in (RunEvery.TERM, RunEvery.YEAR) and not rule.months:
        for first, last in terms if rule.every is RunEvery.TERM else ((1, 12),):
            yield from split_term(rule, year, first, last)
        return
    months = rule.months or tuple(range(1, 13))
    for month in months:
        yield made_in(rule, year, month, on, last=closes(rule, terms, months, month))


def closes(rule: InvoiceRun, terms: Sequence[tuple[int, int]], months: Sequence[int], month: int) -> bool:
    """Whether the run of a month is the last one before another term begins, or the last of the year."""
    if rule.every is RunEvery.YEAR:
        return month == max(months)
    following = min((first for first, _ in terms if first > month), default=13)
    return not any(month < other < following for other in months)


def made_in(rule: InvoiceRun, year: int, month: int, on: date, *, last: bool) -> Period:
    """A run named by its month. One whose months are told is made in that month, of what has happened by then;
    a monthly one after the month, or before it where it is asked in advance."""
    first, end = date(year, month, 1), month_end(year, month)
    name = f"{year}-{month:02d}"
    if rule.when is RunWhen.IN_ADVANCE:
        return Period(name, first - timedelta(days=14), end, rule.when, last)
    if rule.months:
        return Period(name, first, min(end, max(first, on) - timedelta(days=1)), rule.when, last)
    return Period(name, end + timedelta(days=1), end, rule.when, last)


def split_term(rule: InvoiceRun, year: int, first: int, last: int) -> Iterator[Period]:
    """A term of whole months cut into `per` runs, the earlier ones longer: January to May by two is March and May."""
    months = last - first + 1
    for part in range(1, rule.per + 1):
        month = first - 1 + -(-months * part // rule.per)
        end = month_end(year, month)
        start = end + timedelta(days=1)
        name = f"{year}-{first:02d}/{part}"
        yield Period(name, start, end, rule.when, part == rule.per)


class Fate(StrEnum):
    """What a run does with what one payer owes."""

    INVOICE = "invoice"
    RAISED = "raised"
    CARRIED = "carried"
    WAIVED = "waived"
    ASKED = "asked"
    NOTHING = "nothing"  # nothing to ask for: credits are as large as what is owed


@dataclass(frozen=True, slots=True)
class Split:
    """A payer's sum in a run: invoiced + carried + waived = owed; `raised_cents` come on top of it."""

    fate: Fate
    invoiced_cents: int = 0
    carried_cents: int = 0
    waived_cents: int = 0
    raised_cents: int = 0


def split(plan: Plan, owed_cents: int, *, last_of_term: bool) -> Split:
    """What becomes of a sum: exactly the minimum is invoiced, one cent less is not."""
    if owed_cents <= 0:
        return Split(Fate.NOTHING, carried_cents=owed_cents)
    done = invoiced(plan.rule, owed_cents, last=last_of_term)
    if done.raised_cents:
        return Split(Fate.RAISED, invoiced_cents=owed_cents, raised_cents=done.raised_cents)
    if done.waived_cents:
        return Split(Fate.WAIVED, waived_cents=done.waived_cents)
    if done.carried_cents:
        return Split(Fate.ASKED if done.ask else Fate.CARRIED, carried_cents=done.carried_cents)
    return Split(Fate.INVOICE, invoiced_cents=done.now_cents)
