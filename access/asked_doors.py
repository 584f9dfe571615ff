"""Doors that ask the service for each card: the decision and its event, kept before anything opens."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from access import access_list
from access.decide import ClockView, Presented, decide
from access.ids import DoorId
from access.keys import Vault, credential_key
from access.models import Door
from access.own_numbering import Numbering
from booking.acts import ActKind
from devices.credentials import credential_hash
from devices.events import EventKind
from devices.messages import Clock, Medium, Reader


def decide_card(
    session: Session, vault: Vault, door_id: DoorId, numbering: Numbering, normal: str, now: datetime
) -> bool:
    """Whether a card in its normal spelling opens this door now; the event is written. Open only after the commit."""
    door = session.get_one(Door, door_id, populate_existing=True)
    cred = credential_hash(credential_key(vault, door), normal)
    held, _left_out = access_list.build(session, door, now, cred=cred)
    clock = ClockView(Clock.SYNCED, int(now.timestamp()))
    decision = decide(held, Presented(Medium.CARD, cred), clock)
    version = {"epoch": door.epoch, "version": door.version}
    facts: dict[str, Any] = {"medium": "card", "cred": cred, "reason": decision.reason.value, "list": version}
    facts |= {"right": decision.right, "reader": Reader.IN.value}
    facts |= {"notes": list(decision.notes)} if decision.granted else {"count": 1}
    kind = EventKind.GRANTED if decision.granted else EventKind.DENIED
    numbering.write(session, door, kind, facts, now, act=ActKind.DOOR_DECIDED)
    return decision.granted
