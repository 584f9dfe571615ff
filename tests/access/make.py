"""Builders for doors: a house with an outer door, two halls with doors of their own, and people with cards."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from itertools import count
from typing import Any

from sqlalchemy.orm import Session

from access import credentials, register
from access.keys import Vault
from access.models import Credential, Door, DoorKind
from access.register import DoorWish
from booking.core.span import Span
from booking.models import Booking, Occurrence, Person, Premises, Space
from tests import make

VAULT = Vault("a master key that only tests know")
_numbers = count(1)


@dataclass
class House:
    """A premises with a hall of two halves and a club room; the hall door serves the halves too."""

    premises: Premises
    hall: Space
    half_a: Space
    half_b: Space
    club: Space
    outer: Door
    hall_door: Door
    club_door: Door


def door(session: Session, place: Premises, spaces: list[Space], now: datetime, **values: Any) -> Door:
    facts: dict[str, Any] = {"premises": place.id, "controller_id": f"door-{next(_numbers)}", "name_fi": "Ovi"}
    facts |= {"kind": DoorKind.INNER, "spaces": tuple(space.id for space in spaces)}
    wish = DoorWish(**(facts | values))
    return register.fit(session, VAULT, wish, by=None, now=now)


def house(session: Session, now: datetime) -> House:
    place = make.premises(session, rulebook="none-that-speaks-of-doors")
    hall = make.space(session, place)
    half_a, half_b = (make.space(session, place, parent_id=hall.id) for _ in range(2))
    club = make.space(session, place)
    outer = door(session, place, [hall, club], now, kind=DoorKind.OUTER)
    return House(
        place, hall, half_a, half_b, club, outer, door(session, place, [hall], now), door(session, place, [club], now)
    )


def card(session: Session, owner: Person, now: datetime, number: str | None = None) -> Credential:
    """A card with a number of its own."""
    printed = number or f"62E3{next(_numbers):06X}"
    return credentials.enrol(session, VAULT, owner.id, printed, by=owner.id, now=now).credential


def turn(session: Session, space: Space, when: Span, holder: Person | None = None, **values: Any) -> Occurrence:
    """A booked time of any space, also of one with parts. Doors do not ask who occupies what."""
    holder, whose = holder or make.person(session), values.pop("whose", None) or make.organisation(session)
    booking = Booking(
        organisation_id=whose.id,
        holder_id=holder.id,
        made_by=holder.id,
        made_at=make.LONG_AGO,
        kind="single",
        title="Laumailta",
        purpose="hobby",
        people=20,
    )
    session.add(booking)
    session.flush()
    facts: dict[str, Any] = {"booking_id": booking.id, "space_id": space.id, "key": "1", "state": "confirmed"}
    facts |= {"booking": booking, "starts_at": when.starts_at, "ends_at": when.ends_at}
    row = Occurrence(**(facts | values))
    session.add(row)
    session.flush()
    return row
