"""Which keys the service signs with: made one after another, each dropped when no door trusts it any more."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from access.keys import SERVICE_KID
from access.service_key_models import ServiceKey
from booking.refusals import BadInput

MOST_LIVE = 2  # a door holds three: one more place is for a key that is to come


def live(session: Session) -> list[str]:
    """The kids that doors may have to trust, oldest first; the last is the newest."""
    query = select(ServiceKey.kid).where(ServiceKey.dropped_at.is_(None)).order_by(ServiceKey.id)
    return list(session.scalars(query)) or [SERVICE_KID]


def made_at(session: Session, kid: str) -> datetime | None:
    """None for the very first, which was there with the master key."""
    return session.scalar(select(ServiceKey.made_at).where(ServiceKey.kid == kid))


def rotate(session: Session, now: datetime) -> str:
    """Make the next key; doors learn it as they are heard. Raises BadInput while a rotation goes on."""
    kids = list(session.scalars(select(ServiceKey.kid).order_by(ServiceKey.id)))
    if len(live(session)) >= MOST_LIVE:
        raise BadInput(field="key", problem="rotation under way")
    if not kids:
        kids = [SERVICE_KID]
        session.add(ServiceKey(kid=SERVICE_KID, made_at=now))
        session.flush()
    made = f"svc-{int(kids[-1].removeprefix('svc-')) + 1}"
    session.add(ServiceKey(kid=made, made_at=now))
    session.flush()
    return made


def drop(session: Session, kid: str, now: datetime) -> None:
    """No door trusts it any more."""
    session.scalars(select(ServiceKey).where(ServiceKey.kid == kid)).one().dropped_at = now
    session.flush()
