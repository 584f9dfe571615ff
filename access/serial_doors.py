"""Doors without a controller: a reader and a relay board on serial ports, decided by the service, one card at a time.

The event is committed before the lock is released, so nobody passes without a trace; when the database is gone such a
door stays shut (docs/operations.md says so to whoever chooses it).
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session, sessionmaker

from access import card_numbers, commands, credentials, door_modes, intake, own_numbering, reports, served_doors
from access.alarms import AlarmKind, cease, sound_once
from access.decide import Presented, Situation
from access.ids import CredentialId, DoorId
from access.keys import Vault, credential_key
from access.models import CommandState, Credential, CredentialKey, Door, DoorCommand, DoorState, Driver
from access.own_numbering import Numbering, mono_ms
from booking.acts import ActKind
from booking.db import reading
from booking.refusals import AlreadyThere
from devices.credentials import credential_hash
from devices.drivers.rdm6300 import CardRead, Garbled
from devices.drivers.rdm6300_relay import LineDown, LineUp, SerialDoor, SerialDoorEvent, serial_door
from devices.drivers.relay_lc import Pulse
from devices.events import EventKind
from devices.failures import LinkLost
from devices.messages import Clock, Medium

log = logging.getLogger(__name__)
LINES = frozenset(("reader", "relay"))


@dataclass(slots=True)
class Fitted:
    """One serial door in use, and where its own numbering of events stands."""

    door: Door
    ports: SerialDoor
    numbering: Numbering
    up: set[str] = field(default_factory=set)
    state: Situation = field(default_factory=Situation)

    @property
    def place(self) -> tuple[str, str, int]:
        return self.door.reader_path, self.door.relay_path, self.door.relay_channel


@dataclass(slots=True)
class SerialDoors:
    """All serial doors of this process. `wake` is called from reading threads when `turn` has something to do."""

    sessions: sessionmaker[Session]
    vault: Vault
    wake: Callable[[], None]
    serves: Callable[[DoorId], bool] = lambda _door: True
    fitted: dict[DoorId, Fitted] = field(default_factory=dict)

    def refit(self, now: datetime) -> None:
        """Open the ports of doors that are new or moved, close those of doors gone."""
        with reading(self.sessions) as session:
            query = select(Door).where(Door.driver == Driver.RDM6300_RELAY.value, Door.enabled)
            wanted = {door.id: door for door in session.scalars(query) if self.serves(door.id)}
            session.expunge_all()
        for door_id, fitted in list(self.fitted.items()):
            door = wanted.get(door_id)
            if door is None or (door.reader_path, door.relay_path, door.relay_channel) != fitted.place:
                self.fitted.pop(door_id).ports.stop()
        for door_id in wanted.keys() - self.fitted.keys():
            self.fitted[door_id] = self._fit(wanted[door_id], now)
        self.confirm(now)

    def turn(self, now: datetime) -> None:
        """What readers and lines did since the last turn; closes locks whose time is over."""
        for fitted in self.fitted.values():
            for event in fitted.ports.poll(mono_ms()):
                self._took(fitted, event, now)

    def confirm(self, now: datetime) -> None:
        """What the database holds is at once what such a door goes by, as long as its lines are open."""
        for fitted in self.fitted.values():
            if fitted.up == LINES:
                with self.sessions.begin() as session:
                    _confirm(session, fitted.door.id, now)

    def open_remotely(self, door: Door, command: DoorCommand, now: datetime) -> None:
        """Somebody asked to open; told as done only when the relay board took it."""
        fitted = self.fitted.get(door.id)
        opened = fitted is not None and self._release(fitted)
        with self.sessions.begin() as session:
            row = session.get_one(DoorCommand, command.id)
            if fitted is None or not opened:
                commands.end(session, row, CommandState.FAILED, commands.OFFLINE, now)
                return
            facts = {"command": row.ref, "reason": commands.REMOTE_CODE, "unlock_s": door.unlock_s}
            fitted.numbering.write(session, fitted.door, EventKind.OPENED_REMOTE, facts, now)

    def stop(self) -> None:
        for fitted in self.fitted.values():
            fitted.ports.stop()

    def _fit(self, door: Door, now: datetime) -> Fitted:
        ports = serial_door(door.reader_path, door.relay_path or door.reader_path, wake=self.wake)
        ports.pulse = Pulse(door.relay_channel)
        with self.sessions.begin() as session:
            fitted = Fitted(door, ports, own_numbering.begin(session, door, "vuoro serial", now))
        ports.start()
        return fitted

    def _took(self, fitted: Fitted, event: SerialDoorEvent, now: datetime) -> None:
        match event:
            case CardRead():
                self._read(fitted, event, now)
            case Garbled(fault=fault):
                log.warning("garbled frame door=%s fault=%s", fitted.door.ref, fault)
                with self.sessions.begin() as session:
                    sound_once(session, fitted.door, AlarmKind.BAD_MESSAGE, {"code": f"frame_{fault}"}, now)
            case LineUp(which=which):
                fitted.up.add(which)
                self._line(fitted, now)
            case LineDown(which=which):
                fitted.up.discard(which)
                self._line(fitted, now)

    def _read(self, fitted: Fitted, card: CardRead, now: datetime) -> None:
        """Decide, keep, and only then open."""
        with self.sessions.begin() as session:
            door = session.get_one(Door, fitted.door.id, populate_existing=True)
            cred = credential_hash(credential_key(self.vault, door), card.normal)
            shown, state = Presented(Medium.CARD, cred), fitted.state
            decision = served_doors.decided(session, door, shown, now, state=state, mono_ms=mono_ms())
            kind, facts = served_doors.event_of(door, shown, decision)
            fitted.numbering.write(session, fitted.door, kind, facts, now, act=ActKind.DOOR_DECIDED)
            fitted.door, fitted.state = door, decision.after
        if decision.granted:
            self._release(fitted)
        self._spread(door, cred, card)

    def _release(self, fitted: Fitted) -> bool:
        try:
            fitted.ports.open(fitted.door.unlock_s, mono_ms())
        except LinkLost:
            log.warning("relay did not take it door=%s", fitted.door.ref)
            return False
        return True

    def _spread(self, door: Door, cred: str, card: CardRead) -> None:
        """A known card whose number is in our hands for a moment: doors fitted after it was enrolled learn it too."""
        with reading(self.sessions) as session:
            lacking = self._lacking(session, door, cred)
        if lacking is None:
            return
        with self.sessions.begin() as session:
            row = session.get_one(Credential, lacking)
            try:
                credentials.complete(session, self.vault, row, card_numbers.CardNumber("em4100", 40, card.value))
            except AlreadyThere:
                log.warning("card is known as another's at some door door=%s", door.ref)

    def _lacking(self, session: Session, door: Door, cred: str) -> CredentialId | None:
        """The live card behind this hash, if some door does not know it yet."""
        bearing = intake.bearings(session, door, {cred}).get(cred)
        row = session.get(Credential, bearing.credential) if bearing and bearing.credential else None
        if row is None or row.revoked_at is not None:
            return None
        known = select(func.count()).select_from(CredentialKey).where(CredentialKey.credential_id == row.id)
        doors = select(func.count()).select_from(Door)
        return row.id if (session.scalar(known) or 0) < (session.scalar(doors) or 0) else None

    def _line(self, fitted: Fitted, now: datetime) -> None:
        """Online means that both lines are open."""
        with self.sessions.begin() as session:
            door = session.get_one(Door, fitted.door.id)
            state = session.get_one(DoorState, door.id)
            online = fitted.up == LINES
            if state.online != online:
                state.online, state.online_changed_at = online, now
            state.clock_state, state.clock_offset_ms, state.last_heard_at = Clock.SYNCED.value, 0, now
            if online:
                cease(session, door, AlarmKind.OFFLINE, now)
                _confirm(session, door.id, now)
            else:
                missing = sorted(LINES - fitted.up)
                sound_once(session, door, AlarmKind.OFFLINE, {"missing": missing}, now)


def _confirm(session: Session, door_id: DoorId, now: datetime) -> None:
    door = session.get_one(Door, door_id, populate_existing=True)
    state = session.get_one(DoorState, door_id)
    if (state.confirmed_epoch, state.confirmed_version) != (door.epoch, door.version):
        reports.confirm(session, door, state, door.version, now)
    door_modes.confirm_served(session, door, now)
