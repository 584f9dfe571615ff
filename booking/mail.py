"""The mail outbox: letters are rows of the act they tell of; sending comes after the commit and is tried again."""

from __future__ import annotations

import smtplib
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.message import EmailMessage
from email.policy import SMTP
from typing import Protocol
from urllib.parse import unquote, urlsplit

from sqlalchemy import delete, select
from sqlalchemy.orm import Session, sessionmaker

from booking.ids import LetterId
from booking.models import Letter, Person
from booking.refusals import NotFound

LEASE = timedelta(minutes=5)  # how long a sender has a letter to itself
WAITS = tuple(timedelta(minutes=m) for m in (1, 5, 15, 60, 240, 720))
MOST_TRIES = 30
KEPT_FOR = timedelta(days=30)


class PostLost(Exception):
    """The mail server could not be reached or did not take the letter."""


class Transport(Protocol):
    """Takes a letter out of the house. Raises PostLost."""

    def deliver(self, letter: EmailMessage) -> None: ...


@dataclass(frozen=True, slots=True)
class Parcel:
    """A claimed letter, as it goes out."""

    id: LetterId
    message: EmailMessage


@dataclass(frozen=True, slots=True)
class Sent:
    """What one round of sending came to."""

    sent: int
    failed: int


def write(
    session: Session,
    person: Person,
    *,
    subject: str,
    body: str,
    now: datetime,
    attachment: str | None = None,
) -> Letter | None:
    """Put a letter to a person into the outbox, in the transaction of what it tells. None for people without an
    address. `attachment` is an ICS file as text. A line break in the subject becomes a blank: no mail may have one."""
    if person.email is None:
        return None
    letter = Letter(
        person_id=person.id,
        address=person.email,
        language=person.language,
        subject=" ".join(subject.split()),
        body=body,
        attachment=attachment,
        written_at=now,
        due_at=now,
    )
    session.add(letter)
    session.flush()
    return letter


def claim_due(session: Session, *, now: datetime, sender: str, most: int = 20) -> list[Parcel]:
    """Take the letters that are due, oldest first, for LEASE: a sender that dies leaves them to the next."""
    query = select(Letter).where(Letter.sent_at.is_(None), Letter.due_at <= now, Letter.tries < MOST_TRIES)
    rows = list(session.scalars(query.order_by(Letter.due_at).limit(most).with_for_update(skip_locked=True)))
    for row in rows:
        row.due_at, row.tries = now + LEASE, row.tries + 1
    return [Parcel(row.id, message(row, sender)) for row in rows]


def message(letter: Letter, sender: str) -> EmailMessage:
    """The letter as mail: plain text, and the calendar file beside it."""
    made = EmailMessage(policy=SMTP)
    made["From"], made["To"], made["Subject"] = sender, letter.address, letter.subject
    made["Date"] = letter.written_at
    made["Message-ID"] = f"<{letter.ref}@{sender.rpartition('@')[2] or 'vuoro.invalid'}>"
    made["Content-Language"] = letter.language
    made["Auto-Submitted"] = "auto-generated"
    made.set_content(letter.body)
    if letter.attachment:
        made.add_attachment(letter.attachment, subtype="calendar", filename="vuoro.ics")
    return made


def note_sent(session: Session, letter: LetterId, *, now: datetime) -> None:
    """Erasing a person may have taken the letter away while it was on its way."""
    if row := session.get(Letter, letter):
        row.sent_at = now


def note_failed(session: Session, letter: LetterId, *, why: str, now: datetime) -> None:
    """Put off the next try: 1, 5, 15 minutes, 1, 4 and then every 12 hours."""
    if row := session.get(Letter, letter):
        row.failure = why[:200]
        row.due_at = now + WAITS[min(row.tries, len(WAITS)) - 1]


def send_due(sessions: sessionmaker[Session], now: datetime, transport: Transport, *, sender: str) -> Sent:
    """Send what is due. No transaction is open while the mail server is spoken to, so nobody waits for it; a crash
    between sending and noting it sends a letter twice, never not at all."""
    with sessions.begin() as session:
        parcels = claim_due(session, now=now, sender=sender)
    sent = 0
    for parcel in parcels:
        try:
            transport.deliver(parcel.message)
        except PostLost as lost:
            with sessions.begin() as session:
                note_failed(session, parcel.id, why=str(lost), now=now)
            continue
        with sessions.begin() as session:
            note_sent(session, parcel.id, now=now)
        sent += 1
    return Sent(sent, len(parcels) - sent)


def forget_old(session: Session, *, now: datetime) -> None:
    """Letters are kept for KEPT_FOR after sending, and no longer."""
    session.execute(delete(Letter).where(Letter.sent_at < now - KEPT_FOR))


class Shelf:
    """A transport that goes nowhere: in the demo letters are read on the outbox page."""

    def deliver(self, letter: EmailMessage) -> None:
        del letter


@dataclass(frozen=True, slots=True)
class Smtp:
    """A mail server at smtp://user:password@host:port (STARTTLS where offered) or smtps://…"""

    url: str

    def deliver(self, letter: EmailMessage) -> None:
        at = urlsplit(self.url)
        kind = smtplib.SMTP_SSL if at.scheme == "smtps" else smtplib.SMTP
        try:
            with kind(at.hostname or "127.0.0.1", at.port or 0, timeout=20) as server:
                server.ehlo()
                if at.scheme == "smtp" and server.has_extn("starttls"):
                    server.starttls()
                if at.username:
                    server.login(unquote(at.username), unquote(at.password or ""))
                server.send_message(letter)
        except (OSError, smtplib.SMTPException) as error:
            raise PostLost(f"{type(error).__name__}: {error}") from error


def transport_for(smtp_url: str) -> Transport:
    """The mail server of the settings; without one, the shelf."""
    return Smtp(smtp_url) if smtp_url else Shelf()


def newest(session: Session, *, most: int) -> list[Letter]:
    """The latest letters, newest first."""
    return list(session.scalars(select(Letter).order_by(Letter.id.desc()).limit(most)))


def by_ref(session: Session, ref: str) -> Letter:
    """Raises NotFound."""
    letter = session.scalar(select(Letter).where(Letter.ref == ref))
    if letter is None:
        raise NotFound(what="letter")
    return letter
