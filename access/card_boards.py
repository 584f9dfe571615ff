"""Boards on the broker that decide alone about cards they are told (ESP-RFID): what is sent to each, and when.

Their answers name no card. So one order is under way at a time, and an answer proves that order only; when it did not
come in 5 s the same order goes again and no other until the first can no longer be answered. After a start of the
board all is sent again; then, and now and again, its list is asked for, which 3 s of silence end, and compared.
"""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from access import card_passages, door_cards
from access.alarms import AlarmKind, cease, sound_once
from access.door_card_models import DoorCard
from access.door_cards import Order
from access.ids import DoorCardId, DoorId
from access.intake import instant
from access.keys import Vault
from access.models import Door, DoorState
from access.own_numbering import Numbering
from access.practice import practice
from booking.db import reading
from devices.drivers.esp_rfid import ANSWER_WAIT_MS, LIST_SILENCE_MS, NOT_SET, EspRfid, User
from devices.drivers.told import Acknowledged, CardListed, ClockSaid, Means, Passed, Restarted, Told
from devices.link import Outgoing
from devices.messages import Clock

log = logging.getLogger(__name__)

WAIT = timedelta(milliseconds=ANSWER_WAIT_MS)
SILENCE = timedelta(milliseconds=LIST_SILENCE_MS)
GAP = timedelta(milliseconds=300)  # a double of the last answer comes within this
LATE = timedelta(seconds=30)  # a connection that is silent for longer is dead, and its answers with it
COMPARE_EVERY = timedelta(hours=6)
LONGEST_LIST = 5000  # more than such a board can hold: it is listened to no longer
ASK_AGAIN = 3  # an empty list is believed when asked for so often
_PUT, _TAKEN_OUT = "adduser", "deletuid"


@dataclass(slots=True)
class _Sent:
    """The order under way; `row` None: a stranger is being deleted."""

    row: DoorCardId | None
    answer: str
    at: datetime
    again: bool


@dataclass(slots=True)
class CardBoard:
    """What this process remembers of one board."""

    door: DoorId
    version: int = -1
    look_at: datetime | None = None
    free_at: datetime | None = None  # nothing is sent before
    sent: _Sent | None = None
    doubt: tuple[DoorCardId | None, datetime] | None = None  # this order may still be answered, until then
    strangers: deque[str] = field(default_factory=deque)
    listing: dict[str, tuple[datetime, datetime]] | None = None
    heard_line_at: datetime | None = None
    asked_list: int = 0
    compare_at: datetime | None = None  # None: as soon as all was sent
    heard_at: datetime | None = None
    ahead: bool = True


@dataclass(slots=True)
class CardBoards:
    """All boards of this process. `publish` gives False when there is no connection."""

    sessions: sessionmaker[Session]
    vault: Vault
    publish: Callable[[Outgoing], bool]
    boards: dict[DoorId, CardBoard] = field(default_factory=dict)

    def fit(self, door: Door) -> None:
        """A board new to this process: what its last life sent may still be answered."""
        board = self.boards[door.id] = CardBoard(door.id)
        with self.sessions.begin() as session:
            session.get_one(DoorState, door.id).lock = "unknown"  # until it says, if it ever does
            last = select(DoorCard).where(DoorCard.door_id == door.id, DoorCard.sent_at.is_not(None))
            row = session.scalar(last.order_by(DoorCard.sent_at.desc()).limit(1))
            if row is not None and row.sent_at is not None:
                board.doubt = (row.id, row.sent_at + LATE)

    def took(self, door: Door, numbering: Numbering, told: Told, now: datetime) -> bool:
        """What a board said of cards and of itself; False for what all doors say alike."""
        board = self.boards[door.id]
        board.heard_at = now
        match told:
            case ClockSaid(at_s=at_s):
                self._clock(door, board, at_s, now)
            case Acknowledged(code=code):
                self._answered(door, board, code, now)
            case Restarted():
                self._restarted(door, board, now)
            case CardListed():
                _listed(board, told, now)
            case Passed(means=Means.CARD):
                with self.sessions.begin() as session:
                    card_passages.passed(session, self.vault, numbering, door, told, now)
            case _:
                return False
        return True

    def came(self, door: Door) -> None:
        """It is heard again: what it holds is asked for, for it may have started unheard."""
        board = self.boards[door.id]
        board.compare_at, board.asked_list, board.look_at = None, 0, None

    def is_silent(self, door: Door, now: datetime) -> bool:
        """Two heartbeats of it were missed, and half of a third."""
        heard = self.boards[door.id].heard_at
        beat = timedelta(seconds=int(door.settings["heartbeat_s"]))
        return heard is not None and now - heard > beat * 5 / 2

    def mind_changes(self) -> None:
        """Whose rights were changed is looked at now; once a second."""
        if not self.boards:
            return
        with reading(self.sessions) as session:
            query = select(Door.id, Door.version).where(Door.id.in_(self.boards))
            versions = session.execute(query).all()
        for door, version in versions:
            if self.boards[door].version != version:
                self.boards[door].look_at = None

    def turn(self, door: Door, codec: EspRfid, now: datetime) -> None:
        """Sends what is due to one board that is online."""
        board = self.boards[door.id]
        if board.listing is not None and board.heard_line_at is not None:
            if now - board.heard_line_at >= SILENCE or len(board.listing) > LONGEST_LIST:
                self._compare(door, board, now)
            return
        self._mind_answer(board, now)
        if board.sent is not None or (board.free_at is not None and now < board.free_at):
            return
        if board.look_at is None or now >= board.look_at:
            self._settle(door, codec, board, now)
        elif board.strangers:
            self._delete_stranger(codec, board, now)
        elif board.compare_at is None or now >= board.compare_at:
            self._ask_list(codec, board, now)

    def _settle(self, door: Door, codec: EspRfid, board: CardBoard, now: datetime) -> None:
        held = board.doubt is not None and now < board.doubt[1]
        hold = (board.doubt[0] or DoorCardId(-1)) if board.doubt is not None and held else None
        with self.sessions.begin() as session:
            row = session.get_one(Door, door.id)
            settled = door_cards.settle(session, self.vault, row, now, wait=WAIT, ahead=board.ahead, hold=hold)
            board.version = row.version
        order = settled.order
        board.look_at = settled.look_at if not held or board.doubt is None else min(settled.look_at, board.doubt[1])
        if order is None:
            return
        again = board.doubt is not None and board.doubt[0] == order.row
        board.sent = _Sent(order.row, _TAKEN_OUT if order.window is None else _PUT, now, again)
        self.publish(_command(codec, order))

    def _mind_answer(self, board: CardBoard, now: datetime) -> None:
        if board.sent is not None and now - board.sent.at >= WAIT:
            board.doubt, board.sent, board.look_at = (board.sent.row, board.sent.at + LATE), None, None

    def _answered(self, door: Door, board: CardBoard, code: str, now: datetime) -> None:
        sent = board.sent
        if sent is None or sent.answer != code:
            return
        board.sent, board.doubt, board.look_at = None, None, None
        board.free_at = now + (WAIT if sent.again else GAP)
        if sent.row is not None:
            with self.sessions.begin() as session:
                door_cards.proved(session, session.get_one(Door, door.id), sent.row, now, held=code == _PUT)

    def _restarted(self, door: Door, board: CardBoard, now: datetime) -> None:
        board.sent, board.look_at, board.compare_at, board.asked_list = None, None, None, 0
        board.listing = None
        with self.sessions.begin() as session:
            door_cards.restarted(session, session.get_one(Door, door.id), now)

    def _delete_stranger(self, codec: EspRfid, board: CardBoard, now: datetime) -> None:
        if board.doubt is None or now >= board.doubt[1]:
            board.sent = _Sent(None, _TAKEN_OUT, now, again=False)
            self.publish(codec.remove(board.strangers.popleft()))

    def _ask_list(self, codec: EspRfid, board: CardBoard, now: datetime) -> None:
        if self.publish(codec.ask_list()):
            board.listing, board.heard_line_at, board.asked_list = {}, now, board.asked_list + 1

    def _compare(self, door: Door, board: CardBoard, now: datetime) -> None:
        listed, board.listing = board.listing or {}, None
        with self.sessions.begin() as session:
            row = session.get_one(Door, door.id)
            if not listed and board.asked_list < ASK_AGAIN and _should_hold(session, row):
                return  # the question may have been lost: it is asked again
            board.asked_list, board.compare_at, board.look_at = 0, now + COMPARE_EVERY, None
            strangers = door_cards.compare(session, self.vault, row, listed, now)
            if strangers and row.settings.get("strangers") == "delete":
                board.strangers.extend(each for each in strangers if EspRfid.can_remove(each))
            door_cards.mind_strangers(session, row, len(strangers), now)

    def _clock(self, door: Door, board: CardBoard, at_s: int, now: datetime) -> None:
        """Nobody may set its clock from afar. While it is wrong, cards go in only when their time begins by ours; one
        that was never set lets nobody in."""
        offset_ms = round((at_s - now.timestamp()) * 1000)
        unset, wrong = at_s < NOT_SET, abs(offset_ms) > practice().clock_alarm_s * 1000
        board.ahead = unset or not wrong
        board.look_at = None
        with self.sessions.begin() as session:
            state = session.get_one(DoorState, door.id)
            state.clock_state = (Clock.UNKNOWN if unset else Clock.SYNCED).value
            state.clock_offset_ms, state.last_heard_at = (None if unset else offset_ms), now
            if wrong:
                facts: dict[str, Any] = {"offset_ms": None if unset else offset_ms}
                sound_once(session, session.get_one(Door, door.id), AlarmKind.CLOCK_DRIFT, facts, now)
            else:
                cease(session, door, AlarmKind.CLOCK_DRIFT, now)


def _command(codec: EspRfid, order: Order) -> Outgoing:
    if order.window is None:
        return codec.remove(order.card)
    return codec.add(User(order.card, order.name, order.window.starts_at, order.window.ends_at))


def _listed(board: CardBoard, line: CardListed, now: datetime) -> None:
    if board.listing is not None and 0 <= line.since <= line.until:
        # The board counts both ends in; ours are half-open.
        board.listing[line.uid] = (instant(line.since), instant(line.until + 1))
        board.heard_line_at = now


def _should_hold(session: Session, door: Door) -> bool:
    held = select(DoorCard.id).where(DoorCard.door_id == door.id, DoorCard.inside)
    return session.scalar(held.limit(1)) is not None
