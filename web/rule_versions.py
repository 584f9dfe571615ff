"""Versions of rulebooks as pages list them: by municipality and family, in force, to come and past."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from flask import g
from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.models import Premises
from booking.refusals import NotFound
from booking.roles import Role
from booking.rulebook_merge import Document
from booking.versions.known import documents
from booking.versions.models import OPEN, RulebookVersion, VersionState
from web.auth import held
from web.rule_words import said

SEES_DRAFTS = frozenset({Role.MANAGER, Role.OPERATOR, Role.AUDITOR, Role.ADMINISTRATOR})


@dataclass(frozen=True, slots=True)
class Edition:
    """One version as it is listed. `state`: in_force, coming or past; `until`: its last day, where one is known."""

    id: str
    name: str
    municipality: str
    valid_from: date
    until: date | None
    state: str
    demo: bool


@dataclass(frozen=True, slots=True)
class Family:
    """The versions of one family, newest first, and the premises that go by it."""

    id: str
    municipality: str
    editions: tuple[Edition, ...]
    premises: tuple[Premises, ...]

    @property
    def current(self) -> Edition | None:
        return next((one for one in self.editions if one.state == "in_force"), None)

    @property
    def others(self) -> tuple[Edition, ...]:
        return tuple(one for one in self.editions if one.state != "in_force")


def document_named(session: Session, name: str) -> Document:
    """The document of a version in force, to come or past. Raises NotFound."""
    found = documents(session).get(name)
    if found is None:
        raise NotFound(what="rulebook")
    return found


def stored_named(session: Session, name: str) -> RulebookVersion | None:
    """The approved version of this name, when it was made here and did not come with the program."""
    approved = session.scalars(select(RulebookVersion).where(RulebookVersion.state == VersionState.APPROVED.value))
    return next((row for row in approved if row.name == name), None)


def draft_named(session: Session, name: str) -> RulebookVersion | None:
    """A version that is being made, by family-version, for those who see drafts."""
    if g.get("person") is None or SEES_DRAFTS.isdisjoint(held()):
        return None
    drafts = session.scalars(select(RulebookVersion).where(RulebookVersion.state.in_(OPEN)))
    return next((row for row in drafts if row.name == name), None)


def families(session: Session, on: date) -> list[Family]:
    """Every family with its versions, those that premises go by first."""
    known = documents(session)
    names = sorted({str(document["family"]) for document in known.values()})
    houses = list(session.scalars(select(Premises).order_by(Premises.name_fi)))
    found = [family(name, known, houses, on) for name in names]
    return sorted(found, key=lambda one: (not one.premises, one.municipality, one.id))


def family(name: str, known: Mapping[str, Document], houses: Sequence[Premises], on: date) -> Family:
    versions = [(key, document) for key, document in known.items() if document["family"] == name]
    versions.sort(key=lambda pair: pair[1]["valid_from"])
    begins = [document["valid_from"] for _key, document in versions]
    made = [edition(key, document, begins, on) for key, document in versions]
    mine = tuple(house for house in houses if house.rulebook == name)
    return Family(name, made[-1].municipality, tuple(reversed(made)), mine)


def edition(key: str, document: Mapping[str, Any], begins: Sequence[date], on: date) -> Edition:
    """A version, with the day before the next one begins as its last where the document names none."""
    first: date = document["valid_from"]
    later = [begin for begin in begins if begin > first]
    next_one = min(later, default=None)
    until = document.get("valid_to") or (date.fromordinal(next_one.toordinal() - 1) if next_one else None)
    state = "coming" if first > on else "past" if until is not None and until < on else "in_force"
    return Edition(
        key,
        said(document["name"]),
        str(document.get("municipality", "")),
        first,
        until,
        state,
        bool(document.get("demo")),
    )
