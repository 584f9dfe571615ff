"""Deciding for doors that ask: quick, and as true and as well kept as the slow way."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Engine, select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session, sessionmaker

from access import audit_check, own_numbering
from access.decide import Presented
from access.desk import Asked, Desk
from access.keeping import keeper
from access.keys import credential_key
from access.models import Door, DoorEvent, Driver
from booking.acts import Act, ActKind, KeepActs, tell
from booking.models import Occurrence, OccurrenceState
from devices.credentials import credential_hash
from devices.messages import Medium
from tests import make
from tests.access.make import VAULT, card, door, house, turn

NOW = datetime(2026, 11, 24, 16, 30, tzinfo=UTC)
CARD = "card:em4100:40:62e3086ced"


@dataclass
class Counter:
    """A house with two doors that ask, a card that opens them now, and the desk that answers."""

    sessions: sessionmaker[Session]
    desk: Desk
    asked: list[Asked]
    occurrence: Occurrence
    stranger: Presented

    def granted(self, now: datetime = NOW) -> list[bool]:
        return [each.granted for each in self.desk.decide(self.asked, now)]


@pytest.fixture
def keep_acts() -> KeepActs:
    return keeper(VAULT)


@pytest.fixture
def counter(sessions: sessionmaker[Session]) -> Counter:
    with sessions.begin() as session:
        home, holder = house(session, NOW), make.person(session, "Maija Esimerkki")
        doors = [
            door(session, home.premises, [home.hall], NOW, driver=Driver.RDM6300_RELAY, reader_path=path)
            for path in ("/dev/a", "/dev/b")
        ]
        card(session, holder, NOW, "62E3086CED")
    with sessions.begin() as session:
        row = turn(session, home.hall, make.span("2026-11-24", "18:00", "20:00"), holder)
        tell(session, Act(ActKind.BOOKING_MADE, NOW, holder.id, row.ref, occurrences=(row.id,)))
    with sessions.begin() as session:
        asked = [_asked(session, session.get_one(Door, each.id)) for each in doors]
    desk = Desk(sessions)
    return Counter(sessions, desk, asked, row, Presented(Medium.CARD, "0" * 64))


def _asked(session: Session, row: Door) -> Asked:
    shown = Presented(Medium.CARD, credential_hash(credential_key(VAULT, row), CARD))
    return Asked(row.id, shown, own_numbering.begin(session, row, "test", NOW))


def told(counter: Counter) -> list[DoorEvent]:
    with counter.sessions() as session:
        query = select(DoorEvent).where(DoorEvent.kind.in_(("granted", "denied")))
        return list(session.scalars(query.order_by(DoorEvent.id)))


def faults(counter: Counter) -> list[str]:
    with counter.sessions() as session:
        return [str(each) for each in audit_check.verify(session, keys=()).findings]


def test_cards_at_several_doors_are_decided_together_and_each_is_on_record(counter: Counter) -> None:
    assert counter.granted() == [True, True]
    events = told(counter)
    assert {event.door_id for event in events} == {each.door for each in counter.asked}
    assert all(event.occurrence_id == counter.occurrence.id and event.person_id for event in events)
    assert not faults(counter)


def test_a_stranger_is_refused_and_told(counter: Counter) -> None:
    first = counter.asked[0]
    (decision,) = counter.desk.decide([Asked(first.door, counter.stranger, first.numbering)], NOW)
    assert decision.reason == "unknown_credential"
    assert [event.reason for event in told(counter)] == ["unknown_credential"]


def test_the_time_of_the_booking_counts_for_a_card_already_seen(counter: Counter) -> None:
    """DA1: 20:00 in Helsinki is 18:00 UTC; at the last second yes, at the end no."""
    end = datetime(2026, 11, 24, 18, 0, tzinfo=UTC)
    assert counter.granted(end - timedelta(seconds=1)) == [True, True]
    assert counter.granted(end) == [False, False]


def test_a_right_taken_away_does_not_open_once_more(counter: Counter) -> None:
    counter.granted()
    with counter.sessions.begin() as session:
        session.get_one(Occurrence, counter.occurrence.id).state = OccurrenceState.CANCELLED.value
        act = Act(ActKind.BOOKING_CANCELLED, NOW, None, counter.occurrence.ref, occurrences=(counter.occurrence.id,))
        tell(session, act)
    assert counter.granted() == [False, False]
    assert not faults(counter)


def test_the_log_stays_whole_when_others_write_into_it_between_and_meanwhile(counter: Counter) -> None:
    stop = threading.Event()

    def others() -> None:
        while not stop.is_set():
            with counter.sessions.begin() as session:
                tell(session, Act(ActKind.PERSON_VIEWED, NOW, None, "somebody", {}))

    writer = threading.Thread(target=others)
    writer.start()
    try:
        assert all(all(counter.granted()) for _ in range(15))
    finally:
        stop.set()
        writer.join()
    assert len(told(counter)) == 30
    assert not faults(counter)


def test_what_could_not_be_kept_is_not_numbered(counter: Counter, engine: Engine) -> None:
    counter.granted()
    stands = [(each.numbering.seq, each.numbering.prev) for each in counter.asked]
    counter.asked[0].numbering.seq -= 1  # its next number is taken already
    with pytest.raises(DBAPIError):
        counter.granted()
    assert counter.asked[0].numbering.seq == stands[0][0] - 1
    assert (counter.asked[1].numbering.seq, counter.asked[1].numbering.prev) == stands[1]
    counter.asked[0].numbering.seq = stands[0][0]
    assert counter.granted() == [True, True]
    with engine.connect() as connection:
        assert connection.scalar(text("SELECT count(*) FROM door_event WHERE kind = 'granted'")) == 4
    assert not faults(counter)
