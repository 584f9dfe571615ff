"""Moving, cancelling with undo, and adding a date again."""

import re
from datetime import date, timedelta

import pytest
from sqlalchemy import select

from booking import bookings
from booking.core.pattern import Pattern
from booking.models import ClosedDays, Letter, Occurrence
from booking.roles import Role, roles_of
from tests import make
from tests.web.test_booking import plain, states


@pytest.fixture
def series(town, rolled_back):
    """Tuesdays 12.1.–2.2.2027 at 17–18.30, for the troop."""
    pattern = Pattern(date(2027, 1, 12), date(2027, 2, 2), 17 * 60, 18 * 60 + 30, (1,))
    with rolled_back.begin() as session:
        wish = make.wish(town.space, town.organisation, town.booker, pattern, regular=True)
        return bookings.book(session, wish, by=town.booker.id, now=make.at("2026-11-24", "12:00"))


def starts(rolled_back, booking) -> list[str]:
    with rolled_back() as session:
        query = select(Occurrence).where(Occurrence.booking_id == booking.id).order_by(Occurrence.starts_at)
        return [row.starts_at.astimezone(make.HELSINKI).strftime("%d.%m. %H:%M") for row in session.scalars(query)]


def test_a_move_is_shown_before_it_is_made(client_as, town, series, rolled_back):
    client = client_as(town.booker)
    asked = {"key": "2027-01-19", "scope": "following", "day": "2027-01-20", "start": "16:00", "end": "17:30"}
    asked |= {"space": town.space.ref}
    page = client.get(f"/bookings/{series.ref}/move", query_string=asked)
    assert "Move 3 times" in plain(page.text)
    assert starts(rolled_back, series)[1] == "19.01. 17:00"
    client.post(f"/bookings/{series.ref}/move", data=asked)
    assert starts(rolled_back, series) == ["12.01. 17:00", "20.01. 16:00", "27.01. 16:00", "03.02. 16:00"]


def test_a_time_moved_by_a_quarter_of_an_hour_is_one_message(client_as, town, series, rolled_back):
    """DA4: one message to the customer, with the calendar entry at its new time."""
    with rolled_back() as session:
        before = set(session.scalars(select(Letter.id)))
    asked = {"key": "2027-01-19", "day": "2027-01-19", "start": "17:15", "end": "18:45", "space": town.space.ref}
    client_as(town.booker).post(f"/bookings/{series.ref}/move", data=asked)
    with rolled_back() as session:
        [letter] = [one for one in session.scalars(select(Letter)) if one.id not in before]
    assert letter.address == town.booker.email
    assert "DTSTART;TZID=Europe/Helsinki:20270119T171500" in letter.attachment


def test_a_move_onto_somebody_else_moves_nothing(client_as, town, series, rolled_back):
    asked = {"key": "2027-01-19", "day": "2026-11-24", "start": "18:00", "end": "19:30", "space": town.space.ref}
    client = client_as(town.booker)
    assert "Somebody else has the space then" in plain(
        client.get(f"/bookings/{series.ref}/move", query_string=asked).text
    )
    answer = client.post(f"/bookings/{series.ref}/move", data=asked)
    assert answer.status_code == 422
    assert starts(rolled_back, series)[1] == "19.01. 17:00"


def test_cancelling_asks_first_and_can_be_undone_for_ten_minutes(client_as, town, series, rolled_back, clock):
    client = client_as(town.booker)
    asked = {"key": "2027-01-19", "scope": "following"}
    page = plain(client.get(f"/bookings/{series.ref}/cancel", query_string=asked).text)
    assert "These 3 times would be cancelled" in page
    assert states(rolled_back, series.ref) == ["confirmed"] * 4
    client.post(f"/bookings/{series.ref}/cancel", data=asked)
    assert states(rolled_back, series.ref) == ["confirmed", "cancelled", "cancelled", "cancelled"]
    assert "Undo" in client.get(f"/bookings/{series.ref}").text
    client.post(f"/bookings/{series.ref}/restore", data={"key": "2027-01-26"})
    assert states(rolled_back, series.ref) == ["confirmed"] * 4


def test_after_ten_minutes_there_is_no_undo(client_as, town, series, clock):
    client = client_as(town.booker)
    client.post(f"/bookings/{series.ref}/cancel", data={"key": "2027-01-19"})
    clock.at += timedelta(minutes=11)
    page = client.get(f"/bookings/{series.ref}").text
    assert "Undo" not in page
    assert "Add this date again" in page
    assert client.post(f"/bookings/{series.ref}/restore", data={"key": "2027-01-19"}).status_code == 409


def test_cancelling_twice_is_harmless(client_as, town, series, rolled_back):
    client = client_as(town.booker)
    answers = [client.post(f"/bookings/{series.ref}/cancel", data={"key": "2027-01-19"}) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [302, 302]
    assert states(rolled_back, series.ref) == ["confirmed", "cancelled", "confirmed", "confirmed"]


def test_the_letter_of_a_cancellation_cancels_the_event(client_as, town, series, rolled_back):
    client_as(town.booker).post(f"/bookings/{series.ref}/cancel", data={"key": "2027-01-19"})
    with rolled_back() as session:
        letter = session.scalars(select(Letter).order_by(Letter.id.desc())).first()
    assert letter.subject.startswith("Peruttu: Laumailta")
    assert "METHOD:CANCEL" in letter.attachment
    assert "SEQUENCE:1" in letter.attachment


def test_a_refused_date_is_added_when_what_stood_against_it_is_gone(client_as, town, rolled_back):
    day = date(2027, 1, 19)
    with rolled_back.begin() as session:
        session.add(
            ClosedDays(premises_id=town.premises.id, first_on=day, last_on=day, name_fi="Vahaus", name_en="Wax")
        )
        session.flush()
        pattern = Pattern(date(2027, 1, 12), date(2027, 1, 26), 17 * 60, 18 * 60, (1,))
        wish = make.wish(town.space, town.organisation, town.booker, pattern, regular=True)
        ref = bookings.book(session, wish, by=town.booker.id, now=make.at("2026-11-24", "12:00")).ref
    client = client_as(town.booker)
    assert "Closed: Wax" in plain(client.get(f"/bookings/{ref}").text)
    assert client.post(f"/bookings/{ref}/readd", data={"key": "2027-01-19"}).status_code == 409
    with rolled_back.begin() as session:
        session.query(ClosedDays).delete()
    assert "The time is free" in client.get(f"/bookings/{ref}/readd?key=2027-01-19").text
    client.post(f"/bookings/{ref}/readd", data={"key": "2027-01-19"})
    assert states(rolled_back, ref) == ["confirmed"] * 3


@pytest.mark.parametrize("role", [Role.SECRETARY, Role.MANAGER, Role.OPERATOR, Role.ADMINISTRATOR])
def test_the_organisation_and_the_house_may_cancel(client_as, town, series, rolled_back, role):
    assert client_as(role).post(f"/bookings/{series.ref}/cancel", data={"key": "2027-01-19"}).status_code == 302
    assert "cancelled" in states(rolled_back, series.ref)


@pytest.mark.parametrize("role", [Role.SECRETARY, Role.BOOKER, Role.MANAGER, Role.OPERATOR])
def test_nobody_from_elsewhere_may(client_as, town, series, rolled_back, role):
    answer = client_as(role, stranger=True).post(f"/bookings/{series.ref}/cancel", data={"key": "2027-01-19"})
    assert answer.status_code == 403
    assert states(rolled_back, series.ref) == ["confirmed"] * 4


def test_the_past_is_never_rewritten(client_as, town, series, rolled_back, clock):
    clock.at = make.at("2027-01-19", "17:10")
    page = client_as(town.booker).get(f"/bookings/{series.ref}").text
    assert not re.search(r"cancel\?key=2027-01-1[29]", page)
    client_as(town.booker).post(f"/bookings/{series.ref}/cancel", data={"key": "2027-01-26", "scope": "all"})
    assert states(rolled_back, series.ref) == ["confirmed", "confirmed", "cancelled", "cancelled"]


def test_who_has_left_the_organisation_changes_its_bookings_no_more(client_as, town, series, rolled_back):
    with rolled_back.begin() as session:
        for grant in roles_of(session, town.booker.id, date(2026, 11, 24), at=make.LONG_AGO):
            grant.last_on = date(2026, 11, 23)
    for way in ("cancel", "move", "restore", "readd"):
        answer = client_as(town.booker).post(f"/bookings/{series.ref}/{way}", data={"key": "2027-01-19"})
        assert answer.status_code == 403
    assert states(rolled_back, series.ref) == ["confirmed"] * 4


def test_the_caretaker_cancels_what_they_noted_for_a_caller_and_nothing_else(client_as, town, series, rolled_back):
    caretaker = client_as(Role.CARETAKER)
    assert caretaker.post(f"/bookings/{series.ref}/cancel", data={"key": "2027-01-19"}).status_code == 403
    pattern = Pattern.once(date(2027, 3, 2), 17 * 60, 18 * 60)
    with rolled_back.begin() as session:
        wish = make.wish(town.space, town.organisation, town.booker, pattern)
        by = town.people[Role.CARETAKER].id
        noted = bookings.book(session, wish, by=by, now=make.at("2026-11-24", "12:00"))
    assert f"/bookings/{noted.ref}/cancel" in caretaker.get(f"/bookings/{noted.ref}").text
    assert caretaker.post(f"/bookings/{noted.ref}/cancel", data={"key": "2027-03-02"}).status_code == 302
    assert states(rolled_back, noted.ref) == ["cancelled"]


def test_staff_of_one_house_moves_nothing_into_another(client_as, town, series, rolled_back):
    with rolled_back.begin() as session:
        elsewhere = make.space(session, name_fi="Muu sali").ref
    asked = {"key": "2027-01-19", "day": "2027-01-19", "start": "17:00", "end": "18:30", "space": elsewhere}
    manager = client_as(Role.MANAGER)
    assert manager.post(f"/bookings/{series.ref}/move", data=asked).status_code == 403
    assert manager.post(f"/api/v1/bookings/{series.ref}/move", json=asked).status_code == 403
    assert starts(rolled_back, series)[1] == "19.01. 17:00"
