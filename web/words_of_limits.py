"""What a limit of the rules says no with, in words: the number, what was told, and the last day."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext

from booking.core.rules.limits import LimitKind
from web import i18n

UNITS: Mapping[str, Callable[[int], str]] = {
    "minutes": lambda n: ngettext("%(num)s minute", "%(num)s minutes", n),
    "hours": lambda n: ngettext("%(num)s hour", "%(num)s hours", n),
    "days": lambda n: ngettext("%(num)s day", "%(num)s days", n),
    "weeks": lambda n: ngettext("%(num)s week", "%(num)s weeks", n),
    "months": lambda n: ngettext("%(num)s month", "%(num)s months", n),
    "people": lambda n: ngettext("%(num)s person", "%(num)s people", n),
    "years": lambda n: ngettext("%(num)s year", "%(num)s years", n),
    "occasions": lambda n: ngettext("%(num)s time", "%(num)s times", n),
}
# with what was told, and without
SENTENCES: dict[str, tuple[object, object]] = {
    LimitKind.LEAD_MIN: (
        _l("This must be booked at least %(limit)s ahead, and it is now %(told)s ahead."),
        _l("This must be booked at least %(limit)s ahead."),
    ),
    LimitKind.LEAD_MAX: (
        _l("This can be booked at most %(limit)s ahead."),
        _l("This can be booked at most %(limit)s ahead."),
    ),
    LimitKind.LENGTH_MIN: (
        _l("At least %(limit)s at a time; you asked for %(told)s."),
        _l("At least %(limit)s at a time."),
    ),
    LimitKind.LENGTH_MAX: (
        _l("At most %(limit)s at a time; you asked for %(told)s."),
        _l("At most %(limit)s at a time."),
    ),
    LimitKind.OCCASIONS: (
        _l("At most %(limit)s in a season; with this it would be %(told)s."),
        _l("At most %(limit)s in a season."),
    ),
    LimitKind.QUOTA: (
        _l("The quota is %(limit)s; with this it would be %(told)s."),
        _l("The quota is %(limit)s."),
    ),
    LimitKind.BOOKER_AGE: (
        _l("Who books must be at least %(limit)s old, or another responsible person old enough; told was %(told)s."),
        _l("Who books must be at least %(limit)s old, or another responsible person old enough."),
    ),
    LimitKind.HEADS_MAX: (
        _l("You can book by yourself for at most %(limit)s; you told %(told)s. For more, phone the contact."),
        _l("You can book by yourself for at most %(limit)s. For more, phone the contact."),
    ),
    LimitKind.HEADS_MIN: (
        _l("At least %(limit)s must come; you told %(told)s."),
        _l("At least %(limit)s must come."),
    ),
}
PLAIN: dict[str, Any] = {
    LimitKind.COMMITMENT: _l("The commitment that this needs has not been signed."),
    LimitKind.PREPAYMENT: _l("This must be paid for in advance, and it has not been."),
    LimitKind.VERIFIED: _l("The organisation’s proof of register is missing or has run out."),
    LimitKind.NO_BAN: _l("A ban is in force, so nothing can be booked."),
    LimitKind.NO_DEBT: _l("The organisation has unpaid invoices that are past their due day."),
    LimitKind.NOTIFY: _l("The authority can no longer be told in time."),
    LimitKind.DECIDE_BEFORE: _l("This can no longer be decided in time."),
    LimitKind.CONFIRM_BY: _l("This was not confirmed in time."),
    LimitKind.REQUIRES: _l("Something that the rules require is not met."),
}


def amount(number: int, unit: str | None) -> str:
    """A number with its unit; what has none is counted in times."""
    return UNITS.get(unit or "", UNITS["occasions"])(number)


def limit_said(limit: Mapping[str, Any]) -> str:
    """One broken limit in words. `limit`: its kind, value, unit, told and deadline (a day, or its ISO form)."""
    kind, value, told = limit["kind"], limit.get("value"), limit.get("told")
    if kind in PLAIN or value is None:
        return str(PLAIN.get(kind, kind))
    with_told, without = SENTENCES[kind]
    named = {"limit": amount(value, limit.get("unit"))}
    if told is not None:
        named["told"] = amount(told, limit.get("unit"))
    said: str = str(without if told is None else with_told) % named
    return f"{said} {last_day(kind, limit.get('deadline'))}".strip()


def last_day(kind: str, deadline: str | date | None) -> str:
    """From which day on, or until which day, it can or could be booked; "" for other limits."""
    if deadline is None or kind not in (LimitKind.LEAD_MIN, LimitKind.LEAD_MAX):
        return ""
    day = i18n.day(date.fromisoformat(deadline) if isinstance(deadline, str) else deadline, "plain")
    if kind == LimitKind.LEAD_MAX:
        return str(_("It can be booked from %(day)s on.", day=day))
    return str(_("The last day to book it was %(day)s.", day=day))
