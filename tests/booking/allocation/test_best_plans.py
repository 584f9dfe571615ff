"""Laws of the allocation: against every plan there is, on rounds small enough to write them all down."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from hypothesis import assume, given, settings

from booking.core.allocation.candidates import Prepared, prepare
from booking.core.allocation.greedy import greedy_swap
from booking.core.allocation.instance import Instance, Option, Window
from booking.core.allocation.kernel import clear, has_room, put, suits
from booking.core.allocation.solving import seed_of, solve
from booking.core.allocation.starting import empty, plan_from, round_of
from booking.core.allocation.writing import canonical, input_hash
from tests.booking.allocation.instances import instance, rounds, section

MOVES = 600


def prepared_of(asked: Instance) -> Prepared:
    asked = canonical(asked)
    return prepare(asked, seed_of(asked, input_hash(asked)))


def every_measure(prepared: Prepared) -> Iterator[tuple[int, ...]]:
    """What each plan that can be is worth."""
    given, most = round_of(prepared), len(prepared.rows)

    def add(chosen: list[int], begin: int) -> Iterator[tuple[int, ...]]:
        plan = plan_from(prepared, given, chosen)
        yield tuple(plan.measure.tolist())
        for candidate in range(begin, most):
            number = given.section[candidate]
            free = clear(given, plan, candidate) and suits(given, plan, number, candidate)
            if free and has_room(given, plan, candidate) and plan.count[number] < given.need[number]:
                yield from add([*chosen, candidate], candidate + 1)

    yield from add([], 0)


def measured(prepared: Prepared, asked: Instance) -> tuple[int, ...]:
    """What the solver's plan is worth."""
    result = solve(replace(asked, policy=replace(asked.policy)), iterations=MOVES)
    coverage = [one.coverage for one in result.certificates]
    return (*coverage, *(result.figures["measure"][str(tier)] for tier in prepared.worth.tiers))


@settings(max_examples=25, deadline=None)
@given(rounds(most_sections=3))
def test_a_small_round_is_solved_as_well_as_the_best_of_all_plans(asked: Instance) -> None:
    prepared = prepared_of(asked)
    assume(len(prepared.rows) <= 14)

    assert measured(prepared, asked) == max(every_measure(prepared))


@settings(max_examples=25, deadline=None)
@given(rounds(most_sections=5))
def test_nobody_of_a_higher_class_wants_for_what_only_lower_classes_hold(asked: Instance) -> None:
    prepared = prepared_of(asked)
    given = round_of(prepared)
    result = solve(asked, iterations=MOVES)
    # the plan at least length: every grant of the search contains one candidate of its section
    plan = empty(prepared, 1)
    for candidate in chosen(prepared, result):
        put(given, plan, candidate)

    for candidate in range(len(prepared.rows)):
        number = int(given.section[candidate])
        if plan.count[number] < given.need[number] and suits(given, plan, number, candidate):
            holders = blockers(prepared, plan.owner, candidate)
            lower = all(given.level[given.section[other]] > given.level[number] for other in holders)
            assert not lower or not has_room(given, plan, candidate)


def chosen(prepared: Prepared, result: object) -> list[int]:
    found, wanted = [], {(grant.section, grant.slot) for grant in getattr(result, "grants", ())}
    for name, slot in sorted(wanted, key=repr):
        for candidate in range(len(prepared.rows)):
            own = prepared.slot(candidate)
            same = prepared.instance.sections[prepared.rows[candidate, 0]].id == name
            inside = slot.start_min <= own.start_min and own.end_min <= slot.end_min
            if same and (own.space, own.weekday) == (slot.space, slot.weekday) and inside:
                found.append(candidate)
                break
    return found


def blockers(prepared: Prepared, owner: object, candidate: int) -> set[int]:
    runs = range(prepared.holding.at[candidate], prepared.holding.at[candidate + 1])
    cells = [cell for run in runs for cell in range(*prepared.holding.spans[run])]
    return {int(owner[cell]) for cell in cells} - {-1}  # type: ignore[index]


@settings(max_examples=20, deadline=None)
@given(rounds(most_sections=5))
def test_another_lot_never_changes_what_a_class_gets(asked: Instance) -> None:
    one, two = (solve(replace(asked, public_draw=draw), iterations=MOVES) for draw in ("one", "two"))

    assert [each.coverage for each in one.certificates] == [each.coverage for each in two.certificates]


@settings(max_examples=20, deadline=None)
@given(rounds(most_sections=5))
def test_no_bound_is_below_what_is_reached_and_the_search_is_no_worse_than_the_officer(asked: Instance) -> None:
    prepared = prepared_of(asked)
    officer = plan_from(prepared, round_of(prepared), greedy_swap(prepared))
    result = solve(asked, iterations=MOVES)

    assert all(one.bound >= one.coverage for one in result.certificates)
    classes = len(prepared.worth.ranks)
    assert tuple(one.coverage for one in result.certificates) >= tuple(officer.measure[:classes].tolist())


@settings(max_examples=20, deadline=None)
@given(rounds(most_sections=4))
def test_another_group_never_helps_its_class_and_those_above_unless_it_gains_itself(asked: Instance) -> None:
    """The class-vector version of “a rival never helps you”: without the last group the others of the classes are
    served, class by class, at least as well as they are beside it."""
    *others, rival = asked.sections
    assume(others)
    pins = tuple(pin for pin in asked.pins if pin.section != rival.id)
    alone = replace(asked, sections=tuple(others), pins=pins, exclusions=(), quotas=())
    beside = replace(asked, pins=pins, exclusions=(), quotas=())
    order = [each.id for each in asked.classes]

    def served(result: object) -> list[int]:
        curve = asked.policy.need_curve
        found = dict.fromkeys(order, 0)
        for one in others:
            many = sum(1 for grant in getattr(result, "grants", ()) if grant.section == one.id)
            found[one.class_id] += sum(curve[: min(many, one.events)])
        return [found[name] for name in order]

    assert served(solve(alone, iterations=MOVES)) >= served(solve(beside, iterations=MOVES))


def test_a_rival_may_help_one_group_by_pushing_out_another() -> None:
    """Why no such law holds for a single group: `b` needs both hours of Monday and goes before `a`, which
    would take the second. The rival takes the first, so `b` can have neither, and `a` has its hour."""
    monday = {"windows": (Window(0, 17 * 60, 19 * 60),)}
    long_one = section("b", class_id="adults", min_minutes=120, max_minutes=120, **monday)
    waiting = section("a", class_id="other", windows=(Window(0, 18 * 60, 19 * 60),))
    rival = section("c", class_id="youth", windows=(Window(0, 17 * 60, 18 * 60),), options=(Option(1, space="gym"),))

    without = {grant.section for grant in solve(instance(waiting, long_one), iterations=MOVES).grants}
    beside = {grant.section for grant in solve(instance(waiting, long_one, rival), iterations=MOVES).grants}

    assert (without, beside) == ({"b"}, {"a", "c"})
