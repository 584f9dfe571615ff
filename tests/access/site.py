"""A site at work: the doors process, fake doors on a fake wire, a clock that a test moves."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Engine
from sqlalchemy.orm import Session, sessionmaker

from access import register
from access.doors import DoorService
from access.every import Every
from access.watch import Watch
from booking.acts import Act, ActKind, tell
from booking.models import Occurrence, OccurrenceState, Person
from devices.mqtt import Broker
from tests import make
from tests.access.fake_door import FakeDoor, FakeWire
from tests.access.make import VAULT, House, card, house, turn

CARD = "card:em4100:40:62e3086ced"


@dataclass
class Site:
    """A house whose outer door and hall door are fake; Maija has a card, and nothing is booked yet."""

    sessions: sessionmaker[Session]
    engine: Engine
    now: datetime
    home: House
    holder: Person
    outer: FakeDoor
    hall: FakeDoor
    wire: FakeWire
    service: DoorService

    def pass_time(self, **delta: float) -> None:
        self.now += timedelta(**delta)
        for door in (self.outer, self.hall):
            door.now = int(self.now.timestamp())
        self.service._ten_seconds = Every(0)
        self.service._second = Every(0)

    def settle(self) -> None:
        """Until nothing is under way any more."""
        for _ in range(60):
            self.service.turn()
            if not self.wire.carry() and self.service.inbox.empty() and not self.service._waiting:
                return
        raise AssertionError("the site does not come to rest")

    def book(self, start: str = "18:00", end: str = "20:00") -> Occurrence:
        with self.sessions.begin() as session:
            row = turn(session, self.home.hall, make.span("2026-11-24", start, end), self.holder)
            tell(session, Act(ActKind.BOOKING_MADE, self.now, self.holder.id, row.ref, occurrences=(row.id,)))
        return row

    def cancel(self, row: Occurrence) -> None:
        with self.sessions.begin() as session:
            session.get_one(Occurrence, row.id).state = OccurrenceState.CANCELLED.value
            tell(session, Act(ActKind.BOOKING_CANCELLED, self.now, self.holder.id, row.ref, occurrences=(row.id,)))

    def at(self, clock: str) -> None:
        """It is this time in Helsinki on the day of the test."""
        self.pass_time(seconds=(make.at("2026-11-24", clock) - self.now).total_seconds())

    def restart_service(self) -> None:
        """A new doors process, as after kill -9: all that the old one had in memory is gone."""
        self.service = made_service(self)


def made_service(site: Site, kind: type[DoorService] = DoorService) -> DoorService:
    watch = Watch(site.engine, site.sessions, ask_every_s=0)
    service = kind(site.sessions, VAULT, Broker("localhost", 1, "t"), lambda: site.now, watch, patience_s=0)
    site.wire.inbox = service.inbox
    service.transport = site.wire  # type: ignore[assignment]
    site.wire.start()
    return service


def made_site(engine: Engine, sessions: sessionmaker[Session], now: datetime) -> Site:
    with sessions.begin() as session:
        home, holder = house(session, now), make.person(session, "Maija Esimerkki")
        card(session, holder, now, "62E3086CED")
    seconds = int(now.timestamp())
    outer, hall = (FakeDoor(register.provisioning(VAULT, each), seconds) for each in (home.outer, home.hall_door))
    site = Site(sessions, engine, now, home, holder, outer, hall, FakeWire(None), None)  # type: ignore[arg-type]
    site.service = made_service(site)
    site.wire.plug_in(outer)
    site.wire.plug_in(hall)
    site.settle()
    return site
