"""Nobody came: proposed only from doors that cannot have missed anybody (acceptance D15)."""

from datetime import timedelta

import pytest

from access.models import Door, DoorAlarm, DoorEvent, DoorState, Right
from access.no_shows import Seen, look, sight_of
from booking.happenings.models import Happening, Sanction
from booking.life import attendance, no_shows, recording
from booking.refusals import NotNow
from tests import make
from tests.access import make as doors
from tests.booking.life import rules

DAY = "2026-11-24"


@pytest.fixture
def now():
    return make.at(DAY, "10:00")


@pytest.fixture
def home(session, now):
    """The house, whose three doors have been online since the morning and were heard at midnight."""
    rules.house(session)
    house = doors.house(session, now)
    house.premises.rulebook = rules.FAMILY
    for state in session.query(DoorState):
        state.online, state.online_changed_at, state.clock_state = True, now, "synced"
        state.last_heard_at, state.queue_length = make.at(DAY, "23:59"), 0
    session.flush()
    return house


@pytest.fixture
def row(session, home, now):
    """Adults in the club room at 18–20, with their right in both doors since noon."""
    holder = make.person(session)
    card = doors.card(session, holder, now)
    found = doors.turn(session, home.club, make.span(DAY, "18:00", "20:00"), holder, price_cents=4000)
    found.space, found.booking.holder = home.club, holder
    for door in (home.outer, home.club_door):
        times = {"valid_from": make.at(DAY, "17:45"), "valid_until": make.at(DAY, "20:00"), "given_at": now}
        right = Right(door_id=door.id, credential_id=card.id, occurrence_id=found.id, in_version=2, **times)
        right.in_door_at = now
        session.add(right)
    session.flush()
    return found


def event(session, door: Door, when: str, kind: str = "granted", **values) -> DoorEvent:
    """The door told this at that time, and at once."""
    at = make.at(DAY, when)
    facts = {"boot_epoch": 1, "seq": session.query(DoorEvent).count() + 1, "kind": kind, "clock": "synced"}
    facts |= {"device_at": at, "received_at": at, "door_id": door.id, "body": {}, "body_hash": "0" * 64}
    found = DoorEvent(**(facts | values))
    session.add(found)
    session.flush()
    return found


def seen(session, row, clock: str = "20:00") -> Seen:
    return sight_of(session, row, make.at(DAY, clock)).seen


def test_doors_that_saw_nobody_propose_a_no_show_with_their_evidence(session, home, row):
    """D15: recorded as a no-show."""
    found = look(session, make.at(DAY, "20:00")).proposed[0]
    assert (found.kind, found.state, found.occurrence_id) == ("no_show", "proposed", row.id)
    told = {one["door"]: one["online"] for one in found.evidence["doors"]}
    assert told == {home.outer.ref: True, home.club_door.ref: True}
    assert found.evidence["from"] == make.at(DAY, "17:45").isoformat()
    assert look(session, make.at(DAY, "20:05")).proposed == ()


@pytest.mark.parametrize("clock", ["17:45", "19:59"])
def test_a_grant_from_the_lead_in_to_the_end_is_somebody(session, home, row, clock):
    event(session, home.outer, clock, occurrence_id=row.id)
    assert seen(session, row) is Seen.SOMEBODY


def test_a_grant_before_the_lead_in_or_after_the_end_is_nobody(session, home, row):
    event(session, home.outer, "17:44", occurrence_id=row.id)
    event(session, home.outer, "20:00", occurrence_id=row.id)
    assert seen(session, row) is Seen.NOBODY


def test_the_card_of_another_group_is_not_ours_but_a_card_without_a_time_may_be(session, home, row):
    other = doors.turn(session, home.club, make.span(DAY, "16:00", "18:00"))
    event(session, home.outer, "18:05", occurrence_id=other.id)
    assert seen(session, row) is Seen.NOBODY
    event(session, home.outer, "18:06")
    assert seen(session, row) is Seen.SOMEBODY


def test_whoever_was_refused_at_the_door_did_come(session, home, row):
    event(session, home.outer, "18:10", kind="denied", person_id=row.booking.holder_id)
    assert seen(session, row) is Seen.SOMEBODY


def test_an_inner_door_opened_by_hand_counts_once_the_group_before_has_left(session, home, row):
    event(session, home.club_door, "18:05", kind="door_opened")
    event(session, home.outer, "18:40", kind="door_opened")
    assert seen(session, row) is Seen.NOBODY
    event(session, home.club_door, "18:40", kind="door_opened")
    assert seen(session, row) is Seen.SOMEBODY


def offline(session, home, row):
    session.get_one(DoorState, home.club_door.id).online = False


def came_back_in_between(session, home, row):
    session.get_one(DoorState, home.club_door.id).online_changed_at = make.at(DAY, "18:30")


def not_heard_since(session, home, row):
    session.get_one(DoorState, home.club_door.id).last_heard_at = make.at(DAY, "19:59")


def clock_unknown(session, home, row):
    session.get_one(DoorState, home.outer.id).clock_state = "unknown"


def events_waiting(session, home, row):
    session.get_one(DoorState, home.outer.id).queue_length = 3


def event_with_an_unsure_clock(session, home, row):
    event(session, home.outer, "19:00", kind="door_closed", clock="uncertain")


def began_anew(session, home, row):
    event(session, home.outer, "19:00", kind="boot")


def gap(session, home, row):
    session.add(DoorAlarm(door_id=home.outer.id, kind="event_gap", raised_at=make.at(DAY, "19:00")))


def silent_for_a_while(session, home, row):
    at = make.at(DAY, "18:20")
    session.add(DoorAlarm(door_id=home.outer.id, kind="offline", raised_at=at, ended_at=at + timedelta(minutes=1)))


def right_came_late(session, home, row):
    session.query(Right).filter_by(door_id=home.club_door.id).one().in_door_at = make.at(DAY, "18:01")


DOUBTS = [
    offline,
    came_back_in_between,
    not_heard_since,
    clock_unknown,
    events_waiting,
    event_with_an_unsure_clock,
    began_anew,
    gap,
    silent_for_a_while,
    right_came_late,
]


@pytest.mark.parametrize("doubt", DOUBTS, ids=lambda doubt: doubt.__name__)
def test_a_door_that_may_have_missed_somebody_proposes_nothing(session, home, row, doubt):
    """D15: no no-show if a door was offline, or not sure for another reason."""
    doubt(session, home, row)
    session.flush()
    assert seen(session, row) is Seen.UNSURE
    assert look(session, make.at(DAY, "20:00")).proposed == ()


def test_without_doors_or_rights_nothing_is_proposed(session, home):
    hall = make.space(session, home.premises)
    make.occurrence(session, hall, make.span(DAY, "18:00", "20:00"))
    make.occurrence(session, home.half_a, make.span(DAY, "18:00", "20:00"))
    assert look(session, make.at(DAY, "20:00")).proposed == ()


def test_heads_told_mean_that_nothing_is_proposed(session, home, row):
    attendance.tell_heads(session, row, attendance.expected(row), by=None, now=make.at(DAY, "19:00"))
    assert look(session, make.at(DAY, "20:00")).proposed == ()


def test_after_a_week_nothing_is_proposed_any_more(session, home, row):
    for state in session.query(DoorState):
        state.last_heard_at = make.at("2026-12-05", "10:00")
    assert look(session, make.at("2026-12-01", "20:01")).proposed == ()


def test_twenty_minutes_after_the_start_the_holder_is_asked_and_the_rest_is_freed(session, home, row):
    """D15: asked at start + 20 min, then released; a no-show is proposed."""
    assert look(session, make.at(DAY, "18:19")).asked == ()
    found = look(session, make.at(DAY, "18:20"))
    assert [one.state for one in found.asked] == ["asked"]
    assert [one.ref for one in found.released] == [row.ref]
    assert (row.ends_at, row.state, row.price_cents) == (make.at(DAY, "18:20"), "confirmed", 4000)
    assert look(session, make.at(DAY, "18:21")).proposed[0].state == "proposed"


def test_where_the_rules_say_nothing_the_rest_stays_and_one_tap_keeps_it(session, home, row):
    home.premises.rulebook = "generic"
    found = look(session, make.at(DAY, "18:30"))
    assert found.released == ()
    no_shows.coming(session, found.asked[0], by=row.booking.holder_id, now=make.at(DAY, "18:31"))
    assert look(session, make.at(DAY, "20:00")).proposed == ()
    with pytest.raises(NotNow):
        no_shows.coming(session, found.asked[0], by=row.booking.holder_id, now=make.at(DAY, "18:32"))


def test_who_comes_late_after_all_closes_the_question(session, home, row):
    home.premises.rulebook = "generic"
    asked = look(session, make.at(DAY, "18:30")).asked[0]
    event(session, home.club_door, "18:35", occurrence_id=row.id)
    look(session, make.at(DAY, "18:36"))
    assert (asked.state, asked.decision) == ("dismissed", "door_somebody")


def test_a_door_that_falls_silent_after_the_question_closes_it_too(session, home, row):
    home.premises.rulebook = "generic"
    asked = look(session, make.at(DAY, "18:30")).asked[0]
    offline(session, home, row)
    look(session, make.at(DAY, "20:00"))
    assert (asked.state, asked.decision) == ("dismissed", "door_unsure")


def test_an_objection_leaves_it_to_a_person_and_silence_lets_it_stand(session, home, row):
    late = make.at(DAY, "20:00")
    found = look(session, late).proposed[0]
    assert list(no_shows.due_by_rule(session, late + timedelta(days=14))) == []
    assert [one.ref for one in no_shows.due_by_rule(session, late + timedelta(days=14, seconds=1))] == [found.ref]
    recording.object_to(session, found, words="Ovi oli auki", by=row.booking.holder_id, now=late + timedelta(days=14))
    assert list(no_shows.due_by_rule(session, late + timedelta(days=15))) == []
    assert found.state == "objected"


def test_the_second_no_show_of_the_season_proposes_a_warning(session, home, row):
    for n, kind in enumerate(("a", "b")):
        other = doors.turn(session, home.club, make.span(f"2026-11-2{n}", "18:00", "20:00"))
        other.booking.organisation_id = row.booking.organisation_id
        other.space = home.club
        found = no_shows.propose(session, other, {"doors": [], "n": kind}, make.at(DAY, "09:00"))
        no_shows.confirm(session, found, decision="Näin", by=None, now=make.at(DAY, "09:00"))
    sanctions = session.query(Sanction).all()
    assert [(one.kind, one.state, one.citation["row"]) for one in sanctions] == [
        ("warning", "proposed", "second-no-show-warning")
    ]
    assert session.query(Happening).filter_by(state="confirmed").count() == 2
