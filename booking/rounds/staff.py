"""Who runs a round: managers and operators of every premises in it; some of them, and auditors, look at it."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import inspect, select
from sqlalchemy.orm import object_session

from booking.ids import PremisesId
from booking.models import RoleGrant, Space
from booking.roles import Role, works_at
from booking.rounds.models import Round, RoundHours

RUNS = frozenset({Role.MANAGER, Role.OPERATOR, Role.ADMINISTRATOR})


def premises_ids(round_: Round) -> frozenset[PremisesId]:
    """The premises whose hours are in the round: as loaded, else asked for."""
    loaded = inspect(round_).dict.get("hours")
    if loaded is not None and all("space" in inspect(row).dict for row in loaded):
        return frozenset(row.space.premises_id for row in loaded)
    session = object_session(round_)
    assert session is not None, "a round is asked for in its session"
    query = select(Space.premises_id).join(RoundHours).where(RoundHours.round_id == round_.id)
    return frozenset(session.scalars(query.distinct()))


def runs_round(grants: Iterable[RoleGrant], round_: Round) -> bool:
    """Whether the grants let somebody run the round: everywhere, or at every premises of it. One that has no premises
    yet is run by whoever began it, and by those who manage everywhere."""
    held, houses = list(grants), premises_ids(round_)
    if any(one.role in RUNS and one.premises_id is None and one.organisation_id is None for one in held):
        return True
    if not houses:
        return any(one.role in RUNS and one.person_id == round_.made_by for one in held)
    return all(works_at(held, house, as_any=RUNS) for house in houses)


def sees_round(grants: Iterable[RoleGrant], round_: Round) -> bool:
    """Whether the grants let somebody look behind the public page: who runs some of its premises, and auditors."""
    held = list(grants)
    if any(one.role == Role.AUDITOR for one in held) or runs_round(held, round_):
        return True
    return any(works_at(held, house, as_any=RUNS) for house in premises_ids(round_))
