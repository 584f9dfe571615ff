"""Samples of grants in their season: a booked slot of the troop with a session in it, a swap, an entry and an offer."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.models import Space
from booking.roles import Role
from booking.rounds import grant_swaps, inside, offering
from booking.rounds.grants import grant_of
from booking.rounds.inside import SessionWish
from booking.rounds.models import Application, Round
from booking.rounds.plan_models import SlotGrant
from booking.rounds.season_models import WaitingEntry
from booking.rounds.waiting import bookable_spaces
from tests import make
from tests.booking.rounds.make_rounds import a_round, a_section, an_application
from tests.booking.rounds.make_season import NOW as DECIDED_AT
from tests.booking.rounds.make_season import a_grant, a_group
from tests.web.samples_life import next_door
from tests.web.town import NOW, Town

SIX, NINE = 1080, 1260


def a_decided_round(session: Session, town: Town) -> Round:
    """A round of the town's own premises, for two years, decided; the hall is a new one next to the others."""
    found = session.scalar(select(Round).where(Round.name_fi == "Päätetty kierros"))
    if found is not None:
        return found
    hall = make.space(session, town.premises, name_fi="Kierroksen sali")
    return a_round(session, name_fi="Päätetty kierros", state="decided", grant_years=2, spaces=[hall])


def granted(session: Session, town: Town) -> SlotGrant:
    """The troop's own slot, made once."""
    round_ = a_decided_round(session, town)
    found = session.scalar(select(SlotGrant).where(SlotGrant.round_id == round_.id).order_by(SlotGrant.id))
    if found is not None:
        return grant_of(session, found.ref)
    hall = round_of_hall(session, round_)
    return a_grant(session, hall, town.organisation, round_=round_, holder=town.people[Role.SECRETARY])


def round_of_hall(session: Session, round_: Round) -> Space:
    return bookable_spaces(session, round_)[0]


def session_inside(session: Session, town: Town) -> str:
    grant = granted(session, town)
    group = a_group(session, town.organisation, "Kierrosryhmä")
    days = {"first_on": date(2027, 1, 11), "last_on": date(2027, 5, 30), "start_min": SIX, "end_min": 1140}
    wish = SessionWish(group=group, coach=town.people[Role.KEY_HOLDER].id, **days)
    return inside.set_sessions(session, grant, wish, by=town.booker.id, now=DECIDED_AT)[0].ref


def swap(session: Session, town: Town) -> str:
    """The troop asks another troop of the same round."""
    mine = granted(session, town)
    hall = make.space(session, next_door(session), name_fi="Vaihtosali")
    other = a_grant(session, hall, make.organisation(session, name="Vaihtajat ry"), round_=mine.round, weekday=3)
    row = grant_swaps.ask(session, mine, other, from_on=date(2027, 1, 11), by=town.booker.id, now=DECIDED_AT)
    return row.ref


def entry(session: Session, town: Town, title: str = "Jonottajat", windows: tuple[int, ...] = (5,)) -> WaitingEntry:
    round_ = a_decided_round(session, town)
    row = WaitingEntry(
        round_id=round_.id,
        organisation_id=town.organisation.id,
        contact_id=town.booker.id,
        title=title,
        purpose="weekly_meeting",
        people=10,
        audience={"under_18": 9, "residents": 10, "under_18_residents": 9, "group": "children"},
        min_minutes=60,
        windows=[{"weekday": day, "start_min": SIX, "end_min": NINE} for day in windows],
        asked_at=NOW,
        made_by=town.booker.id,
    )
    session.add(row)
    session.flush()
    return row


def offer(session: Session, town: Town) -> str:
    """A Saturday slot that became free is offered to the troop."""
    row = entry(session, town, "Lauantait", (4,))
    round_ = a_decided_round(session, town)
    hall = round_of_hall(session, round_)
    days = [date(2027, 1, 15), date(2027, 1, 22), date(2027, 1, 29)]
    facts = {"round_id": round_.id, "grant": None, "space": hall, "minutes": (SIX, NINE), "days": days}
    slot = offering.free(session, **facts, why="declined", key=f"sample:{row.ref}", now=NOW)
    made = offering.move_on(session, slot.ref, NOW)
    assert made is not None
    return made.ref


def sent(session: Session, town: Town) -> str:
    """An application of the troop that got nothing."""
    round_ = a_decided_round(session, town)
    there = select(Application).where(Application.round_id == round_.id, Application.late)
    found = session.scalar(there.where(Application.organisation_id == town.organisation.id))
    if found is None:
        contact = town.people[Role.SECRETARY]
        sections = [a_section(name="Vaeltajat")]
        found = an_application(
            session, round_, town.organisation, sections=sections, contact=contact, late=True, sent_at=NOW
        )
    return found.ref


SAMPLES: dict[str, Callable[[Session, Town], str]] = {
    "granted_ref": lambda session, town: granted(session, town).ref,
    "session_ref": session_inside,
    "grant_swap_ref": swap,
    "entry_ref": lambda session, town: entry(session, town).ref,
    "offer_ref": offer,
    "sent_ref": sent,
}
