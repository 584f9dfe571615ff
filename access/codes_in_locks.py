"""Which codes lie in a lock that keeps codes, as it was proved: for the page of the door. Never whose, never digits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import select
from sqlalchemy.orm import Session

from access import one_by_one
from access.ids import DoorId
from access.lock_code_models import CodeState, DoorCode
from access.window_code_models import WindowCode, WindowState


class CodeShown(StrEnum):
    """How a code stands; UNCONFIRMED: asked for more than half a minute ago, and the lock does not say (DA24)."""

    HELD = "held"
    GOING_IN = "going_in"
    GOING_OUT = "going_out"
    UNCONFIRMED = "unconfirmed"


@dataclass(frozen=True, slots=True)
class CodeInLock:
    """One code by its slot or its number in the lock; `tries`: how often the order under way was sent."""

    place: str
    shown: CodeShown
    going_out: bool
    asked_at: datetime | None
    tries: int


def codes_in(session: Session, door: DoorId, now: datetime) -> list[CodeInLock]:
    """All codes of a door's lock, by slot or number."""
    slots: Sequence[DoorCode] = session.scalars(
        select(DoorCode).where(DoorCode.door_id == door).order_by(DoorCode.slot)
    ).all()
    windows = session.scalars(select(WindowCode).where(WindowCode.door_id == door).order_by(WindowCode.id)).all()
    found = [_shown(row, str(row.slot), now, going_out=row.state == CodeState.CLEARING.value) for row in slots]
    out = WindowState.DELETING.value
    return found + [_shown(row, str(row.code_id or "–"), now, going_out=row.state == out) for row in windows]


def _shown(row: DoorCode | WindowCode, place: str, now: datetime, *, going_out: bool) -> CodeInLock:
    if row.state == CodeState.HELD.value:
        shown = CodeShown.HELD
    elif one_by_one.is_late(row.asked_at, now):
        shown = CodeShown.UNCONFIRMED
    else:
        shown = CodeShown.GOING_OUT if going_out else CodeShown.GOING_IN
    return CodeInLock(place, shown, going_out, row.asked_at, row.tries)
