"""Orders to doors: asked with a reason, kept as rows, sent by the doors process; a silent door is said to be silent."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from access import counted, reasons, register
from access.ids import DoorId
from access.leases import DoorLease
from access.models import CommandState, Door, DoorCommand, DoorState, Driver
from access.practice import practice
from booking.acts import Act, ActKind, tell
from booking.ids import PersonId
from booking.refusals import BadInput, NotFound
from devices.link import next_counter
from devices.orders import Answer, Command, DropKey, FireReset, Forgive, Open, SetTime, Trust

OPEN, SET_TIME, FORGIVE, FIRE_RESET = "open", "set_time", "forgive", "fire_reset"
TRUST, DROP_KEY = "trust", "drop_key"
OFFLINE, NO_ANSWER, REFUSED = "offline", "no_answer", "device_refused"
BY_PHONE = "phone:button"  # in the place of a reason: who pressed stood at the door (access/phone.py)
REMOTE_CODE = "remote"  # what the door writes as reason; people's words stay with us
LONGEST_REASON = reasons.LONGEST_REASON
_OF_PEOPLE = (OPEN, FORGIVE, FIRE_RESET)
_UNDER_WAY = (CommandState.QUEUED.value, CommandState.SENT.value)
_KEY_PAUSE = timedelta(minutes=10)
_ANSWER_WAIT = timedelta(seconds=2)  # an answer may be on its way when the order runs out


def ask_open(
    session: Session, door_ref: str, *, by: PersonId, reason: str, now: datetime, override: bool = False
) -> DoorCommand:
    """Ask to open a door now, with a reason in one's own words; `override`: also in lockdown. A door known to be
    offline is not asked: the command ends as failed at once, and is kept. Raises NotFound, BadInput(field=reason)."""
    return _ask(session, register.by_ref(session, door_ref), OPEN, reason, {"override": override}, by, now)


def ask_forgive(
    session: Session, door: Door, *, holder: str | None, by: PersonId, reason: str, now: datetime
) -> DoorCommand:
    """Have a door forget where this holder (as it knows them) is, or everybody: anti-passback begins anew."""
    return _ask(session, door, FORGIVE, reason, {"holder": holder}, by, now)


def ask_fire_reset(session: Session, door: Door, *, by: PersonId, reason: str, now: datetime) -> DoorCommand:
    """Have a door lock again after a fire alarm; it refuses while its input is active."""
    return _ask(session, door, FIRE_RESET, reason, {}, by, now)


def _ask(
    session: Session, door: Door, kind: str, reason: str, facts: Mapping[str, Any], by: PersonId, now: datetime
) -> DoorCommand:
    reason = reasons.why(reason)
    if kind != OPEN and door.driver != Driver.VUORO_MQTT.value:
        raise BadInput(field="reason", problem="hardware")
    row = _asked(session, door, kind, reason, by, now, facts)
    if not session.get_one(DoorState, door.id).online:
        end(session, row, CommandState.FAILED, OFFLINE, now)
    return row


def ask_by_phone(session: Session, door: Door, *, by: PersonId, now: datetime) -> DoorCommand:
    """Ask to open a door for somebody who stands before it: void after a few seconds, and at once if it is offline."""
    valid = timedelta(seconds=practice().phone_open_s)
    row = _asked(session, door, OPEN, BY_PHONE, by, now, valid=valid)
    if not session.get_one(DoorState, door.id).online:
        end(session, row, CommandState.FAILED, OFFLINE, now)
    return row


def ask_time(session: Session, door: Door, now: datetime) -> DoorCommand | None:
    """Have a door's clock set, unless that is under way."""
    under_way = select(DoorCommand.id).where(DoorCommand.door_id == door.id, DoorCommand.kind == SET_TIME)
    if session.scalar(under_way.where(DoorCommand.state.in_(_UNDER_WAY)).limit(1)) is not None:
        return None
    return _asked(session, door, SET_TIME, "", None, now)


def ask_key(session: Session, door: Door, kind: str, facts: Mapping[str, Any], now: datetime) -> DoorCommand | None:
    """Have a door trust a key of ours, or drop one; the same is asked again only after a while."""
    lately = select(DoorCommand.facts).where(DoorCommand.door_id == door.id, DoorCommand.kind == kind)
    asked = session.scalars(lately.where(DoorCommand.asked_at > now - _KEY_PAUSE))
    if any(each.get("kid") == facts["kid"] for each in asked):
        return None
    return _asked(session, door, kind, "", None, now, facts)


def command_of(session: Session, ref: str) -> DoorCommand:
    """A command with its door, to see how it ended. Raises NotFound."""
    query = select(DoorCommand).where(DoorCommand.ref == ref).options(joinedload(DoorCommand.door))
    row = session.scalar(query.execution_options(populate_existing=True))
    if row is None:
        raise NotFound(what="command")
    return row


def shown_state(row: DoorCommand, now: datetime) -> CommandState:
    """The state to show: overdue is expired, also while no doors process runs that would write so."""
    overdue = row.ended_at is None and row.expires_at <= now - _ANSWER_WAIT
    return CommandState.EXPIRED if overdue else CommandState(row.state)


def recent(session: Session, door: DoorId, limit: int = 20) -> Sequence[DoorCommand]:
    """The last orders people gave at a door, newest first."""
    query = select(DoorCommand).where(DoorCommand.door_id == door, DoorCommand.kind.in_(_OF_PEOPLE))
    return session.scalars(query.order_by(DoorCommand.id.desc()).limit(limit)).all()


@dataclass(frozen=True, slots=True)
class ToSend:
    """A command that may go out now; its counter is stored with it."""

    command: DoorCommand
    door: Door


def take_queued(
    session: Session, drivers: Collection[Driver], now: datetime, *, holder: str | None = None
) -> list[ToSend]:
    """The queued commands for doors of these drivers that this process serves (None: any), each marked as sent with
    the next counter of its door; what is too late, or for a door that is offline, ends."""
    query = select(DoorCommand).join(Door)
    if holder is not None:
        query = query.join(DoorLease, (DoorLease.door_id == Door.id) & (DoorLease.holder == holder))
    query = query.where(DoorCommand.state == CommandState.QUEUED.value)
    query = query.where(Door.driver.in_([driver.value for driver in drivers])).order_by(DoorCommand.id)
    queued = session.scalars(query.with_for_update(of=DoorCommand, skip_locked=True)).all()
    doors = {door.id: door for door in register.lock(session, {row.door_id for row in queued})} if queued else {}
    return [sent for row in queued if (sent := _taken(session, row, doors[row.door_id], now))]


def take_answer(session: Session, door: Door, answer: Answer, now: datetime) -> None:
    """What a door said of a command: the first answer counts, also one that comes after we gave up waiting."""
    counted.message("answer")
    row = session.scalar(select(DoorCommand).where(DoorCommand.ref == answer.id, DoorCommand.door_id == door.id))
    if row is None or row.state not in (CommandState.SENT.value, CommandState.EXPIRED.value):
        return
    end(session, row, CommandState.DONE if answer.done else CommandState.FAILED, answer.code, now)


def expire(session: Session, now: datetime) -> int:
    """End what was not answered in time; gives how many. Nothing is ever sent again by itself (10.5)."""
    late = DoorCommand.state.in_(_UNDER_WAY) & (DoorCommand.expires_at <= now - _ANSWER_WAIT)
    rows = session.scalars(select(DoorCommand).where(late)).all()
    for row in rows:
        end(session, row, CommandState.EXPIRED, NO_ANSWER, now)
    return len(rows)


def end(session: Session, row: DoorCommand, state: CommandState, result: str, now: datetime) -> None:
    """A command is over, and the log says how."""
    row.state, row.result, row.ended_at = state.value, result, now
    session.flush()
    door = session.get_one(Door, row.door_id)
    body = {"command": row.ref, "kind": row.kind, "state": row.state, "result": result}
    tell(session, Act(ActKind.DOOR_COMMAND_ENDED, now, None, door.ref, body, door.premises_id, _concerned(row)))


def body_of(row: DoorCommand, door: Door, now: datetime) -> Command:
    """What is sent to a door of our own protocol."""
    match row.kind:
        case "set_time":
            return SetTime(row.ref, int(now.timestamp() * 1000))
        case "forgive":
            return Forgive(row.ref, row.facts.get("holder"))
        case "fire_reset":
            return FireReset(row.ref)
        case "trust":
            return Trust(row.ref, row.facts["kid"], row.facts["key"])
        case "drop_key":
            return DropKey(row.ref, row.facts["kid"])
        case _:
            return Open(row.ref, door.unlock_s, REMOTE_CODE, override=bool(row.facts.get("override")))


def _asked(
    session: Session,
    door: Door,
    kind: str,
    reason: str,
    by: PersonId | None,
    now: datetime,
    facts: Mapping[str, Any] | None = None,
    *,
    valid: timedelta | None = None,
) -> DoorCommand:
    expires_at = now + (valid or practice().command_valid)
    row = DoorCommand(door_id=door.id, kind=kind, reason=reason, asked_by=by, asked_at=now, expires_at=expires_at)
    row.facts = dict(facts or {})
    session.add(row)
    session.flush()
    body = {"command": row.ref, "kind": kind, "reason": reason, **row.facts}
    tell(session, Act(ActKind.DOOR_COMMAND_ASKED, now, by, door.ref, body, door.premises_id))
    return row


def _taken(session: Session, row: DoorCommand, door: Door, now: datetime) -> ToSend | None:
    if row.expires_at <= now:
        end(session, row, CommandState.EXPIRED, NO_ANSWER, now)
        return None
    if not session.get_one(DoorState, door.id).online:
        end(session, row, CommandState.FAILED, OFFLINE, now)
        return None
    door.command_counter = row.counter = next_counter(door.command_counter, now)
    valid = row.expires_at - row.asked_at
    row.state, row.sent_at, row.expires_at = CommandState.SENT.value, now, now + valid
    session.flush()
    return ToSend(row, door)


def _concerned(row: DoorCommand) -> tuple[PersonId, ...]:
    return () if row.asked_by is None else (row.asked_by,)
