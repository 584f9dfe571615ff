"""Two organisations change their weekly slots from a day on, when both say so."""

from datetime import date

import pytest
from sqlalchemy import select

from booking.bookings import cancel
from booking.life import recalls, substitutes
from booking.models import Occupancy
from booking.refusals import AlreadyThere, BadInput, NotNow
from booking.rounds import grant_swaps
from booking.rounds.grants import ahead_of, day_of, minutes_of, times_of
from tests import make
from tests.booking.life import rules
from tests.booking.rounds.make_rounds import a_round
from tests.booking.rounds.make_season import NOW, a_grant

FROM = date(2027, 1, 25)


@pytest.fixture
def pair(session):
    """One club on Tuesdays 18–21, another on Thursdays 17–19 in another hall of the same house."""
    place = rules.house(session)
    halls = [make.space(session, place) for _ in "12"]
    round_ = a_round(session, spaces=halls, state="decided", family=rules.FAMILY)
    one = a_grant(session, halls[0], round_=round_)
    return one, a_grant(session, halls[1], round_=round_, weekday=3, minutes=(1020, 1140))


def slots(session, grant):
    return [(row.space_id, day_of(row).weekday(), *minutes_of(row)) for row in ahead_of(times_of(session, grant), NOW)]


def asked(session, pair, from_on=FROM):
    return grant_swaps.ask(session, *pair, from_on=from_on, by=pair[0].section.application.contact_id, now=NOW)


def accepted(session, swap):
    return grant_swaps.accept(session, swap, by=swap.other.section.application.contact_id, now=NOW)


def test_one_yes_changes_nothing(session, pair):
    before = [slots(session, grant) for grant in pair]
    swap = asked(session, pair)
    assert [slots(session, grant) for grant in pair] == before
    assert [row.ref for row in grant_swaps.open_of(session, [pair[1].section.application.organisation_id])] == [
        swap.ref
    ]
    with pytest.raises(AlreadyThere):
        asked(session, (pair[1], pair[0]))


def test_the_second_yes_swaps_week_by_week_from_the_day_on(session, pair):
    one, other = pair
    accepted(session, asked(session, pair))
    tuesday, thursday = (one.space_id, 1, 1080, 1260), (other.space_id, 3, 1020, 1140)
    assert slots(session, one) == [tuesday] * 2 + [thursday] * 3
    assert slots(session, other) == [thursday] * 2 + [tuesday] * 3
    held = dict(session.execute(select(Occupancy.occurrence_id, Occupancy.atom_id)).all())
    assert {held[row.id] for row in ahead_of(times_of(session, one), NOW)[2:]} == {other.space_id}
    assert {row.price_cents for row in ahead_of(times_of(session, other), NOW)} == {0}


def test_a_week_that_one_of_them_does_not_have_stays_where_it_is(session, pair):
    one, other = pair
    gone = ahead_of(times_of(session, other), NOW)[3]
    cancel(session, [gone], by=gone.booking.holder_id, now=NOW)
    found = grant_swaps.look(session, one, other, FROM, NOW)
    assert [day_of(row) for row in found.staying] == [date(2027, 2, 2)]
    accepted(session, asked(session, pair))
    assert [weekday for _, weekday, *_ in slots(session, one)] == [1, 1, 3, 1, 3]


def test_after_a_no_nothing_can_be_swapped(session, pair):
    swap = asked(session, pair)
    grant_swaps.decline(session, swap, by=pair[1].section.application.contact_id, now=NOW)
    with pytest.raises(NotNow):
        accepted(session, swap)


def test_without_a_common_week_there_is_nothing_to_swap(session, pair):
    with pytest.raises(BadInput):
        asked(session, pair, date(2027, 5, 1))


def test_the_slots_of_others_in_the_round_are_offered_for_a_swap(session, pair):
    one, other = pair
    a_grant(session, one.space, one.section.application.organisation, round_=one.round, weekday=4, late=True)
    assert [row.ref for row in grant_swaps.candidates(session, one)] == [other.ref]


def test_a_recalled_date_of_a_grant_is_offered_an_equal_hall(session, pair):
    one, other = pair
    row = ahead_of(times_of(session, one), NOW)[0]
    by = one.round.made_by
    cause = recalls.Cause.OWN_NEED
    found = recalls.recall(session, [row], cause=cause, reason="Vaalit", override="", by=by, now=NOW)
    assert [offer.space_id for offer in found.offers] == [other.space_id]
    substitutes.take(session, found.offers[0], by=row.booking.holder_id, now=NOW)
    assert slots(session, one)[0] == (other.space_id, 1, 1080, 1260)
