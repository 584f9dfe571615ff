"""The decision at the door (door-protocol.md 9): a pure function of list, mode, what is remembered, card and clock."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from firmware_sim.held import AccessList, Belief, FreeWindow, Right

FACTOR_MS = 10_000


@dataclass(frozen=True, slots=True)
class Shown:
    """`medium`: card or pin. `reader`: in or out."""

    medium: str
    cred: str
    reader: str = "in"


@dataclass(frozen=True, slots=True)
class Waiting:
    """Good so far, and not enough: of whom, how, where, since when; which rights, with which marks (9.7)."""

    holder: str
    kind: str
    reader: str
    mono_ms: int
    rights: tuple[str, ...]
    marks: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Situation:
    """What is remembered and what the inputs say (9)."""

    fire: bool = False
    locked_out: bool = False
    armed: bool = False
    interlock_open: bool = False
    inside: frozenset[str] = frozenset()
    granted_ms: Mapping[str, int] = field(default_factory=dict)
    used: Mapping[str, int] = field(default_factory=dict)
    factor: Waiting | None = None
    person: Waiting | None = None


@dataclass(frozen=True, slots=True)
class Decision:
    """`outcome`: granted, denied, pending, or ignored (the same reading). `after`: what is remembered from now on."""

    outcome: str
    reason: str
    right: str | None = None
    notes: tuple[str, ...] = ()
    long_open: bool = False
    after: Situation = field(default_factory=Situation, compare=False)

    @property
    def granted(self) -> bool:
        """The lock was released."""
        return self.outcome == "granted"


def decide(held: AccessList | None, mode: str, state: Situation, shown: Shown, at: Belief, mono_ms: int) -> Decision:
    """Table 9, first row that applies."""
    reason = _for_all(held, mode, state, at)
    if reason is not None:
        return Decision("granted", reason, after=state)
    rights = () if held is None else held.rights.get((shown.medium, shown.cred), ())
    if mode == "lockdown":
        rights = _with(rights, "survives_lockdown")
    found = _by_right(held, mode, state, shown, at, rights)
    if isinstance(found, str) or held is None:
        return Decision("denied", str(found), after=state)
    return _Rules(held, mode, state, shown, at, mono_ms).judge(found)


def free_now(held: AccessList | None, mode: str, at: Belief, *, armed: bool) -> FreeWindow | None:
    """The window in which the door stands open to everybody now (row 3), mode free aside."""
    window = window_now(held, at)
    return window if mode == "normal" and window is not None and (armed or not window.first_in) else None


def window_now(held: AccessList | None, at: Belief) -> FreeWindow | None:
    """The free window that covers now, whether it is armed or not."""
    if held is None or at.state == "unknown":
        return None
    return next((window for window in held.free if window.covers(at.now, at.doubt)), None)


def _for_all(held: AccessList | None, mode: str, state: Situation, at: Belief) -> str | None:
    """Rows 1 and 3."""
    if state.fire:
        return "fire"
    return "free" if mode == "free" or free_now(held, mode, at, armed=state.armed) else None


def _by_right(
    held: AccessList | None, mode: str, state: Situation, shown: Shown, at: Belief, rights: tuple[Right, ...]
) -> str | Right:
    """Rows 2 and 4 to 10: the right that opens, or why none does."""
    stale = held is not None and at.now + at.doubt >= held.not_after
    fresh = _with(rights, "survives_stale") if stale else rights
    timed = tuple(right for right in fresh if right.start is None) if at.state == "unknown" else fresh
    covering = [right for right in timed if right.covers(at.now, at.doubt)]
    unspent = [right for right in covering if right.uses is None or state.used.get(right.id, 0) < right.uses]
    rows = (
        (mode == "lockdown" and not rights, "lockdown"),
        (held is None, "no_list"),
        (shown.medium == "pin" and state.locked_out, "locked_out"),
        (not rights, "unknown_credential"),
        (not fresh, "list_stale"),
        (not timed, "clock_unknown"),
        (not covering and any(right.spans(at.now) for right in timed), "clock_uncertain"),
        (not covering and any(right.start is not None and at.now < right.start for right in timed), "too_early"),
        (not covering, "expired"),
        (not unspent, "used_up"),
    )
    reason = next((reason for applies, reason in rows if applies), None)
    # 9.2: no window counts as the latest end; among equals the smallest id
    return reason or min(unspent, key=lambda right: (right.until is not None, -(right.until or 0), right.id))


def _with(rights: tuple[Right, ...], flag: str) -> tuple[Right, ...]:
    return tuple(right for right in rights if flag in right.flags)


@dataclass(frozen=True, slots=True)
class _Rules:
    """Rows 11 to 15, for a right that covers."""

    held: AccessList
    mode: str
    state: Situation
    shown: Shown
    at: Belief
    mono_ms: int

    def judge(self, right: Right) -> Decision:
        rules, state = self.held.rules, self.state
        if rules.interlock and state.interlock_open:
            return Decision("denied", "interlock", after=state)
        back = rules.apb is not None and "exempt_apb" not in right.flags and self._back(right.holder)
        if back and rules.apb != "soft":
            return Decision("denied", "passback", after=state)
        marks = right.flags | ({"passback"} if back else set())
        mine = Waiting(right.holder, self.shown.medium, self.shown.reader, self.mono_ms, (right.id,), marks)
        if rules.factors == 2:
            first = self._waits(state.factor, FACTOR_MS)
            if first is None or first.holder != mine.holder or first.kind == mine.kind:
                return Decision("pending", "second_factor", right.id, after=replace(state, factor=mine))
            mine = replace(mine, rights=first.rights + mine.rights, marks=first.marks | mine.marks)
        if not rules.two_person_s:
            return self._granted(right, (mine,))
        other = self._waits(state.person, rules.two_person_s * 1000)
        if other is None or other.holder == mine.holder:
            return Decision("pending", "second_person", right.id, after=replace(state, person=mine, factor=None))
        return self._granted(right, (other, mine))

    def _back(self, holder: str) -> bool:
        entering = self.shown.reader == "in"
        if self.held.rules.apb == "timed":
            before_ms = self.state.granted_ms.get(holder)
            return entering and before_ms is not None and self.mono_ms - before_ms < self.held.rules.apb_ms
        return entering == (holder in self.state.inside)

    def _waits(self, first: Waiting | None, within_ms: int) -> Waiting | None:
        fits = first is not None and first.reader == self.shown.reader and self.mono_ms - first.mono_ms <= within_ms
        return first if fits else None

    def _granted(self, right: Right, party: tuple[Waiting, ...]) -> Decision:
        marks = frozenset[str]().union(*(each.marks for each in party))
        window = window_now(self.held, self.at) if self.mode == "normal" else None
        arms = window is not None and window.first_in and "first_in" in marks
        notes = {
            "clock_unknown": self.at.state == "unknown",
            "duress": "duress" in marks,
            "first_in": arms,
            "passback": "passback" in marks,
        }
        said = tuple(note for note, holds in notes.items() if holds)
        after = replace(self._passed(party), armed=self.state.armed or arms)
        return Decision("granted", "granted", right.id, said, long_open="long_open" in marks, after=after)

    def _passed(self, party: tuple[Waiting, ...]) -> Situation:
        """Who is inside, when they came, how often rights were used; nobody waits any longer."""
        state, apb, holders = self.state, self.held.rules.apb, {each.holder for each in party}
        inside, granted_ms, used = state.inside, dict(state.granted_ms), dict(state.used)
        if apb in ("hard", "soft"):
            inside = inside | holders if self.shown.reader == "in" else inside - holders
        if apb == "timed":
            granted_ms |= dict.fromkeys(holders, self.mono_ms)
        for right in {right for each in party for right in each.rights} & self.held.limited:
            used[right] = used.get(right, 0) + 1
        return replace(state, inside=inside, granted_ms=granted_ms, used=used, factor=None, person=None)


def restored(found: Mapping[str, Any]) -> Situation:
    """From lasting memory: fire, who is inside, what was used. Armed is lost at every start (9.8)."""
    used = {entry["right"]: entry["uses"] for entry in found["used"]}
    return Situation(fire=found["fire"], inside=frozenset(found["inside"]), used=used)


def lasting(state: Situation) -> dict[str, Any]:
    """What of it must survive a power cut."""
    used = [{"right": right, "uses": uses} for right, uses in sorted(state.used.items())]
    return {"fire": state.fire, "inside": sorted(state.inside), "used": used}
