"""Which keys, types and bounds a body must have (door-protocol.md 5.1, 7, 10.1, 11.7): exactly these, no more."""

import re
from collections.abc import Callable, Mapping
from typing import Any

Test = Callable[[object], bool]

RIGHTS_AT_MOST = 1500
ALL_RIGHTS_AT_MOST = 10_000
PAGES_AT_MOST = 99
FREE_AT_MOST = 200
FLAGS = frozenset({"duress", "exempt_apb", "first_in", "long_open", "survives_lockdown", "survives_stale"})


def matches(pattern: str) -> Test:
    """A string that the whole pattern fits."""
    compiled = re.compile(pattern)
    return lambda value: isinstance(value, str) and compiled.fullmatch(value) is not None


def integer(low: int | None = None, high: int | None = None) -> Test:
    """An integer (true and false are none) with both bounds included."""

    def fits(value: object) -> bool:
        if not isinstance(value, int) or isinstance(value, bool):
            return False
        return (low is None or value >= low) and (high is None or value <= high)

    return fits


def one_of(*allowed: str) -> Test:
    """A string of these."""
    return lambda value: isinstance(value, str) and value in allowed


def exactly(fields: Mapping[str, Test]) -> Test:
    """An object with these keys, each passing its test, and no other key."""
    return lambda value: (
        isinstance(value, dict) and value.keys() == fields.keys() and all(fits(value[k]) for k, fits in fields.items())
    )


def boolean(value: object) -> bool:
    """True or false, nothing that acts like it."""
    return isinstance(value, bool)


def maybe(test: Test) -> Test:
    """Null, or what passes."""
    return lambda value: value is None or test(value)


door_id = matches(r"[a-z0-9-]{3,40}")
kid = matches(r"[a-z0-9-]{1,32}")
command_id = matches(r"[a-z0-9-]{1,64}")
hex32 = matches(r"[0-9a-f]{32}")
hex64 = matches(r"[0-9a-f]{64}")
hex128 = matches(r"[0-9a-f]{128}")

position = exactly({"boot_epoch": integer(1), "seq": integer(1)})

_ENVELOPE: dict[str, Test] = {
    "v": integer(),
    "kid": kid,
    "topic": lambda value: isinstance(value, str),
    "counter": integer(0),
    "iat": integer(0),
    "exp": integer(0),
    "nonce": hex32,
    "body": lambda value: isinstance(value, dict),
}
service_envelope = exactly({**_ENVELOPE, "sig": hex128})
door_envelope = exactly({**_ENVELOPE, "sig": hex64})


def _window(value: dict[str, Any]) -> bool:
    start, end = value["from"], value["until"]
    if start is None and end is None:
        return True
    return integer()(start) and integer()(end) and bool(start < end)


def _flags(value: object) -> bool:
    if not isinstance(value, list) or not all(isinstance(flag, str) and flag in FLAGS for flag in value):
        return False
    return value == sorted(set(value))


def _anything(_value: object) -> bool:
    return True


_right_keys = exactly(
    {
        "id": matches(r"[a-z0-9-]{1,40}"),
        "cred": hex64,
        "kind": one_of("card", "pin"),
        "from": _anything,
        "until": _anything,
        "flags": _flags,
        "holder": matches(r"[a-z0-9-]{1,40}"),
        "uses": maybe(integer(1, 1000)),
    }
)


def right(value: object) -> bool:
    """7.2: both ends of the window or neither, and the end after the start."""
    return _right_keys(value) and isinstance(value, dict) and _window(value)


def _rights(value: object) -> bool:
    if not isinstance(value, list) or len(value) > RIGHTS_AT_MOST or not all(right(entry) for entry in value):
        return False
    ids = [entry["id"] for entry in value]
    return ids == sorted(set(ids))


def _pages(value: object) -> bool:
    if value is None:
        return True
    return isinstance(value, list) and 1 <= len(value) <= PAGES_AT_MOST and all(hex64(each) for each in value)


_rules = exactly(
    {
        "apb": maybe(exactly({"kind": one_of("hard", "soft", "timed"), "minutes": integer(0, 1440)})),
        "factors": integer(1, 2),
        "interlock": boolean,
        "two_person_s": lambda value: integer(0, 0)(value) or integer(5, 60)(value),
        "long_open_s": integer(1, 86400),
    }
)
_free_window = exactly({"from": integer(0), "until": integer(0), "first_in": boolean})


def _free(value: object) -> bool:
    if not isinstance(value, list) or len(value) > FREE_AT_MOST or not all(_free_window(each) for each in value):
        return False
    ends = [end for window in value for end in (window["from"], window["until"])]
    return ends == sorted(ends) and all(window["from"] < window["until"] for window in value)


_list_keys = exactly(
    {
        "epoch": integer(1),
        "version": integer(1),
        "issued": integer(),
        "not_after": integer(),
        "unlock_s": integer(1, 600),
        "held_open_s": integer(1, 86400),
        "rights": _rights,
        "rules": _rules,
        "free": _free,
        "pages": _pages,
    }
)


def access_list(value: object) -> bool:
    """7.1."""
    if not _list_keys(value) or not isinstance(value, dict):
        return False
    return bool(value["not_after"] > value["issued"]) and not (value["pages"] and value["rights"])


_page_keys = exactly({"epoch": integer(1), "version": integer(1), "page": integer(1, PAGES_AT_MOST), "rights": _rights})


def page(value: object, number: str) -> bool:
    """7.7, on the topic `desired/{number}`."""
    return _page_keys(value) and isinstance(value, dict) and str(value["page"]) == number


mode = exactly(
    {
        "epoch": integer(1),
        "version": integer(1),
        "issued": integer(0),
        "mode": one_of("normal", "free", "locked", "lockdown"),
    }
)


COMMANDS: Mapping[str, Test] = {
    "open": exactly(
        {
            "cmd": one_of("open"),
            "id": command_id,
            "unlock_s": integer(1, 600),
            "reason": matches(r"[a-z0-9_]{1,40}"),
            "override": boolean,
        }
    ),
    "set_time": exactly({"cmd": one_of("set_time"), "id": command_id, "at_ms": integer(0)}),
    "forgive": exactly({"cmd": one_of("forgive"), "id": command_id, "holder": maybe(matches(r"[a-z0-9-]{1,40}"))}),
    "fire_reset": exactly({"cmd": one_of("fire_reset"), "id": command_id}),
    "trust": exactly({"cmd": one_of("trust"), "id": command_id, "kid": kid, "key": hex64}),
    "drop_key": exactly({"cmd": one_of("drop_key"), "id": command_id, "kid": kid}),
}
