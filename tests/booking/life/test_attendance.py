"""Heads of a time: one tap, by age group, by the link at the door, corrected with a reason."""

from datetime import timedelta

import pytest

from booking.acts import ActKind, told
from booking.life import door_links
from booking.life.attendance import Heads, age_groups, correct, expected, tell_heads, told_of
from booking.refusals import BadInput, NotFound, NotNow
from tests import make
from tests.booking.life import make as life


@pytest.fixture
def hall(session):
    return make.space(session)


@pytest.fixture
def row(session, hall):
    return life.over(session, make.organisation(session), hall)


def test_one_tap_says_as_many_as_were_booked(session, row):
    found = tell_heads(session, row, expected(row), by=row.booking.holder_id, now=row.starts_at)
    assert (found.heads, found.groups, found.as_expected) == (20, {}, True)


def test_groups_make_the_sum_and_guests_come_on_top(session, row):
    heads = Heads(groups={"under_7": 3, "7_12": 9, "20_64": 2}, guests=30)
    assert tell_heads(session, row, heads, by=None, now=row.ends_at).heads == 44


def test_telling_again_changes_the_one_row_and_the_log_holds_both(session, row):
    for groups in ({"7_12": 9}, {"7_12": 8}):
        tell_heads(session, row, Heads(groups=groups), by=row.booking.holder_id, now=row.ends_at)
    assert told_of(session, [row.id])[row.id].heads == 8
    acts = [act for act in told(session) if act.kind is ActKind.ATTENDANCE_TOLD]
    assert [act.body["before"] and act.body["before"]["heads"] for act in acts] == [None, 9]


def test_heads_are_told_from_the_start_until_two_weeks_after_the_end(session, row):
    by, early, late = row.booking.holder_id, row.starts_at - timedelta(seconds=1), row.ends_at + timedelta(days=14)
    with pytest.raises(NotNow):
        tell_heads(session, row, expected(row), by=by, now=early)
    tell_heads(session, row, expected(row), by=by, now=late)
    with pytest.raises(NotNow):
        tell_heads(session, row, expected(row), by=by, now=late + timedelta(seconds=1))


def test_staff_correct_later_and_only_with_a_reason(session, row):
    staff, late = make.person(session).id, row.ends_at + timedelta(days=100)
    with pytest.raises(BadInput):
        correct(session, row, Heads(total=4), reason=" ", by=staff, now=late)
    found = correct(session, row, Heads(total=4), reason="Vahtimestari laski", by=staff, now=late)
    assert (found.heads, found.correction, found.corrected_by) == (4, "Vahtimestari laski", staff)


@pytest.mark.parametrize("heads", [Heads(), Heads(groups={"teens": 3}), Heads(total=-1), Heads(total=100_001)])
def test_numbers_that_mean_nothing_are_refused(session, row, heads):
    with pytest.raises(BadInput):
        tell_heads(session, row, heads, by=None, now=row.ends_at)


def test_a_cancelled_time_has_no_heads(session, row):
    row.state = "cancelled"
    with pytest.raises(NotNow):
        tell_heads(session, row, expected(row), by=None, now=row.ends_at)


def test_age_groups_have_names_in_three_languages():
    assert [group.id for group in age_groups()] == ["under_7", "7_12", "13_17", "18_19", "20_64", "65_up"]
    assert all(set(group.names) == {"fi", "sv", "en"} for group in age_groups())


def test_the_link_shows_what_goes_on_and_what_ended_within_the_hour(session, hall, row):
    link = door_links.make(session, hall.premises, None, by=row.booking.holder_id, now=row.starts_at)
    times = [row.starts_at - timedelta(minutes=1), row.starts_at, row.ends_at + timedelta(minutes=59)]
    times.append(row.ends_at + timedelta(minutes=60))
    assert [len(door_links.times_at(session, link, now)) for now in times] == [0, 1, 1, 0]


def test_the_link_of_a_space_shows_the_whole_it_is_a_part_of_and_not_its_sibling(session, hall, row):
    place = hall.premises
    parent, sibling = make.space(session, place), make.space(session, place)
    half, other = (make.space(session, place, parent_id=parent.id) for _ in range(2))
    by, now = row.booking.holder_id, row.starts_at
    with_whole = make.span("2026-11-25", "18:00", "19:00")
    whole = make.occurrence(session, half, with_whole)
    whole.space, whole.space_id = parent, parent.id
    session.flush()
    links = [door_links.make(session, place, one, by=by, now=now) for one in (half, other, sibling)]
    at = make.at("2026-11-25", "18:30")
    assert [[one.ref for one in door_links.times_at(session, link, at)] for link in links] == [
        [whole.ref],
        [whole.ref],
        [],
    ]


def test_a_new_link_ends_the_one_before(session, hall, row):
    by, now = row.booking.holder_id, row.starts_at
    first = door_links.make(session, hall.premises, hall, by=by, now=now)
    door_links.make(session, hall.premises, None, by=by, now=now)
    second = door_links.make(session, hall.premises, hall, by=by, now=now)
    assert door_links.by_code(session, second.code) is second
    with pytest.raises(NotFound):
        door_links.by_code(session, first.code)
    assert len(door_links.links_of(session, hall.premises)) == 2
