"""Several doors processes share the doors; one that dies is followed by another, and nothing is lost between them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session, sessionmaker

from access.doors import DoorService
from access.keeping import keeper
from access.leases import BEAT_S, SILENCE_S, TRUST_S, DoorLease, Leases, NameTaken
from access.models import Door, DoorEvent
from booking.acts import KeepActs
from booking.db import make_engine, make_sessions
from tests.access.make import VAULT, door, house
from tests.access.site import CARD, Site, made_service, made_site
from tests.fixtures_databases import careless, copied

NOW = datetime(2026, 11, 24, 15, 0, tzinfo=UTC)
SEVEN = 7


@dataclass
class Watches:
    """The processes' clocks, which a test moves together."""

    moment: float = 100.0
    made: list[Leases] = field(default_factory=list)

    def wait(self, seconds: float, *living: Leases) -> None:
        """Time passes, and the living do their turns meanwhile."""
        end = self.moment + seconds
        while self.moment < end:
            self.moment = min(end, self.moment + BEAT_S)
            for each in living:
                each.turn(NOW)


@pytest.fixture
def watches() -> Watches:
    return Watches()


@pytest.fixture
def shared(sessions: sessionmaker[Session]) -> sessionmaker[Session]:
    with sessions.begin() as session:
        home = house(session, NOW)
        have = session.scalar(select(func.count()).select_from(Door)) or 0
        for _ in range(SEVEN - have):
            door(session, home.premises, [home.hall], NOW)
    return sessions


def one(sessions: sessionmaker[Session], watches: Watches, name: str) -> Leases:
    return Leases(sessions, name, mono=lambda: watches.moment)


def holders(sessions: sessionmaker[Session]) -> list[str]:
    with sessions() as session:
        return list(session.scalars(select(DoorLease.holder).order_by(DoorLease.door_id)))


def test_the_only_process_serves_every_door_at_once(shared: sessionmaker[Session], watches: Watches) -> None:
    alone = one(shared, watches, "a")
    assert len(alone.turn(NOW)) == SEVEN
    assert alone.leads


def test_a_second_process_gets_its_share_and_no_door_has_two(shared: sessionmaker[Session], watches: Watches) -> None:
    a, b = one(shared, watches, "a"), one(shared, watches, "b")
    a.turn(NOW)
    watches.wait(2 * BEAT_S, b, a)
    assert not a.mine & b.mine
    assert sorted((len(a.mine), len(b.mine))) == [3, 4]
    assert (a.leads, b.leads) == (True, False)


def test_the_doors_of_a_dead_process_are_served_by_another_within_ten_seconds(
    shared: sessionmaker[Session], watches: Watches
) -> None:
    """R11, DA37: what follows for events is in the test of two services below."""
    a, b = one(shared, watches, "a"), one(shared, watches, "b")
    watches.wait(2 * BEAT_S, a, b)
    watches.wait(SILENCE_S + BEAT_S, b)
    assert SILENCE_S + BEAT_S < 10
    assert len(b.mine) == SEVEN
    assert b.leads
    assert set(holders(shared)) == {"b"}


def test_a_process_that_was_held_up_serves_nobody_before_another_may_follow_it(
    shared: sessionmaker[Session], watches: Watches
) -> None:
    a, b = one(shared, watches, "a"), one(shared, watches, "b")
    watches.wait(2 * BEAT_S, a, b)
    watches.wait(TRUST_S, b)
    assert not a.mine
    assert set(holders(shared)) == {"a", "b"}, "taken over too soon"
    watches.wait(SILENCE_S, b)
    assert a.turn(NOW) == frozenset() or not a.mine & b.mine


def test_a_process_held_up_that_nobody_followed_has_no_new_doors(
    shared: sessionmaker[Session], watches: Watches
) -> None:
    """It would say all its lists again, be held up by that, and so on."""
    alone = one(shared, watches, "a")
    alone.turn(NOW)
    watches.moment += 3 * SILENCE_S
    assert not alone.mine
    assert alone.turn(NOW) == frozenset()
    assert len(alone.mine) == SEVEN


def test_what_another_had_for_a_while_is_new_again(shared: sessionmaker[Session], watches: Watches) -> None:
    a, b = one(shared, watches, "a"), one(shared, watches, "b")
    a.turn(NOW)
    b.turn(NOW)
    watches.wait(SILENCE_S + BEAT_S, b)
    b.release()
    assert len(a.turn(NOW)) == SEVEN


def test_one_that_leaves_in_good_order_is_followed_at_the_next_beat(
    shared: sessionmaker[Session], watches: Watches
) -> None:
    a, b = one(shared, watches, "a"), one(shared, watches, "b")
    watches.wait(2 * BEAT_S, a, b)
    a.release()
    watches.wait(BEAT_S, b)
    assert len(b.mine) == SEVEN


def test_a_process_started_again_has_its_doors_back_at_once(shared: sessionmaker[Session], watches: Watches) -> None:
    one(shared, watches, "a").turn(NOW)
    again = one(shared, watches, "a")
    assert len(again.turn(NOW)) == SEVEN


def test_of_two_processes_with_one_name_the_older_one_stops(shared: sessionmaker[Session], watches: Watches) -> None:
    older, newer = one(shared, watches, "a"), one(shared, watches, "a")
    older.turn(NOW)
    newer.turn(NOW)
    with pytest.raises(NameTaken):
        older.turn(NOW)


@pytest.fixture(scope="module")
def lived(template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[sessionmaker[Session]]:
    with copied(template, tmp_path_factory.mktemp("leases")) as url:
        engine = careless(make_engine(url))
        sessions = make_sessions(engine, lambda _session, _acts: None)
        with sessions.begin() as session:
            home = house(session, NOW)
            door(session, home.premises, [home.hall], NOW)
        yield sessions
        engine.dispose()


@settings(max_examples=25, deadline=None)
@given(steps=st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from([0.5, 2.0, 5.0, 7.0])), max_size=12))
def test_no_door_is_ever_served_by_two(lived: sessionmaker[Session], steps: list[tuple[str, float]]) -> None:
    """Whoever is held up, for however long, and in whatever order they come back."""
    watches = Watches()
    each = {name: one(lived, watches, name) for name in "abc"}
    for name, pause in steps:
        each[name].turn(NOW)
        served = [door for leases in each.values() for door in leases.mine]
        assert len(served) == len(set(served))
        watches.moment += pause


class ToBoth:
    """What the broker says is heard by both."""

    def __init__(self, *services: DoorService) -> None:
        self.services = services

    def put(self, arrival: Any) -> None:
        for service in self.services:
            service.inbox.put(arrival)


@pytest.fixture
def keep_acts() -> KeepActs:
    return keeper(VAULT)


@pytest.fixture
def site(engine: Engine, sessions: sessionmaker[Session]) -> Site:
    return made_site(engine, sessions, NOW)


def test_the_survivor_stores_what_the_dead_process_did_not(site: Site) -> None:
    """DA37: ten cards are shown at each door while one process is dead; none is lost, none is stored twice."""
    watches = Watches()
    a, b = site.service, made_service(site)
    for service, name in ((a, "a"), (b, "b")):
        service.name, service.leases = name, one(site.sessions, watches, name)
    site.wire.inbox = ToBoth(a, b)  # type: ignore[assignment]
    for _ in range(6):
        watches.moment += BEAT_S
        a.turn()
        b.turn()
        site.wire.carry()
    assert {len(a.leases.mine), len(b.leases.mine)} == {1, 2}
    for _ in range(10):
        site.pass_time(seconds=4)
        site.hall.show(CARD)
        site.outer.show(CARD)
    site.hall.send_events()
    site.outer.send_events()
    site.wire.carry()
    b.turn()  # `a` has them in its hands, and dies before it stores them
    site.wire.carry()
    watches.moment += SILENCE_S + BEAT_S
    b.turn()
    for each in (site.hall, site.outer):
        each.send_events()  # nobody acknowledged: the door sends again
    for _ in range(4):
        site.wire.carry()
        b.turn()
    with site.sessions() as session:
        kinds = session.scalars(select(DoorEvent.kind).where(DoorEvent.kind == "denied")).all()
    assert len(kinds) == 20
    assert not site.hall.events
    assert not site.outer.events
