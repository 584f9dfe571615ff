"""Modes on their way: which change each door was sent last on this connection. They travel before lists and orders."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from sqlalchemy.orm import Session

from access import door_modes
from access.ids import DoorId
from access.mode_models import ModeChange
from access.models import Door
from devices.link import Outgoing, topic_of


@dataclass(slots=True)
class ModePost:
    """`publish` gives False when there is no connection."""

    publish: Callable[[Outgoing], bool]
    _sent: dict[DoorId, bytes] = field(default_factory=dict)

    def anew(self, door: DoorId | None = None) -> None:
        """What the broker, or one door, has is not sure any more: it is said again."""
        if door is None:
            self._sent.clear()
        else:
            self._sent.pop(door, None)

    def send(self, session: Session, doors: Iterable[Door]) -> bool:
        """The newest mode of each of these doors; False when some could not leave."""
        there = {door.id: door for door in doors}
        newest = door_modes.newest_of(session, [door for door in door_modes.ever_changed(session) if door in there])
        return all(self._send(there[row.door_id], row) for row in newest.values() if row.payload)

    def _send(self, door: Door, row: ModeChange) -> bool:
        if self._sent.get(door.id) == row.payload:
            return True
        if not self.publish(Outgoing(topic_of(door.controller_id, "mode"), row.payload, retain=True)):
            return False
        self._sent[door.id] = row.payload
        return True
