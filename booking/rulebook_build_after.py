"""The rest of a rulebook: parity, limits, consequences, doors and the rules of a round, checked and made."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from marshmallow import ValidationError

from booking.core.money import cents
from booking.core.rules.access import AccessRule
from booking.core.rules.conditions import refuse_unknown_word
from booking.core.rules.consequences import Consequence, Sanction
from booking.core.rules.fact_types import Fact, FactType, FactValue
from booking.core.rules.limits import Limit
from booking.core.rules.publicity import PublicityRule
from booking.core.rules.rounds import AllocationQuota, AllocationRule, CalendarRow, TieBreak
from booking.core.rules.rows import Effect, OutcomeKind
from booking.core.rules.treat import TreatAs
from booking.rulebook_builder import Builder
from booking.rulebook_fields import value_field
from booking.rulebook_merge import Document
from booking.rulebook_schemas import SECTION_SCHEMAS

UNTREATED = frozenset({FactType.PEOPLE, FactType.PARTS, FactType.COUNTS, FactType.MOMENT})
NEEDS = ("prepayment", "no_ban", "no_debt", "verified")
NO_EFFECT = Effect(OutcomeKind.GRANTED)


def after_parts(builder: Builder) -> dict[str, Any]:
    """The fields of the rulebook that speak of neither class nor price."""
    return {
        "treat_as": tuple(treat_as(builder)),
        "limits": tuple(limits(builder)),
        "consequences": tuple(consequences(builder)),
        "access": tuple(access(builder)),
        "publicity": tuple(publicity(builder)),
        "tie_breaks": tuple(tie_breaks(builder)),
        "allocation": allocation(builder),
        "allocation_quotas": tuple(allocation_quotas(builder)),
        "calendar": tuple(calendar(builder)),
    }


def read_rows(builder: Builder, table: str) -> dict[str, Document]:
    return {row["id"]: row for row in builder.document[table]}


def taken(read: Document, *names: str) -> Document:
    """Those of the fields that are written."""
    return {name: read[name] for name in names if name in read}


# --- parity ---


def treat_as(builder: Builder) -> Iterator[TreatAs]:
    read = read_rows(builder, "treat_as")
    for row in builder.rows("treat_as", builder.no_effect):
        written = read[row.citation.row]
        builder.check(row.citation.row, "fact", written["fact"], builder.vocabulary.facts)
        if written["fact"] in builder.vocabulary.facts:
            yield TreatAs(row, written["fact"], treated(builder, written))


def treated(builder: Builder, written: Document) -> FactValue:
    """The value, checked as it would be in a request."""
    fact: Fact = builder.vocabulary.facts[written["fact"]]
    if fact.type in UNTREATED:
        builder.faults.append(f"{written['id']}: fact: {written['fact']} cannot be treated as something else")
        return None
    try:
        value: Any = value_field(fact).deserialize(written["value"])
        for word in value if isinstance(value, list) else [value]:
            refuse_unknown_word(word, fact, builder.vocabulary)
    except (ValidationError, ValueError) as error:
        said = " ".join(map(str, error.messages)) if isinstance(error, ValidationError) else error
        builder.faults.append(f"{written['id']}: as: {said}")
        return None
    return tuple(value) if isinstance(value, list) else value


# --- limits ---


def limits(builder: Builder) -> Iterator[Limit]:
    read = read_rows(builder, "limits")
    for row in builder.rows("limits", builder.asking):
        written = read[row.citation.row]
        where = row.citation.row
        if "commitment" in written:
            builder.check(where, "commitment", written["commitment"], builder.words.get("commitment", {}))
        for ban in written["bans"]:
            builder.check(where, "bans", ban, builder.words.get("ban_scope", {}))
        parts: dict[str, Any] = {
            name: builder.compiled(f"{where}: {name}", written[name]) for name in ("of", "must") if name in written
        }
        plain = taken(
            written,
            "value",
            "unit",
            "count",
            "per",
            "window",
            "or_responsible",
            "commitment",
            "otherwise",
            "by",
            "whom",
        )
        yield Limit(
            row=row,
            kind=written["kind"],
            needed_for=written["needed_for"],
            bans=tuple(written["bans"]),
            **plain,
            **parts,
        )


# --- what happens after ---


def consequences(builder: Builder) -> Iterator[Consequence]:
    read = read_rows(builder, "consequences")
    for row in builder.rows("consequences", builder.asking):
        written = read[row.citation.row]
        check_classes(builder, written)
        plain = taken(
            written, "topic", "fee", "percent", "class_id", "times", "amount", "less_relet", "valid", "slot",
            "price_class", "substitute", "deadline_days", "deadline_months",
        )  # fmt: skip
        yield Consequence(
            row=row,
            waived="charge" in written,
            sanction=Sanction(**written["sanction"]) if "sanction" in written else None,
            compensation_cents=cents(written["compensation_amount"]) if "compensation_amount" in written else None,
            compensation_price=written.get("compensation") == "price",
            **plain,
        )


def check_classes(builder: Builder, written: Document) -> None:
    """Price classes that a consequence names are those of the document."""
    named = (
        ("class", written.get("class_id")),
        ("price_class", written.get("price_class")),
        ("sanction", written.get("sanction", {}).get("price_class")),
    )
    for field_name, class_id in named:
        if class_id is not None:
            builder.check(written["id"], field_name, class_id, builder.price_classes())


# --- doors ---


def access(builder: Builder) -> Iterator[AccessRule]:
    read = read_rows(builder, "access")
    for row in builder.rows("access", builder.no_effect):
        written = read[row.citation.row]
        check_needs(builder, written)
        for kind in written["revoke_on"]:
            builder.check(row.citation.row, "revoke_on", kind, builder.words.get("event_kind", {}))
        plain = taken(
            written, "mode", "before_minutes", "after_minutes", "start", "end", "keys", "who", "first_in", "outer_door",
            "remote_open", "leave_by_minutes", "duty_contact", "key_return", "guest_book", "inspection",
        )  # fmt: skip
        yield AccessRule(
            row=row,
            needs=tuple(written["needs"]),
            revoke_on=tuple(written["revoke_on"]),
            lost_key=written.get("lost_key_amount"),
            lost_key_at_cost=written.get("lost_key") == "actual_cost",
            **plain,
        )


def check_needs(builder: Builder, written: Document) -> None:
    commitments = [f"commitment:{name}" for name in builder.words.get("commitment", {})]
    for need in written["needs"]:
        builder.check(written["id"], "needs", need, [*NEEDS, *commitments])


# --- the public calendar ---


def publicity(builder: Builder) -> Iterator[PublicityRule]:
    read = read_rows(builder, "publicity")
    for row in builder.rows("publicity", builder.no_effect):
        written = read[row.citation.row]
        yield PublicityRule(row=row, name_shown=written["name_shown"], purpose_shown=written["purpose_shown"])


# --- rounds ---


def tie_breaks(builder: Builder) -> Iterator[TieBreak]:
    read = read_rows(builder, "tie_breaks")
    for row in builder.rows("tie_breaks", builder.no_effect):
        written = read[row.citation.row]
        by = written["by"]
        if isinstance(by, str):
            builder.check(row.citation.row, "by", by, builder.vocabulary.facts)
            yield TieBreak(row, by, None, written["order"], written.get("points"))
        elif condition := builder.compiled(f"{row.citation.row}: by", by):
            yield TieBreak(row, None, condition, written["order"], written.get("points"))


def allocation(builder: Builder) -> AllocationRule | None:
    row = builder.document.get("allocation")
    if row is None:
        return None
    cited = set(SECTION_SCHEMAS["allocation"]().fields) - {"id", "decision", "source", "legal_basis", "first_on",
                                                            "last_on", "text", "note"}  # fmt: skip
    return AllocationRule(citation=builder.citation("allocation", row), **taken(row, *sorted(cited)))


def allocation_quotas(builder: Builder) -> Iterator[AllocationQuota]:
    read = read_rows(builder, "allocation_quotas")
    for row in builder.rows("allocation_quotas", builder.no_effect):
        written = read[row.citation.row]
        if "class_id" in written:
            builder.check(row.citation.row, "class", written["class_id"], builder.priority_classes())
        yield AllocationQuota(
            row, written.get("class_id"), written.get("share_percent"), written.get("weekly_hours"), written["least"]
        )


def calendar(builder: Builder) -> Iterator[CalendarRow]:
    read = read_rows(builder, "calendar")
    for row in builder.rows("calendar", builder.no_effect):
        written = read[row.citation.row]
        if "season" in written:
            builder.check(row.citation.row, "season", written["season"], builder.vocabulary.seasons)
        yield CalendarRow(
            row,
            written["kind"],
            written.get("day"),
            written.get("days"),
            written.get("season"),
            written.get("name", {}),
        )
