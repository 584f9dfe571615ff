"""What is minded in the background of granted slots: freed ones offered and lapsed, letters, sessions that fell."""

from __future__ import annotations

from datetime import datetime

from booking.rounds import handing_back, inside, offering, waiting
from web import season_letters
from web.life_jobs import Minder


class SeasonMinder:
    """Each step in a transaction of its own: losing this process loses only time."""

    def __init__(self, minder: Minder) -> None:
        self.minder = minder

    def slots(self, now: datetime) -> None:
        """Ask the next one of each freed slot, and write the letters of offers that are new."""
        with self.minder.speaking() as session:
            due = offering.due(session, now)
        for ref in due:
            with self.minder.speaking() as session:
                offering.move_on(session, ref, now)
        with self.minder.speaking() as session:
            for offer in offering.untold(session):
                season_letters.offered(session, offer, now)

    def found(self, now: datetime) -> None:
        """Slots that became free on other pages, applications that agreed to wait, sessions whose time is gone."""
        with self.minder.speaking() as session:
            handing_back.find_freed(session, now)
        with self.minder.speaking() as session:
            for application in waiting.consenting(session):
                waiting.join_unserved(session, application, by=application.contact_id, now=now)
        with self.minder.speaking() as session:
            season_letters.fallen(session, inside.fallen(session, now), now)
