"""How a request stands to each limit: kept, broken, or unknown for want of a fact. Exactly at a limit is kept."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Callable, Mapping
from datetime import date, timedelta
from typing import NamedTuple

from booking.core.rules.book import Rulebook
from booking.core.rules.days import DayOfYear
from booking.core.rules.fact_types import Facts
from booking.core.rules.limits import Counted, Limit, LimitKind, LimitUnit, LimitVerdict, Status, Window
from booking.core.rules.standing import standing

EVERY_BAN = frozenset({"all", "premises", "space_kind"})


NOTHING: frozenset[str] = frozenset()


class Found(NamedTuple):
    """Whether a limit is kept (None: cannot be told), what was told in its unit, and what is missing."""

    kept: bool | None
    told: int | None = None
    missing: frozenset[str] = NOTHING


def limits_of(book: Rulebook, facts: Facts, on: date) -> tuple[LimitVerdict, ...]:
    """How a request stands to every limit that concerns it, in written order."""
    return tuple(verdict for limit in standing(book, on).limits if (verdict := verdict_of(limit, facts)) is not None)


def verdict_of(limit: Limit, facts: Facts) -> LimitVerdict | None:
    """The verdict of one limit; None when it does not concern the request."""
    concerns = limit.row.condition.holds(facts)
    if concerns is False:
        return None
    found = check(limit, facts)
    unclear = limit.row.condition.missing(facts) if concerns is None else frozenset[str]()
    kept = found.kept if concerns or found.kept else None  # kept is kept, whether or not it concerns the request
    return LimitVerdict(
        row=limit.row.citation,
        kind=limit.kind,
        status={True: Status.KEPT, False: Status.BROKEN, None: Status.UNKNOWN}[kept],
        needed_for=limit.needed_for,
        value=limit.value,
        unit=limit.unit,
        told=found.told,
        deadline=deadline_of(limit, a_day(facts, "time.use_on")),
        missing=tuple(sorted({*found.missing, *unclear})) if kept is None else (),
        effect=limit.row.effect,
    )


def check(limit: Limit, facts: Facts) -> Found:
    """Whether a limit is kept, without asking whether it concerns the request."""
    return CHECKS[limit.kind](limit, facts)


def number(facts: Facts, name: str) -> int | None:
    value = facts.get(name)
    return value if isinstance(value, int) else None


def a_day(facts: Facts, name: str) -> date | None:
    value = facts.get(name)
    return value if isinstance(value, date) else None


def at_least(told: int | None, least: int, name: str) -> Found:
    return Found(None, missing=frozenset({name})) if told is None else Found(told >= least, told)


def at_most(told: int | None, most: int, name: str) -> Found:
    return Found(None, missing=frozenset({name})) if told is None else Found(told <= most, told)


# --- days before the use ---


def months_later(day: date, months: int) -> date:
    """The same day number so many months later, clamped to the end of the month: 31.1. and one is 28.2."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    last = monthrange(year, month + 1)[1]
    return date(year, month + 1, min(day.day, last))


def last_day_before(use_on: date, value: int, unit: LimitUnit) -> date | None:
    """The last local day from which the use is still so far away; None when it lies before the calendar."""
    try:
        if unit is LimitUnit.MONTHS:
            ends_month = use_on.day == monthrange(use_on.year, use_on.month)[1]
            back = months_later(use_on.replace(day=1), -value)
            last = monthrange(back.year, back.month)[1]
            return back.replace(day=last if ends_month else min(use_on.day, last))
        return use_on - timedelta(days=value * (7 if unit is LimitUnit.WEEKS else 1))
    except (ValueError, OverflowError):
        return None


def lead_min(limit: Limit, facts: Facts) -> Found:
    """The application lies at least so long before the use."""
    value, unit = limit.value or 0, limit.unit or LimitUnit.DAYS
    if unit is LimitUnit.HOURS:
        return at_least(number(facts, "time.lead_hours"), value, "time.applied_at")
    return at_least(lead_in(facts, unit), value, "time.applied_on")


def lead_in(facts: Facts, unit: LimitUnit) -> int | None:
    """Whole days, weeks or months from the application to the use."""
    if unit is LimitUnit.MONTHS:
        return number(facts, "time.lead_months")
    days = number(facts, "time.lead_days")
    return days if days is None or unit is LimitUnit.DAYS else days // 7


def lead_max(limit: Limit, facts: Facts) -> Found:
    """The use lies at most so long after the application."""
    value, unit = limit.value or 0, limit.unit or LimitUnit.DAYS
    if unit is LimitUnit.HOURS:
        return at_most(number(facts, "time.lead_hours"), value, "time.applied_at")
    told, applied_on, use_on = lead_in(facts, unit), a_day(facts, "time.applied_on"), a_day(facts, "time.use_on")
    if applied_on is None or use_on is None or (told is not None and told < value):
        return at_most(told, value, "time.applied_on")
    opens = first_day_for(use_on, value, unit)
    return Found(opens is None or applied_on >= opens, told)


def first_day_for(use_on: date, value: int, unit: LimitUnit) -> date | None:
    """The first day from which the use is at most so far away; None at the ends of the calendar."""
    last = last_day_before(use_on, value, unit)
    if last is None or unit is not LimitUnit.MONTHS:
        return last
    if use_on.year >= date.max.year:
        return None
    day = timedelta(days=1)
    while months_later(last, value) < use_on:
        last += day
    while last > date.min + day and months_later(last - day, value) >= use_on:
        last -= day
    return last


def by_then(limit: Limit, facts: Facts) -> Found:
    """A date for somebody to keep; broken where the application came too late for it, or the event says so."""
    if limit.must is not None and limit.must.holds(facts) is True:
        return Found(True)
    if limit.kind is LimitKind.NOTIFY:
        return lead_min(limit, facts)
    if limit.kind is LimitKind.CONFIRM_BY and facts.get("event.kind") == "not_confirmed":
        return Found(limit.otherwise == "accepted")
    return Found(None)


DATED = (LimitKind.LEAD_MIN, LimitKind.NOTIFY, LimitKind.DECIDE_BEFORE, LimitKind.CONFIRM_BY)


def deadline_of(limit: Limit, use_on: date | None) -> date | None:
    """The last local day to apply, to tell, to decide or to confirm; of lead_max the first day one can apply."""
    if use_on is None or limit.unit is LimitUnit.HOURS:
        return None
    if limit.kind is LimitKind.LEAD_MAX:
        return first_day_for(use_on, limit.value or 0, limit.unit or LimitUnit.DAYS)
    if limit.kind not in DATED:
        return None
    if limit.by is None:
        return last_day_before(use_on, limit.value or 0, limit.unit or LimitUnit.DAYS)
    return limit.by if isinstance(limit.by, date) else last_such_day(limit.by, use_on)


def last_such_day(by: DayOfYear, use_on: date) -> date | None:
    """The last such day of a year that is not after the use."""
    month, day = by
    year = use_on.year if by <= (use_on.month, use_on.day) else use_on.year - 1
    return date(year, month, min(day, monthrange(year, month)[1])) if year >= 1 else None


# --- lengths, numbers, quotas ---


def minutes_of(limit: Limit) -> int:
    return (limit.value or 0) * (60 if limit.unit is LimitUnit.HOURS else 1)


def told_length(limit: Limit, minutes: int | None) -> int | None:
    """The length told, in the unit of the limit; started hours count whole."""
    return minutes if minutes is None or limit.unit is not LimitUnit.HOURS else -(-minutes // 60)


def length_min(limit: Limit, facts: Facts) -> Found:
    minutes = number(facts, "time.minutes")
    found = at_least(minutes, minutes_of(limit), "time.minutes")
    return Found(found.kept, told_length(limit, minutes), found.missing)


def length_max(limit: Limit, facts: Facts) -> Found:
    minutes = number(facts, "time.minutes")
    found = at_most(minutes, minutes_of(limit), "time.minutes")
    return Found(found.kept, told_length(limit, minutes), found.missing)


def occasions(limit: Limit, facts: Facts) -> Found:
    """Which single time of the season this is; told so, or one more than those before."""
    told, before = number(facts, "time.occasion"), number(facts, "history.singles_in_season")
    return at_most(before + 1 if told is None and before is not None else told, limit.value or 0, "time.occasion")


def quota(limit: Limit, facts: Facts) -> Found:
    """What was used before and this booking together, at most. Minutes in the unit of the limit are told whole."""
    used, this = used_before(limit, facts), 1 if limit.count is Counted.BOOKINGS else number(facts, "time.minutes")
    counts = limit.of.holds(facts) if limit.of is not None else True
    if counts is False:
        return Found(True, used)
    if used is None or this is None or counts is None:
        return Found(None, missing=frozenset({"history.used" if used is None else "time.minutes"}))
    most = limit.value or 0 if limit.count is Counted.BOOKINGS else minutes_of(limit)
    total = used + this
    return Found(total <= most, total if limit.count is Counted.BOOKINGS else told_length(limit, total))


def used_before(limit: Limit, facts: Facts) -> int | None:
    used = facts.get("history.used")
    if isinstance(used, Mapping) and limit.row.citation.row in used:
        return used[limit.row.citation.row]
    if limit.window is Window.AHEAD and limit.count is Counted.BOOKINGS and limit.of is None:
        return number(facts, "history.bookings_ahead")
    return None


def booker_age(limit: Limit, facts: Facts) -> Found:
    """The booker is old enough, or there is a responsible person who is old enough for that."""
    age, other = number(facts, "applicant.booker_age"), number(facts, "applicant.responsible_age")
    if age is not None and age >= (limit.value or 0):
        return Found(True, age)
    if limit.or_responsible is None:
        return at_least(age, limit.value or 0, "applicant.booker_age")
    if other is not None and other >= limit.or_responsible:
        return Found(True, age)
    named = {"applicant.booker_age": age, "applicant.responsible_age": other}
    missing = frozenset(name for name, value in named.items() if value is None)
    return Found(None, age, missing=missing) if missing else Found(False, age)


def heads_max(limit: Limit, facts: Facts) -> Found:
    return at_most(number(facts, "audience.total"), limit.value or 0, "audience.total")


def heads_min(limit: Limit, facts: Facts) -> Found:
    return at_least(number(facts, "audience.total"), limit.value or 0, "audience.total")


# --- what must be in order ---


def yes(facts: Facts, name: str) -> Found:
    told = facts.get(name)
    return Found(None, missing=frozenset({name})) if told is None else Found(told is True)


def commitment(limit: Limit, facts: Facts) -> Found:
    return committed(limit.commitment or "", facts)


def committed(name: str, facts: Facts) -> Found:
    signed = facts.get("applicant.commitments")
    if not isinstance(signed, tuple):
        return Found(None, missing=frozenset({"applicant.commitments"}))
    return Found(name in signed)


def no_ban(bans: tuple[str, ...], facts: Facts) -> Found:
    """No ban of these scopes is in force; unless named, any but one for holidays only."""
    told = facts.get("applicant.bans")
    if not isinstance(told, tuple):
        return Found(None, missing=frozenset({"applicant.bans"}))
    return Found((frozenset(bans) or EVERY_BAN).isdisjoint(told))


def no_debt(limit: Limit | None, facts: Facts) -> Found:
    """Nothing due is unpaid, or not for longer than the value."""
    unit = limit.unit if limit else None
    name = "applicant.debt_months" if unit is LimitUnit.MONTHS else "applicant.debt_days"
    if number(facts, "applicant.debt_cents") == 0 or facts.get("applicant.debt_stage") == "none":
        return Found(True, 0)
    value = limit.value if limit and limit.value is not None else 0
    if number(facts, name) is None and value == 0 and number(facts, "applicant.debt_cents") is not None:
        return Found(False)
    return at_most(number(facts, name), value, name)


def requires(limit: Limit, facts: Facts) -> Found:
    assert limit.must is not None
    return Found(limit.must.holds(facts), missing=limit.must.missing(facts))


CHECKS: Mapping[LimitKind, Callable[[Limit, Facts], Found]] = {
    LimitKind.LEAD_MIN: lead_min,
    LimitKind.LEAD_MAX: lead_max,
    LimitKind.LENGTH_MIN: length_min,
    LimitKind.LENGTH_MAX: length_max,
    LimitKind.OCCASIONS: occasions,
    LimitKind.QUOTA: quota,
    LimitKind.BOOKER_AGE: booker_age,
    LimitKind.HEADS_MAX: heads_max,
    LimitKind.HEADS_MIN: heads_min,
    LimitKind.COMMITMENT: commitment,
    LimitKind.PREPAYMENT: lambda _, facts: yes(facts, "activity.prepaid"),
    LimitKind.VERIFIED: lambda _, facts: yes(facts, "applicant.verified"),
    LimitKind.NO_BAN: lambda limit, facts: no_ban(limit.bans, facts),
    LimitKind.NO_DEBT: no_debt,
    LimitKind.NOTIFY: by_then,
    LimitKind.DECIDE_BEFORE: by_then,
    LimitKind.CONFIRM_BY: by_then,
    LimitKind.REQUIRES: requires,
}
