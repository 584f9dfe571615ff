"""What people decided about a door beside bookings, for its page: mode, rules, free times, and its inputs."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from access import door_modes, door_rules, free_schedules
from access.door_modes import ModeStatus
from access.door_rules import Kept, RulesWish
from access.mode_models import FreeSchedule
from access.models import Door, DoorState


@dataclass(frozen=True, slots=True)
class DoorWays:
    """`state` tells fire and interlock as the door told them; `free_now`: within a free window of its list."""

    mode: ModeStatus
    rules: RulesWish
    kept: Kept
    weekly: tuple[FreeSchedule, ...]
    state: DoorState
    free_now: bool
    waits_for_first: bool


def of(db: Session, door: Door, now: datetime) -> DoorWays:
    state = db.get_one(DoorState, door.id)
    seconds = int(now.timestamp())
    current = [each for each in free_schedules.windows(db, door, now) if each.starts <= seconds < each.ends]
    waits = bool(current) and current[0].first_in and not state.armed
    return DoorWays(
        mode=door_modes.status(db, door),
        rules=door_rules.wish_of(db, door),
        kept=door_rules.kept_by(door.driver),
        weekly=tuple(free_schedules.of_door(db, door.id)),
        state=state,
        free_now=bool(current) and not waits,
        waits_for_first=waits,
    )
