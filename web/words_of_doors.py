"""Names of what doors do and how they are, for people: rights, reasons, events, orders, alarms."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from jinja2 import Environment, pass_context
from jinja2.runtime import Context

from access.alarms import AlarmKind
from access.commands import BY_PHONE, NO_ANSWER, OFFLINE, REFUSED
from access.models import CommandState, DoorKind, Driver
from access.status import DoorRight, RightState
from devices.envelope import Code
from devices.events import DoorReason, EventKind
from devices.messages import Clock
from web import i18n
from web.clock import HELSINKI, now

RIGHTS: dict[str, Any] = {
    RightState.REVOCATION_PENDING: _l("Taken away, waiting for the door"),
    RightState.SHUT: _l("Does not open yet"),
    RightState.PENDING: _l("Waiting for the door"),
    RightState.NO_CREDENTIAL: _l("No card or PIN"),
    RightState.LATER: _l("Goes to the door nearer the time"),
    RightState.IN_DOOR: _l("In the door"),
    RightState.BY_HAND: _l("People or keys open it"),
    RightState.REVOKED: _l("Taken away, the door knows"),
    RightState.NONE: _l("No right"),
}
# how a state looks: web/static/app.css .state[data-state=…]
LOOKS: dict[str, str] = {
    RightState.REVOCATION_PENDING: "pending",
    RightState.SHUT: "failed",
    RightState.PENDING: "pending",
    RightState.NO_CREDENTIAL: "failed",
    RightState.LATER: "unknown",
    RightState.IN_DOOR: "ok",
    RightState.BY_HAND: "ended",
    RightState.REVOKED: "ended",
    RightState.NONE: "ended",
}
REASONS: dict[str, Any] = {
    DoorReason.FIRE: _l("the fire alarm holds the door open"),
    DoorReason.LOCKDOWN: _l("the door is in lockdown"),
    DoorReason.FREE: _l("the door is open to everybody now"),
    DoorReason.NO_LIST: _l("the door has no list of rights yet"),
    DoorReason.LOCKED_OUT: _l("too many wrong PINs, the keypad waits a minute"),
    DoorReason.UNKNOWN_CREDENTIAL: _l("the door does not know this card or PIN"),
    DoorReason.LIST_STALE: _l("the door’s list is too old"),
    DoorReason.CLOCK_UNKNOWN: _l("the door does not know what time it is"),
    DoorReason.GRANTED: _l("has the right now"),
    DoorReason.CLOCK_UNCERTAIN: _l("the door is not sure enough of the time"),
    DoorReason.TOO_EARLY: _l("too early"),
    DoorReason.EXPIRED: _l("the time is over"),
    DoorReason.USED_UP: _l("it has opened as often as it may"),
    DoorReason.INTERLOCK: _l("another door of the air lock is open"),
    DoorReason.PASSBACK: _l("is inside already, or has not come in"),
    DoorReason.SECOND_FACTOR: _l("waits for the second proof, card or PIN"),
    DoorReason.SECOND_PERSON: _l("waits for the second person"),
}
EVENTS: dict[str, Any] = {
    EventKind.GRANTED: _l("Opened"),
    EventKind.DENIED: _l("Did not open"),
    EventKind.PENDING: _l("Waits for a second"),
    EventKind.OPENED_REMOTE: _l("Opened remotely"),
    EventKind.DOOR_OPENED: _l("Door was opened"),
    EventKind.DOOR_CLOSED: _l("Door was closed"),
    EventKind.FORCED: _l("Opened although locked"),
    EventKind.HELD_OPEN: _l("Left open"),
    EventKind.HELD_OPEN_SOON: _l("Soon left open too long"),
    EventKind.LOCKOUT: _l("Keypad locked after wrong PINs"),
    EventKind.LIST_APPLIED: _l("Took a new list of rights"),
    EventKind.LIST_REFUSED: _l("Refused a list of rights"),
    EventKind.COMMAND_REFUSED: _l("Refused an order"),
    EventKind.MODE_APPLIED: _l("Changed its mode"),
    EventKind.MODE_REFUSED: _l("Refused a change of mode"),
    EventKind.FREE_BEGAN: _l("Open to everybody from now on"),
    EventKind.FREE_ENDED: _l("No longer open to everybody"),
    EventKind.FIRE: _l("Fire alarm input"),
    EventKind.REX: _l("Exit button pressed"),
    EventKind.FORGIVEN: _l("Forgot who is inside"),
    EventKind.TRUST_CHANGED: _l("Changed whom it trusts"),
    EventKind.CLOCK_SET: _l("Clock was set"),
    EventKind.BOOT: _l("Started"),
    EventKind.OVERFLOW: _l("Memory full, oldest events lost"),
    EventKind.SKIP: _l("Event numbers left unused"),
}
COMMANDS: dict[str, Any] = {
    CommandState.QUEUED: _l("Waiting to be sent"),
    CommandState.SENT: _l("Sent to the door"),
    CommandState.DONE: _l("The door was opened"),
    CommandState.FAILED: _l("The door was not opened"),
    CommandState.EXPIRED: _l("The door did not answer"),
}
COMMAND_LOOKS: dict[str, str] = {
    CommandState.QUEUED: "pending",
    CommandState.SENT: "pending",
    CommandState.DONE: "ok",
    CommandState.FAILED: "failed",
    CommandState.EXPIRED: "failed",
}
CODES: dict[str, Any] = {
    "opened": _l("the lock was released"),
    "time_set": _l("the clock was set"),
    "forgiven": _l("the door forgot who is inside"),
    "fire_reset": _l("the fire state has ended"),
    "trusted": _l("the door trusts the new key"),
    "dropped": _l("the door no longer trusts the old key"),
    OFFLINE: _l("the door is offline"),
    NO_ANSWER: _l("no answer came in time"),
    REFUSED: _l("the device refused it"),
    Code.TOO_BIG: _l("the message was too big"),
    Code.NOT_CANONICAL: _l("the message was garbled"),
    Code.BAD_ENVELOPE: _l("the message was garbled"),
    Code.BAD_VERSION: _l("the door speaks another version of the protocol"),
    Code.WRONG_TOPIC: _l("the message was meant for another door"),
    Code.UNKNOWN_KEY: _l("the door does not know the key of the sender"),
    Code.BAD_SIGNATURE: _l("the signature is wrong"),
    Code.RETAINED: _l("the message was an old one kept by the broker"),
    Code.BAD_BODY: _l("the content cannot be understood"),
    Code.UNKNOWN_COMMAND: _l("the door does not know such an order"),
    Code.OLD_COUNTER: _l("the order had been given before"),
    Code.BAD_CHALLENGE: _l("the order did not answer the door’s latest challenge"),
    Code.EXPIRED: _l("the order came too late"),
    Code.FUTURE_IAT: _l("the message is from the future: clocks differ"),
    Code.LOWER_VERSION: _l("the list is older than the door’s own"),
    Code.VERSION_CONFLICT: _l("another list has the same version"),
    Code.TOO_MANY_RIGHTS: _l("more rights than the door can hold"),
    Code.PAGE_MISMATCH: _l("a page of the list is not the one the list names"),
    Code.LOCKDOWN: _l("the door is in lockdown"),
    Code.FIRE_STILL_ACTIVE: _l("the fire alarm is still on"),
    Code.KEY_IN_USE: _l("the order is signed with the very key it drops"),
    Code.KEY_CONFLICT: _l("the door knows another key by that name"),
}
ALARMS: dict[str, Any] = {
    AlarmKind.OFFLINE: _l("Offline"),
    AlarmKind.NOT_INSTALLED: _l("A right is not in the door although its time is near"),
    AlarmKind.CLOCK_DRIFT: _l("The clock is wrong"),
    AlarmKind.READER_INSECURE: _l("The reader does not prove that it is the right one, and is left out"),
    AlarmKind.TAMPER: _l("The reader was opened or taken off its place"),
    AlarmKind.NOT_RELEASED: _l("Somebody was let in, and the lock did not open"),
    AlarmKind.STALE_READ: _l("A card shown while the reader was away came late and opened nothing"),
    AlarmKind.HELD_OPEN: _l("The door has been left open"),
    AlarmKind.OPEN_AFTER_END: _l("The door is open after the turn"),
    AlarmKind.LIST_REFUSED: _l("The door refused its list of rights"),
    AlarmKind.LIST_MISMATCH: _l("The door holds a list that was never issued"),
    AlarmKind.CODE_UNCONFIRMED: _l("The lock does not confirm a code"),
    AlarmKind.LIST_FULL: _l("The door has no room for all rights"),
    AlarmKind.MODE_REFUSED: _l("The door refused a change of mode"),
    AlarmKind.MODE_MISMATCH: _l("The door is in a mode that was never ordered"),
    AlarmKind.FIRE: _l("Fire alarm: the lock is released"),
    AlarmKind.NEEDS_VISIT: _l("The door has not taken the new key: somebody must visit it"),
    AlarmKind.STRANGE_CARDS: _l("The device has cards, or opened to one, that nobody here gave"),
    AlarmKind.TAMPERED: _l("Somebody tampered with the device"),
    AlarmKind.FORCED: _l("The door was opened although it was locked"),
    AlarmKind.LOCKOUT: _l("Somebody tried wrong PINs"),
    AlarmKind.OVERFLOW: _l("The door’s memory was full and events were lost"),
    AlarmKind.EVENT_GAP: _l("Events are missing"),
    AlarmKind.EVENT_CONFLICT: _l("The door told two different events under one number"),
    AlarmKind.PASSBACK: _l("Came in although inside already: noted, and let in"),
    AlarmKind.BAD_MESSAGE: _l("A message that is not genuine came in the door’s name"),
    AlarmKind.DURESS: _l("Somebody was forced to open the door"),
}
KINDS: dict[str, Any] = {DoorKind.OUTER: _l("outer door"), DoorKind.INNER: _l("inner door")}
DRIVERS: dict[str, Any] = {
    Driver.VUORO_MQTT: _l("controller in the network (MQTT)"),
    Driver.RDM6300_RELAY: _l("reader and relay on wires"),
    Driver.ID12LA_RELAY: _l("ID-12LA or ID-20LA reader and relay board on wires"),
    Driver.PN532_RELAY: _l("PN532 reader (MIFARE, NFC) and relay board on wires"),
    Driver.WIEGAND_TEXT_RELAY: _l("Wiegand reader behind a text bridge, and relay board on wires"),
    Driver.OSDP: _l("OSDP reader with its own key on an RS-485 bus"),
    Driver.SHELLY: _l("Shelly relay, only opened from afar"),
    Driver.HA_LOCK: _l("lock announced as for Home Assistant, only opened from afar"),
    Driver.ZIGBEE2MQTT: _l("Zigbee lock with a keypad (Zigbee2MQTT)"),
    Driver.ESP_RFID: _l("ESP-RFID board with a card reader (MQTT)"),
    Driver.UHPPOTE: _l("UHPPOTE board, 1 to 4 doors (network cable)"),
    Driver.NUKI_HUB: _l("Nuki lock with a keypad behind Nuki Hub"),
    Driver.NUKI: _l("Nuki lock in the network, only opened from afar"),
    Driver.TASMOTA: _l("Tasmota reader and relay, only online"),
    Driver.BY_TEMPLATE: _l("ESPHome or any reader and relay by template, only online"),
}
CLOCKS: dict[str, Any] = {
    Clock.SYNCED: _l("set"),
    Clock.HOLDOVER: _l("runs by itself"),
    Clock.UNKNOWN: _l("not known"),
}
CONTACTS: dict[str, Any] = {"open": _l("open"), "closed": _l("closed"), "none": _l("no contact fitted")}
LOCKS: dict[str, Any] = {"locked": _l("locked"), "unlocked": _l("unlocked"), "jammed": _l("jammed")}
LOCKS |= {"unknown": _l("lock not known")}
MEDIA: dict[str, Any] = {"card": _l("card"), "pin": _l("PIN")}

LISTS: dict[str, Mapping[str, Any]] = {
    "right": RIGHTS,
    "reason": REASONS,
    "event": EVENTS,
    "command": COMMANDS,
    "code": CODES,
    "alarm": ALARMS,
    "door_kind": KINDS,
    "driver": DRIVERS,
    "door_clock": CLOCKS,
    "contact": CONTACTS,
    "lock": LOCKS,
    "medium": MEDIA,
}


def start(jinja: Environment) -> None:
    jinja.filters |= {"door_word": _door_word, "when": when, "offset": offset, "order_reason": order_reason}
    jinja.globals |= {
        "right_sentence": right_sentence,
        "right_look": lambda state: LOOKS[state],
        "command_look": lambda state: COMMAND_LOOKS[state],
        "event_reason": event_reason,
    }


def door_word(value: str, listed: str) -> str:
    """The name of a value: `kind | door_word("event")`. A value that is not listed shows as it is."""
    return str(LISTS[listed].get(value, value))


@pass_context
def _door_word(_context: Context, value: str, listed: str) -> str:
    """As a filter. It takes the context, or Jinja would fix the words of constants in its first reader’s language."""
    return door_word(value, listed)


def when(value: datetime, zone: ZoneInfo = HELSINKI) -> str:
    """A time of day for today, day and time for other days."""
    if value.astimezone(zone).date() == now().astimezone(zone).date():
        return i18n.clock(value, zone)
    return i18n.moment(value, zone)


def offset(milliseconds: int | None) -> str:
    """How far a door's clock is from ours: "0,3 s fast"."""
    if milliseconds is None:
        return str(_("not known"))
    seconds = f"{abs(milliseconds) / 1000:.1f}".replace(".", "." if i18n.language() == "en" else ",")
    if milliseconds < 0:
        return str(_("%(seconds)s s slow", seconds=seconds))
    return str(_("%(seconds)s s fast", seconds=seconds))


def right_sentence(right: DoorRight, zone: ZoneInfo = HELSINKI) -> str:
    """Where a right is, as one sentence: "in the door since 12.03, list v17"."""
    since = when(right.since, zone) if right.since else ""
    said = {
        RightState.IN_DOOR: _(
            "in the door since %(since)s, list v%(version)s", since=since, version=right.list_version
        ),
        RightState.PENDING: _("given %(since)s, the door has not confirmed yet", since=since),
        RightState.REVOCATION_PENDING: _("taken away %(since)s, the door has not confirmed yet", since=since),
        RightState.REVOKED: _("taken away, the door confirmed it %(since)s", since=since),
    }.get(right.state) or str(RIGHTS[right.state])
    if right.offline_since and right.state is not RightState.REVOKED:
        return str(_("%(said)s; door offline since %(since)s", said=said, since=when(right.offline_since, zone)))
    return str(said)


def order_reason(reason: str) -> str:
    """Why a door was opened from afar: somebody's words, or that they pressed the button on their phone."""
    return str(_("by phone, standing at the door")) if reason == BY_PHONE else reason


def event_reason(kind: str, reason: str) -> str:
    """Why, in words: the door's decision, or the code of what it refused. Remote openings say nothing here."""
    if kind in (EventKind.GRANTED, EventKind.DENIED):
        return door_word(reason, "reason")
    if kind in (EventKind.LIST_REFUSED, EventKind.COMMAND_REFUSED):
        return door_word(reason, "code")
    return ""
