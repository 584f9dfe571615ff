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


def _mode_case(name: str, held: Any, offered: tuple[int, int, str], expect: str, **door: Any) -> dict[str, Any]:
    keys = ("epoch", "version", "mode")
    return {
        "name": name,
        "held": held and dict(zip(keys, held, strict=True)),
        "offered": {**dict(zip(keys, offered, strict=True)), "iat": door.pop("iat", _NOW)},
        "door": {"clock": "synced", "now": _NOW, **door},
        "expect": expect,
    }


# `expect`: applied, repeated, or the refusal code (7.12).
MODES = [
    _mode_case("the first", None, (1, 1, "lockdown"), "applied"),
    _mode_case("higher version", (1, 1, "lockdown"), (1, 2, "normal"), "applied"),
    _mode_case(
        "an all-clear sent again after the next lockdown", (1, 3, "lockdown"), (1, 2, "normal"), "lower_version"
    ),
    _mode_case("the same again", (1, 2, "free"), (1, 2, "free"), "repeated"),
    _mode_case("same version, other mode", (1, 2, "free"), (1, 2, "lockdown"), "version_conflict"),
    _mode_case("raised epoch, lower version", (1, 9, "free"), (2, 1, "normal"), "applied"),
    _mode_case("300 s ahead", None, (1, 1, "free"), "applied", iat=_NOW + 300),
    _mode_case("301 s ahead", None, (1, 1, "free"), "future_iat", iat=_NOW + 301),
    _mode_case("far ahead, clock unknown", None, (1, 1, "lockdown"), "applied", iat=9_000_000, clock="unknown"),
    _mode_case("long ago", None, (1, 1, "lockdown"), "applied", iat=5),
]


def _trust_case(name: str, held: str, order: tuple[str, str, str | None], expect: str, kids: str) -> dict[str, Any]:
    """Keys are named by their kid: svc-1 has the key 11…11, and so on."""
    cmd, kid, key = order
    sent = {"cmd": cmd, "kid": kid} | ({} if key is None else {"key": key * 64})
    keys = [{"kid": each, "key": each[-1] * 64} for each in held.split()]
    return {"name": name, "held": keys, "signed_by": "svc-1", "order": sent, "expect": expect, "kids": kids.split()}


# `held`: oldest first. `expect`: the code of the answer (10.9); `kids`: what is trusted after it, oldest first.
TRUST = [
    _trust_case("a second key", "svc-1", ("trust", "svc-2", "2"), "trusted", "svc-1 svc-2"),
    _trust_case("the same key again", "svc-1 svc-2", ("trust", "svc-2", "2"), "trusted", "svc-1 svc-2"),
    _trust_case(
        "another key under a known name", "svc-1 svc-2", ("trust", "svc-2", "9"), "key_conflict", "svc-1 svc-2"
    ),
    _trust_case("the fourth", "svc-1 svc-2 svc-3", ("trust", "svc-4", "4"), "trusted", "svc-1 svc-3 svc-4"),
    _trust_case(
        "the fourth, signed by a new one", "svc-2 svc-3 svc-1", ("trust", "svc-4", "4"), "trusted", "svc-3 svc-1 svc-4"
    ),
    _trust_case("drop the other", "svc-1 svc-2", ("drop_key", "svc-2", None), "dropped", "svc-1"),
    _trust_case("drop one that is not there", "svc-1", ("drop_key", "svc-2", None), "dropped", "svc-1"),
    _trust_case(
        "drop the one it is signed with", "svc-1 svc-2", ("drop_key", "svc-1", None), "key_in_use", "svc-1 svc-2"
    ),
]


def _page_run(name: str, *steps: tuple[str, str], most_rights: int = 1500) -> dict[str, Any]:
    keys = ("message", "expect")
    return {"name": name, "most_rights": most_rights, "steps": [dict(zip(keys, step, strict=True)) for step in steps]}


# `message`: a name in `messages`. `expect`: awaited (kept until all are there), applied, repeated, unasked (no awaited
# list names this page: nothing happens), or the refusal code (7.7). Each run begins without a list.
PAGE_RUNS = [
    _page_run("in order", ("head", "awaited"), ("page 1", "awaited"), ("page 2", "applied")),
    _page_run("any order", ("head", "awaited"), ("page 2", "awaited"), ("page 1", "applied")),
    _page_run("a page twice", ("head", "awaited"), ("page 1", "awaited"), ("page 1", "awaited"), ("page 2", "applied")),
    _page_run("pages without a list", ("page 1", "unasked"), ("page 2", "unasked")),
    _page_run(
        "a page before its list comes again",
        ("page 1", "unasked"),
        ("head", "awaited"),
        ("page 2", "awaited"),
        ("page 1", "applied"),
    ),
    _page_run(
        "a page that is not the one named",
        ("head", "awaited"),
        ("page 2 of another", "page_mismatch"),
        ("page 1", "awaited"),
        ("page 2", "applied"),
    ),
    _page_run(
        "a newer list while pages are missing",
        ("head", "awaited"),
        ("page 1", "awaited"),
        ("next head", "awaited"),
        ("page 2", "unasked"),
        ("next page 1", "awaited"),
        ("next page 2", "applied"),
    ),
    _page_run(
        "an older list while a newer is awaited",
        ("next head", "awaited"),
        ("head", "lower_version"),
        ("next page 2", "awaited"),
        ("next page 1", "applied"),
    ),
    _page_run(
        "all of it again",
        ("head", "awaited"),
        ("page 1", "awaited"),
        ("page 2", "applied"),
        ("head", "repeated"),
        ("page 1", "unasked"),
    ),
    _page_run(
        "more than the door holds",
        ("head", "awaited"),
        ("page 1", "awaited"),
        ("page 2", "too_many_rights"),
        ("page 1", "unasked"),
        most_rights=5,
    ),
]
