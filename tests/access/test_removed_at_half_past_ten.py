"""DA36 at the door itself: who is removed from the club during its time is refused, the others go on."""

import pytest
from sqlalchemy import select

from access import credentials, register
from access.keeping import keeper
from access.models import Right
from booking.acts import Act, ActKind, tell
from booking.models import RoleGrant
from booking.roles import Role, end_at
from tests import make
from tests.access.make import VAULT, turn
from tests.access.site import made_site

DAY = "2026-11-24"
MEMBERS = 5


@pytest.fixture
def keep_acts():
    return keeper(VAULT)


@pytest.fixture
def site(engine, sessions, now):
    return made_site(engine, sessions, now)


def test_one_of_five_is_refused_from_the_next_list_and_the_others_go_on(site):
    cards = [f"62E30A{number:04X}" for number in range(MEMBERS)]
    with site.sessions.begin() as session:
        club = make.organisation(session)
        people = [make.person(session) for _ in cards]
        grants = [make.role(session, one, Role.KEY_HOLDER, organisation_id=club.id) for one in people]
        for one, number in zip(people, cards, strict=True):
            credentials.enrol(session, VAULT, one.id, number, by=one.id, now=site.now)
        row = turn(session, site.home.hall, make.span(DAY, "12:05", "14:00"), site.holder, whose=club)
        tell(session, Act(ActKind.BOOKING_MADE, site.now, site.holder.id, row.ref, occurrences=(row.id,)))
        removed = grants[4].ref
    site.settle()
    assert all(shown(site, cards))
    site.pass_time(seconds=30)
    with site.sessions.begin() as session:
        grant = session.scalars(select(RoleGrant).where(RoleGrant.ref == removed)).one()
        end_at(session, grant, at=site.now, on=site.now.date(), by=site.holder.id, now=site.now, why="left")
    site.settle()
    assert [number for number, opens in zip(cards, shown(site, cards), strict=True) if not opens] == [cards[4]]
    with site.sessions() as session:
        door = register.by_ref(session, site.home.hall_door.ref)
        gone = select(Right).where(Right.door_id == door.id, Right.out_version.is_not(None))
        assert session.scalars(gone).one().out_door_at == site.now


def shown(site, cards):
    return [site.hall.show(f"card:em4100:40:{number.lower()}").granted for number in cards]
