"""What each kind of door hardware can and cannot do. Pages show it as it stands here, weaknesses too."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
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
    ON_PROOF = "on_proof"  # sent at once, and over when the lock says that it took it


@dataclass(frozen=True, slots=True)
class Capabilities:
    """One kind of hardware. `max_credentials` None: the device sets no limit; `pin_rule`: a regular expression.

    `wired` False: its codec is written and tested, the doors process does not use it yet, and no page offers it.
    `closes_itself`: the lock closes again although we fall silent after opening it. `takes_cards`: a card can be shown
    at it, whoever decides. `told_cards`: it must be told the card itself, no hash. `one_window`: it keeps one window of
    a card; the next goes in when that has ended. `whole_days`: its windows are days, so hours are kept by the service.
    `pin_rule` where it holds none itself: a PIN can be typed at it.
    """

    wired: bool
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
    closes_itself: bool
    takes_cards: bool
    told_cards: bool = False
    one_window: bool = False
    whole_days: bool = False


# A reader and a relay, or a relay alone: the service decides each time, and nothing is known of what it does not hear.
_ONLINE = Capabilities(
    wired=False,
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
    closes_itself=False,
    takes_cards=False,
)
# Whoever asks the service each time obeys whatever mode the service goes by.
_READER = replace(_ONLINE, takes_cards=True, supports_lockdown=True)
_ON_WIRES = replace(_READER, wired=True)
_KEYPAD_LOCK = replace(
    _ONLINE,
    offline_decision=True,
    holds_pin=True,
    revocation_latency=Latency.ON_PROOF,
    door_contact=True,
)

DRIVERS: Mapping[str, Capabilities] = {
    "vuoro_mqtt": Capabilities(
        wired=True,
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
        supports_lockdown=True,
        door_contact=True,
        rex=True,
        closes_itself=True,
        takes_cards=True,
    ),
    # With an LC board; what a better board adds: of_door.
    "rdm6300_relay": _ON_WIRES,
    "id12la_relay": _ON_WIRES,
    "pn532_relay": _ON_WIRES,
    "wiegand_text_relay": _ON_WIRES,
    "osdp": replace(_ON_WIRES, ack_kind=AckKind.COMMAND, closes_itself=True),
    "shelly": replace(_ONLINE, wired=True, ack_kind=AckKind.COMMAND, closes_itself=True, door_contact=True),
    "tasmota": replace(_READER, wired=True, ack_kind=AckKind.COMMAND, closes_itself=True),
    "by_template": replace(_READER, wired=True),  # what its owner built is not known to prove anything
    "ha_lock": replace(_ONLINE, wired=True, ack_kind=AckKind.COMMAND),  # by its state: devices/drivers/makers.py
    "zigbee2mqtt": replace(
        _KEYPAD_LOCK, wired=True, ack_kind=AckKind.COMMAND, max_credentials=25, pin_rule=r"[0-9]{4,8}"
    ),
    "nuki": replace(_ONLINE, wired=True, ack_kind=AckKind.COMMAND, door_contact=True),
    "nuki_hub": replace(
        _KEYPAD_LOCK,
        wired=True,
        window_in_device=True,
        one_window=True,
        ack_kind=AckKind.COMMAND,
        clock=ClockSource.DEVICE,
        max_credentials=200,
        pin_rule=r"(?!12)[1-9]{6}",
    ),
    "esp_rfid": replace(
        _KEYPAD_LOCK,
        window_in_device=True,
        holds_pin=False,  # a PIN beside a card, never alone
        holds_card=True,
        takes_cards=True,
        closes_itself=True,
        ack_kind=AckKind.COMMAND,
        clock=ClockSource.DEVICE,
        max_credentials=1000,
        rex=False,  # its button opens like a card and is told by no event
        wired=True,
        told_cards=True,
        one_window=True,
    ),
    "uhppote": replace(
        _KEYPAD_LOCK,
        holds_pin=False,
        holds_card=True,
        takes_cards=True,
        closes_itself=True,
        window_in_device=False,  # whole days only
        whole_days=True,
        told_cards=True,
        wired=True,
        ack_kind=AckKind.COMMAND,
        event_loss=EventLoss.NONE,
        clock=ClockSource.DEVICE,
        max_credentials=20_000,
        rex=True,
    ),
}

ON_WIRES = frozenset(("rdm6300_relay", "id12la_relay", "pn532_relay", "wiegand_text_relay", "osdp"))
_ANY_PIN = r"[0-9]{4,10}"


def of_door(driver: str, settings: Mapping[str, str]) -> Capabilities:
    """What one door can: its hardware as it is fitted, by its settings."""
    record = DRIVERS[driver]
    if driver not in ON_WIRES:
        return record
    lock = settings.get("lock") or settings.get("board", "lc")
    if lock == "modbus":
        itself = settings.get("keeps_time", "yes") == "yes"
        record = replace(record, ack_kind=AckKind.COMMAND, closes_itself=itself)
    elif lock == "lc":
        record = replace(record, ack_kind=AckKind.NONE, closes_itself=False)
    if driver == "osdp" or lock == "modbus":  # LC boards have no inputs
        record = replace(record, door_contact=_fitted(settings, "contact"), rex=_fitted(settings, "exit"))
    if settings.get("keypad") == "yes":
        record = replace(record, pin_rule=_ANY_PIN)
    return record


def _fitted(settings: Mapping[str, str], name: str) -> bool:
    return settings.get(name, "none") != "none"


# Doors at which a person can show something: only these get rights.
WITH_CREDENTIALS = frozenset(name for name, each in DRIVERS.items() if each.takes_cards or each.pin_rule is not None)
# Locks and boards that hold codes or cards without times: one is there only while its time runs.
TIMELESS = frozenset(name for name, each in DRIVERS.items() if each.offline_decision and not each.window_in_device)
NUMBERED = frozenset(name for name, each in DRIVERS.items() if each.told_cards)
ONE_WINDOW = frozenset(name for name, each in DRIVERS.items() if each.one_window)
CARDLESS = frozenset(name for name, each in DRIVERS.items() if not each.takes_cards)
