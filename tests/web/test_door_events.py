"""What doors tell, live; why a door decided so; which doors are behind."""

from __future__ import annotations

import pytest
from sqlalchemy.orm import Session, sessionmaker

from booking.acts import Act, ActKind
from booking.roles import Role
from tests.web import samples_staff
from tests.web.conftest import ClientAs
from tests.web.town import Town


@pytest.fixture
def denied(town: Town, rolled_back: sessionmaker[Session]) -> str:
    """Somebody unknown was turned away at the hall's door, which held no list."""
    body = {"medium": "card", "cred": "0" * 64, "list": None, "right": None, "reader": "in", "at": 1795513800}
    with rolled_back.begin() as session:
        values = {"kind": "denied", "reason": "no_list", "person_id": None, "occurrence_id": None, "body": body}
        return samples_staff.event_of(session, town, seq=7, **values).ref


def test_the_caretaker_asks_why_and_is_told_in_their_language_and_the_question_is_kept(
    town: Town, client_as: ClientAs, denied: str, acts_kept: list[Act]
) -> None:
    at = f"/doors/{town.samples['door_ref']}/events/{denied}"
    said = {"fi": "Ovella ei ollut oikeuslistaa", "sv": "Dörren hade ingen lista", "en": "The door held no list"}
    for language, sentence in said.items():
        page = client_as(Role.CARETAKER, language=language).get(at).text
        assert sentence in page
    assert "comes out the same" in client_as(Role.CARETAKER).get(at).text
    explained = [act for act in acts_kept if act.kind is ActKind.DOOR_EVENT_EXPLAINED]
    assert explained[0].body["agreement"] == "same"
    assert client_as(Role.CARETAKER, stranger=True).get(at).status_code == 403


def test_an_event_is_explained_at_its_own_door_only(town: Town, client_as: ClientAs, denied: str) -> None:
    assert client_as(Role.CARETAKER).get(f"/doors/{town.samples['door_ref']}/events/nonsense").status_code == 404


def test_the_auditor_reads_the_same_reasons_beside_the_event(client_as: ClientAs, denied: str) -> None:
    assert "The door held no list of rights" in client_as(Role.AUDITOR).get(f"/audit/events/{denied}").text


def test_live_events_carry_no_names_and_looking_again_is_not_noted(
    town: Town, client_as: ClientAs, denied: str, acts_kept: list[Act]
) -> None:
    caretaker = client_as(Role.CARETAKER)
    page = caretaker.get("/doors/live").text
    assert "Did not open" in page
    assert town.booker.name not in page
    caretaker.get("/doors/live", headers={"HX-Request": "true"})
    followed = caretaker.get("/doors/live?follow=1")
    assert followed.headers["Refresh"] == "15"
    assert len([act for act in acts_kept if act.kind is ActKind.LOG_VIEWED]) == 1
    assert "Did not open" not in client_as(Role.CARETAKER, stranger=True).get("/doors/live").text


def test_a_door_behind_its_list_is_shown_with_since_when(town: Town, client_as: ClientAs) -> None:
    page = client_as(Role.CARETAKER).get("/doors/behind").text
    assert "Hall door" in page
    assert "behind" in page
