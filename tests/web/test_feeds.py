"""Calendar addresses: secret, revocable, and telling no more than their owner may see."""

import re
from datetime import date, timedelta

import pytest
from icalendar import Calendar

from booking import bookings, roles
from booking.feeds import by_token
from booking.roles import Role
from tests import make


def made(client, **asked) -> str:
    """The path of a new address."""
    client.post("/calendars", data=asked)
    page = client.get("/calendars").text
    return re.search(r'id="address" readonly value="[^"]*(/feeds/[^"]+)"', page)[1]


def events(answer) -> dict[str, str]:
    return {str(event["UID"]): str(event["SUMMARY"]) for event in Calendar.from_ical(answer.data).walk("VEVENT")}


def test_an_address_is_shown_once(client_as, town):
    client = client_as(town.booker)
    path = made(client, of="me")
    assert path not in client.get("/calendars").text
    assert "End the address" in client.get("/calendars").text


def test_ones_own_times_have_their_titles_and_stable_ids(client_as, town):
    path = made(client_as(town.booker), of="me")
    answer = client_as(None).get(path)
    assert events(answer)[f"{town.occurrence.ref}@vuoro.example"] == "Laumailta"
    assert set(events(answer).values()) == {"Laumailta"}
    assert b"BEGIN:VTIMEZONE" in answer.data
    assert b"DTSTART;TZID=Europe/Helsinki:20261124T180000" in answer.data


def test_what_others_booked_in_a_space_is_only_taken(client_as, town):
    path = made(client_as(Role.BOOKER, stranger=True), of="space", space=town.space.ref)
    assert set(events(client_as(None).get(path)).values()) == {"Varattu"}


def test_who_no_longer_acts_for_the_organisation_sees_titles_no_more(client_as, town, rolled_back, clock):
    secretary = town.people[Role.SECRETARY]
    path = made(client_as(secretary), of="organisation", organisation=town.organisation.ref)
    assert set(events(client_as(None).get(path)).values()) >= {"Laumailta"}
    with rolled_back.begin() as session:
        for grant in roles.roles_of(session, secretary.id, clock.at.date(), at=clock.at):
            roles.end(session, grant.ref, by=secretary.id, now=clock.at, last_on=clock.at.date() - timedelta(days=1))
    seen = set(events(client_as(None).get(path)).values())
    assert "Varattu" in seen
    assert "Laumailta" not in seen


def test_an_ended_address_is_gone(client_as, town):
    client = client_as(town.booker)
    path = made(client, of="me")
    client.post(re.search(r"/calendars/\w+/end", client.get("/calendars").text)[0])
    assert client_as(None).get(path).status_code == 410
    assert client_as(None).get("/feeds/guessed.ics").status_code == 404


def test_nobody_ends_the_address_of_another(client_as, town):
    client = client_as(town.booker)
    path = made(client, of="me")
    end = re.search(r"/calendars/\w+/end", client.get("/calendars").text)[0]
    assert client_as(Role.SECRETARY).post(end).status_code == 404
    assert client_as(None).get(path).status_code == 200


def test_an_unchanged_calendar_is_not_sent_again(client_as, town, clock):
    path = made(client_as(town.booker), of="me")
    first = client_as(None).get(path)
    clock.at += timedelta(minutes=5)
    again = client_as(None).get(path, headers={"If-None-Match": first.headers["ETag"]})
    assert again.status_code == 304


def test_a_cancelled_time_is_told_as_cancelled_with_a_grown_sequence(client_as, town, rolled_back, clock):
    path = made(client_as(town.booker), of="me")
    with rolled_back.begin() as session:
        booking = bookings.booking_of(session, town.occurrence.booking.ref)
        bookings.cancel(session, booking.occurrences, by=town.booker.id, now=clock.at)
    event = Calendar.from_ical(client_as(None).get(path).data).walk("VEVENT")[0]
    assert (event["STATUS"], event["SEQUENCE"]) == ("CANCELLED", 1)


def test_the_time_of_last_use_is_noted(client_as, town, rolled_back, clock):
    path = made(client_as(town.booker), of="me")
    client_as(None).get(path)
    with rolled_back() as session:
        assert by_token(session, path.removeprefix("/feeds/").removesuffix(".ics")).last_used_at == clock.at


@pytest.mark.parametrize("asked", [{}, {"of": "everybody"}, {"of": "organisation", "organisation": "someone-else"}])
def test_an_address_of_nothing_is_refused(client_as, town, asked):
    assert client_as(town.booker).post("/calendars", data=asked).status_code == 422


def test_a_time_that_stays_at_18_over_the_change_of_clocks_does_so_in_the_calendar(client_as, town, rolled_back):
    with rolled_back.begin() as session:
        pattern = make.Pattern(date(2027, 3, 21), date(2027, 4, 4), 18 * 60, 19 * 60, (6,))
        wish = make.wish(town.space, town.organisation, town.booker, pattern, regular=True)
        bookings.book(session, wish, by=town.booker.id, now=make.at("2026-11-24", "12:00"))
    calendar = Calendar.from_ical(client_as(None).get(made(client_as(town.booker), of="me")).data)
    starts = {event["DTSTART"].dt.hour for event in calendar.walk("VEVENT")}
    assert starts == {18}
