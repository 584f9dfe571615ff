"""Cards: enrolled once for every door that can see them, lost and revoked everywhere in one act (adr/0003)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from access import card_numbers, card_secrets, register
from access.card_numbers import CardNumber
from access.keys import Vault, credential_key
from access.mode_models import StaffRight
from access.models import Credential, CredentialKey, CredentialKind, Door, Right
from access.upcoming import occurrences_of_person
from booking.acts import Act, ActKind, tell
from booking.db import constraint
from booking.ids import OccurrenceId, PersonId
from booking.models import Person
from booking.refusals import AlreadyThere, BadInput, NotFound
from devices.credentials import credential_hash

_TAKEN = "credential_key_unique_at_door"


@dataclass(frozen=True, slots=True)
class Enrolled:
    """A card now known, and the doors whose readers see more of it than was given."""

    credential: Credential
    unknown_at: tuple[Door, ...]


def enrol(
    session: Session,
    vault: Vault,
    person: PersonId,
    number: str,
    *,
    by: PersonId | None,
    now: datetime,
    label: str = "",
    batch: str = "",
) -> Enrolled:
    """Give a person a card, by the number printed on it (access/card_numbers.py). Enrolling the same card again for the
    same person lets doors know it that were fitted since. Raises BadInput, AlreadyThere when it is somebody else's."""
    seen = _seen(session, vault, card_numbers.card_number(number, batch=batch))
    if not seen.hashes:
        raise BadInput(field="batch", problem="needed")
    row = _same_card(session, person, seen) or _new_card(session, person, label, now)
    added = _make_known(session, vault, row, seen)
    body = {"kind": row.kind, "doors": added, "unknown_at": [door.ref for door in seen.unknown_at]}
    occurrences = occurrences_of_person(session, person, now)
    tell(session, Act(ActKind.CREDENTIAL_ENROLLED, now, by, row.ref, body, None, (person,), occurrences))
    return Enrolled(row, tuple(seen.unknown_at))


def revoke(session: Session, ref: str, *, by: PersonId | None, now: datetime, why: str) -> Credential:
    """Block a card or PIN at every door, in one act (as when it is lost); bookings stay. Raises NotFound.

    `why` is a code: lost, returned, replaced, erased.
    """
    row = session.scalar(select(Credential).where(Credential.ref == ref, Credential.revoked_at.is_(None)))
    if row is None:
        raise NotFound(what="credential")
    # First the row, then its rights: a booking made meanwhile holds the row until its rights are there to be found.
    _end(session, row, now, why)
    touched = _occurrences_with(session, row)
    tell(session, Act(ActKind.CREDENTIAL_REVOKED, now, by, row.ref, {"why": why}, None, (row.person_id,), touched))
    return row


def need_longer(session: Session, row: Credential, *, by: PersonId, now: datetime, longer: bool) -> None:
    """Mark a card, or no longer: doors let its owner take longer before they say that they were left open. Why somebody
    needs it is nobody's business and is not asked."""
    if row.long_open is longer:
        return
    row.long_open = longer
    live = (Right.credential_id == row.id) & Right.out_version.is_(None)
    staff = (StaffRight.credential_id == row.id) & StaffRight.out_version.is_(None)
    doors = {
        *session.scalars(select(Right.door_id).where(live)),
        *session.scalars(select(StaffRight.door_id).where(staff)),
    }
    for door in register.lock(session, doors):
        door.version += 1
    session.flush()
    tell(session, Act(ActKind.CREDENTIAL_CHANGED, now, by, row.ref, {"long_open": longer}, None, (row.person_id,)))


def cards_of(session: Session, person: PersonId) -> Sequence[Credential]:
    """The live cards of a person, oldest first."""
    query = select(Credential).where(Credential.person_id == person, Credential.kind == CredentialKind.CARD.value)
    return session.scalars(query.where(Credential.revoked_at.is_(None)).order_by(Credential.id)).all()


def forget(session: Session, persons: Iterable[PersonId], now: datetime) -> tuple[OccurrenceId, ...]:
    """End all credentials of erased people; gives the occurrences whose rights that changes."""
    touched: set[OccurrenceId] = set()
    query = select(Credential).where(Credential.person_id.in_(list(persons)))
    for row in session.scalars(query):
        touched.update(_occurrences_with(session, row))
        row.label = ""
        if row.revoked_at is None:
            _end(session, row, now, "erased")
    return tuple(sorted(touched))


def complete(session: Session, vault: Vault, row: Credential, card: CardNumber) -> int:
    """A known card was shown to a reader of the service itself: let every door know it that does not yet."""
    return _make_known(session, vault, row, _seen(session, vault, card))


@dataclass(slots=True)
class _Seen:
    hashes: dict[Door, str]
    unknown_at: list[Door]
    normals: dict[Door, str] = field(default_factory=dict)


def _seen(session: Session, vault: Vault, card: CardNumber) -> _Seen:
    seen = _Seen({}, [])
    for door in session.scalars(select(Door).order_by(Door.id)):
        normal = card_numbers.seen_by(door.reader_format, card)
        if normal is None or not card_secrets.can_be_told(door, normal):
            seen.unknown_at.append(door)
        else:
            seen.hashes[door] = credential_hash(credential_key(vault, door), normal)
            seen.normals[door] = normal
    return seen


def _same_card(session: Session, person: PersonId, seen: _Seen) -> Credential | None:
    query = select(CredentialKey).where(CredentialKey.key_hash.in_(list(seen.hashes.values())))
    keys = session.scalars(query.where(CredentialKey.retired_at.is_(None))).all()
    rows = {session.get_one(Credential, key.credential_id) for key in keys}
    if any(row.person_id != person for row in rows):
        raise AlreadyThere(what="card")
    return min(rows, key=lambda row: row.id, default=None)


def _new_card(session: Session, person: PersonId, label: str, now: datetime) -> Credential:
    owner = session.get(Person, person)
    if owner is None or owner.erased_at is not None:
        raise NotFound(what="person")
    row = Credential(person_id=person, kind=CredentialKind.CARD.value, label=label, enrolled_at=now)
    session.add(row)
    session.flush()
    return row


def _make_known(session: Session, vault: Vault, row: Credential, seen: _Seen) -> int:
    known = set(session.scalars(select(CredentialKey.door_id).where(CredentialKey.credential_id == row.id)))
    new = [
        CredentialKey(
            credential_id=row.id,
            door_id=door.id,
            key_hash=hashed,
            number_sealed=card_secrets.sealed(vault, row, door, seen.normals[door]),
        )
        for door, hashed in seen.hashes.items()
        if door.id not in known
    ]
    try:
        with session.begin_nested():
            session.add_all(new)
    except IntegrityError as error:
        if _TAKEN in constraint(error) or "credential_key.door_id" in constraint(error):
            raise AlreadyThere(what="card") from error
        raise
    return len(new)


def _end(session: Session, row: Credential, now: datetime, why: str) -> None:
    row.revoked_at, row.revoked_why, row.pin_sealed = now, why, None
    if row.kind == CredentialKind.CARD.value:
        own = CredentialKey.credential_id == row.id
        session.execute(update(CredentialKey).where(own, CredentialKey.retired_at.is_(None)).values(retired_at=now))
    session.flush()


def _occurrences_with(session: Session, row: Credential) -> tuple[OccurrenceId, ...]:
    query = select(Right.occurrence_id).where(Right.credential_id == row.id, Right.out_version.is_(None)).distinct()
    return tuple(session.scalars(query))
