"""Who of the staff passes the doors of a premises at any time, why and until when; and the rights that follow from it.

Their rights have no window: a door that lost the time, or in lockdown, or with an old list opens for those whose flags
say so. They begin and end by the service, with a list of their own each time.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, and_, or_, select, update
from sqlalchemy.orm import Session

from access import card_secrets, register
from access.ids import CredentialId, DoorId, StaffAccessId
from access.mode_models import StaffAccess, StaffRight
from access.models import Credential, CredentialKey, CredentialKind, Door
from access.reasons import why
from booking.acts import Act, ActKind, tell
from booking.ids import PersonId, PremisesId
from booking.models import Person
from booking.refusals import AlreadyThere, BadInput, NotFound
from devices.drivers.registry import CARDLESS, DRIVERS
from devices.messages import FIRST_IN, LONG_OPEN, SURVIVES_LOCKDOWN, SURVIVES_STALE

FLAGS = (SURVIVES_LOCKDOWN, SURVIVES_STALE, FIRST_IN)
_BY_PERSON = (ActKind.CREDENTIAL_ENROLLED, ActKind.CREDENTIAL_REVOKED, ActKind.PERSON_ERASED)
_BY_PREMISES = (ActKind.STAFF_ACCESS_CHANGED, ActKind.DOOR_CHANGED)
Wanted = tuple[StaffAccessId, DoorId, CredentialId]


@dataclass(frozen=True, slots=True)
class StaffWish:
    """`since_at` None: from now; `until_at` None: until ended by hand."""

    person: PersonId
    reason: str
    flags: tuple[str, ...] = ()
    since_at: datetime | None = None
    until_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class OnStaff:
    """One entry of the register with its person; rights: how many, and how many of them doors have confirmed."""

    access: StaffAccess
    person: Person
    rights: int
    confirmed: int


@dataclass(frozen=True, slots=True)
class Listed:
    """A right without window as a door's list has it: by whose card, of what kind."""

    ref: str
    key: str
    kind: str
    flags: tuple[str, ...]
    person: str


def give(session: Session, premises: PremisesId, wish: StaffWish, *, by: PersonId | None, now: datetime) -> StaffAccess:
    """Put somebody into the register of a premises. Their cards open its doors as soon as the doors have confirmed.

    Raises BadInput, AlreadyThere, NotFound for nobody."""
    person = session.get(Person, wish.person)
    if person is None or person.erased_at is not None:
        raise NotFound(what="person")
    since_at = wish.since_at or now
    if wish.until_at is not None and wish.until_at <= max(since_at, now):
        raise BadInput(field="until_on", problem="order")
    if unknown := set(wish.flags) - set(FLAGS):
        raise BadInput(field="flags", problem="not_one_of", found=min(unknown))
    _hold_cards(session, wish.person)
    mine = (StaffAccess.person_id == wish.person) & (StaffAccess.premises_id == premises)
    if session.scalar(select(StaffAccess.id).where(mine, _not_over(now)).limit(1)) is not None:
        raise AlreadyThere(what="staff_access")
    flags = [flag for flag in FLAGS if flag in wish.flags]
    row = StaffAccess(premises_id=premises, person_id=wish.person, flags=flags, reason=why(wish.reason))
    row.since_at, row.until_at, row.given_by, row.given_at = since_at, wish.until_at, by, now
    session.add(row)
    session.flush()
    _tell(session, row, by, now)
    return row


def end(session: Session, premises: PremisesId, ref: str, *, by: PersonId, now: datetime) -> StaffAccess:
    """Take somebody out of the register. Raises NotFound."""
    query = select(StaffAccess).where(StaffAccess.ref == ref, StaffAccess.premises_id == premises)
    row = session.scalar(query.where(StaffAccess.ended_at.is_(None)))
    if row is None:
        raise NotFound(what="staff_access")
    row.ended_at, row.ended_by = now, by
    session.flush()
    _tell(session, row, by, now)
    return row


def on_staff(session: Session, premises: PremisesId, now: datetime) -> list[OnStaff]:
    """The register of a premises as it stands, by name."""
    query = select(StaffAccess, Person).join(Person, Person.id == StaffAccess.person_id)
    rows = session.execute(query.where(StaffAccess.premises_id == premises, _not_over(now)).order_by(Person.name)).all()
    live = select(StaffRight).where(StaffRight.out_version.is_(None))
    rights = session.scalars(live.where(StaffRight.staff_access_id.in_([row.id for row, _ in rows]))).all()
    return [_on_staff(row, person, [each for each in rights if each.staff_access_id == row.id]) for row, person in rows]


def keep_up(session: Session, acts: Sequence[Act], now: datetime) -> None:
    """What these acts change for the staff. It locks doors before the rights of bookings do, and then all that those
    may lock as well, so that nobody waits in a ring."""
    _forget(session, {person for act in acts if act.kind is ActKind.PERSON_ERASED for person in act.persons}, now)
    persons = {person for act in acts if act.kind in _BY_PERSON for person in act.persons}
    known = select(StaffAccess.premises_id).where(StaffAccess.person_id.in_(persons)).distinct()
    theirs = set(session.scalars(known)) if persons else set()
    places = {act.premises for act in acts if act.kind in _BY_PREMISES and act.premises is not None}
    places = {place for place in places if _has_staff(session, place)}
    if theirs:
        register.lock(session, list(session.scalars(select(Door.id))))
    for place in sorted(places | theirs):
        settle(session, place, now)


def settle(session: Session, premises: PremisesId, now: datetime) -> frozenset[DoorId]:
    """Make the rights of the staff at a premises what its register says; gives the doors that changed."""
    here = list(session.scalars(select(Door.id).where(Door.premises_id == premises)))
    locked = {door.id: door for door in register.lock(session, here)}
    live = select(StaffRight).where(StaffRight.door_id.in_(here), StaffRight.out_version.is_(None))
    there = {(row.staff_access_id, row.door_id, row.credential_id): row for row in session.scalars(live)}
    want = _wanted(session, premises, now)
    give, withdraw = sorted(want - there.keys()), [there[key] for key in sorted(there.keys() - want)]
    changed = frozenset({key[1] for key in give} | {row.door_id for row in withdraw})
    for door in changed:
        locked[door].version += 1
    for row in withdraw:
        row.withdrawn_at, row.out_version = now, locked[row.door_id].version
    session.flush()
    session.add_all(_right(key, locked[key[1]].version, now) for key in give)
    session.flush()
    return changed


def confirm(session: Session, door: DoorId, version: int, now: datetime) -> None:
    """The door holds the list of this version (0: none)."""
    mine = StaffRight.door_id == door
    gone = mine & (StaffRight.out_version <= version) & StaffRight.out_door_at.is_(None)
    session.execute(update(StaffRight).where(gone).values(out_door_at=now))
    missing = mine & (StaffRight.in_version > version) & StaffRight.in_door_at.is_not(None)
    session.execute(update(StaffRight).where(missing).values(in_door_at=None))
    live = StaffRight.out_version.is_(None) | (StaffRight.out_version > version)
    arrived = mine & (StaffRight.in_version <= version) & StaffRight.in_door_at.is_(None) & live
    session.execute(update(StaffRight).where(arrived).values(in_door_at=now))


def entries(session: Session, door: Door, *, cred: str | None = None) -> list[Listed]:
    """The live rights of the staff at a door, or those of one credential there, as its list wants them."""
    query = (
        select(StaffRight, StaffAccess.flags, CredentialKey.key_hash, Credential, Person.ref)
        .join(StaffAccess, StaffAccess.id == StaffRight.staff_access_id)
        .join(Credential, Credential.id == StaffRight.credential_id)
        .join(Person, Person.id == Credential.person_id)
        .join(CredentialKey, _known_here())
        .where(StaffRight.door_id == door.id, StaffRight.out_version.is_(None))
        .order_by(StaffRight.ref)
    )
    if cred is not None:
        query = query.where(CredentialKey.key_hash == cred)
    return [
        Listed(right.ref, key, card.kind, (*flags, *((LONG_OPEN,) if card.long_open else ())), whose)
        for right, flags, key, card, whose in session.execute(query)
    ]


def _known_here() -> ColumnElement[bool]:
    same = CredentialKey.credential_id == StaffRight.credential_id
    return same & (CredentialKey.door_id == StaffRight.door_id) & CredentialKey.retired_at.is_(None)


def _wanted(session: Session, premises: PremisesId, now: datetime) -> set[Wanted]:
    """Every live card of theirs, at every door in use of the premises that takes cards and knows it."""
    query = (
        select(StaffAccess.id, Door.id, Credential.id)
        .join(Credential, Credential.person_id == StaffAccess.person_id)
        .join(CredentialKey, CredentialKey.credential_id == Credential.id)
        .join(Door, (Door.id == CredentialKey.door_id) & (Door.premises_id == StaffAccess.premises_id))
        .where(StaffAccess.premises_id == premises, _not_over(now), StaffAccess.since_at <= now)
        .where(Credential.kind == CredentialKind.CARD.value, Credential.revoked_at.is_(None))
        .where(Door.enabled, Door.driver.in_(set(DRIVERS) - CARDLESS))
        .where(card_secrets.is_enough())
    )
    return {(access, door, card) for access, door, card in session.execute(query)}


def _not_over(now: datetime) -> ColumnElement[bool]:
    lasting = or_(StaffAccess.until_at.is_(None), StaffAccess.until_at > now)
    return and_(StaffAccess.ended_at.is_(None), lasting)


def _has_staff(session: Session, premises: PremisesId) -> bool:
    return session.scalar(select(StaffAccess.id).where(StaffAccess.premises_id == premises).limit(1)) is not None


def _hold_cards(session: Session, person: PersonId) -> None:
    """Nobody revokes these while rights are made from them."""
    query = select(Credential.id).where(Credential.person_id == person).order_by(Credential.id)
    session.execute(query.with_for_update(read=True))


def _forget(session: Session, erased: set[PersonId], now: datetime) -> None:
    if erased:
        mine = StaffAccess.person_id.in_(erased)
        session.execute(update(StaffAccess).where(mine).values(reason="-"))
        session.execute(update(StaffAccess).where(mine, StaffAccess.ended_at.is_(None)).values(ended_at=now))


def _right(key: Wanted, version: int, now: datetime) -> StaffRight:
    access, door, card = key
    return StaffRight(staff_access_id=access, door_id=door, credential_id=card, given_at=now, in_version=version)


def _on_staff(row: StaffAccess, person: Person, rights: Iterable[StaffRight]) -> OnStaff:
    rights = list(rights)
    return OnStaff(row, person, len(rights), sum(right.in_door_at is not None for right in rights))


def _tell(session: Session, row: StaffAccess, by: PersonId | None, now: datetime) -> None:
    body = {
        "staff_access": row.ref,
        "flags": row.flags,
        "since": row.since_at.isoformat(),
        "until": row.until_at.isoformat() if row.until_at else None,
        "reason": row.reason,
        "ended": row.ended_at is not None,
    }
    act = Act(ActKind.STAFF_ACCESS_CHANGED, now, by, row.ref, body, row.premises_id, (row.person_id,))
    tell(session, act)
