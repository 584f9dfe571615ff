"""Evaluating a request by a rulebook: who comes first, who pays what, and why. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date

from booking.core.rules.book import Outcome, Rulebook
from booking.core.rules.entering import access_of
from booking.core.rules.facts import (
    Activity,
    Applicant,
    Audience,
    Facts,
    FactValue,
    Happening,
    History,
    Place,
    Request,
    Timing,
)
from booking.core.rules.happening import PriceOf, consequences_of
from booking.core.rules.invoices import invoiced
from booking.core.rules.limiting import limits_of
from booking.core.rules.limits import NeededFor, Status
from booking.core.rules.prepare import day_of_use, facts_for, treated
from booking.core.rules.priced import run_alone, with_money
from booking.core.rules.prices import money
from booking.core.rules.publicity import shown
from booking.core.rules.rows import Citation, Effect, OutcomeKind
from booking.core.rules.standing import standing
from booking.core.rules.tables import STRICTNESS, Verdict, decide
from booking.core.rules.treat import Treated
from booking.core.rules.workings import missing

__all__ = [
    "Activity",
    "Applicant",
    "Audience",
    "CarriedOver",
    "Citation",
    "ExtraSum",
    "Happening",
    "History",
    "Outcome",
    "OutcomeKind",
    "Place",
    "Request",
    "Rulebook",
    "Timing",
    "access_of",
    "consequences_of",
    "day_of_use",
    "evaluate",
    "extra_sum",
    "facts_for",
    "invoice_now",
    "limits_of",
    "standing",
]

SHUT = (OutcomeKind.REFUSED, OutcomeKind.REDIRECTED)


def evaluate(rulebook: Rulebook, request: Request, *, on: date | None = None) -> Outcome:
    """The outcome of a request, with reasons. Exclusions first; then priority and price, each by its own table.

    `on`: the day whose rows count, where that is not the day of use.
    """
    facts = facts_for(rulebook, request)
    on = on or day_of_use(rulebook, facts)
    now = standing(rulebook, on)
    treatment = treated(now, facts)
    return followed(now, explained(judged(now, facts, on), treatment, facts), facts, on)


def judged(rulebook: Rulebook, facts: Facts, on: date) -> Outcome:
    """Exclusions, priority and price by a standing rulebook."""
    exclusion = decide(rulebook.exclusions, facts, on)
    if exclusion.winner and exclusion.kind in SHUT:
        return shut(rulebook, exclusion, facts)
    barred = (exclusion,) if exclusion.matched or exclusion.missing else ()
    priority, price_class = decide(rulebook.priority, facts, on), decide(rulebook.price, facts, on)
    tables = ((rulebook.priority, priority), (rulebook.price, price_class))
    verdicts = (*barred, *(verdict for table, verdict in tables if not table.silent))  # a silent table decides nothing
    base = answered(rulebook, verdicts, facts)
    duties = tuple(row.citation for row in rulebook.obligations if row.valid(on) and row.condition.holds(facts))
    return priced(rulebook, replace(ranked(rulebook, base, priority), obligations=duties), price_class, facts, on)


def explained(outcome: Outcome, treatment: Treated, facts: Facts) -> Outcome:
    """The outcome with what was treated as what: cited first; what is missing is what that hangs on."""
    if not treatment.rows and not treatment.unclear:
        return outcome
    missing = frozenset[str]().union(*(treatment.unclear.get(name, {name}) for name in outcome.missing))
    told = {name: value for name, value in outcome.facts.items() if value is not None}
    return replace(
        outcome,
        reasons=(*treatment.rows, *outcome.reasons),
        matched=(*treatment.rows, *outcome.matched),
        missing=tuple(sorted(missing)),
        facts=told
        | facts_used((missing,), facts)
        | {name: None for name in sorted(missing) if facts.get(name) is None},
    )


def followed(rulebook: Rulebook, outcome: Outcome, facts: Facts, on: date) -> Outcome:
    """The outcome with limits, and where they are told or written, with what follows from an event and the door."""
    limited = within_limits(rulebook, replace(outcome, limits=limits_of(rulebook, facts, on)))
    event = consequences_of(rulebook, facts, on, pricing(rulebook, limited, facts, on))
    access = access_of(rulebook, facts, on, limited.limits)
    if access is not None and limited.kind in SHUT:
        access = replace(access, allowed=False, because=(*access.because, *(reason.row for reason in limited.reasons)))
    told = replace(limited, event=event, access=access, publicity=shown(rulebook.publicity, facts))
    return run_alone(rulebook.invoicing, told, facts)


def pricing(rulebook: Rulebook, outcome: Outcome, facts: Facts, on: date) -> PriceOf:
    """Prices of this use, for fees: its own, and what it would cost in another class."""
    return lambda class_id: outcome.price_cents if class_id is None else class_price(rulebook, class_id, facts, on)


def class_price(rulebook: Rulebook, class_id: str, facts: Facts, on: date) -> int | None:
    """What the use costs in a price class, in cents; None when unknown."""
    return money(rulebook.tariff.on(on), facts, class_id).price_cents


def within_limits(rulebook: Rulebook, outcome: Outcome) -> Outcome:
    """A broken limit that a booking needs makes the answer what its row says, if that is stricter than it was."""
    broken = [one for one in outcome.limits if one.status is Status.BROKEN and one.needed_for is NeededFor.BOOKING]
    strict = [(STRICTNESS[one.effect.kind], one.effect) for one in broken if one.effect is not None]
    if not broken:
        return outcome
    rows = tuple(one.row for one in broken)
    cited = replace(outcome, reasons=(*outcome.reasons, *rows), matched=(*outcome.matched, *rows))
    level, effect = min(strict, key=lambda pair: pair[0])
    if level >= STRICTNESS[outcome.kind]:
        return cited
    return replace(
        cited,
        kind=effect.kind,
        missing=() if effect.kind in SHUT else outcome.missing,
        facts={name: value for name, value in outcome.facts.items() if value is not None or effect.kind not in SHUT},
        decider=effect.decider or (None if effect.kind in SHUT else outcome.decider or rulebook.decider),
        question=effect.question,
        redirect_to=next(iter(effect.redirect_to), None),
        redirects=effect.redirect_to,
        booking_type=effect.booking_type,
    )


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
        question=effect.question,
        redirect_to=next(iter(effect.redirect_to), None),
        redirects=effect.redirect_to,
        booking_type=effect.booking_type,
    )


def answered(rulebook: Rulebook, verdicts: tuple[Verdict, ...], facts: Facts) -> Outcome:
    """The kind of the whole answer and whom to ask; classes and price are added after."""
    kinds = {verdict.kind for verdict in verdicts}
    kind = next((k for k in (OutcomeKind.UNDETERMINED, OutcomeKind.NEEDS_APPROVAL) if k in kinds), OutcomeKind.GRANTED)
    asking = [row.effect for verdict in verdicts if (row := verdict.winner) and row.effect.decider]
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
        decider=None if kind is OutcomeKind.GRANTED else asking[0].decider if asking else rulebook.decider,
        question=asking[0].question if asking and kind is not OutcomeKind.GRANTED else {},
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
    if not rulebook.price.silent and (effect is None or effect.class_id is None):
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
