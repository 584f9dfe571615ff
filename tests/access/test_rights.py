"""Rights follow bookings: who, where and when; withdrawn, moved, healed; and never more than one list version."""

from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import select

from access import credentials, pin_codes, register, rights
from access.keeping import keeper
from access.models import Credential, Right
from access.status import RightState, overall, right_status
from booking.acts import Act, ActKind, tell, told
from booking.models import OccurrenceState, Person
from booking.roles import Role, end, grant
from tests import make
from tests.access.make import VAULT, card, door, house
from tests.access.make import turn as booked


@pytest.fixture
def keep_acts():
    return keeper(VAULT)


def live(session, occurrence=None):
    query = select(Right).where(Right.out_version.is_(None)).order_by(Right.id)
    return list(session.scalars(query if occurrence is None else query.where(Right.occurrence_id == occurrence.id)))


def settle(session, occurrence, now):
    return rights.refresh(session, [occurrence.id], now, vault=VAULT)


def evening(session, space, start="18:00", end="20:00", day="2026-11-24", **values):
    return booked(session, space, make.span(day, start, end), **values)


def test_a_card_opens_the_outer_door_and_the_halls_door_from_a_quarter_before_until_the_end(session, now):
    home, holder = house(session, now), make.person(session)
    mine = card(session, holder, now)
    turn = evening(session, home.hall, holder=holder)
    settle(session, turn, now)
    found = live(session)
    assert {right.door_id for right in found} == {home.outer.id, home.hall_door.id}
    assert {right.credential_id for right in found} == {mine.id}
    assert {right.valid_from for right in found} == {make.at("2026-11-24", "17:45")}
    assert {right.valid_until for right in found} == {make.at("2026-11-24", "20:00")}


def test_a_half_is_reached_through_the_halls_door_and_the_whole_through_the_doors_of_its_halves(session, now):
    home, holder = house(session, now), make.person(session)
    back_door = door(session, home.premises, [home.half_b], now)
    card(session, holder, now)
    half, whole = (
        evening(session, home.half_a, holder=holder),
        evening(session, home.hall, "20:00", "21:00", holder=holder),
    )
    settle(session, half, now)
    settle(session, whole, now)
    assert {right.door_id for right in live(session, half)} == {home.outer.id, home.hall_door.id}
    assert {right.door_id for right in live(session, whole)} == {home.outer.id, home.hall_door.id, back_door.id}


def test_the_lead_time_is_elapsed_time_when_clocks_change(session):
    night = datetime(2026, 3, 28, 12, tzinfo=UTC)
    home, holder = house(session, night), make.person(session)
    card(session, holder, night)
    turn = evening(session, home.hall, "04:10", "05:00", day="2026-03-29", holder=holder)
    settle(session, turn, night)
    assert live(session)[0].valid_from == make.at("2026-03-29", "02:55")


@pytest.mark.parametrize("state", [each for each in OccurrenceState if each is not OccurrenceState.CONFIRMED])
def test_only_a_confirmed_time_gives_rights(session, now, state):
    home, holder = house(session, now), make.person(session)
    card(session, holder, now)
    hold = now + timedelta(minutes=10) if state is OccurrenceState.HELD else None
    turn = evening(session, home.hall, holder=holder, state=state.value, hold_until=hold)
    settle(session, turn, now)
    assert live(session) == []


def test_a_card_revoked_at_noon_is_in_no_list_after_noon_and_the_bookings_stay(sessions, now):
    with sessions.begin() as session:
        home, holder = house(session, now), make.person(session)
        mine = card(session, holder, now)
        turn = evening(session, home.hall, holder=holder)
        settle(session, turn, now)
        before = home.outer.version
    with sessions.begin() as session:
        credentials.revoke(session, mine.ref, by=holder.id, now=now + timedelta(hours=2), why="lost")
    with sessions() as session:
        assert mine.id not in {right.credential_id for right in live(session)}
        assert session.get(type(turn), turn.id).state == "confirmed"
        assert register.by_ref(session, home.outer.ref).version == before + 1


def test_who_loses_the_only_card_gets_a_pin_for_the_bookings_that_stay(sessions, now):
    with sessions.begin() as session:
        home, holder = house(session, now), make.person(session)
        mine = card(session, holder, now)
        turn = evening(session, home.hall, holder=holder)
        settle(session, turn, now)
    with sessions.begin() as session:
        credentials.revoke(session, mine.ref, by=holder.id, now=now, why="lost")
    with sessions.begin() as session:
        assert pin_codes.pin_of(session, VAULT, turn.booking.ref, by=holder.id, now=now)


def test_a_key_holder_of_the_organisation_opens_on_the_days_of_the_role_only(session, now):
    home, holder, keyed = house(session, now), make.person(session), make.person(session)
    troop = make.organisation(session)
    make.role(session, keyed, Role.KEY_HOLDER, organisation_id=troop.id).last_on = date(2026, 11, 24)
    theirs = card(session, keyed, now)
    today = evening(session, home.hall, holder=holder, whose=troop)
    tomorrow = evening(session, home.hall, day="2026-11-25", holder=holder, whose=troop)
    settle(session, today, now)
    settle(session, tomorrow, now)
    assert theirs.id in {right.credential_id for right in live(session, today)}
    assert theirs.id not in {right.credential_id for right in live(session, tomorrow)}


def test_a_new_key_holder_is_in_the_doors_list_by_the_same_commit(sessions, now):
    with sessions.begin() as session:
        home, holder, keyed = house(session, now), make.person(session), make.person(session)
        troop = make.organisation(session)
        theirs = card(session, keyed, now)
        turn = evening(session, home.hall, holder=holder, whose=troop)
        settle(session, turn, now)
    with sessions.begin() as session:
        day = date(2026, 11, 1)
        grant(session, person=keyed.id, role=Role.KEY_HOLDER, by=None, now=now, first_on=day, organisation=troop.id)
    with sessions() as session:
        assert theirs.id in {right.credential_id for right in live(session, turn)}


def test_touching_turns_of_one_person_leave_no_gap(session, now):
    """DA6, the service's part."""
    home, holder = house(session, now), make.person(session)
    card(session, holder, now)
    first = evening(session, home.hall, "12:00", "14:00", holder=holder)
    second = evening(session, home.hall, "14:00", "16:00", holder=holder)
    settle(session, first, now)
    settle(session, second, now)
    assert live(session, second)[0].valid_from <= live(session, first)[0].valid_until


def test_moving_a_booking_keeps_its_pin_and_makes_one_list_version(session, now):
    """DA4: 15 minutes later with the same PIN and one version of the list."""
    home, holder = house(session, now), make.person(session)
    turn = evening(session, home.hall, holder=holder)
    settle(session, turn, now)
    pin = pin_codes.pin_of(session, VAULT, turn.booking.ref, by=holder.id, now=now)
    version = home.hall_door.version
    turn.starts_at += timedelta(minutes=15)
    turn.ends_at += timedelta(minutes=15)
    settle(session, turn, now)
    assert pin == pin_codes.pin_of(session, VAULT, turn.booking.ref, by=holder.id, now=now)
    assert home.hall_door.version == version + 1
    (right,) = [each for each in live(session) if each.door_id == home.hall_door.id]
    assert right.valid_from == make.at("2026-11-24", "18:00")
    gone = session.scalars(select(Right).where(Right.out_version == version + 1, Right.door_id == right.door_id)).one()
    assert gone.credential_id == right.credential_id


def test_a_pin_goes_along_to_the_doors_of_another_hall(session, now):
    home, holder = house(session, now), make.person(session)
    turn = evening(session, home.hall, holder=holder)
    settle(session, turn, now)
    pin = pin_codes.pin_of(session, VAULT, turn.booking.ref, by=holder.id, now=now)
    turn.space_id = home.club.id
    settle(session, turn, now)
    assert pin == pin_codes.pin_of(session, VAULT, turn.booking.ref, by=holder.id, now=now)
    assert {right.door_id for right in live(session)} == {home.outer.id, home.club_door.id}


def test_asking_again_changes_nothing(session, now):
    home, holder = house(session, now), make.person(session)
    turn = evening(session, home.hall, holder=holder)
    settle(session, turn, now)
    version = home.outer.version
    assert settle(session, turn, now) == frozenset()
    assert rights.reconcile(session, home.premises.id, now, vault=VAULT) == frozenset()
    assert home.outer.version == version


def test_reconciling_heals_what_a_crash_left_undone(session, now):
    home, holder = house(session, now), make.person(session)
    card(session, holder, now)
    kept, cancelled = evening(session, home.hall, holder=holder), evening(session, home.club, holder=holder)
    settle(session, cancelled, now)
    cancelled.state = OccurrenceState.CANCELLED.value
    rights.reconcile(session, home.premises.id, now, vault=VAULT)
    assert live(session, cancelled) == []
    assert len(live(session, kept)) == 2


def test_a_door_gets_what_lies_beyond_the_horizon_when_its_day_comes(session, now):
    home, holder = house(session, now), make.person(session)
    turn = evening(session, home.hall, day="2026-12-22", holder=holder)
    settle(session, turn, now)
    assert live(session) == []
    assert overall(right_status(session, turn.id, now)) is RightState.LATER
    assert pin_codes.pin_of(session, VAULT, turn.booking.ref, by=holder.id, now=now)
    rights.reconcile(session, home.premises.id, now + timedelta(days=20), vault=VAULT)
    assert len(live(session, turn)) == 2


def test_an_erased_person_opens_nothing(sessions, now):
    with sessions.begin() as session:
        home, holder = house(session, now), make.person(session)
        mine = card(session, holder, now)
        turn = evening(session, home.hall, holder=holder)
        settle(session, turn, now)
    with sessions.begin() as session:
        session.get(Person, holder.id).erased_at = now
        tell(session, Act(ActKind.PERSON_ERASED, now, None, holder.ref, persons=(holder.id,)))
    with sessions() as session:
        assert live(session) == []
        assert session.get(Credential, mine.id).revoked_why == "erased"


def test_a_right_is_pending_until_the_door_confirms_it(session, now):
    home, holder = house(session, now), make.person(session)
    card(session, holder, now)
    turn = evening(session, home.hall, holder=holder)
    settle(session, turn, now)
    assert {each.state for each in right_status(session, turn.id, now)} == {RightState.PENDING}
    turn.state = OccurrenceState.CANCELLED.value
    settle(session, turn, now)
    assert overall(right_status(session, turn.id, now)) is RightState.REVOCATION_PENDING


def test_a_holder_without_card_or_code_is_shown_as_such(session, now):
    home, holder = house(session, now), make.person(session)
    turn = evening(session, home.hall, holder=holder)
    rights.refresh(session, [turn.id], now, vault=None)
    assert {each.state for each in right_status(session, turn.id, now)} == {RightState.NO_CREDENTIAL}


def test_key_holders_keep_their_way_in_when_the_holder_of_the_booking_is_erased(sessions, now):
    with sessions.begin() as session:
        home, holder, other = house(session, now), make.person(session), make.person(session)
        troop, mine = make.organisation(session), card(session, other, now)
        make.role(session, other, Role.KEY_HOLDER, organisation_id=troop.id)
        turn = evening(session, home.hall, holder=holder, whose=troop)
        settle(session, turn, now)
    with sessions.begin() as session:
        session.get(Person, holder.id).erased_at = now
        tell(session, Act(ActKind.PERSON_ERASED, now, None, holder.ref, persons=(holder.id,)))
    with sessions.begin() as session:
        rights.reconcile(session, home.premises.id, now, vault=VAULT)
        assert {right.credential_id for right in live(session, turn)} == {mine.id}
        owners = session.scalars(select(Credential.person_id).where(Credential.revoked_at.is_(None)))
        assert set(owners) == {other.id}


def test_the_log_hears_the_refs_of_the_spaces_of_a_door(session, now):
    home, by = house(session, now), make.person(session)
    register.serve(session, home.club_door, [home.club.id, home.hall.id], by=by.id, now=now)
    fitted, served = told(session)[2].body, told(session)[-1].body
    assert (fitted["spaces"], served["spaces"]) == ([home.club.ref], [home.club.ref, home.hall.ref])


def test_a_holder_who_left_the_organisation_opens_nothing_after_their_last_day(sessions, now):
    with sessions.begin() as session:
        home, holder, troop = house(session, now), make.person(session), make.organisation(session)
        card(session, holder, now)
        role = make.role(session, holder, Role.BOOKER, organisation_id=troop.id)
        today, later = (
            evening(session, home.hall, day=day, holder=holder, whose=troop) for day in ("2026-11-24", "2026-11-25")
        )
        settle(session, today, now)
        settle(session, later, now)
        assert len(live(session)) == 4
    with sessions.begin() as session:
        end(session, role.ref, by=holder.id, now=now, last_on=date(2026, 11, 24))
    with sessions() as session:
        assert {right.occurrence_id for right in live(session)} == {today.id}
