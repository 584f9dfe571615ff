"""Whose money it is and by which rule it is asked for: invoicers, and the invoicing rule of a premises on a day."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from booking.core.rulebook import Rulebook
from booking.core.runs import Below, Every, LastRun, Plan, RunRule
from booking.ids import OrganisationId, PremisesId
from booking.judging import citation_facts
from booking.models import Premises
from booking.money.models import Invoicer
from booking.practice import practice
from booking.refusals import NotFound
from booking.rulebooks import NoRulebook, in_force, shipped


@dataclass(frozen=True, slots=True)
class Account:
    """What is invoiced together: an invoicer, a family of rules with its invoicing rule, and their premises."""

    invoicer: Invoicer
    family: str
    premises: tuple[Premises, ...]
    plan: Plan

    @property
    def key(self) -> str:
        return f"{self.invoicer.ref}:{self.family}"

    @property
    def premises_ids(self) -> list[PremisesId]:
        return [place.id for place in self.premises]


def accounts(session: Session, on: date) -> list[Account]:
    """Every invoicer with every family of rules at its premises, by name of the invoicer."""
    rows = session.scalars(select(Invoicer).options(joinedload(Invoicer.organisation)))
    known = {row.organisation_id: row for row in rows}
    grouped: dict[tuple[OrganisationId, str], list[Premises]] = {}
    for place in session.scalars(select(Premises).order_by(Premises.id)):
        who = invoicer_of(place, plan_of(place.rulebook, on))
        if who in known:
            grouped.setdefault((who, place.rulebook), []).append(place)
    found = [
        Account(known[who], family, tuple(places), plan_of(family, on)) for (who, family), places in grouped.items()
    ]
    return sorted(found, key=lambda each: (each.invoicer.organisation.name, each.family))


def account_of(session: Session, invoicer: str, family: str, on: date) -> Account:
    """Raises NotFound."""
    for each in accounts(session, on):
        if (each.invoicer.ref, each.family) == (invoicer, family):
            return each
    raise NotFound(what="invoicer")


def invoicer_of(place: Premises, plan: Plan) -> OrganisationId:
    """Who asks for the money: the owner unless the rulebook says the operator or the manager."""
    return {"operator": place.operator_id, "manager": place.manager_id}.get(plan.invoicer, place.owner_id)


def plan_of(family: str, on: date) -> Plan:
    """The invoicing rule of a family in force on a day; without one, monthly after use and every cent."""
    try:
        book: Rulebook | None = in_force(shipped(), family, on)
    except NoRulebook:
        book = None
    rule = book.invoicing if book else None
    if rule is None:
        return made((RunRule(),), 0, {})
    runs = (RunRule(every=Every.TERM, per=rule.runs_per_term),)
    return made(runs, rule.minimum_cents, citation_facts(rule.citation))


def made(runs: tuple[RunRule, ...], minimum_cents: int, citation: Mapping[str, Any]) -> Plan:
    return Plan(
        runs=runs,
        minimum_cents=minimum_cents,
        below=Below.CARRY,
        last_run=LastRun.CARRY,
        term_days=practice("invoice_term_days"),
        correction_days=0,
        interest_percent=None,
        reminder_cents=None,
        invoicer="owner",
        terms=terms(),
        citation=citation,
    )


def terms() -> tuple[tuple[int, int], ...]:
    """First and last month of spring and autumn term."""
    return tuple(
        (practice(f"{name}_term_first_month"), practice(f"{name}_term_last_month")) for name in ("spring", "autumn")
    )
