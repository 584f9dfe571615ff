"""A blocked card, door by door: which doors know that it opens nothing any more, and which have not said so yet."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from access.ids import DoorId
from access.models import Credential, CredentialKey, CredentialKind, Door, DoorState, Right
from access.upcoming import occurrences_of_person
from booking.acts import Act, ActKind, tell
from booking.ids import PersonId
from booking.refusals import AlreadyThere, NotFound, NotNow

UNDOABLE = ("lost", "returned", "replaced")


@dataclass(frozen=True, slots=True)
class BlockedAt:
    """One door that knows the card. `blocked_at`: when it confirmed a list without it (None: not yet); a door that had
    no right of it never opened for it (`had_right` False)."""

    door: Door
    had_right: bool
    blocked: bool
    blocked_at: datetime | None
    offline_since: datetime | None


def blocked_card(session: Session, person: PersonId, ref: str) -> Credential:
    """A blocked card of this person. Raises NotFound."""
    query = select(Credential).where(Credential.ref == ref, Credential.person_id == person)
    row = session.scalar(query.where(Credential.revoked_at.is_not(None), Credential.kind == CredentialKind.CARD.value))
    if row is None:
        raise NotFound(what="card")
    return row


def by_door(session: Session, card: Credential) -> list[BlockedAt]:
    """Every door that ever knew the card; those that have not confirmed first."""
    query = select(Door, DoorState).join(DoorState).join(CredentialKey, CredentialKey.door_id == Door.id)
    query = query.where(CredentialKey.credential_id == card.id, Door.enabled)
    rights: dict[DoorId, list[Right]] = {}
    for right in session.scalars(select(Right).where(Right.credential_id == card.id)):
        rights.setdefault(right.door_id, []).append(right)
    found = [_at(card, door, state, rights.get(door.id, [])) for door, state in session.execute(query)]
    return sorted(found, key=lambda one: (one.blocked, one.door.premises_id, one.door.position, one.door.id))


def _at(card: Credential, door: Door, state: DoorState, rights: list[Right]) -> BlockedAt:
    since = card.revoked_at
    leaving = [
        one for one in rights if one.withdrawn_at is not None and since is not None and one.withdrawn_at >= since
    ]
    waiting = [one for one in rights if one.out_version is None] + [one for one in leaving if one.out_door_at is None]
    return BlockedAt(
        door=door,
        had_right=bool(leaving),
        blocked=not waiting,
        blocked_at=max((one.out_door_at for one in leaving if one.out_door_at), default=None) if not waiting else None,
        offline_since=None if state.online else state.online_changed_at,
    )


def enrol_again(session: Session, card: Credential, *, by: PersonId, now: datetime) -> Credential:
    """The card turned up: it is enrolled again at the doors that knew it, as a new card, for its number is nowhere.

    Raises NotNow for a card whose person was erased, AlreadyThere when somebody has it now."""
    if card.revoked_why not in UNDOABLE:
        raise NotNow(state=card.revoked_why)
    row = Credential(person_id=card.person_id, kind=card.kind, label=card.label, enrolled_at=now)
    session.add(row)
    session.flush()
    old = session.scalars(select(CredentialKey).where(CredentialKey.credential_id == card.id)).all()
    try:
        with session.begin_nested():
            session.add_all(CredentialKey(credential_id=row.id, door_id=k.door_id, key_hash=k.key_hash) for k in old)
    except IntegrityError as error:
        raise AlreadyThere(what="card") from error
    occurrences = occurrences_of_person(session, card.person_id, now)
    body = {"kind": row.kind, "doors": len(old), "again": card.ref}
    tell(session, Act(ActKind.CREDENTIAL_ENROLLED, now, by, row.ref, body, None, (card.person_id,), occurrences))
    return row
