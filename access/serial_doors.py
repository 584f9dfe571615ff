"""Doors on wires without a controller: readers, relay boards, OSDP buses; decided by the service, a card at a time.

The event is committed before the lock is released, so nobody passes without a trace; when the database is gone such a
door stays shut (docs/operations.md says so to whoever chooses it).
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime
from queue import Empty, Queue
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session, sessionmaker

from access import (
    card_numbers,
    commands,
    credentials,
    door_modes,
    intake,
    own_numbering,
    reader_keys,
    reports,
    served_doors,
)
from access.alarms import AlarmKind, cease, sound, sound_once
from access.decide import Outcome, Presented, Situation
from access.desk import Asked, Desk
from access.ids import CredentialId, DoorCommandId, DoorId
from access.keys import Vault, credential_key
from access.leaf import Fact, Leaf
from access.models import CommandState, Credential, CredentialKey, Door, DoorCommand, DoorState, Driver
from access.own_numbering import Numbering, mono_ms
from access.served_doors import Ground
from access.wires import Wires, needs, plans
from access.wrong_pins import REST_MS, WrongPins
from booking.db import reading
from booking.refusals import AlreadyThere
from devices.credentials import credential_hash
from devices.credentials import pin as normal_pin
from devices.drivers.line_runner import Hold, Release
from devices.drivers.osdp import Light
from devices.drivers.registry import ON_WIRES
from devices.drivers.told import (
    Acknowledged,
    CardShown,
    ContactSaid,
    EndDown,
    EndUp,
    ExitPressed,
    Garbled,
    PinTyped,
    Told,
    Warned,
)
from devices.events import DoorReason, EventKind
from devices.messages import Clock, DoorMode, FreeWindow, Medium

log = logging.getLogger(__name__)
LONGEST_WAIT_MS = 2000  # a card read while the database was away belongs to nobody who still stands there
SHORTEST_PIN = 4
_LIGHTS = {Outcome.GRANTED: Light.GRANTED, Outcome.DENIED: Light.DENIED, Outcome.PENDING: Light.PENDING}
_SIGNS = {"reader_insecure": AlarmKind.READER_INSECURE, "stale_read": AlarmKind.STALE_READ, "tamper": AlarmKind.TAMPER}


@dataclass(slots=True)
class Fitted:
    """One door on wires in use, and what the service minds in a controller's place."""

    door: Door
    numbering: Numbering
    up: set[str] = field(default_factory=set)
    state: Situation = field(default_factory=Situation)
    leaf: Leaf = field(default_factory=Leaf)
    wrong: WrongPins = field(default_factory=WrongPins)
    asked: dict[str, DoorCommandId] = field(default_factory=dict)  # openings waiting for their proof
    ground: Ground | None = None
    window: FreeWindow | None = None  # the free time that runs
    held: bool | None = None  # whether its lock is held open; None: to be told
    long_open: bool = False  # the last grant may keep the leaf open for longer

    @property
    def online(self) -> bool:
        return self.up >= needs(self.door)


@dataclass(slots=True)
class SerialDoors:
    """All doors on wires of this process. `wake` is called from other threads when `turn` has something to do."""

    sessions: sessionmaker[Session]
    vault: Vault
    wake: Callable[[], None]
    serves: Callable[[DoorId], bool] = lambda _door: True
    fitted: dict[DoorId, Fitted] = field(default_factory=dict)
    wires: Wires = field(init=False)
    desk: Desk = field(init=False)
    _inbox: Queue[tuple[str, Told, int]] = field(default_factory=Queue)

    def __post_init__(self) -> None:
        self.wires = Wires(self._tell)
        self.desk = Desk(self.sessions)

    def refit(self, now: datetime) -> None:
        """Open the lines of doors that are new or changed, close those of doors gone."""
        with reading(self.sessions) as session:
            query = select(Door).where(Door.driver.in_(ON_WIRES), Door.enabled).order_by(Door.id)
            wanted = {door.id: door for door in session.scalars(query) if self.serves(door.id)}
            asked = [door for door in wanted.values() if door.driver == Driver.OSDP.value]
            keys = {door.controller_id: reader_keys.key_of(session, self.vault, door) for door in asked}
            session.expunge_all()
        for door_id in self.fitted.keys() - wanted.keys():
            del self.fitted[door_id]
        for door_id, door in wanted.items():
            self._fit(door_id, door, now)
        known = {name: key for name, key in keys.items() if key is not None}
        touched = self.wires.refit(plans(wanted.values(), known))
        for fitted in self.fitted.values():
            if fitted.door.controller_id in touched:
                fitted.up.clear()
                fitted.held = None
        self._mind_keyless([door for door in asked if door.controller_id not in known], now)
        self.confirm(now)

    def turn(self, now: datetime) -> None:
        """What readers and lines did since the last turn."""
        names = {fitted.door.controller_id: fitted for fitted in self.fitted.values()}
        while True:
            try:
                name, told, at_ms = self._inbox.get_nowait()
            except Empty:
                break
            if name in names:  # else its line was just closed
                self._took(names[name], told, at_ms, now)
        for fitted in self.fitted.values():
            self._stand(fitted, now)
            self._write(fitted, fitted.leaf.turn(mono_ms()), now)

    def confirm(self, now: datetime) -> None:
        """What the database holds is at once what such a door goes by, as long as its lines are open."""
        self.desk.warm(self.fitted, now)
        for fitted in self.fitted.values():
            with reading(self.sessions) as session:
                self._learn(fitted, served_doors.ground(session, session.get_one(Door, fitted.door.id), now))
            self._stand(fitted, now)
            if fitted.online:
                with self.sessions.begin() as session:
                    _confirm(session, fitted.door.id, now)

    def open_remotely(self, door: Door, command: DoorCommand, now: datetime) -> None:
        """Somebody asked to open; told as done only when the lock's end took it."""
        fitted = self.fitted.get(door.id)
        if fitted is not None and fitted.online and self._release(fitted, command.ref):
            fitted.asked[command.ref] = command.id
            return
        with self.sessions.begin() as session:
            row = session.get_one(DoorCommand, command.id)
            commands.end(session, row, CommandState.FAILED, commands.OFFLINE, now)

    def stop(self) -> None:
        self.wires.stop()

    def _tell(self, name: str, told: Told, at_ms: int) -> None:
        self._inbox.put((name, told, at_ms))
        self.wake()

    def _fit(self, door_id: DoorId, door: Door, now: datetime) -> None:
        if door_id in self.fitted:
            self.fitted[door_id].door = door
            return
        with self.sessions.begin() as session:
            self.fitted[door_id] = Fitted(door, own_numbering.begin(session, door, "vuoro serial", now))

    def _learn(self, fitted: Fitted, ground: Ground) -> None:
        """A lockdown ends what runs, and forgets who waits and what is armed."""
        before, fitted.ground = fitted.ground, ground
        if ground.mode is DoorMode.LOCKDOWN and (before is None or before.mode is not DoorMode.LOCKDOWN):
            fitted.state = replace(fitted.state, armed=False, factor=None, person=None)
            fitted.held = None

    def _stand(self, fitted: Fitted, now: datetime) -> None:
        """Hold the lock open while mode or free time say so; shut it when they end."""
        ground = fitted.ground
        if ground is None:
            return
        if fitted.state.armed and not ground.arms(now):
            fitted.state = replace(fitted.state, armed=False)
        before, fitted.window = fitted.window, ground.free(now, armed=fitted.state.armed)
        hold = ground.mode is DoorMode.FREE or fitted.window is not None
        if hold is not fitted.held and self.wires.order(Hold(fitted.door.controller_id, on=hold)):
            fitted.held = fitted.leaf.held = hold
        if before is not None and fitted.window is None:
            self._write(fitted, [(EventKind.FREE_ENDED, {"first_in": before.first_in})], now)
        elif before is None and fitted.window is not None:
            self._write(fitted, [(EventKind.FREE_BEGAN, {"first_in": fitted.window.first_in})], now)

    def _mind_keyless(self, doors: Iterable[Door], now: datetime) -> None:
        """An OSDP reader without a key of its own is not spoken to at all."""
        for door in doors:
            with self.sessions.begin() as session:
                sound_once(session, session.get_one(Door, door.id), AlarmKind.READER_INSECURE, {"code": "no_key"}, now)

    def _took(self, fitted: Fitted, told: Told, at_ms: int, now: datetime) -> None:
        match told:
            case CardShown(card=normal):
                self._shown(fitted, Medium.CARD, normal, at_ms, now)
            case PinTyped(digits=digits):
                self._typed(fitted, digits, at_ms, now)
            case ContactSaid(open=is_open):
                self._leaf(fitted, is_open, at_ms, now)
            case ExitPressed():
                self._write(fitted, fitted.leaf.exit_pressed(at_ms), now)
            case Acknowledged(ref=ref, ok=ok):
                self._proved(fitted, ref, ok, now)
            case EndUp(which=which) | EndDown(which=which):
                (fitted.up.add if isinstance(told, EndUp) else fitted.up.discard)(which)
                self._line(fitted, now)
            case Warned() | Garbled():
                self._warn(fitted, told, now)

    def _shown(self, fitted: Fitted, medium: Medium, normal: str, at_ms: int, now: datetime) -> None:
        """Decide, keep, and only then open."""
        if mono_ms() - at_ms > LONGEST_WAIT_MS:
            self._warn(fitted, Warned("stale_read"), now)
            return
        shown = Presented(medium, credential_hash(credential_key(self.vault, fitted.door), normal))
        asked = Asked(fitted.door.id, shown, fitted.numbering, _with_lockout(fitted, medium))
        (decision,) = self.desk.decide([asked], now)
        fitted.state = decision.after
        fitted.long_open = decision.long_open if decision.granted else fitted.long_open
        if decision.granted:
            self._release(fitted, "")
        self.wires.show(fitted.door.controller_id, _LIGHTS[decision.outcome])
        if _locks_out(fitted, medium, decision.reason):
            self._write(fitted, [(EventKind.LOCKOUT, {"seconds": REST_MS // 1000})], now)
        if medium is Medium.CARD:
            self._spread(fitted.door, shown.cred, normal)

    def _typed(self, fitted: Fitted, digits: str, at_ms: int, now: datetime) -> None:
        """Too short for a PIN is shown as refused, and no event: nobody has such a code."""
        if len(digits) < SHORTEST_PIN:
            self.wires.show(fitted.door.controller_id, Light.DENIED)
            return
        self._shown(fitted, Medium.PIN, normal_pin(digits), at_ms, now)

    def _release(self, fitted: Fitted, ref: str) -> bool:
        seconds = fitted.door.unlock_s
        sent = self.wires.order(Release(fitted.door.controller_id, seconds, ref))
        if sent:
            fitted.leaf.released(seconds, mono_ms())
        return sent

    def _proved(self, fitted: Fitted, ref: str, ok: bool, now: datetime) -> None:  # noqa: FBT001 - as told
        """The lock's end took an opening, or did not."""
        asked = fitted.asked.pop(ref, None)
        with self.sessions.begin() as session:
            if not ok:
                log.warning("lock did not take it door=%s", fitted.door.ref)
                sound(session, session.get_one(Door, fitted.door.id), AlarmKind.NOT_RELEASED, {}, now)
            if asked is None:
                return
            row = session.get_one(DoorCommand, asked)
            if not ok:
                commands.end(session, row, CommandState.FAILED, commands.REFUSED, now)
                return
            facts = {"command": row.ref, "reason": commands.REMOTE_CODE, "unlock_s": fitted.door.unlock_s}
            fitted.numbering.write(session, fitted.door, EventKind.OPENED_REMOTE, facts, now)

    def _leaf(self, fitted: Fitted, is_open: bool, at_ms: int, now: datetime) -> None:  # noqa: FBT001 - as told
        limit_s = fitted.door.held_open_s
        if fitted.long_open and fitted.ground is not None:
            limit_s = fitted.ground.held.rules.long_open_s
        facts = fitted.leaf.contact(is_open=is_open, mono_ms=at_ms, held_open_s=limit_s)
        self._write(fitted, facts, now)
        with self.sessions.begin() as session:
            session.get_one(DoorState, fitted.door.id).contact = "open" if is_open else "closed"

    def _write(self, fitted: Fitted, facts: Iterable[Fact], now: datetime) -> None:
        for kind, body in facts:
            with self.sessions.begin() as session:
                fitted.numbering.write(session, session.get_one(Door, fitted.door.id), kind, body, now)

    def _warn(self, fitted: Fitted, told: Warned | Garbled, now: datetime) -> None:
        kind, facts = AlarmKind.BAD_MESSAGE, {}
        if isinstance(told, Warned):
            kind = _SIGNS[told.what]
        else:
            facts = {"code": f"frame_{told.fault}"}
        log.warning("reader door=%s sign=%s", fitted.door.ref, kind.value)
        with self.sessions.begin() as session:
            door = session.get_one(Door, fitted.door.id)
            (sound if kind is AlarmKind.STALE_READ else sound_once)(session, door, kind, facts, now)

    def _spread(self, door: Door, cred: str, normal: str) -> None:
        """A known card whose number is in our hands for a moment: doors fitted after it was enrolled learn it too."""
        number = card_numbers.number_of(normal)
        with reading(self.sessions) as session:
            lacking = self._lacking(session, door, cred) if number else None
        if lacking is None or number is None:
            return
        with self.sessions.begin() as session:
            row = session.get_one(Credential, lacking)
            try:
                credentials.complete(session, self.vault, row, number)
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
        """Online means that every end it needs is there."""
        if not fitted.online:
            fitted.leaf.lost()
        with self.sessions.begin() as session:
            door = session.get_one(Door, fitted.door.id)
            state = session.get_one(DoorState, door.id)
            if state.online != fitted.online:
                state.online, state.online_changed_at = fitted.online, now
            state.clock_state, state.clock_offset_ms, state.last_heard_at = Clock.SYNCED.value, 0, now
            if fitted.online:
                cease(session, door, AlarmKind.OFFLINE, now)
                cease(session, door, AlarmKind.READER_INSECURE, now)
                _confirm(session, door.id, now)
                return
            state.contact = "none"
            missing: dict[str, Any] = {"missing": sorted(needs(fitted.door) - fitted.up)}
            sound_once(session, door, AlarmKind.OFFLINE, missing, now)


def _with_lockout(fitted: Fitted, medium: Medium) -> Situation:
    return replace(fitted.state, locked_out=medium is Medium.PIN and fitted.wrong.is_out(mono_ms()))


def _locks_out(fitted: Fitted, medium: Medium, reason: DoorReason) -> bool:
    """Whether this PIN was the wrong one too many."""
    if medium is not Medium.PIN:
        return False
    if reason is DoorReason.GRANTED:
        fitted.wrong.granted()
    return reason is DoorReason.UNKNOWN_CREDENTIAL and fitted.wrong.wrong(mono_ms())


def _confirm(session: Session, door_id: DoorId, now: datetime) -> None:
    door = session.get_one(Door, door_id, populate_existing=True)
    state = session.get_one(DoorState, door_id)
    if (state.confirmed_epoch, state.confirmed_version) != (door.epoch, door.version):
        reports.confirm(session, door, state, door.version, now)
    door_modes.confirm_served(session, door, now)
