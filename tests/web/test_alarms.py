"""Alarms: told step by step, taken on, given away, closed with a reason."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta

import pytest
from sqlalchemy import delete, select
from sqlalchemy.orm import Session, sessionmaker

from access import alarm_care, escalation
from access.alarm_models import AlarmHouse, AlarmStep
from access.alarms import AlarmKind, cease, sound
from access.left_open import mind_left_open
from access.models import DoorAlarm, DoorState
from booking.acts import Act, ActKind
from booking.models import Letter
from booking.roles import Role
from booking.settings import Settings
from tests import make
from tests.web import samples_staff
from tests.web.conftest import ClientAs
from tests.web.town import NOW, Town
from web.jobs import jobs_for
from web.life_jobs import Minder

END = make.at("2026-11-24", "19:30")
Raise = Callable[[AlarmKind], str]


@pytest.fixture
def minder(settings: Settings, rolled_back: sessionmaker[Session]) -> Minder:
    return Minder(settings, rolled_back)


@pytest.fixture
def raised(town: Town, rolled_back: sessionmaker[Session]) -> Raise:
    def go(kind: AlarmKind) -> str:
        with rolled_back.begin() as session:
            return sound(session, samples_staff.door_of(session, town), kind, {}, NOW).ref

    return go


@pytest.fixture
def open_door(town: Town, rolled_back: sessionmaker[Session]) -> None:
    with rolled_back.begin() as session:
        session.execute(delete(AlarmStep))
        session.get_one(DoorState, samples_staff.online(session, town).id).contact = "open"


def letters(sessions: sessionmaker[Session]) -> list[str]:
    """Whom letters went to, oldest first."""
    with sessions() as session:
        return list(session.scalars(select(Letter.address).where(Letter.written_at >= END).order_by(Letter.id)))


def with_a_guard(sessions: sessionmaker[Session], town: Town, **values: object) -> None:
    with sessions.begin() as session:
        facts = {"guard_address": "vartija@esimerkki.example", "guard_name": "Vartija", "source": "Johtokunta § 3"}
        session.add(AlarmHouse(premises_id=town.premises.id, decided_at=NOW, **(facts | values)))


def test_d16_a_door_open_after_the_turn_is_told_to_the_holder_then_the_caretaker_then_the_guard(
    town: Town, rolled_back: sessionmaker[Session], minder: Minder, open_door: None, acts_kept: list[Act]
) -> None:
    """D16: door open 5 min after the end: reminder, caretaker, guard, each logged."""
    with_a_guard(rolled_back, town)
    with rolled_back.begin() as session:
        assert mind_left_open(session, END + timedelta(minutes=4)) == 0
        assert mind_left_open(session, END + timedelta(minutes=5)) == 1
        assert mind_left_open(session, END + timedelta(minutes=6)) == 0
    for minutes in (5, 6, 15, 16, 30, 31):
        minder.alarms(END + timedelta(minutes=minutes))
    caretaker = town.people[Role.CARETAKER]
    assert letters(rolled_back) == [town.booker.email, caretaker.email, "vartija@esimerkki.example"]
    told = [act.body["told"] for act in acts_kept if act.kind is ActKind.DOOR_ALARM_TOLD]
    assert told == ["holder", "caretaker", "guard"]


def test_a_door_closed_in_time_is_nobodys_business(
    town: Town, rolled_back: sessionmaker[Session], minder: Minder, open_door: None
) -> None:
    with rolled_back.begin() as session:
        mind_left_open(session, END + timedelta(minutes=5))
    minder.alarms(END + timedelta(minutes=5))
    with rolled_back.begin() as session:
        session.get_one(DoorState, samples_staff.door_of(session, town).id).contact = "closed"
        mind_left_open(session, END + timedelta(minutes=7))
    minder.alarms(END + timedelta(minutes=60))
    assert letters(rolled_back) == [town.booker.email]


def test_who_takes_an_alarm_on_spares_the_others(
    town: Town, rolled_back: sessionmaker[Session], minder: Minder, client_as: ClientAs, raised: Raise
) -> None:
    ref = raised(AlarmKind.OFFLINE)
    answer = client_as(Role.CARETAKER).post(f"/alarms/{ref}/take", data={"said": "Lähden katsomaan"})
    assert answer.status_code == 302
    minder.alarms(NOW + timedelta(days=1))
    with rolled_back() as session:
        steps = session.scalars(select(AlarmStep).join(DoorAlarm).where(DoorAlarm.ref == ref)).all()
        assert {step.outcome for step in steps} == {"not_needed"}
    page = client_as(Role.MANAGER).get(f"/alarms/{ref}").text
    assert "Lähden katsomaan" in page
    assert town.people[Role.CARETAKER].name in page


def test_an_alarm_is_closed_with_a_reason_only(
    town: Town, rolled_back: sessionmaker[Session], client_as: ClientAs, raised: Raise
) -> None:
    caretaker, ref = client_as(Role.CARETAKER), raised(AlarmKind.LOCKOUT)
    assert caretaker.post(f"/alarms/{ref}/close").status_code == 422
    assert caretaker.post(f"/alarms/{ref}/close", data={"said": "Lapsi leikki"}).status_code == 302
    assert caretaker.post(f"/alarms/{ref}/close", data={"said": "Toistamiseen"}).status_code == 422
    with rolled_back() as session:
        assert alarm_care.of_ref(session, ref).ended_by == town.people[Role.CARETAKER].id
    assert "Lapsi leikki" in caretaker.get(f"/alarms/{ref}").text


def test_an_alarm_is_given_to_who_works_there_and_nobody_else(town: Town, client_as: ClientAs, raised: Raise) -> None:
    manager, ref = client_as(Role.MANAGER), raised(AlarmKind.CLOCK_DRIFT)
    caretaker = town.people[Role.CARETAKER]
    assert manager.post(f"/alarms/{ref}/give", data={"whom": town.booker.ref}).status_code == 422
    assert manager.post(f"/alarms/{ref}/give", data={"whom": caretaker.ref}).status_code == 302
    assert ref in client_as(Role.CARETAKER).get("/alarms?mine=1").text
    assert ref not in manager.get("/alarms?mine=1").text


def test_the_list_can_be_narrowed(town: Town, client_as: ClientAs, raised: Raise) -> None:
    caretaker, ref = client_as(Role.CARETAKER), raised(AlarmKind.OVERFLOW)
    assert ref in caretaker.get("/alarms?state=new&kind=overflow").text
    assert ref not in caretaker.get("/alarms?state=ended").text
    assert ref not in caretaker.get("/alarms?kind=offline").text
    assert caretaker.get("/alarms?state=nonsense&page=x").status_code == 200


def test_who_works_elsewhere_sees_no_alarm_of_here(town: Town, client_as: ClientAs, raised: Raise) -> None:
    stranger, ref = client_as(Role.CARETAKER, stranger=True), raised(AlarmKind.FORCED)
    assert stranger.get(f"/alarms/{ref}").status_code == 403
    assert stranger.post(f"/alarms/{ref}/close", data={"said": "x"}).status_code == 403
    assert ref not in stranger.get("/alarms").text


def test_every_alarm_says_what_it_means_and_what_to_do(client_as: ClientAs, raised: Raise) -> None:
    caretaker = client_as(Role.CARETAKER, language="fi")
    for kind in AlarmKind:
        page = caretaker.get(f"/alarms/{raised(kind)}").text
        assert "Mitä se tarkoittaa" in page
        assert f">{kind.value}<" not in page, kind


def test_a_premises_decides_its_own_minutes_and_says_who_decided(
    town: Town, rolled_back: sessionmaker[Session], minder: Minder, client_as: ClientAs, raised: Raise
) -> None:
    manager, at = client_as(Role.MANAGER), f"/premises/{town.premises.ref}/alarms"
    wish = {"caretaker_min": "2", "guard_min": "3", "guard_address": "vartija@esimerkki.example"}
    assert manager.post(at, data=wish).status_code == 422
    assert manager.post(at, data=wish | {"guard_min": "1", "source": "Johtokunta"}).status_code == 422
    assert manager.post(at, data=wish | {"source": "Johtokunta 1.12. § 3"}).status_code == 302
    ref = raised(AlarmKind.HELD_OPEN)
    with rolled_back() as session:
        steps = session.scalars(select(AlarmStep).join(DoorAlarm).where(DoorAlarm.ref == ref))
        due = {step.rung: step.due_at - NOW for step in steps}
        assert due == {"caretaker": timedelta(minutes=2), "guard": timedelta(minutes=3)}


def test_two_processes_take_a_step_once(session: Session, now, keep_acts) -> None:  # type: ignore[no-untyped-def]
    """A step is a row closed in the transaction that writes its letter: nobody is told twice."""
    from tests.access import make as doors

    home = doors.house(session, now)
    sound(session, home.outer, AlarmKind.FORCED, {}, now)
    first = escalation.due(session, now)
    assert [step.rung for step in first] == ["caretaker"]
    for step in first:
        escalation.settle(session, step, readers=[], letters=0, now=now)
    assert escalation.due(session, now) == []
    cease(session, home.outer, AlarmKind.FORCED, now)
    assert escalation.due(session, now + timedelta(hours=1)) == []


def test_every_ladder_has_its_day_and_source() -> None:
    kinds: Sequence[str] = [kind for kind in escalation.ladders() if kind != escalation.USUAL]
    assert set(kinds) <= {kind.value for kind in AlarmKind}


def test_under_duress_caretaker_manager_and_guard_are_written_to_in_the_same_round(
    town: Town, rolled_back: sessionmaker[Session], settings: Settings, minder: Minder, raised: Raise
) -> None:
    """DA22: in less than two seconds; the letters of a round of alarms go out in that round."""
    with_a_guard(rolled_back, town)
    with rolled_back.begin() as session:
        session.execute(delete(AlarmStep))
        before = set(session.scalars(select(Letter.id)))
    raised(AlarmKind.DURESS)
    minder.alarms(NOW)
    with rolled_back() as session:
        found = [letter for letter in session.scalars(select(Letter)) if letter.id not in before]
    wanted = {town.people[role].email for role in (Role.CARETAKER, Role.MANAGER)} | {"vartija@esimerkki.example"}
    assert wanted <= {letter.address for letter in found}
    assert {letter.due_at for letter in found} == {NOW}
    rhythm = {job.name: job.every_s for job in jobs_for(settings, rolled_back)}
    assert rhythm["alarms"] + rhythm["letters"] < 2
    assert list(rhythm).index("alarms") < list(rhythm).index("letters")
