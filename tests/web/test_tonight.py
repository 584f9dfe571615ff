"""The caretaker's board."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy.orm import Session, sessionmaker

from access import credentials
from access.models import DoorAlarm
from booking.acts import Act, ActKind
from booking.register import commitments
from booking.register.decided import season_on
from booking.roles import Role
from tests.web import samples_staff
from tests.web.conftest import ClientAs
from tests.web.town import Clock, Town


def test_the_caretaker_sees_tonights_sessions_their_doors_and_who_to_call(town: Town, client_as: ClientAs) -> None:
    page = client_as(Role.CARETAKER, language="fi").get("/tonight").text
    for said in ("18–19.30", "Iso sali", "Kuusikon Kiipijät ry", town.booker.name, "Salin ovi"):
        assert said in page


def test_what_will_fail_soon_is_on_top(
    town: Town, client_as: ClientAs, clock: Clock, rolled_back: sessionmaker[Session]
) -> None:
    with rolled_back.begin() as session:
        whose, season = session.merge(town.organisation), season_on(clock.at.date())
        signed = {"premises": None, "language": "fi", "by": town.booker.id, "now": clock.at}
        commitments.sign(session, whose, "self_supervision", season, **signed)
        credentials.revoke(session, town.samples["card_ref"], by=None, now=clock.at, why="lost")
    clock.at += timedelta(hours=5, minutes=30)
    page = client_as(Role.CARETAKER).get("/tonight").text
    assert page.index("No card or PIN") < page.index('id="h-sessions"')


def test_an_alarm_is_seen_to_and_gone(town: Town, client_as: ClientAs, rolled_back: sessionmaker[Session]) -> None:
    caretaker = client_as(Role.CARETAKER)
    assert "opened although it was locked" in caretaker.get("/tonight").text
    assert caretaker.post(f"/tonight/alarms/{town.samples['alarm_ref']}/end").status_code == 302
    assert "opened although it was locked" not in caretaker.get("/tonight").text
    with rolled_back() as session:
        row = session.query(DoorAlarm).one()
        assert row.ended_by == town.people[Role.CARETAKER].id


def test_a_caretaker_of_other_premises_sees_none_of_it(town: Town, client_as: ClientAs) -> None:
    stranger = client_as(Role.CARETAKER, stranger=True)
    page = stranger.get(f"/tonight?p={town.premises.ref}").text
    assert "Kuusikon Kiipijät" not in page
    assert "Salin ovi" not in page
    assert "Hall door" not in page
    assert stranger.post(f"/tonight/alarms/{town.samples['alarm_ref']}/end").status_code == 404


def test_another_day_has_its_own_address(town: Town, client_as: ClientAs) -> None:
    caretaker = client_as(Role.CARETAKER)
    assert "Kuusikon Kiipijät" not in caretaker.get("/tonight?d=2026-11-25").text
    assert "Kuusikon Kiipijät" in caretaker.get("/tonight?d=2026-11-24").text
    assert caretaker.get("/tonight?d=yesterday").status_code == 200


def test_the_board_updates_by_itself_until_told_to_stand_still(town: Town, client_as: ClientAs) -> None:
    assert "hx-trigger" in client_as(Role.CARETAKER).get("/tonight").text
    assert "hx-trigger" not in client_as(Role.CARETAKER).get("/tonight?still=1").text


def test_an_online_door_is_shown_so(town: Town, client_as: ClientAs, rolled_back: sessionmaker[Session]) -> None:
    with rolled_back.begin() as session:
        samples_staff.online(session, town)
    assert 'data-state="ok">online' in client_as(Role.CARETAKER).get("/tonight").text


def test_opening_the_board_notes_whose_names_were_seen_and_its_own_updates_do_not(
    town: Town, client_as: ClientAs, acts_kept: list[Act]
) -> None:
    caretaker = client_as(Role.CARETAKER)
    caretaker.get("/tonight")
    assert (acts_kept[-1].kind, acts_kept[-1].persons) == (ActKind.PERSON_VIEWED, (town.booker.id,))
    before = len(acts_kept)
    caretaker.get("/tonight", headers={"HX-Request": "true"})
    caretaker.get("/tonight?d=2026-11-29")
    assert len(acts_kept) == before
