"""One door with a lock, relay or reader of another maker, as the doors process knows it."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field

from access.decide import Situation
from access.models import Door
from access.own_numbering import Numbering, mono_ms
from devices.drivers.makers import MAKERS, Codec, Maker
from devices.drivers.registry import DRIVERS

log = logging.getLogger(__name__)

_ORDER_MS = 30_000  # what a device says later is about something else
_ECHO_MS = 3000


@dataclass(slots=True)
class Other:
    """One such door in use. `asked` is the last order sent, at `asked_ms`; `lock_at_ms` when we must lock again."""

    door: Door
    codec: Codec
    numbering: Numbering
    asked: int | None = None
    asked_ms: int = 0
    confirmed: int = 0
    lock_at_ms: int | None = None
    online: bool = False
    has_spoken: bool = False  # said how its lock is, in this life of ours
    state: Situation = field(default_factory=Situation)
    last_card: str = ""
    came_ms: int = 0

    @property
    def order(self) -> int | None:
        """The order that what the device says now may be about."""
        return self.asked if mono_ms() - self.asked_ms < _ORDER_MS else None

    @property
    def asks(self) -> bool:
        """Whether the service decides for each card shown there."""
        return DRIVERS[self.door.driver].takes_cards and not self.maker.cards

    @property
    def maker(self) -> Maker:
        return MAKERS[self.door.driver]

    @property
    def place(self) -> tuple[str, str, Mapping[str, str]]:
        return place_of(self.door)


def is_echo(other: Other, card: str) -> bool:
    """Whether a reader that just came back says its last card again."""
    echo = card == other.last_card and mono_ms() - other.came_ms < _ECHO_MS
    if echo:
        log.info("last card said again after coming back door=%s", other.door.ref)
    return echo


def place_of(door: Door) -> tuple[str, str, Mapping[str, str]]:
    """What its device is found by: when this changes, it is another one."""
    return door.driver, door.device_topic, dict(door.settings)
