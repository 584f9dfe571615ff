"""Locks and relays of other makers that the doors process works with, under one shape. Pure.

`topic` is what is asked when such a door is added; `replies` a topic of ours that only this device may write.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Protocol

from devices.drivers.by_template import TemplateDevice, template_of
from devices.drivers.esp_rfid import EspRfid
from devices.drivers.ha_lock import HaLock
from devices.drivers.nuki import Nuki
from devices.drivers.nuki_hub import NukiHub
from devices.drivers.settings import settings_of
from devices.drivers.shelly import Shelly
from devices.drivers.tasmota import Tasmota
from devices.drivers.told import Told
from devices.drivers.zigbee2mqtt import Z2mLock
from devices.link import Outgoing

REPLIES = "vuoro/answers"


class Codec(Protocol):
    """What all codecs on MQTT have."""

    @property
    def topics(self) -> tuple[str, ...]:
        """What to subscribe to; may grow with what is fed."""

    def feed(self, topic: str, payload: bytes, *, retained: bool, mono_ms: int) -> tuple[Told, ...]:
        """What a message says."""


class Proof(StrEnum):
    """What shows that an opening was done."""

    ANSWER = "answer"  # that names the order
    ANY_ANSWER = "any_answer"  # one order at a time
    STATE = "state"  # the lock says it is open
    PASSAGE = "passage"  # it tells an opening over the network as a passage


@dataclass(frozen=True, slots=True)
class Maker:
    """How to work with one kind. `codec` takes the topic, a topic for answers and the door's settings; `lock` gives
    None where the hardware closes by itself; `put_code` and `clear_code` are for locks that keep codes in slots;
    `cards` tells one that decides alone about cards it is told, `windows` one that keeps codes with their windows."""

    topic: re.Pattern[str]
    codec: Callable[[str, str, Mapping[str, str]], Codec]
    open: Callable[[Any, int, int], Outgoing | None]
    lock: Callable[[Any], Outgoing | None]
    greet: Callable[[Any, int, int], Outgoing | None]
    proof: Proof
    put_code: Callable[[Any, int, str], Outgoing] | None = None
    clear_code: Callable[[Any, int], Outgoing] | None = None
    cards: bool = False
    windows: bool = False


def fits(driver: str, topic: str) -> bool:
    """Whether this can be the topic of such a device: no wildcard, no blank, none of our own protocol's."""
    return MAKERS[driver].topic.fullmatch(topic) is not None and not topic.startswith("vuoro/")


def codec(driver: str, topic: str, door: str, given: Mapping[str, str]) -> Codec:
    """The codec of a door's device; `door` is the door's own name, under which the device answers."""
    usual = {each.name: each.usual or "" for each in settings_of(driver)}
    return MAKERS[driver].codec(topic, f"{REPLIES}/{door}", usual | dict(given))


def _shelly(prefix: str, replies: str, given: Mapping[str, str]) -> Codec:
    contact = None if given["contact"] == "none" else int(given["contact"])
    return Shelly(prefix, replies, int(given["relay"]), contact)


def _nuki(topic: str, _replies: str, _given: Mapping[str, str]) -> Codec:
    base, nuki_id = topic.rsplit("/", 1)
    return Nuki(nuki_id, base)


def _z2m(topic: str, _replies: str, _given: Mapping[str, str]) -> Codec:
    base, name = topic.split("/", 1)
    return Z2mLock(name, base)


_LEVELS = r"[A-Za-z0-9_.:-]{1,64}(?:/[A-Za-z0-9_.:-]{1,64}){0,7}"

MAKERS: Mapping[str, Maker] = {
    "shelly": Maker(
        topic=re.compile(_LEVELS),
        codec=_shelly,
        open=lambda shelly, ref, unlock_s: shelly.release(ref, unlock_s),
        lock=lambda _shelly: None,
        greet=lambda shelly, ref, unlock_s: shelly.safety_net(ref, unlock_s),
        proof=Proof.ANSWER,
    ),
    "ha_lock": Maker(
        topic=re.compile(rf"{_LEVELS}/lock/{_LEVELS}"),
        codec=lambda topic, _replies, _given: HaLock(topic),
        open=lambda lock, _ref, _unlock_s: lock.release(),
        lock=lambda lock: lock.lock(),
        greet=lambda _lock, _ref, _unlock_s: None,
        proof=Proof.STATE,
    ),
    "nuki": Maker(
        topic=re.compile(rf"{_LEVELS}/[0-9A-Fa-f]{{1,16}}"),
        codec=_nuki,
        open=lambda nuki, _ref, _unlock_s: nuki.release(),
        lock=lambda nuki: nuki.lock(),
        greet=lambda _nuki, _ref, _unlock_s: None,
        proof=Proof.ANY_ANSWER,
    ),
    "nuki_hub": Maker(
        topic=re.compile(_LEVELS),
        codec=lambda topic, _replies, given: NukiHub(topic, given["keypad"]),
        open=lambda lock, _ref, _unlock_s: lock.release(),
        lock=lambda lock: lock.lock(),
        greet=lambda _lock, _ref, _unlock_s: None,
        proof=Proof.STATE,
        windows=True,
    ),
    "zigbee2mqtt": Maker(
        topic=re.compile(rf"[A-Za-z0-9_.:-]{{1,64}}/{_LEVELS}"),
        codec=_z2m,
        open=lambda lock, _ref, _unlock_s: lock.release(),
        lock=lambda lock: lock.lock(),
        greet=lambda _lock, _ref, _unlock_s: None,
        proof=Proof.STATE,
        put_code=lambda lock, slot, pin: lock.put_code(slot, pin),
        clear_code=lambda lock, slot: lock.clear_code(slot),
    ),
    "tasmota": Maker(
        topic=re.compile(_LEVELS),
        codec=lambda topic, _replies, given: Tasmota(topic, int(given["relay"])),
        open=lambda relay, _ref, unlock_s: relay.release(unlock_s),
        lock=lambda _relay: None,
        greet=lambda _relay, _ref, _unlock_s: None,
        proof=Proof.STATE,
    ),
    "by_template": Maker(
        topic=re.compile(_LEVELS),
        codec=lambda topic, _replies, given: TemplateDevice(template_of(topic, given)),
        open=lambda device, _ref, unlock_s: device.release(unlock_s),
        lock=lambda _device: None,
        greet=lambda _device, _ref, _unlock_s: None,
        proof=Proof.STATE,
    ),
    "esp_rfid": Maker(
        topic=re.compile(_LEVELS),
        codec=lambda topic, _replies, settings: EspRfid(topic, settings["doorip"]),
        open=lambda board, _ref, _unlock_s: board.release(),
        lock=lambda _board: None,
        greet=lambda _board, _ref, _unlock_s: None,
        proof=Proof.PASSAGE,
        cards=True,
    ),
}
