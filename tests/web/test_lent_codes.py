"""The pages of lent codes, the phone button, blocked cards and metal keys, as people meet them."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from access import commands, credentials, phone, pin_codes, rights
from access.alarms import AlarmKind, sound
from access.code_models import DoorScreen, PhoneOpening, StandIn, VisitorCode
from access.metal_key_models import KeyLoan
from access.models import CommandState, Credential, DoorCommand
from booking.models import Letter, Premises, Space
from booking.roles import Role
from tests import make
from tests.web.conftest import ClientAs
from tests.web.samples_staff import CARD, VAULT, door_of, event_of, online
from tests.web.town import NOW, Clock, Town
from web import life_jobs

Sessions = sessionmaker[Session]
INSIDE = make.at("2026-11-24", "18:10")
FREE_OF_RULES = "none-that-speaks-of-doors"


@pytest.fixture
def open_town(town: Town, rolled_back: Sessions) -> Town:
    """The town with a door at its hall whose rulebook says nothing of doors, and the booker's PIN."""
    with rolled_back.begin() as session:
        session.get_one(Premises, town.premises.id).rulebook = FREE_OF_RULES
        online(session, town)
        credentials.revoke(session, town.samples["card_ref"], by=town.booker.id, now=NOW, why="replaced")
        session.flush()
        rights.refresh(session, [town.occurrence.id], NOW, vault=VAULT)
    return town


def booking(town: Town) -> str:
    return town.occurrence.booking.ref


def test_a_code_for_a_visitor_is_made_shown_and_ended_on_a_phone(
    open_town: Town, client_as: ClientAs, rolled_back: Sessions
) -> None:
    browser, path = client_as(Role.BOOKER), f"/bookings/{booking(open_town)}/visitor-codes"
    assert "Make the code" in browser.get(path).text
    typed = {
        "label": "Pianonvirittäjä",
        "time": open_town.occurrence.key,
        "start": "18:00",
        "end": "18:30",
        "uses": "2",
    }
    made = browser.post(path, data=typed, follow_redirects=True)
    digits = re.search(r"code-big\">(\d{4,8})<", made.text)
    assert digits
    assert "2 times at each door" in made.text
    assert "used 0 of 2" in browser.get(path).text
    code_path = made.request.path
    assert digits[1] not in client_as(Role.SECRETARY).get(code_path).text
    browser.post(f"{code_path}/end")
    with rolled_back() as session:
        row = session.scalars(select(VisitorCode)).one()
        assert session.get_one(Credential, row.credential_id).revoked_at is not None


def test_a_window_outside_the_time_is_said_beside_its_field(open_town: Town, client_as: ClientAs) -> None:
    typed = {"label": "Paketti", "time": open_town.occurrence.key, "start": "10:00", "end": "18:30"}
    answer = client_as(Role.BOOKER).post(f"/bookings/{booking(open_town)}/visitor-codes", data=typed)
    assert (answer.status_code, "only work within the booked time" in answer.text) == (422, True)


def test_a_time_given_to_somebody_is_told_to_both_and_taken_back_by_one_press(
    open_town: Town, client_as: ClientAs, rolled_back: Sessions
) -> None:
    with rolled_back.begin() as session:
        other = make.person(session, "Sisko Sijainen", "sisko@esimerkki.example")
    browser, path = client_as(Role.BOOKER), f"/bookings/{booking(open_town)}/stand-ins"
    about = select(Letter.address).where(Letter.subject.contains(open_town.occurrence.booking.title))
    typed = {"time": open_town.occurrence.key, "who": "Sisko@esimerkki.example", "how": "instead"}
    assert "Sisko Sijainen" in browser.post(path, data=typed, follow_redirects=True).text
    with rolled_back() as session:
        given = session.scalars(select(StandIn)).one()
        told = session.scalars(about.order_by(Letter.id)).all()
    assert told == [other.email, open_town.booker.email]
    hers = client_as(other)
    assert "You stand in" in hers.get(f"/stand-ins/{given.ref}").text
    assert given.ref in hers.get("/mine").text
    assert hers.get(f"/bookings/{booking(open_town)}/stand-ins").status_code == 403
    browser.post(f"/stand-ins/{given.ref}/withdraw")
    assert "taken back" in hers.get(f"/stand-ins/{given.ref}").text
    with rolled_back() as session:
        assert len(session.scalars(about).all()) == 4


def test_a_stand_in_sees_their_code_and_no_other_page_of_the_booking(
    open_town: Town, client_as: ClientAs, rolled_back: Sessions
) -> None:
    with rolled_back.begin() as session:
        other = make.person(session, "Sisko Sijainen", "sisko@esimerkki.example")
    typed = {"time": open_town.occurrence.key, "who": other.email or "", "how": "beside"}
    client_as(Role.BOOKER).post(f"/bookings/{booking(open_town)}/stand-ins", data=typed)
    with rolled_back.begin() as session:
        ref = session.scalars(select(StandIn.ref)).one()
        rights.refresh(session, [open_town.occurrence.id], NOW, vault=VAULT)
    shown = client_as(other).post(f"/stand-ins/{ref}/pin")
    assert re.search(r'id="pin">\d{4,8}<', shown.text)


# --- the phone ---


def code_now(town: Town, rolled_back: Sessions) -> str:
    with rolled_back() as session:
        return phone.code_of(VAULT, door_of(session, town), INSIDE)[0]


def test_the_button_says_what_the_door_answered_and_never_more(
    open_town: Town, client_as: ClientAs, rolled_back: Sessions, clock: Clock
) -> None:
    clock.at = INSIDE
    browser, path = client_as(Role.BOOKER), f"/open/{open_town.samples['door_ref']}"
    assert "You may open this door now" in browser.get(path).text
    sent = browser.post(path, data={"code": code_now(open_town, rolled_back)}, follow_redirects=True)
    assert "Asking the door" in sent.text
    assert "The door is open" not in sent.text
    clock.at = INSIDE + timedelta(seconds=10)
    assert "The door did not answer" in browser.get(sent.request.path).text
    with rolled_back.begin() as session:
        row = session.scalars(select(DoorCommand).where(DoorCommand.reason == commands.BY_PHONE)).one()
        row.state = CommandState.SENT.value
        commands.end(session, row, CommandState.DONE, "opened", clock.at)
    assert "The door is open" in browser.get(sent.request.path).text


def test_a_wrong_code_and_a_missing_right_are_kept_and_said(
    open_town: Town, client_as: ClientAs, rolled_back: Sessions, clock: Clock
) -> None:
    path = f"/open/{open_town.samples['door_ref']}"
    wrong = client_as(Role.BOOKER).post(path, data={"code": "WRONG000"})
    assert (wrong.status_code, "not the code that the screen shows" in wrong.text) == (422, True)
    clock.at = INSIDE
    right = client_as(Role.PAYER).post(path, data={"code": code_now(open_town, rolled_back)})
    assert (right.status_code, "You may not open this door now" in right.text) == (403, True)
    with rolled_back() as session:
        assert session.scalars(select(PhoneOpening.outcome)).all() == ["wrong_code", "no_right"]


def test_a_program_presses_the_button_and_asks_for_the_answer(
    open_town: Town, client_as: ClientAs, rolled_back: Sessions, clock: Clock
) -> None:
    clock.at = INSIDE
    browser = client_as(Role.BOOKER)
    path = f"/api/v1/doors/{open_town.samples['door_ref']}/openings"
    made = browser.post(path, json={"code": code_now(open_town, rolled_back)})
    assert (made.status_code, made.json["outcome"], made.json["state"]) == (201, "asked", "queued")
    clock.at = INSIDE + timedelta(seconds=10)
    assert browser.get(f"/api/v1/doors/openings/{made.json['ref']}").json["state"] == "expired"


def test_the_screen_shows_the_code_and_a_qr_of_the_page_that_takes_it(
    open_town: Town, client_as: ClientAs, rolled_back: Sessions, clock: Clock
) -> None:
    clock.at = INSIDE
    manager, path = client_as(Role.MANAGER), f"/doors/{open_town.samples['door_ref']}/screen"
    manager.post(path)
    with rolled_back() as session:
        row = session.scalars(select(DoorScreen).where(DoorScreen.ended_at.is_(None))).one()
    code, shown = code_now(open_town, rolled_back), client_as(None).get(f"/screens/{row.secret}")
    assert f"{code[:4]} {code[4:]}" in shown.text
    assert "<svg" in shown.text
    manager.post(f"{path}/{row.ref}/end")
    assert client_as(None).get(f"/screens/{row.secret}").status_code == 404


# --- duress ---


def test_the_twin_is_shown_beside_the_code_with_what_it_does(
    open_town: Town, client_as: ClientAs, rolled_back: Sessions
) -> None:
    with rolled_back.begin() as session:
        session.get_one(Premises, open_town.premises.id).duress_codes = True
        session.flush()
        rights.refresh(session, [open_town.occurrence.id], NOW, vault=VAULT)
    page = client_as(Role.BOOKER).post(f"/bookings/{booking(open_town)}/pin").text
    code, twin = (re.search(rf'id="{name}">(\d+)<', page) for name in ("pin", "twin"))
    assert code
    assert twin
    assert twin[1] == pin_codes.twin_of(code[1])
    assert "forces you to open" in page


def test_duress_is_seen_by_who_runs_the_premises_and_not_in_ones_own_list(
    open_town: Town, client_as: ClientAs, rolled_back: Sessions
) -> None:
    """DA22: who sees it, and who does not."""
    with rolled_back.begin() as session:
        event_of(session, open_town, 7, body={"medium": "pin", "notes": ["duress"]})
        sound(session, door_of(session, open_town), AlarmKind.DURESS, {"seq": 7}, NOW)
    path = f"/doors/{open_town.samples['door_ref']}"
    assert "under duress" in client_as(Role.MANAGER).get(path).text
    assert "under duress" not in client_as(Role.CARETAKER).get(path).text
    own = client_as(Role.BOOKER).get("/me/passages").text
    assert "Opened" in own
    assert "duress" not in own
    told = client_as(Role.BOOKER).get("/api/v1/me/passages").json
    assert {row["kind"] for row in told} == {"granted"}
    assert "duress" not in str(told)


# --- cards and keys ---


def test_a_blocked_card_is_shown_door_by_door_and_enrolled_again_by_one_press(
    open_town: Town, client_as: ClientAs, rolled_back: Sessions
) -> None:
    browser, someone = client_as(Role.BOOKER), open_town.booker.id
    with rolled_back.begin() as session:
        row = credentials.enrol(session, VAULT, someone, CARD, by=someone, now=NOW).credential
    blocked = browser.post(f"/cards/{row.ref}/block", data={"why": "lost"}, follow_redirects=True)
    assert "Blocked at" in blocked.text
    browser.post(blocked.request.path)
    with rolled_back() as session:
        assert len(credentials.cards_of(session, someone)) == 1


def test_a_number_that_is_only_checked_is_read_back_and_kept_nowhere(
    open_town: Town, client_as: ClientAs, rolled_back: Sessions
) -> None:
    with rolled_back() as session:
        before = len(session.scalars(select(Credential)).all())
    answer = client_as(Role.BOOKER).post("/cards", data={"card": "26 101/4095", "check": "1"})
    assert "We read the number as ....650FFF" in answer.text
    with rolled_back() as session:
        assert len(session.scalars(select(Credential)).all()) == before


def test_an_overdue_key_is_on_top_and_its_holder_gets_one_letter_a_week(
    town: Town, client_as: ClientAs, rolled_back: Sessions, settings: object, clock: Clock
) -> None:
    path = f"/keys/{town.samples['key_ref']}"
    with rolled_back.begin() as session:
        session.scalars(select(KeyLoan)).one().due_on = NOW.date() - timedelta(days=3)
    browser = client_as(Role.CARETAKER)
    assert "Should be back" in browser.get("/keys").text
    minder = life_jobs.Minder(settings, rolled_back)  # type: ignore[arg-type]
    for later in (0, 1, 7):
        minder.keys(NOW + timedelta(days=later))
    with rolled_back() as session:
        subjects = session.scalars(select(Letter.subject)).all()
    assert len([one for one in subjects if "A12" in one]) == 2
    browser.post(f"{path}/back")
    assert "Hand it out" in browser.get(path).text


def test_a_lead_of_the_space_is_what_its_page_of_the_booking_says(
    open_town: Town, client_as: ClientAs, rolled_back: Sessions
) -> None:
    with rolled_back.begin() as session:
        session.get_one(Space, open_town.space.id).lead_in_min = 40
    shown = client_as(Role.BOOKER).post(f"/bookings/{booking(open_town)}/pin").text
    assert "from 40 minutes before" in shown
