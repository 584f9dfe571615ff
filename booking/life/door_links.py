"""Links at the door: a secret short address for each premises or space, on which whoever is there tells the heads."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from booking.acts import Act, ActKind, tell
from booking.availability import Tree
from booking.happenings.models import AttendanceLink
from booking.ids import PersonId
from booking.models import Booking, Occurrence, OccurrenceState, Premises, Space
from booking.practice import practice
from booking.refusals import NotFound

LETTERS = "23456789abcdefghjkmnpqrstuvwxyz"  # none that is read as another on paper
CODE_LENGTH = 10  # 31^10: about 50 bits, and asking is limited by the minute


def new_code() -> str:
    """A code that is typed from a notice: short, and no letter is taken for another."""
    return "".join(secrets.choice(LETTERS) for _ in range(CODE_LENGTH))


def make(session: Session, place: Premises, space: Space | None, *, by: PersonId, now: datetime) -> AttendanceLink:
    """A new link; the one before for the same place stops working."""
    for old in links_of(session, place):
        if old.space_id == (space.id if space else None):
            revoke(session, place, old.ref, by=by, now=now)
    link = AttendanceLink(
        code=new_code(), premises_id=place.id, space_id=space.id if space else None, made_by=by, made_at=now
    )
    session.add(link)
    session.flush()
    _tell(session, link, "made", by, now)
    return link


def revoke(session: Session, place: Premises, ref: str, *, by: PersonId, now: datetime) -> None:
    """End a link of the premises. Raises NotFound; one that ended already stays as it is."""
    link = session.scalar(
        select(AttendanceLink).where(AttendanceLink.ref == ref, AttendanceLink.premises_id == place.id)
    )
    if link is None:
        raise NotFound(what="attendance_link")
    if link.revoked_at is None:
        link.revoked_at = now
        session.flush()
        _tell(session, link, "ended", by, now)


def links_of(session: Session, place: Premises) -> list[AttendanceLink]:
    """The links of a premises that work: its own first."""
    query = select(AttendanceLink).where(AttendanceLink.premises_id == place.id, AttendanceLink.revoked_at.is_(None))
    query = query.options(joinedload(AttendanceLink.space)).order_by(AttendanceLink.space_id, AttendanceLink.id)
    return sorted(session.scalars(query), key=lambda link: (link.space_id is not None, link.id))


def by_ref(session: Session, place: Premises, ref: str) -> AttendanceLink:
    """A link of the premises that works. Raises NotFound."""
    found = next((link for link in links_of(session, place) if link.ref == ref), None)
    if found is None:
        raise NotFound(what="attendance_link")
    return found


def by_code(session: Session, code: str) -> AttendanceLink:
    """The working link of a code, with its place. Raises NotFound."""
    query = select(AttendanceLink).where(AttendanceLink.code == code, AttendanceLink.revoked_at.is_(None))
    link = session.scalar(query.options(joinedload(AttendanceLink.premises), joinedload(AttendanceLink.space)))
    if link is None:
        raise NotFound(what="attendance_link")
    return link


def times_at(session: Session, link: AttendanceLink, now: datetime) -> list[Occurrence]:
    """The times going on behind the link, and those that ended just now; the latest start first."""
    since = now - timedelta(minutes=practice("attendance_door_min"))
    query = (
        select(Occurrence)
        .join(Space, Space.id == Occurrence.space_id)
        .where(Space.premises_id == link.premises_id, Occurrence.state == OccurrenceState.CONFIRMED.value)
        .where(Occurrence.starts_at <= now, Occurrence.ends_at > since)
        .options(
            joinedload(Occurrence.space).joinedload(Space.premises),
            joinedload(Occurrence.booking).joinedload(Booking.organisation),
        )
        .order_by(Occurrence.starts_at.desc(), Occurrence.id)
    )
    rows = list(session.scalars(query))
    if link.space_id is None:
        return rows
    tree = Tree(session, [link.premises_id])
    return [row for row in rows if tree.share(link.space_id, row.space_id)]


def time_at(session: Session, link: AttendanceLink, ref: str, now: datetime) -> Occurrence:
    """One of these times. Raises NotFound."""
    found = next((row for row in times_at(session, link, now) if row.ref == ref), None)
    if found is None:
        raise NotFound(what="occurrence")
    return found


def _tell(session: Session, link: AttendanceLink, what: str, by: PersonId, now: datetime) -> None:
    body = {"link": what, "space": session.get_one(Space, link.space_id).ref if link.space_id else None}
    tell(session, Act(ActKind.ATTENDANCE_LINK, now, by, link.ref, body, link.premises_id))
