"""What is minded in the background of booked times: no-shows, their days of objecting, debts, and ways in that
change."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from sqlalchemy.orm import Session, sessionmaker

from access import metal_keys
from access import no_shows as at_doors
from booking import door_changes
from booking.life import debts, no_shows
from booking.life.recording import happening_of
from booking.settings import Settings
from web import alarm_letters, code_letters, letters, life_letters
from web.app import create_app
from web.clock import HELSINKI


class Minder:
    """The rounds, each in one transaction with its letters."""

    def __init__(self, settings: Settings, sessions: sessionmaker[Session]) -> None:
        self.app = create_app(settings, sessions)  # letters are templates, with addresses of pages
        self.base_url, self.sessions = settings.base_url, sessions

    @contextmanager
    def speaking(self) -> Iterator[Session]:
        with self.app.test_request_context(base_url=self.base_url), self.sessions.begin() as session:
            yield session

    def look(self, now: datetime) -> None:
        """Ask holders of times nobody came to, free what may be freed, and propose no-shows."""
        with self.speaking() as session:
            found = at_doors.look(session, now)
            for row in found.asked:
                life_letters.asked(session, happening_of(session, row.ref), now)
            for row in found.proposed:
                life_letters.proposed(session, happening_of(session, row.ref), now)
            life_letters.released(session, found.released, now)

    def by_rule(self, now: datetime) -> None:
        """Let stand what nobody objected to."""
        with self.speaking() as session:
            for row in no_shows.due_by_rule(session, now):
                no_shows.confirm(session, row, decision="by_rule", by=None, now=now)
                life_letters.decided(session, row, now)

    def debts(self, now: datetime) -> None:
        """Do the steps of the debt procedure that are due today."""
        with self.speaking() as session:
            for done in debts.mind(session, today=now.astimezone(HELSINKI).date(), now=now):
                life_letters.debt_step(session, done, now)

    def alarms(self, now: datetime) -> None:
        """Tell of alarms whoever is due to hear of them."""
        with self.speaking() as session:
            alarm_letters.take(session, now)

    def keys(self, now: datetime) -> None:
        """Remind those who should have brought a key back."""
        with self.speaking() as session:
            today = now.astimezone(HELSINKI).date()
            for loan in metal_keys.to_remind(session, today):
                code_letters.key_overdue(session, loan, now)
                metal_keys.note_reminded(session, loan, today=today, now=now)

    def ways_in(self, now: datetime) -> None:
        """Tell holders ahead whose times get in otherwise than they were told."""
        with self.speaking() as session:
            for rows in door_changes.changed(session, now):
                letters.way_in(session, rows, now)
