"""The outbox: nothing is lost, nothing is sent for ever, nobody waits for the mail server."""

from __future__ import annotations

import socket
from datetime import datetime, timedelta
from email.message import EmailMessage

import pytest
from aiosmtpd.controller import Controller
from sqlalchemy import delete, select
from sqlalchemy.orm import Session, sessionmaker

from booking import mail
from booking.mail import PostLost, Sent, Smtp
from booking.models import Letter, Person
from tests import make

SENDER = "vuoro@esimerkki.example"
ICS = "BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n"


class PostOffice:
    """A transport that keeps what it gets, and may be closed."""

    def __init__(self) -> None:
        self.letters: list[EmailMessage] = []
        self.closed = False

    def deliver(self, letter: EmailMessage) -> None:
        if self.closed:
            raise PostLost("closed")
        self.letters.append(letter)


@pytest.fixture
def office() -> PostOffice:
    return PostOffice()


def write(sessions: sessionmaker[Session], now: datetime) -> Letter:
    with sessions.begin() as session:
        reader = make.person(session)
        letter = mail.write(session, reader, subject="Vuoro varattu – kiitos", body="Hei!\n", attachment=ICS, now=now)
        assert letter is not None
        return letter


def row(sessions: sessionmaker[Session]) -> Letter:
    with sessions() as session:
        return session.scalars(select(Letter)).one()


def send(sessions: sessionmaker[Session], office: PostOffice, now: datetime) -> Sent:
    return mail.send_due(sessions, now, office, sender=SENDER)


def test_a_letter_is_sent_once(rolled_back, office: PostOffice, now: datetime) -> None:
    write(rolled_back, now)
    assert send(rolled_back, office, now) == Sent(1, 0)
    assert send(rolled_back, office, now + timedelta(days=1)) == Sent(0, 0)
    assert [letter["Subject"] for letter in office.letters] == ["Vuoro varattu – kiitos"]


def test_a_letter_carries_its_calendar_file(rolled_back, office: PostOffice, now: datetime) -> None:
    write(rolled_back, now)
    send(rolled_back, office, now)
    [part] = office.letters[0].iter_attachments()
    assert part.get_content_type() == "text/calendar"
    assert "VCALENDAR" in part.get_content()


def test_a_closed_post_office_is_tried_again_later_and_later(rolled_back, office: PostOffice, now: datetime) -> None:
    write(rolled_back, now)
    office.closed = True
    waits = []
    for _ in range(4):
        assert send(rolled_back, office, now) == Sent(0, 1)
        waits.append(row(rolled_back).due_at - now)
        now = row(rolled_back).due_at
    assert waits == [timedelta(minutes=m) for m in (1, 5, 15, 60)]
    office.closed = False
    assert send(rolled_back, office, now) == Sent(1, 0)


def test_a_letter_that_waits_is_not_tried_early(rolled_back, office: PostOffice, now: datetime) -> None:
    write(rolled_back, now)
    office.closed = True
    send(rolled_back, office, now)
    assert send(rolled_back, office, now + timedelta(seconds=59)) == Sent(0, 0)
    assert row(rolled_back).failure == "closed"


def test_a_sender_that_dies_leaves_its_letters_to_the_next(rolled_back, office: PostOffice, now: datetime) -> None:
    write(rolled_back, now)
    with rolled_back.begin() as session:
        assert len(mail.claim_due(session, now=now, sender=SENDER)) == 1
    assert send(rolled_back, office, now) == Sent(0, 0)
    assert send(rolled_back, office, now + mail.LEASE) == Sent(1, 0)


def test_people_without_an_address_get_no_letter(session: Session, now: datetime) -> None:
    reader = Person(name="Puhelin-Pentti", created_at=now)
    session.add(reader)
    session.flush()
    assert mail.write(session, reader, subject="x", body="x", now=now) is None


def test_letters_are_forgotten_a_month_after_sending(rolled_back, office: PostOffice, now: datetime) -> None:
    write(rolled_back, now)
    send(rolled_back, office, now)
    for days, left in ((30, 1), (31, 0)):
        with rolled_back.begin() as session:
            mail.forget_old(session, now=now + timedelta(days=days))
            assert len(mail.newest(session, most=9)) == left


def test_a_real_mail_server_gets_the_letter(rolled_back, now: datetime) -> None:
    class Box:
        """A mail server's end that keeps the bytes."""

        taken: list[bytes] = []

        async def handle_DATA(self, _server: object, _session: object, envelope: object) -> str:
            self.taken.append(envelope.content)  # type: ignore[attr-defined]
            return "250 OK"

    box = Box()
    with socket.create_server(("127.0.0.1", 0)) as found:
        port = found.getsockname()[1]
    server = Controller(box, hostname="127.0.0.1", port=port)
    server.start()
    try:
        write(rolled_back, now)
        assert mail.send_due(rolled_back, now, Smtp(f"smtp://127.0.0.1:{port}"), sender=SENDER) == Sent(1, 0)
    finally:
        server.stop()
    assert b"Hei!" in box.taken[0]


def test_a_mail_server_that_is_not_there_is_post_lost(rolled_back, now: datetime) -> None:
    write(rolled_back, now)
    assert mail.send_due(rolled_back, now, Smtp("smtp://127.0.0.1:1"), sender=SENDER) == Sent(0, 1)
    assert "ConnectionRefusedError" in row(rolled_back).failure


def test_a_subject_with_a_line_break_stops_nobodys_letters(
    rolled_back: sessionmaker[Session], office: PostOffice, now: datetime
) -> None:
    with rolled_back.begin() as session:
        mail.write(session, make.person(session), subject="Hei\r\nBcc: x@esimerkki.example", body="Hei!", now=now)
    assert send(rolled_back, office, now) == Sent(1, 0)
    assert office.letters[0]["Subject"] == "Hei Bcc: x@esimerkki.example"


@pytest.mark.parametrize("closed", [False, True])
def test_a_letter_erased_on_its_way_stops_no_others(
    rolled_back: sessionmaker[Session],
    now: datetime,
    closed: bool,
) -> None:
    class Slow(PostOffice):
        """While it carries a letter, the person who was to read it is erased."""

        def deliver(self, letter: EmailMessage) -> None:
            with rolled_back.begin() as session:
                session.execute(delete(Letter).where(Letter.ref == letter["Message-ID"][1:].partition("@")[0]))
            super().deliver(letter)

    slow = Slow()
    slow.closed = closed
    write(rolled_back, now)
    write(rolled_back, now)
    assert mail.send_due(rolled_back, now, slow, sender=SENDER) == (Sent(0, 2) if closed else Sent(2, 0))
