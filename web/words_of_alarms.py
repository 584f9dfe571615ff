"""Alarms in words: what each means, what to do, what is known of it, and what was done about it."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from jinja2 import Environment

from access.alarm_care import AlarmState
from access.alarm_models import CareKind, Rung, StepOutcome
from access.alarms import AlarmKind
from access.models import DoorAlarm
from web import words_of_doors
from web.clock import HELSINKI

MEANS: dict[str, Any] = {
    AlarmKind.OFFLINE: _l("The door cannot be reached. It opens on alone for those whose rights it already has."),
    AlarmKind.NOT_INSTALLED: _l("A turn begins soon, and the door has not confirmed the right to pass for it."),
    AlarmKind.READER_INSECURE: _l("A reader answers on the bus without proving by its key that it is the door’s own."),
    AlarmKind.TAMPER: _l("The reader’s own contact says so. Somebody may be at its wires."),
    AlarmKind.NOT_RELEASED: _l("The relay board or the reader did not take the order. Somebody stands outside."),
    AlarmKind.STALE_READ: _l("A card or PIN came only after the reader was back. Nobody stands there any more."),
    AlarmKind.CLOCK_DRIFT: _l("The door lets people in too early or too late, or not at all."),
    AlarmKind.HELD_OPEN: _l("The door stands open longer than it should. Anybody can walk in."),
    AlarmKind.OPEN_AFTER_END: _l("The turn is over and the door is still open. Anybody can walk in."),
    AlarmKind.LIST_REFUSED: _l("The door did not take its new list of rights and goes on with the old one."),
    AlarmKind.LIST_MISMATCH: _l("The door says it holds a list that this system did not make."),
    AlarmKind.CODE_UNCONFIRMED: _l("A code was sent or taken away, and the lock has not said so for half a minute."),
    AlarmKind.LIST_FULL: _l("Some rights did not fit into the door. The latest to begin were left out."),
    AlarmKind.FORCED: _l("The door was opened although nobody was let in: by force, by key, or a contact is loose."),
    AlarmKind.LOCKOUT: _l("Wrong PINs were typed several times. The keypad waits, cards still work."),
    AlarmKind.OVERFLOW: _l("The door was offline so long that its oldest events were lost. How many is written down."),
    AlarmKind.EVENT_GAP: _l("Events between two numbers never came, and the door says they never will."),
    AlarmKind.EVENT_CONFLICT: _l("One number carries two different events. Both are kept as evidence."),
    AlarmKind.MODE_REFUSED: _l("The door did not take an order to lock down, to stand free or to be normal again."),
    AlarmKind.MODE_MISMATCH: _l("The door says it is in a mode that this system did not order."),
    AlarmKind.FIRE: _l("The fire input of the door is active. Its lock is released until somebody sets it back."),
    AlarmKind.STRANGE_CARDS: _l("The lock knows a card or code that no right of ours explains."),
    AlarmKind.TAMPERED: _l("The device says that it was opened, moved or pulled off."),
    AlarmKind.PASSBACK: _l("A card came in although it was inside already: perhaps it was passed out to somebody."),
    AlarmKind.DURESS: _l("Somebody typed the code that says: I am forced to open. The door opened as usual."),
    AlarmKind.BAD_MESSAGE: _l("Somebody sent a message in the door’s name without its key. It was not believed."),
}
TO_DO: dict[str, Any] = {
    AlarmKind.OFFLINE: _l("Check power and network of the controller. Take a key along for turns that begin soon."),
    AlarmKind.NOT_INSTALLED: _l("Look whether the door is online. If it stays shut, open it remotely or with a key."),
    AlarmKind.READER_INSECURE: _l(
        "Was the reader exchanged or reset? Give the new one its key. If not, go and look at it."
    ),
    AlarmKind.TAMPER: _l("Go and look. Until then keep an eye on who passes."),
    AlarmKind.NOT_RELEASED: _l("Open by key. Look at the board, its power and the relay’s number."),
    AlarmKind.STALE_READ: _l("Nothing, once. Often: look at the cable and the power of the reader."),
    AlarmKind.CLOCK_DRIFT: _l(
        "While the door is online its clock is set by itself. If that does not hold, call service."
    ),
    AlarmKind.HELD_OPEN: _l("Go and close the door, or ask who is there to do so."),
    AlarmKind.OPEN_AFTER_END: _l("Call who had the turn, else go and close the door. Look whether anybody is inside."),
    AlarmKind.LIST_REFUSED: _l("The code tells why. If it stays so for an hour, call whoever looks after the system."),
    AlarmKind.LIST_MISMATCH: _l("After restoring a backup: raise the epoch. Otherwise treat the controller as stolen."),
    AlarmKind.CODE_UNCONFIRMED: _l("It is sent again by itself. Look at the lock’s batteries and its bridge."),
    AlarmKind.LIST_FULL: _l("Fewer people with a code of their own, or a controller with more room."),
    AlarmKind.FORCED: _l("Go there, or send the guard. Look at lock, frame and contact, and who was inside."),
    AlarmKind.LOCKOUT: _l("If somebody calls, look at their booking and PIN. Many in a row: somebody is guessing."),
    AlarmKind.OVERFLOW: _l("Find out why the door was offline so long."),
    AlarmKind.EVENT_GAP: _l("Keep what the controller has in memory, and tell the data protection role."),
    AlarmKind.EVENT_CONFLICT: _l("Do not restart the controller. Tell the data protection role."),
    AlarmKind.MODE_REFUSED: _l("Look at the door: until it answers, lock it or open it by hand."),
    AlarmKind.MODE_MISMATCH: _l("Order the right mode again. If it comes back, treat the controller as stolen."),
    AlarmKind.FIRE: _l("Follow the fire plan of the house. Afterwards set the door back on its page."),
    AlarmKind.STRANGE_CARDS: _l("Take the card or code out of the lock, or give it to its owner here."),
    AlarmKind.TAMPERED: _l("Go there, or send the guard. Trust nothing the device says until it was looked at."),
    AlarmKind.PASSBACK: _l("Ask whose card it is. Forgive it on the door’s page if it was a mistake."),
    AlarmKind.DURESS: _l("Do not call the person and do not go alone. Call 112 and the guard service."),
    AlarmKind.BAD_MESSAGE: _l("Tell whoever looks after the network. Many of them: change the broker’s passwords."),
}
STATES: dict[str, Any] = {
    AlarmState.NEW: _l("New"),
    AlarmState.TAKEN: _l("Somebody looks after it"),
    AlarmState.ENDED: _l("Over"),
}
STATE_LOOKS = {AlarmState.NEW: "alarm", AlarmState.TAKEN: "pending", AlarmState.ENDED: "ended"}
RUNGS: dict[str, Any] = {
    Rung.HOLDER: _l("who booked the turn"),
    Rung.CARETAKER: _l("caretaker"),
    Rung.MANAGER: _l("manager"),
    Rung.GUARD: _l("guard service"),
}
OUTCOMES: dict[str, Any] = {
    StepOutcome.TOLD: _l("written to"),
    StepOutcome.NOBODY: _l("nobody with an address"),
    StepOutcome.NOT_NEEDED: _l("not needed any more"),
}
CARES: dict[str, Any] = {
    CareKind.ACKNOWLEDGED: _l("took it on"),
    CareKind.ASSIGNED: _l("gave it to"),
    CareKind.NOTED: _l("noted"),
    CareKind.CLOSED: _l("closed it"),
}
LISTS = {"state": STATES, "rung": RUNGS, "outcome": OUTCOMES, "care": CARES, "means": MEANS, "to_do": TO_DO}


def start(jinja: Environment) -> None:
    jinja.filters |= {"alarm_word": alarm_word}
    jinja.globals |= {"alarm_facts": facts, "alarm_look": lambda state: STATE_LOOKS[state]}


def alarm_word(value: str, listed: str) -> str:
    """The words for a value; for a kind without words of its own, its name."""
    return str(LISTS[listed].get(value) or words_of_doors.door_word(value, "alarm"))


def facts(alarm: DoorAlarm, zone: ZoneInfo = HELSINKI) -> list[tuple[str, str]]:
    """What is known of an alarm, as pairs of name and value; what has no words is left to the event itself."""
    return [told for name, value in alarm.facts.items() if (told := _fact(name, value, zone))]


def _fact(name: str, value: Any, zone: ZoneInfo) -> tuple[str, str] | None:
    names = {
        "count": _("Times"),
        "offset_ms": _("Clock"),
        "code": _("Reason"),
        "topic": _("Topic"),
        "since": _("Since"),
        "ended_at": _("The turn ended"),
        "left_out": _("Rights left out"),
        "seq": _("Number of the event"),
        "version": _("List version"),
        "epoch": _("Epoch"),
        "first_hash": _("Hash of the first event"),
        "second_hash": _("Hash of the second event"),
    }
    return (str(names[name]), _value(name, value, zone)) if name in names else None


def _value(name: str, value: Any, zone: ZoneInfo) -> str:
    if name in ("since", "ended_at"):
        return words_of_doors.when(datetime.fromisoformat(value), zone)
    if name == "offset_ms":
        return words_of_doors.offset(value)
    return words_of_doors.door_word(value, "code") if name == "code" else str(value)
