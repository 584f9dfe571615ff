"""The conformance laws of codecs on MQTT, the same for all: doubles, loss, disorder, torn payloads, restarts, forgery.

Each device's talk is what its maker publishes (docs/drivers.md says where it is from), with what each message tells.
"""

import json
import random
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from devices.drivers import by_template, esp_rfid, ha_lock, nuki, nuki_hub, shelly, tasmota, zigbee2mqtt
from devices.drivers.told import (
    Acknowledged,
    CardListed,
    CardShown,
    ClockSaid,
    CodeSaid,
    ContactSaid,
    LockSaid,
    LockState,
    Means,
    Passed,
    Reachable,
    Restarted,
    Unread,
    Warned,
)
from tests.devices.drivers.talk import Device, say

UP, DOWN = Reachable(online=True), Reachable(online=False)
LOCKED, UNLOCKED = LockSaid(LockState.LOCKED), LockSaid(LockState.UNLOCKED)
HALL = datetime(2026, 11, 24, 16, 0, tzinfo=UTC)
LATER = datetime(2026, 11, 24, 18, 0, tzinfo=UTC)
HA = "homeassistant/lock/porch/front"
HA_CONFIG = {"~": "porch", "cmd_t": "~/set", "stat_t": "~/state", "avty_t": "~/up", "pl_open": "OPEN"}
IP = "192.168.1.20"


def z2m(**body: object) -> tuple[str, bytes]:
    return say("zigbee2mqtt/porch", body)


def esp(body: dict[str, object]) -> tuple[str, bytes]:
    return say("site/send", body)


DEVICES = {
    "shelly": Device(
        lambda: shelly.Shelly("porch", "vuoro/answers/porch", contact=0),
        [
            (say("porch/online", "true"), (UP,)),
            (say("porch/status/switch:0", {"id": 0, "output": False}), (LOCKED,)),
            (
                say(
                    "vuoro/answers/porch/rpc",
                    {"id": 77, "src": "shellyplus1", "dst": "vuoro/answers/porch", "result": {"was_on": False}},
                ),
                (Acknowledged("77", ok=True),),
            ),
            (
                say(
                    "porch/events/rpc",
                    {
                        "method": "NotifyStatus",
                        "params": {"ts": 1700000001.1, "switch:0": {"id": 0, "output": True, "source": "MQTT"}},
                    },
                ),
                (UNLOCKED,),
            ),
            (
                say(
                    "porch/events/rpc",
                    {"method": "NotifyStatus", "params": {"ts": 1700000002.5, "input:0": {"id": 0, "state": False}}},
                ),
                (ContactSaid(open=True),),
            ),
            (
                say("vuoro/answers/porch/rpc", {"id": 78, "dst": "vuoro/answers/porch", "error": {"code": -103}}),
                (Acknowledged("78", ok=False, code="-103"),),
            ),
            (
                say(
                    "porch/events/rpc",
                    {"method": "NotifyStatus", "params": {"ts": 1700000006.1, "switch:0": {"output": False}}},
                ),
                (LOCKED,),
            ),
            (say("porch/online", "false"), (DOWN,)),
        ],
        lambda codec: [codec.release(7, 5), codec.safety_net(8, 5), codec.ask(9)],
        "porch/",
    ),
    "tasmota": Device(
        lambda: tasmota.Tasmota("porch"),
        [
            (say("tele/porch/LWT", "Online"), (UP,)),
            (say("stat/porch/RESULT", {"POWER1": "ON"}), (UNLOCKED,)),
            (
                say("tele/porch/SENSOR", {"Time": "2021-01-21T16:04:12", "Wiegand": {"UID": 7748328, "Size": 26}}),
                (CardShown("card:wiegand:26:2ec75d1"),),
            ),
            (say("stat/porch/RESULT", {"POWER": "OFF"}), (LOCKED,)),
            (say("stat/porch/RESULT", {"PulseTime1": {"Set": 50}}), ()),
            (say("tele/porch/LWT", "Offline"), (DOWN,)),
        ],
        lambda codec: [codec.release(5)],
        "cmnd/porch/",
    ),
    "by_template": Device(
        lambda: by_template.TemplateDevice(
            by_template.Template(
                release_topic="porch/switch/command",
                state_topic="porch/switch/state",
                card_topic="porch/tag",
                online_topic="porch/status",
            )
        ),
        [
            (say("porch/status", "online"), (UP,)),
            (say("porch/tag", "62E3086CED"), (CardShown("card:em4100:40:62e3086ced"),)),
            (say("porch/switch/state", "ON"), (UNLOCKED,)),
            (say("porch/switch/state", "OFF"), (LOCKED,)),
            (say("porch/tag", "tag"), (Unread("card"),)),
            (say("porch/status", "offline"), (DOWN,)),
        ],
        lambda codec: [codec.release(5)],
        "porch/switch/command",
    ),
    "ha_lock": Device(
        lambda: ha_lock.HaLock(HA),
        [
            (say(f"{HA}/config", HA_CONFIG), ()),
            (say("porch/up", "online"), (UP,)),
            (say("porch/state", "UNLOCKED"), (UNLOCKED,)),
            (say("porch/state", "JAMMED"), (LockSaid(LockState.JAMMED),)),
            (say("porch/state", "LOCKED"), (LOCKED,)),
            (say("porch/up", "offline"), (DOWN,)),
        ],
        lambda codec: [codec.release(), codec.lock()],
        "porch/set",
    ),
    "zigbee2mqtt": Device(
        lambda: zigbee2mqtt.Z2mLock("porch"),
        [
            (say("zigbee2mqtt/bridge/state", {"state": "online"}), (UP,)),
            (z2m(state="LOCK", lock_state="locked", door_state="closed"), (LOCKED, ContactSaid(open=False))),
            (
                z2m(state="LOCK", lock_state="locked", users={"3": {"status": "enabled", "pin_code": "0042"}}),
                (CodeSaid(3, held=True),),
            ),
            (
                z2m(
                    action="unlock",
                    action_user=3,
                    action_source=0,
                    action_source_name="keypad",
                    last_used_pin_code="0042",
                ),
                (Passed(granted=True, means=Means.PIN, who="3"),),
            ),
            (z2m(state="UNLOCK", lock_state="unlocked"), (UNLOCKED,)),
            (z2m(action="pin_code_deleted", action_user=3), (CodeSaid(3, held=False),)),
            (z2m(last_successful_pincode_clear=1700000000), (Acknowledged("", ok=True, code="pin_cleared"),)),
            (say("zigbee2mqtt/porch/availability", "offline"), (DOWN,)),
        ],
        lambda codec: [
            codec.release(),
            codec.lock(),
            codec.put_code(3, "0042"),
            codec.clear_code(3),
            codec.ask_code(3),
        ],
        "zigbee2mqtt/porch/",
    ),
    "nuki": Device(
        lambda: nuki.Nuki("3A4B5C6D"),
        [
            (say("nuki/3A4B5C6D/connected", "true"), (UP,)),
            (say("nuki/3A4B5C6D/state", "1"), (LOCKED,)),
            (say("nuki/3A4B5C6D/commandResponse", "0"), (Acknowledged("", ok=True, code="0"),)),
            (
                say("nuki/3A4B5C6D/lockActionEvent", "3,0,54321,12345,1"),
                (Passed(granted=True, means=Means.PIN, who="12345"),),
            ),
            (say("nuki/3A4B5C6D/lockActionEvent", "90,2,0,0,2"), ()),
            (say("nuki/3A4B5C6D/doorsensorState", "3"), (ContactSaid(open=True),)),
            (say("nuki/3A4B5C6D/batteryCritical", "true"), (Warned("battery"),)),
            (say("nuki/3A4B5C6D/connected", "false"), (DOWN,)),
        ],
        lambda codec: [codec.release(), codec.unlock(), codec.lock()],
        "nuki/3A4B5C6D/",
    ),
    "nuki_hub": Device(
        nuki_hub.NukiHub,
        [
            (say("nuki/maintenance/mqttConnectionState", "online"), (UP,)),
            (say("nuki/lock/state", "locked"), (LOCKED,)),
            (say("nuki/lock/keypad/commandResultJson", "--"), ()),
            (
                say("nuki/lock/keypad/commandResultJson", "success"),
                (Acknowledged("keypad", ok=True, code="success"),),
            ),
            (
                say("nuki/lock/configuration/commandResultJson", "noValidCodeSet"),
                (Acknowledged("keypad", ok=False, code="noValidCodeSet"),),
            ),
            (say("nuki/lock/doorSensorState", "doorOpened"), (ContactSaid(open=True),)),
            (say("nuki/maintenance/mqttConnectionState", "offline"), (DOWN,)),
        ],
        lambda codec: [
            codec.release(),
            codec.lock(),
            codec.add_code("b-4711", "589472", HALL, LATER),
            codec.move_code(9, "b-4711", HALL, LATER),
            codec.delete_code(9),
        ],
        "nuki/",
    ),
    "esp_rfid": Device(
        lambda: esp_rfid.EspRfid("site", IP),
        [
            (
                esp({"type": "boot", "time": 1700000000, "uptime": "0", "ip": IP, "hostname": "porch"}),
                (UP, ClockSaid(1700000000), Restarted()),
            ),
            (esp({"type": "adduser", "ip": IP, "hostname": "porch"}), (Acknowledged("", ok=True, code="adduser"),)),
            (
                esp({"type": "access", "time": 1700000002, "isKnown": "true", "access": "Always", "uid": "62e3086ced"}),
                (Passed(granted=True, means=Means.CARD, who="62e3086ced", at_s=1700000002),),
            ),
            (
                esp({"type": "access", "time": 1700000003, "access": "Expired", "uid": "0b0b0b0b"}),
                (Passed(granted=False, means=Means.CARD, who="0b0b0b0b", code="Expired", at_s=1700000003),),
            ),
            (esp({"type": "INFO", "src": "door", "desc": "Door Open", "cmd": "event"}), (ContactSaid(open=True),)),
            (
                esp({"cmd": "adduser", "doorip": IP, "uid": "62e3086ced", "validsince": "5", "validuntil": 9}),
                (CardListed("62e3086ced", 5, 9),),
            ),
            (say("site/avty", "offline"), (DOWN,)),
        ],
        lambda codec: [
            codec.add(esp_rfid.User("62e3086ced", "r-1", HALL, LATER)),
            codec.remove("62e3086ced"),
            codec.remove_all(),
            codec.ask_list(),
            codec.release(),
        ],
        "site/cmd",
    ),
}
each_device = pytest.mark.parametrize("device", DEVICES.values(), ids=DEVICES)


def feed(
    codec: Any, messages: Sequence[tuple[str, bytes]], *, retained: bool = False, step_ms: int = 5000
) -> list[Any]:
    return [
        told
        for i, (topic, payload) in enumerate(messages)
        for told in codec.feed(topic, payload, retained=retained, mono_ms=i * step_ms)
    ]


def whole(device: Device) -> list[tuple[str, bytes]]:
    return [message for message, _told in device.talk]


@each_device
def test_each_message_tells_what_its_maker_means(device: Device) -> None:
    codec = device.make()
    for i, ((topic, payload), told) in enumerate(device.talk):
        assert codec.feed(topic, payload, retained=False, mono_ms=i * 5000) == told, topic


@each_device
def test_what_is_delivered_twice_at_once_is_told_once(device: Device) -> None:
    """Broker and device deliver at least once; both copies come within moments."""
    codec, told = device.make(), []
    for i, (topic, payload) in enumerate(whole(device)):
        told += codec.feed(topic, payload, retained=False, mono_ms=i * 5000)
        again = codec.feed(topic, payload, retained=False, mono_ms=i * 5000 + 3)
        # A restart, an answer without a number, a line of a list: their receiver can take them twice.
        harmless = (Unread, Restarted, CardListed, ClockSaid) + (
            (Acknowledged,) if codec.topics[0] == "site/send" else ()
        )
        assert all(isinstance(each, harmless) for each in again)
    assert told == [each for _message, tells in device.talk for each in tells]


@each_device
@given(data=st.data())
def test_loss_and_disorder_invent_nothing(device: Device, data: st.DataObject) -> None:
    """Whatever part of the talk comes, in whatever order: nothing is told that was not said.

    Reachability may be worked out of two messages, and the one that is missing counts as no."""
    some = data.draw(st.lists(st.sampled_from(whole(device)), max_size=12))
    codec = device.make()
    if device.make().topics == (f"{HA}/config",):
        feed(codec, whole(device)[:1])
    said = {each for _message, tells in device.talk for each in tells} | {DOWN}
    if isinstance(codec, zigbee2mqtt.Z2mLock):
        said |= {UP}
    assert set(feed(codec, some)) <= said


@each_device
@given(data=st.data())
def test_a_torn_payload_is_unread_and_changes_nothing(device: Device, data: st.DataObject) -> None:
    """A payload that was cut tells nothing or that it was not understood, unless what is left is a word of its own."""
    codec = device.make()
    feed(codec, whole(device)[:1])
    topic, payload = data.draw(st.sampled_from([m for m in whole(device) if m[1].startswith(b"{")] or whole(device)))
    torn = payload[: data.draw(st.integers(0, len(payload) - 1))]
    if topic.endswith("/config") and not torn:
        return  # an empty announcement is a lock taken away
    for told in codec.feed(topic, torn, retained=False, mono_ms=10**6):
        assert isinstance(told, Unread) or (not payload.startswith(b"{"))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=8,
)
FIELDS = ["id", "dst", "result", "error", "params", "ts", "switch:0", "input:0", "output", "state", "POWER1", "Wiegand"]
FIELDS += ["UID", "Size", "action", "action_user", "users", "lock_state", "door_state", "type", "access", "uid", "cmd"]
FIELDS += ["cmd_t", "stat_t", "val_tpl", "~", "validsince", "validuntil", "desc", "last_successful_pincode_save", "ip"]
ODD = st.dictionaries(st.sampled_from(FIELDS), JSON, max_size=6).map(lambda body: json.dumps(body).encode())


@each_device
@settings(max_examples=40)
@given(payloads=st.lists(st.binary(max_size=60) | ODD, max_size=6), data=st.data())
def test_nothing_that_comes_from_a_wire_raises(device: Device, payloads: list[bytes], data: st.DataObject) -> None:
    codec = device.make()
    feed(codec, whole(device)[:1])
    for payload in payloads:
        topic = data.draw(st.sampled_from(codec.topics))
        codec.feed(topic, payload, retained=data.draw(st.booleans()), mono_ms=0)
    deep = b"[" * 100_000
    for topic in codec.topics:
        codec.feed(topic, deep, retained=False, mono_ms=0)


@each_device
def test_what_a_broker_kept_says_nothing_of_the_present(device: Device) -> None:
    """After our restart the broker gives its retained messages: states count, happenings are old."""
    told = feed(device.make(), whole(device), retained=True)
    assert not {type(each) for each in told} & device.happenings


@each_device
def test_our_restart_in_the_middle_needs_nothing_from_before(device: Device) -> None:
    said = {each for _message, tells in device.talk for each in tells} | {DOWN}
    for start in range(len(device.talk)):
        assert set(feed(device.make(), whole(device)[start:])) <= said


@each_device
def test_messages_of_others_say_nothing(device: Device) -> None:
    codec = device.make()
    feed(codec, whole(device)[:1])
    shuffled = random.Random(1)
    for topic, payload in whole(device):
        if topic.startswith("homeassistant/"):
            continue
        for other in (f"{topic}x", f"x/{topic}", topic.replace("porch", "cellar").replace("3A4B5C6D", "1")):
            if other != topic:
                assert codec.feed(other, payload, retained=shuffled.random() < 0.5, mono_ms=0) == ()


@each_device
def test_no_command_is_ever_retained_and_each_goes_to_its_own_device(device: Device) -> None:
    """A retained command would open the door at every reconnect."""
    codec = device.make()
    feed(codec, whole(device)[:1])
    for command in device.commands(codec):
        assert command is not None
        assert not command.retain
        assert command.topic.startswith(device.own)


@each_device
def test_nothing_told_holds_a_pin(device: Device) -> None:
    told = feed(device.make(), whole(device))
    assert "0042" not in repr(told)
