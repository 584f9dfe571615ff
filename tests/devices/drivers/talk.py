"""What a device on MQTT says, and the codec that is to understand it."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from devices.drivers.told import Acknowledged, CardShown, Passed
from devices.link import Outgoing


def say(topic: str, body: object) -> tuple[str, bytes]:
    return topic, body.encode() if isinstance(body, str) else json.dumps(body).encode()


@dataclass(frozen=True)
class Device:
    """A codec, what its device publishes, what each message tells, and the commands we have for it."""

    make: Callable[[], Any]
    talk: Sequence[tuple[tuple[str, bytes], tuple[object, ...]]]
    commands: Callable[[Any], Sequence[Outgoing | None]]
    own: str
    happenings: frozenset[type] = field(default_factory=lambda: frozenset((Passed, Acknowledged, CardShown)))
