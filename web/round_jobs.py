"""What is done in the background of rounds: proposals settled, letters written, the calendar filled, undoing.

Each in small commits of its own, so that nobody waits for them and a crash loses none."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session, sessionmaker

from booking.practice import practice
from booking.rounds import answering, into_calendar, undoing
from web import grant_letters
from web.life_jobs import Minder


class RoundMinder:
    """The rounds of the jobs process."""

    def __init__(self, minder: Minder, sessions: sessionmaker[Session]) -> None:
        self.minder, self.sessions = minder, sessions

    def settle(self, now: datetime) -> None:
        """What nobody answered in time counts, or lapses."""
        with self.minder.speaking() as session:
            for round_ in answering.due(session, now):
                rows = answering.settle(session, round_, now=now)
                grant_letters.settled(session, rows, now)

    def letters(self, now: datetime) -> None:
        """Some decision letters that wait to be written."""
        with self.minder.speaking() as session:
            grant_letters.write_waiting(session, now, most=practice("grants_each_turn"))

    def calendar(self, now: datetime) -> None:
        """Some granted slots into the calendar."""
        into_calendar.work(self.sessions, now)

    def undo(self, now: datetime) -> None:
        """One slice of every undoing under way."""
        with self.minder.speaking() as session:
            ids = undoing.open_ones(session)
        for one in ids:
            with self.minder.speaking() as session:
                grant_letters.undo_slice(session, one, now)
