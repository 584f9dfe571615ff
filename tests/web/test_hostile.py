"""What people who mean no good send, or a slip of the finger: a clear answer, nothing broken, nothing opened."""

from __future__ import annotations

from email.message import EmailMessage

import pytest
from flask import Flask
from marshmallow import ValidationError
from sqlalchemy.orm import Session, sessionmaker

from booking import mail
from booking.roles import Role
from tests.web.conftest import QUIET, ClientAs
from tests.web.town import NOW, Clock, Town
from tests.web.town import client as town_client
from web.app import create_app
from web.forms import Euros

FAR = ["0001-01-01", "9999-12-31", "31.12.9999"]


@pytest.fixture
def walked(app: Flask) -> Flask:
    """The app as people meet it: a crash is an answer 500."""
    app.config |= {"PROPAGATE_EXCEPTIONS": False, "TESTING": False}
    return app


@pytest.mark.parametrize("day", FAR)
def test_days_beyond_all_calendars_are_refused_everywhere(
    walked: Flask, town: Town, client_as: ClientAs, day: str
) -> None:
    place, booking = town.premises.ref, town.occurrence.booking.ref
    here = f"&start=18:00&end=19:00&key={town.occurrence.key}&space={town.space.ref}"
    looked = [
        f"/find?first_on={day}",
        f"/find?first_on=2026-11-25&last_on={day}",
        f"/bookings/{booking}/move?day={day}{here}",
        f"/audit?since={day}&until={day}",
        f"/audit/log?until={day}",
        f"/premises/{place}/closed-days/preview?first_on={day}&last_on={day}&supervision=all&name_fi=x",
    ]
    client = client_as(Role.ADMINISTRATOR)
    assert {url: client.get(url).status_code for url in looked} == dict.fromkeys(looked, 422)
    assert client.post("/audit/export", data={"since": day, "until": day}).status_code == 422


def test_a_number_too_large_for_the_database_is_not_found(walked: Flask, client_as: ClientAs) -> None:
    assert client_as(Role.AUDITOR).get(f"/audit/log/{10**30}").status_code == 404


def test_a_page_with_a_long_address_does_not_spoil_the_cookie_of_signing_in(client_as: ClientAs) -> None:
    client = client_as(None)
    answer = client.get("/sign-in?next=/book?title=" + "a" * 5000)
    assert len(answer.headers.get("Set-Cookie", "")) < 4000
    with client.session_transaction() as session:
        assert session["next"] == "/"


@pytest.fixture
def limited(rolled_back: sessionmaker[Session], settings, clock: Clock) -> Flask:
    """The app with its limits, as it serves people."""
    return create_app(settings, rolled_back, QUIET | {"CLOCK": clock, "RATELIMIT_ENABLED": True})


def test_nobody_tries_addresses_of_calendars_or_of_people_without_end(limited: Flask, town: Town) -> None:
    stranger = town_client(limited, None)
    assert {stranger.get("/feeds/guess.ics").status_code for _ in range(120)} == {404}
    assert stranger.get("/feeds/guess.ics").status_code == 429
    secretary, register = town_client(limited, town.people[Role.SECRETARY]), f"/organisations/{town.organisation.ref}"
    asked = {"email": "kuka@esimerkki.example", "role": "booker", "first_on": "2026-11-24"}
    assert {secretary.post(register, data=asked).status_code for _ in range(60)} == {422}
    assert secretary.post(register, data=asked).status_code == 429


class PostOffice:
    """A transport that keeps what it gets."""

    def __init__(self) -> None:
        self.letters: list[EmailMessage] = []

    def deliver(self, letter: EmailMessage) -> None:
        self.letters.append(letter)


def test_a_line_break_in_a_title_adds_no_header_and_stops_no_letters(
    client_as: ClientAs, town: Town, rolled_back: sessionmaker[Session]
) -> None:
    client, office = client_as(Role.BOOKER), PostOffice()
    asked = {"space": town.space.ref, "day": "2026-11-25", "start": "17:00", "end": "18:00", "people": "10"}
    asked |= {"purpose": "weekly_meeting", "title": "Ilta\r\nBcc: kaikki@esimerkki.example", "group": "children"}
    held = client.post("/book", data=asked | {"under_18": "10", "residents": "10", "under_18_residents": "10"})
    client.post(held.headers["Location"])
    assert mail.send_due(rolled_back, NOW, office, sender="vuoro@esimerkki.example").failed == 0
    told = [letter for letter in office.letters if letter["To"] == town.booker.email]
    assert "Ilta Bcc: kaikki@esimerkki.example" in told[-1]["Subject"].replace("  ", " ")
    assert told[-1]["Bcc"] is None


@pytest.mark.parametrize(
    ("typed", "problem"),
    [
        ("NaN", "not_a_number"),
        ("sNaN", "not_a_number"),
        ("-Infinity", "not_a_number"),
        ("1e9", "too_large"),
        ("-1", "negative"),
    ],
)
def test_an_amount_that_is_none_is_refused(typed: str, problem: str) -> None:
    with pytest.raises(ValidationError, match=problem):
        Euros().deserialize(typed)
