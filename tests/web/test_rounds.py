"""Pages of season rounds: what everybody reads, and setting one up from nothing to published and closed."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from booking.models import Letter
from booking.roles import Role
from booking.rounds import listing
from booking.rounds.models import Round
from tests import make
from tests.booking.rounds import make_rounds
from tests.web.conftest import ClientAs
from tests.web.town import NOW, Clock, Town
from web import round_words

NAMES = {"name_fi": "Syksy 2027", "name_sv": "Hösten 2027", "name_en": "Autumn 2027"}
SEASON = {"first_on": "2027-08-16", "last_on": "2028-05-31"}
QUOTA = {"kind": "least", "amount": "70", "audiences": "children", "weekdays": ["0", "2"], "from_clock": "16:00"}
QUOTA |= {"to_clock": "19:00", "source": "Lautakunta 1.12.2026 § 5"}


def draft(client: FlaskClient) -> str:
    """The address of a round begun on the page."""
    answer = client.post("/rounds/new", data=NAMES | SEASON | {"family": "espoo"})
    assert answer.status_code == 302, answer.text
    return str(answer.location).removesuffix("/settings")


def typed(page: str) -> dict[str, str]:
    """What a form of a page would send as it stands."""
    fields = dict(re.findall(r'<input[^>]*name="([\w.]+)"[^>]*value="([^"]*)"', page))
    fields |= {name: text.strip() for name, text in re.findall(r'<textarea[^>]*name="(\w+)"[^>]*>([^<]*)<', page)}
    for name, chosen in re.findall(r'<select[^>]*name="(\w+)".*?<option value="([^"]*)" selected', page, re.DOTALL):
        fields[name] = chosen
    radios = re.findall(r'type="radio"[^>]*name="(\w+)" value="([^"]*)" checked', page)
    return {name: value for name, value in (fields | dict(radios)).items() if name != "csrf_token"}


def published(session, town: Town, **values) -> Round:
    row = make_rounds.a_round(session, name_fi="Kevät 2027", spaces=[town.space], **values)
    session.commit()
    return row


def test_everybody_reads_of_a_published_round(session, town: Town, client_as: ClientAs) -> None:
    row = published(session, town)
    assert "Kevät 2027" in client_as(None).get("/rounds").text
    page = client_as(None).get(f"/rounds/{row.ref}").text
    for told in ("open for applications", "Great hall", "Monday–Friday 16:00–22:00"):
        assert told in page
    for kept in ("Settings", "Deadlines and draw", "Quotas"):
        assert kept not in page


def test_a_draft_is_seen_by_those_who_run_its_premises_only(session, town: Town, client_as: ClientAs) -> None:
    row = make_rounds.a_round(session, name_fi="Luonnoksena", state="draft", spaces=[town.space])
    session.commit()
    for role, status in ((None, 404), (Role.SECRETARY, 404), (Role.MANAGER, 200), (Role.AUDITOR, 200)):
        assert client_as(role).get(f"/rounds/{row.ref}").status_code == status
    assert client_as(Role.MANAGER, stranger=True).get(f"/rounds/{row.ref}").status_code == 404
    assert "Luonnoksena" not in client_as(None).get("/rounds").text


def test_who_runs_only_some_of_the_premises_looks_and_changes_nothing(session, town: Town, client_as: ClientAs) -> None:
    elsewhere = make.space(session, make.premises(session, name_fi="Muualla"))
    row = make_rounds.a_round(session, state="draft", rulebook="", spaces=[town.space, elsewhere])
    session.commit()
    client = client_as(Role.MANAGER)
    assert client.get(f"/rounds/{row.ref}").status_code == 200
    assert client.get(f"/rounds/{row.ref}/settings").status_code == 403
    assert client_as(Role.ADMINISTRATOR).get(f"/rounds/{row.ref}/settings").status_code == 200


def test_a_round_is_set_up_and_published_without_a_line_of_code(town: Town, client_as: ClientAs) -> None:
    client = client_as(Role.MANAGER)
    url = draft(client)
    settings = client.get(f"{url}/settings").text
    assert "granted for two years" in settings  # the rulebook's row is shown beside the years
    wish = typed(settings) | {"p1_name": "Syksy", "p1_first_on": "2027-08-16", "p1_last_on": "2027-12-17"}
    wish |= {
        "criteria_fi": "Tervetuloa hakemaan!",
        "criteria_sv": "Välkommen!",
        "tier_1": "history",
        "tier_3": "fairness",
        "tier_4": "",
    }
    saved = client.post(f"{url}/settings", data=wish)
    assert saved.status_code == 302, saved.text
    assert "No space has hours" in client.get(f"{url}/publish").text
    assert client.post(f"{url}/publish").status_code == 409
    assert client.post(f"{url}/hours", data={"spaces": town.space.ref}).status_code == 302
    week = {"monday": "16–22", "period": "p1", "step": "save"}
    assert client.post(f"{url}/hours/{town.space.ref}", data=week).status_code == 302
    assert client.post(f"{url}/quotas", data=QUOTA).status_code == 302
    assert "at least 70%" in client.get(f"{url}/quotas").text
    answer = client.post(f"{url}/publish", follow_redirects=True)
    assert "The round is published" in answer.text
    everybody = client_as(None)
    assert "Autumn 2027" in everybody.get("/rounds").text
    assert "16:00–22:00" in everybody.get(url).text
    criteria = client_as(None, language="fi").get(f"{url}/criteria").text
    for told in ("Tervetuloa hakemaan!", "vähintään 70 %", "lapset ja nuoret", "espoo-2025-01", "§ 5"):
        assert told in criteria
    assert client.post(f"{url}/settings", data=wish).status_code == 422


def test_the_page_of_criteria_tells_every_class_of_the_rules_in_three_languages(
    session, town: Town, client_as: ClientAs
) -> None:
    row = published(session, town)
    for language, told in (("fi", "Etuusluokat"), ("sv", "Prioritetsklasser"), ("en", "Priority classes")):
        page = client_as(None, language=language).get(f"/rounds/{row.ref}/criteria").text
        assert told in page
        assert page.count('href="/rules/espoo-2025-01/') > 10


def test_settings_that_do_not_fit_come_back_with_what_is_wrong(town: Town, client_as: ClientAs) -> None:
    client = client_as(Role.MANAGER)
    url = draft(client)
    wish = typed(client.get(f"{url}/settings").text)
    for change, sentence in (
        ({"apply_to_on": "2026-01-01"}, "must be after its start"),
        ({"p1_name": "Syksy"}, "This is needed"),
        ({"tier_1": "history", "tier_2": "history"}, "twice"),
        ({"revision": "99"}, "Somebody else has changed the round"),
    ):
        answer = client.post(f"{url}/settings", data=wish | change)
        assert (answer.status_code, sentence in answer.text) == (422, True), change


def test_a_season_is_copied_for_the_next_one(session, town: Town, client_as: ClientAs) -> None:
    row = published(session, town, quotas=[{"id": "q", "percent": 40, "source": "§ 9"}])
    client = client_as(Role.MANAGER)
    assert "Copy for the next season" in client.get(f"/rounds/{row.ref}").text
    url = str(client.post("/rounds/new", data=NAMES | SEASON | {"copy_of": row.ref}).location).removesuffix("/settings")
    assert "16:00–22:00" in client.get(f"{url}/hours").text
    assert "§ 9" in client.get(f"{url}/quotas").text


def test_only_spaces_of_premises_one_runs_come_into_a_round(session, town: Town, client_as: ClientAs) -> None:
    other = make.space(session, make.premises(session, name_fi="Vieras talo"))
    session.commit()
    client = client_as(Role.MANAGER)
    url = draft(client)
    assert "Vieras talo" not in client.get(f"{url}/hours").text
    client.post(f"{url}/hours", data={"spaces": [other.ref, town.space.ref]})
    found = listing.round_of(session, url.rsplit("/", 1)[1])
    assert [space.id for space in listing.spaces_of(found)] == [town.space.id]


def test_hours_are_copied_between_spaces_and_spaces_taken_out(session, town: Town, client_as: ClientAs) -> None:
    gym = make.space(session, town.space.premises, name_fi="Jumppasali")
    session.commit()
    client = client_as(Role.MANAGER)
    url = draft(client)
    client.post(f"{url}/hours", data={"spaces": [gym.ref, town.space.ref]})
    client.post(f"{url}/hours/{town.space.ref}", data={"sunday": "10–12"})
    assert client.post(f"{url}/hours/{town.space.ref}", data={"step": "copy", "others": gym.ref}).status_code == 302
    assert client.get(f"{url}/hours").text.count("10:00–12:00") == 2
    client.post(f"{url}/hours/{gym.ref}", data={"step": "remove"})
    assert "Jumppasali</a>" not in client.get(f"{url}/hours").text


@pytest.mark.parametrize(("change", "field"), [({"source": ""}, "source"), ({"amount": "170"}, "amount")])
def test_a_quota_without_a_decision_or_over_the_whole_comes_back(
    town: Town, client_as: ClientAs, change: dict[str, str], field: str
) -> None:
    client = client_as(Role.MANAGER)
    answer = client.post(f"{draft(client)}/quotas", data=QUOTA | change)
    assert (answer.status_code, f'id="e-{field}"' in answer.text) == (422, True)


def letters(session, subject: str) -> list[Letter]:
    return list(session.scalars(select(Letter).where(Letter.subject.startswith(subject))))


def test_who_applied_is_told_of_a_later_deadline_in_their_own_language(
    session, town: Town, client_as: ClientAs
) -> None:
    row = published(session, town)
    make_rounds.an_application(session, row, contact=town.booker)
    session.commit()
    client = client_as(Role.MANAGER)
    early = client.post(f"/rounds/{row.ref}/days", data={"apply_to_on": "2026-11-25", "note": "Vika"})
    assert (early.status_code, "can only be moved later" in early.text) == (422, True)
    client.post(f"/rounds/{row.ref}/days", data={"apply_to_on": "2026-12-07", "note": "Järjestelmävika"})
    (letter,) = letters(session, "Hakukierroksen päivät ovat siirtyneet")
    assert letter.address == town.booker.email
    assert "7.12.2026" in letter.body
    assert "Järjestelmävika" in letter.body
    assert "Järjestelmävika" in client_as(None).get(f"/rounds/{row.ref}").text


def test_the_number_drawn_in_public_is_told_with_who_drew_it(
    session, town: Town, client_as: ClientAs, clock: Clock
) -> None:
    row = published(session, town)
    client, sent = client_as(Role.MANAGER), {"number": "41625", "draw_note": "Nopilla torilla"}
    assert client.post(f"/rounds/{row.ref}/draw", data=sent).status_code == 422
    clock.at = NOW + timedelta(days=7)
    assert client.post(f"/rounds/{row.ref}/draw", data=sent).status_code == 302
    page = client_as(None).get(f"/rounds/{row.ref}/criteria").text
    for told in ("41625", "Nopilla torilla", town.people[Role.MANAGER].name):
        assert told in page


def test_a_round_closed_with_nothing_granted_tells_applicants_why(session, town: Town, client_as: ClientAs) -> None:
    row = published(session, town)
    make_rounds.an_application(session, row, contact=town.booker)
    session.commit()
    client = client_as(Role.MANAGER)
    assert client.post(f"/rounds/{row.ref}/close").status_code == 422
    assert client.post(f"/rounds/{row.ref}/close", data={"reason": "Homevaurio"}).status_code == 302
    (letter,) = letters(session, "Hakukierros on päätetty")
    assert "Homevaurio" in letter.body
    page = client_as(None).get(f"/rounds/{row.ref}").text
    assert "closed" in page
    assert "Homevaurio" in page


def test_programs_read_of_rounds_that_are_out(session, town: Town, client_as: ClientAs) -> None:
    periods = [{"key": "talvi", "name": "Talvi", "first_on": "2027-01-11", "last_on": "2027-03-31"}]
    row = published(session, town, periods=periods)
    hidden = make_rounds.a_round(session, state="draft", rulebook="", spaces=[town.space])
    session.commit()
    client = client_as(Role.MANAGER)
    listed = client.get("/api/v1/rounds").get_json()
    assert row.ref in [one["ref"] for one in listed]
    assert hidden.ref not in [one["ref"] for one in listed]
    whole = client.get(f"/api/v1/rounds/{row.ref}").get_json()
    assert whole["phase"] == "open"
    assert whole["hours"][0] == {
        "space": town.space.ref, "weekday": 0, "opens_min": 960, "closes_min": 1320, "first_on": None, "last_on": None
    }  # fmt: skip
    assert whole["periods"][0]["names"] == {"fi": "Talvi", "sv": "Talvi", "en": "Talvi"}
    assert [one["rank"] for one in whole["classes"]] == sorted({one["rank"] for one in whole["classes"]})
    assert client.get(f"/api/v1/rounds/{hidden.ref}").status_code == 404


def test_a_quota_of_a_district_is_of_the_spaces_in_it(session, town: Town, client_as: ClientAs) -> None:
    near = make.space(session, make.premises(session, district="Tapiola"), name_fi="Tapiolan sali")
    row = make_rounds.a_round(session, state="draft", rulebook="", spaces=[town.space, near])
    session.commit()
    client = client_as(Role.ADMINISTRATOR)
    assert client.post(f"/rounds/{row.ref}/quotas", data=QUOTA | {"places": "Tapiola"}).status_code == 302
    session.refresh(row)
    assert row.quotas[0]["spaces"] == [near.ref]


@pytest.mark.parametrize(
    ("days", "said"),
    [([0], "maanantai"), ([0, 1], "maanantai, tiistai"), ([4, 2, 3, 6], "keskiviikko–perjantai, sunnuntai")],
)
def test_weekdays_in_a_row_are_said_shortly(app: Flask, days: list[int], said: str) -> None:
    with app.test_request_context("/?lang=fi"):
        assert round_words.weekdays_said(days) == said
