"""Swaps count when both have reported; each pays for what it gets."""

import pytest

from booking.bookings import book
from booking.life import swaps
from booking.models import ClosedDays, Occupancy
from booking.refusals import AlreadyThere, BadInput, InThePast, NotNow, SpaceClosed
from tests import make
from tests.booking.life import rules

NOW = make.at("2026-11-24", "12:00")


@pytest.fixture
def times(session):
    """Two clubs with an hour each in two halls of one house: 20 euros for adults, nothing for children."""
    place = rules.house(session)
    made = []
    for day, end, group in (("2026-12-01", "19:00", "adults"), ("2026-12-03", "20:00", "children")):
        someone, whose = make.person(session), make.organisation(session)
        wish = make.wish(
            make.space(session, place), whose, someone, make.once(day, "18:00", end), audience={"group": group}
        )
        made.append(book(session, wish, by=someone.id, now=NOW).occurrences[0])
    return made


def test_one_report_changes_nothing(session, times):
    one, other = times
    before = [(row.space_id, row.starts_at, row.sequence) for row in times]
    swap = swaps.ask(session, one, other, by=one.booking.holder_id, now=NOW)
    assert [(row.space_id, row.starts_at, row.sequence) for row in times] == before
    assert swap.answer["valid"] is False
    assert swap.answer["reasons"][0]["row"] == "swap-one"


def test_the_second_report_swaps_place_and_price(session, times):
    one, other = times
    spaces = one.space_id, other.space_id
    swap = swaps.ask(session, one, other, by=one.booking.holder_id, now=NOW)
    swaps.accept(session, swap, by=other.booking.holder_id, now=NOW)
    assert (one.space_id, other.space_id) == (spaces[1], spaces[0])
    assert (one.starts_at, other.starts_at) == (make.at("2026-12-03", "18:00"), make.at("2026-12-01", "18:00"))
    assert (one.price_cents, other.price_cents) == (4000, 0)
    held = {row.occurrence_id: row.atom_id for row in session.query(Occupancy)}
    assert (held[one.id], held[other.id]) == (spaces[1], spaces[0])
    assert (swap.state, swap.reports) == ("done", 2)


def test_times_that_overlap_in_one_hall_can_be_swapped(session):
    hall = make.space(session, rules.house(session))
    rows = []
    for start, end in (("18:00", "19:00"), ("19:00", "20:00")):
        someone = make.person(session)
        wish = make.wish(hall, make.organisation(session), someone, make.once("2026-12-01", start, end))
        rows.append(book(session, wish, by=someone.id, now=NOW).occurrences[0])
    swap = swaps.ask(session, *rows, by=rows[0].booking.holder_id, now=NOW)
    swaps.accept(session, swap, by=rows[1].booking.holder_id, now=NOW)
    assert [row.starts_at for row in rows] == [make.at("2026-12-01", "19:00"), make.at("2026-12-01", "18:00")]


def test_a_swap_is_reported_once_and_ends_once(session, times):
    one, other = times
    swap = swaps.ask(session, one, other, by=one.booking.holder_id, now=NOW)
    with pytest.raises(AlreadyThere):
        swaps.ask(session, other, one, by=other.booking.holder_id, now=NOW)
    swaps.decline(session, swap, by=other.booking.holder_id, now=NOW)
    with pytest.raises(NotNow):
        swaps.accept(session, swap, by=other.booking.holder_id, now=NOW)
    assert one.starts_at == make.at("2026-12-01", "18:00")


def test_nobody_swaps_with_themselves_or_with_the_past(session, times):
    one, other = times
    own = make.occurrence(session, one.space, make.span("2026-12-08", "18:00", "19:00"), whose=one.booking.organisation)
    with pytest.raises(BadInput):
        swaps.ask(session, one, own, by=one.booking.holder_id, now=NOW)
    with pytest.raises(InThePast):
        swaps.ask(session, one, other, by=one.booking.holder_id, now=make.at("2026-12-01", "18:00"))


def test_a_swap_into_a_closed_day_changes_nothing(session, times):
    one, other = times
    swap = swaps.ask(session, one, other, by=one.booking.holder_id, now=NOW)
    day = make.at("2026-12-03", "18:00").date()
    session.add(swaps_closed(other, day))
    session.flush()
    with pytest.raises(SpaceClosed), session.begin_nested():
        swaps.accept(session, swap, by=other.booking.holder_id, now=NOW)


def swaps_closed(row, day):
    return ClosedDays(premises_id=row.space.premises_id, first_on=day, last_on=day, name_fi="Siivous")


def test_candidates_are_times_of_others_in_the_same_house(session, times):
    one, other = times
    make.occurrence(session, make.space(session), make.span("2026-12-02", "18:00", "19:00"))
    assert [row.ref for row in swaps.candidates(session, one, NOW)] == [other.ref]
