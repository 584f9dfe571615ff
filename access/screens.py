"""Screens beside doors: a secret address for each, on which a tablet shows the door's code of the moment."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from access.code_models import DoorScreen
from access.models import Door
from booking.acts import Act, ActKind, tell
from booking.ids import PersonId
from booking.refusals import NotFound


def make(session: Session, door: Door, *, by: PersonId, now: datetime) -> DoorScreen:
    """A new address; those before stop working."""
    for old in of_door(session, door):
        end(session, door, old.ref, by=by, now=now)
    row = DoorScreen(door_id=door.id, secret=secrets.token_urlsafe(18), made_at=now, made_by=by)
    session.add(row)
    session.flush()
    tell(session, Act(ActKind.DOOR_SCREEN, now, by, door.ref, {"screen": row.ref}, door.premises_id))
    return row


def end(session: Session, door: Door, ref: str, *, by: PersonId, now: datetime) -> None:
    """The address shows nothing any more. Raises NotFound."""
    row = next((one for one in of_door(session, door) if one.ref == ref), None)
    if row is None:
        raise NotFound(what="screen")
    row.ended_at = now
    session.flush()
    body = {"screen": row.ref, "ended": True}
    tell(session, Act(ActKind.DOOR_SCREEN, now, by, door.ref, body, door.premises_id))


def of_door(session: Session, door: Door) -> Sequence[DoorScreen]:
    query = select(DoorScreen).where(DoorScreen.door_id == door.id, DoorScreen.ended_at.is_(None))
    return session.scalars(query.order_by(DoorScreen.id)).all()


def door_by_secret(session: Session, secret: str) -> Door:
    """Raises NotFound for an address that is not, or no longer, one of ours."""
    query = select(DoorScreen).where(DoorScreen.secret == secret, DoorScreen.ended_at.is_(None))
    row = session.scalar(query.options(joinedload(DoorScreen.door)))
    if row is None:
        raise NotFound(what="screen")
    return row.door
