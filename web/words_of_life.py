"""Names of what happens to times, for people: kinds of happenings, their state, evidence, sanctions, steps of debt."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from jinja2 import Environment

from booking.happenings.models import HappeningState, SanctionKind, SanctionState
from booking.life.debts import StepKind

KINDS: dict[str, Any] = {
    "cancelled": _l("Cancelled late"),
    "no_show": _l("Nobody came"),
    "unused": _l("Time not used"),
    "used_without_booking": _l("Use without a booking"),
    "overrun": _l("Went on past the end"),
    "left": _l("Left too late"),
    "dirty": _l("Extra cleaning"),
    "damage": _l("Damage"),
    "lost_key": _l("Lost key"),
    "provider_cancelled": _l("Cancelled by the house"),
    "recalled": _l("Taken for the house’s own use"),
    "swap": _l("Swap"),
    "heads_dropped": _l("Far fewer people than told"),
    "unauthorised_use": _l("Use that was not allowed"),
    "misuse": _l("Misuse"),
    "wrong_grounds": _l("Granted on wrong grounds"),
    "debt": _l("Debt"),
}
STATES: dict[str, Any] = {
    HappeningState.ASKED: _l("the holder is asked"),
    HappeningState.PROPOSED: _l("proposed"),
    HappeningState.OBJECTED: _l("objected to"),
    HappeningState.CONFIRMED: _l("confirmed"),
    HappeningState.DISMISSED: _l("dismissed"),
}
LOOKS: dict[str, str] = {
    HappeningState.ASKED: "waiting",
    HappeningState.PROPOSED: "pending",
    HappeningState.OBJECTED: "failed",
    HappeningState.CONFIRMED: "ok",
    HappeningState.DISMISSED: "ended",
    SanctionState.GIVEN: "failed",
    SanctionState.DROPPED: "ended",
    SanctionState.LIFTED: "ended",
}
# Decisions that the system writes itself; what a person wrote stays as written.
DECISIONS: dict[str, Any] = {
    "": "",
    "by_rule": _l("Nobody objected in time."),
    "coming": _l("The holder said that they come."),
    "attendance_told": _l("Somebody told how many came."),
    "door_somebody": _l("A door saw somebody come."),
    "door_unsure": _l("A door may have missed somebody."),
    "door_no_doors": _l("Nobody had a right at the doors."),
    "undone": _l("The cancelling was undone."),
    "paid": _l("All is paid."),
    "debt": _l("Unpaid invoices"),
}
SANCTIONS: dict[str, Any] = {
    SanctionKind.NOTICE: _l("Written notice"),
    SanctionKind.WARNING: _l("Warning"),
    SanctionKind.SLOTS_CANCELLED: _l("Slots cancelled"),
    SanctionKind.BAN: _l("Ban"),
    SanctionKind.REAPPLY: _l("Slots must be applied for anew"),
    SanctionKind.PRICE_CLASS: _l("Dearer price class"),
}
SCOPES: dict[str, Any] = {
    "all": _l("all spaces"),
    "holidays": _l("holidays only"),
    "premises": _l("these premises"),
    "space_kind": _l("spaces of this kind"),
    "keys": _l("keys"),
}
UNTIL: dict[str, Any] = {
    "paid": _l("until all is paid"),
    "season_end": _l("until the end of the season"),
    "decision": _l("until it is decided otherwise"),
}
STEPS: dict[str, Any] = {
    StepKind.NOTICE: _l("Notice sent"),
    StepKind.DEADLINE: _l("Last day to pay"),
    StepKind.SLOTS_CANCELLED: _l("All slots cancelled"),
    StepKind.REAPPLY: _l("Paid: slots can be applied for anew"),
}
TABLES: dict[str, dict[str, Any]] = {
    "happening": KINDS,
    "happening_state": STATES,
    "decision": DECISIONS,
    "sanction": SANCTIONS,
    "scope": SCOPES,
    "until": UNTIL,
    "step": STEPS,
}


def life_word(value: str, table: str) -> str:
    """The name of a value; what is not in the table is a person's own words."""
    return str(TABLES[table].get(value, value))


def length_said(days: int | None, months: int | None, until: str) -> str:
    """How long a sanction lasts."""
    if until:
        return life_word(until, "until")
    if months:
        return str(_("%(number)s months", number=months))
    return str(_("%(number)s days", number=days)) if days else ""


def start(jinja: Environment) -> None:
    jinja.filters["life_word"] = life_word
    jinja.globals["life_look"] = lambda state: LOOKS.get(state, "pending")
