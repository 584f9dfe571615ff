"""Pages of what people decide about doors: modes, rules, free times, staff."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from access import door_modes, door_rules, free_schedules
from access.mode_models import FreeSchedule, StaffAccess
from access.models import Credential, Door, DoorCommand, DoorState
from booking.acts import Act, ActKind
from booking.roles import Role
from devices.messages import DoorMode
from tests.web import samples_staff
from tests.web.conftest import ClientAs
from tests.web.town import NOW, Town

LOCKDOWN = {"mode": "lockdown", "reason": "Uhka pihalla"}
WEEKLY = {"weekdays": ["6"], "starts": "03:00", "ends": "04:00", "first_on": "2026-11-24"}


def test_one_press_locks_the_house_down_and_the_next_lifts_it(
    town: Town, client_as: ClientAs, rolled_back: sessionmaker[Session], acts_kept: list[Act]
) -> None:
    caretaker, address = client_as(Role.CARETAKER), f"/premises/{town.premises.ref}/door-modes"
    assert 'value="lockdown" checked' in caretaker.get(address).text
    page = caretaker.post(address, data=LOCKDOWN, follow_redirects=True).text
    assert "not confirmed: the door is offline" in page
    assert 'value="normal" checked' in page
    told = [act for act in acts_kept if act.kind is ActKind.DOOR_MODE_ORDERED]
    assert told[-1].actor == town.people[Role.CARETAKER].id
    assert told[-1].body["reason"] == "Uhka pihalla"
    with rolled_back.begin() as session:
        door = samples_staff.online(session, town)
        door_modes.confirm_served(session, door, NOW)
    assert "confirmed by the door" in caretaker.get(address).text
    caretaker.post(address, data=LOCKDOWN | {"mode": "normal"})
    with rolled_back() as session:
        assert door_modes.mode_of(session, door.id) is DoorMode.NORMAL


def test_programs_see_what_was_ordered_and_whether_it_is_confirmed(town: Town, client_as: ClientAs) -> None:
    caretaker = client_as(Role.CARETAKER)
    caretaker.post(f"/doors/{town.samples['door_ref']}/mode", data=LOCKDOWN)
    (door,) = caretaker.get(f"/api/v1/premises/{town.premises.ref}/door-modes").json
    assert (door["mode"], door["held"], door["confirmed"], door["online"]) == ("lockdown", "normal", False, False)
    assert client_as(Role.BOOKER).get(f"/api/v1/premises/{town.premises.ref}/door-modes").status_code == 403


def test_a_mode_needs_a_reason_and_a_role_at_the_house(town: Town, client_as: ClientAs) -> None:
    address = f"/doors/{town.samples['door_ref']}/mode"
    answer = client_as(Role.CARETAKER).post(address, data={"mode": "lockdown"})
    assert answer.status_code == 422
    assert 'id="e-reason"' in answer.text
    assert client_as(Role.CARETAKER, stranger=True).post(address, data=LOCKDOWN).status_code == 403
    assert client_as(Role.BOOKER).post(address, data=LOCKDOWN).status_code == 403


def test_in_lockdown_opening_remotely_asks_whether_one_knows_it(
    town: Town, client_as: ClientAs, rolled_back: sessionmaker[Session]
) -> None:
    caretaker, door = client_as(Role.CARETAKER), town.samples["door_ref"]
    assert 'name="override"' not in caretaker.get(f"/doors/{door}/open").text
    caretaker.post(f"/doors/{door}/mode", data=LOCKDOWN)
    assert 'name="override"' in caretaker.get(f"/doors/{door}/open").text
    caretaker.post(f"/doors/{door}/open", data={"reason": "Poliisi ovella", "override": "1"})
    with rolled_back() as session:
        row = session.scalars(select(DoorCommand).where(DoorCommand.reason == "Poliisi ovella")).one()
        assert row.facts == {"override": True}


def test_rules_are_saved_and_who_writes_last_is_told_of_the_other(
    town: Town, client_as: ClientAs, rolled_back: sessionmaker[Session]
) -> None:
    manager, door = client_as(Role.MANAGER), town.samples["door_ref"]
    page = manager.get(f"/doors/{door}/rules").text
    assert "Level 1" in page
    assert "Level 2: a card" not in page.split("<form")[-1]
    given = {"assurance": "1", "long_open_s": "300", "apb": "soft", "apb_area": "Sali", "seen": "0"}
    shown = manager.post(f"/doors/{door}/rules", data=given, follow_redirects=True).text
    assert "Card and PIN of the same person" in shown
    assert "Somebody else" not in shown
    shown = manager.post(f"/doors/{door}/rules", data=given | {"factors": "2"}, follow_redirects=True).text
    assert "Somebody else had changed the rules" in shown
    with rolled_back() as session:
        found = session.scalars(select(Door).where(Door.ref == door)).one()
        assert door_rules.told(session, found).factors == 2
    bad = manager.post(f"/doors/{door}/rules", data=given | {"two_person_s": "3"})
    assert (bad.status_code, "From 5 to 60." in bad.text) == (422, True)
    assert client_as(Role.CARETAKER).get(f"/doors/{door}/rules").status_code == 403


def test_a_free_time_is_shown_day_by_day_with_its_odd_days_before_it_is_kept(
    town: Town, client_as: ClientAs, rolled_back: sessionmaker[Session]
) -> None:
    """DA7: said in the preview."""
    manager, address = client_as(Role.MANAGER), f"/doors/{town.samples['door_ref']}/free"
    with rolled_back() as session:
        before = len(session.scalars(select(FreeSchedule)).all())
    page = manager.post(address, data=WEEKLY).text
    assert "60 minutes longer" in page  # 31.10.2027; in spring that Sunday is Easter
    with rolled_back() as session:
        assert len(session.scalars(select(FreeSchedule)).all()) == before
    assert manager.post(address, data=WEEKLY | {"sure": "1"}).status_code == 302
    with rolled_back() as session:
        row = session.scalars(select(FreeSchedule).order_by(FreeSchedule.id.desc()).limit(1)).one()
        assert (row.weekdays, row.starts_min, row.ends_min) == ([6], 180, 240)
        ref, door = row.ref, row.door_id
    manager.post(f"{address}/{ref}/end")
    with rolled_back() as session:
        assert ref not in {row.ref for row in free_schedules.of_door(session, door)}


def test_a_time_that_ends_before_it_begins_runs_into_the_next_day(town: Town, client_as: ClientAs) -> None:
    answer = client_as(Role.MANAGER, language="fi").post(
        f"/doors/{town.samples['door_ref']}/free",
        data=WEEKLY | {"starts": "22:00", "ends": "02:00", "except_on": "29.11.2026, 6.12.2026"},
    )
    assert "poikkeus" in answer.text


def test_staff_access_is_given_by_address_and_ended(
    town: Town, client_as: ClientAs, rolled_back: sessionmaker[Session]
) -> None:
    manager, address = client_as(Role.MANAGER), f"/premises/{town.premises.ref}/staff-access"
    given = {"email": str(town.booker.email), "reason": "Vartiointi", "flags": ["survives_lockdown"]}
    page = manager.post(address, data=given | {"until_on": "2026-12-31"}, follow_redirects=True).text
    assert town.booker.name in page
    assert "Opens in lockdown" in page
    again = manager.post(address, data=given)
    assert (again.status_code, "already" in again.text) == (422, True)
    with rolled_back() as session:
        row = session.scalars(select(StaffAccess).where(StaffAccess.person_id == town.booker.id)).one()
    manager.post(f"{address}/{row.ref}/end")
    assert town.booker.name not in manager.get(address).text
    assert manager.post(address, data=given | {"email": "kukaan@example.fi"}).status_code == 422


def test_a_card_is_marked_by_its_owner_and_the_mark_taken_away(
    town: Town, client_as: ClientAs, rolled_back: sessionmaker[Session]
) -> None:
    address, booker = f"/cards/{town.samples['card_ref']}/longer", client_as(town.booker)

    def marked() -> bool:
        with rolled_back() as session:
            return session.scalars(select(Credential.long_open).where(Credential.ref == town.samples["card_ref"])).one()

    assert "Doors now wait longer" in booker.post(address, data={"longer": "1"}, follow_redirects=True).text
    assert marked()
    booker.post(address)
    assert not marked()


def test_a_fire_and_who_is_inside_are_ended_by_orders_with_reasons(
    town: Town, client_as: ClientAs, rolled_back: sessionmaker[Session]
) -> None:
    with rolled_back.begin() as session:
        door = samples_staff.online(session, town)
        session.get_one(DoorState, door.id).fire = "active"
        samples_staff.event_of(session, town, seq=9)
    caretaker, address = client_as(Role.CARETAKER), f"/doors/{door.ref}"
    assert "active: the lock is released" in caretaker.get(address).text
    page = caretaker.post(f"{address}/fire-reset", data={"reason": "Tarkastettu"}, follow_redirects=True).text
    assert "End the fire state" in page
    assert town.booker.name in caretaker.get(f"{address}/forgive").text
    caretaker.post(f"{address}/forgive", data={"reason": "Jäi jumiin", "who": town.booker.ref})
    with rolled_back() as session:
        kinds = session.scalars(select(DoorCommand.kind).where(DoorCommand.door_id == door.id)).all()
        assert {"fire_reset", "forgive"} <= set(kinds)
    assert caretaker.post(f"{address}/forgive", data={"reason": "Jäi jumiin", "who": "x"}).status_code == 404
