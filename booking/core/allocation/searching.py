"""The compiled loops over moves: warm ones by chance, cold ones by what is better, systematic ones for the audit; and
the two plain ways of officials that results are compared with."""

from __future__ import annotations

from typing import Any

from booking.core.allocation.compiled import kernel
from booking.core.allocation.kernel import (
    EXP_STEPS,
    FREE,
    GONE,
    blocker,
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


@kernel
def anneal(given: Any, plan: Any, heat: Any, exps: Any, moves: Any) -> Any:
    """So many moves at one heat: what loses is taken with the chance exp(−loss / heat)."""
    for _ in range(moves):
        section = wanted(given, plan)
        if given.need[section] == 0 or given.first[section] == given.first[section + 1]:
            continue
        candidate = somewhere(given, plan, section)
        if granted(given, plan, candidate):
            continue
        before = plan.energy[0]
        plan.sizes[1] = 0
        fine = move(given, plan, candidate, roll(plan, 64))
        change = plan.energy[0] - before
        if not fine:
            undo(given, plan)
        elif change < 0:
            step = (-change * EXP_STEPS) // heat
            if step >= len(exps) or roll(plan, 1 << 31) >= exps[step]:
                undo(given, plan)


@kernel
def compared(one: Any, other: Any) -> Any:
    """1 where the first measure is better, place by place; −1 where it is worse; 0 where they are equal."""
    for place in range(len(one)):
        if one[place] != other[place]:
            return 1 if one[place] > other[place] else -1
    return 0


@kernel
def attempt(given: Any, plan: Any, candidate: Any, own: Any, was: Any, least: Any) -> Any:
    """One move, kept where the measure compares at least so well (1 better, 0 equal or better) with before; `was` is
    room to remember it. Returns how it compares, −1 where it was undone."""
    was[:] = plan.measure
    plan.sizes[1] = 0
    if move(given, plan, candidate, own):
        found = compared(plan.measure, was)
        if found >= least:
            return found
    undo(given, plan)
    return -1


@kernel
def cool(given: Any, plan: Any, moves: Any) -> Any:
    """So many moves of which only those are kept that are not worse, class by class and tier by tier."""
    was = plan.measure.copy()
    for _ in range(moves):
        section = wanted(given, plan)
        if given.need[section] == 0 or given.first[section] == given.first[section + 1]:
            continue
        candidate = somewhere(given, plan, section)
        if not granted(given, plan, candidate):
            attempt(given, plan, candidate, roll(plan, 64), was, 0)


@kernel
def audit_section(given: Any, plan: Any, section: Any, was: Any) -> Any:
    """Tries every candidate of a section in each of its events' place; returns how many moves were better."""
    kept = 0
    for candidate in range(given.first[section], given.first[section + 1]):
        places = plan.count[section] if plan.count[section] >= given.need[section] else 1
        for own in range(max(1, places)):
            if not granted(given, plan, candidate) and attempt(given, plan, candidate, own, was, 1) > 0:
                kept += 1
    return kept


@kernel
def audit(given: Any, plan: Any, everybody: Any) -> Any:
    """One round over the sections that lack events, or over everybody, in order; returns how many moves were better.
    None: no such section has a slot that only lower classes hold, that is free, or whose exchange is better."""
    was, kept = plan.measure.copy(), 0
    for section in range(len(given.need)):
        if given.need[section] and (everybody or plan.short_at[section] >= 0):
            kept += audit_section(given, plan, section, was)
    return kept


@kernel
def best_free(given: Any, plan: Any, section: Any, liking: Any) -> Any:
    """The free candidate that the section likes most, the first of equals; −1: none."""
    best = FREE
    for candidate in range(given.first[section], given.first[section + 1]):
        if best != FREE and liking[candidate] <= liking[best]:
            continue
        if not suits(given, plan, section, candidate) or not has_room(given, plan, candidate):
            continue
        if blocker(given, plan, candidate) == FREE:
            best = candidate
    return best


@kernel
def by_turns(given: Any, plan: Any, sections: Any, liking: Any) -> Any:
    """The officer's way: everybody's first event before anybody's second, each where it likes most of what is left."""
    plan.sizes[1] = 0
    for turn in range(plan.events.shape[1]):
        for section in sections:
            if plan.count[section] == turn and turn < given.need[section]:
                best = best_free(given, plan, section, liking)
                if best != FREE:
                    put_in(given, plan, best)
                    plan.sizes[1] = 0


@kernel
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


@kernel
def repair(given: Any, plan: Any, sections: Any) -> Any:
    """Swaps for as long as any section that lacks events gains one."""
    gained = 1
    while gained:
        gained = 0
        for section in sections:
            while plan.count[section] < given.need[section] and swapped(given, plan, section):
                gained += 1
