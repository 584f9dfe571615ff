"""Names of what charges and invoices are, for people."""

from __future__ import annotations

from typing import Any

from flask import Flask
from flask_babel import lazy_gettext as _l

from booking.core.invoicing import grouped
from booking.core.runs import Fate
from booking.money.issuing import number_of
from booking.money.listing import Standing
from booking.money.models import ChargeKind, ChargeState

KINDS: dict[str, Any] = {
    ChargeKind.USE: _l("use"),
    ChargeKind.LATE_CANCEL: _l("cancelled too late"),
    ChargeKind.NO_SHOW: _l("not used, not cancelled"),
    ChargeKind.OVERRUN: _l("stayed over the time"),
    ChargeKind.EXTRA: _l("extra"),
    ChargeKind.FEE: _l("fee"),
    ChargeKind.CREDIT: _l("credit"),
    ChargeKind.CORRECTION: _l("correction"),
}
STANDINGS: dict[str, Any] = {
    Standing.DRAFT: _l("draft"),
    Standing.OPEN: _l("to be paid"),
    Standing.OVERDUE: _l("overdue"),
    Standing.PAID: _l("paid"),
    Standing.OVERPAID: _l("paid too much"),
    Standing.CREDIT_NOTE: _l("credit note"),
}
FATES: dict[str, Any] = {
    Fate.INVOICE: _l("is invoiced"),
    Fate.RAISED: _l("is invoiced, raised to the minimum"),
    Fate.CARRIED: _l("moves to the next run: under the minimum"),
    Fate.WAIVED: _l("is let go: under the minimum"),
    Fate.ASKED: _l("waits: under the minimum in the last run of the term, and no rule says what then"),
    Fate.NOTHING: _l("nothing to ask for"),
}
STATES: dict[str, Any] = {
    ChargeState.OPEN: _l("not invoiced yet"),
    ChargeState.INVOICED: _l("on an invoice"),
    ChargeState.WAIVED: _l("let go"),
    ChargeState.VOID: _l("taken back"),
}
# Reasons the system gives by itself; people write theirs.
REASONS: dict[str, Any] = {"not_booked": _l("The time was not booked any more.")}
MODES = {"kind": KINDS, "standing": STANDINGS, "fate": FATES, "state": STATES, "reason": REASONS}


def money_word(value: str, of: str) -> str:
    return str(MODES[of].get(value, value))


def start(app: Flask) -> None:
    app.jinja_env.filters |= {"money_word": money_word, "invoice_number": number_of, "reference": grouped}
