"""Pages of allocations: asked for, watched, read, set by hand with a reason, compared and chosen."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.models import Organisation
from booking.roles import Role
from booking.rounds.judging import classes_of
from booking.rounds.models import Application, Section
from booking.rounds.plan_models import OfficialAct, Placement, Scenario, Served
from tests.booking.rounds import make_rounds
from tests.booking.rounds.test_by_hand import allocated
from tests.booking.rounds.town_of_rounds import AFTER, City, a_city, ask_for, judged
from tests.web.conftest import ClientAs
from tests.web.town import Clock, Town


@pytest.fixture
def city(session: Session, town: Town, clock: Clock) -> City:
    """A round in the town's premises whose window is over; two groups want one hour, one of them gets it."""
    clock.at = AFTER
    made = a_city(session, premises=town.premises)
    ask_for(session, made, "Eka")
    ask_for(session, made, "Toka")
    judged(session, made)
    session.commit()
    return made


@pytest.fixture
def scenario(session: Session, city: City) -> Scenario:
    made = allocated(session, city)
    session.commit()
    return made


def manager(client_as: ClientAs, language: str = "en") -> FlaskClient:
    return client_as(Role.MANAGER, language=language)


def unmet(session: Session, scenario: Scenario) -> Section:
    query = select(Section).join(Served, Served.section_id == Section.id)
    return session.scalars(query.where(Served.scenario_id == scenario.id, Served.granted == 0)).one()


def the_slot(session: Session, scenario: Scenario) -> Placement:
    return session.scalars(select(Placement).where(Placement.scenario_id == scenario.id)).one()


def test_one_button_puts_an_allocation_into_the_queue(client_as: ClientAs, session: Session, city: City) -> None:
    browser = manager(client_as)
    answer = browser.post(f"/rounds/{city.round.ref}/scenarios", data={"name": "Eka luonnos", "seconds": "10"})
    assert answer.status_code == 302
    [row] = session.scalars(select(Scenario).where(Scenario.round_id == city.round.id))
    assert (row.state, row.seconds) == ("queued", 10)
    page = browser.get(answer.headers["Location"]).text
    assert "Waits for its turn." in page
    assert 'hx-trigger="every 2s"' in page


def test_while_applications_come_in_nothing_is_allocated_and_the_page_says_why(
    client_as: ClientAs, city: City, clock: Clock
) -> None:
    clock.at = datetime(2026, 11, 20, 10, 0, tzinfo=UTC)
    answer = manager(client_as).post(f"/rounds/{city.round.ref}/scenarios", data={"name": "Liian aikaisin"})
    assert answer.status_code == 422
    assert "Applications can still be sent" in answer.text


def test_a_running_allocation_shows_how_far_it_is_and_is_stopped(
    client_as: ClientAs, session: Session, city: City
) -> None:
    progress = {"stage": "search", "share": 0.4, "class_id": "p3", "gap_percent": 0.52, "left_s": 31}
    row = make_rounds.a_scenario(session, city.round, state="running", progress=progress)
    session.commit()
    browser = manager(client_as)
    page = browser.get(f"/scenarios/{row.ref}").text
    for word in ("Searching for a better plan", "0.52 %", "31 s", 'value="40"'):
        assert word in page
    browser.post(f"/scenarios/{row.ref}/cancel")
    session.expire_all()
    assert row.cancel_asked


@pytest.mark.parametrize("language", ["fi", "sv", "en"])
def test_every_page_of_an_allocation_opens_in_three_languages(
    client_as: ClientAs, session: Session, scenario: Scenario, city: City, language: str
) -> None:
    slot = the_slot(session, scenario)
    section = unmet(session, scenario)
    other = allocated(session, city, changes={"close": [city.a.ref]})
    session.commit()
    browser, base = manager(client_as, language), f"/scenarios/{scenario.ref}"
    paths = [
        f"/rounds/{city.round.ref}/classes",
        f"/rounds/{city.round.ref}/classes/{section.ref}",
        f"/rounds/{city.round.ref}/scenarios",
        f"/rounds/{city.round.ref}/scenarios/new",
        base,
        f"{base}/grid",
        f"{base}/grid?organisation={section.application.organisation.ref}",
        f"{base}/unserved?q=ry&nothing=1",
        f"{base}/sections/{section.ref}",
        f"{base}/slots/{slot.ref}",
        f"{base}/by-hand",
        f"{base}/compare/{other.ref}",
    ]
    assert {path: browser.get(path).status_code for path in paths} == dict.fromkeys(paths, 200)


def test_a_time_is_moved_with_a_reason_and_refused_in_words_without_room(
    client_as: ClientAs, session: Session, scenario: Scenario, city: City
) -> None:
    slot = the_slot(session, scenario)
    browser, path = manager(client_as), f"/scenarios/{scenario.ref}/slots/{slot.ref}/move"
    form = {"space": city.b.ref, "weekday": "2", "start": "18:00", "end": "19:00"}
    assert browser.post(path, data=form).status_code == 422
    answer = browser.post(path, data=form | {"weekday": "6", "reason": "Kokeilu"})
    assert answer.status_code == 422
    assert "The space cannot be applied for at that time." in answer.text
    assert browser.post(path, data=form | {"reason": "Remontti"}).status_code == 302
    session.expire_all()
    assert (slot.weekday, slot.start_min, slot.locked, slot.reason) == (2, 1080, True, "Remontti")
    assert session.scalars(select(OfficialAct)).one().kind == "move"


def test_where_a_time_was_dropped_is_filled_in(
    client_as: ClientAs, session: Session, scenario: Scenario, city: City
) -> None:
    slot = the_slot(session, scenario)
    page = manager(client_as).get(f"/scenarios/{scenario.ref}/slots/{slot.ref}?space={city.b.ref}&weekday=3").text
    assert re.search(rf'value="{city.b.ref}" selected', page)
    assert re.search(r'value="3" selected', page)


def test_a_group_is_given_a_time_and_solved_again_it_stays(
    client_as: ClientAs, session: Session, scenario: Scenario, city: City
) -> None:
    section = unmet(session, scenario)
    browser = manager(client_as)
    form = {"space": city.b.ref, "weekday": "4", "start": "20:00", "end": "21:00", "reason": "Sovittu"}
    assert browser.post(f"/scenarios/{scenario.ref}/sections/{section.ref}/pin", data=form).status_code == 302
    answer = browser.post(f"/scenarios/{scenario.ref}/again")
    again = session.scalars(select(Scenario).where(Scenario.based_on_id == scenario.id)).one()
    assert answer.headers["Location"].endswith(again.ref)
    [pin] = again.changes["pins"]
    assert (pin["section"], pin["reason"]) == (section.ref, "Sovittu")


def test_a_class_given_on_its_page_needs_a_reason(client_as: ClientAs, session: Session, city: City) -> None:
    section = city.sections["Eka"]
    browser, path = manager(client_as), f"/rounds/{city.round.ref}/classes/{section.ref}"
    last = scenarios_classes(session, city)[-1]
    assert browser.post(path, data={"class_id": last, "reason": ""}).status_code == 422
    assert browser.post(path, data={"class_id": last, "reason": "Avoin ryhmä"}).status_code == 302
    session.expire_all()
    assert section.priority_class == last
    assert "Avoin ryhmä" in browser.get(f"/rounds/{city.round.ref}/classes").text


def scenarios_classes(session: Session, city: City) -> list[str]:
    return [one.id for one in classes_of(session, city.round, [])]


def test_a_draft_is_chosen_and_others_deleted(
    client_as: ClientAs, session: Session, scenario: Scenario, city: City
) -> None:
    other = allocated(session, city)
    session.commit()
    browser = manager(client_as)
    browser.post(f"/scenarios/{scenario.ref}/choose")
    browser.post(f"/scenarios/{other.ref}/delete")
    kept = browser.post(f"/scenarios/{scenario.ref}/delete", follow_redirects=True)
    assert "This is the chosen one." in kept.text
    session.expire_all()
    mine = select(Scenario).where(Scenario.round_id == city.round.id)
    assert [row.chosen for row in session.scalars(mine)] == [True]


def test_the_file_of_a_run_holds_all_that_replay_needs(client_as: ClientAs, scenario: Scenario) -> None:
    answer = manager(client_as).get(f"/scenarios/{scenario.ref}/run.json")
    document = json.loads(answer.text)
    assert document["result"]["plan_hash"] == scenario.plan_hash
    assert document["instance"]["rulebook"] == "espoo-2025-01"


def test_a_manager_of_other_premises_and_an_applicant_see_nothing(client_as: ClientAs, scenario: Scenario) -> None:
    assert client_as(Role.MANAGER, stranger=True).get(f"/scenarios/{scenario.ref}").status_code == 403
    assert client_as(Role.SECRETARY).get(f"/scenarios/{scenario.ref}/unserved").status_code == 403


def test_an_auditor_looks_and_changes_nothing(client_as: ClientAs, scenario: Scenario) -> None:
    auditor = client_as(Role.AUDITOR)
    assert "Choose this one" not in auditor.get(f"/scenarios/{scenario.ref}").text
    assert auditor.post(f"/scenarios/{scenario.ref}/choose").status_code == 403


def many(session: Session, city: City, count: int) -> Scenario:
    """A scenario of so many groups of which every third got nothing, put in without solving."""
    organisations = [{"name": f"Seura {n}", "kind": "association", "created_at": AFTER} for n in range(count // 6)]
    whose = list(session.scalars(Organisation.__table__.insert().returning(Organisation.id), organisations))
    person = city.round.made_by
    made = {"round_id": city.round.id, "state": "sent", "contact_id": person, "made_by": person}
    times = {"made_at": AFTER, "changed_at": AFTER, "sent_at": AFTER}
    sent = [made | times | {"organisation_id": one} for one in whose]
    ids = list(session.scalars(Application.__table__.insert().returning(Application.id), sent))
    groups = [
        {"application_id": one, "name": f"Ryhmä {n}", "purpose": "sport", "people": 20, "events": 1}
        | {"min_minutes": 60, "max_minutes": 60, "priority_class": "p3"}
        for one in ids
        for n in range(6)
    ]
    sections = list(session.scalars(Section.__table__.insert().returning(Section.id), groups))
    row = make_rounds.a_scenario(session, city.round)
    reasons = [{"code": "higher_class", "weekday": day, "start_min": 1020, "end_min": 1080} for day in range(5)]
    served = [
        {"scenario_id": row.id, "section_id": one, "asked": 1, "granted": min(1, n % 3), "reasons": reasons}
        for n, one in enumerate(sections)
    ]
    session.execute(Served.__table__.insert(), served)
    slots = [
        {"scenario_id": row.id, "section_id": one, "space_id": city.a.id, "weekday": n % 5, "end_min": 1080}
        | {"start_min": 1020}
        for n, one in enumerate(sections)
        if n % 3
    ]
    session.execute(Placement.__table__.insert(), slots)
    session.commit()
    return row


def test_pages_of_a_thousand_groups_show_one_page_at_a_time(client_as: ClientAs, session: Session, city: City) -> None:
    row = many(session, city, 1000)
    browser, base = manager(client_as), f"/scenarios/{row.ref}"
    other = make_rounds.a_scenario(session, city.round)
    session.commit()
    section = session.scalars(select(Section).order_by(Section.id.desc()).limit(1)).one()
    for path in (
        base,
        f"{base}/unserved?page=2",
        f"{base}/unserved?q=Seura 77",
        f"{base}/sections/{section.ref}",
        f"{base}/compare/{other.ref}",
        f"/rounds/{city.round.ref}/classes?page=9",
        f"/rounds/{city.round.ref}/scenarios",
    ):
        answer = browser.get(path)
        assert (answer.status_code, answer.text.count("<tr") < 300) == (200, True), path
