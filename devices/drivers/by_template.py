"""Readers and relays whose topics and payloads somebody chose: ESPHome and the like, described by a template. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from devices.credentials import card
from devices.drivers import wiegand
from devices.drivers.told import (
    CardShown,
    LockSaid,
    LockState,
    Memory,
    Reachable,
    Told,
    Unread,
    json_object,
    plain,
)
from devices.link import Outgoing

_HEX_BYTES = re.compile(r"(?:[0-9A-Fa-f]{2}[-: ]?){4,10}\Z")
_EM_HEX = re.compile(r"[0-9A-Fa-f]{10}\Z")


class CardForm(StrEnum):
    """How a device writes a card."""

    WIEGAND26_DEC = "wiegand26-dec"
    WIEGAND34_DEC = "wiegand34-dec"
    EM4100_HEX = "em4100-hex"
    EM4100_DEC32 = "em4100-dec32"  # ESPHome's rdm6300 drops the first byte
    UID_HEX = "uid-hex"


def _decimal(text: str, bits: int) -> int:
    value = int(text, 10) if text.isascii() and text.isdigit() else -1
    if not 0 < value < 1 << bits:
        raise ValueError("no such card")
    return value


def _em_hex(text: str) -> str:
    if not _EM_HEX.match(text):
        raise ValueError("no such card")
    return card("em4100", 40, int(text, 16))


def _uid(text: str) -> str:
    digits = re.sub(r"[-: ]", "", text)
    if not _HEX_BYTES.match(text) or len(digits) not in (8, 14, 20):
        raise ValueError("no such card")
    return card("iso14443a", len(digits) * 4, int(digits, 16))


_READERS: Mapping[CardForm, Callable[[str], str]] = {
    CardForm.WIEGAND26_DEC: lambda text: card("wiegand", 26, wiegand.with_parity(_decimal(text, 24), 24)),
    CardForm.WIEGAND34_DEC: lambda text: card("wiegand", 34, wiegand.with_parity(_decimal(text, 32), 32)),
    CardForm.EM4100_HEX: _em_hex,
    CardForm.EM4100_DEC32: lambda text: card("em4100", 32, _decimal(text, 32)),
    CardForm.UID_HEX: _uid,
}


@dataclass(frozen=True, slots=True)
class Template:
    """What somebody wrote in their device. An empty topic: the device has no such thing. `card_path`: names of JSON
    fields down to the card, none for a plain payload. The device itself must close its lock again (`on_press` with a
    delay, a momentary switch): `release_payload` may hold {seconds}."""

    release_topic: str = ""
    release_payload: str = "ON"
    state_topic: str = ""
    unlocked_payload: str = "ON"
    locked_payload: str = "OFF"
    card_topic: str = ""
    card_path: tuple[str, ...] = ()
    card_form: CardForm = CardForm.EM4100_HEX
    online_topic: str = ""
    online_payload: str = "online"
    offline_payload: str = "offline"


def template_of(base: str, given: Mapping[str, str]) -> Template:
    """The template in a door's settings (devices/drivers/settings.py): ~ stands for the base, none for nothing."""
    plain_given = {name: "" if text == "none" else text for name, text in given.items()}
    topics = {name: _with_base(base, text) for name, text in plain_given.items() if name.endswith("_topic")}
    path = tuple(plain_given["card_path"].split(".")) if plain_given["card_path"] else ()
    payloads = {name: text for name, text in plain_given.items() if name.endswith("_payload")}
    return Template(**topics, **payloads, card_path=path, card_form=CardForm(plain_given["card_form"]))


def _with_base(base: str, topic: str) -> str:
    return base + topic[1:] if topic.startswith("~") else topic


@dataclass(slots=True)
class TemplateDevice:
    """One device that a template describes."""

    template: Template
    _memory: Memory = field(default_factory=Memory)

    @property
    def topics(self) -> tuple[str, ...]:
        """What to subscribe to."""
        each = self.template
        return tuple(topic for topic in (each.state_topic, each.card_topic, each.online_topic) if topic)

    def release(self, unlock_s: int) -> Outgoing:
        """Opens for so long, as far as the device keeps the time."""
        payload = self.template.release_payload.replace("{seconds}", str(unlock_s))
        return Outgoing(self.template.release_topic, payload.encode(), retain=False)

    def feed(self, topic: str, payload: bytes, *, retained: bool, mono_ms: int) -> tuple[Told, ...]:
        """What a message on one of `topics` says. A retained card reading is an old one and says nothing."""
        each = self.template
        if not topic or topic not in self.topics:
            return ()
        there = () if each.online_topic else self._memory.state("Reachable", Reachable(online=True))
        return there + self._said(topic, payload, retained=retained, mono_ms=mono_ms)

    def _said(self, topic: str, payload: bytes, *, retained: bool, mono_ms: int) -> tuple[Told, ...]:
        each = self.template
        if topic == each.state_topic:
            states = {each.unlocked_payload: LockState.UNLOCKED, each.locked_payload: LockState.LOCKED}
            return self._one_of(payload, {said: LockSaid(state) for said, state in states.items()})
        if topic == each.online_topic:
            answers = {each.online_payload: Reachable(online=True), each.offline_payload: Reachable(online=False)}
            return self._one_of(payload, answers)
        return () if retained else self._card(payload, mono_ms)

    def _one_of(self, payload: bytes, answers: Mapping[str, Told]) -> tuple[Told, ...]:
        told = answers.get(plain(payload))
        return self._memory.state(type(told).__name__, told) if told else (Unread("payload"),)

    def _card(self, payload: bytes, mono_ms: int) -> tuple[Told, ...]:
        try:
            shown = CardShown(_READERS[self.template.card_form](_at(payload, self.template.card_path)))
        except ValueError:
            return (Unread("card"),)
        return self._memory.happening(shown, mono_ms)


def _at(payload: bytes, path: tuple[str, ...]) -> str:
    """The text at this path. Raises ValueError."""
    if not path:
        return plain(payload)
    found: Any = json_object(payload)
    for name in path:
        if not isinstance(found, dict) or name not in found:
            raise ValueError("no such field")
        found = found[name]
    if isinstance(found, bool) or not isinstance(found, str | int):
        raise ValueError("no text")
    return str(found)
