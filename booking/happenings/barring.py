"""A ban stands against booking in its scope, day by day, and says until when."""

from __future__ import annotations

from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.availability import Obstacle, Problem
from booking.happenings.history import BANS, covers
from booking.happenings.models import Sanction
from booking.ids import OrganisationId
from booking.models import Space


class Bars:
    """The bans of an organisation, read once, and what they have against a day in a space."""

    def __init__(self, session: Session, organisation: OrganisationId, space: Space) -> None:
        query = select(Sanction).where(Sanction.organisation_id == organisation, *BANS)
        self.session, self.space, self.bans = session, space, list(session.scalars(query))

    def against(self, day: date) -> tuple[Obstacle, ...]:
        """Nothing, or one obstacle for each ban that holds."""
        running = [ban for ban in self.bans if ban.first_on <= day and (ban.last_on is None or day <= ban.last_on)]
        return tuple(Obstacle(Problem.BANNED) for ban in running if covers(self.session, ban, self.space, day))
