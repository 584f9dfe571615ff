"""Devices that announce themselves, read as doors that could be fitted; nothing odd is."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices.drivers.candidates import TOPICS, Candidate, candidates
from devices.drivers.ha_lock import offer
from devices.drivers.makers import fits

LOCK = {"friendly_name": "porch", "definition": {"vendor": "Nimly", "model": "X", "exposes": [{"type": "lock"}]}}
LAMP = {"friendly_name": "lamp", "definition": {"exposes": [{"type": "light"}]}}
CONFIG = {"cmd_t": "porch/set", "name": "Porch", "dev": {"mf": "Somebody"}}
TASMOTA = {"t": "porch-reader", "dn": "Porch", "rl": [1, 0], "md": "Generic"}


@pytest.mark.parametrize(
    ("topic", "payload", "found"),
    [
        ("homeassistant/lock/porch/front/config", CONFIG, [("ha_lock", "homeassistant/lock/porch/front")]),
        ("homeassistant/lock/porch/config", {"cmd_t": "a", "cod_form": "^1$"}, []),
        ("zigbee2mqtt/bridge/devices", [LOCK, LAMP, "x"], [("zigbee2mqtt", "zigbee2mqtt/porch")]),
        ("tasmota/discovery/A0B1C2D3E4F5/config", TASMOTA, [("tasmota", "porch-reader")]),
        ("tasmota/discovery/A0B1C2D3E4F5/config", TASMOTA | {"rl": [0]}, []),
        ("nuki/3A4B5C6D/connected", True, [("nuki", "nuki/3A4B5C6D")]),
        ("nukihub/maintenance/mqttConnectionState", "online", [("nuki_hub", "nukihub")]),
        ("shellyplus1-a8032abe54dc/online", True, [("shelly", "shellyplus1-a8032abe54dc")]),
        ("shellyplus1-a8032abe54dc/online", False, []),
        ("lamp/online", True, []),
    ],
)
def test_what_announces_itself_can_be_fitted_with_its_topic(topic: str, payload: object, found: list[object]) -> None:
    sent = payload.encode() if isinstance(payload, str) else json.dumps(payload).encode()
    assert [(each.driver, each.topic) for each in candidates(topic, sent)] == found


def test_our_own_offer_to_home_assistant_is_no_newcomer() -> None:
    ours = offer("hall", "Salin ovi")
    assert candidates(ours.topic, ours.payload) == ()


@given(topic=st.sampled_from([topic.replace("+", "a") for topic in TOPICS]), payload=st.binary(max_size=200))
def test_anything_at_all_is_read_without_a_fault_and_found_topics_fit(topic: str, payload: bytes) -> None:
    for each in candidates(topic, payload):
        assert isinstance(each, Candidate)
        assert fits(each.driver, each.topic)
