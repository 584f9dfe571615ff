"""Cards of the staff in devices that decide alone: a window that begins when it was given and is as good as endless."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import UTC, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from access.door_card_models import DoorCard
from access.ids import CredentialId
from access.mode_models import StaffAccess, StaffRight
from access.models import Credential, CredentialKey, Door

ENDLESS = datetime(2037, 12, 31, 12, tzinfo=UTC)  # some of their clocks end in January 2038


def windows(session: Session, door: Door) -> list[tuple[CredentialId, datetime, datetime]]:
    """The live rights of the staff at a door whose device is told cards. An end that is known is told, too."""
    query = select(StaffRight.credential_id, StaffRight.given_at, StaffAccess.until_at)
    query = query.join(StaffAccess, StaffAccess.id == StaffRight.staff_access_id)
    query = query.join(Credential, Credential.id == StaffRight.credential_id)
    same = CredentialKey.credential_id == StaffRight.credential_id
    query = query.join(CredentialKey, same & (CredentialKey.door_id == StaffRight.door_id))
    query = query.where(StaffRight.door_id == door.id, StaffRight.out_version.is_(None))
    query = query.where(Credential.revoked_at.is_(None), CredentialKey.number_sealed.is_not(None))
    found = [(card, given_at, until_at or ENDLESS) for card, given_at, until_at in session.execute(query)]
    return [(card, given_at, until_at) for card, given_at, until_at in found if given_at < until_at]


def confirm(
    session: Session,
    door: Door,
    held: Mapping[CredentialId, DoorCard],
    unsure: Collection[CredentialId],
    now: datetime,
) -> None:
    """As for rights of bookings: in the door while a proved window reaches over now; gone when it is proved so."""
    mine = select(StaffRight).where(StaffRight.door_id == door.id)
    for right in session.scalars(mine.where(StaffRight.out_version.is_(None))):
        row = held.get(right.credential_id)
        inside = row is not None and row.valid_from <= now < row.valid_until
        if inside != (right.in_door_at is not None):
            right.in_door_at = now if inside else None
    for right in session.scalars(mine.where(StaffRight.out_version.is_not(None), StaffRight.out_door_at.is_(None))):
        if right.credential_id not in unsure:
            right.out_door_at = now


def ref_of(session: Session, door: Door, credential: CredentialId | None, at: datetime) -> str | None:
    """The right of the staff that let this card in then."""
    query = select(StaffRight.ref).where(StaffRight.door_id == door.id, StaffRight.credential_id == credential)
    return session.scalar(query.where(StaffRight.given_at <= at).order_by(StaffRight.id.desc()).limit(1))
