"""People: registering, finding, changing, taking out everything about one, and erasing one."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, joinedload

from booking import roles
from booking.acts import Act, ActKind, tell
from booking.db import constraint
from booking.ids import OrganisationId, PersonId
from booking.models import Booking, Feed, Letter, Organisation, OrganisationKind, Person, RoleGrant, SignIn
from booking.refusals import AlreadyThere, NotFound
from booking.register.models import Commitment, Proof
from booking.roles import Role

DEMO_DOMAIN = "@demo.example"


@dataclass(frozen=True, slots=True)
class Profile:
    """What a person says of themselves. Language: fi, sv or en."""

    name: str
    phone: str = ""
    language: str = "fi"


def by_ref(session: Session, ref: str) -> Person | None:
    """The person, unless erased."""
    return session.scalar(select(Person).where(Person.ref == ref, Person.erased_at.is_(None)))


def by_email(session: Session, email: str) -> Person | None:
    """The person who signs in with this address; capitals make no difference."""
    return session.scalar(select(Person).where(Person.email == email.strip().lower(), Person.erased_at.is_(None)))


def named(session: Session, ids: set[PersonId]) -> dict[PersonId, str]:
    """The names of people, for lists."""
    rows = session.execute(select(Person.id, Person.name).where(Person.id.in_(ids)))
    return {row.id: row.name for row in rows}


def register(
    session: Session, profile: Profile, *, email: str | None, by: PersonId | None, now: datetime, first_on: date
) -> Person:
    """A new person who may book for themselves from a day on: a register entry of kind `person` with the role booker.

    Without an address the person is one who phones. Raises AlreadyThere(what=email).
    """
    person = Person(
        name=profile.name,
        phone=profile.phone,
        language=profile.language,
        email=email and email.strip().lower(),
        created_at=now,
    )
    session.add(person)
    _flush_address(session)
    tell(
        session, Act(ActKind.PERSON_CHANGED, now, by or person.id, person.ref, {"registered": True}, None, (person.id,))
    )
    own = Organisation(name=profile.name, kind=OrganisationKind.PERSON.value, person_id=person.id, created_at=now)
    session.add(own)
    session.flush()
    roles.grant(session, person=person.id, role=Role.BOOKER, by=by, now=now, first_on=first_on, organisation=own.id)
    return person


def _flush_address(session: Session) -> None:
    try:
        session.flush()
    except IntegrityError as error:
        if "email" in constraint(error):
            raise AlreadyThere(what="email", field="email") from error
        raise


def own_entry(session: Session, person: PersonId) -> Organisation | None:
    """The register entry of a private person."""
    return session.scalar(select(Organisation).where(Organisation.person_id == person))


def change(session: Session, person: Person, profile: Profile, *, now: datetime) -> None:
    """A person changes what they say of themselves; their own register entry follows the name."""
    before = Profile(person.name, person.phone, person.language)
    if before == profile:
        return
    person.name, person.phone, person.language = profile.name, profile.phone, profile.language
    if own := own_entry(session, person.id):
        own.name = profile.name
    changed = [field for field in ("name", "phone", "language") if getattr(before, field) != getattr(profile, field)]
    tell(session, Act(ActKind.PERSON_CHANGED, now, person.id, person.ref, {"fields": changed}, None, (person.id,)))


def everything_about(session: Session, person: Person, *, now: datetime) -> dict[str, Any]:
    """All that is kept about a person in the tables of booking, as plain values; the look itself is told."""
    tell(session, Act(ActKind.PERSON_VIEWED, now, person.id, person.ref, {"export": True}, None, (person.id,)))
    return {
        "exported_at": now.isoformat(),
        "person": _plain(person, "ref", "name", "email", "phone", "language", "created_at"),
        "roles": [_role(grant) for grant in _grants(session, person.id)],
        "bookings": [_booking(booking) for booking in _bookings(session, person.id)],
        "letters": [
            _plain(letter, "address", "subject", "body", "written_at", "sent_at")
            for letter in session.scalars(select(Letter).where(Letter.person_id == person.id).order_by(Letter.id))
        ],
        "sign_ins": [
            _plain(one, "asked_at", "expires_at", "used_at")
            for one in session.scalars(select(SignIn).where(SignIn.person_id == person.id).order_by(SignIn.id))
        ],
        "commitments": [
            _plain(one, "kind", "season", "signed_at", "ended_at")
            for one in session.scalars(select(Commitment).where(Commitment.signed_by == person.id))
        ],
        "documents_sent": [
            _plain(one, "kind", "reference", "received_on", "file_name")
            for one in session.scalars(select(Proof).where(Proof.entered_by == person.id))
        ],
        "calendar_addresses": [
            _plain(feed, "ref", "made_at", "last_used_at", "revoked_at")
            for feed in session.scalars(select(Feed).where(Feed.owner_id == person.id).order_by(Feed.id))
        ],
    }


def note_viewed(session: Session, person: Person, *, by: PersonId, now: datetime, why: str) -> None:
    """Tell that somebody of the staff looked at what is known of a person, and on which page."""
    tell(session, Act(ActKind.PERSON_VIEWED, now, by, person.ref, {"on": why}, None, (person.id,)))


def note_listed(session: Session, holders: Iterable[PersonId], *, by: PersonId, now: datetime, where: str) -> None:
    """Tell that somebody of the staff looked at a list with the names of these people, in one act; of nobody, none."""
    seen = tuple(sorted(set(holders)))
    if seen:
        tell(session, Act(ActKind.PERSON_VIEWED, now, by, where, {"list": where}, None, seen))


def note_seen(session: Session, person: Person, *, by: PersonId, now: datetime) -> None:
    """Tell that somebody looked at what is kept about a person."""
    tell(session, Act(ActKind.PERSON_VIEWED, now, by, person.ref, {}, None, (person.id,)))


def _grants(session: Session, person: PersonId) -> list[RoleGrant]:
    query = select(RoleGrant).where(RoleGrant.person_id == person).order_by(RoleGrant.id)
    return list(session.scalars(query.options(joinedload(RoleGrant.organisation))))


def _bookings(session: Session, person: PersonId) -> list[Booking]:
    query = select(Booking).where(Booking.holder_id == person).order_by(Booking.id)
    loaded = query.options(joinedload(Booking.occurrences), joinedload(Booking.organisation))
    return list(session.scalars(loaded).unique())


def _role(grant: RoleGrant) -> dict[str, Any]:
    return _plain(grant, "role", "first_on", "last_on", "begins_at", "ended_at") | {
        "organisation": grant.organisation.name if grant.organisation else None
    }


def _booking(booking: Booking) -> dict[str, Any]:
    return _plain(booking, "ref", "title", "purpose", "people", "made_at") | {
        "organisation": booking.organisation.name,
        "times": [_plain(one, "ref", "starts_at", "ends_at", "state", "price_cents") for one in booking.occurrences],
    }


def _plain(row: object, *names: str) -> dict[str, Any]:
    values = {name: getattr(row, name) for name in names}
    return {name: value.isoformat() if isinstance(value, date) else value for name, value in values.items()}


def erase(session: Session, person: Person, *, by: PersonId, now: datetime, today: date, ground: str = "asked") -> None:
    """Empty the row and keep it, so that what points at it still counts right: name, address, phone and letters go,
    roles and calendar addresses end. The log's bodies about the person are erased by who keeps the log."""
    tell(session, Act(ActKind.PERSON_ERASED, now, by, person.ref, {"ground": ground}, None, (person.id,)))
    person.name, person.email, person.phone, person.erased_at = "", None, "", now
    if own := own_entry(session, person.id):
        own.name = ""
    for letter in session.scalars(select(Letter).where(Letter.person_id == person.id)):
        letter.address, letter.subject, letter.body, letter.attachment = "", "", "", None
    for grant in _grants(session, person.id):
        if grant.ended_at is None or grant.ended_at > now:
            grant.ended_at, grant.ended_why = now, "erased"
            grant.last_on = max(grant.first_on, today if grant.last_on is None else min(today, grant.last_on))
    session.execute(update(Feed).where(Feed.owner_id == person.id, Feed.revoked_at.is_(None)).values(revoked_at=now))
    session.flush()


def found(person: Person | None) -> Person:
    """The person, or NotFound."""
    if person is None:
        raise NotFound(what="person")
    return person


def entry_of(session: Session, organisation: OrganisationId) -> Person | None:
    """The private person behind a register entry of kind `person`."""
    return session.scalar(
        select(Person).join(Organisation, Organisation.person_id == Person.id).where(Organisation.id == organisation)
    )


def of_demo(session: Session) -> list[Person]:
    """The invented people one may sign in as in the demo."""
    query = select(Person).where(Person.email.endswith(DEMO_DOMAIN), Person.erased_at.is_(None))
    return list(session.scalars(query.order_by(Person.id)))


def must_be_of_demo(person: Person) -> None:
    """Raises NotFound for anybody who is not invented."""
    if not (person.email or "").endswith(DEMO_DOMAIN):
        raise NotFound(what="person")
