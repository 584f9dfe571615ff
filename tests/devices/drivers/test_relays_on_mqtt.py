"""Shelly, Tasmota, templates and Home-Assistant-style locks: what is particular to each."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices.drivers import ha_lock, tasmota
from devices.drivers.by_template import CardForm, Template, TemplateDevice
from devices.drivers.shelly import Shelly
from devices.drivers.told import CardShown, LockSaid, LockState, Reachable, Unread

CONFIG = "homeassistant/lock/porch/front/config"


@given(unlock_s=st.integers(1, 600), ref=st.integers(0, 2**31))
def test_no_shelly_is_ever_switched_on_without_a_time(unlock_s: int, ref: int) -> None:
    command = Shelly("porch", "vuoro/answers/porch").release(ref, unlock_s)
    body = json.loads(command.payload)
    assert command.topic == "porch/rpc"
    assert body == {
        "id": ref,
        "src": "vuoro/answers/porch",
        "method": "Switch.Set",
        "params": {"id": 0, "on": True, "toggle_after": unlock_s},
    }


def test_the_safety_net_lies_in_the_relay_and_holds_after_a_power_cut() -> None:
    body = json.loads(Shelly("porch", "a").safety_net(1, 5).payload)
    assert body["params"]["config"] == {"auto_off": True, "auto_off_delay": 5, "initial_state": "off"}


def test_an_answer_to_somebody_else_is_none_of_ours() -> None:
    answer = b'{"id":77,"dst":"another-service","result":{"was_on":false}}'
    assert Shelly("porch", "a").feed("a/rpc", answer, retained=False, mono_ms=0) == (Unread("answer"),)


def test_a_late_notification_does_not_undo_a_newer_one() -> None:
    shelly = Shelly("porch", "a")

    def notify(ts: float, *, output: bool) -> tuple[object, ...]:
        body = {"method": "NotifyStatus", "params": {"ts": ts, "switch:0": {"output": output}}}
        return shelly.feed("porch/events/rpc", json.dumps(body).encode(), retained=False, mono_ms=0)

    assert notify(1700000005.0, output=False) == (LockSaid(LockState.LOCKED),)
    assert notify(1700000001.0, output=True) == ()
    # A relay that lost its clock starts near zero: that is not late, it is another life.
    assert notify(3.0, output=True) == (LockSaid(LockState.UNLOCKED),)


@given(unlock_s=st.integers(1, tasmota.LONGEST_PULSE_S))
def test_a_tasmota_pulse_is_as_long_as_asked(unlock_s: int) -> None:
    """PulseTime counts tenths of a second to 111, and above it seconds plus 100."""
    value = tasmota.pulse_time(unlock_s)
    assert (value / 10 if value <= 111 else value - 100) == unlock_s


def test_a_tasmota_opening_sets_its_own_end_in_the_same_message() -> None:
    command = tasmota.Tasmota("porch", relay=2).release(5)
    assert (command.topic, command.payload) == ("cmnd/porch/Backlog", b"PulseTime2 50; Power2 ON")
    with pytest.raises(ValueError, match="time"):
        tasmota.pulse_time(0)


@pytest.mark.parametrize(
    ("uid", "size", "card"),
    [
        (7748328, 26, "card:wiegand:26:2ec75d1"),
        ("763AE8h", 26, "card:wiegand:26:2ec75d1"),
        (7748328, 24, "card:wiegand:24:763ae8"),
        (0, 26, None),
        (2**24, 26, None),
        (5, 27, None),
        ("763AE8", 26, None),
        (True, 26, None),
        (None, 26, None),
    ],
)
def test_tasmotas_wiegand_cards(uid: object, size: object, card: str | None) -> None:
    assert tasmota.wiegand_card(uid, size) == (CardShown(card) if card else None)


@pytest.mark.parametrize(
    ("form", "path", "payload", "card"),
    [
        (CardForm.WIEGAND26_DEC, ("tag", "uid"), b'{"tag":{"uid":7748328}}', "card:wiegand:26:2ec75d1"),
        (CardForm.WIEGAND34_DEC, (), b"7748328", "card:wiegand:34:200ec75d1"),
        (CardForm.EM4100_HEX, (), b"62E3086CED", "card:em4100:40:62e3086ced"),
        (CardForm.EM4100_DEC32, ("t",), b'{"t":"0006542114"}', "card:em4100:32:0063d322"),
        (CardForm.UID_HEX, (), b"04-A1-B2-C3-D4-E5-F6", "card:iso14443a:56:04a1b2c3d4e5f6"),
        (CardForm.UID_HEX, (), b"04A1B2C3D4", None),
        (CardForm.WIEGAND26_DEC, (), b"16777216", None),
        (CardForm.EM4100_HEX, ("no",), b"62E3086CED", None),
    ],
)
def test_cards_by_template(form: CardForm, path: tuple[str, ...], payload: bytes, card: str | None) -> None:
    device = TemplateDevice(Template(card_topic="t", card_path=path, card_form=form, online_topic="up"))
    told = device.feed("t", payload, retained=False, mono_ms=0)
    assert told == (CardShown(card) if card else Unread("card"),)


def test_a_template_may_pass_the_seconds_on() -> None:
    device = TemplateDevice(Template(release_topic="t", release_payload='{"for":{seconds}}'))
    assert device.release(5).payload == b'{"for":5}'


@pytest.mark.parametrize(
    "config",
    [
        {},
        {"command_topic": "a/+/b"},
        {"command_topic": "a/#"},
        {"command_topic": 7},
        {"cmd_t": "a", "cmd_tpl": "{{ value }} {{ code }}"},
        {"cmd_t": "a", "cod_form": "^[0-9]{4}$"},
        {"cmd_t": "a", "val_tpl": "{{ value | upper }}"},
    ],
)
def test_an_announcement_we_cannot_follow_makes_no_lock(config: dict[str, object]) -> None:
    lock = ha_lock.HaLock(CONFIG.removesuffix("/config"))
    assert lock.feed(CONFIG, json.dumps(config).encode(), retained=True, mono_ms=0) == (Unread("announcement"),)
    assert lock.release() is None
    assert lock.lock() is None


def test_a_lock_says_its_own_words_and_where_they_stand() -> None:
    lock = ha_lock.HaLock(CONFIG.removesuffix("/config"))
    config = {
        "~": "z/porch",
        "cmd_t": "~/set",
        "stat_t": "~",
        "val_tpl": "{{ value_json.state }}",
        "stat_locked": "shut",
    }
    config |= {"pl_unlk": "open sesame"}
    assert lock.feed(CONFIG, json.dumps(config).encode(), retained=True, mono_ms=0) == (Reachable(online=True),)
    assert lock.topics == (CONFIG, "z/porch")
    assert lock.feed("z/porch", b'{"state":"shut"}', retained=True, mono_ms=0) == (LockSaid(LockState.LOCKED),)
    command = lock.release()
    assert command
    assert (command.topic, command.payload) == ("z/porch/set", b"open sesame")


def test_a_lock_whose_announcement_was_taken_back_is_told_nothing_more() -> None:
    lock = ha_lock.HaLock(CONFIG.removesuffix("/config"))
    lock.feed(CONFIG, b'{"cmd_t":"a"}', retained=True, mono_ms=0)
    assert lock.feed(CONFIG, b"", retained=False, mono_ms=0) == (Reachable(online=False),)
    assert lock.release() is None


def test_a_door_of_ours_is_offered_so_that_our_own_driver_understands_the_offer() -> None:
    offer = ha_lock.offer("hall-a", "Liikuntasali")
    assert offer.retain
    assert offer.topic == "homeassistant/lock/vuoro/hall-a/config"
    known = ha_lock.announced(offer.payload)
    assert known is not None
    assert (known.command_topic, known.state_topic) == ("vuoro/ha/hall-a/set", "vuoro/ha/hall-a/state")
    body = json.loads(offer.payload)
    # The fields Home Assistant's own schema took when it was fed this payload (docs/drivers.md).
    assert set(body) == {
        "name",
        "unique_id",
        "command_topic",
        "state_topic",
        "availability_topic",
        "optimistic",
        "retain",
        "qos",
        "device",
    }
    assert body["retain"] is False


def test_a_wish_that_the_broker_kept_opens_nothing() -> None:
    assert ha_lock.wish(b"UNLOCK", retained=False) == "unlock"
    assert ha_lock.wish(b"UNLOCK", retained=True) is None
    assert ha_lock.wish(b"OPEN THE DOOR", retained=False) is None
