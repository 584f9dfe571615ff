"""Devices of other makers that say on the broker that they are there, read as doors that could be fitted. Pure.

Nothing here is believed: a person who stands at the device fits it, with its topic filled in.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from devices.drivers.ha_lock import announced
from devices.drivers.told import json_object, plain

TOPICS = (
    "homeassistant/lock/+/config",
    "homeassistant/lock/+/+/config",
    "zigbee2mqtt/bridge/devices",
    "tasmota/discovery/+/config",
    "nuki/+/connected",
    "+/maintenance/mqttConnectionState",
    "+/online",
)
LARGEST = 1_000_000
_MOST = 50  # in one message
_NAME = re.compile(r"[A-Za-z0-9_.:-]{1,64}\Z")
_SAID = 60


@dataclass(frozen=True, slots=True)
class Candidate:
    """What could be fitted with this driver at this topic; `said`: what it tells of itself, shortened."""

    driver: str
    topic: str
    said: Mapping[str, str] = field(default_factory=dict)


def candidates(topic: str, payload: bytes) -> tuple[Candidate, ...]:
    """The devices that a message tells of; none for anything else, however odd."""
    if len(payload) > LARGEST:
        return ()
    found = [each for form, read in _READERS for each in read(form, topic, payload)]
    return tuple(found[:_MOST])


def _ha(form: re.Pattern[str], topic: str, payload: bytes) -> Iterator[Candidate]:
    """Ours are offered under the node vuoro: they are no newcomers."""
    if form.match(topic) and not topic.startswith("homeassistant/lock/vuoro/") and announced(payload):
        body = json_object(payload) or {}
        device = body.get("device") or body.get("dev")
        more = device if isinstance(device, dict) else {}
        said = {"name": body.get("name") or more.get("name"), "maker": more.get("manufacturer") or more.get("mf")}
        yield Candidate("ha_lock", topic.removesuffix("/config"), _texts(said))


def _z2m(form: re.Pattern[str], topic: str, payload: bytes) -> Iterator[Candidate]:
    for device in _list(payload) if form.match(topic) else ():
        definition = device.get("definition")
        name = device.get("friendly_name")
        if isinstance(definition, dict) and isinstance(name, str) and _is_lock(definition) and _is_path(name):
            said = {"maker": definition.get("vendor"), "model": definition.get("model"), "name": name}
            yield Candidate("zigbee2mqtt", f"zigbee2mqtt/{name}", _texts(said))


def _is_lock(definition: Mapping[str, Any]) -> bool:
    exposes = definition.get("exposes")
    return isinstance(exposes, list) and any(isinstance(one, dict) and one.get("type") == "lock" for one in exposes)


def _tasmota(form: re.Pattern[str], topic: str, payload: bytes) -> Iterator[Candidate]:
    body = (json_object(payload) or {}) if form.match(topic) else {}
    name, relays = body.get("t"), body.get("rl")
    if isinstance(name, str) and _NAME.match(name) and isinstance(relays, list) and any(one == 1 for one in relays):
        yield Candidate("tasmota", name, _texts({"name": body.get("dn"), "model": body.get("md")}))


def _named(driver: str, sign: str) -> Callable[[re.Pattern[str], str, bytes], Iterator[Candidate]]:
    def read(form: re.Pattern[str], topic: str, payload: bytes) -> Iterator[Candidate]:
        found = form.match(topic)
        if found and plain(payload) == sign:
            yield Candidate(driver, found[1])

    return read


_READERS: tuple[tuple[re.Pattern[str], Callable[[re.Pattern[str], str, bytes], Iterator[Candidate]]], ...] = (
    (re.compile(r"homeassistant/lock/[A-Za-z0-9_-]+(?:/[A-Za-z0-9_-]+)?/config\Z"), _ha),
    (re.compile(r"zigbee2mqtt/bridge/devices\Z"), _z2m),
    (re.compile(r"tasmota/discovery/[0-9A-Fa-f]{12}/config\Z"), _tasmota),
    (re.compile(r"(nuki/[0-9A-Fa-f]{1,16})/connected\Z"), _named("nuki", "true")),
    (re.compile(r"([A-Za-z0-9_-]{1,64})/maintenance/mqttConnectionState\Z"), _named("nuki_hub", "online")),
    (re.compile(r"(shelly[a-z0-9]{1,30}-[0-9a-f]{4,16})/online\Z", re.IGNORECASE), _named("shelly", "true")),
)


def _is_path(name: str) -> bool:
    return all(_NAME.match(part) for part in name.split("/"))


def _list(payload: bytes) -> list[dict[str, Any]]:
    try:
        found = json.loads(payload)
    except (ValueError, RecursionError):
        return []
    return [each for each in found if isinstance(each, dict)] if isinstance(found, list) else []


def _texts(said: Mapping[str, object]) -> dict[str, str]:
    return {name: text[:_SAID] for name, text in said.items() if isinstance(text, str) and text}
