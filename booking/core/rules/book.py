"""A rulebook as compiled, and the answer it gives: the two values everything else speaks of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from booking.core.rules.access import AccessRule, AccessVerdict
from booking.core.rules.consequences import Consequence, EventVerdict
from booking.core.rules.days import Spans
from booking.core.rules.facts import Fact, FactValue
from booking.core.rules.invoices import InvoicingRule
from booking.core.rules.limits import Limit, LimitVerdict
from booking.core.rules.lines import InvoiceSum, Line
from booking.core.rules.publicity import PublicityRule, Shown
from booking.core.rules.rounds import AllocationQuota, AllocationRule, CalendarRow, TieBreak
from booking.core.rules.rows import (
    Citation,
    ExtraCharge,
    OutcomeKind,
    Policy,
    Row,
    Table,
    Texts,
)
from booking.core.rules.tariff import AddOn, Adjustment, Rate, Tariff, VatRow
from booking.core.rules.treat import TreatAs


@dataclass(frozen=True, slots=True, repr=False)
class Rulebook:
    """One dated version of a family of rules. The day of use picks the version; both days inclusive.

    `standing`, `slices`: what the engine has made of it so far (rules/standing.py, rules/engine.py)."""

    family: str
    version: str
    valid_from: date
    valid_to: date | None
    municipality: str
    binding_language: str
    name: Texts
    demo: bool
    decider: str
    exclusions: Table
    priority: Table
    price: Table
    rates: tuple[Rate, ...]
    obligations: tuple[Row, ...]
    invoicing: InvoicingRule | None
    extra_charges: tuple[ExtraCharge, ...]
    roles: Mapping[str, Texts]
    words: Mapping[str, Mapping[str, Texts]]
    treat_as: tuple[TreatAs, ...] = ()
    limits: tuple[Limit, ...] = ()
    consequences: tuple[Consequence, ...] = ()
    consequence_policy: Policy = Policy.FIRST_MATCH
    access: tuple[AccessRule, ...] = ()
    publicity: tuple[PublicityRule, ...] = ()
    tie_breaks: tuple[TieBreak, ...] = ()
    allocation: AllocationRule | None = None
    allocation_quotas: tuple[AllocationQuota, ...] = ()
    calendar: tuple[CalendarRow, ...] = ()
    seasons: Mapping[str, Spans] = field(default_factory=dict)
    days: Mapping[str, Spans] = field(default_factory=dict)
    own_facts: Mapping[str, Fact] = field(default_factory=dict)
    fact_names: Mapping[str, Texts] = field(default_factory=dict)
    extends: str | None = None
    adjustments: tuple[Adjustment, ...] = ()
    add_ons: tuple[AddOn, ...] = ()
    vat: tuple[VatRow, ...] = ()
    warnings: tuple[str, ...] = ()
    tariff: Tariff = field(init=False, compare=False, repr=False)
    standing: dict[Any, Any] = field(init=False, repr=False, compare=False, default_factory=dict)
    slices: dict[Any, Any] = field(init=False, repr=False, compare=False, default_factory=dict)

    def __post_init__(self) -> None:
        object.__setattr__(self, "tariff", Tariff(self.rates, self.adjustments, self.add_ons, self.vat))

    def __repr__(self) -> str:
        return f"Rulebook({self.id})"

    @property
    def id(self) -> str:
        """The family and version together, which is also the name of its file."""
        return f"{self.family}-{self.version}"

    def in_force(self, on: date) -> bool:
        return self.valid_from <= on and (self.valid_to is None or on <= self.valid_to)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a rulebook answers to a request, with everything needed to explain it.

    Cents are None when unknown, never 0. Where the kind is needs_approval, class and price are those that hold if
    approved. `matched`: every row that holds; `reasons`: those that decided. `facts`: what the rules asked and were
    told, and what is `missing` for an answer. `whole_season`: the price is for the whole season and not for one time.
    `offers`: extras that may be chosen and are not.
    """

    kind: OutcomeKind
    rulebook: str
    priority_class: str | None = None
    priority_rank: int | None = None
    priority_name: Texts = field(default_factory=dict)
    price_class: str | None = None
    price_name: Texts = field(default_factory=dict)
    price_cents: int | None = None
    normal_cents: int | None = None
    subsidy_cents: int | None = None
    vat_percent: Decimal | None = None
    formula: str = ""
    reasons: tuple[Citation, ...] = ()
    matched: tuple[Citation, ...] = ()
    obligations: tuple[Citation, ...] = ()
    facts: Mapping[str, FactValue] = field(default_factory=dict)
    missing: tuple[str, ...] = ()
    decider: str | None = None
    redirect_to: str | None = None
    redirects: tuple[str, ...] = ()
    booking_type: str | None = None
    question: Texts = field(default_factory=dict)
    limits: tuple[LimitVerdict, ...] = ()
    lines: tuple[Line, ...] = ()
    normal_formula: str = ""
    offers: tuple[str, ...] = ()
    add_on_cents: int | None = None
    total_cents: int | None = None
    net_cents: int | None = None
    vat_cents: int | None = None
    gross_cents: int | None = None
    vat_exempt: bool = False
    whole_season: bool = False
    invoice: InvoiceSum | None = None
    event: EventVerdict | None = None
    access: AccessVerdict | None = None
    publicity: Shown | None = None
