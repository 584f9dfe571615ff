"""The compiled search: a plan that changes by single events, moves that put one in and push others out, and the two
ways of taking a move: by chance while it is warm, and only what is better class by class once it is cold.

Whole numbers only, own dice, and every exponential from a table: the same input gives the same plan on any machine.
The arrays of `Round` never change; those of `Plan` always agree with each other (who holds a cell, which events a
section has, who lacks some, what it all is worth).
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from booking.core.allocation.compiled import kernel, part

FREE = -1
GONE = -2  # in the log: a candidate that was taken out
EXP_STEPS = 64  # steps of the table of exponentials for each 1 of the exponent
TRIES = 3


class Round(NamedTuple):
    """What is given. By candidate: `first` (by section), `section`, `space`, `day`, `run_at`/`spans`/`bits` (what it
    holds), `guide` (worth while searching), `each` (worth by tier), `quota_at`/`quota`. By section: `need`,
    `gain_at`/`gain`, `level`, `group`, `unit`, `single` (one event a day), `one_space`. `weight`: of a point of
    coverage by class while searching; `fair`: tier of fairness (or −1) and its weight; `table_at`/`table` of its worth
    by group; `room` by quota."""

    first: Any
    section: Any
    space: Any
    day: Any
    run_at: Any
    spans: Any
    bits: Any
    guide: Any
    each: Any
    quota_at: Any
    quota: Any
    need: Any
    gain_at: Any
    gain: Any
    level: Any
    group: Any
    unit: Any
    single: Any
    one_space: Any
    weight: Any
    fair: Any
    table_at: Any
    table: Any
    room: Any


class Plan(NamedTuple):
    """What changes. `busy`: by word of 64 cells those held, `owner`: by cell the candidate or −1; `events`, `count`: of
    each section; `day_of`: its candidate of each weekday; `units` by group, `used` by quota; `short`, `short_at`,
    `sizes[0]`: the sections that lack events; `measure`: coverage by class, then the tiers; `energy[0]`: the worth
    while searching; `log`, `sizes[1]`: what the move at hand has done; `pushed`: sections that lost an event in it;
    `dice[0]`."""

    busy: Any
    owner: Any
    events: Any
    count: Any
    day_of: Any
    units: Any
    used: Any
    short: Any
    short_at: Any
    measure: Any
    energy: Any
    log: Any
    pushed: Any
    sizes: Any
    dice: Any


@part
def roll(plan: Any, below: Any) -> Any:
    """A number from 0 up to `below`, not included."""
    state = plan.dice[0]
    state ^= state << np.uint64(13)
    state ^= state >> np.uint64(7)
    state ^= state << np.uint64(17)
    plan.dice[0] = state
    return (np.int64(state >> np.uint64(33)) * below) >> 31


@part
def fair_worth(given: Any, plan: Any, group: Any) -> Any:
    return given.table[given.table_at[group] + plan.units[group]]


@part
def lacks(given: Any, plan: Any, section: Any) -> Any:
    """Keeps the list of sections that lack events after one of them changed."""
    at, size = plan.short_at[section], plan.sizes[0]
    if plan.count[section] < given.need[section]:
        if at < 0:
            plan.short[size] = section
            plan.short_at[section] = size
            plan.sizes[0] = size + 1
    elif at >= 0:
        last = plan.short[size - 1]
        plan.short[at] = last
        plan.short_at[last] = at
        plan.short_at[section] = -1
        plan.sizes[0] = size - 1


@part
def tell(given: Any, plan: Any, candidate: Any, step: Any, gained: Any) -> Any:
    """Adds (step 1) or takes (−1) what the candidate is worth."""
    section = given.section[candidate]
    level, group = given.level[section], given.group[section]
    plan.measure[level] += step * gained
    energy = given.weight[level] * gained * step + given.guide[candidate] * step
    tiers = given.each.shape[1]
    base = len(plan.measure) - tiers
    for tier in range(tiers):
        plan.measure[base + tier] += step * given.each[candidate, tier]
    if given.fair[0] >= 0:
        was = fair_worth(given, plan, group)
        plan.units[group] += step * given.unit[section]
        change = fair_worth(given, plan, group) - was
        plan.measure[base + given.fair[0]] += change
        energy += given.fair[1] * change
    for at in range(given.quota_at[candidate], given.quota_at[candidate + 1]):
        plan.used[given.quota[at, 0]] += step * given.quota[at, 1]
    plan.energy[0] += energy


@part
def put(given: Any, plan: Any, candidate: Any) -> Any:
    """Grants a candidate; its cells, its day and a place among its section's events must be free."""
    section = given.section[candidate]
    for at in range(given.run_at[candidate], given.run_at[candidate + 1]):
        plan.busy[given.spans[at, 0] >> 6] |= given.bits[at]
        for cell in range(given.spans[at, 0], given.spans[at, 1]):
            plan.owner[cell] = candidate
    count = plan.count[section]
    plan.events[section, count] = candidate
    plan.day_of[section, given.day[candidate]] = candidate
    plan.count[section] = count + 1
    tell(given, plan, candidate, 1, given.gain[given.gain_at[section] + count])
    lacks(given, plan, section)


@part
def drop(given: Any, plan: Any, candidate: Any) -> Any:
    """Takes back a granted candidate."""
    section = given.section[candidate]
    for at in range(given.run_at[candidate], given.run_at[candidate + 1]):
        plan.busy[given.spans[at, 0] >> 6] &= ~given.bits[at]
        for cell in range(given.spans[at, 0], given.spans[at, 1]):
            plan.owner[cell] = FREE
    count = plan.count[section] - 1
    for at in range(count):
        if plan.events[section, at] == candidate:
            plan.events[section, at] = plan.events[section, count]
            break
    plan.day_of[section, given.day[candidate]] = FREE
    plan.count[section] = count
    tell(given, plan, candidate, -1, given.gain[given.gain_at[section] + count])
    lacks(given, plan, section)


@part
def note(plan: Any, entry: Any) -> Any:
    plan.log[plan.sizes[1]] = entry
    plan.sizes[1] += 1


@part
def take_out(given: Any, plan: Any, candidate: Any) -> Any:
    drop(given, plan, candidate)
    note(plan, GONE - candidate)


@part
def put_in(given: Any, plan: Any, candidate: Any) -> Any:
    put(given, plan, candidate)
    note(plan, candidate)


@kernel
def undo(given: Any, plan: Any) -> Any:
    """Puts everything back as it was before the move at hand."""
    for at in range(plan.sizes[1] - 1, -1, -1):
        entry = plan.log[at]
        if entry >= 0:
            drop(given, plan, entry)
        else:
            put(given, plan, GONE - entry)
    plan.sizes[1] = 0


@part
def has_room(given: Any, plan: Any, candidate: Any) -> Any:
    """Whether every quota allows the candidate."""
    for at in range(given.quota_at[candidate], given.quota_at[candidate + 1]):
        row = given.quota[at, 0]
        if plan.used[row] + given.quota[at, 1] > given.room[row]:
            return False
    return True


@part
def suits(given: Any, plan: Any, section: Any, candidate: Any) -> Any:
    """Whether the section's own events leave the candidate to it: its day, and its space where all must be in one."""
    if given.single[section] and plan.day_of[section, given.day[candidate]] >= 0:
        return False
    if given.one_space[section] and plan.count[section] > 0:
        return given.space[plan.events[section, 0]] == given.space[candidate]
    return True


@part
def clear(given: Any, plan: Any, candidate: Any) -> Any:
    """Whether nobody holds a cell of the candidate."""
    for at in range(given.run_at[candidate], given.run_at[candidate + 1]):
        if plan.busy[given.spans[at, 0] >> 6] & given.bits[at]:
            return False
    return True


@part
def blocker(given: Any, plan: Any, candidate: Any) -> Any:
    """Who stands in the way: −1 nobody, a candidate, or −2 where there are several."""
    found = FREE
    for at in range(given.run_at[candidate], given.run_at[candidate + 1]):
        if not plan.busy[given.spans[at, 0] >> 6] & given.bits[at]:
            continue
        for cell in range(given.spans[at, 0], given.spans[at, 1]):
            owner = plan.owner[cell]
            if owner != FREE and owner != found:
                if found != FREE:
                    return GONE
                found = owner
    return found


@part
def free_one(given: Any, plan: Any, section: Any, begin: Any) -> Any:
    """The first candidate of the section, from `begin` on and round, that nothing stands against; −1: none."""
    first, end = given.first[section], given.first[section + 1]
    for step in range(end - first):
        candidate = begin + step
        if candidate >= end:
            candidate -= end - first
        if (
            clear(given, plan, candidate)
            and suits(given, plan, section, candidate)
            and has_room(given, plan, candidate)
        ):
            return candidate
    return FREE


@part
def somewhere(given: Any, plan: Any, section: Any) -> Any:
    return given.first[section] + roll(plan, given.first[section + 1] - given.first[section])


@kernel
def settle(given: Any, plan: Any, section: Any, kept: Any) -> Any:
    """Gives a section that was pushed out another event: a free one, else one whose only holder can go elsewhere.
    What was put in by the move (`kept`) stays."""
    free = free_one(given, plan, section, somewhere(given, plan, section))
    if free >= 0:
        put_in(given, plan, free)
        return
    for _ in range(TRIES):
        candidate = somewhere(given, plan, section)
        if not suits(given, plan, section, candidate):
            continue
        other = blocker(given, plan, candidate)
        if other < 0 or other == kept or given.section[other] == section:
            continue
        losing = given.section[other]
        take_out(given, plan, other)
        if has_room(given, plan, candidate):
            put_in(given, plan, candidate)
            free = free_one(given, plan, losing, somewhere(given, plan, losing))
            if free >= 0:
                put_in(given, plan, free)
                return
            take_out(given, plan, candidate)
        put_in(given, plan, other)


@part
def push_out(given: Any, plan: Any, candidate: Any) -> Any:
    """Takes out whoever holds a cell of the candidate; returns how many, their sections in `pushed`."""
    lost = 0
    for at in range(given.run_at[candidate], given.run_at[candidate + 1]):
        if not plan.busy[given.spans[at, 0] >> 6] & given.bits[at]:
            continue
        for cell in range(given.spans[at, 0], given.spans[at, 1]):
            owner = plan.owner[cell]
            if owner != FREE:
                take_out(given, plan, owner)
                plan.pushed[lost] = given.section[owner]
                lost += 1
    return lost


@part
def make_way(given: Any, plan: Any, section: Any, candidate: Any, own: Any) -> Any:
    """Takes out the section's own events that exclude the candidate: that of its day, those in another space, and where
    it has all it needs the one numbered `own`."""
    if given.single[section] and plan.day_of[section, given.day[candidate]] >= 0:
        take_out(given, plan, plan.day_of[section, given.day[candidate]])
    if given.one_space[section]:
        while plan.count[section] > 0 and given.space[plan.events[section, 0]] != given.space[candidate]:
            take_out(given, plan, plan.events[section, 0])
    if plan.count[section] >= given.need[section]:
        take_out(given, plan, plan.events[section, own % plan.count[section]])


@part
def fill(given: Any, plan: Any, section: Any) -> Any:
    """Gives a section free events for as long as it lacks some."""
    while plan.count[section] < given.need[section]:
        free = free_one(given, plan, section, somewhere(given, plan, section))
        if free < 0:
            return
        put_in(given, plan, free)


@kernel
def move(given: Any, plan: Any, candidate: Any, own: Any) -> Any:
    """Puts a candidate in, pushes out what stands in its way and settles those elsewhere. False: a quota is against it
    (the caller undoes)."""
    section = given.section[candidate]
    make_way(given, plan, section, candidate, own)
    lost = push_out(given, plan, candidate)
    if not has_room(given, plan, candidate):
        lost = push_quota(given, plan, candidate, lost)
        if not has_room(given, plan, candidate):
            return False
    put_in(given, plan, candidate)
    for number in range(lost):
        if plan.count[plan.pushed[number]] < given.need[plan.pushed[number]]:
            settle(given, plan, plan.pushed[number], candidate)
    if given.one_space[section]:
        fill(given, plan, section)
    return True


@part
def push_quota(given: Any, plan: Any, candidate: Any, lost: Any) -> Any:
    """Takes out events that weigh against the candidate's full quotas, looked for by lot, until there is room."""
    sections = len(given.need)
    for at in range(given.quota_at[candidate], given.quota_at[candidate + 1]):
        row = given.quota[at, 0]
        start = roll(plan, sections)
        for step in range(sections):
            if plan.used[row] + given.quota[at, 1] <= given.room[row] or lost >= len(plan.pushed) - 1:
                break
            section = (start + step) % sections
            if plan.count[section] == 0 or section == given.section[candidate]:
                continue
            other = plan.events[section, roll(plan, plan.count[section])]
            if weighs(given, other, row):
                take_out(given, plan, other)
                plan.pushed[lost] = section
                lost += 1
    return lost


@part
def weighs(given: Any, candidate: Any, row: Any) -> Any:
    for at in range(given.quota_at[candidate], given.quota_at[candidate + 1]):  # noqa: SIM110 - compiled
        if given.quota[at, 0] == row:
            return True
    return False


@part
def wanted(given: Any, plan: Any) -> Any:
    """A section to move: three times in five one that lacks events."""
    if plan.sizes[0] > 0 and roll(plan, 10) < 6:
        return plan.short[roll(plan, plan.sizes[0])]
    return roll(plan, len(given.need))


@part
def granted(given: Any, plan: Any, candidate: Any) -> Any:
    return plan.owner[given.spans[given.run_at[candidate], 0]] == candidate
