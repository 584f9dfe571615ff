"""Zigbee2MQTT locks against what its own converters did with our payloads, and made of what locks say.

zigbee_vectors.json is recorded by tools/zigbee_vectors.mjs from the real package; here neither node nor network is
needed.
"""

import json
from pathlib import Path
from typing import Any

import pytest

from devices.drivers.told import Acknowledged, CodeSaid, ContactSaid, LockSaid, LockState, Means, Passed, Warned
from devices.drivers.zigbee2mqtt import CLEARED, SAVED, Z2mLock

VECTORS = json.loads((Path(__file__).parent / "zigbee_vectors.json").read_text(encoding="utf-8"))
OURS = [each for each in VECTORS["commands"] if "call" in each]
TRAPS = {each["why"]: each for each in VECTORS["commands"] if "why" in each}
TOPIC = "zigbee2mqtt/porch"


def lock_that_has_spoken() -> Z2mLock:
    """One whose first message, which may repeat old things, is behind us."""
    lock = Z2mLock("porch")
    lock.feed(TOPIC, b'{"battery":97}', retained=True, mono_ms=0)
    return lock


def sent(call: str) -> dict[str, Any]:
    (first,) = next(each for each in OURS if each["call"] == call)["sent"]
    return dict(first)


@pytest.mark.parametrize("each", OURS, ids=lambda each: f"{each['call']}{each['args']}")
def test_our_commands_are_what_the_converters_were_tried_with(each: dict[str, Any]) -> None:
    made = getattr(Z2mLock("porch"), each["call"])(*each["args"])
    assert made.topic == f"{TOPIC}/{each['end']}"
    assert json.loads(made.payload) == each["payload"]
    assert "refused" not in each


def test_the_converters_send_what_we_mean() -> None:
    assert sent("release")["command"] == "unlockDoor"
    assert sent("lock")["command"] == "lockDoor"
    assert sent("put_code")["payload"] == {"userid": 3, "userstatus": 1, "usertype": 0, "pincodevalue": "0042"}
    assert (sent("clear_code")["command"], sent("clear_code")["payload"]) == ("clearPinCode", {"userid": 3})
    assert (sent("ask_code")["command"], sent("ask_code")["payload"]) == ("getPinCode", {"userid": 3})


def test_the_traps_are_still_there_and_we_do_not_walk_into_them() -> None:
    assert TRAPS["an empty code does not clear"]["sent"][0]["command"] == "setPinCode"
    assert TRAPS["a code that is a number loses its zero"]["sent"][0]["payload"]["pincodevalue"] == "42"
    assert TRAPS["a slot that is text goes out as text"]["sent"][0]["payload"]["userid"] == "3"
    for why in ("a slot beyond the last is refused", "there is no OPEN"):
        assert TRAPS[why]["refused"]
    lock = Z2mLock("porch")
    for slot in (-1, 50):
        with pytest.raises(ValueError, match="slot"):
            lock.put_code(slot, "1234")
    for pin in ("", "123", "123456789", "12a4"):
        with pytest.raises(ValueError, match="PIN"):
            lock.put_code(3, pin)


SAYS: dict[tuple[str, str], Any] = {
    ("lock_state", "locked"): LockSaid(LockState.LOCKED),
    ("lock_state", "unlocked"): LockSaid(LockState.UNLOCKED),
    ("lock_state", "not_fully_locked"): LockSaid(LockState.UNKNOWN),
    ("door_state", "open"): ContactSaid(open=True),
    ("door_state", "closed"): ContactSaid(open=False),
    ("door_state", "error_jammed"): Warned("jammed"),
    ("door_state", "error_forced_open"): Warned("forced"),
    ("action", "key_unlock"): Passed(granted=True, means=Means.BY_HAND, who="3"),
    ("action", "manual_unlock"): Passed(granted=True, means=Means.BY_HAND, who="3"),
    ("action", "schedule_unlock"): Passed(granted=True, means=Means.AUTOMATIC, who="3"),
    ("action", "unlock_failure_invalid_pin_or_id"): Passed(
        granted=False, means=Means.PIN, who="3", code="unlock_failure_invalid_pin_or_id"
    ),
    ("action", "unlock_failure_invalid_schedule"): Passed(
        granted=False, means=Means.PIN, who="3", code="unlock_failure_invalid_schedule"
    ),
    ("action", "pin_code_added"): CodeSaid(3, held=True),
    ("action", "pin_code_changed"): CodeSaid(3, held=True),
    ("action", "pin_code_deleted"): CodeSaid(3, held=False),
}
SOURCES = {"keypad": Means.PIN, "rf": Means.NETWORK, "manual": Means.BY_HAND, "rfid": Means.CARD}
SOURCES |= {"fingerprint": Means.FINGER}


def meant(payload: dict[str, Any]) -> tuple[Any, ...]:
    """What a payload of the converters means; nothing for what opens nothing and proves nothing."""
    if payload.get("action") == "unlock":
        who = str(payload["action_user"])
        return (Passed(granted=True, means=SOURCES[payload["action_source_name"]], who=who),)
    if "users" in payload:
        return (CodeSaid(3, held=payload["users"]["3"]["status"] == "enabled"),)
    for name, code in (("last_successful_pincode_save", SAVED), ("last_successful_pincode_clear", CLEARED)):
        if name in payload:
            return (Acknowledged("", ok=True, code=code),)
    return tuple(told for said, told in SAYS.items() if payload.get(said[0]) == said[1])


@pytest.mark.parametrize("each", VECTORS["notifications"], ids=lambda each: f"{each['type']}{each['data']}")
def test_what_the_converters_make_of_a_lock_is_understood(each: dict[str, Any]) -> None:
    payload = json.dumps(each["payload"]).encode()
    assert lock_that_has_spoken().feed(TOPIC, payload, retained=False, mono_ms=5000) == meant(each["payload"])


def test_a_proof_in_the_first_message_may_be_years_old_and_counts_for_nothing() -> None:
    old = b'{"last_successful_pincode_save":1600000000000,"users":{"3":{"status":"enabled"}}}'
    lock = Z2mLock("porch")
    assert lock.feed(TOPIC, old, retained=False, mono_ms=0) == ()
    assert lock.feed(TOPIC, old, retained=False, mono_ms=5000) == ()
    fresh = old.replace(b"1600000000000", b"1700000000000")
    assert lock.feed(TOPIC, fresh, retained=False, mono_ms=9000) == (Acknowledged("", ok=True, code=SAVED),)


def test_a_state_that_repeats_an_old_slot_after_it_was_cleared_proves_nothing() -> None:
    lock = lock_that_has_spoken()
    held = b'{"users":{"3":{"status":"enabled"}}}'
    assert lock.feed(TOPIC, held, retained=False, mono_ms=0) == (CodeSaid(3, held=True),)
    gone = b'{"action":"pin_code_deleted","action_user":3}'
    assert lock.feed(TOPIC, gone, retained=False, mono_ms=5000) == (CodeSaid(3, held=False),)
    assert lock.feed(TOPIC, held, retained=False, mono_ms=9000) == ()
