"""The API's looks: who one is, premises, spaces, timetables, free times and rulebooks, and how errors are told."""

from __future__ import annotations

import pytest
from flask import Flask

from booking.models import OrganisationKind
from booking.roles import Role
from tests import make
from tests.web.conftest import ClientAs
from tests.web.town import Town
from web.app import create_app

SCOUTS = {
    "applicant": {"kind": "association", "domicile": "Espoo", "registered": True, "purposes": ["scout"]},
    "time": {"booking_type": "single", "start": "2026-11-28T12:00", "end": "2026-11-28T14:00"},
}


def test_me_tells_roles_and_for_whom_one_books(client_as: ClientAs, town: Town) -> None:
    me = client_as(Role.BOOKER).get("/api/v1/me").json
    assert me["name"] == town.booker.name
    assert me["acting_for"] == {"ref": town.organisation.ref, "name": "Kuusikon Kiipijät ry"}
    assert [role["role"] for role in me["roles"]] == ["booker"]


def test_the_role_of_a_manager_names_the_premises(client_as: ClientAs, town: Town) -> None:
    (role,) = client_as(Role.MANAGER).get("/api/v1/me").json["roles"]
    assert role["premises"]["ref"] == town.premises.ref


def test_nobody_signed_in_gets_a_401_and_not_a_redirect(client_as: ClientAs) -> None:
    answer = client_as(None).get("/api/v1/me")
    assert (answer.status_code, answer.json["code"]) == (401, "sign_in_needed")


def test_premises_come_with_their_spaces_and_those_who_run_them(client_as: ClientAs, town: Town) -> None:
    browser = client_as(None)
    assert town.premises.ref in [place["ref"] for place in browser.get("/api/v1/premises").json]
    whole = browser.get(f"/api/v1/premises/{town.premises.ref}").json
    assert town.space.ref in {space["ref"] for space in whole["spaces"]}
    assert whole["owner"]["name"] == "Keksilän kaupunki"


def test_a_part_names_the_whole_it_belongs_to(client_as: ClientAs, town: Town, rolled_back) -> None:
    with rolled_back.begin() as session:
        whole = make.space(session, town.premises)
        half = make.space(session, town.premises, parent_id=whole.id, name_fi="Puolikas", capacity=9)
    browser = client_as(None)
    assert browser.get(f"/api/v1/spaces/{half.ref}").json["parent"] == whole.ref
    assert browser.get(f"/api/v1/spaces/{whole.ref}").json["parent"] is None


def test_spaces_are_filtered_by_premises_kind_and_size(client_as: ClientAs, town: Town) -> None:
    browser = client_as(None)
    here = f"/api/v1/spaces?premises={town.premises.ref}"
    whole = browser.get(f"/api/v1/premises/{town.premises.ref}").json
    assert {space["ref"] for space in browser.get(here).json} == {space["ref"] for space in whole["spaces"]}
    assert browser.get(f"{here}&people=41").json == []
    assert browser.get(f"{here}&kind=gym,kitchen").json == []


def test_a_timetable_shows_open_closed_taken_and_free(client_as: ClientAs, town: Town) -> None:
    address = f"/api/v1/spaces/{town.space.ref}/timetable?from=2026-11-24&to=2026-11-24"
    table = client_as(None).get(address).json
    assert table["open"] == [{"starts_at": "2026-11-24T06:00:00+00:00", "ends_at": "2026-11-24T20:00:00+00:00"}]
    assert {closed["reason"] for closed in table["closed"]} == {"outside_hours"}
    assert [span["ends_at"] for span in table["free"]] == ["2026-11-24T16:00:00+00:00", "2026-11-24T20:00:00+00:00"]


def test_others_see_in_a_timetable_that_it_is_taken_but_neither_title_nor_booking(
    client_as: ClientAs, town: Town
) -> None:
    address = f"/api/v1/spaces/{town.space.ref}/timetable?from=2026-11-24&to=2026-11-24"
    (taken,) = client_as(None).get(address).json["taken"]
    assert (taken["own"], taken["title"], taken["booking"]) == (False, None, None)
    (own,) = client_as(Role.BOOKER).get(address).json["taken"]
    assert (own["own"], own["title"], own["booking"]) == (True, "Laumailta", town.occurrence.booking.ref)


def test_the_name_of_a_private_person_is_not_told(client_as: ClientAs, town: Town, rolled_back) -> None:
    with rolled_back.begin() as session:
        someone = make.organisation(session, name="Keksi Keksijä", kind=OrganisationKind.PERSON.value)
        make.occurrence(session, town.space, make.span("2026-11-25", "10:00", "11:00"), whose=someone)
    address = f"/api/v1/spaces/{town.space.ref}/timetable?from=2026-11-25&to=2026-11-25"
    (taken,) = client_as(None).get(address).json["taken"]
    assert taken["name"] == ""


def test_free_hours_are_found_and_the_taken_ones_say_why_not(client_as: ClientAs, town: Town) -> None:
    asked = f"/api/v1/free?first_on=2026-11-24&from=18:00&minutes=60&premises={town.premises.ref}"
    found = of_space(client_as(None).get(f"{asked}&to=22:00").json, town)
    assert found["starts"][0] == "2026-11-24T17:30:00+00:00"
    full = of_space(client_as(None).get(f"{asked}&to=19:30").json, town)
    assert (full["starts"], full["obstacles"][0]["problem"]) == ([], "taken")


def of_space(rows, town):
    """The answer for the town's own space."""
    (found,) = (row for row in rows if row["space"] == town.space.ref)
    return found


def test_rulebooks_are_listed_and_explain_needs_neither_sign_in_nor_token(app: Flask, settings, rolled_back) -> None:
    strict = create_app(settings, rolled_back, {"TESTING": True, "RATELIMIT_ENABLED": False}).test_client()
    assert "espoo" in {book["family"] for book in strict.get("/api/v1/rulebooks").json}
    told = strict.post("/api/v1/rulebooks/espoo/explain", json=SCOUTS)
    assert told.status_code == 200
    assert told.json["outcome"]["kind"] == told.json["kind"]
    assert told.json["rulebook"].startswith("espoo-")


def test_the_version_of_a_rulebook_is_that_of_the_day_of_use_or_of_the_day_asked(client_as: ClientAs) -> None:
    browser = client_as(None)
    by_use = browser.post("/api/v1/rulebooks/espoo/explain", json=SCOUTS).json["rulebook"]
    by_day = browser.post("/api/v1/rulebooks/espoo/explain?on=2019-09-01", json=SCOUTS).json["rulebook"]
    assert by_use != by_day


@pytest.mark.parametrize(
    ("facts", "line"),
    [
        ({"applicant": {"kindd": "association"}}, "kindd"),
        ({"audience": {"total": -1}}, "total"),
        ({"time": {"start": "2026-03-29T03:30", "end": "2026-03-29T04:30"}}, "clocks jump"),
        ({"applicant": {"kind": "asociation"}}, 'unknown "asociation"'),
    ],
)
def test_facts_told_wrongly_are_named(client_as: ClientAs, facts, line: str) -> None:
    answer = client_as(None).post("/api/v1/rulebooks/espoo/explain", json=facts)
    assert (answer.status_code, answer.json["code"]) == (422, "bad_input")
    assert line in " ".join(answer.json["facts"]["lines"])


@pytest.mark.parametrize(
    ("address", "status", "code"),
    [
        ("/api/v1/premises/nosuchplace", 404, "not_found"),
        ("/api/v1/spaces/nosuchspace/timetable", 404, "not_found"),
        ("/api/v1/spaces/%00", 404, "not_found"),
        ("/api/v1/nothing", 404, "not_found"),
        ("/api/v1/spaces?people=many", 422, "bad_input"),
        ("/api/v1/free", 422, "bad_input"),
        ("/api/v1/free?first_on=2026-11-24&last_on=2027-11-24", 422, "bad_input"),
        ("/api/v1/free?first_on=2026-11-24&from=20:00&to=18:00", 422, "ends_before_start"),
        ("/api/v1/free?first_on=2027-03-28&from=03:30&to=05:00", 422, "no_such_time"),
        ("/api/v1/free?first_on=2026-11-24&from=25:00", 422, "bad_input"),
        ("/api/v1/free?first_on=2026-11-24&kinds=%00", 422, "bad_input"),
        ("/api/v1/free?first_on=0001-01-01", 422, "bad_input"),
    ],
)
def test_a_bad_address_is_told_in_the_one_shape(
    client_as: ClientAs, town: Town, address: str, status: int, code: str
) -> None:
    answer = client_as(None).get(address)
    assert (answer.status_code, answer.json["code"]) == (status, code)
    assert set(answer.json) == {"code", "message", "facts"}


def test_days_in_the_wrong_order_or_too_many_are_refused(client_as: ClientAs, town: Town) -> None:
    for days in ("from=2026-11-24&to=2026-11-23", "from=2026-01-01&to=2026-12-31"):
        answer = client_as(None).get(f"/api/v1/spaces/{town.space.ref}/timetable?{days}")
        assert (answer.status_code, answer.json["facts"]["field"]) == (422, "to")


def test_a_method_that_is_not_allowed_says_which_are(client_as: ClientAs) -> None:
    answer = client_as(None).delete("/api/v1/premises")
    assert (answer.status_code, answer.json["code"]) == (405, "method_not_allowed")
    assert set(answer.headers["Allow"].split(", ")) == {"GET", "HEAD", "OPTIONS"}


def test_errors_speak_the_readers_language(client_as: ClientAs) -> None:
    said = [client_as(None, language=one).get("/api/v1/me").json["message"] for one in ("fi", "sv", "en")]
    assert len(set(said)) == 3


def test_the_document_names_no_other_site(client_as: ClientAs) -> None:
    answer = client_as(None).get("/api/openapi.json")
    assert answer.json["openapi"].startswith("3.1")
    assert "http" not in answer.text
