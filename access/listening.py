"""Which doors a message on the broker concerns: of thousands, found by its topic and not by asking each."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from access.ids import DoorId
from devices.mqtt import concerns


@dataclass(slots=True)
class Listening:
    """The topics that devices of doors speak on; those with a wildcard are looked through one by one."""

    _exact: dict[str, set[DoorId]] = field(default_factory=dict)
    _wild: dict[str, set[DoorId]] = field(default_factory=dict)

    def grew(self, door: DoorId, topics: Iterable[str]) -> bool:
        """Take these topics of a door in; True when one of them is new."""
        new = False
        for topic in topics:
            heard = (self._wild if "+" in topic or "#" in topic else self._exact).setdefault(topic, set())
            new |= door not in heard
            heard.add(door)
        return new

    def leave(self, door: DoorId) -> None:
        for heard in (*self._exact.values(), *self._wild.values()):
            heard.discard(door)

    def of(self, topic: str) -> list[DoorId]:
        """The doors concerned, by their number."""
        found = set(self._exact.get(topic, ()))
        for pattern, heard in self._wild.items():
            if concerns(pattern, topic):
                found |= heard
        return sorted(found)
