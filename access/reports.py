"""What doors report of themselves: only this confirms that a right is in a door, or gone (door-protocol.md 12)."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, exists, select, update
from sqlalchemy.orm import Session, aliased

from access import commands, counted, door_modes, key_rotation, register, staff_access
from access.alarms import AlarmKind, cease, sound, sound_once
from access.door_card_models import DoorCard
from access.intake import instant
from access.lock_code_models import CodeState
from access.models import AccessList, Door, DoorState, Driver, Right
from access.practice import practice
from booking.acts import Act, ActKind, tell
from devices.drivers.registry import ONE_WINDOW, TIMELESS
from devices.messages import Clock, Presence
from devices.reported import AppliedList, Report

_BOOT = 1 << 42  # milliseconds of one boot: 139 years


def take_report(session: Session, door: Door, report: Report, offset_ms: int | None, now: datetime) -> bool:
    """Note a door's state; True when the door is heard again. `offset_ms` is None for a retained report: it may be old
    and says nothing of the clock."""
    counted.message("report")
    state = session.get_one(DoorState, door.id)
    moment = report.boot_epoch * _BOOT + report.mono_ms
    if moment < state.reported_counter:
        return False  # an older report of the same door, held back or kept by the broker
    state.reported_counter = moment
    _note(state, report)
    _take_page(session, door, state, report.most_bytes)
    key_rotation.take_report(session, door, report)
    _take_list(session, door, state, report, now)
    door_modes.take_report(session, door, report, now)
    if offset_ms is None:
        return False
    came = not state.online
    _heard(session, door, state, now)
    _mind_clock(session, door, state, report, offset_ms, now)
    return came


def take_presence(session: Session, door: Door, presence: Presence, now: datetime) -> bool:
    """Whether a door is connected, by the newest session known (13.3); True when it has just come online."""
    counted.message("presence")
    state = session.get_one(DoorState, door.id)
    if presence.session < state.online_session:
        return False
    again = presence.session == state.online_session
    if again and (presence.online == state.online or presence.online):
        return False
    state.online_session = presence.session
    came = presence.online and not state.online
    if presence.online != state.online:
        state.online, state.online_changed_at = presence.online, now
    return came


def mind_silence(session: Session, now: datetime) -> int:
    """Doors said to be online that have not been heard for too long are not (D7); gives how many were found so now."""
    query = select(Door, DoorState).join(DoorState).where(Door.enabled, Door.driver == Driver.VUORO_MQTT.value)
    found = 0
    for door, state in session.execute(query):
        heard = max((at for at in (state.last_heard_at, state.online_changed_at) if at), default=None)
        silent = heard is None or heard <= now - practice().heartbeat
        if state.online and silent:
            state.online, state.online_changed_at, found = False, now, found + 1
        if not state.online and silent and state.last_heard_at is not None:
            since = (state.online_changed_at or now).isoformat()
            sound_once(session, door, AlarmKind.OFFLINE, {"since": since}, now)
    return found


def mind_missing(session: Session, now: datetime) -> int:
    """Rights whose time is near and that the door has not confirmed are an alarm (D4); gives at how many doors."""
    near = now + practice().alarm_before_start
    # A right given this very minute is on its way, and no alarm yet; into some locks it goes only when it begins.
    fresh = now - timedelta(minutes=1)
    begun = (Right.valid_from <= near) & (Door.driver.not_in(TIMELESS) | (Right.valid_from <= fresh))
    missing = (Right.out_version.is_(None)) & Right.in_door_at.is_(None) & begun
    missing &= ~_waits_its_turn(fresh) & ~_is_proved_anew(fresh)
    doors = select(Right.door_id).join(Door, Door.id == Right.door_id).distinct()
    late = set(session.scalars(doors.where(missing, Right.valid_until > now)))
    old = set(session.scalars(doors.where(missing, Right.given_at <= fresh)))
    for door in session.scalars(select(Door).where(Door.enabled)):
        if door.id in late & old:
            sound_once(session, door, AlarmKind.NOT_INSTALLED, {}, now)
        elif door.id not in late:
            cease(session, door, AlarmKind.NOT_INSTALLED, now)
    return len(late & old)


def _waits_its_turn(fresh: datetime) -> ColumnElement[bool]:
    """The device keeps one window of a card, and holds an earlier one that has not ended, or only just."""
    before = aliased(Right)
    same = (before.door_id == Right.door_id) & (before.credential_id == Right.credential_id)
    held = exists().where(same, before.out_version.is_(None), before.in_door_at.is_not(None))
    held = held.where(before.valid_from < Right.valid_from, before.valid_until > fresh)
    return Door.driver.in_(ONE_WINDOW) & held


def _is_proved_anew(fresh: datetime) -> ColumnElement[bool]:
    """The device had it, and is being told again since it started."""
    again = exists().where(DoorCard.door_id == Right.door_id, DoorCard.credential_id == Right.credential_id)
    again = again.where(DoorCard.inside, DoorCard.state == CodeState.PUTTING.value)
    return again.where(DoorCard.sent_at.is_(None) | (DoorCard.sent_at > fresh))


def confirm(session: Session, door: Door, state: DoorState, version: int, now: datetime) -> None:
    """The door holds the list of this version (0: none): rights are in it and out of it from now on."""
    mine = Right.door_id == door.id
    gone = update(Right).where(mine, Right.out_version <= version, Right.out_door_at.is_(None))
    session.execute(gone.values(out_door_at=now))
    missing = update(Right).where(mine, Right.in_version > version, Right.in_door_at.is_not(None))
    session.execute(missing.values(in_door_at=None, in_door_version=None))
    arrived = update(Right).where(mine, Right.in_version <= version, Right.in_door_at.is_(None))
    arrived = arrived.where(Right.out_version.is_(None) | (Right.out_version > version))
    left_out = session.scalar(
        select(AccessList.left_out).where(AccessList.door_id == door.id, AccessList.version == version)
    )
    if left_out:
        arrived = arrived.where(Right.ref.not_in(left_out))
    session.execute(arrived.values(in_door_at=now, in_door_version=version))
    staff_access.confirm(session, door.id, version, now)
    state.confirmed_epoch, state.confirmed_version, state.confirmed_at = door.epoch, version, now
    session.flush()


def _note(state: DoorState, report: Report) -> None:
    state.clock_state = report.clock.state.value
    state.queue_length, state.challenge = report.queue_length, report.challenge
    state.contact, state.lock, state.lockout_s = report.contact, report.lock, report.lockout_s
    state.firmware = report.firmware.replace("\0", "")  # PostgreSQL keeps no NUL in text
    state.boot_epoch, state.rights_limit = report.boot_epoch, report.most_rights


def _take_page(session: Session, door: Door, state: DoorState, most_bytes: int) -> None:
    """A door that takes smaller, or larger, messages than we knew is given its list anew."""
    if state.page_limit != most_bytes:
        state.page_limit = most_bytes
        for locked in register.lock(session, [door.id]):
            locked.version += 1


def _take_list(session: Session, door: Door, state: DoorState, report: Report, now: datetime) -> None:
    if report.refused is not None and state.refused != report.refused.reason:
        sound(session, door, AlarmKind.LIST_REFUSED, {"code": report.refused.reason}, now)
    if report.refused is None and state.refused:
        cease(session, door, AlarmKind.LIST_REFUSED, now)
    state.refused = report.refused.reason if report.refused else ""
    held = report.list
    if held is None:
        if state.confirmed_version:
            state.confirmed_hash = ""
            confirm(session, door, state, 0, now)
        return
    if held.hash != state.confirmed_hash or held.ref.version != state.confirmed_version:
        _take_other_list(session, door, state, held, now)


def _take_other_list(session: Session, door: Door, state: DoorState, held: AppliedList, now: datetime) -> None:
    issued = session.scalar(
        select(AccessList).where(
            AccessList.door_id == door.id,
            AccessList.epoch == held.ref.epoch,
            AccessList.version == held.ref.version,
        )
    )
    if issued is None or issued.hash != held.hash:
        # As after restoring an old backup: `vuoro doors raise-epoch` makes our lists newer than the door's again.
        sound(session, door, AlarmKind.LIST_MISMATCH, {"epoch": held.ref.epoch, "version": held.ref.version}, now)
        return
    cease(session, door, AlarmKind.LIST_MISMATCH, now)
    if held.ref.epoch != door.epoch:
        return
    state.confirmed_hash, state.applied_at = held.hash, instant(held.applied_at)
    ref = door.ref
    facts = {"epoch": held.ref.epoch, "version": held.ref.version, "hash": held.hash}
    confirm(session, door, state, held.ref.version, now)
    tell(session, Act(ActKind.DOOR_LIST_CONFIRMED, now, None, ref, facts, door.premises_id))


def _heard(session: Session, door: Door, state: DoorState, now: datetime) -> None:
    state.last_heard_at = now
    if not state.online:
        state.online, state.online_changed_at = True, now
    cease(session, door, AlarmKind.OFFLINE, now)


def _mind_clock(session: Session, door: Door, state: DoorState, report: Report, offset_ms: int, now: datetime) -> None:
    state.clock_offset_ms = offset_ms
    off_s = abs(offset_ms) / 1000
    if report.clock.state is not Clock.SYNCED or off_s > practice().clock_set_s:
        commands.ask_time(session, door, now)
    if off_s > practice().clock_alarm_s and report.clock.state is not Clock.UNKNOWN:
        sound_once(session, door, AlarmKind.CLOCK_DRIFT, {"offset_ms": offset_ms}, now)
    else:
        cease(session, door, AlarmKind.CLOCK_DRIFT, now)
