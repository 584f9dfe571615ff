"""What doors tell: stored once, attributed, in one transaction with its audit entries, acknowledged only after it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import select, tuple_
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from access import aftermath, card_showings, commands, counted, visitor_codes
from access.alarms import AlarmKind, sound
from access.code_models import PhoneOpening
from access.ids import CredentialId, DoorCommandId, DoorEventId, RightId
from access.models import (
    CommandState,
    Credential,
    CredentialKey,
    Door,
    DoorCommand,
    DoorEvent,
    DoorState,
    Purpose,
    Right,
)
from booking.acts import Act, ActKind, tell
from booking.ids import OccurrenceId, PersonId
from devices.events import Batch, DoorReason, Event, EventKind, acknowledgeable, continues
from devices.messages import Medium, Position

_LAST_SECOND = 253_402_300_799  # 31.12.9999: a door's clock may say anything, datetime may not


@dataclass(frozen=True, slots=True)
class Bearing:
    """Whose credential it was, as far as we know; all None for a stranger's."""

    credential: CredentialId | None = None
    person: PersonId | None = None
    purpose: str = Purpose.OWN.value
    live: bool = False


@dataclass(frozen=True, slots=True)
class Known:
    """What the events of a batch refer to."""

    bearings: Mapping[str, Bearing]
    rights: Mapping[str, tuple[RightId, OccurrenceId]]
    commands: Mapping[str, tuple[DoorCommandId, OccurrenceId | None, PersonId | None]]


def take_batch(session: Session, door: Door, batch: Batch, now: datetime) -> Position | None:
    """Store a batch; gives how far it may be acknowledged once this transaction is committed, None: not at all yet."""
    counted.message("events")
    state = session.get_one(DoorState, door.id)
    stored = Position(state.acked_boot_epoch, state.acked_seq) if state.acked_seq else None
    state.last_heard_at = now
    _mind_gap(session, door, stored, batch, now)
    store(session, door, batch.events, now)
    reached = acknowledgeable(stored, batch)
    if reached is not None:
        state.acked_boot_epoch, state.acked_seq = reached.boot_epoch, reached.seq
    return reached or stored


def store(
    session: Session, door: Door, events: Sequence[Event], now: datetime, *, act: ActKind = ActKind.DOOR_EVENT
) -> list[DoorEventId]:
    """Store events once each; another event under a stored number stays out and is kept as an alarm. Gives the new."""
    known = _known(session, door, events)
    rows = {event.position: row_of(door, event, known, now) for event in events}
    insert = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    once = insert(DoorEvent).on_conflict_do_nothing(index_elements=["door_id", "boot_epoch", "seq"])
    statement = once.returning(DoorEvent.id, DoorEvent.ref, DoorEvent.boot_epoch, DoorEvent.seq)
    new = {
        Position(boot, seq): (row_id, ref) for row_id, ref, boot, seq in session.execute(statement, list(rows.values()))
    }
    counted.stored(event.kind for event in events if event.position in new)
    for event in events:
        if event.position in new:
            tell(session, act_of(act, door, event, new[event.position][1], known, now))
            _follow(session, door, event, new[event.position][1], known, now)
    _mind_conflicts(session, door, [event for event in events if event.position not in new], now)
    return [row_id for row_id, _ref in new.values()]


def bearings(session: Session, door: Door, hashes: Collection[str]) -> dict[str, Bearing]:
    """Whose credentials these are at this door: the live one, else the one that was last."""
    if not hashes:
        return {}
    columns = (CredentialKey.key_hash, Credential.id, Credential.person_id, Credential.purpose)
    query = select(*columns, CredentialKey.retired_at.is_(None)).join(Credential)
    query = query.where(CredentialKey.door_id == door.id, CredentialKey.key_hash.in_(hashes))
    rows = session.execute(query.order_by(CredentialKey.retired_at.is_(None), CredentialKey.id))
    return {key: Bearing(credential, person, purpose, live) for key, credential, person, purpose, live in rows}


def _known(session: Session, door: Door, events: Sequence[Event]) -> Known:
    """Key to unlock is waited for by a person: what no event refers to is not asked for."""
    return Known(
        bearings(session, door, {event.cred for event in events if event.cred}),
        rights_by_ref(session, door, {event.right for event in events if event.right}),
        _commands(session, door, {event.command for event in events if event.command}),
    )


def rights_by_ref(session: Session, door: Door, refs: Collection[str]) -> dict[str, tuple[RightId, OccurrenceId]]:
    """The ids of these rights of a door and of their occurrences."""
    if not refs:
        return {}
    query = select(Right.ref, Right.id, Right.occurrence_id).where(Right.door_id == door.id, Right.ref.in_(refs))
    return {ref: (right, occurrence) for ref, right, occurrence in session.execute(query)}


def _commands(
    session: Session, door: Door, refs: Collection[str]
) -> dict[str, tuple[DoorCommandId, OccurrenceId | None, PersonId | None]]:
    """The orders, with the time and the person when somebody pressed the button on a phone."""
    if not refs:
        return {}
    columns = (DoorCommand.ref, DoorCommand.id, PhoneOpening.occurrence_id, PhoneOpening.person_id)
    query = select(*columns).outerjoin(PhoneOpening, PhoneOpening.command_id == DoorCommand.id)
    query = query.where(DoorCommand.door_id == door.id, DoorCommand.ref.in_(refs))
    return {ref: (order, occurrence, person) for ref, order, occurrence, person in session.execute(query)}


def row_of(door: Door, event: Event, known: Known, now: datetime) -> dict[str, Any]:
    """The columns of an event."""
    bearing = known.bearings.get(event.cred or "", Bearing())
    right, occurrence = known.rights.get(event.right or "", (None, None))
    order, turn, presser = known.commands.get(event.command or "", (None, None, None))
    return {
        "door_id": door.id,
        "boot_epoch": event.position.boot_epoch,
        "seq": event.position.seq,
        "kind": event.kind.value,
        "reason": event.reason or "",
        "device_at": instant(event.at),
        "received_at": now,
        "clock": event.clock.value,
        "credential_id": bearing.credential,
        "person_id": bearing.person or presser,
        "right_id": right,
        "occurrence_id": occurrence or turn,
        "command_id": order,
        "body": dict(event.raw),
        "body_hash": event.hash,
    }


def instant(seconds: int) -> datetime:
    """A door's Unix seconds as an instant, at most the last second of 9999 (the event's body keeps what it said)."""
    return datetime.fromtimestamp(min(seconds, _LAST_SECOND), UTC)


def act_of(act: ActKind, door: Door, event: Event, ref: str, known: Known, now: datetime) -> Act:
    """What the log says of an event."""
    bearing = known.bearings.get(event.cred or "", Bearing())
    body = {
        "event": ref,
        "kind": event.kind.value,
        "reason": event.reason,
        "boot_epoch": event.position.boot_epoch,
        "seq": event.position.seq,
        "device_at": instant(event.at).isoformat(),
        "clock": event.clock.value,
        "hash": event.hash,
    }
    persons = () if bearing.person is None else (bearing.person,)
    return Act(act, now, None, door.ref, body, door.premises_id, persons)


def _follow(session: Session, door: Door, event: Event, ref: str, known: Known, now: datetime) -> None:
    """What follows from a new event beside its place in the log."""
    aftermath.follow(session, door, event, ref, now)
    if event.kind is EventKind.OPENED_REMOTE and (command := known.commands.get(event.command or "")):
        _opened(session, command[0], now)
    if event.kind in _SHOWN and event.cred:
        _follow_shown(session, door, event, ref, known.bearings.get(event.cred, Bearing()), now)


_SHOWN = (EventKind.GRANTED, EventKind.DENIED)


def _follow_shown(session: Session, door: Door, event: Event, ref: str, whose: Bearing, now: datetime) -> None:
    """What follows from what was shown: a twin under duress, a visitor's first use, a card that is waited for."""
    if whose.purpose == Purpose.DURESS:
        facts = {"event": ref, "seq": event.position.seq, "opened": event.kind is EventKind.GRANTED}
        sound(session, door, AlarmKind.DURESS, facts, now)
    if whose.purpose == Purpose.VISITOR and whose.credential and event.kind is EventKind.GRANTED:
        visitor_codes.note_use(session, whose.credential, instant(event.at), now)
    if event.kind is EventKind.DENIED and event.reason == DoorReason.UNKNOWN_CREDENTIAL and event.cred:
        _follow_card(session, door, event, whose, now)


def _follow_card(session: Session, door: Door, event: Event, whose: Bearing, now: datetime) -> None:
    if event.medium is not Medium.CARD or not card_showings.is_waited_for(session, door.id):
        return
    if whose.live and whose.credential:
        card_showings.seen_known(session, door, session.get_one(Credential, whose.credential), now)
    else:
        assert event.cred is not None
        card_showings.seen(session, door, event.cred, instant(event.at), now)


def _opened(session: Session, command: DoorCommandId, now: datetime) -> None:
    """The event says the door opened, also when the answer was lost."""
    row = session.get_one(DoorCommand, command)
    if row.state in (CommandState.SENT.value, CommandState.EXPIRED.value):
        commands.end(session, row, CommandState.DONE, "opened", now)


def _mind_conflicts(session: Session, door: Door, repeated: Sequence[Event], now: datetime) -> None:
    """Of two different events with one number the first stays; the second is kept in the alarm (11.8)."""
    if not repeated:
        return
    places = [(event.position.boot_epoch, event.position.seq) for event in repeated]
    query = select(DoorEvent).where(DoorEvent.door_id == door.id)
    stored = session.scalars(query.where(tuple_(DoorEvent.boot_epoch, DoorEvent.seq).in_(places)))
    hashes = {Position(row.boot_epoch, row.seq): (row.ref, row.body_hash) for row in stored}
    for event in repeated:
        ref, first = hashes[event.position]
        if first != event.hash:
            facts = {"event": ref, "first_hash": first, "second_hash": event.hash, "second": dict(event.raw)}
            sound(session, door, AlarmKind.EVENT_CONFLICT, facts, now)


def _mind_gap(session: Session, door: Door, stored: Position | None, batch: Batch, now: datetime) -> None:
    """A step that nothing explains: the door says that what lies between will never come."""
    first = batch.events[0]
    if stored is None or first.position <= stored or continues(stored, first) or first.kind is EventKind.OVERFLOW:
        return
    facts = {"after": stored.body(), "first": first.position.body(), "oldest": batch.oldest.body()}
    sound(session, door, AlarmKind.EVENT_GAP, {key: dict(value) for key, value in facts.items()}, now)
