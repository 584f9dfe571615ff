"""Applying for a season by program."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from booking.models import Letter
from booking.roles import Role
from tests.booking.rounds import make_rounds


@pytest.fixture
def round_(rolled_back, town):
    with rolled_back.begin() as db:
        return make_rounds.a_round(db, spaces=[town.space])


@pytest.fixture
def url(round_):
    return f"/api/v1/rounds/{round_.ref}/applications"


@pytest.fixture
def section(town):
    windows = [{"weekday": 1, "start": "17:00", "end": "24:00"}]
    asked = {"name": "Sudenpennut", "purpose": "weekly_meeting", "people": 20, "min_minutes": 60, "windows": windows}
    return asked | {"options": [{"space": town.space.ref}, {"kind": "hall"}], "audience": {"under_18": 18}}


@pytest.fixture
def client(client_as):
    return client_as(Role.SECRETARY)


def test_an_application_is_begun_changed_and_sent(session, client, url, section, town):
    made = client.post(url, json={"organisation": town.organisation.ref, "sections": [section]})
    assert (made.status_code, made.json["state"], made.json["editable"]) == (201, "draft", True)
    (kept,) = made.json["sections"]
    assert (kept["windows"][0]["end"], kept["max_minutes"], kept["lacking"]) == ("24:00", 60, [])
    here = made.headers["Location"]
    assert client.get(here).json == made.json
    more = section | {"ref": kept["ref"], "people": 25}
    asked = {"revision": made.json["revision"], "sections": [more, section | {"name": "Toiset"}], "send": True}
    sent = client.patch(here, json=asked).json
    assert (sent["state"], [one["people"] for one in sent["sections"]]) == ("sent", [25, 20])
    assert client.get(url).json == [sent]
    assert session.scalar(select(Letter).where(Letter.subject.contains("Kevät 2027"))) is not None


def test_a_change_of_what_somebody_changed_meanwhile_is_refused_whole(client, url, section, town):
    made = client.post(url, json={"organisation": town.organisation.ref, "sections": [section]})
    here, revision = made.headers["Location"], made.json["revision"]
    client.patch(here, json={"revision": revision, "note": "Ensin"})
    late = client.patch(here, json={"revision": revision, "note": "Toiseksi", "sections": [section]})
    assert (late.status_code, late.json["code"]) == (409, "changed_meanwhile")
    assert (client.get(here).json["note"], len(client.get(here).json["sections"])) == ("Ensin", 1)


def test_what_is_wrong_is_named_by_section_and_field(client, url, section, town):
    wrong = section | {"min_minutes": 50, "max_minutes": 60, "audience": {"under_18": 21}}
    told = client.post(url, json={"organisation": town.organisation.ref, "sections": [section, wrong]})
    assert (told.status_code, told.json["code"], told.json["facts"]["section"]) == (422, "bad_input", 1)
    assert [(one["field"], one["problem"]) for one in told.json["facts"]["faults"]] == [
        ("under_18", "more_than_people"),
        ("min_minutes", "round_grid"),
    ]
    assert client.get(url).json == []


def test_an_incomplete_application_is_kept_but_not_sent(client, url, section, town):
    bare = section | {"windows": []}
    made = client.post(url, json={"organisation": town.organisation.ref, "sections": [bare]})
    assert [one["problem"] for one in made.json["sections"][0]["lacking"]] == ["windows_missing"]
    sent = client.patch(made.headers["Location"], json={"revision": made.json["revision"], "send": True})
    assert (sent.status_code, sent.json["code"]) == (422, "incomplete")
    assert sent.json["facts"]["sections"][0]["name"] == "Sudenpennut"


def test_a_section_is_removed(client, url, section, town):
    made = client.post(url, json={"organisation": town.organisation.ref, "sections": [section]}).json
    here = f"{url}/{made['ref']}"
    asked = {"revision": made["revision"], "remove": [made["sections"][0]["ref"]]}
    assert client.patch(here, json=asked).json["sections"] == []


def test_others_learn_nothing_of_it(client, client_as, url, section, town):
    made = client.post(url, json={"organisation": town.organisation.ref, "sections": [section]}).json
    stranger = client_as(Role.SECRETARY, stranger=True)
    assert stranger.get(f"{url}/{made['ref']}").status_code == 404
    assert stranger.patch(f"{url}/{made['ref']}", json={"revision": 1}).status_code == 404
    assert client_as(Role.BOOKER).patch(f"{url}/{made['ref']}", json={"revision": 1}).status_code == 403
    assert stranger.post(url, json={"organisation": town.organisation.ref}).status_code == 403
    assert client_as(None).get(url).status_code == 401


def test_after_the_deadline_nothing_is_taken(client, url, town, round_, clock):
    clock.at = round_.apply_to_at
    told = client.post(url, json={"organisation": town.organisation.ref})
    assert (told.status_code, told.json["code"]) == (409, "not_open")
