"""Erasing a person: what names them goes, what counts stays, and the chain still verifies (docs/audit-format.md 6)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date, datetime

from sqlalchemy import delete, insert, or_, select, text, update
from sqlalchemy.orm import Session

from access import audit, audit_chain, retention
from access.audit_models import Audit, AuditPayload, AuditPerson
from booking import departing, people
from booking.acts import Act, ActKind
from booking.ids import PersonId
from booking.models import Booking, Letter, Organisation, Person, Premises, SignIn
from booking.refusals import NotNow

SHORTEST = 5  # letters: a shorter name is in too many other words to be looked for in texts


def erase_person(session: Session, person: Person, *, by: PersonId, now: datetime, today: date, ground: str) -> None:
    """Erase a person everywhere. `ground`: a code for why, as `asked` or `expired`; it stays in the log.

    Names, addresses, letters, sign-ins and calendar addresses go at once; the log's bodies about the person and their
    credentials go in the commit (`keeping.keep_acts`). Raises NotNow for one who was erased already, or of whom a legal
    hold keeps something.
    """
    if person.erased_at is not None:
        raise NotNow(state="erased")
    retention.must_be_free(session, person.id, now)
    if session.get_bind().dialect.name == "sqlite":
        session.execute(text("PRAGMA secure_delete = ON"))  # or the old bytes stay in free pages of the file
    texts = _texts(person)
    _link_mentions(session, person.id, texts)
    _forget_letters(session, person, texts)
    _forget_contact(session, person)
    _forget_titles(session, person.id)
    session.execute(delete(SignIn).where(SignIn.person_id == person.id))
    departing.hand_over(session, person.id, by=by, now=now, today=today)
    people.erase(session, person, by=by, now=now, today=today, ground=ground)


def _texts(person: Person) -> list[str]:
    return [found for found in (person.name, person.email, person.phone) if found and len(found) >= SHORTEST]


def _link_mentions(session: Session, person: PersonId, texts: Sequence[str]) -> None:
    """Whoever told an act should have said whom it concerns; entries that name the person all the same are found."""
    spelt = [audit_chain.canonical(found)[1:-1] for found in texts]
    named = or_(False, *(AuditPayload.body.contains(found, autoescape=True) for found in spelt))
    linked = select(AuditPerson.seq).where(AuditPerson.person_id == person)
    found = session.scalars(select(AuditPayload.seq).where(named, AuditPayload.seq.not_in(linked))).all()
    if found:
        session.execute(insert(AuditPerson), [{"seq": seq, "person_id": person} for seq in found])


def _forget_letters(session: Session, person: Person, texts: Sequence[str]) -> None:
    """Letters to the person go; in those to others that name them, the words."""
    session.execute(delete(Letter).where(Letter.person_id == person.id))
    columns = (Letter.subject, Letter.body, Letter.attachment)
    named = or_(False, *(column.contains(found, autoescape=True) for column in columns for found in texts))
    emptied = update(Letter).where(named).values(subject="", body="", attachment=None)
    session.execute(emptied, execution_options={"synchronize_session": "fetch"})


def _forget_contact(session: Session, person: Person) -> None:
    pairs = (Premises.contact_name, person.name), (Premises.contact_email, person.email)
    theirs = [column == value for column, value in pairs if value]
    emptied = update(Premises).where(or_(False, *theirs)).values(contact_name="", contact_email="", contact_phone="")
    session.execute(emptied, execution_options={"synchronize_session": "fetch"})


def _forget_titles(session: Session, person: PersonId) -> None:
    """A private person's own bookings keep their times and prices, not what they were called."""
    own = select(Organisation.id).where(Organisation.person_id == person)
    emptied = update(Booking).where(Booking.organisation_id.in_(own)).values(title="")
    session.execute(emptied, execution_options={"synchronize_session": "fetch"})


def settled(session: Session, erasures: Iterable[Act]) -> list[Act]:
    """The acts of erasure, done in the log: salt and body of every entry about the person are gone, whoever acted.

    Each act says how many; it is itself never emptied, for it is what explains the empty ones.
    """
    return [_settle(session, act) for act in erasures]


def _settle(session: Session, act: Act) -> Act:
    for person in act.persons:
        retention.must_be_free(session, person, act.at)
    audit.lock_head(session)  # so that no entry about the person is added unseen in this moment
    linked = select(AuditPerson.seq).where(AuditPerson.person_id.in_(act.persons))
    proofs = select(Audit.seq).where(Audit.kind == ActKind.PERSON_ERASED.value)
    about = AuditPayload.seq.in_(linked), AuditPayload.seq.not_in(proofs), AuditPayload.body.is_not(None)
    emptied = update(AuditPayload).where(*about).values(salt=None, body=None).returning(AuditPayload.seq)
    gone = session.execute(emptied, execution_options={"synchronize_session": False}).all()
    session.execute(delete(AuditPerson).where(AuditPerson.person_id.in_(act.persons)))
    return replace(act, persons=(), body={**act.body, "entries": len(gone)})
