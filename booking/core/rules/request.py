"""A request as told to a rulebook: seven groups of facts, each of which may be not told. This is their catalogue."""

# ruff: noqa: RUF009 - the fields of the catalogue are made by functions, one for each type of fact

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

from booking.core.rules.fact_types import (
    FactType,
    FactValue,
    HeadGroup,
    Part,
    day,
    derived,
    moment,
    number,
    text,
    texts,
    told,
    word,
    words,
    yes_no,
)
from booking.core.span import Span


@dataclass(frozen=True, slots=True, kw_only=True)
class Applicant:
    """Who asks. `domicile`: the registered home; `works_in`: where it acts; `grants`: boards whose grant it holds."""

    kind: str | None = word("applicant_kind", "association, area_group (unregistered), company, person …")
    name: str | None = text("the body's own name, for rows that speak of one named body")
    business_id: str | None = text("business or association register number")
    domicile: str | None = text("registered home municipality")
    works_in: tuple[str, ...] | None = texts("municipalities where it acts")
    targets: tuple[str, ...] | None = texts("municipalities whose people its activity is aimed at")
    registered: bool | None = yes_no("stands in a public register")
    verified: bool | None = yes_no("its proof of register has been seen and is valid")
    for_profit: bool | None = yes_no("works for profit")
    purposes: tuple[str, ...] | None = words("applicant_purpose", "what the body is for; [] is “told: none”")
    certificates: tuple[str, ...] | None = words("certificate", "marks and decisions valid on the day of use")
    grants: tuple[str, ...] | None = words("board", "boards whose annual or targeted grant it holds")
    relation: str | None = word("relation", "to the owner of the premises")
    partner_of: str | None = text("the school or unit it is a partner of")
    roles: tuple[str, ...] | None = words(
        "applicant_role", "in which roles the booker acts, also conflicts of interest"
    )
    members_total: int | None = number("members of the body")
    members_under_18: int | None = number("of them under 18")
    members_under_20: int | None = number("of them under 20")
    members_residents: int | None = number("members who live in the municipality")
    years_active: int | None = number("whole years it has been active")
    use_rate_percent: int | None = number("how much of last season's slots it used, 0–100")
    last_season_heads: int | None = number("average heads counted last season")
    booker_age: int | None = number("age of who books, on the day of use")
    responsible_age: int | None = number("age of the other responsible person")
    knows_terms: bool | None = yes_no("the contact person has accepted the terms")
    commitments: tuple[str, ...] | None = words("commitment", "commitments signed and in force")
    bans: tuple[str, ...] | None = words("ban_scope", "bans in force on the day of use; [] is “none”")
    debt_days: int | None = number("days since the oldest unpaid invoice fell due; 0 is “no debt”")
    debt_months: int | None = number("the same in whole months")
    debt_cents: int | None = number("what is unpaid and due")
    debt_stage: str | None = word("debt_stage", "stage of the debt procedure")


@dataclass(frozen=True, slots=True, kw_only=True)
class Activity:
    """What is done there. `complements`: a judgement that it significantly complements the owner's own services."""

    purpose: str | None = word("activity_purpose", "members_meeting, hobby, private_party …")
    phase: str | None = word("phase", "training, match, tournament, setup, overrun …")
    main_phase: str | None = derived(
        FactType.WORD,
        "phase of the whole use where a part has its own: what ran over, or was set up for",
        words="phase",
    )
    sport: str | None = word("sport", "floorball, gymnastics …")
    is_sport: bool | None = yes_no("sport use of the space, as opposed to other use of the same room")
    level: str | None = word("level", "national_league, regional, hobby …")
    non_profit: bool | None = yes_no("not done for profit")
    complements: bool | None = yes_no("a judgement: significantly complements the owner's services")
    supports_municipality: bool | None = yes_no("a judgement: supports the municipality's own activity")
    guided: bool | None = yes_no("led by an instructor")
    curriculum: bool | None = yes_no("teaching by a curriculum")
    open_to_all: bool | None = yes_no("anybody may come")
    public_event: bool | None = yes_no("a public event in the sense of the law")
    entry_fee: bool | None = yes_no("an entry fee or participation fee is taken")
    revenue_cents: int | None = number("ticket or sales revenue")
    organisers: int | None = number("how many bodies arrange it together, itself counted")
    shows: int | None = number("performances of one production")
    extras: tuple[str, ...] | None = words("extra", "chosen add-ons: technician, piano …; [] is “none”")
    consents: tuple[str, ...] | None = words("role", "roles that have consented; [] is “asked, none”")
    intoxicants: bool | None = yes_no("intoxicants are served or brought")
    animals: bool | None = yes_no("animals are brought")
    candles: bool | None = yes_no("candles or open fire")
    prepaid: bool | None = yes_no("has been paid for")
    written: bool | None = yes_no("the message (change, cancelling) came in writing")


@dataclass(frozen=True, slots=True, kw_only=True)
class Audience:
    """Who comes, in heads. `under_18_residents` counts people who are both; `residents` live in the municipality."""

    total: int | None = number("heads expected")
    under_18: int | None = number("of them under 18")
    under_20: int | None = number("of them under 20")
    over_65: int | None = number("of them older than 65, that is 66 or more")
    residents: int | None = number("of them living in the municipality")
    under_18_residents: int | None = number("heads that are both under 18 and resident")
    leaders: int | None = number("of them leaders, coaches, staff")
    spectators: int | None = number("onlookers, beside the total")
    sleepers: int | None = number("of them staying overnight")
    counted_total: int | None = number("heads counted afterwards")
    youngest: int | None = number("age of the youngest")
    oldest: int | None = number("age of the oldest")
    people: tuple[HeadGroup, ...] | None = told(
        FactType.PEOPLE, "groups of people who are alike; the counts follow from it"
    )
    group: str | None = word("audience_group", "children or adults, where heads are not counted")
    targets_residents: bool | None = yes_no("aimed at the municipality's residents")


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """The space asked for and the premises it is in."""

    kind: str | None = word("space_kind", "classroom, hall …")
    premises_kind: str | None = word("premises_kind", "school, kindergarten …")
    premises: str | None = text("one site by name or reference")
    name: str | None = text("one space by name")
    municipality: str | None = text("where it stands; that of the rulebook unless told")
    district: str | None = text("part of the municipality")
    zone: str | None = text("door zone or wing of the building")
    manager: str | None = text("who manages it")
    owner: str | None = text("who owns it")
    operator: str | None = text("who runs it")
    ownership: str | None = word("ownership", "own, association, third_party")
    supervised: bool | None = yes_no("a supervisor or caretaker is present")
    always_paid: bool | None = yes_no("paid by everybody, whatever the class")
    step_free: bool | None = yes_no("can be reached without steps")
    area_m2: int | None = number("floor area, whole square metres")
    area_class: str | None = word("area_class", "class of size, told or worked out by [[treat_as]]")
    capacity: int | None = number("people allowed")
    fraction: Fraction | None = told(FactType.FRACTION, "part of the hall that is used: “1/3”; 1 is the whole")
    equipment: tuple[str, ...] | None = words("equipment", "what the space has")


@dataclass(frozen=True, slots=True, kw_only=True)
class Timing:
    """When, and as what type of booking. `occasion`: the how-manieth single time of this user in the season, from 1.

    From the span follow the local day, weekday and minutes, unless they are told."""

    booking_type: str | None = word("booking_type", "single, regular, supplementary_regular, accommodation, internal")
    span: Span | None = None
    zone: ZoneInfo | None = None
    occasion: int | None = number("which single time of this user in the season, from 1", least=1)
    occasions: int | None = number("how many times the whole booking has")
    applied_on: date | None = day("when it was applied for")
    applied_at: datetime | None = moment("the same to the minute")
    use_on: date | None = derived(FactType.DAY, "local day of use: that of the start")
    minutes: int | None = derived(FactType.NUMBER, "elapsed minutes from start to end")
    weekday: int | None = derived(FactType.NUMBER, "Monday 0 … Sunday 6")
    day_kind: str | None = derived(FactType.WORD, "weekday, saturday, sunday or holiday", words="day_kind")
    holiday: bool | None = derived(FactType.YES_NO, "a public holiday in Finland")
    month: int | None = derived(FactType.NUMBER, "1 … 12")
    start_minute: int | None = derived(FactType.NUMBER, "minute of the local day it starts: 18:00 is 1080")
    end_minute: int | None = derived(FactType.NUMBER, "… it ends, counted on past midnight: 02:00 the next day is 1560")
    lead_hours: int | None = derived(FactType.NUMBER, "whole hours from applied_at to the start", least=None)
    lead_days: int | None = derived(FactType.NUMBER, "days from the application to the day of use", least=None)
    lead_workdays: int | None = derived(
        FactType.NUMBER, "working days between them, without public holidays", least=None
    )
    lead_months: int | None = derived(FactType.NUMBER, "whole calendar months, counted likewise", least=None)
    season: str | None = derived(FactType.WORD, "name of the season the day of use is in", words="season")
    weekly_minutes: int | None = number("minutes a week of a regular slot")
    weeks: int | None = number("weeks the regular slot lasts")
    nights: int | None = number("nights of a stay")
    package: str | None = word("package", "a package of times: fri-sun …")
    extra_hours: Decimal | None = told(FactType.DECIMAL, "hours beyond the package")
    whole_day: bool | None = yes_no("the whole day was asked for")
    parts: tuple[Part, ...] | None = told(FactType.PARTS, "phases with their minutes, priced one by one")
    age_reference: date | None = day("the day ages are counted on; the day of use unless told")


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """What has been before, as far as it matters to the rules."""

    singles_in_season: int | None = number("single times of this user in the season so far")
    bookings_ahead: int | None = number("bookings of this user that lie ahead")
    no_shows: int | None = number("times not come in the season so far")
    unused_running: int | None = number("times unused one after the other")
    warnings: int | None = number("warnings in force")
    last_season_held: bool | None = yes_no("held this slot last season")
    used: Mapping[str, int] | None = told(
        FactType.COUNTS, "minutes or bookings already used, by the id of the quota row"
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Happening:
    """What happened to a booking: cancelled, not come, debt … Notice counts from the event to the use."""

    kind: str | None = word("event_kind", "cancelled, no_show, used_without_booking, recalled, debt …")
    on: date | None = day("local day it happened or was told")
    at: datetime | None = moment("the same to the minute")
    by: str | None = word("event_by", "user, provider or authority")
    reason: str | None = word("event_reason", "illness, own_need, force_majeure …")
    notice_days: int | None = derived(FactType.NUMBER, "days from the event to the day of use", least=None)
    notice_workdays: int | None = derived(FactType.NUMBER, "working days between them, without holidays", least=None)
    notice_hours: int | None = derived(FactType.NUMBER, "whole hours from the event to the start", least=None)
    relet: bool | None = yes_no("the time was let to somebody else")
    relet_cents: int | None = number("what that brought")
    minutes_late: int | None = derived(FactType.NUMBER, "minutes over the end, started ones in full")
    reports: int | None = number("how many of those concerned have reported it")
    heads: int | None = number("people who were there")
    cost_cents: int | None = number("actual cost of the damage, guard, cleaning, key")
    unused_running: int | None = number("times unused one after the other, this one counted")
    repeat: int | None = number("the how-manieth time of this kind, from 1", least=1)
    age_days: int | None = number("days since it began: age of the oldest unpaid invoice")
    age_months: int | None = number("the same in whole months")
    grace_over: bool | None = yes_no("the last time to pay or mend has passed")
    accrued_cents: int | None = number("uninvoiced sum so far, for an invoice run")


GROUPS: Mapping[str, type] = {
    "applicant": Applicant,
    "activity": Activity,
    "audience": Audience,
    "space": Place,
    "time": Timing,
    "history": History,
    "event": Happening,
}
# One of each for all requests: a group that is this very one need not be looked into.
NOTHING_TOLD: Mapping[str, Any] = {group: made() for group, made in GROUPS.items()}


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """Everything told of one asked occurrence. What is None was not told, which is never the same as "no".

    `own`: the facts that the rulebook itself has named, by dotted name."""

    applicant: Applicant = NOTHING_TOLD["applicant"]
    activity: Activity = NOTHING_TOLD["activity"]
    audience: Audience = NOTHING_TOLD["audience"]
    space: Place = NOTHING_TOLD["space"]
    time: Timing = NOTHING_TOLD["time"]
    history: History = NOTHING_TOLD["history"]
    event: Happening = NOTHING_TOLD["event"]
    own: Mapping[str, FactValue] = field(default_factory=dict)
