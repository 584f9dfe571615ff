"""Booking, holding, cancelling, restoring, moving."""

from datetime import date, timedelta

import pytest

from booking import moving
from booking.acts import ActKind
from booking.bookings import book, booking_of, cancel, confirm, hold, let_go, readd, restore, sweep_holds
from booking.core.pattern import Pattern
from booking.models import ClosedDays, Occupancy, OpeningHours
from booking.moving import NewTime, Scope
from booking.refusals import (
    BadInput,
    BadLength,
    HoldLost,
    InThePast,
    NoSuchWallTime,
    NotNow,
    RuleRefuses,
    SpaceClosed,
    SpaceTaken,
)
from tests import make
from tests.make import at, once, span


@pytest.fixture
def place(session):
    return make.space(session)


@pytest.fixture
def troop(session):
    return make.organisation(session)


@pytest.fixture
def leader(session):
    return make.person(session)


@pytest.fixture
def ask(session, place, troop, leader):
    def made(pattern, **values):
        return make.wish(place, troop, leader, pattern, **values)

    return made


def weekly(first, last, *weekdays, start=18 * 60, end=19 * 60):
    return Pattern(date.fromisoformat(first), date.fromisoformat(last), start, end, weekdays)


def states(booking):
    return [(row.key, row.state, row.reason) for row in booking.occurrences]


def test_a_scout_evening_in_a_kindergarten_hall_is_free_and_says_why(session, ask, leader, now):
    [row] = book(session, ask(once("2026-11-26", "18:00", "19:30")), by=leader.id, now=now).occurrences
    assert (row.state, row.price_cents, row.price_class, row.priority_class) == (
        "confirmed",
        0,
        "free",
        row.priority_class,
    )
    assert {reason["table"] for reason in row.trace["reasons"]} >= {"priority", "price"}
    assert all(reason["decision"] and reason["source"] for reason in row.trace["reasons"])


def test_a_taken_time_is_refused_and_nothing_is_left_behind(session, place, ask, leader, now):
    make.occurrence(session, place, span("2026-11-26", "18:30", "19:00"))
    before = session.query(Occupancy).count()
    with pytest.raises(SpaceTaken), session.begin_nested():
        book(session, ask(once("2026-11-26", "18:00", "19:30")), by=leader.id, now=now)
    assert session.query(Occupancy).count() == before


@pytest.mark.parametrize(
    ("pattern", "refusal"),
    [
        (once("2026-11-23", "18:00", "19:00"), InThePast),
        (once("2027-03-28", "03:30", "05:00"), NoSuchWallTime),
        (once("2026-11-26", "06:00", "07:00"), SpaceClosed),
        (once("2026-12-06", "18:00", "19:00"), SpaceClosed),
        (once("2026-11-26", "18:05", "19:05"), BadLength),
        (once("2026-11-26", "19:00", "18:00"), BadInput),
        (once("2036-11-26", "18:00", "19:00"), BadInput),
    ],
)
def test_bad_input_is_refused_by_name(session, ask, leader, now, pattern, refusal):
    with pytest.raises(refusal):
        book(session, ask(pattern), by=leader.id, now=now)


def test_more_people_than_the_space_takes_are_refused(session, ask, leader, now):
    with pytest.raises(BadInput) as refused:
        book(session, ask(once("2026-11-26", "18:00", "19:00"), people=41), by=leader.id, now=now)
    assert refused.value.facts == {"field": "people", "problem": "too_many", "limit": 40}


def test_a_series_books_the_rest_and_names_what_it_could_not(session, place, ask, leader, now):
    # acceptance C3, with a holiday, a closed day and a taken time
    make.occurrence(session, place, span("2026-11-29", "18:30", "19:30"))
    closed = date(2026, 12, 13)
    session.add(ClosedDays(premises_id=place.premises_id, name_fi="Remontti", first_on=closed, last_on=closed))
    session.flush()
    booking = book(session, ask(weekly("2026-11-29", "2026-12-20", 6), regular=True), by=leader.id, now=now)
    assert states(booking) == [
        ("2026-11-29", "refused", "taken"),
        ("2026-12-06", "refused", "holiday"),
        ("2026-12-13", "refused", "closed_day"),
        ("2026-12-20", "confirmed", ""),
    ]


def test_a_series_over_the_change_of_clocks_keeps_its_wall_time(session, ask, leader, now):
    booking = book(session, ask(weekly("2027-03-21", "2027-04-04", 6), regular=True), by=leader.id, now=now)
    booked = [row for row in booking.occurrences if row.state == "confirmed"]
    assert {row.starts_at.astimezone(make.HELSINKI).hour for row in booked} == {18}
    assert len({row.starts_at.hour for row in booked}) == 2


def test_a_refused_date_can_be_added_again_when_it_is_free(session, place, ask, leader, now):
    # acceptance C4
    taken = make.occurrence(session, place, span("2026-11-29", "18:00", "19:00"))
    booking = book(session, ask(weekly("2026-11-29", "2026-12-20", 6)), by=leader.id, now=now)
    with pytest.raises(SpaceTaken):
        readd(session, booking.occurrences[0], by=leader.id, now=now)
    cancel(session, [taken], by=leader.id, now=now)
    readd(session, booking.occurrences[0], by=leader.id, now=now)
    assert booking.occurrences[0].state == "confirmed"


def test_a_date_added_again_takes_the_margins_of_today(session, place, ask, leader, now):
    [row] = (booking := book(session, ask(once("2026-11-26", "18:00", "19:00")), by=leader.id, now=now)).occurrences
    cancel(session, [row], by=leader.id, now=now)
    place.turnaround_min = 30
    readd(session, row, by=leader.id, now=now)
    assert session.query(Occupancy).one().ends_at == at("2026-11-26", "19:30")
    assert booking.occurrences[0].turnaround_min == 30


def test_a_hold_keeps_the_time_for_its_form(session, ask, leader, now):
    held = hold(session, ask(once("2026-11-26", "18:00", "19:00")), by=leader.id, now=now)
    with pytest.raises(SpaceTaken), session.begin_nested():
        book(session, ask(once("2026-11-26", "18:00", "19:00")), by=leader.id, now=now + timedelta(minutes=9))
    assert confirm(session, held.ref, by=leader.id, now=now + timedelta(minutes=9)).occurrences[0].state == "confirmed"


def test_a_hold_that_ran_out_is_lost_to_whoever_came(session, ask, leader, now):
    # acceptance C7
    held = hold(session, ask(once("2026-11-26", "18:00", "19:00")), by=leader.id, now=now)
    later = now + timedelta(minutes=11)
    book(session, ask(once("2026-11-26", "18:00", "19:00")), by=leader.id, now=later)
    with pytest.raises(HoldLost):
        confirm(session, held.ref, by=leader.id, now=later)


def test_a_hold_that_ran_out_is_taken_again_when_nobody_came(session, ask, leader, now):
    held = hold(session, ask(once("2026-11-26", "18:00", "19:00")), by=leader.id, now=now)
    later = now + timedelta(minutes=30)
    assert confirm(session, held.ref, by=leader.id, now=later).occurrences[0].state == "confirmed"


def test_confirming_twice_books_once(session, ask, leader, now):
    held = hold(session, ask(once("2026-11-26", "18:00", "19:00")), by=leader.id, now=now)
    confirm(session, held.ref, by=leader.id, now=now)
    with pytest.raises(NotNow):
        confirm(session, held.ref, by=leader.id, now=now)


def test_dates_left_out_on_the_form_are_free(session, ask, leader, now):
    held = hold(session, ask(weekly("2026-11-26", "2026-12-10", 3)), by=leader.id, now=now)
    made = confirm(session, held.ref, by=leader.id, now=now, leave_out=frozenset({"2026-12-03"}))
    assert [row.state for row in made.occurrences] == ["confirmed", "cancelled", "confirmed"]
    book(session, ask(once("2026-12-03", "18:00", "19:00")), by=leader.id, now=now)


def test_swept_holds_leave_nothing(session, ask, leader, now):
    hold(session, ask(once("2026-11-26", "18:00", "19:00")), by=leader.id, now=now)
    assert sweep_holds(session, now + timedelta(minutes=11)) == 1
    assert session.query(Occupancy).count() == 0


def test_giving_up_never_touches_a_made_booking(session, ask, leader, now):
    made = book(session, ask(once("2026-11-26", "18:00", "19:00")), by=leader.id, now=now)
    let_go(session, made.ref)
    assert booking_of(session, made.ref).occurrences[0].state == "confirmed"


def test_a_cancelled_time_is_free_at_once_and_can_be_taken_back(session, ask, leader, now):
    [row] = book(session, ask(once("2026-11-26", "18:00", "19:00")), by=leader.id, now=now).occurrences
    cancel(session, [row], by=leader.id, now=now)
    assert session.query(Occupancy).count() == 0
    restore(session, row, by=leader.id, now=now + timedelta(minutes=10))
    assert row.state == "confirmed"
    assert session.query(Occupancy).count() == 1


def test_undo_fails_politely_when_somebody_took_the_time(session, ask, leader, now):
    [row] = book(session, ask(once("2026-11-26", "18:00", "19:00")), by=leader.id, now=now).occurrences
    cancel(session, [row], by=leader.id, now=now)
    book(session, ask(once("2026-11-26", "18:30", "19:30")), by=leader.id, now=now)
    with pytest.raises(SpaceTaken):
        restore(session, row, by=leader.id, now=now)


def test_undo_ends_after_its_minutes(session, ask, leader, now):
    [row] = book(session, ask(once("2026-11-26", "18:00", "19:00")), by=leader.id, now=now).occurrences
    cancel(session, [row], by=leader.id, now=now)
    with pytest.raises(NotNow):
        restore(session, row, by=leader.id, now=now + timedelta(minutes=11))


def test_moving_the_following_leaves_the_past_and_the_cancelled_alone(session, ask, leader, now):
    # acceptance E1
    booking = book(session, ask(weekly("2026-11-26", "2026-12-17", 3)), by=leader.id, now=now)
    cancel(session, [booking.occurrences[2]], by=leader.id, now=now)
    later = at("2026-11-27", "12:00")
    rows = moving.reached(booking, booking.occurrences[1], Scope.FOLLOWING, later)
    moving.move(session, booking, rows, NewTime(1, 17 * 60, 18 * 60), by=leader.id, now=later)
    moved = [(row.key, row.state, row.starts_at) for row in booking.occurrences]
    assert moved == [
        ("2026-11-26", "confirmed", at("2026-11-26", "18:00")),
        ("2026-12-03", "confirmed", at("2026-12-04", "17:00")),
        ("2026-12-10", "cancelled", at("2026-12-10", "18:00")),
        ("2026-12-17", "confirmed", at("2026-12-18", "17:00")),
    ]


def test_a_move_into_its_own_old_time_is_fine(session, ask, leader, now):
    booking = book(session, ask(once("2026-11-26", "18:00", "19:00")), by=leader.id, now=now)
    new = NewTime(0, 18 * 60 + 15, 19 * 60 + 15)
    moving.move(session, booking, booking.occurrences, new, by=leader.id, now=now)
    assert booking.occurrences[0].starts_at == at("2026-11-26", "18:15")


def test_a_move_that_meets_somebody_moves_nothing(session, place, ask, leader, now):
    booking = book(session, ask(once("2026-11-26", "18:00", "19:00")), by=leader.id, now=now)
    make.occurrence(session, place, span("2026-11-26", "19:00", "20:00"))
    with pytest.raises(SpaceTaken), session.begin_nested():
        moving.move(
            session, booking, booking.occurrences, NewTime(0, 18 * 60 + 30, 19 * 60 + 30), by=leader.id, now=now
        )
    assert booking_of(session, booking.ref).occurrences[0].starts_at == at("2026-11-26", "18:00")


def test_a_night_over_the_change_of_clocks_is_priced_by_elapsed_time(session, troop, leader, now):
    # acceptance T3: 22:00 to 06:00 lasts seven hours on that night
    house = make.premises(session, kind="resident_park", closed_on_holidays=False)
    place = make.space(session, house, longest_min=1440)
    from booking.models import OpeningHours

    session.query(OpeningHours).filter_by(premises_id=house.id).update({"opens_min": 0, "closes_min": 1440})
    family = make.organisation(session, kind="person", purposes=[], facts={})
    wish = make.wish(
        place, family, leader, once("2027-03-27", "22:00", "30:00"), purpose="private_party", people=20, audience={}
    )
    [row] = book(session, wish, by=leader.id, now=now).occurrences
    assert row.price_cents == 7 * 1500


def test_each_step_is_told_once(session, ask, leader, now, acts_kept):
    [row] = book(session, ask(once("2026-11-26", "18:00", "19:00")), by=leader.id, now=now).occurrences
    cancel(session, [row], by=leader.id, now=now, reason="flu")
    session.commit()
    kinds = [act.kind for act in acts_kept]
    assert kinds == [ActKind.BOOKING_HELD, ActKind.BOOKING_MADE, ActKind.BOOKING_CANCELLED]
    assert acts_kept[-1].occurrences == (row.id,)


def test_the_fourth_single_time_of_a_season_is_no_single_time_any_more(session, troop, leader, now):
    # case A27: at most three occasions, then a supplementary regular slot
    from booking.models import Term

    school = make.premises(session, kind="school")
    session.add(Term(premises_id=school.id, name_fi="Syksy", first_on=date(2026, 8, 1), last_on=date(2026, 12, 20)))
    room = make.space(session, school, kind="classroom")
    for day in (25, 26, 27):
        book(session, make.wish(room, troop, leader, once(f"2026-11-{day}", "18:00", "19:00")), by=leader.id, now=now)
    with pytest.raises(RuleRefuses) as refused:
        book(session, make.wish(room, troop, leader, once("2026-11-30", "18:00", "19:00")), by=leader.id, now=now)
    assert refused.value.facts["outcome"].booking_type == "supplementary_regular"
    weekly_slot = make.wish(room, troop, leader, weekly("2026-11-30", "2026-12-14", 0), regular=True)
    assert book(session, weekly_slot, by=leader.id, now=now).kind == "regular"


@pytest.fixture
def classroom(session):
    """A classroom of a school whose term begins on 25 November."""
    from booking.models import Term

    school = make.premises(session, kind="school")
    session.query(OpeningHours).filter_by(premises_id=school.id).update({"opens_min": 0, "closes_min": 1440})
    session.add(Term(premises_id=school.id, name_fi="Syksy", first_on=date(2026, 11, 25), last_on=date(2026, 12, 20)))
    session.add(Term(premises_id=school.id, name_fi="Kevät", first_on=date(2027, 1, 11), last_on=date(2027, 5, 30)))
    return make.space(session, school, kind="classroom")


def test_single_times_added_again_count_after_those_made_since(session, classroom, troop, leader, now):
    # case A27, by cancelling one, booking another and adding the first again
    made = [
        book(session, make.wish(classroom, troop, leader, once(day, "18:00", "19:00")), by=leader.id, now=now)
        for day in ("2026-11-25", "2026-11-26", "2026-11-27")
    ]
    cancel(session, made[0].occurrences, by=leader.id, now=now)
    book(session, make.wish(classroom, troop, leader, once("2026-11-30", "18:00", "19:00")), by=leader.id, now=now)
    with pytest.raises(RuleRefuses):
        readd(session, made[0].occurrences[0], by=leader.id, now=now)


def test_a_single_time_soon_after_midnight_counts_in_the_season_of_its_local_day(
    session, classroom, troop, leader, now
):
    wish = make.wish(classroom, troop, leader, once("2026-11-25", "00:30", "01:30"))
    [row] = book(session, wish, by=leader.id, now=now).occurrences
    assert [limit["told"] for limit in row.trace["limits"] if limit["kind"] == "occasions"] == [1]


def test_a_single_time_moved_into_a_season_counts_after_those_in_it(session, classroom, troop, leader, now):
    early = book(
        session, make.wish(classroom, troop, leader, once("2026-11-25", "18:00", "19:00")), by=leader.id, now=now
    )
    for day in ("2027-01-12", "2027-01-13", "2027-01-14"):
        book(session, make.wish(classroom, troop, leader, once(day, "18:00", "19:00")), by=leader.id, now=now)
    with pytest.raises(RuleRefuses):
        moving.move(session, early, early.occurrences, NewTime(51, 1080, 1140), by=leader.id, now=now)


@pytest.mark.parametrize("days", [900, 10**7])
def test_a_move_reaches_no_further_than_a_booking(session, ask, leader, now, days):
    booking = book(session, ask(once("2026-11-26", "18:00", "19:00")), by=leader.id, now=now)
    with pytest.raises(BadInput) as refused:
        moving.move(session, booking, booking.occurrences, NewTime(days, 1080, 1140), by=leader.id, now=now)
    assert refused.value.facts["problem"] == "past_horizon"
