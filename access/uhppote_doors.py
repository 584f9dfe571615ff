"""Doors on UHPPOTE boards: one errand at a time for each door, over UDP that may lose, double and delay anything.

A card is put in when its time begins and taken out when it ends, and only what the board answers when asked for the
card proves either. Events are pulled by number; what the board pushes is a hint to look. An opening is sent once.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from access import board_cards, card_secrets, commands, door_cards, own_numbering, uhppote_events
from access.alarms import AlarmKind, cease, sound_once
from access.board_cards import place_on_board
from access.door_card_models import DoorCard
from access.ids import DoorId
from access.keys import Vault
from access.models import CommandState, Door, DoorCommand, DoorState, Driver
from access.own_numbering import mono_ms
from access.practice import practice
from access.uhppote_errands import BoardDoor, Errand, Want, seat_of, written
from booking.db import reading
from booking.models import Premises
from devices.drivers import uhppote
from devices.drivers.uhppote import Answer, CardOf, Done, Event, Status
from devices.drivers.uhppote_line import Ear, Question, address_of
from devices.events import EventKind
from devices.messages import Clock

log = logging.getLogger(__name__)

PATIENCE_MS, TRIES = 500, 4  # an answer takes milliseconds; a board that starts takes seconds
POLL_MS = 2000
WAIT = timedelta(seconds=3)  # a card's errand with all its tries and its proof
NOTE_EVERY = timedelta(seconds=20)
COMPARE_MS = 6 * 3_600_000
STEPS = 20  # answers of one door in one turn


@dataclass(slots=True)
class UhppoteDoors:
    """All such doors of this process. `serves`: whether a door is ours (leases.py)."""

    sessions: sessionmaker[Session]
    vault: Vault
    serves: Callable[[DoorId], bool] = lambda _door: True
    patience_ms: int = PATIENCE_MS
    poll_every_ms: int = POLL_MS
    mono: Callable[[], int] = mono_ms
    fitted: dict[DoorId, BoardDoor] = field(default_factory=dict)
    _ear: Ear | None = None

    def refit(self, now: datetime) -> None:
        """Take up doors that are new or changed, let go of those gone."""
        with reading(self.sessions) as session:
            query = select(Door).where(Door.driver == Driver.UHPPOTE.value, Door.enabled)
            wanted = {door.id: door for door in session.scalars(query) if self.serves(door.id)}
            session.expunge_all()
        for door_id, fitted in list(self.fitted.items()):
            if door_id in wanted and seat_of(fitted.door) == seat_of(wanted[door_id]):
                fitted.door = wanted[door_id]
            else:
                self.fitted.pop(door_id).question.close()
        for door_id in wanted.keys() - self.fitted.keys():
            self.fitted[door_id] = self._fit(wanted[door_id], now)

    def turn(self, now: datetime) -> None:
        """Answers of all boards, and what is due to them."""
        self._listen()
        for fitted in self.fitted.values():
            for _step in range(STEPS):
                if not self._step(fitted, now):
                    break

    def mind_changes(self) -> None:
        """Whose rights were changed is looked at now; once a second."""
        if not self.fitted:
            return
        with reading(self.sessions) as session:
            versions = session.execute(select(Door.id, Door.version).where(Door.id.in_(self.fitted))).all()
        for door, version in versions:
            if self.fitted[door].version != version:
                self.fitted[door].look_at = None

    def open_remotely(self, door: Door, command: DoorCommand, now: datetime) -> None:
        """Sends somebody's order, once; the board's answer ends it, or else its time does."""
        fitted = self.fitted.get(door.id)
        if fitted is None or not fitted.online:
            with self.sessions.begin() as session:
                row = session.get_one(DoorCommand, command.id)
                commands.end(session, row, CommandState.FAILED, commands.OFFLINE, now)
            return
        packet = uhppote.open_door(fitted.board, place_on_board(door))
        fitted.urgent.append(Errand(Want.OPEN, packet, command=command.id))

    def stop(self) -> None:
        for fitted in self.fitted.values():
            fitted.question.close()
        if self._ear is not None:
            self._ear.close()
            self._ear = None

    def _fit(self, door: Door, now: datetime) -> BoardDoor:
        with self.sessions.begin() as session:
            zone = ZoneInfo(session.get_one(Premises, door.premises_id).zone)
            state = session.get_one(DoorState, door.id)
            state.lock = "unknown"  # it never says
            if state.online:
                state.online, state.online_changed_at = False, now
            numbering = own_numbering.begin(session, door, "vuoro uhppote", now)
        return BoardDoor(door, zone, numbering, Question(address_of(door.settings["address"])))

    def _listen(self) -> None:
        for packet in self._ear.heard() if self._ear else ():
            said = uhppote.read(packet)
            for fitted in self.fitted.values():
                if isinstance(said, Status) and said.board == fitted.board:
                    fitted.poll_ms = 0

    def _step(self, fitted: BoardDoor, now: datetime) -> bool:
        """Takes an answer, gives up what was not answered, sends what is next. True when there may be more at once."""
        if fitted.errand is not None:
            packet = fitted.question.answer()
            if packet is None:
                self._mind_silence(fitted, now)
                return False
            self._heard(fitted, fitted.errand, packet, now)
        if fitted.errand is None:
            errand = self._next(fitted, now)
            if errand is not None:
                fitted.errand, fitted.tries = errand, 1 if errand.want is Want.OPEN else TRIES
                self._send(fitted)
        return fitted.errand is not None

    def _send(self, fitted: BoardDoor) -> None:
        assert fitted.errand is not None
        fitted.question.ask(fitted.errand.packet)
        fitted.sent_ms, fitted.tries = self.mono(), fitted.tries - 1

    def _mind_silence(self, fitted: BoardDoor, now: datetime) -> None:
        if self.mono() - fitted.sent_ms < self.patience_ms:
            return
        if fitted.tries > 0:
            self._send(fitted)
            return
        errand, fitted.errand = fitted.errand, None
        fitted.question.close()
        if errand is not None and errand.want is Want.STATUS:
            self._reachable(fitted, now, online=False)
        else:
            fitted.poll_ms = 0  # is it there at all?

    def _heard(self, fitted: BoardDoor, errand: Errand, packet: bytes, now: datetime) -> None:
        said = uhppote.read(packet)
        if packet[1:2] != errand.packet[1:2] or getattr(said, "board", None) != fitted.board:
            return  # no answer to this
        fitted.errand = None
        fitted.question.close()
        self._took(fitted, errand, said, now)

    def _took(self, fitted: BoardDoor, errand: Errand, said: Answer, now: datetime) -> None:
        match errand.want, said:
            case Want.STATUS, Status():
                self._status(fitted, said, now)
            case Want.OPEN, Done(ok=ok):
                self._opened(fitted, errand, now, ok=ok)
            case Want.WRITE, Done():  # whatever it says: what it holds is asked for
                packet = uhppote.get_card(fitted.board, int(errand.number))
                fitted.urgent.appendleft(Errand(Want.PROVE, packet, errand.card, errand.number))
            case Want.PROVE, CardOf() if errand.card is not None:
                fitted.look_at = None
                with self.sessions.begin() as session:
                    door = session.get_one(Door, fitted.door.id)
                    board_cards.found(session, door, errand.card, said, now, fitted.zone)
            case Want.EVENT | Want.OLDEST, Event():
                self._event(fitted, errand, said, now)
            case Want.CARD_AT, CardOf():
                self._listed(fitted, said, now)
            case _:
                pass

    def _next(self, fitted: BoardDoor, now: datetime) -> Errand | None:
        """People who wait go first, then cards; then how it is, and what it has to tell."""
        if not fitted.online:
            return self._ask_status(fitted)
        if fitted.urgent:
            return fitted.urgent.popleft()
        if fitted.look_at is None or now >= fitted.look_at:
            errand = self._settle(fitted, now)
            if errand is not None:
                return errand
        return self._ask_status(fitted) or self._ask_event(fitted) or self._ask_cards(fitted)

    def _ask_status(self, fitted: BoardDoor) -> Errand | None:
        if self.mono() < fitted.poll_ms:
            return None
        fitted.poll_ms = self.mono() + self.poll_every_ms
        return Errand(Want.STATUS, uhppote.status(fitted.board))

    def _ask_event(self, fitted: BoardDoor) -> Errand | None:
        if fitted.read is None or fitted.read == fitted.newest:
            return None
        if fitted.read > fitted.newest:  # its counting began anew
            return Errand(Want.OLDEST, uhppote.get_event(fitted.board, 0))
        return Errand(Want.EVENT, uhppote.get_event(fitted.board, fitted.read + 1))

    def _ask_cards(self, fitted: BoardDoor) -> Errand | None:
        if fitted.later:
            return fitted.later.popleft()
        if fitted.place is None and self.mono() >= fitted.compare_ms:
            fitted.place, fitted.there = 1, {}
        return None if fitted.place is None else Errand(Want.CARD_AT, uhppote.get_card_at(fitted.board, fitted.place))

    def _settle(self, fitted: BoardDoor, now: datetime) -> Errand | None:
        with self.sessions.begin() as session:
            door = session.get_one(Door, fitted.door.id)
            settled = door_cards.settle(session, self.vault, door, now, wait=WAIT, ahead=False)
            fitted.version, fitted.look_at = door.version, settled.look_at
            if settled.order is None:
                return None
            fitted.look_at = now + WAIT
            return written(session, fitted, door, settled.order)

    def _status(self, fitted: BoardDoor, said: Status, now: datetime) -> None:
        if not fitted.online:
            self._reachable(fitted, now, online=True)
        fitted.newest = said.event.number if said.event else 0
        leaf_open = said.open[place_on_board(fitted.door) - 1]
        offset_ms = _offset_ms(fitted, said.at, now)
        wrong = offset_ms is None or abs(offset_ms) > practice().clock_set_s * 1000
        if not (wrong or fitted.was_wrong or fitted.read is None) and _is_noted(fitted, now, leaf_open=leaf_open):
            return
        fitted.noted = (leaf_open, now)
        with self.sessions.begin() as session:
            state = session.get_one(DoorState, fitted.door.id)
            state.last_heard_at, state.contact = now, "open" if leaf_open else "closed"
            state.clock_offset_ms, state.clock_state = offset_ms, (Clock.SYNCED if said.at else Clock.UNKNOWN).value
            if fitted.read is None:
                fitted.read = uhppote_events.read_up_to(session, fitted.door, fitted.newest)
            self._clock(session, fitted, offset_ms, now, wrong=wrong)

    def _clock(self, session: Session, fitted: BoardDoor, offset_ms: int | None, now: datetime, *, wrong: bool) -> None:
        """Set when it is off, also when summer time begins or ends; an alarm when it is off again right after."""
        if wrong:
            local = now.astimezone(fitted.zone).replace(tzinfo=None, microsecond=0)
            fitted.urgent.append(Errand(Want.TIME, uhppote.set_time(fitted.board, local)))
        alarming = offset_ms is None or abs(offset_ms) > practice().clock_alarm_s * 1000
        if wrong and fitted.was_wrong and alarming:
            sound_once(session, fitted.door, AlarmKind.CLOCK_DRIFT, {"offset_ms": offset_ms}, now)
        elif not wrong:
            cease(session, fitted.door, AlarmKind.CLOCK_DRIFT, now)
        fitted.was_wrong = wrong

    def _event(self, fitted: BoardDoor, errand: Errand, said: Event, now: datetime) -> None:
        assert fitted.read is not None
        if errand.want is Want.EVENT and (said.number != fitted.read + 1 or said.kind == uhppote.OVERWRITTEN):
            fitted.urgent.append(Errand(Want.OLDEST, uhppote.get_event(fitted.board, 0)))
            return
        with self.sessions.begin() as session:
            door = session.get_one(Door, fitted.door.id)
            if errand.want is Want.OLDEST:
                fitted.read = uhppote_events.skip(session, door, said.number, now)
                return
            uhppote_events.take(session, self.vault, fitted.numbering, door, fitted.zone, said, now)
        fitted.read = said.number

    def _listed(self, fitted: BoardDoor, said: CardOf, now: datetime) -> None:
        if said.number != uhppote.NO_CARD:
            if said.number != uhppote.DELETED_CARD:
                fitted.there[str(said.number)] = said.doors[place_on_board(fitted.door) - 1] != 0
            fitted.place = (fitted.place or 0) + 1
            return
        fitted.place, fitted.compare_ms = None, self.mono() + COMPARE_MS
        self._compare(fitted, now)

    def _compare(self, fitted: BoardDoor, now: datetime) -> None:
        """What the board holds against what we think: each doubt is asked for by itself, which is the proof."""
        with self.sessions.begin() as session:
            door = session.get_one(Door, fitted.door.id)
            ours = card_secrets.all_told(session, self.vault, door)
            here = {card for card, opens in fitted.there.items() if opens}
            rows = session.scalars(select(DoorCard).where(DoorCard.door_id == door.id)).all()
            known = {row.credential_id for row in rows}
            for card in sorted(here & ours.keys()):
                if ours[card] not in known:
                    door_cards.leave_behind(session, door, ours[card], now)
            held = {row.credential_id for row in rows if row.state == door_cards.HELD}
            for card, credential in ours.items():
                if credential in held and card not in here:
                    packet = uhppote.get_card(fitted.board, int(card))
                    fitted.later.append(Errand(Want.PROVE, packet, credential, card))
            strangers = sorted(here - ours.keys())
            door_cards.mind_strangers(session, door, len(strangers), now)
        fitted.look_at = None
        if door.settings.get("strangers") == "delete":
            gone = (Errand(Want.SET_UP, uhppote.delete_card(fitted.board, int(card))) for card in strangers)
            fitted.later.extend(gone)

    def _reachable(self, fitted: BoardDoor, now: datetime, *, online: bool) -> None:
        if fitted.online == online:
            return
        fitted.online, fitted.look_at, fitted.noted = online, None, None
        with self.sessions.begin() as session:
            door, state = session.get_one(Door, fitted.door.id), session.get_one(DoorState, fitted.door.id)
            if state.online != online:
                state.online, state.online_changed_at = online, now
            if online:
                cease(session, door, AlarmKind.OFFLINE, now)
            else:
                sound_once(session, door, AlarmKind.OFFLINE, {}, now)
        if online:
            self._greet(fitted)
        else:
            fitted.urgent.clear()
            fitted.later.clear()

    def _greet(self, fitted: BoardDoor) -> None:
        """Its settings, and soon a look at all its cards: nobody knows what was done to it meanwhile."""
        fitted.place, fitted.compare_ms = None, 0
        board, place = fitted.board, place_on_board(fitted.door)
        packets = [uhppote.special_events(board, on=True)]
        packets.append(uhppote.set_door(board, place, unlock_s=min(255, fitted.door.unlock_s)))
        try:
            self._ear = self._ear or Ear()
            packets.append(uhppote.set_listener(board, *self._ear.place(fitted.question.address)))
        except OSError as error:
            log.warning("boards cannot push events here error=%s", error)  # they are asked every two seconds anyway
        fitted.later.extend(Errand(Want.SET_UP, packet) for packet in packets)

    def _opened(self, fitted: BoardDoor, errand: Errand, now: datetime, *, ok: bool) -> None:
        with self.sessions.begin() as session:
            row = session.get_one(DoorCommand, errand.command)
            if row.state not in (CommandState.SENT.value, CommandState.EXPIRED.value):
                return
            if ok:
                facts = {"command": row.ref, "reason": commands.REMOTE_CODE, "unlock_s": fitted.door.unlock_s}
                fitted.numbering.write(session, fitted.door, EventKind.OPENED_REMOTE, facts, now)
            elif row.state == CommandState.SENT.value:
                commands.end(session, row, CommandState.FAILED, commands.REFUSED, now)


def _offset_ms(fitted: BoardDoor, at: datetime | None, now: datetime) -> int | None:
    local = now.astimezone(fitted.zone).replace(tzinfo=None)
    return None if at is None else round((at - local).total_seconds() * 1000)


def _is_noted(fitted: BoardDoor, now: datetime, *, leaf_open: bool) -> bool:
    """That it is there and as before is written down now and again only."""
    return fitted.noted is not None and fitted.noted[0] == leaf_open and now - fitted.noted[1] < NOTE_EVERY
