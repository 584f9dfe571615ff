"""What each kind of door hardware can and cannot do. Pages show it as it stands here, weaknesses too."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class AckKind(StrEnum):
    """How the hardware proves that it took what it was sent."""

    NONE = "none"
    COMMAND = "command"
    LIST_VERSION = "list_version"


class EventLoss(StrEnum):
    """Whether an event can be lost between the door and the database."""

    NONE = "none"
    POSSIBLE = "possible"


class ClockSource(StrEnum):
    """Whose clock decides whether a right has begun."""

    DEVICE = "device"
    SERVICE = "service"


class Latency(StrEnum):
    """When a revoked right stops opening."""

    NEXT_DECISION = "next_decision"
    ON_DELIVERY = "on_delivery"


@dataclass(frozen=True, slots=True)
class Capabilities:
    """One kind of hardware. `max_credentials` None: the device sets no limit; `pin_rule`: a regular expression."""

    offline_decision: bool
    window_in_device: bool
    holds_pin: bool
    holds_card: bool
    ack_kind: AckKind
    event_loss: EventLoss
    clock: ClockSource
    max_credentials: int | None
    pin_rule: str | None
    revocation_latency: Latency
    supports_lockdown: bool
    door_contact: bool
    rex: bool


DRIVERS: Mapping[str, Capabilities] = {
    "vuoro_mqtt": Capabilities(
        offline_decision=True,
        window_in_device=True,
        holds_pin=True,
        holds_card=True,
        ack_kind=AckKind.LIST_VERSION,
        event_loss=EventLoss.NONE,
        clock=ClockSource.DEVICE,
        max_credentials=1500,
        pin_rule=r"[0-9]{4,10}",
        revocation_latency=Latency.ON_DELIVERY,
        supports_lockdown=False,
        door_contact=True,
        rex=False,
    ),
    "rdm6300_relay": Capabilities(
        offline_decision=False,
        window_in_device=False,
        holds_pin=False,
        holds_card=False,
        ack_kind=AckKind.NONE,
        event_loss=EventLoss.POSSIBLE,
        clock=ClockSource.SERVICE,
        max_credentials=None,
        pin_rule=None,
        revocation_latency=Latency.NEXT_DECISION,
        supports_lockdown=False,
        door_contact=False,
        rex=False,
    ),
}
