"""Hours that were asked for and not had, by class and district: what a town lacks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.core.span import Span
from booking.ids import PremisesId
from booking.models import Booking, Occurrence, OccurrenceState, Organisation, Premises, Space


@dataclass(frozen=True, slots=True)
class Refused:
    """A date that was asked and refused: taken, closed, or decided against."""

    priority_class: str
    price_class: str
    district: str
    premises_name: str
    organisation_kind: str
    reason: str
    minutes: int


def refused(session: Session, span: Span, premises: Sequence[PremisesId] | None = None) -> list[Refused]:
    """The refused dates that would have started within the span, in order of time."""
    query = (
        select(
            Occurrence.priority_class,
            Occurrence.price_class,
            Premises.district,
            Premises.name_fi,
            Organisation.kind,
            Occurrence.reason,
            Occurrence.starts_at,
            Occurrence.ends_at,
        )
        .join(Booking, Booking.id == Occurrence.booking_id)
        .join(Organisation, Organisation.id == Booking.organisation_id)
        .join(Space, Space.id == Occurrence.space_id)
        .join(Premises, Premises.id == Space.premises_id)
        .where(Occurrence.state == OccurrenceState.REFUSED.value)
        .where(Occurrence.starts_at >= span.starts_at, Occurrence.starts_at < span.ends_at)
        .order_by(Occurrence.starts_at, Occurrence.id)
    )
    if premises is not None:
        query = query.where(Premises.id.in_(premises))
    return [
        Refused(
            row.priority_class or "",
            row.price_class or "",
            row.district,
            row.name_fi,
            row.kind,
            row.reason,
            int((row.ends_at - row.starts_at).total_seconds() // 60),
        )
        for row in session.execute(query)
    ]
