"""Rules of doors, free times and staff: what the list of a door holds, and what follows from what it tells."""

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from itertools import count

import pytest
from sqlalchemy import select

from access import access_list, areas, board, credentials, door_rules, free_schedules, staff_access
from access.audit_models import Audit, AuditPayload
from access.door_rules import Assurance, RulesWish
from access.every import Every
from access.free_schedules import FreeWish
from access.keeping import keeper
from access.models import Credential, Door, DoorEvent, Driver
from access.staff_access import StaffWish
from booking import premises
from booking.acts import ActKind
from booking.models import ClosedDays
from booking.refusals import AlreadyThere, BadInput
from devices.messages import ApbKind, Clock, DoorMode
from tests import make
from tests.access import make as doors
from tests.access.make import VAULT
from tests.access.site import CARD, made_site

NUMBERS = count(1)


@pytest.fixture
def keep_acts():
    return keeper(VAULT)


@pytest.fixture
def site(engine, sessions, now):
    return made_site(engine, sessions, now)


def rule(site, door, **facts):
    with site.sessions.begin() as session:
        wish = RulesWish(**({"long_open_s": 300} | facts))
        door_rules.set_rules(session, session.get_one(Door, door.id), wish, by=site.holder.id, now=site.now)


def free(site, door, **facts):
    usual = {"weekdays": tuple(range(7)), "starts_min": 480, "ends_min": 960, "first_on": date(2026, 1, 1)}
    with site.sessions.begin() as session:
        wish = FreeWish(**(usual | facts))
        row = free_schedules.add(session, session.get_one(Door, door.id), wish, by=site.holder.id, now=site.now)
        return row.ref


def staff(site, *flags, **facts):
    with site.sessions.begin() as session:
        wish = StaffWish(site.holder.id, "Talonmies", flags, **facts)
        return staff_access.give(session, site.home.premises.id, wish, by=site.holder.id, now=site.now).ref


def bodies(session, kind):
    query = select(AuditPayload.body).join(Audit, Audit.seq == AuditPayload.seq).where(Audit.kind == kind.value)
    return session.scalars(query.order_by(Audit.seq)).all()


def alarms(site):
    with site.sessions() as session:
        return [alarm.kind for alarm in board.alarms(session, None)]


def test_rules_are_in_the_list_and_the_door_keeps_them(site):
    rule(site, site.home.outer, two_person_s=20, apb="timed", apb_minutes=5)
    site.book()
    site.at("18:10")
    site.settle()
    assert site.outer.held.rules.two_person_s == 20
    assert (site.outer.held.rules.apb.kind, site.outer.held.rules.apb.minutes) == (ApbKind.TIMED, 5)
    assert site.outer.show(CARD).reason == "second_person"
    site.outer.send_events()
    site.settle()


def test_two_who_change_the_rules_at_once_both_stand_in_the_log_and_the_last_is_seen(site):
    wishes = ({"factors": 2}, {"interlock": True})
    with ThreadPoolExecutor(2) as both:
        for done in [both.submit(rule, site, site.home.outer, **wish) for wish in wishes]:
            done.result(timeout=30)
    with site.sessions() as session:
        row = door_rules.rule_of(session, site.home.outer)
        first, second = (json.loads(body)["facts"] for body in bodies(session, ActKind.DOOR_RULES_CHANGED))
    assert (row.version, first["version"], second["version"]) == (2, 1, 2)
    assert (second["rules"]["factors"], second["rules"]["interlock"]) == (row.factors, row.interlock)
    assert second["before"] == first["rules"]
    site.settle()
    assert site.outer.held.rules.interlock is row.interlock


def test_what_a_door_cannot_keep_is_refused(session, now):
    home, by = doors.house(session, now), make.person(session).id
    refused = {"assurance": 2, "apb_minutes": 0, "two_person_s": 4, "long_open_s": 0}
    for field, value in refused.items():
        wish = RulesWish(**({"long_open_s": 60, "apb": "timed", "apb_minutes": 5} | {field: value}))
        with pytest.raises(BadInput) as error:
            door_rules.set_rules(session, home.outer, wish, by=by, now=now)
        assert error.value.facts["field"] == field


def test_a_plain_reader_on_wires_keeps_no_two_factors(session, now):
    home = doors.house(session, now)
    wired = doors.door(session, home.premises, [home.hall], now, driver=Driver.RDM6300_RELAY, reader_path="/dev/x")
    with pytest.raises(BadInput):
        door_rules.set_rules(session, wired, RulesWish(factors=2, long_open_s=60), by=make.person(session).id, now=now)


def test_where_two_factors_are_asked_who_has_a_card_gets_a_pin_too(site):
    rule(site, site.home.outer, assurance=Assurance.TWO_FACTORS)
    site.book()
    with site.sessions() as session:
        kinds = session.scalars(select(Credential.kind).where(Credential.person_id == site.holder.id)).all()
    assert sorted(kinds) == ["card", "pin"]
    site.at("18:10")
    site.settle()
    assert site.outer.held.rules.factors == 2
    assert site.outer.show(CARD).reason == "second_factor"


def test_a_free_time_opens_without_a_right_and_a_closed_day_ends_it_at_once(site):
    free(site, site.home.outer)
    site.at("12:00")
    site.settle()
    assert site.outer.show("card:em4100:40:0000000001").reason == "free"
    with site.sessions.begin() as session:
        place, day = session.merge(site.home.premises), date(2026, 11, 24)
        shut = ClosedDays(premises_id=place.id, first_on=day, last_on=day, name_fi="Vesivahinko")
        premises.close_days(session, shut, place, space=None, by=site.holder.id, now=site.now)
    site.settle()
    assert site.outer.show("card:em4100:40:0000000001").reason == "unknown_credential"


def test_a_first_in_time_waits_for_the_staff_and_a_restart_locks_it_again(site):
    """DA34: nobody in until 09.10, free from then, locked again by a restart at 10.00 until the next of the staff."""
    free(site, site.home.outer, first_in=True)
    staff(site, "first_in")
    stranger = "card:em4100:40:0000000001"
    site.at("08:30")
    site.settle()
    assert not site.outer.show(stranger).granted
    site.at("09:10")
    assert site.outer.show(CARD).granted
    assert site.outer.show(stranger).reason == "free"
    site.outer.report()
    site.settle()
    site.at("10:00")
    site.outer.state = type(site.outer.state)()  # what a controller forgets by restarting
    assert not site.outer.show(stranger).granted
    assert site.outer.show(CARD).granted
    assert site.outer.show(stranger).reason == "free"


def test_staff_pass_at_any_hour_without_a_clock_and_in_lockdown_if_their_flags_say_so(site):
    staff(site, "survives_lockdown", "survives_stale")
    site.settle()
    (right,) = site.outer.held.rights
    assert (right.starts, right.ends, right.flags) == (None, None, ("survives_lockdown", "survives_stale"))
    site.outer.clock = Clock.UNKNOWN
    assert site.outer.show(CARD).granted
    assert site.hall.show(CARD).granted
    site.hall.mode = type("Held", (), {"mode": DoorMode.LOCKDOWN})()
    assert site.hall.show(CARD).granted


def test_staff_access_ends_when_taken_away_when_over_and_when_the_card_is_lost(site):
    ref = staff(site)
    with pytest.raises(AlreadyThere):
        staff(site)
    site.settle()
    with site.sessions() as session:
        (entry,) = staff_access.on_staff(session, site.home.premises.id, site.now)
        assert (entry.rights, entry.confirmed) == (3, 2)  # the club's door is not plugged in
    with site.sessions.begin() as session:
        staff_access.end(session, site.home.premises.id, ref, by=site.holder.id, now=site.now)
    site.settle()
    assert site.outer.held.rights == ()
    staff(site, until_at=site.now + timedelta(hours=1))
    site.settle()
    assert len(site.outer.held.rights) == 1
    site.pass_time(hours=2)
    site.service._minute = Every(0)
    site.settle()
    site.settle()
    assert site.outer.held.rights == ()
    staff(site)
    site.settle()
    with site.sessions.begin() as session:
        (card,) = credentials.cards_of(session, site.holder.id)
        credentials.revoke(session, card.ref, by=site.holder.id, now=site.now, why="lost")
    site.settle()
    assert site.outer.held.rights == ()


def test_a_card_that_is_marked_makes_the_door_wait_longer(site):
    site.book()
    staff(site)
    site.settle()
    with site.sessions.begin() as session:
        (card,) = credentials.cards_of(session, site.holder.id)
        credentials.need_longer(session, card, by=site.holder.id, now=site.now, longer=True)
    site.settle()
    assert [right.flags for right in site.outer.held.rights] == [("long_open",)] * 2
    site.at("18:10")
    assert site.outer.show(CARD).long_open


def test_staff_come_first_where_a_small_board_has_no_room_for_all(site):
    staff(site)
    site.book()
    site.outer.most_rights = 1
    site.outer.report()
    site.settle()
    with site.sessions.begin() as session:
        door = session.get_one(Door, site.home.outer.id)
        body, left_out = access_list.build(session, door, site.now)
    assert [right.starts for right in body.rights] == [None]
    assert len(left_out) == 1


def seen(session, door, person, at, reader="in", kind="granted"):
    row = DoorEvent(door_id=door.id, boot_epoch=1, seq=next(NUMBERS), kind=kind, device_at=at, received_at=at)
    row.clock, row.body, row.body_hash, row.person_id = "synced", {"reader": reader}, "0" * 64, person.id
    session.add(row)
    session.flush()
    return row


def test_into_one_area_by_two_doors_without_leaving_is_noticed_where_leaving_is_seen(session, now):
    home, maija, matti = doors.house(session, now), make.person(session), make.person(session)
    for door in (home.outer, home.hall_door):
        wish = RulesWish(apb="soft", apb_area="Sali", long_open_s=60)
        door_rules.set_rules(session, door, wish, by=maija.id, now=now)
    minute = timedelta(minutes=1)
    came = seen(session, home.outer, maija, now)
    assert areas.came_in_twice(session, home.hall_door, seen(session, home.hall_door, maija, now + minute)) is None
    seen(session, home.hall_door, matti, now, "out")  # only now it is known that leaving is seen
    again = seen(session, home.hall_door, maija, now + 2 * minute)
    assert areas.came_in_twice(session, home.hall_door, again) is None  # the hall door itself minds its own
    back = seen(session, home.outer, maija, now + 3 * minute)
    assert areas.came_in_twice(session, home.outer, back) is again
    seen(session, home.outer, maija, now + 4 * minute, "out")
    assert areas.came_in_twice(session, home.hall_door, seen(session, home.hall_door, maija, now + 5 * minute)) is None
    seen(session, home.outer, maija, now + 6 * minute, kind="forgiven")
    assert areas.came_in_twice(session, home.outer, seen(session, home.outer, maija, now + 7 * minute)) is None
    assert areas.came_in_twice(session, home.club_door, came) is None


def test_what_a_door_notes_as_passback_is_a_soft_alarm(site):
    rule(site, site.home.outer, apb="soft")
    staff(site)
    site.settle()
    assert site.outer.show(CARD).granted
    assert site.outer.show(CARD).granted
    site.outer.send_events()
    site.settle()
    assert alarms(site) == ["passback"]
