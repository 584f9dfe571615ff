"""The compiled loops over moves: warm ones by chance, cold ones by what is better, systematic ones for the audit; and
the two plain ways of officials that results are compared with."""

from __future__ import annotations

from typing import Any

from booking.core.allocation.compiled import kernel, part
from booking.core.allocation.kernel import (
    EXP_STEPS,
    FREE,
    GONE,
    blocker,
    clear,
    free_one,
    granted,
    has_room,
    move,
    put_in,
    roll,
    somewhere,
    suits,
    take_out,
    undo,
    wanted,
)


@part
def compared(one: Any, other: Any) -> Any:
    """1 where the first measure is better, place by place; −1 where it is worse; 0 where they are equal."""
    for place in range(len(one)):
        if one[place] != other[place]:
            return 1 if one[place] > other[place] else -1
    return 0


@kernel
def attempt(given: Any, plan: Any, candidate: Any, own: Any, was: Any, least: Any, heat: Any, exps: Any) -> Any:
    """One move. Warm (`heat` above 0): kept where it gains, and with the chance exp(−loss / heat) where it loses. Cold:
    kept where the measure, class by class and tier by tier, compares with before at least so well: 1 better, 0 not
    worse; `was` is room to remember it. Returns how it compares; −1: it was undone."""
    if heat == 0:
        was[:] = plan.measure
    before = plan.energy[0]
    plan.sizes[1] = 0
    if move(given, plan, candidate, own):
        found = taken(plan, plan.energy[0] - before, heat, exps) if heat > 0 else compared(plan.measure, was)
        if found >= least:
            return found
    undo(given, plan)
    return -1


@part
def taken(plan: Any, change: Any, heat: Any, exps: Any) -> Any:
    """Whether chance takes a change of the worth: 0 or 1; −1 where it does not."""
    if change >= 0:
        return 1 if change > 0 else 0
    step = (-change * EXP_STEPS) // heat
    return 0 if step < len(exps) and roll(plan, 1 << 31) < exps[step] else -1


@part
def wander(given: Any, plan: Any, heat: Any, exps: Any, moves: Any, level: Any, was: Any) -> Any:
    """So many moves by lot; only sections of the classes up to `level` are moved of themselves."""
    for _ in range(moves):
        section = wanted(given, plan)
        if given.level[section] > level or given.need[section] == 0:
            continue
        if given.first[section] == given.first[section + 1]:
            continue
        candidate = somewhere(given, plan, section)
        if not granted(given, plan, candidate):
            attempt(given, plan, candidate, roll(plan, 64), was, 0, heat, exps)


@part
def audit_section(given: Any, plan: Any, section: Any, was: Any, exps: Any) -> Any:
    """Tries every candidate of a section in each of its events' place; returns how many moves were better."""
    kept = 0
    for candidate in range(given.first[section], given.first[section + 1]):
        places = plan.count[section] if plan.count[section] >= given.need[section] else 1
        for own in range(max(1, places)):
            if not granted(given, plan, candidate) and attempt(given, plan, candidate, own, was, 1, 0, exps) > 0:
                kept += 1
    return kept


@kernel
def search(given: Any, plan: Any, heat: Any, exps: Any, moves: Any, level: Any, everybody: Any) -> Any:
    """`moves` by lot at one heat (0: cold); with none the audit: one round over the sections that lack events, or over
    `everybody`, in order. Returns how many moves of the audit were better; none: no such section has a slot that is
    free, that only lower classes hold, or whose exchange is better. One kernel, because each compiles for itself."""
    was, kept = plan.measure.copy(), 0
    if moves > 0:
        wander(given, plan, heat, exps, moves, level, was)
        return 0
    for section in range(len(given.need)):
        if given.need[section] and (everybody or plan.short_at[section] >= 0):
            kept += audit_section(given, plan, section, was, exps)
    return kept


@part
def best_free(given: Any, plan: Any, section: Any, liking: Any) -> Any:
    """The free candidate that the section likes most, the first of equals; −1: none."""
    best = FREE
    for candidate in range(given.first[section], given.first[section + 1]):
        if best != FREE and liking[candidate] <= liking[best]:
            continue
        if (
            clear(given, plan, candidate)
            and suits(given, plan, section, candidate)
            and has_room(given, plan, candidate)
        ):
            best = candidate
    return best


@part
def turns(given: Any, plan: Any, sections: Any, liking: Any) -> Any:
    """The officer's way: everybody's first event before anybody's second, each where it likes most of what is left."""
    plan.sizes[1] = 0
    for turn in range(plan.events.shape[1]):
        for section in sections:
            if plan.count[section] == turn and turn < given.need[section]:
                best = best_free(given, plan, section, liking)
                if best != FREE:
                    put_in(given, plan, best)
                    plan.sizes[1] = 0


@part
def swapped(given: Any, plan: Any, section: Any) -> Any:
    """Gives a section one event more by moving one other event elsewhere, if that can be done."""
    for candidate in range(given.first[section], given.first[section + 1]):
        if not suits(given, plan, section, candidate):
            continue
        other = blocker(given, plan, candidate)
        if other == GONE or (other >= 0 and given.section[other] == section):
            continue
        plan.sizes[1] = 0
        if other >= 0:
            take_out(given, plan, other)
        if has_room(given, plan, candidate):
            put_in(given, plan, candidate)
            if other < 0:
                return True
            free = free_one(given, plan, given.section[other], given.first[given.section[other]])
            if free != FREE:
                put_in(given, plan, free)
                return True
        undo(given, plan)
    return False


@part
def swaps(given: Any, plan: Any, sections: Any) -> Any:
    """Swaps for as long as any section that lacks events gains one."""
    gained = 1
    while gained:
        gained = 0
        for section in sections:
            while plan.count[section] < given.need[section] and swapped(given, plan, section):
                gained += 1


@part
def keep(given: Any, plan: Any, candidates: Any) -> Any:
    """Grants those of the candidates, in order, that nothing stands against."""
    for candidate in candidates:
        section = given.section[candidate]
        if plan.count[section] >= given.need[section] or not clear(given, plan, candidate):
            continue
        if suits(given, plan, section, candidate) and has_room(given, plan, candidate):
            plan.sizes[1] = 0
            put_in(given, plan, candidate)


@kernel
def officer(given: Any, plan: Any, sections: Any, liking: Any, kept: Any, swapping: Any) -> Any:
    """An officer's round over some sections: the kept candidates, then by turns, then swaps if they are wanted."""
    keep(given, plan, kept)
    turns(given, plan, sections, liking)
    if swapping:
        swaps(given, plan, sections)
