"""Doors with locks and relays of other makers on the broker: opened from afar, their state and leaf shown.

Each opening is a row before it is sent, and is told as done only when the hardware proved it; a lock that does not
close by itself is locked by us when its time is over. Locks with keypads are brought the PINs of bookings (lock_codes);
readers with a relay ask here for each card (desk); at the others nobody shows anything, so they get no rights.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.orm import Session, sessionmaker

from access import commands, lock_codes, own_numbering, reports
from access.alarms import AlarmKind, cease, sound, sound_once
from access.card_boards import CardBoards
from access.decide import Presented
from access.desk import Asked, Desk
from access.ids import DoorId
from access.keys import Vault, credential_key
from access.listening import Listening
from access.models import CommandState, Door, DoorCommand, DoorState
from access.other_door import Other, is_echo, place_of
from access.own_numbering import mono_ms
from access.window_locks import WindowLocks
from booking.db import reading
from devices.credentials import credential_hash
from devices.drivers.esp_rfid import EspRfid
from devices.drivers.makers import MAKERS, Codec, Proof, codec
from devices.drivers.nuki_hub import NukiHub
from devices.drivers.told import (
    Acknowledged,
    CardShown,
    CodeSaid,
    ContactSaid,
    Garbled,
    LockSaid,
    LockState,
    Means,
    Passed,
    Reachable,
    Told,
    Unread,
    Warned,
)
from devices.drivers.zigbee2mqtt import CLEARED, SAVED
from devices.events import EventKind
from devices.link import Outgoing
from devices.messages import Clock, Medium
from devices.mqtt import Arrived

log = logging.getLogger(__name__)
FITTING_S = 0.5

_SHOWN = {state: state.value for state in (LockState.LOCKED, LockState.JAMMED, LockState.UNKNOWN)}
_OPEN = (LockState.UNLOCKED, LockState.UNLOCKING)
_LEFT_OPEN = timedelta(hours=1)  # how far back an order of ours may explain that a lock is open when we come back
_GREETING = 0  # the number of what is sent by itself; orders of people are numbered from 1


@dataclass(slots=True)
class OtherDoors:
    """All such doors of this process. `publish` gives False when there is no connection."""

    sessions: sessionmaker[Session]
    vault: Vault
    publish: Callable[[Outgoing], bool]
    subscribe: Callable[[tuple[str, ...]], None]
    serves: Callable[[DoorId], bool] = lambda _door: True
    fitted: dict[DoorId, Other] = field(default_factory=dict)
    boards: CardBoards = field(init=False)
    windows: WindowLocks = field(init=False)
    desk: Desk = field(init=False)
    _listening: Listening = field(default_factory=Listening)
    _waiting: list[tuple[DoorId, Told]] = field(default_factory=list)
    _lost: bool = False
    _unfitted: bool = False

    def __post_init__(self) -> None:
        self.boards = CardBoards(self.sessions, self.vault, self.publish)
        self.windows = WindowLocks(self.sessions, self.vault, self.publish)
        self.desk = Desk(self.sessions)

    def refit(self, now: datetime) -> None:
        """Take up doors that are new or changed, let go of those gone."""
        with reading(self.sessions) as session:
            query = select(Door).where(Door.driver.in_(MAKERS), Door.enabled)
            wanted = {door.id: door for door in session.scalars(query) if self.serves(door.id)}
            session.expunge_all()
        for door_id, other in list(self.fitted.items()):
            door = wanted.get(door_id)
            if door is None or place_of(door) != other.place:
                del self.fitted[door_id]
                self._listening.leave(door_id)
            else:
                other.door = door
                self._confirm(other, now)
                if other.maker.cards and other.online and self.boards.is_silent(door, now):
                    other.codec = _codec(door)  # so that its next word is news
                    self._reachable(other, now, online=False)
        self._fit_some(wanted, now)

    def _fit_some(self, wanted: Mapping[DoorId, Door], now: datetime) -> None:
        """New ones, as many as a moment allows: a process that is silent for long loses its doors (leases.py)."""
        until = time.monotonic() + FITTING_S
        missing = sorted(wanted.keys() - self.fitted.keys())
        for door_id in missing:
            self.fitted[door_id] = self._fit(wanted[door_id], now)
            if time.monotonic() > until:
                break
        self._unfitted = missing[-1:] != [] and missing[-1] not in self.fitted

    def take(self, arrived: Arrived) -> None:
        """A message that is none of our own protocol. Several doors may hear one topic, as that of a bridge."""
        for door_id in self._listening.of(arrived.topic):
            codec = self.fitted[door_id].codec
            told = codec.feed(arrived.topic, arrived.payload, retained=arrived.retained, mono_ms=mono_ms())
            self._waiting += [(door_id, each) for each in told]
            if self._listening.grew(door_id, codec.topics):
                self.subscribe(codec.topics)

    def turn(self, now: datetime) -> None:
        """What devices told since the last turn; locks again what is due."""
        if self._unfitted:
            self.refit(now)
        while self._waiting:
            taken = self._cards_first() or self._waiting[:1]
            try:
                self._take_up(taken, now)
            except (OperationalError, InterfaceError):
                raise  # the database is away: all of it is taken up again
            except BaseException:
                del self._waiting[: len(taken)]
                raise
            del self._waiting[: len(taken)]
        for other in self.fitted.values():
            if other.lock_at_ms is not None and mono_ms() >= other.lock_at_ms and self._lock(other):
                other.lock_at_ms = None
            if other.maker.cards and other.online and isinstance(other.codec, EspRfid):
                self.boards.turn(other.door, other.codec, now)

    def connected(self) -> None:
        """A connection is new: what the broker kept will come again, and is news."""
        self._lost = False
        for other in self.fitted.values():
            other.codec = _codec(other.door)
            self._listening.grew(other.door.id, other.codec.topics)
            self.subscribe(other.codec.topics)

    def lost(self) -> None:
        """Without the broker nobody knows how these doors are."""
        if not self._lost:
            self._waiting += [(door_id, Reachable(online=False)) for door_id in self.fitted]
        self._lost = True

    def bring_codes(self, now: datetime) -> None:
        """Puts into locks that keep codes what is wanted in them now, and takes out what is not; once a second."""
        self.boards.mind_changes()
        self.desk.warm([door_id for door_id, other in self.fitted.items() if other.asks], now)
        for other in self.fitted.values():
            put, clear = other.maker.put_code, other.maker.clear_code
            if other.online and isinstance(other.codec, NukiHub):
                self.windows.bring(other.door, other.codec, now)
            if put is None or clear is None or not other.online:
                continue
            with self.sessions.begin() as session:
                order = lock_codes.settle(session, self.vault, session.get_one(Door, other.door.id), now)
            if order is not None:
                codec = other.codec
                pin = order.pin
                self.publish(clear(codec, order.slot) if pin is None else put(codec, order.slot, pin))

    def stop(self) -> None:
        """What is open because of us is locked."""
        for other in self.fitted.values():
            if other.lock_at_ms is not None:
                self._lock(other)

    def open_remotely(self, door: Door, command: DoorCommand, now: datetime) -> None:
        """Sends somebody's order; what the device says of it ends it, or else its time does."""
        other = self.fitted.get(door.id)
        order = other.maker.open(other.codec, command.id, door.unlock_s) if other else None
        if other is None or order is None or not self.publish(order):
            with self.sessions.begin() as session:
                row = session.get_one(DoorCommand, command.id)
                commands.end(session, row, CommandState.FAILED, commands.OFFLINE, now)
            return
        other.asked, other.asked_ms = command.id, mono_ms()
        if other.maker.lock(other.codec) is not None:
            other.lock_at_ms = mono_ms() + door.unlock_s * 1000

    def _fit(self, door: Door, now: datetime) -> Other:
        with self.sessions.begin() as session:
            state = session.get_one(DoorState, door.id)
            # What it was in our last life may be long over; what the broker kept will say.
            if state.online:
                state.online, state.online_changed_at = False, now
            numbering = own_numbering.begin(session, door, f"vuoro {door.driver}", now)
        other = Other(door, _codec(door), numbering)
        if other.maker.cards:
            self.boards.fit(door)
        self._confirm(other, now)
        self._listening.grew(door.id, other.codec.topics)
        self.subscribe(other.codec.topics)
        return other

    def _confirm(self, other: Other, now: datetime) -> None:
        """Where there are no rights to bring, a door lacks nothing, whatever its version; codes are proved each."""
        if other.confirmed == other.door.version or other.maker.put_code or other.maker.cards or other.maker.windows:
            return
        with self.sessions.begin() as session:
            door = session.get_one(Door, other.door.id)
            reports.confirm(session, door, session.get_one(DoorState, door.id), door.version, now)
            other.confirmed = door.version

    def _took(self, other: Other, told: Told, now: datetime) -> None:
        if other.maker.cards and self.boards.took(other.door, other.numbering, told, now):
            return
        if other.maker.windows and self.windows.took(other.door, other.numbering, told, now):
            return
        match told:
            case Reachable(online=online):
                self._reachable(other, now, online=online)
            case LockSaid(state=state):
                self._lock_said(other, state, now)
            case ContactSaid(open=leaf_open):
                self._leaf(other, now, leaf_open=leaf_open)
            case Acknowledged(code=code) if code not in (SAVED, CLEARED):
                self._answered(other, told, now)
            case Unread() | Garbled() | Warned():
                self._warned(other, told, now)
            case _:
                self._of_codes(other, told, now)

    def _warned(self, other: Other, told: Unread | Garbled | Warned, now: datetime) -> None:
        with self.sessions.begin() as session:
            match told:
                case Unread(why=why) | Garbled(fault=why):
                    sound_once(session, other.door, AlarmKind.BAD_MESSAGE, {"code": f"unread_{why}"}, now)
                case Warned(what="tampered"):
                    sound(session, other.door, AlarmKind.TAMPERED, {}, now)
                case Warned(what="held_open"):
                    facts = {"open_s": other.door.held_open_s}
                    other.numbering.write(session, other.door, EventKind.HELD_OPEN, facts, now)
                case Warned(what=what):
                    log.warning("device warns door=%s what=%s", other.door.ref, what)

    def _of_codes(self, other: Other, told: Told, now: datetime) -> None:
        """What locks that keep codes say of them; of other locks it is only logged."""
        by_network = isinstance(told, Passed) and told.granted and told.means is Means.NETWORK
        if by_network and other.maker.proof is Proof.PASSAGE:
            self._opened(other, now)
            return
        if other.maker.put_code is None:
            log.info("device tells door=%s what=%s", other.door.ref, type(told).__name__)
            return
        with self.sessions.begin() as session:
            match told:
                case Acknowledged(code=code):
                    lock_codes.answered(session, other.door, now, held=code == SAVED)
                case CodeSaid(slot=slot, held=held):
                    lock_codes.slot_said(session, other.door, slot, now, held=held)
                case Passed(granted=True, means=Means.PIN, who=who) if who.isdigit():
                    lock_codes.passed(session, other.numbering, other.door, int(who), now)

    def _take_up(self, taken: Sequence[tuple[DoorId, Told]], now: datetime) -> None:
        """One thing that was told, or cards of several doors."""
        known = [(other, told) for door_id, told in taken if (other := self.fitted.get(door_id)) is not None]
        cards = [(other, told) for other, told in known if isinstance(told, CardShown) and not other.maker.put_code]
        if cards:
            self._shown(cards, now)
            return
        for other, told in known:
            self._took(other, told, now)

    def _cards_first(self) -> list[tuple[DoorId, Told]]:
        """The cards that wait before anything else, one at each door: they are decided together."""
        cards: dict[DoorId, Told] = {}
        for door_id, told in self._waiting:
            other = self.fitted.get(door_id)
            if other is None or other.maker.put_code or not isinstance(told, CardShown) or door_id in cards:
                break
            cards[door_id] = told
        return list(cards.items())

    def _shown(self, cards: Sequence[tuple[Other, CardShown]], now: datetime) -> None:
        """Readers and relays that decide nothing: decided here, kept, and only then opened. A reader that comes back
        may say its last card again: that is nobody at the door (D6)."""
        said = [(other, told.card) for other, told in cards if not is_echo(other, told.card)]
        asked = [self._asked(other, card) for other, card in said]
        decisions = self.desk.decide(asked, now) if asked else []
        for (other, card), decision in zip(said, decisions, strict=True):
            other.last_card, other.state = card, decision.after
            order = other.maker.open(other.codec, _GREETING, other.door.unlock_s) if decision.granted else None
            if order is not None and not self.publish(order):
                log.warning("relay was not reached door=%s", other.door.ref)

    def _asked(self, other: Other, card: str) -> Asked:
        shown = Presented(Medium.CARD, credential_hash(credential_key(self.vault, other.door), card))
        return Asked(other.door.id, shown, other.numbering, other.state)

    def _reachable(self, other: Other, now: datetime, *, online: bool) -> None:
        with self.sessions.begin() as session:
            door, state = session.get_one(Door, other.door.id), session.get_one(DoorState, other.door.id)
            if state.online != online:
                state.online, state.online_changed_at = online, now
            other.came_ms = mono_ms() if online and not other.online else other.came_ms
            other.online = online
            if online:
                self._heard(other, state, now)
                cease(session, door, AlarmKind.OFFLINE, now)
            else:
                sound_once(session, door, AlarmKind.OFFLINE, {}, now)
        if online and other.maker.cards:
            self.boards.came(other.door)
        greeting = other.maker.greet(other.codec, _GREETING, other.door.unlock_s) if online else None
        if greeting is not None:
            self.publish(greeting)

    def _lock_said(self, other: Other, said: LockState, now: datetime) -> None:
        with self.sessions.begin() as session:
            state = session.get_one(DoorState, other.door.id)
            state.lock = _SHOWN.get(said, "unlocked")
            self._heard(other, state, now)
            left_open = said in _OPEN and not other.has_spoken and self._is_left_open(session, other, now)
        other.has_spoken = True
        if said in _OPEN and other.maker.proof is Proof.STATE:
            self._opened(other, now)
        if left_open and other.maker.lock(other.codec) is not None:
            other.lock_at_ms = mono_ms()

    def _is_left_open(self, session: Session, other: Other, now: datetime) -> bool:
        """Open, none of our orders of this life explains it, and one of an earlier life does."""
        if other.asked is not None:
            return False
        mine = (DoorCommand.door_id == other.door.id) & DoorCommand.sent_at.is_not(None)
        recent = select(DoorCommand.id).where(mine, DoorCommand.sent_at >= now - _LEFT_OPEN)
        return session.scalar(recent.limit(1)) is not None

    def _leaf(self, other: Other, now: datetime, *, leaf_open: bool) -> None:
        with self.sessions.begin() as session:
            state = session.get_one(DoorState, other.door.id)
            state.contact = "open" if leaf_open else "closed"
            self._heard(other, state, now)
            kind = EventKind.DOOR_OPENED if leaf_open else EventKind.DOOR_CLOSED
            other.numbering.write(session, other.door, kind, {}, now)

    def _answered(self, other: Other, answer: Acknowledged, now: datetime) -> None:
        named = other.maker.proof is Proof.ANSWER
        order = other.order
        if order is None or (named and answer.ref != str(order)):
            return
        if answer.ok:
            self._opened(other, now)
            return
        with self.sessions.begin() as session:
            row = session.get_one(DoorCommand, order)
            if row.state == CommandState.SENT.value:
                commands.end(session, row, CommandState.FAILED, commands.REFUSED, now)

    def _opened(self, other: Other, now: datetime) -> None:
        """The order under way was done; the event ends it, also when it came too late to be waited for."""
        order = other.order
        if order is None:
            return
        with self.sessions.begin() as session:
            row = session.get_one(DoorCommand, order)
            if row.state in (CommandState.SENT.value, CommandState.EXPIRED.value):
                facts = {"command": row.ref, "reason": commands.REMOTE_CODE, "unlock_s": other.door.unlock_s}
                other.numbering.write(session, other.door, EventKind.OPENED_REMOTE, facts, now)

    def _heard(self, other: Other, state: DoorState, now: datetime) -> None:
        """Whose clock decides is ours, but for boards with one of their own."""
        state.last_heard_at = now
        if not other.maker.cards:
            state.clock_state, state.clock_offset_ms = Clock.SYNCED.value, 0

    def _lock(self, other: Other) -> bool:
        order = other.maker.lock(other.codec)
        return order is None or self.publish(order)


def _codec(door: Door) -> Codec:
    return codec(door.driver, door.device_topic, door.controller_id, door.settings)
