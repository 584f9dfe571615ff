"""What doors and cards keep about a person, for the person: to be taken along with the rest of one's data."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from access.mode_models import StaffAccess
from access.models import Credential, Door, DoorEvent
from booking.ids import PersonId
from booking.models import Premises


def kept_about(session: Session, person: PersonId) -> dict[str, Any]:
    """Cards and PINs without their numbers, and each time one of them was used at a door, as plain values."""
    own = select(Credential).where(Credential.person_id == person).order_by(Credential.id)
    used = select(DoorEvent, Door).join(Door, Door.id == DoorEvent.door_id).where(DoorEvent.person_id == person)
    staff = select(StaffAccess, Premises).join(Premises, Premises.id == StaffAccess.premises_id)
    staff = staff.where(StaffAccess.person_id == person)
    return {
        "cards_and_pins": [_credential(row) for row in session.scalars(own)],
        "staff_access": [_staff(row, place) for row, place in session.execute(staff.order_by(StaffAccess.id))],
        "passages": [_passage(event, door) for event, door in session.execute(used.order_by(DoorEvent.id))],
    }


def _credential(row: Credential) -> dict[str, Any]:
    return {
        "kind": row.kind,
        "label": row.label,
        "enrolled_at": row.enrolled_at.isoformat(),
        "revoked_at": row.revoked_at.isoformat() if row.revoked_at else None,
    }


def _staff(row: StaffAccess, place: Premises) -> dict[str, Any]:
    ended_at = row.ended_at or row.until_at
    return {
        "premises": place.name_fi,
        "reason": row.reason,
        "flags": list(row.flags),
        "since": row.since_at.isoformat(),
        "until": ended_at.isoformat() if ended_at else None,
    }


def _passage(event: DoorEvent, door: Door) -> dict[str, Any]:
    return {"door": door.name_fi, "at": event.device_at.isoformat(), "kind": event.kind, "reason": event.reason}
