"""The register of metal keys, and who enters when one group follows the other."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from access import board, metal_keys, rights
from access.metal_keys import HandOut
from access.models import DoorEvent, Right
from booking.acts import ActKind, told
from booking.models import Premises
from booking.refusals import AlreadyThere, BadInput, NotNow
from tests import make
from tests.access.make import VAULT, card, house, turn

DAY = "2026-11-24"


@pytest.fixture
def key(session, now):
    place = make.premises(session)
    by = make.person(session).id
    return metal_keys.add(session, place, "A12", "Ulko-ovi", kept_at="Vahtimestari", by=by, now=now)


def lent(session, key, now, days=7, **values):
    someone = make.person(session)
    wish = HandOut(someone, now.date() + timedelta(days=days), **values)
    return metal_keys.hand_out(session, key, wish, by=someone.id, now=now, today=now.date())


def test_a_key_is_with_one_person_at_a_time_and_comes_back(session, now, key):
    loan = lent(session, key, now, deposit_cents=2000)
    with pytest.raises(NotNow, match="key_out"):
        lent(session, key, now)
    metal_keys.take_back(session, loan, by=loan.person_id, now=now)
    again = lent(session, key, now)
    assert metal_keys.out(metal_keys.by_ref(session, key.ref)).id == again.id
    assert [act.kind for act in told(session)].count(ActKind.METAL_KEY_HANDED_OUT) == 2


def test_a_number_is_there_once_and_no_key_is_due_before_today(session, now, key):
    with pytest.raises(AlreadyThere):
        metal_keys.add(
            session,
            session.get_one(Premises, key.premises_id),
            "A12",
            "Sali",
            kept_at="",
            by=make.person(session).id,
            now=now,
        )
    with pytest.raises(BadInput, match="past_day"):
        lent(session, key, now, days=-1)


def test_a_lost_key_is_handed_out_no_more_until_it_is_found(session, now, key):
    loan = lent(session, key, now)
    metal_keys.note_lost(session, loan, by=loan.person_id, now=now)
    with pytest.raises(NotNow, match="key_gone"):
        lent(session, key, now)
    metal_keys.note_found(session, key, by=loan.person_id, now=now)
    lent(session, key, now)


def test_an_overdue_key_is_reminded_of_once_a_week_until_it_is_back(session, now, key):
    loan, due = lent(session, key, now, days=1), now.date() + timedelta(days=1)
    reminded = []
    for later in range(20):
        today = due + timedelta(days=later)
        for one in metal_keys.to_remind(session, today):
            metal_keys.note_reminded(session, one, today=today, now=now)
            reminded.append(later)
    assert reminded == [1, 8, 15]
    assert [one.id for one in metal_keys.overdue(session, [key.premises_id], due + timedelta(days=1))] == [loan.id]
    metal_keys.take_back(session, loan, by=loan.person_id, now=now)
    assert metal_keys.to_remind(session, due + timedelta(days=40)) == []


def test_the_page_of_a_booking_hears_of_its_keys_and_of_those_its_holder_has(session, now, key):
    home, holder = house(session, now), make.person(session)
    row = turn(session, home.hall, make.span(DAY, "18:00", "20:00"), holder)
    loan = lent(session, key, now, booking=row.booking)
    assert [one.id for one in metal_keys.for_booking(session, row.booking_id, holder.id)] == [loan.id]
    assert metal_keys.for_booking(session, row.booking_id + 1, holder.id) == []


# --- lead-in and lead-out of a space ---


def after_each_other(session, home, now):
    """A until 18.00, B from 18.00, both with a card."""
    a, b = make.person(session), make.person(session)
    rows = []
    for holder, span in ((a, make.span(DAY, "16:00", "18:00")), (b, make.span(DAY, "18:00", "20:00"))):
        card(session, holder, now)
        rows.append(turn(session, home.half_a, span, holder))
    return rows


def window(session, row, now):
    rights.refresh(session, [row.id], now, vault=VAULT)
    query = select(Right.valid_from, Right.valid_until).where(
        Right.occurrence_id == row.id, Right.out_version.is_(None)
    )
    ((start, end),) = {tuple(one) for one in session.execute(query)}
    return start, end


@pytest.mark.parametrize(
    ("lead_in", "lead_out", "early", "opens", "closes"),
    [
        (None, None, True, "17:45", "20:00"),
        (30, 10, True, "17:30", "20:10"),
        (0, None, True, "18:00", "20:00"),
        (None, None, False, "18:00", "20:00"),
        (30, None, False, "18:00", "20:00"),
    ],
)
def test_a_space_says_itself_how_early_and_whether_over_the_group_before(
    session, now, lead_in, lead_out, early, opens, closes
):
    home = house(session, now)
    home.half_a.lead_in_min, home.half_a.lead_out_min, home.half_a.enter_early = lead_in, lead_out, early
    _first, second = after_each_other(session, home, now)
    assert window(session, second, now) == (make.at(DAY, opens), make.at(DAY, closes))


def test_where_nobody_enters_early_a_pause_or_another_room_keeps_nobody_out(session, now):
    home = house(session, now)
    home.half_a.enter_early, home.half_a.lead_in_min = False, 60
    holder = make.person(session)
    card(session, holder, now)
    row = turn(session, home.half_a, make.span(DAY, "18:00", "20:00"), holder)
    turn(session, home.half_b, make.span(DAY, "16:00", "18:00"))
    turn(session, home.hall, make.span(DAY, "16:00", "17:20"))
    assert window(session, row, now)[0] == make.at(DAY, "17:20")


def test_a_card_of_the_next_group_in_the_last_minutes_counts_for_the_next_and_the_board_says_so(session, now):
    home = house(session, now)
    first, second = after_each_other(session, home, now)
    for row in (first, second):
        rights.refresh(session, [row.id], now, vault=VAULT)
    right = session.scalar(select(Right).where(Right.occurrence_id == second.id, Right.door_id == home.hall_door.id))
    facts = {"boot_epoch": 1, "kind": "granted", "reason": "granted", "clock": "synced", "body": {}, "body_hash": "0"}
    at = make.at(DAY, "17:50")
    event = DoorEvent(door_id=home.hall_door.id, seq=1, device_at=at, received_at=at, **facts)
    event.occurrence_id, event.right_id = right.occurrence_id, right.id
    session.add(event)
    session.flush()
    session.expire_all()
    shown = {row.occurrence.id: row for row in board.tonight(session, None, now)}
    assert (shown[first.id].passages, shown[second.id].passages) == (0, 1)
    assert shown[second.id].came_at == at
