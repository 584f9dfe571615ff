"""Money put into an answer: sums, lines with their workings, the rows behind them, and what an invoice would be."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from booking.core.rules.book import Outcome
from booking.core.rules.facts import Facts, FactValue
from booking.core.rules.formulas import WHOLE_SEASON
from booking.core.rules.invoices import InvoicingRule, invoiced
from booking.core.rules.lines import InvoiceSum
from booking.core.rules.prices import Sums, offered
from booking.core.rules.workings import cited, formula, lines, names, normal_formula

ACCRUED = "event.accrued_cents"


def with_money(rule: InvoicingRule | None, outcome: Outcome, sums: Sums, facts: Facts) -> Outcome:
    """The outcome with its money: normal = charged + subsidy, net + VAT = gross, wherever they are known."""
    rows = cited(sums)
    asked = {name: value for name in sorted(names(sums)) if (value := facts.get(name)) is not None}
    return replace(
        outcome,
        price_cents=sums.price_cents,
        normal_cents=sums.normal_cents,
        subsidy_cents=sums.subsidy_cents,
        add_on_cents=sums.add_on_cents,
        total_cents=sums.total_cents,
        net_cents=sums.net_cents,
        vat_cents=sums.vat_cents,
        gross_cents=sums.gross_cents,
        vat_percent=percent_told(sums),
        vat_exempt=sums.vat is not None and sums.vat.row is not None and sums.vat.row.exempt,
        whole_season=any(chain.rate and chain.rate.formula.unit in WHOLE_SEASON for chain in sums.charged),
        formula=formula(sums.charged, sums.price_cents),
        normal_formula=normal_formula(sums),
        offers=offered(sums.tariff, facts),
        lines=lines(sums),
        invoice=invoice(rule, sums, facts.get(ACCRUED)),
        reasons=(*outcome.reasons, *rows),
        matched=(*outcome.matched, *(row for row in rows if row.table != "rates")),
        facts={**outcome.facts, **asked},
    )


def run_alone(rule: InvoicingRule | None, outcome: Outcome, facts: Facts) -> Outcome:
    """The outcome with what a run would take of what has gathered, though the price of this use is not known."""
    accrued = facts.get(ACCRUED)
    if outcome.invoice is not None or type(accrued) is not int:
        return outcome
    return replace(outcome, invoice=invoiced(rule, accrued))


def percent_told(sums: Sums) -> Decimal | None:
    if sums.vat is None:
        return None
    return Decimal(sums.vat.percent.numerator) / Decimal(sums.vat.percent.denominator)


def invoice(rule: InvoicingRule | None, sums: Sums, accrued: FactValue) -> InvoiceSum | None:
    """What an invoice of what has gathered would be, or of this alone; None while that is unknown."""
    owed = accrued if type(accrued) is int else sums.gross_cents if sums.gross_cents is not None else sums.total_cents
    return None if owed is None else invoiced(rule, owed)
