"""Builders: the smallest honest things a test may need, all invented."""

from __future__ import annotations

from datetime import UTC, date, datetime
from itertools import count
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from booking.core.pattern import Pattern
from booking.core.span import Span, local
from booking.models import (
    Booking,
    Occupancy,
    Occurrence,
    OpeningHours,
    Organisation,
    Person,
    Premises,
    RoleGrant,
    Space,
)
from booking.roles import Role
from booking.wish import Wish

HELSINKI = ZoneInfo("Europe/Helsinki")
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
_numbers = count(1)


def at(day: str, clock: str) -> datetime:
    """A Helsinki wall time as an instant: at("2026-11-24", "18:00")."""
    hour, minute = clock.split(":")
    return local(date.fromisoformat(day), int(hour) * 60 + int(minute), HELSINKI)


def span(day: str, start: str, end: str) -> Span:
    return Span(at(day, start), at(day, end))


def person(session: Session, name: str = "Keksi Keksijä", email: str | None = None) -> Person:
    row = Person(name=name, email=email or f"keksi{next(_numbers)}@esimerkki.example", created_at=LONG_AGO)
    session.add(row)
    session.flush()
    return row


def organisation(session: Session, **values: Any) -> Organisation:
    """An invented scout troop in Espoo unless told otherwise."""
    facts: dict[str, Any] = {"for_profit": False, "complements": True}
    row = Organisation(
        **{
            "name": f"Keksittyjen Kiipijät {next(_numbers)}",
            "kind": "association",
            "registration_number": None,
            "domicile": "Espoo",
            "purposes": ["scout"],
            "facts": facts,
            "created_at": LONG_AGO,
        }
        | values
    )
    session.add(row)
    session.flush()
    return row


def premises(session: Session, **values: Any) -> Premises:
    """Premises open 8–22 every day, in Espoo, closed on public holidays."""
    owner = values.pop("owner", None) or organisation(session, name="Keksilän kaupunki", kind="municipal_unit")
    row = Premises(
        **{
            "kind": "kindergarten",
            "name_fi": "Keksilän päiväkoti",
            "owner_id": owner.id,
            "operator_id": owner.id,
            "manager_id": owner.id,
            "contact_name": "Vuokko Vastaava",
            "address": "Keksitie 1",
            "municipality": "Espoo",
            "rulebook": "espoo",
        }
        | values
    )
    session.add(row)
    session.flush()
    for weekday in range(7):
        session.add(OpeningHours(premises_id=row.id, weekday=weekday, opens_min=480, closes_min=1320))
    session.flush()
    return row


def space(session: Session, place: Premises | None = None, **values: Any) -> Space:
    """A kindergarten hall for 40, on a quarter-hour grid."""
    place = place or premises(session)
    row = Space(
        **{
            "premises_id": place.id,
            "name_fi": f"Sali {next(_numbers)}",
            "kind": "hall",
            "capacity": 40,
            "grid_min": 15,
            "premises": place,
        }
        | values
    )
    session.add(row)
    session.flush()
    return row


def role(session: Session, someone: Person, name: Role, **scope: Any) -> RoleGrant:
    row = RoleGrant(person_id=someone.id, role=name.value, first_on=date(2020, 1, 1), **scope)
    session.add(row)
    session.flush()
    return row


def wish(place: Space, whose: Organisation, holder: Person, pattern: Pattern, **values: Any) -> Wish:
    """A children's weekly hobby evening of twenty, all of them under 18 and resident."""
    audience = {
        "under_18": 18,
        "residents": 20,
        "under_18_residents": 18,
        "targets_residents": True,
        "group": "children",
    }
    return Wish(
        **{
            "space": place.id,
            "organisation": whose.id,
            "holder": holder.id,
            "pattern": pattern,
            "title": "Laumailta",
            "purpose": "weekly_meeting",
            "people": 20,
            "audience": audience,
        }
        | values
    )


def once(day: str, start: str, end: str) -> Pattern:
    """A single time: once("2026-11-24", "18:00", "19:30"); "24:00" and later are allowed for the end."""
    first, last = (int(clock[:2]) * 60 + int(clock[3:]) for clock in (start, end))
    return Pattern.once(date.fromisoformat(day), first, last)


def occurrence(session: Session, place: Space, when: Span, **values: Any) -> Occurrence:
    """A booked time put straight into the tables, with its atoms, without asking the rules."""
    someone, whose = values.pop("holder", None) or person(session), values.pop("whose", None) or organisation(session)
    booking = Booking(
        organisation_id=whose.id,
        holder_id=someone.id,
        made_by=someone.id,
        made_at=LONG_AGO,
        kind="single",
        title="Laumailta",
        purpose="weekly_meeting",
        people=20,
        organisation=whose,
        holder=someone,
    )
    session.add(booking)
    session.flush()
    row = Occurrence(
        **{
            "booking_id": booking.id,
            "space_id": place.id,
            "key": when.starts_at.date().isoformat(),
            "starts_at": when.starts_at,
            "ends_at": when.ends_at,
            "state": "confirmed",
            "booking": booking,
            "space": place,
        }
        | values
    )
    session.add(row)
    session.flush()
    session.add(Occupancy(atom_id=place.id, occurrence_id=row.id, starts_at=when.starts_at, ends_at=when.ends_at))
    session.flush()
    return row
