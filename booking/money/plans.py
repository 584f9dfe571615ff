"""Whose money it is and by which rule it is asked for: invoicers, and the invoicing rule of a premises on a day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from booking.core.rulebook import Rulebook
from booking.core.rules.invoices import InvoiceRun, InvoicingRule, RunEvery
from booking.core.runs import Plan
from booking.ids import OrganisationId, PremisesId
from booking.judging import citation_facts
from booking.models import Premises
from booking.money.models import Invoicer
from booking.practice import practice
from booking.refusals import NotFound
from booking.rulebooks import NoRulebook
from booking.versions.known import book_on


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
        who = invoicer_of(place, plan_of(session, place.rulebook, on))
        if who in known:
            grouped.setdefault((who, place.rulebook), []).append(place)
    found = [
        Account(known[who], family, tuple(places), plan_of(session, family, on))
        for (who, family), places in grouped.items()
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
    named = plan.rule.invoicer if plan.rule else ""
    return {"operator": place.operator_id, "manager": place.manager_id}.get(named, place.owner_id)


def plan_of(session: Session, family: str, on: date) -> Plan:
    """The invoicing rule of a family in force on a day; without one, monthly after use and every cent."""
    try:
        book: Rulebook | None = book_on(session, family, on)
    except NoRulebook:
        book = None
    return plan(book.invoicing if book else None)


def plan(rule: InvoicingRule | None) -> Plan:
    """A rulebook's invoicing rule with what it leaves open filled in."""
    days = rule.term_days if rule else None
    return Plan(
        rule=rule,
        runs=runs_of(rule),
        term_days=practice("invoice_term_days") if days is None else days,
        terms=terms(),
        citation=citation_facts(rule.citation) if rule else {},
    )


def runs_of(rule: InvoicingRule | None) -> tuple[InvoiceRun, ...]:
    if rule and rule.runs:
        return rule.runs
    if rule and rule.runs_per_term:
        return (InvoiceRun(name="term", every=RunEvery.TERM, per=rule.runs_per_term),)
    return (InvoiceRun(name="month"),)


def terms() -> tuple[tuple[int, int], ...]:
    """First and last month of spring and autumn term."""
    return tuple(
        (practice(f"{name}_term_first_month"), practice(f"{name}_term_last_month")) for name in ("spring", "autumn")
    )
