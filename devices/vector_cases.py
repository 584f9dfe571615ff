"""The hand-written part of the test vectors: door states, what comes, and what the document says must follow."""

from __future__ import annotations

from typing import Any

NOT_CANONICAL = [
    '{"a": 1}',
    '{"b":1,"a":2}',
    '{"a":1,"a":1}',
    '{"a":1.0}',
    '{"a":1e3}',
    '{"a":-0}',
    '{"a":01}',
    '{"a":9007199254740992}',
    '{"a":-9007199254740992}',
    '{"a":NaN}',
    '{"A":1}',
    '{"":1}',
    '{"a-b":1}',
    '{"a":"\\u00e4"}',
    '{"a":"\\/"}',
    '{"a":"\\u000a"}',
    '{"a":"\\u001F"}',
    '{"a":"\\ud800"}',
    '{"d":[[[[[[[[]]]]]]]]}',
    '{"a":1}\n',
    '\ufeff{"a":1}',
    "[]",
    "1",
    "",
]

UNCERTAINTIES = [
    {"age_s": 0, "state": "synced", "uncertainty_s": 0},
    {"age_s": 86399, "state": "synced", "uncertainty_s": 0},
    {"age_s": 86400, "state": "holdover", "uncertainty_s": 2},
    {"age_s": 100000, "state": "holdover", "uncertainty_s": 2},
    {"age_s": 100001, "state": "holdover", "uncertainty_s": 3},
    {"age_s": 604800, "state": "holdover", "uncertainty_s": 13},
]

_A, _B, _C = "a" * 64, "b" * 64, "c" * 64
_H17, _H18 = "1" * 64, "2" * 64


def _list_case(name: str, held: Any, offered: Any, expect: str, **clock: Any) -> dict[str, Any]:
    state = {"clock": "synced", "now": 1_000_000, "most_rights": 1500, **clock}
    keys = ("epoch", "version", "hash")
    return {
        "name": name,
        "held": held and dict(zip(keys, held, strict=True)),
        "offered": {**dict(zip(keys, offered, strict=True)), "iat": clock.pop("iat", 1_000_000), "rights": 3},
        "door": {key: value for key, value in state.items() if key != "iat"},
        "expect": expect,
    }


# `expect`: applied, repeated, or the refusal code (7.4).
LISTS = [
    _list_case("the first", None, (1, 7, _H17), "applied"),
    _list_case("higher version", (1, 5, _H18), (1, 7, _H17), "applied"),
    _list_case("lower version", (1, 7, _H17), (1, 5, _H18), "lower_version"),
    _list_case("one lower", (1, 7, _H17), (1, 6, _H18), "lower_version"),
    _list_case("the same again", (1, 7, _H17), (1, 7, _H17), "repeated"),
    _list_case("same version, other list", (1, 7, _H17), (1, 7, _H18), "version_conflict"),
    _list_case("raised epoch, lower version", (1, 7, _H17), (2, 1, _H18), "applied"),
    _list_case("lower epoch, higher version", (2, 1, _H17), (1, 99, _H18), "lower_version"),
    _list_case("300 s ahead", None, (1, 7, _H17), "applied", iat=1_000_300),
    _list_case("301 s ahead", None, (1, 7, _H17), "future_iat", iat=1_000_301),
    _list_case("far ahead, clock unknown", None, (1, 7, _H17), "applied", iat=9_000_000, clock="unknown"),
    _list_case("far ahead, holdover", None, (1, 7, _H17), "applied", iat=9_000_000, clock="holdover"),
    _list_case("too many rights", None, (1, 7, _H17), "too_many_rights", most_rights=2),
]

_NOW = 1_000_000
_CURRENT, _PREVIOUS, _OTHER = "c" * 32, "b" * 32, "0" * 32


def _command(name: str, expect: str, **changed: Any) -> dict[str, Any]:
    door = {
        "clock": "synced",
        "uncertainty_s": 0,
        "now": _NOW,
        "last_counter": 10,
        "challenge": _CURRENT,
        "previous_challenge": _PREVIOUS,
    }
    sent = {"cmd": "open", "counter": 11, "iat": _NOW, "exp": _NOW + 10, "nonce": _OTHER}
    return {
        "name": name,
        "door": {key: changed.get(key, value) for key, value in door.items()},
        "sent": {key: changed.get(key, value) for key, value in sent.items()},
        "expect": expect,
    }


# `expect`: accepted, or the refusal code (10.3). `sent` came with a right signature and body, retain flag not set.
COMMANDS = [
    _command("open", "accepted"),
    _command("captured and sent again", "old_counter", counter=10),
    _command("older counter", "old_counter", counter=3),
    _command("counter far above", "accepted", counter=1764237600000),
    _command("last second before exp", "accepted", iat=_NOW - 9, exp=_NOW + 1),
    _command("at exp", "expired", iat=_NOW - 10, exp=_NOW),
    _command("29 s old, lives 30 s", "accepted", iat=_NOW - 29, exp=_NOW + 1),
    _command("30 s old, lives 30 s", "expired", iat=_NOW - 30, exp=_NOW),
    _command("lives too long", "expired", iat=_NOW, exp=_NOW + 31),
    _command("30 s ahead", "accepted", iat=_NOW + 30, exp=_NOW + 40),
    _command("31 s ahead", "future_iat", iat=_NOW + 31, exp=_NOW + 41),
    _command(
        "holdover widens to the past", "accepted", clock="holdover", uncertainty_s=13, iat=_NOW - 22, exp=_NOW - 12
    ),
    _command("holdover, past that", "expired", clock="holdover", uncertainty_s=13, iat=_NOW - 23, exp=_NOW - 13),
    _command(
        "holdover widens to the future", "accepted", clock="holdover", uncertainty_s=13, iat=_NOW + 43, exp=_NOW + 53
    ),
    _command("holdover, beyond that", "future_iat", clock="holdover", uncertainty_s=13, iat=_NOW + 44, exp=_NOW + 54),
    _command("clock unknown, no challenge", "bad_challenge", clock="unknown"),
    _command("clock unknown, current challenge", "accepted", clock="unknown", nonce=_CURRENT, iat=5, exp=15),
    _command("clock unknown, previous challenge", "accepted", clock="unknown", nonce=_PREVIOUS, iat=5, exp=15),
    _command("set_time without challenge", "bad_challenge", cmd="set_time"),
    _command("set_time with challenge, clock far off", "accepted", cmd="set_time", nonce=_CURRENT, iat=5, exp=15),
    _command("set_time again", "old_counter", cmd="set_time", nonce=_CURRENT, counter=10),
]

_FROM, _UNTIL = 1764324000, 1764331200


def _right(name: str, cred: str, window: tuple[int, int] | None, kind: str = "card", *flags: str) -> dict[str, Any]:
    starts, ends = window or (None, None)
    return {"id": name, "cred": cred, "kind": kind, "from": starts, "until": ends, "flags": list(flags)}


_LIST: dict[str, Any] = {
    "epoch": 1,
    "version": 17,
    "issued": 1764237600,
    "not_after": 1764496800,
    "unlock_s": 5,
    "held_open_s": 60,
    "rights": [
        _right("r-1", _A, (_FROM, _UNTIL)),
        _right("r-2", _A, (_UNTIL, _UNTIL + 7200)),
        _right("r-3", _B, (_FROM, _UNTIL), "pin"),
        _right("s-1", _C, None),
        _right("s-2", "d" * 64, None, "card", "survives_stale"),
        _right("t-1", "e" * 64, (_FROM, _UNTIL)),
        _right("t-2", "e" * 64, (_FROM, _UNTIL)),
        _right("t-3", "f" * 64, (1764496700, 1764500000), "card", "survives_stale"),
    ],
}


def _decision(name: str, cred: str, now: int, reason: str, right: str | None = None, **changed: Any) -> dict[str, Any]:
    clock = {"state": "synced", "now": now, "uncertainty_s": 0}
    return {
        "name": name,
        "list": changed.get("list", "example"),
        "presented": {"kind": changed.get("kind", "card"), "cred": cred},
        "clock": {key: changed.get(key, value) for key, value in clock.items()},
        "locked_out": changed.get("locked_out", False),
        "expect": {"granted": reason == "granted", "reason": reason, "right": right},
    }


_D, _E, _F = "d" * 64, "e" * 64, "f" * 64
_WEEK: dict[str, Any] = {"state": "holdover", "uncertainty_s": 13}
_BLANK: dict[str, Any] = {"state": "unknown"}
_STALE = _LIST["not_after"]

# The list "example" is given once beside the cases; null means that no list was ever applied.
DECISIONS: dict[str, Any] = {
    "example": _LIST,
    "cases": [
        _decision("DA1 the second before", _E, _FROM - 1, "too_early"),
        _decision("DA1 at from", _E, _FROM, "granted", "t-1"),
        _decision("DA1 the last second", _E, _UNTIL - 1, "granted", "t-1"),
        _decision("DA1 at until", _E, _UNTIL, "expired"),
        _decision("DA6 two bookings touch: before", _A, _UNTIL - 1, "granted", "r-1"),
        _decision("DA6 two bookings touch: no gap", _A, _UNTIL, "granted", "r-2"),
        _decision("after both", _A, _UNTIL + 7200, "expired"),
        _decision("before both", _A, _FROM - 1, "too_early"),
        _decision("unknown card", "9" * 64, _FROM, "unknown_credential"),
        _decision("pin", _B, _FROM, "granted", "r-3", kind="pin"),
        _decision("the hash of a pin shown as a card", _B, _FROM, "unknown_credential"),
        _decision("the hash of a card typed as a pin", _A, _FROM, "unknown_credential", kind="pin"),
        _decision("a right pin while locked out", _B, _FROM, "locked_out", kind="pin", locked_out=True),
        _decision("an unknown pin while locked out", "9" * 64, _FROM, "locked_out", kind="pin", locked_out=True),
        _decision("a card while the keypad is locked out", _A, _FROM, "granted", "r-1", locked_out=True),
        _decision("staff at any time", _C, 5, "granted", "s-1"),
        _decision("no list", _C, _FROM, "no_list", list=None),
        _decision("no list, locked out", _C, _FROM, "no_list", list=None, kind="pin", locked_out=True),
        _decision("the second before the list is stale", _C, _STALE - 1, "granted", "s-1"),
        _decision("stale list", _C, _STALE, "list_stale"),
        _decision("stale list comes before expired", _A, _STALE, "list_stale"),
        _decision("stale list, unknown card", "9" * 64, _STALE, "unknown_credential"),
        _decision("stale list, staff that survives", _D, _STALE, "granted", "s-2"),
        _decision("stale list, a window that survives", _F, _STALE, "granted", "t-3"),
        _decision("stale because of uncertainty", _C, _STALE - 13, "list_stale", **_WEEK),
        _decision("not stale yet with uncertainty", _C, _STALE - 14, "granted", "s-1", **_WEEK),
        _decision("DA12 clock unknown, time-limited card", _A, _FROM, "clock_unknown", **_BLANK),
        _decision("DA12 clock unknown, staff", _C, _FROM, "granted", "s-1", **_BLANK),
        _decision("clock unknown, lower bound says stale", _C, _STALE, "list_stale", **_BLANK),
        _decision("clock unknown, stale, window that survives", _F, _STALE, "clock_unknown", **_BLANK),
        _decision("holdover, start may have come", _E, _FROM - 13, "granted", "t-1", **_WEEK),
        _decision("holdover, start cannot have come", _E, _FROM - 14, "too_early", **_WEEK),
        _decision("holdover, end cannot have come", _E, _UNTIL - 14, "granted", "t-1", **_WEEK),
        _decision("holdover, end may have come", _E, _UNTIL - 13, "clock_uncertain", **_WEEK),
        _decision("holdover, at the end", _E, _UNTIL, "expired", **_WEEK),
        _decision("holdover, the next right may have begun", _A, _UNTIL - 13, "granted", "r-2", **_WEEK),
        _decision(
            "holdover, at most 60 s early", _E, _FROM - 60, "granted", "t-1", state="holdover", uncertainty_s=100
        ),
        _decision("holdover, 61 s early", _E, _FROM - 61, "too_early", state="holdover", uncertainty_s=100),
    ],
}


def _lockout(name: str, *steps: tuple[int, str, str]) -> dict[str, Any]:
    keys = ("mono_ms", "try", "expect")
    return {"name": name, "steps": [dict(zip(keys, step, strict=True)) for step in steps]}


_WRONG, _GOOD = "unknown_credential", "granted"

# `try`: wrong (a PIN in no list), right (a PIN that opens now), early (its right has not begun), card (opens now).
LOCKOUTS = [
    _lockout(
        "five wrong in five minutes",
        *((at, "wrong", _WRONG) for at in (0, 1000, 2000, 3000, 300_000)),
        (300_001, "right", "locked_out"),
        (300_002, "card", _GOOD),
        (359_999, "right", "locked_out"),
        (360_000, "right", _GOOD),
    ),
    _lockout(
        "the first is too long ago",
        *((at, "wrong", _WRONG) for at in (0, 1000, 2000, 3000, 300_001)),
        (300_002, "right", _GOOD),
    ),
    _lockout(
        "a granted PIN starts the count again",
        *((at, "wrong", _WRONG) for at in (0, 1, 2, 3)),
        (4, "right", _GOOD),
        *((at, "wrong", _WRONG) for at in (5, 6, 7, 8)),
        (9, "right", _GOOD),
    ),
    _lockout(
        "too early is not wrong",
        *((at, "early", "too_early") for at in (0, 1, 2, 3, 4)),
        (5, "right", _GOOD),
    ),
    _lockout(
        "tries during a lockout are not counted",
        *((at, "wrong", _WRONG) for at in (0, 1, 2, 3, 4)),
        *((at, "wrong", "locked_out") for at in (5, 6, 7, 8, 9)),
        *((at, "wrong", _WRONG) for at in (60_004, 60_005, 60_006, 60_007)),
        (60_008, "right", _GOOD),
    ),
]
