"""What will fail tonight and why: for each session at risk, the cause at each of its doors."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy.orm import Session

from access.board import BoardRow
from access.models import Door, DoorState
from access.status import DoorRight, RightState


class Cause(StrEnum):
    """Why somebody will stand before a shut door, or pass one they should not."""

    CONDITION = "condition"  # the rulebook needs something before
    NO_CREDENTIAL = "no_credential"
    DOOR_OFFLINE = "door_offline"
    LIST_REFUSED = "list_refused"
    CLOCK_UNKNOWN = "clock_unknown"
    NOT_CONFIRMED = "not_confirmed"
    STILL_INSIDE = "still_inside"  # a right taken away, and the door does not know


@dataclass(frozen=True, slots=True)
class Risk:
    """One cause at one door, since when; `code` is the door's own word for what it refused."""

    door: Door
    cause: Cause
    since: datetime | None
    code: str = ""


def risks(session: Session, row: BoardRow) -> list[Risk]:
    """The causes of a session at risk, door by door; none for one that is not."""
    if not row.at_risk:
        return []
    found = [_risk(one, session.get_one(DoorState, one.door.id)) for one in row.doors]
    return [risk for risk in found if risk is not None]


def _risk(one: DoorRight, state: DoorState) -> Risk | None:
    if one.state is RightState.SHUT:
        return Risk(one.door, Cause.CONDITION, None)
    if one.state is RightState.NO_CREDENTIAL:
        return Risk(one.door, Cause.NO_CREDENTIAL, None)
    if one.state not in (RightState.PENDING, RightState.REVOCATION_PENDING):
        return None
    if one.offline_since is not None:
        return Risk(one.door, Cause.DOOR_OFFLINE, one.offline_since)
    if state.refused:
        return Risk(one.door, Cause.LIST_REFUSED, one.since, state.refused)
    if one.state is RightState.REVOCATION_PENDING:
        return Risk(one.door, Cause.STILL_INSIDE, one.since)
    if state.clock_state == "unknown":
        return Risk(one.door, Cause.CLOCK_UNKNOWN, one.since)
    return Risk(one.door, Cause.NOT_CONFIRMED, one.since)
