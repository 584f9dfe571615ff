"""The priced part of a rulebook: rates, extra charges and invoicing, checked and made."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from booking.core.rules.rows import Effect, ExtraCharge, Formula, InvoicingRule, OutcomeKind, Rate, Unit
from booking.rulebook_builder import Builder
from booking.rulebook_merge import Document


def price_parts(builder: Builder) -> dict[str, Any]:
    """The fields of the rulebook that speak of money."""
    return {
        "rates": tuple(rates(builder)),
        "invoicing": invoicing(builder),
        "extra_charges": tuple(extra_charges(builder)),
    }


def rates(builder: Builder) -> Iterator[Rate]:
    priced = builder.price_classes()
    written = {row["id"]: row for row in builder.document["rates"]}

    def effect(row: Document) -> Effect:
        builder.check(row["id"], "class", row["class_id"], priced)
        check_amount(builder, row)
        return Effect(OutcomeKind.GRANTED, row["class_id"])

    for row in builder.rows("rates", effect):
        read = written[row.citation.row]
        yield Rate(row, formula(read), read["normal"], read.get("vat_percent"))


def check_amount(builder: Builder, row: Document) -> None:
    """A rate says what it costs, or says that it is unknown: silence could be read as free."""
    counted = row["unit"] not in (Unit.ZERO, Unit.UNKNOWN)
    if counted and "amount" not in row and not row["amounts"]:
        builder.faults.append(f'{row["id"]}: amount: missing; write "unknown" when the sources do not tell it')
    for kind in row["amounts"]:
        builder.check(row["id"], "amounts", kind, builder.words.get("space_kind", {}))


def formula(row: Document) -> Formula:
    return Formula(
        unit=row["unit"],
        amount=row.get("amount"),
        amounts=row["amounts"],
        minimum_hours=row["minimum_hours"],
        block_hours=row["block_hours"],
    )


def invoicing(builder: Builder) -> InvoicingRule | None:
    row = builder.document.get("invoicing")
    if row is None:
        return None
    return InvoicingRule(builder.citation("invoicing", row), row["minimum_cents"], row["runs_per_term"])


def extra_charges(builder: Builder) -> Iterator[ExtraCharge]:
    for row in builder.document["extra_charges"]:
        yield ExtraCharge(builder.citation("extra_charges", row), tuple(row["kinds"]))
