"""Two scenarios of a round side by side: who gains, who loses, in each class and organisation, and how much moves."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.models import Organisation
from booking.rounds.ids import SectionId
from booking.rounds.models import Application, Section
from booking.rounds.plan_models import Placement, Scenario


@dataclass(frozen=True, slots=True)
class Event:
    """One weekly slot: whose it is, and where and when."""

    section: SectionId
    space: int
    weekday: int
    start_min: int
    end_min: int

    @property
    def minutes(self) -> int:
        return self.end_min - self.start_min


@dataclass(slots=True)
class Sides:
    """Events and weekly minutes in one and in the other."""

    events: list[int] = field(default_factory=lambda: [0, 0])
    minutes: list[int] = field(default_factory=lambda: [0, 0])

    def add(self, side: int, event: Event) -> None:
        self.events[side] += 1
        self.minutes[side] += event.minutes

    @property
    def gained(self) -> int:
        return self.events[1] - self.events[0]


@dataclass(frozen=True, slots=True)
class Whose:
    """What groups are told apart by."""

    ref: str
    name: str
    priority_class: str
    organisation: str


@dataclass(frozen=True, slots=True)
class GroupRow:
    """A group that has something else in the other scenario. `moved`: its slots that are not there in the other."""

    whose: Whose
    sides: Sides
    moved: int


@dataclass(frozen=True, slots=True)
class Comparison:
    """`gains`, `loses`: groups with more or fewer events in the other; `moves`: with as many, elsewhere or at another
    time; `kept`, `moved`: slots of the first that are in the other as they were, or not."""

    total: Sides
    classes: Mapping[str, Sides]
    organisations: Mapping[str, Sides]
    gains: tuple[GroupRow, ...]
    loses: tuple[GroupRow, ...]
    moves: tuple[GroupRow, ...]
    kept: int
    moved: int


def events_of(session: Session, scenario: Scenario) -> list[Event]:
    columns = (
        Placement.section_id,
        Placement.space_id,
        Placement.weekday,
        Placement.start_min,
        Placement.end_min,
    )
    rows = session.execute(select(*columns).where(Placement.scenario_id == scenario.id).order_by(Placement.id))
    return [Event(*row) for row in rows]


def whose_of(session: Session, scenario: Scenario) -> dict[SectionId, Whose]:
    """Every group of the scenario's round."""
    query = (
        select(Section.id, Section.ref, Section.name, Section.priority_class, Organisation.name.label("organisation"))
        .join(Application, Application.id == Section.application_id)
        .join(Organisation, Organisation.id == Application.organisation_id)
        .where(Application.round_id == scenario.round_id)
    )
    return {
        row.id: Whose(row.ref, row.name, row.priority_class or "", row.organisation) for row in session.execute(query)
    }


def compare(session: Session, one: Scenario, other: Scenario) -> Comparison:
    """What is other in `other` than in `one`, of the same round."""
    return compared(events_of(session, one), events_of(session, other), whose_of(session, one))


def compared(one: Iterable[Event], other: Iterable[Event], whose: Mapping[SectionId, Whose]) -> Comparison:
    total, classes, organisations = Sides(), defaultdict[str, Sides](Sides), defaultdict[str, Sides](Sides)
    groups = defaultdict[SectionId, Sides](Sides)
    sides = (set(one), set(other))
    for side, events in enumerate(sides):
        for event in events:
            its = whose[event.section]
            for sums in (total, classes[its.priority_class], organisations[its.organisation], groups[event.section]):
                sums.add(side, event)
    left = Counter(event.section for event in sides[0] - sides[1])
    new = {event.section for event in sides[1] - sides[0]}
    rows = [GroupRow(whose[id_], groups[id_], left[id_]) for id_ in groups if left[id_] or id_ in new]
    rows.sort(key=lambda row: (-abs(row.sides.gained), row.whose.organisation, row.whose.name))
    return Comparison(
        total=total,
        classes=dict(classes),
        organisations=dict(organisations),
        gains=tuple(row for row in rows if row.sides.gained > 0),
        loses=tuple(row for row in rows if row.sides.gained < 0),
        moves=tuple(row for row in rows if row.sides.gained == 0),
        kept=len(sides[0] & sides[1]),
        moved=len(sides[0] - sides[1]),
    )
