"""Names of the kinds of acts in the audit log, for people."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _l

from booking.acts import ActKind

ACTS: dict[str, Any] = {
    ActKind.BOOKING_HELD: _l("Time held for a moment"),
    ActKind.BOOKING_MADE: _l("Booking made"),
    ActKind.BOOKING_MOVED: _l("Booking moved"),
    ActKind.BOOKING_CANCELLED: _l("Booking cancelled"),
    ActKind.BOOKING_APPROVED: _l("Booking approved"),
    ActKind.BOOKING_REFUSED: _l("Booking refused"),
    ActKind.BOOKING_RESTORED: _l("Cancelling undone"),
    ActKind.DECISION_PASSED_ON: _l("Decided, and passed on to the next who decides"),
    ActKind.DECISION_STOPPED: _l("Kept from deciding because of an interest in the matter"),
    ActKind.LIMIT_EXCEEDED: _l("Limit of the rules exceeded with a reason"),
    ActKind.OCCURRENCE_DISPLACED: _l("Booked time had to give way"),
    ActKind.OCCURRENCE_RELEASED: _l("Rest of an unused time released"),
    ActKind.ATTENDANCE_TOLD: _l("Heads of a time told"),
    ActKind.ATTENDANCE_LINK: _l("Link at the door made or ended"),
    ActKind.HAPPENING_NOTED: _l("What happened to a time noted"),
    ActKind.HAPPENING_DECIDED: _l("What happened to a time decided"),
    ActKind.HAPPENING_OBJECTED: _l("Objection to what was noted"),
    ActKind.SWAP_ASKED: _l("Swap of times reported"),
    ActKind.SWAP_ENDED: _l("Swap of times made or declined"),
    ActKind.SUBSTITUTE_TAKEN: _l("Substitute time taken"),
    ActKind.SANCTION_PROPOSED: _l("Sanction proposed"),
    ActKind.SANCTION_GIVEN: _l("Sanction given"),
    ActKind.SANCTION_ENDED: _l("Sanction lifted or not given"),
    ActKind.DEBT_STEP: _l("Step of the debt procedure"),
    ActKind.PREMISES_CHANGED: _l("Premises changed"),
    ActKind.SPACE_CHANGED: _l("Space changed"),
    ActKind.HOURS_CHANGED: _l("Opening hours or terms changed"),
    ActKind.CLOSED_DAYS_CHANGED: _l("Closed days changed"),
    ActKind.ORGANISATION_CHANGED: _l("Organisation changed"),
    ActKind.ORGANISATION_MERGED: _l("Organisations merged"),
    ActKind.ORGANISATION_DISSOLVED: _l("Organisation dissolved"),
    ActKind.REGISTER_IMPORTED: _l("File taken into the register"),
    ActKind.REGISTER_EXPORTED: _l("Register exported"),
    ActKind.GROUP_CHANGED: _l("Group of an organisation changed"),
    ActKind.UMBRELLA_CHANGED: _l("Members of an umbrella organisation changed"),
    ActKind.PROOF_RECEIVED: _l("Document received"),
    ActKind.PROOF_CHECKED: _l("Document checked"),
    ActKind.PROOF_REFUSED: _l("Document not accepted"),
    ActKind.PROOF_WARNED: _l("Letter about a document that runs out"),
    ActKind.REPORT_CHANGED: _l("Yearly report changed"),
    ActKind.REPORT_SENT: _l("Yearly report sent"),
    ActKind.REPORT_REOPENED: _l("Yearly report opened again"),
    ActKind.REPORT_ACCEPTED: _l("Yearly report accepted"),
    ActKind.COMMITMENT_SIGNED: _l("Commitment signed"),
    ActKind.COMMITMENT_ENDED: _l("Commitment ended"),
    ActKind.BOOKING_HANDED_OVER: _l("Booking handed over to another person"),
    ActKind.PERSON_CHANGED: _l("Person’s details changed"),
    ActKind.PERSON_VIEWED: _l("Person’s data viewed"),
    ActKind.PERSON_ERASED: _l("Person erased"),
    ActKind.ROLE_GRANTED: _l("Role given"),
    ActKind.ROLE_ENDED: _l("Role ended"),
    ActKind.SIGN_IN_ASKED: _l("Sign-in link asked for"),
    ActKind.SIGNED_IN: _l("Signed in"),
    ActKind.SIGN_IN_FAILED: _l("Sign-in failed"),
    ActKind.SIGNED_OUT: _l("Signed out"),
    ActKind.FEED_MADE: _l("Calendar address made"),
    ActKind.FEED_REVOKED: _l("Calendar address revoked"),
    ActKind.RULEBOOK_IN_FORCE: _l("Rulebook came into force"),
    ActKind.CHARGE_MADE: _l("Charge made"),
    ActKind.CHARGE_CHANGED: _l("Charge changed"),
    ActKind.INVOICER_CHANGED: _l("Invoicer’s details changed"),
    ActKind.INVOICE_RUN_MADE: _l("Invoice run made"),
    ActKind.INVOICE_CHANGED: _l("Draft invoice changed"),
    ActKind.INVOICE_EXPORTED: _l("Invoices sent to the ledger"),
    ActKind.INVOICE_CREDITED: _l("Invoice credited"),
    ActKind.INVOICE_REMINDED: _l("Reminder of an invoice"),
    ActKind.PAYMENT_NOTED: _l("Payment noted"),
    ActKind.RULEBOOK_DRAFT: _l("Draft of rules written"),
    ActKind.RULEBOOK_STEP: _l("Draft of rules went a step on"),
    ActKind.MONEY_GRANT_ENTERED: _l("Grant of money entered"),
    ActKind.MONEY_GRANT_WITHDRAWN: _l("Grant of money withdrawn"),
    ActKind.REPORT_EXPORTED: _l("Report taken out"),
    ActKind.CREDENTIAL_ENROLLED: _l("Card enrolled"),
    ActKind.CREDENTIAL_REVOKED: _l("Card or PIN blocked"),
    ActKind.PIN_MADE: _l("PIN made"),
    ActKind.PIN_SHOWN: _l("PIN shown"),
    ActKind.DOOR_CHANGED: _l("Door changed"),
    ActKind.DOOR_LIST_ISSUED: _l("List of rights issued"),
    ActKind.DOOR_LIST_CONFIRMED: _l("List of rights confirmed by the door"),
    ActKind.DOOR_EVENT: _l("Event at a door"),
    ActKind.DOOR_DECIDED: _l("Decision at a door"),
    ActKind.DOOR_COMMAND_ASKED: _l("Order to a door"),
    ActKind.DOOR_COMMAND_ENDED: _l("Order to a door ended"),
    ActKind.DOOR_ALARM: _l("Alarm of a door"),
    ActKind.LOG_VIEWED: _l("Log viewed"),
    ActKind.LOG_EXPORTED: _l("Log exported"),
}


def act_name(kind: str) -> str:
    return str(ACTS.get(kind, kind))


def choices() -> list[tuple[str, str]]:
    """(kind, name) of all kinds, by name."""
    return sorted(((kind, str(name)) for kind, name in ACTS.items()), key=lambda pair: pair[1])
