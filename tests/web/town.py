"""A small invented town for the pages: one person for each role, at home and elsewhere, and something to look at."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, MutableMapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session, sessionmaker

from booking import visits
from booking.models import Letter, Occurrence, Organisation, Person, Premises, Space
from booking.roles import OF_ORGANISATION, OF_PREMISES, Role
from tests import make
from web.db import KEY

NOW = datetime(2026, 11, 24, 10, 0, tzinfo=UTC)


@dataclass
class Clock:
    """The clock of a test's app; set `at` to move it."""

    at: datetime = NOW

    def __call__(self) -> datetime:
        return self.at


@dataclass
class Town:
    """`people` hold their role at `organisation` or `premises`, `strangers` the same role in another one of the town.
    `samples` is what stands in addresses, by the argument's name: others add theirs in tests/web/samples.py."""

    organisation: Organisation
    premises: Premises
    space: Space
    occurrence: Occurrence
    people: dict[Role, Person] = field(default_factory=dict)
    strangers: dict[Role, Person] = field(default_factory=dict)
    samples: MutableMapping[str, str] = field(default_factory=dict)

    @property
    def booker(self) -> Person:
        return self.people[Role.BOOKER]


class Samples(MutableMapping[str, str]):
    """What stands in addresses: those made with the town, and the others made when they are first asked for."""

    def __init__(
        self, town: Town, sessions: sessionmaker[Session], makers: Mapping[str, Callable[[Session, Town], str]]
    ) -> None:
        self.town, self.sessions, self.makers = town, sessions, makers
        self.made = dict(town.samples)

    def __getitem__(self, name: str) -> str:
        if name not in self.made:
            with self.sessions.begin() as session:
                self.made[name] = self.makers[name](session, self.town)
        return self.made[name]

    def __setitem__(self, name: str, ref: str) -> None:
        self.made[name] = ref

    def __delitem__(self, name: str) -> None:
        del self.made[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.made | dict.fromkeys(self.makers, ""))

    def __len__(self) -> int:
        return len(set(self.made) | set(self.makers))


def build(session: Session) -> Town:
    """The town, flushed. The scout troop has the hall on Tuesday 24.11. 18–19.30."""
    troop = make.organisation(session, name="Kuusikon Kiipijät ry", registration_number="123.456")
    hall = make.space(session, name_fi="Iso sali", name_sv="Stora salen", name_en="Great hall")
    elsewhere, other = make.premises(session, name_fi="Toinen talo"), make.organisation(session, name="Toinen seura ry")
    people = {role: _person(session, role, troop, hall.premises) for role in Role}
    strangers = {role: _person(session, role, other, elsewhere, "Toini") for role in Role}
    taken = make.occurrence(
        session, hall, make.span("2026-11-24", "18:00", "19:30"), whose=troop, holder=people[Role.BOOKER]
    )
    town = Town(troop, hall.premises, hall, taken, people, strangers)
    town.samples = _samples(session, town)
    return town


def _person(session: Session, role: Role, troop: Organisation, place: Premises, first: str = "Keksi") -> Person:
    someone = make.person(session, f"{first} {role.value.replace('_', ' ').title()}")
    if role in OF_ORGANISATION:
        make.role(session, someone, role, organisation_id=troop.id)
    elif role in OF_PREMISES:
        named = {"decides_as": "principal"} if role is Role.DECIDER else {}
        make.role(session, someone, role, premises_id=place.id, **named)
    else:
        make.role(session, someone, role)
    return someone


def _samples(session: Session, town: Town) -> dict[str, str]:
    letter = Letter(
        address="keksi@esimerkki.example", language="fi", subject="Tervetuloa", body="Hei!", written_at=NOW, due_at=NOW
    )
    leaving = make.role(session, make.person(session), Role.BOOKER, organisation_id=town.organisation.id)
    session.add(letter)
    session.flush()
    return {
        "organisation_ref": town.organisation.ref,
        "premises_ref": town.premises.ref,
        "space_ref": town.space.ref,
        "occurrence_ref": town.occurrence.ref,
        "booking_ref": town.occurrence.booking.ref,
        "person_ref": town.booker.ref,
        "grant_ref": leaving.ref,
        "letter_ref": letter.ref,
        "filename": "app.css",
        "token": "no-such-token",
    }


def client(app: Flask, person: Person | None, language: str = "en") -> FlaskClient:
    """A browser in which this person is signed in (None: nobody)."""
    made = app.test_client()
    with made.session_transaction() as session:
        session["language"] = language
        if person is not None:
            session["visit"] = visit(app, person)
    return made


def visit(app: Flask, person: Person) -> str:
    with app.extensions[KEY].begin() as session:
        return visits.begin(session, person.id, now=app.config["CLOCK"]())


def committed(sessions: sessionmaker[Session]) -> Town:
    with sessions.begin() as session:
        return build(session)
