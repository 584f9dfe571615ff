"""The priced part of a rulebook: rates, adjustments, add-ons, VAT, extra charges and invoicing, checked and made."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from typing import Any

from booking.core.rules.changes import Change
from booking.core.rules.conditions import all_of
from booking.core.rules.formulas import Unit
from booking.core.rules.invoices import InvoiceRun, InvoicingRule
from booking.core.rules.rows import Effect, ExtraCharge, OutcomeKind, Row
from booking.core.rules.tariff import AddOn, Adjustment, Rate, VatRow
from booking.rulebook_build_formulas import formula, number_fact
from booking.rulebook_builder import Builder
from booking.rulebook_merge import Document

WAYS = ("times", "times_fact", "percent", "plus")
BOUNDS = ("at_least", "at_most", "round_to", "round")


def price_parts(builder: Builder) -> dict[str, Any]:
    """The fields of the rulebook that speak of money."""
    return {
        "rates": tuple(rates(builder)),
        "adjustments": tuple(adjustments(builder)),
        "add_ons": tuple(add_ons(builder)),
        "vat": tuple(vat(builder)),
        "invoicing": invoicing(builder),
        "extra_charges": tuple(extra_charges(builder)),
    }


def written_rows(builder: Builder, table: str) -> Iterator[tuple[Row, Document]]:
    """The compiled rows of a table of money, each with its written form; classes checked."""
    written = {row["id"]: row for row in builder.document[table]}
    for row in builder.rows(table, lambda read: effect(builder, read)):
        yield row, written[row.citation.row]


def effect(builder: Builder, read: Document) -> Effect:
    for class_id in classes(read):
        builder.check(read["id"], "class", class_id, builder.price_classes())
    return Effect(OutcomeKind.GRANTED, read.get("class_id"))


def classes(read: Document) -> tuple[str, ...]:
    """The classes a row speaks of; none: of all."""
    return (read["class_id"],) if "class_id" in read else tuple(read.get("classes", ()))


# --- rates and add-ons ---


def rates(builder: Builder) -> Iterator[Rate]:
    for row, read in written_rows(builder, "rates"):
        normal = read["normal"]
        if isinstance(normal, str):
            builder.check(read["id"], "normal", normal, builder.price_classes())
        if normal and read["unit"] is Unit.SHARE_OF_NORMAL:
            builder.faults.append(f"{read['id']}: normal: a share of the normal price cannot be the normal price")
        yield Rate(
            packaged(builder, row, read),
            formula(builder, read["id"], read),
            bool(normal),
            read.get("vat_percent"),
            classes=classes(read),
            normal_class=normal if isinstance(normal, str) else None,
        )


def packaged(builder: Builder, row: Row, read: Document) -> Row:
    """A rate for a package speaks only of bookings of that package; one that names no package is of none."""
    if "package" not in read:
        return row
    spec = {"fact": "time.package", "is": "==", "value": read["package"], "not_told": "no"}
    asked = builder.compiled(f"{read['id']}: package", spec)
    if asked is None:
        return row
    return replace(row, condition=all_of((row.condition, asked)), when=all_of((row.when, asked)))


def add_ons(builder: Builder) -> Iterator[AddOn]:
    for row, read in written_rows(builder, "add_ons"):
        if "unit" not in read and not read["actual_cost"]:
            builder.faults.append(f"{read['id']}: unit: missing; or write actual_cost = true")
        if read.get("unit") is Unit.SHARE_OF_NORMAL:
            builder.faults.append(f"{read['id']}: unit: an add-on is no share of the normal price")
        yield AddOn(
            row=row,
            formula=formula(builder, read["id"], {"unit": Unit.UNKNOWN} | read),
            classes=classes(read),
            chosen=read.get("chosen"),
            who=read["who"],
            actual_cost=read["actual_cost"],
        )


# --- adjustments ---


def adjustments(builder: Builder) -> Iterator[Adjustment]:
    best = {row["group"] for row in builder.document["adjustments"] if row["group_best"] and "group" in row}
    for row, read in written_rows(builder, "adjustments"):
        check_adjustment(builder, read)
        percent = read.get("percent")
        yield Adjustment(
            row=row,
            change=change(read),
            classes=classes(read),
            group=read.get("group"),
            group_best=read.get("group") in best,
            normal=read.get("normal", percent is None or percent >= 0),
        )


def check_adjustment(builder: Builder, read: Document) -> None:
    """An adjustment does one thing, then bounds and rounds it."""
    ways = [way for way in WAYS if way in read]
    if len(ways) > 1:
        builder.faults.append(f"{read['id']}: {ways[1]}: one row does one thing; it says {ways[0]} already")
    if not ways and not any(bound in read for bound in BOUNDS[:3]):
        builder.faults.append(f"{read['id']}: needs one of {', '.join((*WAYS, *BOUNDS[:3]))}")
    if "per" in read and "plus" not in read:
        builder.faults.append(f'{read["id"]}: per: goes with "plus"')
    if read["group_best"] and "group" not in read:
        builder.faults.append(f'{read["id"]}: group_best: goes with "group"')
    if read.get("percent", 0) < -100:
        builder.faults.append(f"{read['id']}: percent: no more than 100 per cent can be taken off")
    if "times_fact" in read:
        number_fact(builder, read["id"], "times_fact", read["times_fact"])


def change(read: Document) -> Change:
    percent = read.get("percent")
    told = {name: read[name] for name in ("times", "times_fact", "plus", "per", *BOUNDS) if name in read}
    return Change(percent=None if percent is None else Fraction(percent), **told)


# --- VAT, invoices, extra charges ---


def vat(builder: Builder) -> Iterator[VatRow]:
    known = [row["id"] for row in builder.document["add_ons"]]
    for row in builder.rows("vat", builder.no_effect):
        read = next(each for each in builder.document["vat"] if each["id"] == row.citation.row)
        for add_on in read["add_ons"]:
            builder.check(read["id"], "add_ons", add_on, known)
        percent = Fraction(0) if read["exempt"] else Fraction(read["percent"])
        yield VatRow(row, percent, read["exempt"], read["prices"], tuple(read["add_ons"]))


def invoicing(builder: Builder) -> InvoicingRule | None:
    read = builder.document.get("invoicing")
    if read is None:
        return None
    names = ("minimum_cents", "runs_per_term", "below_minimum", "last_run", "term_days", "interest_percent")
    more = ("reminder_cents", "correction_days", "invoicer")
    told = {name: read[name] for name in (*names, *more) if name in read}
    runs = tuple(InvoiceRun(**(run | {"months": tuple(run["months"])})) for run in read["runs"])
    return InvoicingRule(citation=builder.citation("invoicing", read), runs=runs, **told)


def extra_charges(builder: Builder) -> Iterator[ExtraCharge]:
    for row in builder.document["extra_charges"]:
        yield ExtraCharge(builder.citation("extra_charges", row), tuple(row["kinds"]))
