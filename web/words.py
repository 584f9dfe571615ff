"""Names of the domain's own values, for people. A value that is not here shows as it is; a test finds it."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _l

from booking.models import OrganisationKind
from booking.roles import Role
from booking.rulebooks import words
from web.i18n import language

ROLES: dict[str, Any] = {
    Role.SECRETARY: _l("secretary"),
    Role.BOOKER: _l("booker"),
    Role.KEY_HOLDER: _l("key holder"),
    Role.CODE_READER: _l("code reader"),
    Role.PAYER: _l("payer"),
    Role.MANAGER: _l("manager of premises"),
    Role.CARETAKER: _l("caretaker"),
    Role.OPERATOR: _l("operator of premises"),
    Role.DECIDER: _l("decides in a named role"),
    Role.BILLING: _l("does the invoicing"),
    Role.AUDITOR: _l("auditor"),
    Role.ADMINISTRATOR: _l("administrator"),
}
KINDS: dict[str, Any] = {
    OrganisationKind.ASSOCIATION: _l("registered association"),
    OrganisationKind.AREA_GROUP: _l("unregistered group of the area"),
    OrganisationKind.FOUNDATION: _l("foundation"),
    OrganisationKind.COMPANY: _l("company"),
    OrganisationKind.SCHOOL: _l("school"),
    OrganisationKind.MUNICIPAL_UNIT: _l("unit of the municipality"),
    OrganisationKind.MUNICIPAL_FEDERATION: _l("joint municipal authority"),
    OrganisationKind.ARTS_INSTITUTE: _l("institute of basic arts education"),
    OrganisationKind.ADULT_INSTITUTE: _l("adult education centre"),
    OrganisationKind.CONGREGATION: _l("congregation"),
    OrganisationKind.PARTY_BRANCH: _l("branch of a political party"),
    OrganisationKind.PERSON: _l("private person"),
}


def role_name(role: str) -> str:
    return str(ROLES.get(role, role))


def kind_name(kind: str) -> str:
    return str(KINDS.get(kind, kind))


def word(value: str, listed_in: str) -> str:
    """The name of a word of the rulebooks (activity_purpose, space_kind …) in the page's language."""
    named = words()[listed_in].get(value)
    return named[language()] if named else value


def choices(listed_in: str) -> list[tuple[str, str]]:
    """(word, name) of a whole list, for select and ticks."""
    return [(value, word(value, listed_in)) for value in words()[listed_in]]
