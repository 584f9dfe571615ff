"""The one decision at a door (door-protocol.md 9): pure, with its reason, the same as every controller takes by itself.

The service asks it for doors without a controller, and to see again why a door decided as it did. Vectors:
docs/vectors/door-protocol.json, `decisions` and `decision_runs`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum

from devices.events import DoorReason, Note
from devices.messages import (
    DURESS,
    EXEMPT_APB,
    FIRST_IN,
    LONG_OPEN,
    SURVIVES_LOCKDOWN,
    SURVIVES_STALE,
    AccessList,
    Apb,
    ApbKind,
    Clock,
    DoorMode,
    FreeWindow,
    Medium,
    Reader,
    Right,
)

MOST_EARLY_S = 60
SECOND_FACTOR_MS = 10_000
_FOR_EVER = 1 << 62


@dataclass(frozen=True, slots=True)
class Presented:
    """A credential as one door knows it, by its hash."""

    kind: Medium
    cred: str
    reader: Reader = Reader.IN


@dataclass(frozen=True, slots=True)
class ClockView:
    """What the decider believes: Unix seconds rounded down, and by how many whole seconds that may be wrong."""

    state: Clock
    now: int
    uncertainty_s: int = 0

    @property
    def doubt_s(self) -> int:
        return 0 if self.state is Clock.UNKNOWN else self.uncertainty_s


@dataclass(frozen=True, slots=True)
class Waiting:
    """What was good and waits for a second factor or a second person, at one reader. `rights`: all that took part so
    far; `marks`: their flags, and "passback"."""

    holder: str
    kind: Medium
    reader: Reader
    mono_ms: int
    rights: tuple[str, ...]
    marks: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Situation:
    """All that a decision depends on beside list, mode, clock and card (9). A door that minds nothing has none of it.

    `granted_ms`: holder to when they were last granted, `used`: right to how often it opened.
    """

    fire: bool = False
    locked_out: bool = False
    armed: bool = False
    interlock_open: bool = False
    inside: frozenset[str] = frozenset()
    granted_ms: Mapping[str, int] = field(default_factory=dict)
    used: Mapping[str, int] = field(default_factory=dict)
    factor: Waiting | None = None
    person: Waiting | None = None


class Outcome(StrEnum):
    """PENDING: so far good, and the door stays shut until the second comes."""

    GRANTED = "granted"
    DENIED = "denied"
    PENDING = "pending"


@dataclass(frozen=True, slots=True)
class Decision:
    """Whether the door opens, why, and by which right (its ref); `after` is the situation that follows."""

    outcome: Outcome
    reason: DoorReason
    right: str | None = None
    notes: tuple[Note, ...] = ()
    long_open: bool = False
    after: Situation = field(default_factory=Situation, compare=False, repr=False)

    @property
    def granted(self) -> bool:
        return self.outcome is Outcome.GRANTED


@dataclass(frozen=True, slots=True)
class _Case:
    """One presentation at one moment."""

    held: AccessList | None
    mode: DoorMode
    state: Situation
    shown: Presented
    clock: ClockView
    mono_ms: int

    @property
    def list(self) -> AccessList:
        assert self.held is not None
        return self.held

    def denied(self, reason: DoorReason) -> Decision:
        return Decision(Outcome.DENIED, reason, after=self.state)


def decide(
    held: AccessList | None,
    shown: Presented,
    clock: ClockView,
    *,
    mode: DoorMode = DoorMode.NORMAL,
    state: Situation | None = None,
    mono_ms: int = 0,
) -> Decision:
    """The first row of the table in section 9 that applies. Without `mode` and `state`: a door of lists only."""
    case = _Case(held, mode, state or Situation(), shown, clock, mono_ms)
    if (opened := _opened_for_all(case)) is not None:
        return opened
    known = _known(case)
    if mode is DoorMode.LOCKDOWN and not known:
        return case.denied(DoorReason.LOCKDOWN)
    if held is None:
        return case.denied(DoorReason.NO_LIST)
    if shown.kind is Medium.PIN and case.state.locked_out:
        return case.denied(DoorReason.LOCKED_OUT)
    return _by_rights(case, known)


def free_window(held: AccessList | None, clock: ClockView) -> FreeWindow | None:
    """The free window that covers now, by the rule of rights (9.1); None without a clock."""
    if held is None or clock.state is Clock.UNKNOWN:
        return None
    return next((window for window in held.free if _spans(window.starts, window.ends, clock)), None)


def _opened_for_all(case: _Case) -> Decision | None:
    """Rows 1 and 3: nobody needs a right."""
    reason = None
    if case.state.fire:
        reason = DoorReason.FIRE
    elif case.mode is DoorMode.FREE:
        reason = DoorReason.FREE
    elif case.mode is DoorMode.NORMAL and (window := free_window(case.held, case.clock)):
        reason = DoorReason.FREE if case.state.armed or not window.first_in else None
    return None if reason is None else Decision(Outcome.GRANTED, reason, after=case.state)


def _known(case: _Case) -> list[Right]:
    """The rights of this credential; in a lockdown those that outlive it."""
    if case.held is None:
        return []
    rights = [each for each in case.held.rights if each.cred == case.shown.cred and each.kind is case.shown.kind]
    if case.mode is DoorMode.LOCKDOWN:
        return [right for right in rights if SURVIVES_LOCKDOWN in right.flags]
    return rights


def _by_rights(case: _Case, rights: Sequence[Right]) -> Decision:
    """Rows 6 to 10, each keeping what passes it."""
    clock = case.clock
    if not rights:
        return case.denied(DoorReason.UNKNOWN_CREDENTIAL)
    if clock.now + clock.doubt_s >= case.list.not_after:
        rights = [right for right in rights if SURVIVES_STALE in right.flags]
        if not rights:
            return case.denied(DoorReason.LIST_STALE)
    if clock.state is Clock.UNKNOWN:
        rights = [right for right in rights if right.starts is None]
        if not rights:
            return case.denied(DoorReason.CLOCK_UNKNOWN)
    covering = [right for right in rights if _covers(right, clock)]
    if not covering:
        return case.denied(_why_not_now(rights, clock))
    left = [right for right in covering if right.uses is None or case.state.used.get(right.id, 0) < right.uses]
    if not left:
        return case.denied(DoorReason.USED_UP)
    # Of several the one that ends last, so that the event names the turn that goes on.
    return _by_rules(case, min(left, key=lambda right: (-(right.ends or _FOR_EVER), right.id)))


def _why_not_now(rights: Sequence[Right], clock: ClockView) -> DoorReason:
    if any((right.starts or 0) <= clock.now < (right.ends or _FOR_EVER) for right in rights):
        return DoorReason.CLOCK_UNCERTAIN
    early = any(right.starts is not None and clock.now < right.starts for right in rights)
    return DoorReason.TOO_EARLY if early else DoorReason.EXPIRED


def _by_rules(case: _Case, right: Right) -> Decision:
    """Rows 11 to 15."""
    rules, shown = case.list.rules, case.shown
    if rules.interlock and case.state.interlock_open:
        return case.denied(DoorReason.INTERLOCK)
    back = rules.apb is not None and EXEMPT_APB not in right.flags and _comes_back(case, rules.apb, right.holder)
    if back and rules.apb and rules.apb.kind is not ApbKind.SOFT:
        return case.denied(DoorReason.PASSBACK)
    marks = frozenset(right.flags) | ({Note.PASSBACK.value} if back else set())
    mine = Waiting(right.holder, shown.kind, shown.reader, case.mono_ms, (right.id,), marks)
    if rules.factors == 2:
        first = _in_time(case, case.state.factor, SECOND_FACTOR_MS, lambda first: _other_factor(first, mine))
        if first is None:
            return _waits(right, DoorReason.SECOND_FACTOR, replace(case.state, factor=mine))
        mine, case = _together(first, mine), replace(case, state=replace(case.state, factor=None))
    party = [mine]
    if rules.two_person_s:
        wait_ms = rules.two_person_s * 1000
        other = _in_time(case, case.state.person, wait_ms, lambda first: first.holder != mine.holder)
        if other is None:
            return _waits(right, DoorReason.SECOND_PERSON, replace(case.state, person=mine))
        party = [other, mine]
    return _granted(case, right, party)


def _comes_back(case: _Case, apb: Apb, holder: str) -> bool:
    """Row 12: in twice, or out without having come in; timed: in again too soon."""
    entering = case.shown.reader is Reader.IN
    if apb.kind is not ApbKind.TIMED:
        return entering == (holder in case.state.inside)
    last_ms = case.state.granted_ms.get(holder)
    return entering and last_ms is not None and case.mono_ms - last_ms < apb.minutes * 60_000


def _in_time(case: _Case, first: Waiting | None, within_ms: int, fits: Callable[[Waiting], bool]) -> Waiting | None:
    if first is None or first.reader is not case.shown.reader or case.mono_ms - first.mono_ms > within_ms:
        return None
    return first if fits(first) else None


def _other_factor(first: Waiting, mine: Waiting) -> bool:
    return first.holder == mine.holder and first.kind is not mine.kind


def _together(first: Waiting, second: Waiting) -> Waiting:
    return replace(second, rights=first.rights + second.rights, marks=first.marks | second.marks)


def _waits(right: Right, reason: DoorReason, after: Situation) -> Decision:
    return Decision(Outcome.PENDING, reason, right.id, after=after)


def _granted(case: _Case, right: Right, party: Sequence[Waiting]) -> Decision:
    marks = frozenset().union(*(each.marks for each in party))
    window = free_window(case.held, case.clock) if case.mode is DoorMode.NORMAL else None
    arms = FIRST_IN in marks and window is not None and window.first_in
    said = {
        Note.CLOCK_UNKNOWN: case.clock.state is Clock.UNKNOWN,
        Note.DURESS: DURESS in marks,
        Note.FIRST_IN: arms,
        Note.PASSBACK: Note.PASSBACK.value in marks,
    }
    return Decision(
        Outcome.GRANTED,
        DoorReason.GRANTED,
        right.id,
        notes=tuple(note for note, holds in said.items() if holds),
        long_open=LONG_OPEN in marks,
        after=_after(case, party, arms=arms),
    )


def _after(case: _Case, party: Sequence[Waiting], *, arms: bool) -> Situation:
    """Who is inside now, who came when, which rights were used; nobody waits any more."""
    state, apb = case.state, case.list.rules.apb
    holders = {each.holder for each in party}
    taken = {right for each in party for right in each.rights}
    limited = [right.id for right in case.list.rights if right.uses is not None and right.id in taken]
    used = {**state.used, **{right: state.used.get(right, 0) + 1 for right in limited}}
    inside, granted_ms = state.inside, state.granted_ms
    if apb is not None and apb.kind is not ApbKind.TIMED:
        inside = inside | holders if case.shown.reader is Reader.IN else inside - holders
    elif apb is not None:
        granted_ms = {**granted_ms, **dict.fromkeys(holders, case.mono_ms)}
    armed = state.armed or arms
    return replace(state, armed=armed, inside=inside, granted_ms=granted_ms, used=used, factor=None, person=None)


def _covers(right: Right, clock: ClockView) -> bool:
    return right.starts is None or right.ends is None or _spans(right.starts, right.ends, clock)


def _spans(starts: int, ends: int, clock: ClockView) -> bool:
    """Half open: at its first second yes, at its end no. In doubt about the end it stays shut (9.1)."""
    return starts - min(clock.doubt_s, MOST_EARLY_S) <= clock.now and clock.now + clock.doubt_s < ends
