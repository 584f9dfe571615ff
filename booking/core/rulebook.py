"""Evaluating a request by a rulebook: who comes first, who pays what, and why. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date

from booking.core.rules.book import Outcome, Rulebook
from booking.core.rules.facts import Activity, Applicant, Audience, Facts, FactValue, Place, Request, Timing, facts_of
from booking.core.rules.invoices import invoiced
from booking.core.rules.priced import with_money
from booking.core.rules.prices import money
from booking.core.rules.rows import Citation, Effect, OutcomeKind
from booking.core.rules.tables import Verdict, decide
from booking.core.rules.workings import missing

__all__ = [
    "Activity",
    "Applicant",
    "Audience",
    "CarriedOver",
    "Citation",
    "ExtraSum",
    "Outcome",
    "OutcomeKind",
    "Place",
    "Request",
    "Rulebook",
    "Timing",
    "evaluate",
    "extra_sum",
    "invoice_now",
]

SHUT = (OutcomeKind.REFUSED, OutcomeKind.REDIRECTED)


def evaluate(rulebook: Rulebook, request: Request, *, on: date | None = None) -> Outcome:
    """The outcome of a request, with reasons. Exclusions first; then priority and price, each by its own table.

    `on`: the day whose rows count, where that is not the day of use.
    """
    facts = facts_of(request)
    on = on or day_of_use(rulebook, facts)
    exclusion = decide(rulebook.exclusions, facts, on)
    if exclusion.winner and exclusion.kind in SHUT:
        return shut(rulebook, exclusion, facts)
    barred = (exclusion,) if exclusion.matched or exclusion.missing else ()
    priority, price_class = decide(rulebook.priority, facts, on), decide(rulebook.price, facts, on)
    tables = ((rulebook.priority, priority), (rulebook.price, price_class))
    verdicts = (*barred, *(verdict for table, verdict in tables if table.rows))  # a table without rows decides nothing
    base = answered(rulebook, verdicts, facts)
    duties = tuple(row.citation for row in rulebook.obligations if row.valid(on) and row.condition.holds(facts))
    return priced(rulebook, replace(ranked(rulebook, base, priority), obligations=duties), price_class, facts, on)


def day_of_use(rulebook: Rulebook, facts: Facts) -> date:
    """The local day of use; when not told, the first day of the rulebook."""
    told = facts["time.use_on"]
    return told if isinstance(told, date) else rulebook.valid_from


def shut(rulebook: Rulebook, verdict: Verdict, facts: Facts) -> Outcome:
    """A refusal or a pointing elsewhere: no class and no price, only why and where instead."""
    assert verdict.winner is not None
    effect = verdict.winner.effect
    return Outcome(
        kind=verdict.kind,
        rulebook=rulebook.id,
        reasons=(verdict.winner.citation,),
        matched=tuple(row.citation for row in verdict.matched),
        facts=facts_used((row.condition.names for row in verdict.matched), facts),
        decider=effect.decider,
        redirect_to=next(iter(effect.redirect_to), None),
        redirects=effect.redirect_to,
        booking_type=effect.booking_type,
    )


def answered(rulebook: Rulebook, verdicts: tuple[Verdict, ...], facts: Facts) -> Outcome:
    """The kind of the whole answer and whom to ask; classes and price are added after."""
    kinds = {verdict.kind for verdict in verdicts}
    kind = next((k for k in (OutcomeKind.UNDETERMINED, OutcomeKind.NEEDS_APPROVAL) if k in kinds), OutcomeKind.GRANTED)
    deciders = [row.effect.decider for verdict in verdicts if (row := verdict.winner) and row.effect.decider]
    matched = tuple(row for verdict in verdicts for row in verdict.matched)
    missing = frozenset[str]().union(*(verdict.missing for verdict in verdicts))
    asked = (rulebook.exclusions.names, rulebook.priority.names, rulebook.price.names)
    return Outcome(
        kind=kind,
        rulebook=rulebook.id,
        reasons=tuple(verdict.winner.citation for verdict in verdicts if verdict.winner and not verdict.missing),
        matched=tuple(row.citation for row in matched),
        facts=facts_used(asked, facts) | dict.fromkeys(sorted(missing)),
        missing=tuple(sorted(missing)),
        decider=None if kind is OutcomeKind.GRANTED else next(iter(deciders), rulebook.decider),
    )


def facts_used(asked: Iterable[frozenset[str]], facts: Facts) -> dict[str, FactValue]:
    """The facts that rules asked about and that were told."""
    names = frozenset[str]().union(*asked)
    return {name: value for name in sorted(names) if (value := facts.get(name)) is not None}


def settled(verdict: Verdict) -> Effect | None:
    """The effect that gives a class: none while a fact is missing or a human must choose the class."""
    if verdict.winner is None or verdict.kind is OutcomeKind.UNDETERMINED:
        return None
    return verdict.winner.effect


def ranked(rulebook: Rulebook, outcome: Outcome, verdict: Verdict) -> Outcome:
    effect = settled(verdict)
    if effect is None or effect.class_id is None:
        return outcome
    named = rulebook.priority.classes[effect.class_id]
    return replace(outcome, priority_class=named.id, priority_rank=named.rank, priority_name=named.name)


def priced(rulebook: Rulebook, outcome: Outcome, verdict: Verdict, facts: Facts, on: date) -> Outcome:
    """The outcome with price class and money; a rulebook without price classes prices everybody alike."""
    effect = settled(verdict)
    if rulebook.price.rows and (effect is None or effect.class_id is None):
        return outcome
    named = rulebook.price.classes[effect.class_id] if effect and effect.class_id else None
    classed = outcome if named is None else replace(outcome, price_class=named.id, price_name=named.name)
    sums = money(rulebook.tariff.on(on), facts, classed.price_class)
    told = with_money(rulebook.invoicing, classed, sums, facts)
    return lacking(rulebook, told, missing(sums))


def lacking(rulebook: Rulebook, outcome: Outcome, missing: frozenset[str]) -> Outcome:
    """The outcome left open by facts without which its price cannot be counted."""
    if not missing:
        return outcome
    told_next = tuple(sorted({*outcome.missing, *missing}))
    decider = outcome.decider or rulebook.decider
    return replace(outcome, kind=OutcomeKind.UNDETERMINED, missing=told_next, decider=decider)


@dataclass(frozen=True, slots=True)
class CarriedOver:
    """What an invoice run takes now and what it leaves for the next one, in cents.

    Taken, carried and waived together are what was owed, and what it was raised by."""

    now_cents: int
    carried_cents: int
    citation: Citation | None
    waived_cents: int = 0
    raised_cents: int = 0
    ask: bool = False


def invoice_now(rulebook: Rulebook, accrued_cents: int, *, last: bool = False) -> CarriedOver:
    """What a run does with a sum, by the rulebook's minimum; exactly the minimum is invoiced. `last`: the last run."""
    rule = rulebook.invoicing
    found = invoiced(rule, accrued_cents, last=last)
    return CarriedOver(
        found.now_cents,
        found.carried_cents,
        rule.citation if rule else None,
        found.waived_cents,
        found.raised_cents,
        found.ask,
    )


@dataclass(frozen=True, slots=True)
class ExtraSum:
    """An extra cost charged beside the price, in cents; None when the rulebook does not say. Never a subsidy."""

    cents: int | None
    citation: Citation | None


def extra_sum(rulebook: Rulebook, kind: str, *, cost_cents: int) -> ExtraSum:
    """The actual cost of such an extra (cleaning, repair), whatever the price class: free users pay it too."""
    rule = next((rule for rule in rulebook.extra_charges if kind in rule.kinds), None)
    return ExtraSum(cost_cents, rule.citation) if rule else ExtraSum(None, None)
