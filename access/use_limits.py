"""How many uses the codes for visitors have left at a door."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from access.code_models import VisitorCode
from access.ids import CredentialId, DoorId
from access.models import DoorEvent, Right
from devices.events import EventKind


def left_at(session: Session, door: DoorId, codes: Collection[CredentialId]) -> dict[CredentialId, int]:
    """Of those of these codes that are limited, without the uses under the right of now: the door counts these itself,
    and a right that was replaced, as when its booking moved, must not give them anew."""
    if not codes:
        return {}
    limited = select(VisitorCode.credential_id, VisitorCode.uses).where(VisitorCode.credential_id.in_(codes))
    limits = session.execute(limited.where(VisitorCode.uses.is_not(None))).all()
    spent = _spent_before(session, door, codes)
    return {credential: uses - spent.get(credential, 0) for credential, uses in limits if uses is not None}


def _spent_before(session: Session, door: DoorId, codes: Collection[CredentialId]) -> dict[CredentialId, int]:
    query = select(DoorEvent.credential_id, func.count()).join(Right, Right.id == DoorEvent.right_id)
    query = query.where(DoorEvent.door_id == door, DoorEvent.credential_id.in_(codes))
    query = query.where(DoorEvent.kind == EventKind.GRANTED.value, Right.out_version.is_not(None))
    rows = session.execute(query.group_by(DoorEvent.credential_id))
    return {credential: count for credential, count in rows if credential is not None}
