"""Orders to devices that take one at a time and prove each: what goes next, and when it is sent again."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TypeVar

from access.door_card_models import DoorCard
from access.lock_code_models import CodeState, DoorCode

Row = TypeVar("Row", DoorCode, DoorCard)

LONGEST_WAIT = timedelta(minutes=5)
UNCONFIRMED = timedelta(seconds=30)
UNDER_WAY = (CodeState.PUTTING.value, CodeState.CLEARING.value)


def next_row(rows: Sequence[Row], now: datetime, wait: timedelta) -> Row | None:
    """What to send now: clearing first, then what was tried least; nothing while an order is waited for."""
    waiting = [row for row in rows if row.state in UNDER_WAY]
    if any(row.sent_at is not None and now - row.sent_at < wait for row in waiting):
        return None
    due = [row for row in waiting if row.sent_at is None or now - row.sent_at >= pause(row.tries, wait)]
    return min(due, key=lambda row: (row.state != CodeState.CLEARING.value, row.tries, row.id), default=None)


def pause(tries: int, wait: timedelta) -> timedelta:
    """How long after the last try the next one comes: ever more seldom."""
    doubled: int = 1 << min(max(tries, 1) - 1, 8)
    return min(LONGEST_WAIT, wait * doubled)


def turned(row: DoorCode | DoorCard, state: CodeState) -> None:
    """The row is in another state, and nothing was sent for that yet."""
    row.state, row.sent_at, row.tries = state.value, None, 0
    if isinstance(row, DoorCode):
        row.asked_at = None


def sent(row: DoorCode | DoorCard, now: datetime) -> None:
    """Its order goes out now."""
    row.sent_at, row.tries = now, row.tries + 1
    if isinstance(row, DoorCode):
        row.asked_at = row.asked_at or now


def is_late(asked_at: datetime | None, now: datetime) -> bool:
    """Whether what was first asked then is unconfirmed for too long."""
    return asked_at is not None and now - asked_at >= UNCONFIRMED
