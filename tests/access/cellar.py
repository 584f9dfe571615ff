"""Two doors on one UHPPOTE board over real UDP, their part of the doors process, and a clock that all share."""

from datetime import timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import select

from access import board, commands, reports
from access.models import DoorCommand, DoorEvent, DoorState, Driver
from access.status import right_status
from access.uhppote_doors import UhppoteDoors
from booking.acts import Act, ActKind, tell
from booking.models import Occurrence, OccurrenceState
from tests import make
from tests.access.make import VAULT, card, door, house, turn
from tests.devices.uhppote_board import UhppoteBoard

DAY = "2026-11-24"
ZONE = ZoneInfo("Europe/Helsinki")
NUMBER = 8 * 100_000 + 0x6CED  # the lower 24 bits of 62E3086CED, as facility and number


class Cellar:
    """Two doors on one board, a card holder, and a clock that board and service share unless the board's is off."""

    def __init__(self, sessions, now, already=0, **settings):
        self.sessions, self.now, self.ms = sessions, now, 0
        self.board = UhppoteBoard(lambda: self.now.astimezone(ZONE).replace(tzinfo=None, microsecond=0))
        for _ in range(already):
            self.board.swipe(1)
        with sessions.begin() as session:
            self.home, self.holder = house(session, now), make.person(session)
            self.doors = [
                door(
                    session,
                    self.home.premises,
                    [space],
                    now,
                    driver=Driver.UHPPOTE,
                    reader_format="wiegand26",
                    unlock_s=5,
                    settings={"address": self.board.address, "serial": str(self.board.serial), "board_door": str(at)}
                    | settings,
                )
                for at, space in ((1, self.home.hall), (2, self.home.club))
            ]
            self.card = card(session, self.holder, now, "62E3086CED")
        self.start()

    def start(self):
        if hasattr(self, "service"):
            self.service.stop()
        self.service = UhppoteDoors(self.sessions, VAULT, patience_ms=500, mono=lambda: self.ms)
        self.service.refit(self.now)
        self.run(3)

    def close(self):
        self.service.stop()
        self.board.close()

    def run(self, seconds, step_ms=250):
        for n in range(int(seconds * 1000 / step_ms)):
            self.ms += step_ms
            self.now += timedelta(milliseconds=step_ms)
            if n % 4 == 0:
                self.service.mind_changes()
            for _ in range(12):
                self.service.turn(self.now)
                self.board.work()

    def at(self, clock, day=DAY):
        self.now = make.at(day, clock)
        self.ms += 10_000
        self.run(2)

    def book(self, start="18:00", end="20:00", space=None, holder=None):
        with self.sessions.begin() as session:
            row = turn(session, space or self.home.hall, make.span(DAY, start, end), holder or self.holder)
            tell(session, Act(ActKind.BOOKING_MADE, self.now, None, row.ref, occurrences=(row.id,)))
        return row

    def cancel(self, row):
        with self.sessions.begin() as session:
            session.get_one(Occurrence, row.id).state = OccurrenceState.CANCELLED.value
            tell(session, Act(ActKind.BOOKING_CANCELLED, self.now, None, row.ref, occurrences=(row.id,)))

    def state(self, row, which=0):
        with self.sessions() as session:
            status = right_status(session, row.id, self.now)
            return next(each.state for each in status if each.door.id == self.doors[which].id)

    def alarms(self, which=0):
        with self.sessions.begin() as session:
            reports.mind_missing(session, self.now)
            return {each.kind for each in board.alarms(session, None) if each.door_id == self.doors[which].id}

    def told(self, which=0):
        with self.sessions() as session:
            mine = select(DoorEvent).where(DoorEvent.door_id == self.doors[which].id, DoorEvent.kind != "boot")
            return session.scalars(mine.order_by(DoorEvent.id)).all()

    def door_state(self, which=0):
        with self.sessions() as session:
            return session.get_one(DoorState, self.doors[which].id)

    def order(self):
        with self.sessions.begin() as session:
            row = commands.ask_open(session, self.doors[0].ref, by=self.holder.id, reason="Huoltomies", now=self.now)
        with self.sessions.begin() as session:
            taken = commands.take_queued(session, set(Driver), self.now)
        for each in taken:
            self.service.open_remotely(each.door, each.command, self.now)
        return row.ref

    def ended(self, ref):
        with self.sessions() as session:
            row = session.scalars(select(DoorCommand).where(DoorCommand.ref == ref)).one()
            return row.state, row.result
