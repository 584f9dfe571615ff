"""What officials set by hand: hard facts stand, reasons are kept, pins survive, the rest moves as little as it can."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.acts import ActKind, told
from booking.core.allocation.instance import Instance, Slot
from booking.core.allocation.reading import instance_from
from booking.core.allocation.result import Result
from booking.core.allocation.solving import solve
from booking.core.allocation.writing import input_hash, instance_to_json, result_to_json
from booking.refusals import BadInput, NotNow, SlotImpossible
from booking.rounds import by_hand, comparing, scenarios
from booking.rounds.building import instance_of
from booking.rounds.by_hand import Official
from booking.rounds.keeping import keep_result
from booking.rounds.models import Section
from booking.rounds.plan_models import OfficialAct, Placement, Scenario, Served, SlotGrant
from booking.rounds.solving_apart import checked
from tests import make
from tests.booking.rounds.make_rounds import placements
from tests.booking.rounds.town_of_rounds import AFTER, City, a_city, ask_for, judged

MONDAY_5 = (0, 1020, 1080)


def solved(session: Session, scenario: Scenario) -> Result:
    """Run a scenario here and now, as the background does in a process of its own."""
    document = instance_to_json(instance_of(session, scenario, AFTER))
    instance = instance_from(document)
    result, faults = checked(instance, solve(instance, seed=scenario.seed or None, iterations=5_000))
    assert faults == []
    scenario.instance = scenarios.packed(document)
    keep_result(session, scenario, result_to_json(result), input_hash=input_hash(instance), now=AFTER)
    return result


def allocated(session: Session, city: City, **values: Any) -> Scenario:
    scenario = scenarios.ask(session, city.round, name="Luonnos", by=city.by, now=AFTER, seconds=1, **values)
    solved(session, scenario)
    return scenario


@pytest.fixture
def city(session: Session) -> City:
    """Three groups of which two get the one hour of half A that they want, on Monday and Tuesday."""
    made = a_city(session)
    ask_for(session, made, "Eka")
    ask_for(session, made, "Toka", windows=[(1, 1020, 1080)])
    ask_for(session, made, "Kolmas")
    judged(session, made)
    return made


@pytest.fixture
def official(city: City) -> Official:
    return Official(city.by, AFTER, "Lautakunnan päätös 1.12.2026 § 5")


def slot(city: City, weekday: int, start: int, end: int, space: str = "a") -> Slot:
    return Slot(getattr(city, space).ref, weekday, start, end)


def one_of(session: Session, scenario: Scenario, section: Section) -> Placement:
    return next(one for one in placements(session, scenario) if one.section_id == section.id)


def served(session: Session, scenario: Scenario, section: Section) -> int:
    query = select(Served.granted).where(Served.scenario_id == scenario.id, Served.section_id == section.id)
    return session.scalars(query.execution_options(populate_existing=True)).one()


def test_a_slot_is_given_outside_the_wishes_of_a_group_but_not_where_another_is(
    session: Session, city: City, official: Official
) -> None:
    scenario = allocated(session, city)
    [unmet] = [one for one in city.sections.values() if served(session, scenario, one) == 0]
    with pytest.raises(SlotImpossible) as refused:
        by_hand.pin(session, scenario, unmet, slot(city, *MONDAY_5), official)
    assert refused.value.facts["problem"] == "taken"
    assert refused.value.facts["group"]
    by_hand.pin(session, scenario, unmet, slot(city, 4, 1200, 1260), official)
    assert served(session, scenario, unmet) == 1
    act = session.scalars(select(OfficialAct)).one()
    assert (act.kind, act.reason) == ("pin", official.reason)
    assert told(session)[-1].kind is ActKind.SCENARIO_CHANGED


@pytest.mark.parametrize(
    ("when", "space", "problem"),
    [
        ((5, 1020, 1080), "a", "not_open"),
        ((0, 1020, 1055), "b", "off_grid"),
        ((0, 1020, 1080), "hall", "taken"),  # the whole hall holds the half that somebody has
    ],
)
def test_hard_facts_are_never_passed_over(
    session: Session, city: City, official: Official, when: tuple[int, int, int], space: str, problem: str
) -> None:
    scenario = allocated(session, city)
    [unmet] = [one for one in city.sections.values() if served(session, scenario, one) == 0]
    with pytest.raises(SlotImpossible) as refused:
        by_hand.pin(session, scenario, unmet, slot(city, *when, space=space), official)
    assert refused.value.facts["problem"] == problem


def test_a_group_too_large_for_a_space_is_not_put_there(session: Session, city: City, official: Official) -> None:
    big = ask_for(session, city, "Suuri", people=60, options=[city.hall])
    judged(session, city)
    scenario = allocated(session, city)
    with pytest.raises(SlotImpossible) as refused:
        by_hand.pin(session, scenario, big, slot(city, 3, 1020, 1080), official)
    assert refused.value.facts["problem"] == "too_small"


def test_a_moved_slot_frees_its_old_place(session: Session, city: City, official: Official) -> None:
    scenario = allocated(session, city)
    first = one_of(session, scenario, city.sections["Toka"])
    by_hand.move(session, scenario, first, slot(city, 2, 1080, 1140, "b"), official)
    assert (first.weekday, first.start_min, first.origin, first.locked) == (2, 1080, "hand", True)
    others = [one for one in city.sections.values() if served(session, scenario, one) == 0]
    by_hand.pin(session, scenario, others[0], slot(city, 1, 1020, 1080), official)


ACTS: list[Callable[[Session, Scenario, Placement, Official], None]] = [
    by_hand.lock,
    by_hand.unlock,
    by_hand.take_away,
]


@pytest.mark.parametrize("act", ACTS, ids=lambda act: act.__name__)
def test_everything_by_hand_needs_a_reason(
    session: Session, city: City, act: Callable[[Session, Scenario, Placement, Official], None]
) -> None:
    scenario = allocated(session, city)
    row = one_of(session, scenario, city.sections["Toka"])
    with pytest.raises(BadInput):
        act(session, scenario, row, Official(city.by, AFTER, "  "))


def test_a_pin_survives_solving_again_and_the_rest_stays_where_it_was(
    session: Session, city: City, official: Official
) -> None:
    """S8: officials' own decisions are respected."""
    for number in range(6):
        ask_for(session, city, f"Ryhmä {number}", windows=[(2, 960, 1320), (3, 960, 1320)], options=[city.a, city.b])
    judged(session, city)
    scenario = allocated(session, city)
    [unmet] = [one for one in city.sections.values() if served(session, scenario, one) == 0]
    by_hand.pin(session, scenario, unmet, slot(city, 4, 1200, 1260), official)
    again = by_hand.solve_again(session, scenario, name="Uudelleen", by=city.by, now=AFTER, seconds=1)
    solved(session, again)
    [kept] = [one for one in placements(session, again) if one.section_id == unmet.id]
    assert (kept.weekday, kept.start_min, kept.origin, kept.reason) == (4, 1200, "pin", official.reason)
    moved = comparing.compare(session, scenario, again)
    assert (moved.moved, moved.kept) == (0, len(placements(session, scenario)))


def test_a_pin_that_became_impossible_is_left_out_and_told_and_the_rest_is_solved(
    session: Session, city: City, official: Official
) -> None:
    """S8: never an empty answer, never an exception."""
    scenario = allocated(session, city)
    [unmet] = [one for one in city.sections.values() if served(session, scenario, one) == 0]
    by_hand.pin(session, scenario, unmet, slot(city, 4, 1200, 1260), official)
    for day in fridays():
        make.occurrence(session, city.a, make.span(day, "19:00", "22:00"))
    again = by_hand.solve_again(session, scenario, name="Uudelleen", by=city.by, now=AFTER, seconds=1)
    result = solved(session, again)
    [problem] = result.pin_problems
    assert problem.section == unmet.ref
    assert problem.code
    assert {one.section_id for one in placements(session, again)} >= {city.sections["Toka"].id}
    assert again.figures["pin_problems"], "the page tells it"


def fridays() -> list[str]:
    first = date(2027, 1, 15)
    return [(first + timedelta(weeks=week)).isoformat() for week in range(20)]


def test_a_removed_slot_is_not_given_to_the_same_group_again(session: Session, city: City, official: Official) -> None:
    scenario = allocated(session, city)
    row = one_of(session, scenario, city.sections["Toka"])
    by_hand.take_away(session, scenario, row, official)
    assert served(session, scenario, city.sections["Toka"]) == 0
    again = by_hand.solve_again(session, scenario, name="Uudelleen", by=city.by, now=AFTER, seconds=1)
    solved(session, again)
    assert not [one for one in placements(session, again) if one.section_id == city.sections["Toka"].id]


def test_an_exclusion_holds_in_the_next_run_until_it_is_taken_back(
    session: Session, city: City, official: Official
) -> None:
    scenario = allocated(session, city)
    act = by_hand.exclude(session, scenario, {"space": city.a.ref, "weekday": 1}, official)
    out = by_hand.solve_again(session, scenario, name="Ilman tiistaita", by=city.by, now=AFTER, seconds=1)
    solved(session, out)
    assert not [one for one in placements(session, out) if one.weekday == 1]
    by_hand.include(session, scenario, by_hand.act_of(session, scenario, act.id), official)
    assert by_hand.exclusions_of(session, scenario) == []


def test_a_whole_organisation_is_locked_at_once(session: Session, city: City, official: Official) -> None:
    scenario = allocated(session, city)
    whose = city.sections["Toka"].application.organisation_id
    assert by_hand.lock_all(session, scenario, official, locked=True, organisation=whose) == 1
    assert one_of(session, scenario, city.sections["Toka"]).locked


def test_what_has_been_proposed_is_not_changed_by_hand(session: Session, city: City, official: Official) -> None:
    scenario = allocated(session, city)
    row = one_of(session, scenario, city.sections["Toka"])
    grant = {"section_id": row.section_id, "space_id": row.space_id, "weekday": 1, "start_min": 1020, "end_min": 1080}
    session.add(SlotGrant(round_id=city.round.id, scenario_id=scenario.id, proposed_at=AFTER, **grant))
    session.flush()
    with pytest.raises(NotNow):
        by_hand.take_away(session, scenario, row, official)


def test_a_draft_that_was_not_chosen_can_be_deleted_and_the_chosen_one_cannot(session: Session, city: City) -> None:
    one, other = allocated(session, city), allocated(session, city)
    scenarios.choose(session, one, by=city.by, now=AFTER)
    scenarios.choose(session, other, by=city.by, now=AFTER)
    assert not one.chosen
    with pytest.raises(NotNow):
        scenarios.remove(session, other, by=city.by, now=AFTER)
    scenarios.remove(session, one, by=city.by, now=AFTER)
    assert session.scalars(select(Scenario.id)).all() == [other.id]
    assert told(session)[-1].kind is ActKind.SCENARIO_DELETED


def test_two_drafts_side_by_side_tell_who_gains_and_who_loses(session: Session, city: City) -> None:
    plain = allocated(session, city)
    closed = allocated(session, city, changes={"close": [city.a.ref]})
    comparison = comparing.compare(session, plain, closed)
    assert [row.whose.name for row in comparison.gains] == []
    assert len(comparison.loses) == 2
    assert comparison.total.events == [2, 0]
    assert isinstance(instance_of(session, closed, AFTER), Instance)
