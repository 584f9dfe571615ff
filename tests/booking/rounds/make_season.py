"""Builders of grants that stand in the calendar."""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy.orm import Session

from booking.bookings import book
from booking.core.pattern import Pattern
from booking.models import Group, Organisation, Person, RoleGrant, Space
from booking.roles import Role
from booking.rounds.grants import grant_of
from booking.rounds.models import Round
from booking.rounds.plan_models import SlotGrant
from tests import make
from tests.booking.rounds.make_rounds import a_round, a_scenario, a_section, an_application

NOW = make.at("2026-12-15", "12:00")
FIRST, LAST = date(2027, 1, 11), date(2027, 5, 30)
SOON = date(2027, 2, 14)  # the grants of these tests run for five weeks unless told


def a_grant(
    session: Session,
    space: Space | None = None,
    whose: Organisation | None = None,
    *,
    holder: Person | None = None,
    round_: Round | None = None,
    weekday: int = 1,
    minutes: tuple[int, int] = (18 * 60, 21 * 60),
    last_on: date = SOON,
    **values: Any,
) -> SlotGrant:
    """A slot granted and booked as a weekly series from the season's beginning: Tuesdays 18–21 unless told."""
    space = space or make.space(session)
    whose, holder = whose or make.organisation(session), holder or make.person(session)
    round_ = round_ or a_round(session, state="decided", spaces=[space], family=space.premises.rulebook)
    section = a_section(name="Juniorit")
    an_application(session, round_, whose, sections=[section], contact=holder, late=values.pop("late", False))
    scenario = a_scenario(session, round_, [(section, space, weekday, *minutes)])
    pattern = Pattern(FIRST, last_on, *minutes, (weekday,))
    wish = make.wish(space, whose, holder, pattern, regular=True)
    booking = book(session, wish, by=holder.id, now=NOW)
    row = SlotGrant(
        round_id=round_.id,
        scenario_id=scenario.id,
        section_id=section.id,
        space_id=space.id,
        weekday=weekday,
        start_min=minutes[0],
        end_min=minutes[1],
        state="booked",
        proposed_at=NOW,
        decided_at=NOW,
        booking_id=booking.id,
    )
    session.add(row)
    session.flush()
    return grant_of(session, row.ref)


def a_group(session: Session, whose: Organisation, name: str = "P12") -> Group:
    row = Group(organisation_id=whose.id, name=name)
    session.add(row)
    session.flush()
    return row


def a_coach(session: Session, group: Group, *roles: Role) -> Person:
    """Somebody with roles for this group only; a key holder unless told."""
    someone = make.person(session)
    for role in roles or (Role.KEY_HOLDER,):
        make.role(session, someone, role, organisation_id=group.organisation_id, group_id=group.id)
    return someone


def roles_of(session: Session, someone: Person) -> list[RoleGrant]:
    return session.query(RoleGrant).filter_by(person_id=someone.id).all()
