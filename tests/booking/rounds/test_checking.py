"""Hints while an application is written."""

from __future__ import annotations

from dataclasses import replace

import pytest

from booking.rounds import applying, asking, checking
from booking.rounds.offered import Where, offered
from booking.rounds.rivals import rivals
from booking.rounds.sections import SectionWish, WindowWish
from tests import make
from tests.booking.rounds import make_rounds

EVENING = WindowWish(0, 17 * 60, 20 * 60)


@pytest.fixture
def house(session):
    return make.premises(session, step_free=True)


@pytest.fixture
def gym(session, house):
    return make.space(session, house, kind="gym", capacity=60, equipment=["goals"], step_free=True)


@pytest.fixture
def room(session, house):
    return make.space(session, house, kind="meeting_room", capacity=12)


@pytest.fixture
def row(session, gym, room):
    return make_rounds.a_round(session, spaces=[gym, room])


@pytest.fixture
def troop(session):
    return make.organisation(session, members_total=40)


@pytest.fixture
def wish(gym):
    where = (Where(space=gym.ref),)
    return SectionWish(name="T11", purpose="sport", people=20, windows=(EVENING,), options=where)


@pytest.fixture
def said(session, row, troop, wish):
    """The hints for the wish with changes, by code."""

    def say(*others, **changed):
        round_ = offered(session, row)
        found = checking.hints(
            round_, replace(wish, **changed), lambda: rivals(session, round_, organisation=troop.id), others=others
        )
        return {one.code: dict(one.facts) for one in found}

    return say


def rival(session, row, where, **values):
    section = make_rounds.a_section(options=[where], **values)
    make_rounds.an_application(session, row, sections=[section], **({"state": "draft"} if values.get("draft") else {}))
    return section


def test_a_wish_nobody_else_has_is_not_contested(said):
    assert said() == {}


def test_four_sent_wishes_of_others_are_counted_and_nothing_else(session, row, troop, gym, room, house, said):
    for where in (gym, house, {"space_kind": "gym"}, {"district": house.district, "premises_id": house.id}):
        rival(session, row, where)
    rival(session, row, room)  # another space
    rival(session, row, gym, windows=((1, 1020, 1200),))  # another day
    rival(session, row, gym, windows=((0, 1200, 1320),))  # begins when ours ends
    make_rounds.an_application(
        session, row, sections=[make_rounds.a_section(options=[gym])], state="draft", sent_at=None
    )
    make_rounds.an_application(session, row, troop, sections=[make_rounds.a_section(options=[gym])])
    assert said()["contested"] == {"weekday": 0, "count": 4}


def test_a_wish_for_a_part_is_contested_by_one_for_the_whole(session, gym, row, said):
    half = make.space(session, gym.premises, parent_id=gym.id)
    make_rounds.hours(session, row, half)
    rival(session, row, gym)
    assert said(options=(Where(space=half.ref),))["contested"]["count"] == 1


def test_where_the_class_is_known_only_its_own_claims_count(session, row, troop, gym, wish):
    for name in ("youth", "adults", None):
        rival(session, row, gym, priority_class=name)
    round_ = offered(session, row)
    youth = rivals(session, round_, organisation=troop.id, priority_class="youth")
    found = checking.hints(round_, wish, lambda: youth)
    assert [one.facts["count"] for one in found] == [1]


def test_no_space_fits_so_many(said):
    assert said(people=61)["no_space_fits"] == {"people": 61, "most": 60, "anywhere": 60}


def test_spaces_too_small_are_named_when_others_fit(said, gym, room):
    assert said(options=(Where(space=gym.ref), Where(space=room.ref)))["some_too_small"]["spaces"] == [room.ref]


def test_none_of_the_spaces_has_a_goal(said, room):
    assert said(people=10, options=(Where(space=room.ref),), equipment=("goals",))["none_has"] == {"equipment": "goals"}


def test_none_of_the_spaces_is_reached_without_steps(said, room):
    assert "none_step_free" in said(people=10, options=(Where(space=room.ref),), step_free=True)


def test_hours_of_the_round_outside_the_windows_are_told(said):
    assert "no_hours" in said(windows=(WindowWish(5, 600, 900),))
    assert "no_hours" in said(windows=(WindowWish(0, 21 * 60, 24 * 60),), min_minutes=90, max_minutes=90)


def test_a_window_too_short_for_the_least_time_is_told(said):
    assert said(windows=(EVENING, WindowWish(1, 1020, 1050)))["window_short"]["weekday"] == 1


def test_a_coach_of_two_groups_at_the_same_time_is_told(said):
    other = make_rounds.a_section(name="P13", shared=["Kaisa"], windows=((0, 1100, 1200),))
    assert said(other, shared=("Kaisa",))["same_coach"] == {"name": "Kaisa", "other": "P13"}
    later = make_rounds.a_section(name="P13", shared=["Kaisa"], windows=((0, 1200, 1260),))
    assert "same_coach" not in said(later, shared=("Kaisa",))


def test_what_is_asked_stands_beside_what_was_granted_and_the_members(session, row, troop, gym, now):
    sections = [make_rounds.a_section(options=[gym], people=30, events=2, min_minutes=120, max_minutes=180)]
    sections.append(make_rounds.a_section(options=[gym], people=15, weeks="A"))
    application = make_rounds.an_application(session, row, troop, sections=sections)
    found = asking.asking(session, applying.application_of(session, application.ref), now)
    assert (found.least_min, found.most_min, found.people, found.members) == (270, 405, 45, 40)
    assert (found.granted_min, found.more_than_before, found.more_people_than_members) == (None, False, True)


def test_of_a_season_whose_grants_are_not_known_nothing_is_said(session, row, troop, gym, now):
    row.previous_id = make_rounds.a_round(session, spaces=[gym]).id
    mine = make_rounds.an_application(session, row, troop, sections=[make_rounds.a_section(options=[gym])])
    assert asking.asking(session, applying.application_of(session, mine.ref), now).granted_min is None


def test_asking_for_a_third_more_than_was_granted_is_marked(session, row, troop, gym, now):
    from booking.rounds.plan_models import SlotGrant

    past = make_rounds.a_round(session, spaces=[gym])
    row.previous_id = past.id
    then = make_rounds.a_section(options=[gym])
    make_rounds.an_application(session, past, troop, sections=[then])
    scenario = make_rounds.a_scenario(session, past)
    session.add(
        SlotGrant(
            round_id=past.id,
            scenario_id=scenario.id,
            section_id=then.id,
            space_id=gym.id,
            weekday=0,
            start_min=1020,
            end_min=1110,
            state="booked",
            proposed_at=now,
        )
    )
    for minutes, more in ((90, False), (120, True)):
        asked = make_rounds.a_section(options=[gym], min_minutes=minutes, max_minutes=minutes)
        mine = make_rounds.an_application(session, row, troop, sections=[asked], late=more)
        found = asking.asking(session, applying.application_of(session, mine.ref), now)
        assert (found.granted_min, found.more_than_before) == (90, more)
