"""Seeding the demo: a whole invented town around today, once for each new database."""

from __future__ import annotations

import json
from datetime import date, datetime, timedelta
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from access.keys import Vault
from booking.models import Person, Premises
from web.demo import afterwards, alarms, diary, doors_ways, lent, people, register, rounds, rules, town

CARDS = "demo-cards.json"


def seed(sessions: sessionmaker[Session], vault: Vault, folder: Path, *, now: datetime, today: date) -> int:
    """Fill an empty database; a database with premises is left alone. Returns how many times were booked."""
    with sessions.begin() as session:
        if session.scalar(select(Premises.id).limit(1)) is not None:
            return 0
        return _fill(session, vault, folder, now=now, today=today)


def _fill(session: Session, vault: Vault, folder: Path, *, now: datetime, today: date) -> int:
    long_ago, made_at = today - timedelta(days=400), now - timedelta(days=28)
    whose = people.organisations(session, made_at)
    persons = people.register(session, made_at, long_ago)
    by = persons["administrator"].id
    built = town.build(session, vault, whose, folder, by=by, now=made_at, today=today)
    people.give_roles(session, persons, whose, built, by=by, now=made_at, first_on=long_ago)
    people.sign_commitments(session, by=by, now=made_at, days=(today - timedelta(days=28), today + timedelta(days=60)))
    cards = people.give_cards(session, vault, persons, by=by, now=made_at)
    register.fill(session, built, persons, whose, today=today, now=made_at)
    doors_ways.fill(session, built, persons, now=made_at, today=today)
    count = diary.fill(session, built, persons, whose, today=today, made_at=made_at)
    rules.fill(session, persons, today=today, made_at=made_at)
    afterwards.fill(session, built, persons, whose, now=now)
    alarms.fill(session, next(reversed(built.doors.values())), persons, now=now)
    rounds.fill(session, built, persons, whose, now=now, today=today)
    lent.fill(session, vault, built, persons, now=now, today=today)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / CARDS).write_text(json.dumps(cards, ensure_ascii=False, indent=1), encoding="utf-8")
    return count


def demo_people(session: Session) -> list[Person]:
    """Those one can sign in as with one click."""
    return list(session.scalars(select(Person).where(Person.email.endswith("@demo.example")).order_by(Person.id)))
