"""Samples of season rounds, as the demo's seed made them."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import select

from booking.db import reading
from booking.rounds.models import Round
from tests.system.town import Town


def samples(town: Town) -> dict[str, str]:
    """The round that can be applied to now."""
    with reading(town.sessions) as session:
        query = select(Round.ref).where(Round.state == "published", Round.apply_to_at > datetime.now(UTC))
        return {"round_ref": session.scalars(query).one()}
