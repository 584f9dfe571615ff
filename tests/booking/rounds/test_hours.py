"""Weekly hours of a round: from opening hours, by period, copied, and after publishing only added to."""

from __future__ import annotations

from datetime import UTC, date, datetime
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from booking.models import OpeningHours
from booking.refusals import BadInput, NotFound, NotNow
from booking.rounds import hours, listing
from booking.rounds.models import Round
from tests import make
from tests.booking.rounds import make_rounds

NOW = datetime(2026, 11, 24, 10, 0, tzinfo=UTC)
PERIODS = [
    {"key": "winter", "name": "Talvi", "first_on": "2027-01-11", "last_on": "2027-03-31"},
    {"key": "spring", "name": "Kevät", "first_on": "2027-03-31", "last_on": "2027-05-30"},
]
WINTER, SPRING = (date(2027, 1, 11), date(2027, 3, 31)), (date(2027, 3, 31), date(2027, 5, 30))
OPENINGS = st.tuples(st.integers(0, 6), st.integers(0, 1439), st.integers(1, 1440)).filter(lambda one: one[1] < one[2])


def a_draft(session: Session, **values: object) -> Round:
    row = make_rounds.a_round(session, state="draft", rulebook="", periods=PERIODS, **values)
    return listing.round_of(session, row.ref)


@given(st.lists(OPENINGS, max_size=12))
def test_joined_hours_are_the_same_minutes_apart_and_in_order(openings) -> None:
    def minutes(found):
        return {(day, minute) for day, opens, closes in found for minute in range(opens, closes)}

    made = hours.joined(openings)
    assert minutes(made) == minutes(openings)
    assert all(a[0] < b[0] or (a[0] == b[0] and a[2] < b[1]) for a, b in pairwise(made))
    assert hours.covers(openings, made)
    assert hours.covers(made, openings)


@given(st.lists(OPENINGS, max_size=6), st.lists(OPENINGS, min_size=1, max_size=6))
def test_hours_cover_others_exactly_when_every_minute_is_there(wide, narrow) -> None:
    def minutes(found):
        return {(day, minute) for day, opens, closes in found for minute in range(opens, closes)}

    assert hours.covers(wide, narrow) == (minutes(narrow) <= minutes(wide))


def test_spaces_come_with_their_opening_hours_and_the_night_is_the_next_day(session: Session) -> None:
    hall, bar = make.space(session), make.space(session)
    session.add(OpeningHours(premises_id=bar.premises_id, space_id=bar.id, weekday=6, opens_min=1080, closes_min=1560))
    session.flush()
    row = a_draft(session)
    assert hours.add(session, row, [hall, bar], by=row.made_by, now=NOW) == 2
    assert hours.week_of(row, hall.id) == [(day, 480, 1320) for day in range(7)]
    assert hours.week_of(row, bar.id) == [(0, 0, 120), (6, 1080, 1440)]
    assert hours.add(session, row, [hall], by=row.made_by, now=NOW) == 0


def test_parts_of_a_hall_are_spaces_of_their_own(session: Session) -> None:
    hall = make.space(session)
    half = make.space(session, hall.premises, parent_id=hall.id)
    row = a_draft(session)
    hours.add(session, row, [hall, half], by=row.made_by, now=NOW)
    assert {space.id for space in listing.spaces_of(row)} == {hall.id, half.id}


def test_what_is_set_for_one_period_leaves_to_the_other_what_the_season_had(session: Session) -> None:
    hall = make.space(session)
    row = a_draft(session, spaces=[hall])
    whole = hours.week_of(row, hall.id)
    hours.set_week(session, row, [hall], [(0, 600, 700)], period="winter", by=row.made_by, now=NOW)
    assert hours.parts_of(row, hall.id) == [WINTER, SPRING]
    assert hours.week_of(row, hall.id, WINTER) == [(0, 600, 700)]
    assert hours.week_of(row, hall.id, SPRING) == whole
    hours.set_week(session, row, [hall], [(1, 600, 700)], by=row.made_by, now=NOW)
    assert hours.parts_of(row, hall.id) == [hours.WHOLE]


def test_hours_past_midnight_and_of_no_period_are_refused(session: Session) -> None:
    hall = make.space(session)
    row = a_draft(session, spaces=[hall])
    with pytest.raises(BadInput):
        hours.set_week(session, row, [hall], [(0, 1200, 1500)], by=row.made_by, now=NOW)
    with pytest.raises(NotFound):
        hours.set_week(session, row, [hall], [(0, 600, 700)], period="summer", by=row.made_by, now=NOW)


def test_hours_are_copied_to_other_spaces_period_by_period(session: Session) -> None:
    hall, gym = make.space(session), make.space(session)
    row = a_draft(session, spaces=[hall, gym])
    hours.set_week(session, row, [hall], [(0, 600, 700)], period="winter", by=row.made_by, now=NOW)
    hours.copy_to(session, row, hall, [gym], by=row.made_by, now=NOW)
    assert hours.week_of(row, gym.id, WINTER) == [(0, 600, 700)]
    assert hours.parts_of(row, gym.id) == [WINTER, SPRING]


def test_hours_of_an_earlier_round_come_for_the_spaces_that_are_not_there(session: Session) -> None:
    hall, gym = make.space(session), make.space(session)
    earlier = make_rounds.a_round(session)
    make_rounds.hours(session, earlier, gym, [0], opens=600, closes=700, days=WINTER)
    make_rounds.hours(session, earlier, gym, [0], opens=700, closes=800, days=SPRING)
    make_rounds.hours(session, earlier, hall, [3])
    row = a_draft(session, spaces=[hall])
    before = hours.week_of(row, hall.id)
    count = hours.copy_from(session, row, listing.round_of(session, earlier.ref), by=row.made_by, now=NOW)
    assert (count, hours.week_of(row, gym.id)) == (1, [(0, 600, 800)])
    assert hours.week_of(row, hall.id) == before


def test_after_publishing_hours_are_added_and_not_taken_away(session: Session) -> None:
    hall, gym = make.space(session), make.space(session)
    made = make_rounds.a_round(session, spaces=[hall], periods=PERIODS)
    row = listing.round_of(session, made.ref)
    hours.add(session, row, [gym], by=row.made_by, now=NOW)
    wider = [(day, 900, 1380) for day in range(6)]
    hours.set_week(session, row, [hall], wider, by=row.made_by, now=NOW)
    with pytest.raises(BadInput) as refused:
        hours.set_week(session, row, [hall], wider[1:], by=row.made_by, now=NOW)
    assert refused.value.facts["problem"] == "hours_shrink"
    with pytest.raises(NotNow):
        hours.remove(session, row, gym, by=row.made_by, now=NOW)


def test_a_period_alone_of_what_the_whole_season_had_is_less_than_it_was(session: Session) -> None:
    hall = make.space(session)
    made = make_rounds.a_round(session, spaces=[hall], periods=PERIODS)
    row = listing.round_of(session, made.ref)
    with pytest.raises(BadInput):
        hours.set_week(session, row, [hall], [(0, 0, 1440)], period="winter", by=row.made_by, now=NOW)


def test_a_space_is_taken_out_of_a_draft(session: Session) -> None:
    hall = make.space(session)
    row = a_draft(session, spaces=[hall])
    hours.remove(session, row, hall, by=row.made_by, now=NOW)
    assert listing.spaces_of(listing.round_of(session, row.ref)) == []


def test_when_the_round_is_being_allocated_its_hours_stand(session: Session) -> None:
    hall = make.space(session)
    row = listing.round_of(session, make_rounds.a_round(session, state="allocating").ref)
    with pytest.raises(NotNow):
        hours.add(session, row, [hall], by=row.made_by, now=NOW)
