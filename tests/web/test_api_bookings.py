"""Booking through the API: the same rules and the same choices as on the pages; what is refused changes nothing."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session, sessionmaker

from booking.models import Booking, Letter, Occupancy, Occurrence
from booking.roles import Role
from tests import make
from tests.web.conftest import ClientAs
from tests.web.town import Clock, Town
from web.app import create_app

CHILDREN = {
    "under_18": 18,
    "residents": 20,
    "under_18_residents": 18,
    "targets_residents": True,
    "group": "children",
}
Sessions = sessionmaker[Session]


def wish(town: Town, **changes: Any) -> dict[str, Any]:
    """The scouts' Wednesday evening, 18–19.30."""
    usual = {
        "space": town.space.ref,
        "title": "Laumailta",
        "purpose": "weekly_meeting",
        "people": 20,
        "audience": CHILDREN,
        "day": "2026-11-25",
        "start": "18:00",
        "end": "19:30",
    }
    return usual | changes


def weekly(town: Town, **changes: Any) -> dict[str, Any]:
    """Tuesdays from today: the first one is taken already."""
    return wish(town, **{"day": "2026-11-24", "series": {"last_on": "2026-12-01"}} | changes)


def counts(sessions: Sessions) -> list[int]:
    with sessions() as session:
        return [
            session.scalar(select(func.count()).select_from(table)) or 0
            for table in (Booking, Occurrence, Occupancy, Letter)
        ]


def state_of(browser: FlaskClient, ref: str) -> list[str]:
    return [time["state"] for time in browser.get(f"/api/v1/bookings/{ref}").json["times"]]


@pytest.fixture
def booker(client_as: ClientAs) -> FlaskClient:
    return client_as(Role.BOOKER)


def booked(browser: FlaskClient, asked: dict[str, Any]) -> dict[str, Any]:
    answer = browser.post("/api/v1/bookings", json=asked)
    assert answer.status_code == 201, answer.text
    return dict(answer.json)


def test_a_quote_tells_class_price_and_why_and_books_nothing(
    booker: FlaskClient, town: Town, rolled_back: Sessions
) -> None:
    before = counts(rolled_back)
    quoted = booker.post("/api/v1/quotes", json=wish(town)).json
    (one,) = quoted["dates"]
    assert (quoted["possible"], one["possible"], one["kind"], one["price_cents"]) == (1, True, "granted", 0)
    assert all(reason["decision"] and reason["source"] for reason in one["outcome"]["reasons"])
    assert counts(rolled_back) == before


def test_a_quote_lists_every_date_of_a_series_with_what_is_against_it(booker: FlaskClient, town: Town) -> None:
    dates = booker.post("/api/v1/quotes", json=weekly(town, series={"last_on": "2026-12-15"})).json["dates"]
    assert [one["day"] for one in dates] == ["2026-11-24", "2026-12-01", "2026-12-08", "2026-12-15"]
    assert [[why["problem"] for why in one["obstacles"]] for one in dates] == [["taken"], [], ["closed_day"], []]
    assert dates[2]["obstacles"][0]["names"]["fi"] == "Lattian vahaus"


def test_a_single_time_is_booked_and_its_letter_written(booker: FlaskClient, town: Town, rolled_back: Sessions) -> None:
    answer = booker.post("/api/v1/bookings", json=wish(town))
    assert answer.status_code == 201
    assert booker.get(answer.headers["Location"]).json == answer.json
    (time,) = answer.json["times"]
    assert (time["state"], time["starts_at"], time["price_cents"]) == ("confirmed", "2026-11-25T16:00:00+00:00", 0)
    with rolled_back() as session:
        assert session.scalar(select(Letter).where(Letter.subject.contains("Laumailta"))) is not None


def test_a_series_books_the_rest_when_a_date_is_impossible(booker: FlaskClient, town: Town) -> None:
    """Acceptance C3: the API has the same option as the pages."""
    made = booked(booker, weekly(town))
    told = [(time["key"], time["state"], time["reason"]) for time in made["times"]]
    assert told[0] == ("2026-11-24", "refused", "taken")
    assert told[1:] == [("2026-12-01", "confirmed", "")]


def test_all_or_nothing_books_nothing_when_a_date_is_impossible(
    booker: FlaskClient, town: Town, rolled_back: Sessions
) -> None:
    before = counts(rolled_back)
    answer = booker.post("/api/v1/bookings", json=weekly(town, all_or_nothing=True))
    assert (answer.status_code, answer.json["code"]) == (409, "not_whole")
    assert answer.json["facts"]["dates"] == [{"day": "2026-11-24", "reason": "taken"}]
    assert counts(rolled_back) == before


def test_all_or_nothing_books_all_when_all_are_possible(booker: FlaskClient, town: Town) -> None:
    asked = wish(town, series={"last_on": "2026-12-09", "weekdays": [2]}, all_or_nothing=True)
    assert [time["state"] for time in booked(booker, asked)["times"]] == ["confirmed"] * 3


def test_a_series_keeps_its_wall_time_across_the_change_of_clocks(booker: FlaskClient, town: Town) -> None:
    made = booked(booker, wish(town, day="2027-03-24", series={"last_on": "2027-03-31", "weekdays": [2]}))
    assert [time["starts_at"][11:16] for time in made["times"]] == ["16:00", "15:00"]


def test_an_end_at_midnight_is_the_end_of_the_day(booker: FlaskClient, town: Town) -> None:
    for end in ("00:00", "24:00"):
        (one,) = booker.post("/api/v1/quotes", json=wish(town, end=end)).json["dates"]
        assert one["ends_at"] == "2026-11-25T22:00:00+00:00"


BAD: list[tuple[dict[str, Any], int, str]] = [
    ({"day": "2026-11-24"}, 409, "space_taken"),
    ({"day": "2026-11-23"}, 409, "in_the_past"),
    ({"start": "06:00", "end": "07:00"}, 409, "space_closed"),
    ({"day": "2026-12-25"}, 409, "space_closed"),
    ({"day": "2027-03-28", "start": "03:30", "end": "05:00"}, 422, "no_such_time"),
    ({"end": "17:00"}, 422, "ends_before_start"),
    ({"start": "18:07"}, 422, "bad_length"),
    ({"end": "18:15"}, 422, "bad_length"),
    ({"space": "nosuchspace"}, 404, "not_found"),
    ({"space": "no such space"}, 422, "bad_input"),
    ({"space": "a\x00b"}, 422, "bad_input"),
    ({"organisation": "nosuchone"}, 403, "not_allowed"),
    ({"people": 0}, 422, "bad_input"),
    ({"people": 41}, 422, "bad_input"),
    ({"people": "20"}, 422, "bad_input"),
    ({"people": 20.5}, 422, "bad_input"),
    ({"people": 10**30}, 422, "bad_input"),
    ({"title": "  "}, 422, "bad_input"),
    ({"title": "x" * 81}, 422, "bad_input"),
    ({"title": "a\x00b"}, 422, "bad_input"),
    ({"title": None}, 422, "bad_input"),
    ({"purpose": "sorcery"}, 422, "bad_input"),
    ({"audience": {"under_18": 21}}, 422, "bad_input"),
    ({"audience": {"colour": "blue"}}, 422, "bad_input"),
    ({"audience": []}, 422, "bad_input"),
    ({"day": "24.11.2026"}, 422, "bad_input"),
    ({"day": "0001-01-01"}, 422, "bad_input"),
    ({"day": "2099-01-01"}, 422, "bad_input"),
    ({"start": "18.00"}, 422, "bad_input"),
    ({"start": "25:00"}, 422, "bad_input"),
    ({"series": {"last_on": "2026-11-24"}}, 422, "bad_input"),
    ({"series": {"last_on": "2027-06-01", "weekdays": [7]}}, 422, "bad_input"),
    ({"series": {"last_on": "2026-12-01", "every_weeks": 0}}, 422, "bad_input"),
    ({"series": {"last_on": "2026-11-26", "weekdays": [0]}}, 422, "bad_input"),
    ({"surprise": 1}, 422, "bad_input"),
]


def test_every_bad_wish_has_a_code_of_its_own_and_changes_nothing(
    booker: FlaskClient, town: Town, rolled_back: Sessions
) -> None:
    before, wrong = counts(rolled_back), []
    for changes, status, code in BAD:
        answer = booker.post("/api/v1/bookings", json=wish(town) | changes)
        if (answer.status_code, answer.json["code"]) != (status, code) or not answer.json["message"]:
            wrong.append((changes, answer.text))
        if counts(rolled_back) != before:
            wrong.append((changes, "something was changed"))
    assert wrong == []


BODIES: list[tuple[bytes, str, int]] = [
    (b"{", "application/json", 400),
    (b"\xff\xfe", "application/json", 400),
    (b"[" * 100_000, "application/json", 400),
    (b'{"people": ' + b"9" * 5000 + b"}", "application/json", 400),
    (b"[]", "application/json", 422),
    (b'"text"', "application/json", 422),
    (b"null", "application/json", 422),
    (b"", "application/json", 422),
    (b"space=x", "application/x-www-form-urlencoded", 422),
]


def test_a_body_that_is_no_wish_is_refused_in_the_one_shape(booker: FlaskClient, town: Town) -> None:
    for body, kind, status in BODIES:
        answer = booker.post("/api/v1/bookings", data=body, content_type=kind)
        assert (answer.status_code, set(answer.json)) == (status, {"code", "message", "facts"}), body[:20]


def test_a_use_that_the_rules_exclude_is_refused_with_the_row_that_decided(
    booker: FlaskClient, town: Town, rolled_back: Sessions
) -> None:
    with rolled_back.begin() as session:
        party = make.organisation(session, kind="party_branch", purposes=["party_political"])
        make.role(session, town.booker, Role.BOOKER, organisation_id=party.id)
        school = make.premises(session, kind="school", name_fi="Keksilän koulu")
        gym = make.space(session, school, kind="gym")
    asked = wish(town, space=gym.ref, organisation=party.ref, purpose="political", audience={})
    answer = booker.post("/api/v1/bookings", json=asked)
    assert (answer.status_code, answer.json["code"]) == (409, "rule_refuses"), answer.text
    outcome = answer.json["facts"]["outcome"]
    assert outcome["kind"] in {"refused", "redirected"}
    assert outcome["reasons"][0]["decision"]


def test_without_the_token_of_the_session_nothing_is_changed(
    settings, rolled_back: Sessions, town: Town, clock: Clock
) -> None:
    from tests.web import town as towns

    app = create_app(settings, rolled_back, {"TESTING": True, "RATELIMIT_ENABLED": False, "CLOCK": clock})
    browser = towns.client(app, town.booker)
    before = counts(rolled_back)
    answer = browser.post("/api/v1/bookings", json=wish(town))
    assert (answer.status_code, answer.json["code"]) == (400, "csrf")
    assert counts(rolled_back) == before
    token = browser.get("/api/v1/me").json["csrf_token"]
    assert browser.post("/api/v1/bookings", json=wish(town), headers={"X-CSRFToken": token}).status_code == 201


def test_others_do_not_see_a_booking_and_cannot_touch_it(client_as: ClientAs, town: Town, booker: FlaskClient) -> None:
    made = booked(booker, wish(town))
    stranger = client_as(Role.BOOKER, stranger=True)
    ref, key = made["ref"], made["times"][0]["key"]
    assert stranger.get(f"/api/v1/bookings/{ref}").status_code == 404
    for act in ("cancel", "restore", "readd"):
        assert stranger.post(f"/api/v1/bookings/{ref}/{act}", json={"key": key}).status_code == 404
    assert state_of(booker, ref) == ["confirmed"]


def test_a_key_holder_sees_a_booking_of_the_group_but_may_not_cancel_it(
    client_as: ClientAs, town: Town, booker: FlaskClient
) -> None:
    made = booked(booker, wish(town))
    keys = client_as(Role.KEY_HOLDER)
    assert keys.get(f"/api/v1/bookings/{made['ref']}").status_code == 200
    answer = keys.post(f"/api/v1/bookings/{made['ref']}/cancel", json={"key": "2026-11-25"})
    assert (answer.status_code, answer.json["code"]) == (403, "not_allowed")


def test_staff_books_on_behalf_of_who_phoned_at_their_own_premises_only(client_as: ClientAs, town: Town) -> None:
    asked = wish(town, organisation=town.organisation.ref, holder=town.booker.ref)
    made = booked(client_as(Role.CARETAKER), asked)
    assert made["holder"]["ref"] == town.booker.ref
    elsewhere = client_as(Role.CARETAKER, stranger=True).post("/api/v1/bookings", json=asked | {"day": "2026-11-26"})
    assert elsewhere.status_code == 403


def test_cancelling_frees_the_time_at_once_and_can_be_taken_back(
    booker: FlaskClient, town: Town, client_as: ClientAs
) -> None:
    ref = booked(booker, wish(town))["ref"]
    gone = booker.post(f"/api/v1/bookings/{ref}/cancel", json={"key": "2026-11-25", "reason": "sairastui"}).json
    assert (gone["times"][0]["state"], gone["times"][0]["reason"]) == ("cancelled", "sairastui")
    assert booker.post("/api/v1/quotes", json=wish(town)).json["possible"] == 1
    back = booker.post(f"/api/v1/bookings/{ref}/restore", json={"key": "2026-11-25"})
    assert (back.status_code, state_of(booker, ref)) == (200, ["confirmed"])


def test_a_cancellation_of_long_ago_is_not_taken_back(booker: FlaskClient, town: Town, clock: Clock) -> None:
    ref = booked(booker, wish(town))["ref"]
    booker.post(f"/api/v1/bookings/{ref}/cancel", json={"key": "2026-11-25"})
    clock.at += timedelta(hours=3)
    answer = booker.post(f"/api/v1/bookings/{ref}/restore", json={"key": "2026-11-25"})
    assert (answer.status_code, answer.json["code"]) == (409, "not_now")


def test_cancelling_this_and_the_following_leaves_the_earlier_ones(booker: FlaskClient, town: Town) -> None:
    ref = booked(booker, wish(town, series={"last_on": "2026-12-09", "weekdays": [2]}))["ref"]
    booker.post(f"/api/v1/bookings/{ref}/cancel", json={"key": "2026-12-02", "scope": "following"})
    assert state_of(booker, ref) == ["confirmed", "cancelled", "cancelled"]
    again = booker.post(f"/api/v1/bookings/{ref}/cancel", json={"key": "2026-12-02", "scope": "one"})
    assert (again.status_code, again.json["code"]) == (409, "not_now")


def test_moving_a_series_moves_every_time_by_as_many_days(booker: FlaskClient, town: Town) -> None:
    ref = booked(booker, wish(town, series={"last_on": "2026-12-02", "weekdays": [2]}))["ref"]
    new = {"key": "2026-11-25", "scope": "all", "day": "2026-11-26", "start": "17:00", "end": "18:00"}
    moved = booker.post(f"/api/v1/bookings/{ref}/move", json=new).json
    starts = [time["starts_at"][:16] for time in moved["times"]]
    assert starts == ["2026-11-26T15:00", "2026-12-03T15:00"]
    assert [time["key"] for time in moved["times"]] == ["2026-11-25", "2026-12-02"]


def test_a_move_onto_somebody_elses_time_moves_nothing(booker: FlaskClient, town: Town) -> None:
    made = booked(booker, wish(town))
    new = {"key": "2026-11-25", "day": "2026-11-24", "start": "18:00", "end": "19:00"}
    answer = booker.post(f"/api/v1/bookings/{made['ref']}/move", json=new)
    assert (answer.status_code, answer.json["code"]) == (409, "space_taken")
    assert booker.get(f"/api/v1/bookings/{made['ref']}").json == made


def test_a_refused_date_is_added_when_it_has_become_free(booker: FlaskClient, town: Town, client_as: ClientAs) -> None:
    ref = booked(booker, weekly(town))["ref"]
    assert booker.post(f"/api/v1/bookings/{ref}/readd", json={"key": "2026-11-24"}).status_code == 409
    taken = town.occurrence
    booker.post(f"/api/v1/bookings/{taken.booking.ref}/cancel", json={"key": taken.key})
    answer = booker.post(f"/api/v1/bookings/{ref}/readd", json={"key": "2026-11-24"})
    assert (answer.status_code, state_of(booker, ref)) == (200, ["confirmed"] * 2)


@pytest.mark.parametrize("act", ["cancel", "move", "restore", "readd"])
def test_a_change_of_a_time_that_is_not_there_is_refused(booker: FlaskClient, town: Town, act: str) -> None:
    ref = booked(booker, wish(town))["ref"]
    new = {"day": "2026-11-27", "start": "18:00", "end": "19:00"} if act == "move" else {}
    answer = booker.post(f"/api/v1/bookings/{ref}/{act}", json={"key": "2026-11-30"} | new)
    assert (answer.status_code, answer.json["code"]) == (404, "not_found")
    assert booker.post(f"/api/v1/bookings/{ref}/{act}", json={}).status_code == 422
