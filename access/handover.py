"""Giving a controller its keys: the record of door-protocol.md 2.4 is secret, so whoever takes it leaves an act."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from access import register, service_keys
from access.keys import Vault
from access.models import Door
from booking.acts import Act, ActKind, tell
from booking.ids import PersonId


def hand_over(
    session: Session, vault: Vault, door: Door, broker: Mapping[str, Any] | None, *, by: PersonId, now: datetime
) -> dict[str, Any]:
    """The controller's record, and an act that somebody has seen it."""
    body = {"controller_record": "shown"}
    tell(session, Act(ActKind.DOOR_CHANGED, now, by, door.ref, body, door.premises_id))
    return register.provisioning(vault, door, broker, kids=service_keys.live(session))
