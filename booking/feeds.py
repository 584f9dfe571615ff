"""Secret calendar addresses: made for a person, an organisation or a space, shown once, kept as a hash, revocable."""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from booking import own_times
from booking.acts import Act, ActKind, tell
from booking.ids import OrganisationId, PersonId, SpaceId
from booking.models import Feed, Occurrence, Organisation, Person, Space
from booking.premises import space_by_ref
from booking.refusals import NotFound

LOOKS_BACK = timedelta(days=60)
NOTED_EVERY = timedelta(minutes=10)  # how exactly the last use is known


def hashed(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def make(
    session: Session,
    *,
    owner: PersonId,
    now: datetime,
    organisation: OrganisationId | None = None,
    space: SpaceId | None = None,
) -> tuple[Feed, str]:
    """A new address and its token, which is known only now. With neither organisation nor space: of the owner."""
    token = secrets.token_urlsafe(24)
    row = Feed(
        token_hash=hashed(token),
        owner_id=owner,
        person_id=owner if organisation is None and space is None else None,
        organisation_id=organisation,
        space_id=space,
        made_at=now,
    )
    session.add(row)
    session.flush()
    body = {
        "organisation": session.get_one(Organisation, organisation).ref if organisation is not None else None,
        "space": session.get_one(Space, space).ref if space is not None else None,
    }
    tell(session, Act(ActKind.FEED_MADE, now, owner, row.ref, body, None, (owner,)))
    return row, token


def revoke(session: Session, ref: str, *, by: PersonId, now: datetime) -> None:
    """End an address of one's own. Raises NotFound; ended already, it stays as it is."""
    row = session.scalar(select(Feed).where(Feed.ref == ref, Feed.owner_id == by))
    if row is None:
        raise NotFound(what="feed")
    if row.revoked_at is None:
        row.revoked_at = now
        session.flush()
        tell(session, Act(ActKind.FEED_REVOKED, now, by, row.ref, {}, None, (by,)))


def by_token(session: Session, token: str) -> Feed:
    """The feed of a token, also a revoked one. Raises NotFound."""
    row = session.scalar(select(Feed).where(Feed.token_hash == hashed(token)))
    if row is None:
        raise NotFound(what="feed")
    return row


def of_owner(session: Session, owner: PersonId) -> list[Feed]:
    """The addresses of a person that work, newest first."""
    query = select(Feed).where(Feed.owner_id == owner, Feed.revoked_at.is_(None))
    return list(session.scalars(query.order_by(Feed.id.desc())))


def note_used(row: Feed, now: datetime) -> None:
    if row.last_used_at is None or now > row.last_used_at + NOTED_EVERY:
        row.last_used_at = now


def times_of(session: Session, row: Feed, now: datetime) -> list[Occurrence]:
    """The times the feed tells of: from sixty days back on, cancelled ones too."""
    since = now - LOOKS_BACK
    if row.person_id is not None:
        return own_times.of_person(session, row.person_id, since)
    if row.organisation_id is not None:
        return own_times.of_organisation(session, row.organisation_id, since)
    assert row.space_id is not None
    ref = session.get_one(Space, row.space_id).ref
    return own_times.of_space(session, space_by_ref(session, ref), since)


def subject_of(session: Session, row: Feed) -> Person | Organisation | Space:
    """What the feed is of."""
    if row.person_id is not None:
        return session.get_one(Person, row.person_id)
    if row.organisation_id is not None:
        return session.get_one(Organisation, row.organisation_id)
    assert row.space_id is not None
    return session.get_one(Space, row.space_id)
