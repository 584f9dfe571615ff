"""The access list of a door: built from its live rights, signed, kept, and renewed before it goes stale."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from hashlib import sha256

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from access import door_rules, free_schedules, list_post, register, staff_access, use_limits
from access.alarms import AlarmKind, cease, sound
from access.ids import DoorId
from access.keys import Vault, link_key
from access.leases import DoorLease
from access.models import AccessList, Credential, CredentialKey, Door, DoorState, Driver, Purpose, Right
from access.practice import practice
from booking.acts import Act, ActKind, tell
from booking.people_models import Person
from devices import messages
from devices.link import DoorLink
from devices.pages import TooManyPages

_CONFIRMED_WITHIN = timedelta(minutes=1)  # a door says at once what it took


def issue_due(
    session: Session, vault: Vault, now: datetime, *, holder: str | None = None, at_most: int | None = None
) -> list[AccessList]:
    """Issue the lists of all doors that this process serves (None: of all) whose rights changed, or whose list is
    getting old; no more than `at_most` of them."""
    newest = select(AccessList.door_id).where(AccessList.issued_at > now - practice().list_renew)
    changed = Door.issued_version < Door.version
    query = select(Door.id).where(Door.driver == Driver.VUORO_MQTT.value, changed | Door.id.not_in(newest))
    if holder is not None:
        query = query.join(DoorLease).where(DoorLease.holder == holder)
    if at_most is not None:
        query = query.order_by(changed.desc(), Door.id).limit(at_most)
    return [issue(session, vault, door, now) for door in register.lock(session, list(session.scalars(query)))]


def issue(session: Session, vault: Vault, door: Door, now: datetime) -> AccessList:
    """The list of a door (locked by the caller) at its version, signed and kept; a version never has two contents."""
    if door.issued_version == door.version:
        door.version += 1
    before = newest(session, door)
    head, payload, rights, left_out = _sealed(session, vault, door, before.payload if before else b"", now)
    row = AccessList(
        door_id=door.id,
        epoch=head.epoch,
        version=head.version,
        payload=payload,
        hash=head.hash,
        rights=rights,
        left_out=left_out,
        issued_at=now,
        not_after=now + practice().list_valid,
    )
    door.issued_version = door.version
    session.add(row)
    session.flush()
    _mind_room(session, door, left_out, now)
    facts = {"epoch": row.epoch, "version": row.version, "hash": row.hash, "rights": row.rights}
    tell(session, Act(ActKind.DOOR_LIST_ISSUED, now, None, door.ref, facts, door.premises_id))
    return row


def _sealed(
    session: Session, vault: Vault, door: Door, before: bytes, now: datetime
) -> tuple[messages.AccessList, bytes, int, list[str]]:
    """With as many rights as fit into its pages."""
    state, room = session.get_one(DoorState, door.id), None
    while True:
        body, left_out = build(session, door, now, room=room)
        try:
            link = link_of(vault, door)
            head, payload = list_post.sealed(link, body, most_bytes=state.page_limit, before=before)
        except TooManyPages:
            room = len(body.rights) * 9 // 10
        else:
            return head, payload, len(body.rights), left_out


def build(
    session: Session, door: Door, now: datetime, *, cred: str | None = None, room: int | None = None
) -> tuple[messages.AccessList, list[str]]:
    """All live rights of a door (or those of one credential) as its list, and the refs of those it has no room for: the
    latest to begin."""
    query = (
        select(Right, CredentialKey.key_hash, Credential, Person.ref)
        .join(Credential, Right.credential_id == Credential.id)
        .join(Person, Person.id == Credential.person_id)
        .join(CredentialKey, (CredentialKey.credential_id == Credential.id) & (CredentialKey.door_id == Right.door_id))
        .where(Right.door_id == door.id, Right.out_version.is_(None))
        .order_by(Right.valid_from, Right.ref)
    )
    if cred is not None:
        query = query.where(CredentialKey.key_hash == cred)
    rows = session.execute(query).all()
    limited = {right.credential_id for right, _, credential, _ in rows if credential.purpose == Purpose.VISITOR}
    left = use_limits.left_at(session, door.id, limited)
    # The staff first: what has no room is left out from the end.
    found = [_staff(door, each) for each in staff_access.entries(session, door, cred=cred)]
    found += [
        _entry(door, right, key, credential, person, left.get(credential.id))
        for right, key, credential, person in rows
        if left.get(credential.id, 1) > 0
    ]
    if room is None:
        room = _room(session, door.id) if cred is None else len(found)
    issued = int(now.timestamp())
    built = messages.AccessList(
        epoch=door.epoch,
        version=door.version,
        issued=issued,
        not_after=issued + practice().list_valid_h * 3600,
        unlock_s=door.unlock_s,
        held_open_s=door.held_open_s,
        rights=tuple(sorted(found[:room], key=lambda right: right.id)),
        rules=door_rules.told(session, door),
        free=free_schedules.windows(session, door, now),
    )
    return built, [right.id for right in found[room:]]


def newest(session: Session, door: Door) -> AccessList | None:
    """The list the door should hold, if one was issued."""
    query = select(AccessList).where(AccessList.door_id == door.id, AccessList.epoch == door.epoch)
    return session.scalar(query.order_by(AccessList.version.desc()).limit(1))


def issued(session: Session, holder: str) -> Sequence[tuple[DoorId, int]]:
    """The doors that this process serves and that have a list, with its version."""
    query = (
        select(Door.id, AccessList.version).join(AccessList, _IN_FORCE).join(DoorLease, DoorLease.door_id == Door.id)
    )
    found = session.execute(query.where(DoorLease.holder == holder, Door.driver == Driver.VUORO_MQTT.value))
    return [(door, version) for door, version in found]


def newest_of(session: Session, doors: Sequence[DoorId]) -> Sequence[tuple[Door, AccessList]]:
    """Of each of these doors the list it should hold."""
    query = select(Door, AccessList).join(AccessList, _IN_FORCE).where(Door.id.in_(doors))
    return [(door, row) for door, row in session.execute(query)]


_IN_FORCE = (
    (AccessList.door_id == Door.id) & (AccessList.version == Door.issued_version) & (AccessList.epoch == Door.epoch)
)


def unconfirmed(session: Session, now: datetime) -> Sequence[Door]:
    """Doors that are there and have not confirmed a list of a minute ago: it, or a page of it, was lost."""
    query = select(Door).join(DoorState).join(AccessList, AccessList.door_id == Door.id)
    newest = (AccessList.epoch == Door.epoch) & (AccessList.version == Door.issued_version)
    behind = DoorState.online & (DoorState.confirmed_version < Door.issued_version)
    return session.scalars(query.where(newest, behind, AccessList.issued_at < now - _CONFIRMED_WITHIN)).all()


def forget_old(session: Session, now: datetime) -> None:
    """Empty the lists that were replaced long ago; version and hash stay, for a door may still hold one."""
    long_ago = now - timedelta(days=practice().list_kept_days)
    door = select(Door.issued_version).where(Door.id == AccessList.door_id).scalar_subquery()
    old = (AccessList.issued_at < long_ago) & (AccessList.version < door) & (AccessList.payload != b"")
    session.execute(update(AccessList).where(old).values(payload=b""), execution_options={"synchronize_session": False})


def link_of(vault: Vault, door: Door) -> DoorLink:
    """The service's end of the wire to this door."""
    return DoorLink(door.controller_id, {door.link_kid: link_key(vault, door)}, vault.signing(door.service_kid))


def resign(link: DoorLink, vault: Vault, door: Door) -> None:
    """From now on with the key that the door trusts by its latest word."""
    if link.signing.kid != door.service_kid:
        link.signing = vault.signing(door.service_kid)


def holder_of(door: Door, person_ref: str) -> str:
    """What a door calls a person: the same for all their cards and PINs there, another at every other door."""
    return f"h-{sha256(f'{door.controller_id}:{person_ref}'.encode()).hexdigest()[:20]}"


def _entry(
    door: Door, right: Right, key: str, credential: Credential, person_ref: str, uses: int | None
) -> messages.Right:
    """A visitor is somebody else than who made the code; a twin is not told from the PIN but by its flag."""
    visitor = credential.purpose == Purpose.VISITOR
    return messages.Right(
        right.ref,
        key,
        messages.Medium(credential.kind),
        int(right.valid_from.timestamp()),
        int(right.valid_until.timestamp()),
        flags=tuple(sorted(_flags(credential))),
        holder=holder_of(door, credential.ref if visitor else person_ref),
        uses=uses,
    )


def _flags(credential: Credential) -> Iterator[str]:
    if credential.purpose == Purpose.DURESS:
        yield messages.DURESS
    if credential.long_open:
        yield messages.LONG_OPEN


def _staff(door: Door, listed: staff_access.Listed) -> messages.Right:
    kind, holder = messages.Medium(listed.kind), holder_of(door, listed.person)
    return messages.Right(listed.ref, listed.key, kind, None, None, tuple(sorted(listed.flags)), holder=holder)


def _room(session: Session, door: DoorId) -> int:
    told = session.scalar(select(DoorState.rights_limit).where(DoorState.door_id == door))
    return min(practice().rights_limit, told or practice().rights_limit)


def _mind_room(session: Session, door: Door, left_out: list[str], now: datetime) -> None:
    if left_out:
        sound(session, door, AlarmKind.LIST_FULL, {"left_out": len(left_out)}, now)
    else:
        cease(session, door, AlarmKind.LIST_FULL, now)
