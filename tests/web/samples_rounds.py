"""Samples of season rounds: one round of the town's hall, open for applications."""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.rounds.models import Round
from tests.booking.rounds import make_rounds
from tests.web.town import Town

NAME = "Näytekierros"


def the_round(session: Session, town: Town) -> Round:
    """The round of the walk, made the first time it is asked for."""
    found = session.scalar(select(Round).where(Round.name_fi == NAME))
    return found or make_rounds.a_round(session, name_fi=NAME, spaces=[town.space])


SAMPLES: dict[str, Callable[[Session, Town], str]] = {
    "round_ref": lambda session, town: the_round(session, town).ref,
}
