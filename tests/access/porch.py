"""A door with an ESP-RFID board, its part of the doors process, and a clock that both share."""

from datetime import timedelta

from sqlalchemy import select

from access import board, reports
from access.models import DoorEvent
from access.status import right_status
from booking.acts import Act, ActKind, tell
from booking.models import Occurrence, OccurrenceState
from tests import make
from tests.access.make import turn
from tests.access.place import Place, place_of
from tests.devices.esp_board import EspBoard

UID = "62e3086ced"
DAY = "2026-11-24"


class Porch:
    """The hall's door with a board, and a clock that both sides share unless the board's is changed."""

    def __init__(self, sessions, now, **settings):
        self.esp = EspBoard(home_assistant=False)
        self.place: Place = place_of(sessions, now, "esp_rfid", self.esp, **settings)
        self.ahead_s = 0
        self.place.start()
        self.says(self.esp.hello())
        self.run(12)

    def says(self, said):
        self.place.device_says(said)

    def at(self, clock, day=DAY):
        self.place.now = make.at(day, clock)
        self.says_time()
        self.run(4)

    def says_time(self):
        self.esp.now = int(self.place.now.timestamp()) + self.ahead_s
        self.says(self.esp.heartbeat())

    def run(self, seconds, step=1.0, lost=0.0, dice=None):
        for _ in range(int(seconds / step)):
            self.place.now += timedelta(seconds=step)
            self.esp.now = int(self.place.now.timestamp()) + self.ahead_s
            self.place.doors.bring_codes(self.place.now)
            self.place.doors.turn(self.place.now)
            if lost and dice.random() < lost:
                self.esp.deaf = 1
            elif lost and dice.random() < lost:
                self.esp.mute = 1
            self.place.deliver()

    def book(self, start="18:00", end="20:00", holder=None, day=DAY):
        with self.place.sessions.begin() as session:
            row = turn(session, self.place.home.hall, make.span(day, start, end), holder or self.place.holder)
            tell(session, Act(ActKind.BOOKING_MADE, self.place.now, None, row.ref, occurrences=(row.id,)))
        return row

    def cancel(self, row):
        with self.place.sessions.begin() as session:
            session.get_one(Occurrence, row.id).state = OccurrenceState.CANCELLED.value
            tell(session, Act(ActKind.BOOKING_CANCELLED, self.place.now, None, row.ref, occurrences=(row.id,)))

    def state(self, row):
        with self.place.sessions() as session:
            status = right_status(session, row.id, self.place.now)
            return next(each.state for each in status if each.door.id == self.place.door.id)

    def window(self, uid=UID):
        file = self.esp.files[uid]
        return file["validsince"], file["validuntil"]

    def alarms(self):
        with self.place.sessions.begin() as session:
            reports.mind_missing(session, self.place.now)
            return {each.kind for each in board.alarms(session, None) if each.door_id == self.place.door.id}

    def told(self):
        """What this door's log says, without its starts."""
        with self.place.sessions() as session:
            mine = select(DoorEvent).where(DoorEvent.door_id == self.place.door.id, DoorEvent.kind != "boot")
            return session.scalars(mine.order_by(DoorEvent.id)).all()


def seconds(clock, day=DAY):
    return int(make.at(day, clock).timestamp())
