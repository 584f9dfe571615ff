"""Who writes rules and who decides about them: roles, and the premises that go by a family."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.models import Premises
from booking.refusals import NotAllowed
from booking.roles import Role
from web.auth import held, works_at

WRITES = (Role.MANAGER, Role.OPERATOR)
READS = (*WRITES, Role.AUDITOR)


def may_write() -> bool:
    return not held().isdisjoint({*WRITES, Role.ADMINISTRATOR})


def may_decide(db: Session, family: str) -> bool:
    """Managers of every premises that goes by the family; where none does, those who manage everywhere."""
    houses = list(db.scalars(select(Premises.id).where(Premises.rulebook == family)))
    if not houses:
        houses = list(db.scalars(select(Premises.id)))
    return Role.ADMINISTRATOR in held() or (bool(houses) and all(works_at(one, Role.MANAGER) for one in houses))


def require_deciding(db: Session, family: str) -> None:
    """Raises NotAllowed."""
    if not may_decide(db, family):
        raise NotAllowed
