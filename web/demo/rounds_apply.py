"""More applications in the demo's open round, in every state: sent, by phone, drafts that lack something, withdrawn."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from booking.models import Organisation, Person
from booking.rounds import applying
from booking.rounds.models import Application, Round
from booking.rounds.offered import Where
from booking.rounds.sections import SectionWish, WindowWish
from web.demo.diary import hm
from web.demo.town import Built


@dataclass(frozen=True, slots=True)
class Group:
    """A group of the demo: how long (least and most minutes), on which weekdays between which hours, where."""

    name: str
    purpose: str
    people: int
    minutes: tuple[int, int]
    weekdays: tuple[int, ...]
    hours: tuple[int, int]
    spaces: tuple[str, ...]  # a name of a space, or of a kind of space after a colon
    events: int = 1
    age: str = "adults"
    also: tuple[int, ...] = ()
    weeks: str = "every"
    coaches: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Applied:
    """An application of the demo. `by`: who writes it; `ends`: sent, withdrawn, or left a draft; `phoned`: filed by
    staff for somebody who phoned."""

    whose: str
    by: str
    groups: tuple[Group, ...]
    ends: str = "sent"
    phoned: bool = False
    note: str = ""


EVENING, AFTERNOON = (hm(17), hm(21)), (hm(16), hm(19))
APPLIED = (
    Applied(
        "village",
        "manager",
        (
            Group("Avoin kuntojumppa", "sport", 25, (60, 60), (0, 2), EVENING, ("Lohko A", ":gym")),
            Group("Kansantanssi", "sport", 30, (90, 120), (3,), EVENING, ("Liikuntasali",), also=(1,)),
            Group("Korttelikahvit", "members_meeting", 40, (120, 120), (5,), (hm(10), hm(15)), ("Ruokasali",)),
        ),
        phoned=True,
        note="Jumppa on avoin kaikille kaupunginosan asukkaille.",
    ),
    Applied(
        "pensioners",
        "manager",
        (
            Group("Tuolijooga", "sport", 18, (60, 90), (0, 3), AFTERNOON, ("Päiväkodin sali",)),
            Group("Lauluryhmä", "rehearsal", 22, (90, 90), (1,), AFTERNOON, ("Musiikkiluokka",), weeks="A"),
        ),
        phoned=True,
    ),
    Applied(
        "swedish",
        "swedish",
        (
            Group("Barngymnastik", "sport", 16, (60, 60), (1, 2), AFTERNOON, ("Päiväkodin sali",), age="children"),
            Group("Teatergruppen", "rehearsal", 14, (120, 120), (), EVENING, (), age="mixed"),
        ),
        ends="draft",
    ),
    Applied(
        "dance",
        "manager",
        (
            Group("Näytösryhmä", "sport", 20, (120, 180), (0, 2, 4), EVENING, ("Liikuntasali",), events=2),
            Group("Alkeiskurssi", "sport", 24, (60, 90), (1, 3), EVENING, ("Lohko A", "Lohko B"), coaches=("Tiina",)),
            Group("Jatkokurssi", "sport", 24, (60, 90), (1, 3), EVENING, ("Lohko B", "Lohko A"), coaches=("Tiina",)),
        ),
        phoned=True,
    ),
    Applied(
        "umbrella",
        "operator",
        (Group("Shakkikerho", "members_meeting", 12, (120, 120), (2,), EVENING, ("Ruokasali",)),),
        ends="withdrawn",
    ),
    Applied(
        "partner",
        "manager",
        (Group("Kokkikerho", "weekly_meeting", 12, (90, 90), (1, 2), AFTERNOON, ("Ruokasali",), age="children"),),
        phoned=True,
    ),
)


def fill(
    session: Session,
    built: Built,
    persons: Mapping[str, Person],
    whose: Mapping[str, Organisation],
    round_: Round,
    *,
    now: datetime,
) -> list[Application]:
    """Put them into the open round, a day or so ago."""
    made_at = max(round_.apply_from_at + timedelta(hours=1), now - timedelta(days=1))
    return [_apply(session, built, one, persons[one.by], whose[one.whose], round_, made_at) for one in APPLIED]


def _apply(
    session: Session, built: Built, one: Applied, by: Person, organisation: Organisation, round_: Round, at: datetime
) -> Application:
    row = applying.start(session, round_, organisation, contact=by.id, by=by.id, now=at, on_behalf=one.phoned)
    for group in one.groups:
        applying.add_section(session, row, _wish(built, group), by=by.id, now=at)
    row.note = one.note
    if one.ends != "draft":
        applying.send(session, row, revision=row.revision, by=by.id, now=at)
    if one.ends == "withdrawn":
        applying.withdraw(session, row, by=by.id, now=at + timedelta(hours=3))
    return row


def _wish(built: Built, group: Group) -> SectionWish:
    young = group.people - 2 if group.age == "children" else 0
    days = [(day, 1) for day in group.weekdays] + [(day, 2) for day in group.also]
    return SectionWish(
        name=group.name,
        purpose=group.purpose,
        people=group.people,
        events=group.events,
        min_minutes=group.minutes[0],
        max_minutes=group.minutes[1],
        windows=tuple(WindowWish(day, *group.hours, preference) for day, preference in sorted(days)),
        options=tuple(_where(built, name) for name in group.spaces),
        audience={"group": group.age, "residents": group.people, "under_18": young, "under_18_residents": young},
        weeks=group.weeks,
        shared=group.coaches,
    )


def _where(built: Built, name: str) -> Where:
    return Where(kind=name[1:]) if name.startswith(":") else Where(space=built.spaces[name].ref)
