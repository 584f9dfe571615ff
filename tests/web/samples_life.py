"""Samples of what happened to times: a link at the door, a no-show, a swap, a substitute, a sanction."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.happenings.models import Happening, Sanction, Substitute, Swap
from booking.life import door_links
from booking.models import Premises
from booking.roles import Role
from tests import make
from tests.web.town import NOW, Town


def link_of(session: Session, town: Town) -> door_links.AttendanceLink:
    """The link of the whole premises, made the first time it is asked for."""
    found = door_links.links_of(session, town.premises)
    return (
        found[0] if found else door_links.make(session, town.premises, None, by=town.people[Role.MANAGER].id, now=NOW)
    )


def next_door(session: Session) -> Premises:
    """The other house of the town, so that this one stays as empty as its tests want it."""
    return session.scalars(select(Premises).where(Premises.name_fi == "Toinen talo")).one()


def happening(session: Session, town: Town) -> str:
    """The troop's time of tonight, proposed as a no-show: enough for looking at."""
    row = Happening(
        key="no_show:sample",
        kind="no_show",
        state="proposed",
        organisation_id=town.organisation.id,
        premises_id=town.premises.id,
        occurrence_id=town.occurrence.id,
        happened_at=town.occurrence.starts_at,
        noted_at=NOW,
        evidence={
            "from": town.occurrence.starts_at.isoformat(),
            "to": town.occurrence.ends_at.isoformat(),
            "doors": [
                {
                    "door": "town-hall",
                    "online": True,
                    "online_since": NOW.isoformat(),
                    "last_heard_at": NOW.isoformat(),
                    "clock": "synced",
                    "events_waiting": 0,
                }
            ],
        },
    )
    session.add(row)
    session.flush()
    return row.ref


def swap(session: Session, town: Town) -> str:
    """The troop has reported that it swaps tonight's time with another troop's of tomorrow."""
    whose = make.organisation(session, name="Vaihtavat ry")
    hall = make.space(session, next_door(session), name_fi="Naapurin sali")
    other = make.occurrence(session, hall, make.span("2026-11-25", "18:00", "19:30"), whose=whose)
    row = Swap(one_id=town.occurrence.id, other_id=other.id, state="asked", asked_at=NOW, asked_by=town.booker.id)
    session.add(row)
    session.flush()
    return row.ref


def substitute(session: Session, town: Town) -> str:
    """A time of the troop that had to give way, and another hall for it."""
    when = make.span("2026-11-26", "18:00", "19:30")
    place = next_door(session)
    hall, other = (make.space(session, place, name_fi=name) for name in ("Naapurin luokka", "Naapurin kerho"))
    lost = make.occurrence(session, hall, when, whose=town.organisation, holder=town.booker)
    lost.state, lost.reason = "displaced", "Vaalit"
    row = Substitute(
        occurrence_id=lost.id, space_id=other.id, starts_at=when.starts_at, ends_at=when.ends_at, offered_at=NOW
    )
    session.add(row)
    session.flush()
    return row.ref


def sanction(session: Session, town: Town) -> str:
    row = Sanction(
        organisation_id=town.organisation.id,
        kind="warning",
        state="proposed",
        first_on=date(2026, 11, 24),
        at_premises_id=town.premises.id,
        proposed_at=NOW,
    )
    session.add(row)
    session.flush()
    return row.ref


SAMPLES: dict[str, Callable[[Session, Town], str]] = {
    "code": lambda session, town: link_of(session, town).code,
    "link_ref": lambda session, town: link_of(session, town).ref,
    "happening_ref": happening,
    "swap_ref": swap,
    "substitute_ref": substitute,
    "sanction_ref": sanction,
}
