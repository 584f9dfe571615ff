"""Samples of grants in their season: a booked slot of the troop with a session in it, a swap, an entry and an offer.

Put straight into the tables: every test of pages makes them.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.core.span import local
from booking.models import Booking, Group, Occupancy, Occurrence, Organisation, Person, Space
from booking.roles import Role
from booking.rounds.grants import grant_of
from booking.rounds.models import Round
from booking.rounds.plan_models import Scenario, SlotGrant
from booking.rounds.season_models import FreedSlot, GrantSwap, GroupSession, SlotOffer, WaitingEntry
from tests import make
from tests.booking.rounds.make_rounds import a_round, a_scenario, a_section, an_application
from tests.web.town import NOW, Town

SIX, NINE = 1080, 1260
FIRST = date(2027, 1, 11)
CHILDREN = {"under_18": 18, "residents": 20, "under_18_residents": 18, "targets_residents": True, "group": "children"}


def a_decided_round(session: Session, town: Town) -> Round:
    """A round of the town's own premises with halls of its own, for two years, decided."""
    found = session.scalar(select(Round).where(Round.name_fi == "Päätetty kierros"))
    if found is not None:
        return found
    halls = [Space(premises_id=town.premises.id, name_fi=name, **HALL) for name in ("Kierroksen sali", "Vaihtosali")]
    session.add_all(halls)
    session.flush()
    row = a_round(session, name_fi="Päätetty kierros", state="decided", grant_years=2, spaces=halls[:1])
    a_scenario(session, row)
    return row


HALL: dict[str, Any] = {"kind": "hall", "capacity": 40, "grid_min": 15}


def hall(session: Session, town: Town, name: str = "Kierroksen sali") -> Space:
    named = Space.name_fi == name, Space.premises_id == town.premises.id
    return session.scalars(select(Space).where(*named)).one()


def granted(session: Session, town: Town) -> SlotGrant:
    """The troop's own slot, Tuesdays 18–21 for five weeks; made once."""
    round_ = a_decided_round(session, town)
    found = session.scalar(select(SlotGrant.ref).where(SlotGrant.round_id == round_.id).order_by(SlotGrant.id).limit(1))
    return grant_of(session, found or slot(session, town, round_, town.organisation, town.people[Role.SECRETARY], 1))


def slot(session: Session, town: Town, round_: Round, whose: Organisation, holder: Person, weekday: int) -> str:
    """A booked slot of an organisation on a weekday, the second one in the other hall."""
    space = hall(session, town, "Kierroksen sali" if whose.id == town.organisation.id else "Vaihtosali")
    section = a_section(name="Juniorit")
    an_application(session, round_, whose, sections=[section], contact=holder)
    days = [FIRST + timedelta(days=weekday + 7 * n) for n in range(5)]
    booking = booked(session, space, whose, holder, days, title="Juniorit")
    scenario = session.scalars(select(Scenario.id).where(Scenario.round_id == round_.id)).first()
    facts = {"weekday": weekday, "start_min": SIX, "end_min": NINE, "state": "booked", "proposed_at": NOW}
    keys = {"round_id": round_.id, "scenario_id": scenario, "section_id": section.id, "space_id": space.id}
    row = SlotGrant(**keys, **facts, booking_id=booking.id)
    session.add(row)
    session.flush()
    return row.ref


def booked(
    session: Session, space: Space, whose: Organisation, holder: Person, days: list[date], **values: Any
) -> Booking:
    """A weekly series 18–21; `hold_until`: only held."""
    until = values.pop("hold_until", None)
    people = {"organisation_id": whose.id, "holder_id": holder.id, "made_by": holder.id, "made_at": NOW}
    facts = {"kind": "regular", "purpose": "weekly_meeting", "people": 20, "audience": CHILDREN}
    booking = Booking(**people, **facts, **values)
    session.add(booking)
    session.flush()
    rows = [dated(booking, space, day, until) for day in days]
    session.add_all(rows)
    session.flush()
    times = [{"occurrence_id": one.id, "starts_at": one.starts_at, "ends_at": one.ends_at} for one in rows]
    session.add_all([Occupancy(atom_id=space.id, **one) for one in times])
    session.flush()
    return booking


def dated(booking: Booking, space: Space, day: date, until: Any) -> Occurrence:
    times = {"starts_at": local(day, SIX, make.HELSINKI), "ends_at": local(day, NINE, make.HELSINKI)}
    facts = {"key": day.isoformat(), "state": "held" if until else "confirmed", "hold_until": until}
    return Occurrence(booking_id=booking.id, space_id=space.id, **times, **facts)


def session_inside(session: Session, town: Town) -> str:
    """A group has the first hour of every date."""
    grant = granted(session, town)
    group = Group(organisation_id=town.organisation.id, name="Kierrosryhmä")
    session.add(group)
    session.flush()
    times = session.scalars(select(Occurrence.id).where(Occurrence.booking_id == grant.booking_id)).all()
    keys = {"grant_id": grant.id, "group_id": group.id, "coach_id": town.people[Role.KEY_HOLDER].id}
    facts = {"starts_min": 0, "ends_min": 60, "series": "sample", "made_by": town.booker.id, "made_at": NOW}
    rows = [GroupSession(occurrence_id=one, **keys, **facts) for one in times]
    session.add_all(rows)
    session.flush()
    return rows[0].ref


def swap(session: Session, town: Town) -> str:
    """The troop asks another troop of the same round."""
    mine = granted(session, town)
    other, someone = make.organisation(session, name="Vaihtajat ry"), make.person(session)
    make.role(session, someone, Role.SECRETARY, organisation_id=other.id)
    theirs = grant_of(session, slot(session, town, mine.round, other, someone, 3))
    facts = {"from_on": FIRST, "asked_at": NOW, "asked_by": town.booker.id}
    row = GrantSwap(one_id=mine.id, other_id=theirs.id, **facts)
    session.add(row)
    session.flush()
    return row.ref


def entry(session: Session, town: Town, title: str = "Jonottajat", weekday: int = 5) -> WaitingEntry:
    keys = {"round_id": a_decided_round(session, town).id, "organisation_id": town.organisation.id}
    row = WaitingEntry(
        **keys,
        contact_id=town.booker.id,
        title=title,
        purpose="weekly_meeting",
        people=20,
        audience=CHILDREN,
        min_minutes=60,
        windows=[{"weekday": weekday, "start_min": SIX, "end_min": NINE}],
        asked_at=NOW,
        made_by=town.booker.id,
    )
    session.add(row)
    session.flush()
    return row


def offer(session: Session, town: Town) -> str:
    """A Friday slot that became free is offered to the troop for a day."""
    row, space = entry(session, town, "Perjantait", 4), hall(session, town)
    days = [date(2027, 1, 15), date(2027, 1, 22), date(2027, 1, 29)]
    until = NOW + timedelta(hours=24)
    held = booked(session, space, town.organisation, town.booker, days, title="Perjantait", hold_until=until)
    times = {"start_min": SIX, "end_min": NINE, "days": [day.isoformat() for day in days]}
    freed = FreedSlot(key="sample", round_id=row.round_id, space_id=space.id, weekday=4, why="declined", **times)
    freed.state, freed.freed_at = "offered", NOW
    session.add(freed)
    session.flush()
    made = SlotOffer(slot_id=freed.id, entry_id=row.id, rank=1, booking_ref=held.ref, **times)
    made.offered_at, made.until_at = NOW, until
    session.add(made)
    session.flush()
    return made.ref


def sent(session: Session, town: Town) -> str:
    """An application of the troop that got nothing."""
    round_, contact = a_decided_round(session, town), town.people[Role.SECRETARY]
    sections = [a_section(name="Vaeltajat")]
    return an_application(session, round_, town.organisation, sections=sections, contact=contact, late=True).ref


SAMPLES: dict[str, Callable[[Session, Town], str]] = {
    "granted_ref": lambda session, town: granted(session, town).ref,
    "session_ref": session_inside,
    "grant_swap_ref": swap,
    "entry_ref": lambda session, town: entry(session, town).ref,
    "offer_ref": offer,
    "sent_ref": sent,
}
