"""Decisions of the rules as pages show them: class, price and every reason, in the language of the page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from babel.numbers import format_decimal

from booking.models import Occurrence
from web import i18n
from web.words_of_booking import fact_name, fact_value
from web.words_of_limits import limit_said


@dataclass(frozen=True, slots=True)
class PriceLine:
    """One line of a price in words, whole cents (None: unknown), and how they came out."""

    kind: str
    text: str
    cents: int | None
    working: str


@dataclass(frozen=True, slots=True)
class Reason:
    """One row of a rulebook as cited: its words, the decision behind it and its source."""

    book: str
    row: str
    table: str
    text: str
    decision: str
    source: str

    @property
    def is_link(self) -> bool:
        return self.source.startswith(("http://", "https://"))


@dataclass(frozen=True, slots=True)
class Broken:
    """One limit that a date breaks, in words, with the row that sets it."""

    said: str
    reason: Reason


@dataclass(frozen=True, slots=True)
class Said:
    """What one person decided: in which role of the rulebooks, yes or no, why and on what conditions."""

    role: str
    consents: bool
    reason: str
    conditions: str
    facts: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Explanation:
    """What the rules say of one use, and why. Cents are None when unknown. `deciding` rows won, `others` held too."""

    kind: str
    priority_class: str
    priority_name: str
    price_class: str
    price_name: str
    price_cents: int | None
    normal_cents: int | None
    subsidy_cents: int | None
    working: str
    deciding: tuple[Reason, ...]
    others: tuple[Reason, ...]
    duties: tuple[Reason, ...]
    facts: tuple[tuple[str, str], ...]
    missing: tuple[str, ...]
    decider: str
    instead: tuple[str, ...]
    decision: str = ""
    lines: tuple[PriceLine, ...] = ()
    add_on_cents: int | None = None
    total_cents: int | None = None
    gross_cents: int | None = None
    vat_cents: int | None = None
    vat_percent: str = ""
    question: str = ""
    decide_by: date | None = None
    decisions: tuple[Said, ...] = ()
    broken: tuple[Broken, ...] = ()

    @property
    def price_row(self) -> Reason | None:
        """The row that the price comes from: the rate, else the row that gave the price class."""
        return self._deciding("rates") or self._deciding("price")

    @property
    def priority_row(self) -> Reason | None:
        return self._deciding("priority")

    def _deciding(self, table: str) -> Reason | None:
        return next((one for one in self.deciding if one.table == table), None)

    @property
    def waits(self) -> bool:
        return self.kind in {"needs_approval", "undetermined"} and not self.decision


def explained(trace: Mapping[str, Any]) -> Explanation:
    """The explanation of a trace, as kept on an occurrence (booking.judging.snapshot)."""
    deciding = reasons(trace.get("reasons", ()))
    others = tuple(one for one in reasons(trace.get("matched", ())) if one not in deciding)
    return Explanation(
        kind=trace.get("kind", ""),
        priority_class=trace.get("priority_class") or "",
        priority_name=said(trace.get("priority_name", {})),
        price_class=trace.get("price_class") or "",
        price_name=said(trace.get("price_name", {})),
        price_cents=trace.get("price_cents"),
        normal_cents=trace.get("normal_cents"),
        subsidy_cents=trace.get("subsidy_cents"),
        **of_money(trace),
        working=trace.get("formula", ""),
        deciding=deciding,
        others=others,
        duties=reasons(trace.get("obligations", ())),
        facts=tuple((fact_name(name), fact_value(name, value)) for name, value in trace.get("facts", {}).items()),
        missing=tuple(fact_name(name) for name in trace.get("missing", ())),
        decider=trace.get("decider") or "",
        instead=instead(trace),
        decision=trace.get("decision", ""),
        question=said(trace.get("question") or {}),
        decide_by=decide_by(trace),
        decisions=tuple(_said(one) for one in trace.get("decisions", ())),
        broken=broken(trace),
    )


def broken(trace: Mapping[str, Any]) -> tuple[Broken, ...]:
    """The limits a date breaks that a booking needs, and that by themselves shut it out."""
    found = [one for one in trace.get("limits", ()) if (one["status"], one["needed_for"]) == ("broken", "booking")]
    return tuple(Broken(limit_said(one), *reasons([one["row"]])) for one in found if one["shuts"])


def decide_by(trace: Mapping[str, Any]) -> date | None:
    """The first day by which the rules promise a decision."""
    promised = (one["deadline"] for one in trace.get("limits", ()) if one["kind"] == "decide_before")
    return min((date.fromisoformat(day) for day in promised if day), default=None)


def _said(one: Mapping[str, Any]) -> Said:
    facts = tuple((fact_name(name), fact_value(name, value)) for name, value in one.get("facts", {}).items())
    return Said(one["role"] or "", one["consents"], one["reason"], one["conditions"], facts)


def instead(trace: Mapping[str, Any]) -> tuple[str, ...]:
    """The kinds of premises to go to instead."""
    first = trace.get("redirect_to")
    return tuple(trace.get("redirects", ())) or ((first,) if first else ())


def reasons(cited: Sequence[Mapping[str, Any]]) -> tuple[Reason, ...]:
    return tuple(
        Reason(
            book=f"{one['rulebook']}-{one['version']}",
            row=one["row"],
            table=one["table"],
            text=said(one["text"]),
            decision=one["decision"],
            source=one["source"],
        )
        for one in cited
    )


def said(texts: Mapping[str, str]) -> str:
    """The text in the language of the page; where there is none, in Finnish, which binds."""
    return texts.get(i18n.language()) or texts.get("fi", "")


def of_money(trace: Mapping[str, Any]) -> dict[str, Any]:
    """The lines of a price, and what it comes to with add-ons and VAT; nothing where an older trace has none."""
    return {
        "lines": tuple(
            PriceLine(line["kind"], said(line["text"]), line["cents"], line["working"])
            for line in trace.get("lines", ())
        ),
        "add_on_cents": trace.get("add_on_cents"),
        "total_cents": trace.get("total_cents"),
        "gross_cents": trace.get("gross_cents"),
        "vat_cents": trace.get("vat_cents"),
        "vat_percent": percent_said(trace.get("vat_percent")),
    }


def percent_said(percent: str | None) -> str:
    """A percentage kept as text as it is written here: 25,5. Nothing for none."""
    return format_decimal(Decimal(percent), locale=i18n.locale()) if percent else ""


@dataclass(frozen=True, slots=True)
class Sum:
    """What several times cost together: None as soon as one of them is unknown."""

    cents: int | None
    times: int


def total(rows: Sequence[Occurrence]) -> Sum:
    prices = [row.price_cents for row in rows]
    known = [price for price in prices if price is not None]
    return Sum(sum(known) if len(known) == len(prices) else None, len(rows))
