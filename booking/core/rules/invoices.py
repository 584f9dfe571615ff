"""What an invoice run takes of a sum: what is under the minimum is carried, raised or waived, as the rulebook says."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from booking.core.rules.lines import InvoiceSum
from booking.core.rules.rows import Citation


class BelowMinimum(StrEnum):
    """What is done with a sum under the minimum."""

    CARRY = "carry"
    RAISE = "raise"
    WAIVE = "waive"


class LastRun(StrEnum):
    """What is done with it in the last run of a season, when there is no next one to carry it to."""

    INVOICE = "invoice"
    CARRY = "carry"
    WAIVE = "waive"
    ASK = "ask"


class RunEvery(StrEnum):
    """What a run gathers, unless it names its months."""

    DAY = "day"
    MONTH = "month"
    TERM = "term"
    YEAR = "year"


class RunWhen(StrEnum):
    """Whether what is invoiced has been used, is to be used, or is invoiced when it is booked."""

    AFTER_USE = "after_use"
    IN_ADVANCE = "in_advance"
    AT_BOOKING = "at_booking"


@dataclass(frozen=True, slots=True, kw_only=True)
class InvoiceRun:
    """One kind of run: so many in a month, term or year, or in certain months."""

    name: str
    every: RunEvery = RunEvery.MONTH
    per: int = 1
    months: tuple[int, ...] = ()
    when: RunWhen = RunWhen.AFTER_USE


@dataclass(frozen=True, slots=True, kw_only=True)
class InvoicingRule:
    """How sums become invoices. None and "" where the rulebook does not say."""

    citation: Citation
    minimum_cents: int = 0
    runs_per_term: int | None = None
    below_minimum: BelowMinimum = BelowMinimum.CARRY
    last_run: LastRun = LastRun.ASK
    runs: tuple[InvoiceRun, ...] = ()
    term_days: int | None = None
    interest_percent: Decimal | None = None
    reminder_cents: int | None = None
    correction_days: int | None = None
    invoicer: str = ""


def invoiced(rule: InvoicingRule | None, owed_cents: int, *, last: bool = False) -> InvoiceSum:
    """What a run takes now of a sum, carries, waives or adds. Exactly the minimum is invoiced as it is.

    Always: now + carried + waived = owed + raised. `last`: it is the last run, with none to carry to."""
    if rule is None:
        return InvoiceSum(owed_cents, 0, None)
    row = rule.citation.row
    if owed_cents <= 0 or owed_cents >= rule.minimum_cents:
        return InvoiceSum(owed_cents, 0, row)
    if rule.below_minimum is BelowMinimum.RAISE:
        return InvoiceSum(rule.minimum_cents, 0, row, raised_cents=rule.minimum_cents - owed_cents)
    if rule.below_minimum is BelowMinimum.WAIVE:
        return InvoiceSum(0, 0, row, waived_cents=owed_cents)
    return in_last_run(rule, owed_cents) if last else InvoiceSum(0, owed_cents, row)


def in_last_run(rule: InvoicingRule, owed_cents: int) -> InvoiceSum:
    """A sum under the minimum with no next run: a human is asked where the rulebook is silent, and it waits."""
    row = rule.citation.row
    if rule.last_run is LastRun.INVOICE:
        return InvoiceSum(owed_cents, 0, row)
    if rule.last_run is LastRun.WAIVE:
        return InvoiceSum(0, 0, row, waived_cents=owed_cents)
    return InvoiceSum(0, owed_cents, row, ask=rule.last_run is LastRun.ASK)
