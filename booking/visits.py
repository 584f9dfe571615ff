"""Visits: one browser in which one person is signed in, from signing in to signing out. The cookie names the visit, so
that a copied cookie opens nothing after its owner signed out."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import ForeignKey, delete, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from booking.db import Base
from booking.ids import PersonId, VisitId, new_ref
from booking.models import Person
from booking.practice import practice


class Visit(Base):
    """Ends by signing out, here or everywhere."""

    __tablename__ = "visit"
    id: Mapped[VisitId] = mapped_column(primary_key=True)
    ref: Mapped[str] = mapped_column(unique=True, default=new_ref)
    person_id: Mapped[PersonId] = mapped_column(ForeignKey("person.id"), index=True)
    began_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]


def oldest(now: datetime) -> datetime:
    """The earliest beginning of a visit that one can still come back to."""
    return now - timedelta(days=practice("visit_days"))


def begin(session: Session, person: PersonId, *, now: datetime) -> str:
    """A new visit; its ref goes into the cookie. Those nobody can come back to are forgotten."""
    session.execute(delete(Visit).where(Visit.person_id == person, Visit.began_at < oldest(now)))
    visit = Visit(person_id=person, began_at=now)
    session.add(visit)
    session.flush()
    return visit.ref


def person_of(session: Session, ref: str, *, now: datetime) -> Person | None:
    """Who is signed in: nobody when the visit ended, is too old, or its person was erased."""
    going_on = Visit.ref == ref, Visit.ended_at.is_(None), Visit.began_at >= oldest(now)
    return session.scalar(select(Person).join(Visit).where(*going_on, Person.erased_at.is_(None)))


def end(session: Session, ref: str, *, now: datetime) -> None:
    """Sign out of this browser."""
    session.execute(update(Visit).where(Visit.ref == ref, Visit.ended_at.is_(None)).values(ended_at=now))


def end_others(session: Session, person: PersonId, *, but: str, now: datetime) -> int:
    """Sign out of every browser but the one that asks. Returns how many."""
    elsewhere = Visit.person_id == person, Visit.ended_at.is_(None), Visit.ref != but
    going_on = list(session.scalars(select(Visit.id).where(*elsewhere)))
    session.execute(update(Visit).where(Visit.id.in_(going_on)).values(ended_at=now))
    return len(going_on)


def others(session: Session, person: PersonId, *, but: str, now: datetime) -> list[datetime]:
    """When the visits in other browsers that go on began, newest first."""
    query = select(Visit.began_at).where(Visit.person_id == person, Visit.ended_at.is_(None), Visit.ref != but)
    return list(session.scalars(query.where(Visit.began_at >= oldest(now)).order_by(Visit.began_at.desc())))
