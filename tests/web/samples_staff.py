"""Samples for the pages of those who run premises: closed days, doors, cards, events."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

from sqlalchemy.orm import Session

from booking.models import ClosedDays
from tests.web.town import Town


def closed_days(session: Session, town: Town) -> str:
    row = ClosedDays(
        premises_id=town.premises.id, first_on=date(2026, 12, 7), last_on=date(2026, 12, 8), name_fi="Lattian vahaus"
    )
    session.add(row)
    session.flush()
    return row.ref


SAMPLES: dict[str, Callable[[Session, Town], str]] = {"closed_ref": closed_days}
