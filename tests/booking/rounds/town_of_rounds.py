"""A round that is over its deadline, with one hall that halves and some groups of children and adults."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy.orm import Session

from booking.ids import PersonId
from booking.models import Space
from booking.rounds.judging import judge_round, sections_of
from booking.rounds.models import Round, Section
from tests import make
from tests.booking.rounds import make_rounds

AFTER = datetime(2026, 12, 1, 10, 0, tzinfo=UTC)  # the window closed on 30.11.2026
FIRST, LAST = date(2027, 1, 11), date(2027, 5, 30)


@dataclass
class City:
    """`hall` has the halves `a` and `b`; hours 16–22 on weekdays."""

    hall: Space
    a: Space
    b: Space
    round: Round
    by: PersonId
    sections: dict[str, Section] = field(default_factory=dict)


def children(**more: Any) -> dict[str, Any]:
    return {"under_18": 18, "residents": 20, "under_18_residents": 18, "targets_residents": True, "group": "children"}


def adults(**more: Any) -> dict[str, Any]:
    return {"under_18": 0, "residents": 20, "under_18_residents": 0, "targets_residents": True, "group": "adults"}


def a_city(session: Session, **values: Any) -> City:
    hall = make.space(session, values.pop("premises", None), name_fi="Liikuntasali", capacity=80)
    a = make.space(session, hall.premises, name_fi="Lohko A", parent_id=hall.id)
    b = make.space(session, hall.premises, name_fi="Lohko B", parent_id=hall.id)
    round_ = make_rounds.a_round(session, spaces=[hall, a, b], **values)
    return City(hall, a, b, round_, round_.made_by)


def ask_for(session: Session, city: City, name: str, **values: Any) -> Section:
    """A group of an organisation of its own that asks for something."""
    values = {"name": name, "options": [city.a], "windows": [(0, 1020, 1080)], "max_minutes": 60} | values
    whose = values.pop("organisation", None) or make.organisation(session, name=f"{name} ry")
    section = make_rounds.a_section(**values)
    make_rounds.an_application(session, city.round, whose, sections=[section])
    city.sections[name] = section
    return section


def judged(session: Session, city: City) -> list[Section]:
    judge_round(session, city.round, by=city.by, now=AFTER)
    return sections_of(session, city.round)
