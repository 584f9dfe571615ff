"""A draft against a season of bookings: occurrences a second, beside the same rows read and not judged."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import insert
from sqlalchemy.orm import Session

from bench.databases import database
from bench.figures import progress, ratio, rounded
from booking.ids import OccurrenceId, PersonId
from booking.models import Booking, Occurrence, Organisation, Person, Premises, Space
from booking.rulemaking.simulate import SLICE, Run, in_force_then, scope_of, uses
from booking.versions.known import books
from booking.versions.written import compiled, dated, shipped_documents, text_of

FIRST = date(2025, 8, 1)
DAYS, ORGANISATIONS, EACH = 300, 200, 40  # each booking is a series of so many times
KINDS = ("classroom", "gym", "subject_room", "dining_hall")
PURPOSES = ("weekly_meeting", "sport", "rehearsal", "private_party", "hobby")
AUDIENCE = {"under_18": 15, "residents": 18, "under_18_residents": 14, "targets_residents": True, "group": "children"}


@dataclass(frozen=True, slots=True)
class Trial:
    """How long a whole run took, and how much of it this process computed: the rest it waited for the database or for
    a processor. `of_read`: its speed beside that of reading the same rows alone."""

    database: str
    occurrences: int
    seconds: float
    processor_s: float
    per_s: float
    of_read: float | None


def measure(kind: str, folder: Path, postgres: str | None, *, occurrences: int) -> list[Trial]:
    """Seed so many occurrences, read them alone, then run a draft over them."""
    with database(kind, folder, postgres) as made:
        with made.sessions.begin() as session:
            progress(f"{kind}: {occurrences} occurrences")
            seed(session, occurrences)
        with made.sessions() as session:
            read = timed(lambda: sum(1 for _ in reading(session)))
            progress(f"{kind}: a draft over them")
            spent = time.process_time()
            run = timed(lambda: over(session))
            spent = time.process_time() - spent
    pace, floor = run[0] / run[1], read[0] / read[1]
    return [Trial(kind, run[0], rounded(run[1]), rounded(spent), rounded(pace), ratio(pace, floor))]


def timed(what: Any) -> tuple[int, float]:
    begun = time.monotonic()
    counted: int = what()
    return counted, time.monotonic() - begun


def scope(session: Session) -> Any:
    return scope_of(session, "espoo", FIRST, FIRST + timedelta(days=DAYS))


def reading(session: Session) -> Iterator[OccurrenceId]:
    """The rows of the run as they are read, and nothing done with them."""
    last: OccurrenceId | None = None
    while found := uses(session, scope(session), last, SLICE):
        last = found[-1].id
        yield from (use.id for use in found)


def over(session: Session) -> int:
    document = dated(shipped_documents()["espoo-2025-01"]) | {"version": "bench"}
    run = Run(session, compiled(text_of(document)), in_force_then(books(session)), scope(session))
    return sum(run.whole())


def seed(session: Session, occurrences: int) -> None:
    """A season of invented bookings, put straight into the tables: nothing of this asks the rules."""
    dice, made_at = random.Random(2026), datetime(2025, 7, 1, tzinfo=UTC)
    holder = Person(name="Keksi Keksijä", email="keksi@esimerkki.example", created_at=made_at)
    session.add(holder)
    clubs = [
        Organisation(
            name=f"Keksittyjen seura {n}",
            kind=dice.choice(("association", "area_group", "company", "arts_institute")),
            domicile=dice.choice(("Espoo", "Vantaa")),
            purposes=[dice.choice(("scout", "sport", "culture", "business"))],
            facts={"for_profit": n % 9 == 0, "complements": True},
            created_at=made_at,
        )
        for n in range(ORGANISATIONS)
    ]
    session.add_all(clubs)
    session.flush()
    spaces = halls(session, clubs[0])
    for first in range(0, occurrences, EACH):
        series(session, dice, first, holder.id, dice.choice(clubs), dice.choice(spaces))
    session.flush()


def halls(session: Session, owner: Organisation) -> list[Space]:
    house = Premises(
        kind="school",
        name_fi="Keksilän koulu",
        owner_id=owner.id,
        operator_id=owner.id,
        manager_id=owner.id,
        contact_name="Vuokko Vastaava",
        address="Keksitie 1",
        municipality="Espoo",
        rulebook="espoo",
    )
    session.add(house)
    session.flush()
    spaces = [Space(premises_id=house.id, name_fi=f"Tila {kind}", kind=kind, capacity=40) for kind in KINDS]
    session.add_all(spaces)
    session.flush()
    return spaces


def series(
    session: Session, dice: random.Random, first: int, holder: PersonId, club: Organisation, space: Space
) -> None:
    booking = Booking(
        organisation_id=club.id,
        holder_id=holder,
        made_by=holder,
        made_at=datetime(2025, 7, 1, tzinfo=UTC),
        kind="regular",
        title="Laumailta",
        purpose=dice.choice(PURPOSES),
        people=20,
        audience=AUDIENCE,
    )
    session.add(booking)
    session.flush()
    begins = datetime(2025, 8, 1, 14, tzinfo=UTC)
    rows = [
        {
            "ref": f"bench{first + n:09}",
            "booking_id": booking.id,
            "space_id": space.id,
            "key": str(n),
            "starts_at": begins + timedelta(days=7 * n),
            "ends_at": begins + timedelta(days=7 * n, minutes=90),
            "state": "confirmed",
            "trace": {"facts": {"audience.total": 20, "applicant.domicile": club.domicile}},
        }
        for n in range(EACH)
    ]
    session.execute(insert(Occurrence), rows)
