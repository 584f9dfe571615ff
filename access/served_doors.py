"""Doors for which the service itself decides: by the same list, rules and mode that a controller would go by."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from access import access_list, commands, door_modes
from access.commands import ToSend
from access.decide import ClockView, Decision, Outcome, Presented, Situation, decide, free_window
from access.models import CommandState, Door, Driver
from devices import messages
from devices.events import EventKind
from devices.messages import Clock, DoorMode, FreeWindow

LOCKDOWN = "lockdown"  # the code a controller answers with, too


def decided(
    session: Session, door: Door, shown: Presented, now: datetime, *, state: Situation, mono_ms: int
) -> Decision:
    """What becomes of a credential shown at such a door; `after` is the situation for the next. What was before this
    process began (who is inside, whether first-in has been) is not known: such a door begins anew."""
    held, _left_out = access_list.build(session, door, now, cred=shown.cred)
    clock = ClockView(Clock.SYNCED, int(now.timestamp()))
    mode = door_modes.mode_of(session, door.id)
    return decide(held, shown, clock, mode=mode, state=state, mono_ms=mono_ms)


@dataclass(frozen=True, slots=True)
class Ground:
    """What such a door goes by beside rights: its mode, its rules and its free times."""

    mode: DoorMode
    held: messages.AccessList

    def free(self, now: datetime, *, armed: bool) -> FreeWindow | None:
        """The free window in force."""
        window = self._window(now)
        return window if window is not None and (armed or not window.first_in) else None

    def arms(self, now: datetime) -> bool:
        """Whether a first-in window covers now: outside one nothing stays armed."""
        window = self._window(now)
        return window is not None and window.first_in

    def _window(self, now: datetime) -> FreeWindow | None:
        clock = ClockView(Clock.SYNCED, int(now.timestamp()))
        return free_window(self.held, clock) if self.mode is DoorMode.NORMAL else None


def ground(session: Session, door: Door, now: datetime) -> Ground:
    """As it stands now; asked again whenever the door's version or mode changes."""
    held, _left_out = access_list.build(session, door, now, cred="")
    return Ground(door_modes.mode_of(session, door.id), held)


def event_of(door: Door, shown: Presented, decision: Decision) -> tuple[EventKind, dict[str, Any]]:
    """The event of such a decision, with the keys of its kind (door-protocol.md 11.4)."""
    facts: dict[str, Any] = {"medium": shown.kind.value, "cred": shown.cred, "reason": decision.reason.value}
    facts |= {"list": {"epoch": door.epoch, "version": door.version}, "reader": shown.reader.value}
    facts["right"] = decision.right
    if decision.outcome is Outcome.GRANTED:
        return EventKind.GRANTED, facts | {"notes": [note.value for note in decision.notes]}
    if decision.outcome is Outcome.PENDING:
        return EventKind.PENDING, facts
    return EventKind.DENIED, facts | {"count": 1}


def may_go(session: Session, each: ToSend, now: datetime) -> bool:
    """Whether an order may go out. To a locked down door that the service decides for, only one that says so; a
    controller refuses the others itself."""
    if each.door.driver == Driver.VUORO_MQTT.value or each.command.facts.get("override"):
        return True
    if door_modes.mode_of(session, each.door.id) is not DoorMode.LOCKDOWN:
        return True
    commands.end(session, each.command, CommandState.FAILED, LOCKDOWN, now)
    return False
