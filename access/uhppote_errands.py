"""What the doors process has to ask and tell a UHPPOTE board for one of its doors."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from access import board_cards
from access.door_cards import Order
from access.ids import CredentialId, DoorCommandId
from access.models import Door
from access.own_numbering import Numbering
from devices.drivers import uhppote
from devices.drivers.uhppote_line import Question


class Want(StrEnum):
    """What an errand is for."""

    STATUS = "status"
    OPEN = "open"
    WRITE = "write"  # a card's record
    PROVE = "prove"  # asking for that card
    TIME = "time"
    SET_UP = "set_up"
    EVENT = "event"
    OLDEST = "oldest"
    CARD_AT = "card_at"


@dataclass(frozen=True, slots=True)
class Errand:
    """One packet, and what for; `card` and `number` where it is about one."""

    want: Want
    packet: bytes
    card: CredentialId | None = None
    number: str = ""
    command: DoorCommandId | None = None


@dataclass(slots=True)
class BoardDoor:
    """One door in use. `read`: up to where its events are stored; `newest`: what the board said it has."""

    door: Door
    zone: ZoneInfo
    numbering: Numbering
    question: Question
    errand: Errand | None = None
    sent_ms: int = 0
    tries: int = 0
    online: bool | None = None
    poll_ms: int = 0
    newest: int = 0
    read: int | None = None
    version: int = -1
    look_at: datetime | None = None
    compare_ms: int = 0
    place: int | None = None  # of the board's memory of cards, while it is compared
    there: dict[str, bool] = field(default_factory=dict)  # cards on the board, and whether they open this door
    was_wrong: bool = False  # its clock, when it was looked at last
    noted: tuple[bool, datetime] | None = None  # how its leaf was written down last, and when
    urgent: deque[Errand] = field(default_factory=deque)
    later: deque[Errand] = field(default_factory=deque)

    @property
    def board(self) -> int:
        return int(self.door.settings["serial"])


def written(session: Session, fitted: BoardDoor, door: Door, order: Order) -> Errand:
    """The whole record of the card on its board, or its deletion where no door of the board has it."""
    record = board_cards.record_of(session, door, order.credential, fitted.zone)
    number = int(order.card)
    packet = uhppote.delete_card(fitted.board, number)
    if record is not None:
        packet = uhppote.put_card(fitted.board, number, record.first_on, record.last_on, record.doors)
    return Errand(Want.WRITE, packet, order.credential, order.card)


def seat_of(door: Door) -> tuple[str, str, str]:
    """Where it hangs: when this changes, it is another one."""
    return door.settings["address"], door.settings["serial"], door.settings["board_door"]
