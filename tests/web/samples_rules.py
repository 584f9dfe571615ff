"""Samples for the pages of rules in the making: a draft of the troop's rules and a trial of it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from functools import lru_cache

from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.roles import Role
from booking.rulemaking import drafts
from booking.rulemaking.models import RulebookTrial
from booking.versions.models import RulebookVersion, StepKind
from booking.versions.written import dated, digest_of, shipped_documents, text_of
from tests.web.town import NOW, Town

FIRST = date(2027, 1, 1)


@lru_cache(maxsize=1)
def text() -> str:
    """The text of the draft, written once: every test of a page has one."""
    document = dated(shipped_documents()["espoo-2025-01"]) | {"version": "2027-01", "valid_from": FIRST}
    return text_of(document)


def draft(session: Session, town: Town) -> RulebookVersion:
    """A draft by the manager, made the first time it is asked for."""
    found = session.scalar(select(RulebookVersion).where(RulebookVersion.version == "2027-01"))
    if found is not None:
        return found
    by = town.people[Role.MANAGER].id
    row = RulebookVersion(family="espoo", version="2027-01", valid_from=FIRST, text=text(), digest=digest_of(text()))
    row.based_on, row.made_by, row.made_at = "espoo-2025-01", by, NOW
    session.add(row)
    session.flush()
    drafts.note(session, row, StepKind.MADE, by=by, now=NOW)
    return row


def trial(session: Session, town: Town) -> str:
    of = draft(session, town)
    days = {"first_on": date(2026, 11, 1), "last_on": date(2026, 11, 30)}
    row = RulebookTrial(version_id=of.id, text=of.text, digest=of.digest, asked_at=NOW, asked_by=of.made_by, **days)
    session.add(row)
    session.flush()
    return row.ref


SAMPLES: dict[str, Callable[[Session, Town], str]] = {
    "version_ref": lambda session, town: draft(session, town).ref,
    "table": lambda session, town: "priority",
    "row_name": lambda session, town: "p5-other",
    "trial_ref": trial,
}
