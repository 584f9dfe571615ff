"""Names of what the register holds: states of proof, age groups, tables that move, columns of files, faults."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from booking.importing.plan import ChangeKind, RowFault
from booking.register.decided import commitment_texts, proof_kinds
from booking.register.proofs import ProofState
from web.errors import worded
from web.i18n import language
from web.words import kind_name, role_name, word

STATES: dict[str, Any] = {
    ProofState.VERIFIED: _l("registration checked"),
    ProofState.EXPIRED: _l("proof has run out"),
    ProofState.NOT_VERIFIED: _l("registration not checked"),
    ProofState.NOT_NEEDED: _l("no proof needed"),
}
# which look of .state a state has
LOOKS = {
    ProofState.VERIFIED: "ok",
    ProofState.EXPIRED: "failed",
    ProofState.NOT_VERIFIED: "waiting",
    ProofState.NOT_NEEDED: "ok",
}
AGES: dict[str, Any] = {
    "under_7": _l("under 7"),
    "7_12": _l("7 to 12"),
    "13_17": _l("13 to 17"),
    "18_19": _l("18 and 19"),
    "20_64": _l("20 to 64"),
    "65_up": _l("65 and over"),
}
TABLES: dict[str, Any] = {
    "booking": _l("bookings"),
    "role_grant": _l("roles of people"),
    "subgroup": _l("groups"),
    "proof": _l("documents"),
    "activity_report": _l("yearly reports"),
    "commitment": _l("commitments"),
    "umbrella_member": _l("memberships in umbrella organisations"),
    "premises": _l("premises"),
    "feed": _l("calendar addresses"),
    "charge": _l("sums owed"),
    "invoice": _l("invoices"),
    "payer": _l("invoicing address"),
    "invoicer": _l("accounts for invoices"),
    "happening": _l("events at times booked"),
    "sanction": _l("sanctions"),
    "debt_case": _l("debt procedures"),
    "organisation": _l("entries merged earlier"),
}
COLUMNS: dict[str, Any] = {
    "name": _l("Name"),
    "kind": _l("Kind"),
    "registration_number": _l("Registration number"),
    "business_id": _l("Business ID"),
    "domicile": _l("Home municipality"),
    "purposes": _l("Activity"),
    "purpose": _l("Purpose in its own words"),
    "members_total": _l("Members"),
    "members_under_18": _l("Members under 18"),
    "members_resident": _l("Members who live in the municipality"),
    "registered_on": _l("Registered on"),
    "dissolved_on": _l("Dissolved on"),
    "facts": _l("What the municipality has judged"),
}
CHANGES: dict[str, Any] = {
    ChangeKind.NEW: _l("new"),
    ChangeKind.CHANGED: _l("changed"),
    ChangeKind.DISSOLVED: _l("dissolved"),
    ChangeKind.SAME: _l("unchanged"),
}
ENDED: dict[str, Any] = {
    "": _l("ended"),
    "ended": _l("ended"),
    "declined": _l("given up by the person"),
    "dissolved": _l("organisation dissolved"),
    "erased": _l("person erased"),
    "group": _l("group ended"),
}


def state_name(state: str) -> str:
    return str(STATES.get(state, state))


def age_name(age: str) -> str:
    return str(AGES.get(age, age))


def table_name(table: str) -> str:
    return str(TABLES.get(table, table))


def column_name(column: str) -> str:
    return str(COLUMNS.get(column, column))


def change_name(kind: str) -> str:
    return str(CHANGES.get(kind, kind))


def proof_name(kind: str) -> str:
    found = proof_kinds().get(kind)
    return found.name[language()] if found else kind


def commitment_name(kind: str) -> str:
    found = commitment_texts().get(kind)
    return found.name[language()] if found else kind


def fault_text(fault: RowFault) -> str:
    """What is wrong in a row of a file, and what to do."""
    return worded("bad_input", {"problem": f"row.{fault.problem}", "found": fault.found} | _plainly(fault))


def _plainly(fault: RowFault) -> dict[str, str]:
    """The sentence of the form's own field where the row has none of its own."""
    own = {"row_twice", "two_entries", "name_of_several"}
    return {} if fault.problem in own else {"problem": fault.problem}


def cell(column: str, value: object) -> str:
    """A value of an entry as a preview shows it."""
    if value in (None, "", ()):
        return str(_("empty"))
    if column == "kind":
        return kind_name(str(value))
    if column == "purposes" and isinstance(value, tuple):
        return ", ".join(word(one, "applicant_purpose") for one in value)
    return str(value)


FILTERS = {
    "proof_state": state_name,
    "proof_look": lambda state: LOOKS.get(state, "unknown"),
    "proof_name": proof_name,
    "age_name": age_name,
    "table_name": table_name,
    "column_name": column_name,
    "change_name": change_name,
    "commitment_name": commitment_name,
    "fault_text": fault_text,
    "ended_why": lambda why: str(ENDED.get(why, why)),
    "role_words": role_name,
}
