"""Cards on boards with several doors (UHPPOTE): one record of a card holds all its doors of that board.

Each door keeps its own rows; a record is put together from all of them, and what the board is found to hold is said to
each. So two processes that serve two doors of one board may write over each other, and both are put right.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from access import door_cards, one_by_one
from access.door_card_models import DoorCard
from access.door_cards import CLEARING, HELD, PUTTING
from access.ids import CredentialId
from access.lock_code_models import CodeState
from access.models import Door
from devices.drivers.uhppote import DELETED_CARD, NO_CARD, CardOf


@dataclass(frozen=True, slots=True)
class Record:
    """A card as the board shall hold it; local days, both counted in. `doors`: 1 for each door it opens."""

    first_on: date
    last_on: date
    doors: tuple[int, int, int, int]


def place_on_board(door: Door) -> int:
    """Which of the board's doors this is, from 1."""
    return int(door.settings["board_door"])


def record_of(session: Session, door: Door, credential: CredentialId, zone: ZoneInfo) -> Record | None:
    """What the board shall hold of this card, of all its doors; None: nothing. What is in it counts as sent."""
    wanted = [(at, row) for at, row in _rows(session, door, credential) if row.state in (PUTTING, HELD)]
    if not wanted:
        return None
    for _at, row in wanted:
        row.inside = True
    session.flush()
    doors = tuple(int(place in {place_on_board(at) for at, _row in wanted}) for place in (1, 2, 3, 4))
    first_on = min(row.valid_from.astimezone(zone).date() for _at, row in wanted)
    return Record(first_on, max(_last_on(row, zone) for _at, row in wanted), (doors[0], doors[1], doors[2], doors[3]))


def found(session: Session, door: Door, credential: CredentialId, card: CardOf, now: datetime, zone: ZoneInfo) -> None:
    """What the board said that it holds of this card: proof for each of its doors, for and against."""
    there = card.number not in (NO_CARD, DELETED_CARD)
    for at, row in _rows(session, door, credential):
        opens = there and card.doors[place_on_board(at) - 1] == 1
        lasts = opens and card.last_on is not None and card.last_on >= _last_on(row, zone)
        _judge(session, row, opens=opens, lasts=lasts)
        door_cards.confirm_anew(session, at, now)


def siblings(session: Session, door: Door) -> Sequence[Door]:
    """All doors in use on the same board, this one too."""
    query = select(Door).where(Door.driver == door.driver, Door.enabled).order_by(Door.id)
    return [each for each in session.scalars(query) if each.settings["serial"] == door.settings["serial"]]


def _judge(session: Session, row: DoorCard, *, opens: bool, lasts: bool) -> None:
    if row.state == PUTTING and row.inside and lasts:
        one_by_one.turned(row, CodeState.HELD)
    elif row.state == HELD and not lasts:
        one_by_one.turned(row, CodeState.PUTTING)
    elif row.state == CLEARING and not opens:
        session.delete(row)
    session.flush()


def _rows(session: Session, door: Door, credential: CredentialId) -> list[tuple[Door, DoorCard]]:
    doors = {each.id: each for each in siblings(session, door)}
    query = select(DoorCard).where(DoorCard.credential_id == credential, DoorCard.door_id.in_(doors))
    return [(doors[row.door_id], row) for row in session.scalars(query.order_by(DoorCard.id))]


def _last_on(row: DoorCard, zone: ZoneInfo) -> date:
    """A time that ends at midnight ends on the day before."""
    return (row.valid_until - timedelta(seconds=1)).astimezone(zone).date()
