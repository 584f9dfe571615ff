"""Trying a door from the ladder, and its label."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy.orm import Session, sessionmaker

from access import commands, door_test
from access.door_test import Look, Part
from access.models import CommandState, Door
from booking.roles import Role
from tests.web import samples_staff
from tests.web.conftest import ClientAs
from tests.web.town import NOW, Town

SINCE = NOW - timedelta(seconds=20)


@pytest.fixture
def door(town: Town, rolled_back: sessionmaker[Session]) -> Door:
    with rolled_back.begin() as session:
        return samples_staff.online(session, town)


def looks(session: Session, door: Door, now=NOW, since=SINCE) -> dict[Part, tuple[Look, str]]:
    return {each.part: (each.look, each.code) for each in door_test.tried(session, door, since, now)}


def test_before_anybody_tried_it_nothing_is_said_to_work(rolled_back: sessionmaker[Session], door: Door) -> None:
    with rolled_back() as session:
        found = looks(session, door, since=None)
    assert found[Part.ONLINE] == (Look.OK, "")
    assert {found[part][0] for part in (Part.UNLOCK, Part.READER, Part.CONTACT)} == {Look.UNTRIED}
    assert found[Part.CLOCK][0] is Look.FAILED
    assert found[Part.LIST][0] is Look.WAITING


def test_a_card_shown_after_the_test_began_is_seen_and_one_before_is_not(
    town: Town, rolled_back: sessionmaker[Session], door: Door
) -> None:
    with rolled_back.begin() as session:
        samples_staff.event_of(session, town, 11, received_at=SINCE - timedelta(seconds=1))
        assert looks(session, door)[Part.READER] == (Look.WAITING, "not_seen")
        assert looks(session, door, NOW + timedelta(seconds=60))[Part.READER][0] is Look.FAILED
        seen = {"received_at": NOW, "kind": "denied", "reason": "unknown_credential"}
        samples_staff.event_of(session, town, 12, **seen)
        assert looks(session, door, NOW + timedelta(seconds=60))[Part.READER] == (Look.OK, "unknown_credential")
        samples_staff.event_of(session, town, 13, received_at=NOW, kind="door_opened", reason="")
        assert looks(session, door)[Part.CONTACT][0] is Look.OK


def test_the_test_opens_as_anybody_would_and_says_how_it_ended(
    town: Town, client_as: ClientAs, rolled_back: sessionmaker[Session], door: Door
) -> None:
    caretaker = client_as(Role.CARETAKER)
    answer = caretaker.post(f"/doors/{door.ref}/test", data={"what": "open"})
    page = caretaker.get(answer.location).text
    assert 'hx-trigger="every 2s"' in page
    assert '<noscript><meta http-equiv="refresh" content="3"></noscript>' in page
    with rolled_back.begin() as session:
        (order,) = [each for each in commands.recent(session, door.id) if each.reason == door_test.REASON]
        assert looks(session, door, since=NOW)[Part.UNLOCK][0] is Look.WAITING
        commands.end(session, order, CommandState.FAILED, "bad_challenge", NOW)
        assert looks(session, door, since=NOW)[Part.UNLOCK] == (Look.FAILED, "bad_challenge")
    assert "did not answer the door’s latest challenge" in caretaker.get(answer.location).text


def test_watching_only_opens_nothing(client_as: ClientAs, rolled_back: sessionmaker[Session], door: Door) -> None:
    client_as(Role.CARETAKER).post(f"/doors/{door.ref}/test", data={"what": "watch"})
    with rolled_back() as session:
        assert door_test.REASON not in [each.reason for each in commands.recent(session, door.id)]


def test_the_label_leads_to_the_page_of_the_door(client_as: ClientAs, door: Door) -> None:
    page = client_as(Role.CARETAKER).get(f"/doors/{door.ref}/label").text
    assert f"/doors/{door.ref}" in page
    assert "<svg" in page
    assert "style=" not in page.partition("<main")[2]
