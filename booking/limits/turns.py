"""One applicant's bookings go one after the other: two at once could each be the last that a quota allows."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.ids import OrganisationId, PersonId
from booking.models import Organisation, Person


def take_turn(session: Session, organisation: OrganisationId, holder: PersonId) -> None:
    """Nobody else books for this organisation or person until the commit: call it before quotas are counted.

    Always the organisation first, then the person, and both before occurrences are locked, so that nobody waits in a
    ring. NO KEY UPDATE: bookings may point at them meanwhile. SQLite has one writer anyway."""
    session.execute(select(Organisation.id).where(Organisation.id == organisation).with_for_update(key_share=True))
    session.execute(select(Person.id).where(Person.id == holder).with_for_update(key_share=True))
