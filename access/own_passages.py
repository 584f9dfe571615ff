"""What doors told of one person, for that person: an ordinary list, whatever a code meant."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from access.models import Credential, Door, DoorEvent
from booking.ids import PersonId
from booking.models import Booking, Occurrence, Premises
from devices.events import EventKind

SHOWN = (EventKind.GRANTED.value, EventKind.DENIED.value, EventKind.OPENED_REMOTE.value)
MOST = 200


@dataclass(frozen=True, slots=True)
class OwnPassage:
    """One opening or refusal. `label`: what the code was made for, when somebody else was given it."""

    at: datetime
    door: Door
    premises: Premises
    kind: str
    reason: str
    medium: str
    title: str
    label: str


def of_person(session: Session, person: PersonId, *, most: int = MOST) -> Sequence[OwnPassage]:
    """The newest by the doors' own time."""
    query = (
        select(DoorEvent, Door, Premises, Booking.title, Credential.label)
        .join(Door, DoorEvent.door_id == Door.id)
        .join(Premises, Door.premises_id == Premises.id)
        .outerjoin(Occurrence, DoorEvent.occurrence_id == Occurrence.id)
        .outerjoin(Booking, Occurrence.booking_id == Booking.id)
        .outerjoin(Credential, DoorEvent.credential_id == Credential.id)
        .where(DoorEvent.person_id == person, DoorEvent.kind.in_(SHOWN))
        .order_by(DoorEvent.device_at.desc(), DoorEvent.id.desc())
    )
    return [_own(*row) for row in session.execute(query.limit(most))]


def _own(event: DoorEvent, door: Door, place: Premises, title: str | None, label: str | None) -> OwnPassage:
    medium = str(event.body.get("medium") or "phone")
    return OwnPassage(event.device_at, door, place, event.kind, event.reason, medium, title or "", label or "")
