"""Codes beside one's own: twins under duress, visitors within a window and so often, stand-ins for one evening."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from access import access_list, pin_codes, register, rights, stand_ins, visitor_codes
from access.alarms import AlarmKind
from access.intake import store
from access.keys import credential_key
from access.models import Credential, CredentialKey, DoorAlarm, DoorEvent, Purpose, Right
from access.visitor_codes import VisitorWish
from booking.core.span import Span
from booking.refusals import AlreadyThere, BadInput, NotAllowed, NotNow
from booking.roles import Role
from devices.credentials import credential_hash
from devices.credentials import pin as normal_pin
from devices.events import parse_event
from tests import make
from tests.access.fake_door import FakeDoor
from tests.access.make import VAULT, card, house, turn

DAY = "2026-11-24"
EVENING = make.span(DAY, "18:00", "20:00")


def evening(session, home, holder, now, span=EVENING, **values):
    row = turn(session, home.hall, span, holder, **values)
    row.space = home.hall
    rights.refresh(session, [row.id], now, vault=VAULT)
    return row


def guarded(session, home):
    home.premises.duress_codes = True
    session.flush()


def live(session, person, purpose=Purpose.OWN):
    query = select(Credential).where(Credential.person_id == person.id, Credential.revoked_at.is_(None))
    return session.scalars(query.where(Credential.purpose == purpose.value)).all()


def at_door(session, door, now, code, *, clock="18:05", seq=0):
    """Somebody types a code at the door at this time, which holds its list of now; its events are stored."""
    there = FakeDoor(register.provisioning(VAULT, door), int(make.at(DAY, clock).timestamp()))
    there.whole = there.held = access_list.build(session, door, now)[0]
    there.events, there.seq = [], seq + 1
    decision = there.show(normal_pin(code))
    store(session, door, [parse_event(one) for one in there.events], now)
    return decision


# --- duress ---


def test_a_twin_of_a_twin_is_the_code_again():
    assert pin_codes.twin_of("49387") == "49382"
    assert pin_codes.twin_of(pin_codes.twin_of("49387")) == "49387"


def test_where_duress_codes_are_in_use_each_pin_has_a_twin_with_the_same_rights(session, now):
    home, holder = house(session, now), make.person(session)
    guarded(session, home)
    row = evening(session, home, holder, now)
    code = pin_codes.pin_of(session, VAULT, row.booking.ref, by=holder.id, now=now)
    assert pin_codes.twin_shown(session, VAULT, row.booking.ref, by=holder.id) == pin_codes.twin_of(code)
    listed, _ = access_list.build(session, home.hall_door, now)
    plain, twin = sorted(listed.rights, key=lambda right: right.flags)
    assert (plain.flags, twin.flags) == ((), ("duress",))
    assert (plain.holder, plain.starts, plain.ends) == (twin.holder, twin.starts, twin.ends)


def test_two_codes_a_person_count_in_the_ratio(session, now):
    home = house(session, now)
    guarded(session, home)
    lengths = []
    for number in range(6):
        holder = make.person(session)
        span = make.span(DAY, f"{12 + number}:00", f"{13 + number}:00")
        row = evening(session, home, holder, now, span)
        lengths.append(len(pin_codes.pin_of(session, VAULT, row.booking.ref, by=holder.id, now=now)))
    assert lengths == [4, 4, 4, 4, 4, 5]


def test_turning_duress_codes_on_gives_living_pins_their_twins_and_off_takes_them(session, now):
    home, holder = house(session, now), make.person(session)
    row = evening(session, home, holder, now)
    code = pin_codes.pin_of(session, VAULT, row.booking.ref, by=holder.id, now=now)
    guarded(session, home)
    rights.reconcile(session, home.premises.id, now, vault=VAULT)
    assert pin_codes.twin_shown(session, VAULT, row.booking.ref, by=holder.id) == pin_codes.twin_of(code)
    home.premises.duress_codes = False
    session.flush()
    rights.reconcile(session, home.premises.id, now, vault=VAULT)
    assert live(session, holder, Purpose.DURESS) == []
    assert len(live(session, holder)) == 1


@pytest.mark.parametrize(("clock", "kind"), [("18:05", "granted"), ("17:05", "denied")])
def test_a_twin_typed_is_an_ordinary_entry_of_its_owner_and_an_alarm_each_time(session, now, clock, kind):
    """DA22: it opens, the log of passages shows an ordinary entry, the alarm is raised with the event."""
    home, holder = house(session, now), make.person(session)
    guarded(session, home)
    row = evening(session, home, holder, now)
    twin = pin_codes.twin_shown(session, VAULT, row.booking.ref, by=holder.id)
    for seq in (0, 1):
        decision = at_door(session, home.hall_door, now, twin, clock=clock, seq=seq)
    assert decision.outcome == kind
    events = session.scalars(select(DoorEvent)).all()
    assert {(one.kind, one.person_id) for one in events} == {(kind, holder.id)}
    assert "duress" not in str([one.reason for one in events])
    assert [one.kind for one in session.scalars(select(DoorAlarm))] == [AlarmKind.DURESS] * 2


def test_ones_own_pin_raises_no_alarm(session, now):
    home, holder = house(session, now), make.person(session)
    guarded(session, home)
    row = evening(session, home, holder, now)
    code = pin_codes.pin_of(session, VAULT, row.booking.ref, by=holder.id, now=now)
    assert at_door(session, home.hall_door, now, code).granted
    assert session.scalars(select(DoorAlarm)).all() == []


# --- visitors ---


def visitor(session, row, by, now, start="18:30", end="19:00", **values):
    wish = VisitorWish("Pianonvirittäjä", make.span(DAY, start, end), **values)
    return visitor_codes.make(session, VAULT, row, wish, by=by.id, now=now)


def windows(session, code):
    query = select(Right).where(Right.credential_id == code.credential_id, Right.out_version.is_(None))
    return {(one.door_id, one.valid_from, one.valid_until) for one in session.scalars(query)}


def test_a_visitors_code_opens_its_doors_in_its_window_so_often_and_is_nobody_elses_holder(session, now):
    home, holder = house(session, now), make.person(session)
    row = evening(session, home, holder, now)
    code = visitor(session, row, holder, now, uses=2)
    window = make.span(DAY, "18:30", "19:00")
    doors = {home.outer.id, home.hall_door.id}
    assert windows(session, code) == {(door, window.starts_at, window.ends_at) for door in doors}
    listed, _ = access_list.build(session, home.hall_door, now)
    own, lent = sorted(listed.rights, key=lambda right: right.uses or 0)
    assert (own.uses, lent.uses) == (None, 2)
    assert own.holder != lent.holder


def test_uses_are_counted_from_events_and_a_booking_that_moves_does_not_give_them_anew(session, now):
    home, holder = house(session, now), make.person(session)
    row = evening(session, home, holder, now)
    code = visitor(session, row, holder, now, start="18:00", end="20:00", uses=3)
    digits = visitor_codes.digits(session, VAULT, code, by=holder.id, now=now)
    assert at_door(session, home.hall_door, now, digits).granted
    (shown,) = visitor_codes.of_booking(session, row.booking_id, now)
    assert (shown.most_spent, shown.used_up) == (1, False)
    row.starts_at = row.starts_at + timedelta(minutes=30)
    session.flush()
    rights.refresh(session, [row.id], now, vault=VAULT)
    listed, _ = access_list.build(session, home.hall_door, now)
    assert [right.uses for right in listed.rights if right.uses] == [2]


def test_the_first_use_starts_its_clock(sessions, now):
    with sessions.begin() as session:
        home, holder = house(session, now), make.person(session)
        row = evening(session, home, holder, now)
        code = visitor(session, row, holder, now, start="18:00", end="20:00", uses=None, first_use_min=15)
        digits = visitor_codes.digits(session, VAULT, code, by=holder.id, now=now)
        ends = []
        for seq, clock in enumerate(("18:10", "18:20")):
            at_door(session, home.hall_door, now, digits, clock=clock, seq=seq)
            ends.append(code.ends_at)
    assert ends == [make.at(DAY, "18:25")] * 2


def test_a_code_is_ended_by_one_press_and_ends_with_its_makers_right(session, now):
    home, holder, helper = house(session, now), make.person(session), make.person(session)
    whose = make.organisation(session)
    key = make.role(session, helper, Role.KEY_HOLDER, organisation_id=whose.id)
    row = evening(session, home, holder, now, whose=whose)
    code, other = visitor(session, row, helper, now), visitor(session, row, holder, now)
    key.last_on = now.date() - timedelta(days=1)
    session.flush()
    visitor_codes.end(session, other, by=holder.id, now=now)
    rights.refresh(session, [row.id], now, vault=VAULT)
    assert windows(session, code) == windows(session, other) == set()


@pytest.mark.parametrize(("start", "end"), [("17:00", "18:30"), ("19:30", "21:00")])
def test_a_window_outside_the_time_is_refused(session, now, start, end):
    home, holder = house(session, now), make.person(session)
    row = evening(session, home, holder, now)
    with pytest.raises(BadInput, match="outside_time"):
        visitor(session, row, holder, now, start, end)


def test_a_stranger_makes_no_code_and_nobody_more_than_ten(session, now):
    home, holder = house(session, now), make.person(session)
    row = evening(session, home, holder, now)
    with pytest.raises(NotAllowed):
        visitor(session, row, make.person(session), now)
    keys = {door.id: credential_key(VAULT, door) for door in (home.outer, home.hall_door)}
    for number in range(9):
        code = (f"7{number}283", keys)
        pin_codes.add(session, VAULT, row.booking, holder.id, code, now, purpose=Purpose.VISITOR)
    visitor(session, row, holder, now)
    with pytest.raises(NotNow, match="too_many_codes"):
        visitor(session, row, holder, now)


def test_only_the_maker_sees_the_digits_and_no_table_holds_them(session, now):
    home, holder = house(session, now), make.person(session)
    row = evening(session, home, holder, now)
    code = visitor(session, row, holder, now)
    digits = visitor_codes.digits(session, VAULT, code, by=holder.id, now=now)
    keys = session.scalars(select(CredentialKey.key_hash).where(CredentialKey.credential_id == code.credential_id))
    assert credential_hash(credential_key(VAULT, home.hall_door), normal_pin(digits)) in set(keys)
    with pytest.raises(NotAllowed):
        visitor_codes.digits(session, VAULT, code, by=make.person(session).id, now=now)


def test_a_visitors_code_is_forgotten_when_its_window_is_over(session, now):
    home, holder = house(session, now), make.person(session)
    row = evening(session, home, holder, now)
    code = visitor(session, row, holder, now)
    pin_codes.end_past(session, make.at(DAY, "19:00"))
    assert code.credential.pin_sealed is None
    assert len(live(session, holder)) == 1


# --- stand-ins ---


def holders_of(session, row):
    query = select(Credential.person_id).join(Right, Right.credential_id == Credential.id).distinct()
    return set(session.scalars(query.where(Right.occurrence_id == row.id, Right.out_version.is_(None))))


@pytest.mark.parametrize("instead", [True, False])
def test_a_stand_in_opens_one_evening_and_only_that(session, now, instead):
    home, holder, other = house(session, now), make.person(session), make.person(session)
    card(session, holder, now)
    row = evening(session, home, holder, now)
    later = Span(row.starts_at + timedelta(7), row.ends_at + timedelta(7))
    next_week = turn(session, home.hall, later, holder, key="2")
    next_week.booking_id = row.booking_id
    session.flush()
    stand_ins.give(session, row, other, instead=instead, by=holder.id, now=now)
    rights.refresh(session, [row.id, next_week.id], now, vault=VAULT)
    assert holders_of(session, row) == ({other.id} if instead else {other.id, holder.id})
    assert holders_of(session, next_week) == {holder.id}
    assert pin_codes.pin_of(session, VAULT, row.booking.ref, by=other.id, now=now) is not None


def test_withdrawn_by_one_press_the_holder_answers_again(session, now):
    home, holder, other = house(session, now), make.person(session), make.person(session)
    card(session, holder, now)
    row = evening(session, home, holder, now)
    given = stand_ins.give(session, row, other, instead=True, by=holder.id, now=now)
    rights.refresh(session, [row.id], now, vault=VAULT)
    stand_ins.withdraw(session, stand_ins.by_ref(session, given.ref), by=holder.id, now=now)
    rights.refresh(session, [row.id], now, vault=VAULT)
    assert holders_of(session, row) == {holder.id}


def test_a_stand_in_who_leaves_the_organisation_loses_the_evening_from_that_instant(session, now):
    home, holder, other = house(session, now), make.person(session), make.person(session)
    whose = make.organisation(session)
    card(session, other, now)
    left = make.role(session, other, Role.BOOKER, organisation_id=whose.id)
    left.last_on, left.ended_at = now.date(), make.at(DAY, "18:30")
    row = evening(session, home, holder, now, whose=whose)
    stand_ins.give(session, row, other, instead=True, by=holder.id, now=now)
    rights.refresh(session, [row.id], now, vault=VAULT)
    query = select(Right.valid_until).where(Right.occurrence_id == row.id, Right.out_version.is_(None))
    assert set(session.scalars(query)) == {make.at(DAY, "18:30")}


def test_nobody_stands_in_twice_for_themselves_or_afterwards(session, now):
    home, holder, other = house(session, now), make.person(session), make.person(session)
    row = evening(session, home, holder, now)
    stand_ins.give(session, row, other, instead=True, by=holder.id, now=now)
    with pytest.raises(AlreadyThere):
        stand_ins.give(session, row, other, instead=True, by=holder.id, now=now)
    with pytest.raises(BadInput, match="is_holder"):
        stand_ins.give(session, row, holder, instead=True, by=holder.id, now=now)
    with pytest.raises(NotNow):
        stand_ins.give(session, row, make.person(session), instead=True, by=holder.id, now=row.ends_at)


@pytest.mark.parametrize("typed", ["Sisko@Esimerkki.example", "050 123-4567", "+358501234567"])
def test_a_person_is_known_by_address_or_number_however_it_is_written(session, typed):
    sisko = make.person(session, "Sisko", "sisko@esimerkki.example")
    sisko.phone = "050 1234 567"
    make.person(session, "Veli").phone = "040 7654321"
    session.flush()
    assert stand_ins.known_person(session, typed) is sisko
    for stranger in ("", "050 1234", "nobody@esimerkki.example"):
        with pytest.raises(BadInput, match="unknown_person"):
            stand_ins.known_person(session, stranger)
