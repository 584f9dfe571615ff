"""The decisions in the test vectors, written by hand from door-protocol.md 9: single ones, and runs of several."""

from __future__ import annotations

from typing import Any

_FROM, _UNTIL = 1764324000, 1764331200
_A, _B, _C, _D, _E, _F = (digit * 64 for digit in "abcdef")
_ONE, _ONE_PIN, _ONE_DURESS, _TWO, _GUARD, _ONCE = (digit * 64 for digit in "123456")


def _right(name: str, cred: str, window: tuple[int, int] | None, *flags: str, **changed: Any) -> dict[str, Any]:
    starts, ends = window or (None, None)
    holder = f"h-{cred[0]}"
    right = {"id": name, "cred": cred, "kind": "card", "from": starts, "until": ends, "flags": list(flags)}
    return {**right, "holder": holder, "uses": None, **changed}


_NOW = (_FROM, _UNTIL)
_LIST: dict[str, Any] = {
    "epoch": 1,
    "version": 17,
    "issued": 1764237600,
    "not_after": 1764496800,
    "unlock_s": 5,
    "held_open_s": 60,
    "rights": [
        _right("g-1", _GUARD, None, "exempt_apb", "first_in", "long_open", "survives_lockdown", "survives_stale"),
        _right("o-1", _ONCE, _NOW, uses=1),
        _right("o-2", _ONCE, (_FROM, _UNTIL - 3600), uses=2),
        _right("r-1", _A, _NOW),
        _right("r-2", _A, (_UNTIL, _UNTIL + 7200)),
        _right("r-3", _B, _NOW, kind="pin"),
        _right("s-1", _C, None),
        _right("s-2", _D, None, "survives_stale"),
        _right("t-1", _E, _NOW),
        _right("t-2", _E, _NOW),
        _right("t-3", _F, (1764496700, 1764500000), "survives_stale"),
        _right("u-1", _ONE, _NOW, holder="h-one"),
        _right("u-2", _ONE_PIN, _NOW, kind="pin", holder="h-one"),
        _right("u-3", _ONE_DURESS, _NOW, "duress", kind="pin", holder="h-one"),
        _right("v-1", _TWO, _NOW, holder="h-two"),
    ],
    "rules": {"apb": None, "factors": 1, "interlock": False, "two_person_s": 0, "long_open_s": 600},
    "free": [],
    "pages": None,
}
_STATE: dict[str, Any] = {
    "fire": False,
    "locked_out": False,
    "armed": False,
    "interlock_open": False,
    "inside": [],
    "granted_ms": {},
    "used": {},
    "factor": None,
    "person": None,
}
_GRANTS, _WAITS = ("fire", "free", "granted"), ("second_factor", "second_person")


def _expected(reason: str, right: str | None, notes: list[str]) -> dict[str, Any]:
    outcome = "granted" if reason in _GRANTS else "pending" if reason in _WAITS else "denied"
    return {"outcome": outcome, "reason": reason, "right": right, "notes": notes}


def _presented(cred: str, kind: str = "card", reader: str = "in") -> dict[str, str]:
    return {"kind": kind, "cred": cred, "reader": reader}


def _case(name: str, cred: str, now: int, reason: str, right: str | None = None, **given: Any) -> dict[str, Any]:
    clock = {"state": "synced", "now": now, "uncertainty_s": 0}
    return {
        "name": name,
        "list": given.get("list", "example"),
        "changed": given.get("changed", {}),
        "mode": given.get("mode", "normal"),
        "presented": _presented(cred, given.get("kind", "card"), given.get("reader", "in")),
        "clock": {key: given.get(key, value) for key, value in clock.items()},
        "mono_ms": given.get("mono_ms", 1_000_000),
        "state": {**_STATE, **given.get("at", {})},
        "expect": _expected(reason, right, given.get("notes", [])),
    }


def _rules(**changed: Any) -> dict[str, Any]:
    return {"rules": {**_LIST["rules"], **changed}}


def _free(*windows: tuple[int, int, bool]) -> dict[str, Any]:
    return {"free": [dict(zip(("from", "until", "first_in"), window, strict=True)) for window in windows]}


_WEEK: dict[str, Any] = {"state": "holdover", "uncertainty_s": 13}
_BLANK: dict[str, Any] = {"state": "unknown"}
_STALE = _LIST["not_after"]
_X = "9" * 64
_HARD = _rules(apb={"kind": "hard", "minutes": 0})
_SOFT = _rules(apb={"kind": "soft", "minutes": 0})
_TIMED = _rules(apb={"kind": "timed", "minutes": 10})
_LOCK = _rules(interlock=True)
_OPEN = _free((_FROM, _UNTIL, False))
_FIRST = _free((_FROM, _UNTIL, True))
_DOWN: dict[str, Any] = {"mode": "lockdown"}

_BY_LIST = [
    _case("DA1 the second before", _E, _FROM - 1, "too_early"),
    _case("DA1 at from", _E, _FROM, "granted", "t-1"),
    _case("DA1 the last second", _E, _UNTIL - 1, "granted", "t-1"),
    _case("DA1 at until", _E, _UNTIL, "expired"),
    _case("DA6 two bookings touch: before", _A, _UNTIL - 1, "granted", "r-1"),
    _case("DA6 two bookings touch: no gap", _A, _UNTIL, "granted", "r-2"),
    _case("after both", _A, _UNTIL + 7200, "expired"),
    _case("before both", _A, _FROM - 1, "too_early"),
    _case("unknown card", "9" * 64, _FROM, "unknown_credential"),
    _case("pin", _B, _FROM, "granted", "r-3", kind="pin"),
    _case("the hash of a pin shown as a card", _B, _FROM, "unknown_credential"),
    _case("the hash of a card typed as a pin", _A, _FROM, "unknown_credential", kind="pin"),
    _case("a right pin while locked out", _B, _FROM, "locked_out", kind="pin", at={"locked_out": True}),
    _case("an unknown pin while locked out", "9" * 64, _FROM, "locked_out", kind="pin", at={"locked_out": True}),
    _case("a card while the keypad is locked out", _A, _FROM, "granted", "r-1", at={"locked_out": True}),
    _case("staff at any time", _C, 5, "granted", "s-1"),
    _case("no list", _C, _FROM, "no_list", list=None),
    _case("no list, locked out", _C, _FROM, "no_list", list=None, kind="pin", at={"locked_out": True}),
    _case("the second before the list is stale", _C, _STALE - 1, "granted", "s-1"),
    _case("stale list", _C, _STALE, "list_stale"),
    _case("stale list comes before expired", _A, _STALE, "list_stale"),
    _case("stale list, unknown card", "9" * 64, _STALE, "unknown_credential"),
    _case("stale list, staff that survives", _D, _STALE, "granted", "s-2"),
    _case("stale list, a window that survives", _F, _STALE, "granted", "t-3"),
    _case("stale because of uncertainty", _C, _STALE - 13, "list_stale", **_WEEK),
    _case("not stale yet with uncertainty", _C, _STALE - 14, "granted", "s-1", **_WEEK),
    _case("DA12 clock unknown, time-limited card", _A, _FROM, "clock_unknown", **_BLANK),
    _case("DA12 clock unknown, staff", _C, _FROM, "granted", "s-1", notes=["clock_unknown"], **_BLANK),
    _case("clock unknown, lower bound says stale", _C, _STALE, "list_stale", **_BLANK),
    _case("clock unknown, stale, window that survives", _F, _STALE, "clock_unknown", **_BLANK),
    _case("holdover, start may have come", _E, _FROM - 13, "granted", "t-1", **_WEEK),
    _case("holdover, start cannot have come", _E, _FROM - 14, "too_early", **_WEEK),
    _case("holdover, end cannot have come", _E, _UNTIL - 14, "granted", "t-1", **_WEEK),
    _case("holdover, end may have come", _E, _UNTIL - 13, "clock_uncertain", **_WEEK),
    _case("holdover, at the end", _E, _UNTIL, "expired", **_WEEK),
    _case("holdover, the next right may have begun", _A, _UNTIL - 13, "granted", "r-2", **_WEEK),
    _case("holdover, at most 60 s early", _E, _FROM - 60, "granted", "t-1", state="holdover", uncertainty_s=100),
    _case("holdover, 61 s early", _E, _FROM - 61, "too_early", state="holdover", uncertainty_s=100),
    _case("the right that ends later opens while it is unused", _ONCE, _FROM, "granted", "o-1"),
    _case("the other one after it", _ONCE, _FROM, "granted", "o-2", at={"used": {"o-1": 1}}),
    _case("used up", _ONCE, _FROM, "used_up", at={"used": {"o-1": 1, "o-2": 2}}),
    _case("used up comes after expired", _ONCE, _UNTIL, "expired", at={"used": {"o-1": 1, "o-2": 2}}),
]
_BY_MODE = [
    _case("fire opens to anybody", _X, _FROM, "fire", at={"fire": True}, list=None),
    _case("fire goes before a lockdown", _X, _FROM, "fire", at={"fire": True}, **_DOWN),
    _case("lockdown", _A, _FROM, "lockdown", **_DOWN),
    _case("lockdown, a stranger", _X, _FROM, "lockdown", **_DOWN),
    _case("lockdown, no list", _A, _FROM, "lockdown", list=None, **_DOWN),
    _case("lockdown, one who survives it", _GUARD, _FROM, "granted", "g-1", **_DOWN),
    _case("lockdown ends free windows", _A, _FROM, "lockdown", changed=_OPEN, **_DOWN),
    _case("lockdown, an armed window", _A, _FROM, "lockdown", changed=_FIRST, at={"armed": True}, **_DOWN),
    _case("mode free opens to anybody", _X, _FROM, "free", mode="free"),
    _case("mode free without a list or a clock", _X, _FROM, "free", mode="free", list=None, **_BLANK),
    _case("mode locked leaves rights as they are", _A, _FROM, "granted", "r-1", mode="locked", changed=_OPEN),
    _case("mode locked ends free windows", _X, _FROM, "unknown_credential", mode="locked", changed=_OPEN),
    _case("mode locked arms nothing", _GUARD, _FROM, "granted", "g-1", mode="locked", changed=_FIRST),
    _case("free window, the second before", _X, _FROM - 1, "unknown_credential", changed=_OPEN),
    _case("free window, its first second", _X, _FROM, "free", changed=_OPEN),
    _case("free window, its last second", _X, _UNTIL - 1, "free", changed=_OPEN),
    _case("free window, its end", _X, _UNTIL, "unknown_credential", changed=_OPEN),
    _case("free window, clock unknown", _X, _FROM, "unknown_credential", changed=_OPEN, **_BLANK),
    _case("free window, start may have come", _X, _FROM - 13, "free", changed=_OPEN, **_WEEK),
    _case("free window, end may have come", _X, _UNTIL - 13, "unknown_credential", changed=_OPEN, **_WEEK),
    _case(
        "free window while the keypad is locked out",
        _B,
        _FROM,
        "free",
        kind="pin",
        changed=_OPEN,
        at={"locked_out": True},
    ),
    _case("DA34 nobody has come in yet", _X, _FROM, "unknown_credential", changed=_FIRST),
    _case("DA34 a guest arms nothing", _A, _FROM, "granted", "r-1", changed=_FIRST),
    _case("DA34 the first of the staff", _GUARD, _FROM, "granted", "g-1", changed=_FIRST, notes=["first_in"]),
    _case("DA34 after that it is free", _X, _FROM, "free", changed=_FIRST, at={"armed": True}),
    _case("first in before its window arms nothing", _GUARD, _FROM - 1, "granted", "g-1", changed=_FIRST),
]
_INSIDE = {"inside": ["h-one", "h-5"]}
_BY_RULE = [
    _case("interlock open", _A, _FROM, "interlock", changed=_LOCK, at={"interlock_open": True}),
    _case("interlock closed", _A, _FROM, "granted", "r-1", changed=_LOCK),
    _case("interlock open, no such rule", _A, _FROM, "granted", "r-1", at={"interlock_open": True}),
    _case(
        "a stranger hears nothing of the interlock",
        _X,
        _FROM,
        "unknown_credential",
        changed=_LOCK,
        at={"interlock_open": True},
    ),
    _case("hard: in again", _ONE, _FROM, "passback", changed=_HARD, at=_INSIDE),
    _case("hard: in again with another credential", _ONE_PIN, _FROM, "passback", kind="pin", changed=_HARD, at=_INSIDE),
    _case("hard: out", _ONE, _FROM, "granted", "u-1", reader="out", changed=_HARD, at=_INSIDE),
    _case("hard: out without having come in", _TWO, _FROM, "passback", reader="out", changed=_HARD, at=_INSIDE),
    _case("hard: exempt", _GUARD, _FROM, "granted", "g-1", changed=_HARD, at=_INSIDE),
    _case("soft: in again", _ONE, _FROM, "granted", "u-1", changed=_SOFT, at=_INSIDE, notes=["passback"]),
    _case("soft: in", _TWO, _FROM, "granted", "v-1", changed=_SOFT, at=_INSIDE),
    _case("timed: too soon", _ONE, _FROM, "passback", changed=_TIMED, at={"granted_ms": {"h-one": 400_001}}),
    _case(
        "timed: the minutes are over",
        _ONE,
        _FROM,
        "granted",
        "u-1",
        changed=_TIMED,
        at={"granted_ms": {"h-one": 400_000}},
    ),
    _case(
        "timed: out at any time",
        _ONE,
        _FROM,
        "granted",
        "u-1",
        reader="out",
        changed=_TIMED,
        at={"granted_ms": {"h-one": 999_999}},
    ),
    _case("no rule: in again", _ONE, _FROM, "granted", "u-1", at=_INSIDE),
    _case("duress opens as any other", _ONE_DURESS, _FROM, "granted", "u-3", kind="pin", notes=["duress"]),
    _case("duress after its end", _ONE_DURESS, _UNTIL, "expired", kind="pin"),
]

# The list "example" is given once beside the cases, `changed` stands over its keys; null: no list was ever applied.
DECISIONS: dict[str, Any] = {"example": _LIST, "cases": [*_BY_LIST, *_BY_MODE, *_BY_RULE]}


def _run(name: str, changed: dict[str, Any], *steps: dict[str, Any], mode: str = "normal") -> dict[str, Any]:
    return {"name": name, "changed": changed, "mode": mode, "steps": list(steps)}


def _step(mono_ms: int, cred: str, reason: str, right: str | None = None, **given: Any) -> dict[str, Any]:
    return {
        "mono_ms": mono_ms,
        "now": _FROM + mono_ms // 1000,
        "presented": _presented(cred, given.get("kind", "card"), given.get("reader", "in")),
        "expect": _expected(reason, right, given.get("notes", [])),
    }


_PIN: dict[str, Any] = {"kind": "pin"}
_BOTH, _PAIR = _rules(factors=2), _rules(two_person_s=10)

# Each begins with a blank state (all of `state` as in the first case) and a synced clock; what one step leaves behind
# is there for the next.
RUNS = [
    _run(
        "two factors: card, then PIN",
        _BOTH,
        _step(0, _ONE, "second_factor", "u-1"),
        _step(10_000, _ONE_PIN, "granted", "u-2", **_PIN),
        _step(11_000, _ONE_PIN, "second_factor", "u-2", **_PIN),
        _step(12_000, _ONE, "granted", "u-1"),
    ),
    _run(
        "two factors: too late, and it begins again",
        _BOTH,
        _step(0, _ONE, "second_factor", "u-1"),
        _step(10_001, _ONE_PIN, "second_factor", "u-2", **_PIN),
        _step(10_002, _ONE, "granted", "u-1"),
    ),
    _run(
        "two factors of two people are none",
        _BOTH,
        _step(0, _TWO, "second_factor", "v-1"),
        _step(1, _ONE_PIN, "second_factor", "u-2", **_PIN),
    ),
    _run(
        "two factors: two cards are one",
        _BOTH,
        _step(0, _ONE, "second_factor", "u-1"),
        _step(4_000, _ONE, "second_factor", "u-1"),
    ),
    _run(
        "two factors: a wrong PIN in between changes nothing",
        _BOTH,
        _step(0, _ONE, "second_factor", "u-1"),
        _step(1, _X, "unknown_credential", **_PIN),
        _step(2, _ONE_PIN, "granted", "u-2", **_PIN),
    ),
    _run(
        "two factors: the PIN under duress",
        _BOTH,
        _step(0, _ONE_DURESS, "second_factor", "u-3", **_PIN),
        _step(1, _ONE, "granted", "u-1", notes=["duress"]),
    ),
    _run(
        "two factors at two readers are none",
        _BOTH,
        _step(0, _ONE, "second_factor", "u-1"),
        _step(1, _ONE_PIN, "second_factor", "u-2", kind="pin", reader="out"),
    ),
    _run(
        "two people",
        _PAIR,
        _step(0, _ONE, "second_person", "u-1"),
        _step(10_000, _TWO, "granted", "v-1"),
        _step(10_001, _TWO, "second_person", "v-1"),
    ),
    _run(
        "two people: too late",
        _PAIR,
        _step(0, _ONE, "second_person", "u-1"),
        _step(10_001, _TWO, "second_person", "v-1"),
        _step(10_002, _ONE, "granted", "u-1"),
    ),
    _run(
        "two people: two credentials of one are one",
        _PAIR,
        _step(0, _ONE, "second_person", "u-1"),
        _step(1, _ONE_PIN, "second_person", "u-2", **_PIN),
    ),
    _run(
        "two people, two factors each",
        _rules(two_person_s=10, factors=2),
        _step(0, _ONE, "second_factor", "u-1"),
        _step(1_000, _ONE_PIN, "second_person", "u-2", **_PIN),
        _step(2_000, _TWO, "second_factor", "v-1"),
        _step(3_000, _TWO, "second_factor", "v-1"),
    ),
    _run(
        "hard anti-passback: in, in, out, in",
        _HARD,
        _step(0, _ONE, "granted", "u-1"),
        _step(4_000, _ONE, "passback"),
        _step(8_000, _ONE, "granted", "u-1", reader="out"),
        _step(12_000, _ONE, "granted", "u-1"),
    ),
    _run(
        "hard anti-passback with two people: both are inside",
        {"rules": {**_HARD["rules"], "two_person_s": 10}},
        _step(0, _ONE, "second_person", "u-1"),
        _step(1, _TWO, "granted", "v-1"),
        _step(4_000, _ONE, "passback"),
        _step(4_001, _TWO, "passback"),
    ),
    _run(
        "timed anti-passback: ten minutes",
        _TIMED,
        _step(0, _ONE, "granted", "u-1"),
        _step(599_999, _ONE, "passback"),
        _step(600_000, _ONE, "granted", "u-1"),
    ),
    _run(
        "three uses of two rights",
        {},
        _step(0, _ONCE, "granted", "o-1"),
        _step(4_000, _ONCE, "granted", "o-2"),
        _step(8_000, _ONCE, "granted", "o-2"),
        _step(12_000, _ONCE, "used_up"),
    ),
    _run(
        "DA34 first in, then free, then over",
        _free((_FROM + 10, _FROM + 20, True)),
        _step(9_999, _GUARD, "granted", "g-1"),
        _step(10_000, _X, "unknown_credential"),
        _step(13_000, _GUARD, "granted", "g-1", notes=["first_in"]),
        _step(13_001, _X, "free"),
        _step(19_999, _GUARD, "free"),
        _step(20_000, _X, "unknown_credential"),
    ),
    _run(
        "what waited is not passed on to mode free",
        _BOTH,
        _step(0, _ONE, "free"),
        _step(1, _X, "free", **_PIN),
        mode="free",
    ),
]
