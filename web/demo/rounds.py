"""The demo's season rounds: one open for applications now, with a few sent, and the one before it, decided.

Others add to them in files of their own, rounds_<what>.py, called at the end of `fill`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy.orm import Session

from booking.core.span import local
from booking.models import Organisation, Person
from booking.rounds import listing, publishing
from booking.rounds.models import (
    Application,
    Round,
    RoundHours,
    RoundState,
    Section,
    SectionOption,
    SectionWindow,
)
from web.clock import HELSINKI
from web.demo import rounds_apply, rounds_decide, rounds_season
from web.demo.diary import ADULTS, CHILDREN, hm
from web.demo.rounds_allocate import allocated_round
from web.demo.town import Built

# spaces of the round, by Finnish name, with their bookable hours: weekdays, weekend
HOURS: Mapping[str, tuple[tuple[int, int], tuple[int, int] | None]] = {
    "Liikuntasali": ((hm(16), hm(21, 30)), (hm(9), hm(18))),
    "Lohko A": ((hm(16), hm(21, 30)), (hm(9), hm(18))),
    "Lohko B": ((hm(16), hm(21, 30)), (hm(9), hm(18))),
    "Musiikkiluokka": ((hm(16), hm(21, 30)), None),
    "Ruokasali": ((hm(17), hm(21)), None),
    "Päiväkodin sali": ((hm(17), hm(21)), (hm(9), hm(15))),
}
EVENING = (hm(16), hm(21, 30))
DECISION = "Lautakunta § 12 (keksitty)"
YOUTH = {  # prime time for the young
    "id": "prime-time-youth",
    "least": True,
    "percent": 60,
    "audiences": ["children"],
    "times": [{"weekdays": [0, 1, 2, 3, 4], "start_min": hm(16), "end_min": hm(18)}],
    "source": DECISION,
}
CRITERIA = {
    "fi": "Haku koskee Keksilän koulun ja Satulan päiväkodin vakiovuoroja. Kysy, jos jokin jää epäselväksi.",
    "sv": "Ansökan gäller fasta turer i Påhittby skola, Sagolunds daghem och deras salar. Fråga om något är oklart.",
    "en": "The round is for regular times at Keksilä school, Satula kindergarten and their halls. Ask if in doubt.",
}


@dataclass(frozen=True, slots=True)
class Asked:
    """A group of the demo that asks for weekly times: when it could come, and the spaces it wishes, best first."""

    name: str
    purpose: str
    people: int
    events: int
    minutes: tuple[int, int]
    weekdays: tuple[int, ...]
    hours: tuple[int, int]
    spaces: tuple[str, ...]
    children: bool = True
    also: tuple[int, ...] = ()  # further weekdays, also possible


ASKED: Mapping[tuple[str, str], tuple[Asked, ...]] = {
    ("ball", "club"): (
        Asked("P13 salibandy", "sport", 24, 2, (60, 90), (0, 2), (hm(16), hm(19)), ("Liikuntasali",), also=(4,)),
        Asked("T11 salibandy", "sport", 20, 2, (60, 90), (1, 3), (hm(16), hm(19)), ("Lohko A", "Lohko B")),
        Asked("Aikuisten sähly", "sport", 18, 1, (90, 90), (1, 3), (hm(19), hm(21, 30)), ("Lohko B",), children=False),
    ),
    ("scouts", "scout"): (
        Asked(
            "Sudenpennut", "weekly_meeting", 20, 1, (90, 90), (1,), (hm(17), hm(20)), ("Päiväkodin sali",), also=(2,)
        ),
        Asked("Seikkailijat", "weekly_meeting", 18, 1, (60, 90), (1, 3), (hm(17), hm(20)), ("Lohko A", "Ruokasali")),
    ),
    ("arts", "club"): (
        Asked("Viuluryhmät", "curriculum_teaching", 12, 2, (60, 120), (1, 2), (hm(16), hm(19)), ("Musiikkiluokka",)),
    ),
    ("choir", "club"): (
        Asked("Kuoroharjoitus", "rehearsal", 24, 1, (120, 120), (0,), EVENING, ("Musiikkiluokka",), children=False),
    ),
    ("disability", "volunteer"): (
        Asked("Tuolijumppa", "sport", 20, 1, (60, 60), (3,), (hm(17), hm(19)), ("Päiväkodin sali",), children=False),
    ),
}


@dataclass(frozen=True, slots=True)
class SeededRounds:
    """The round open now, and the decided one of the season that runs, each with its applications."""

    open: Round
    past: Round
    applications: Mapping[str, Sequence[Application]]  # by the round's ref


@dataclass(frozen=True, slots=True)
class Season:
    """A season of the demo with the days of its round."""

    first_on: date
    last_on: date
    apply_from_on: date
    apply_to_on: date

    @property
    def names(self) -> tuple[str, str, str]:
        spring, year = self.first_on.month < 7, self.first_on.year
        words = ("Kevät", "Våren", "Spring") if spring else ("Syksy", "Hösten", "Autumn")
        return (f"{words[0]} {year}", f"{words[1]} {year}", f"{words[2]} {year}")


def coming(today: date) -> Season:
    """A season of twenty weeks that begins on a Monday in six weeks or so; apply until in two weeks."""
    first = today + timedelta(days=42 + (-today.weekday()) % 7)
    return Season(first, first + timedelta(days=139), today - timedelta(days=14), today + timedelta(days=14))


def running(today: date) -> Season:
    """The season before the coming one: it runs, and was applied for half a year ago."""
    last = coming(today).first_on - timedelta(days=15)
    first = last - timedelta(days=125)
    return Season(first, last, first - timedelta(days=150), first - timedelta(days=120))


def fill(
    session: Session,
    built: Built,
    persons: Mapping[str, Person],
    whose: Mapping[str, Organisation],
    *,
    now: datetime,
    today: date,
) -> SeededRounds:
    past = _round(session, built, persons["manager"], running(today), None)
    _draw(session, past)
    past.state = RoundState.DECIDED.value
    row = _round(session, built, persons["manager"], coming(today), past)
    sent = {
        one.ref: [
            _apply(session, built, one, persons[who], whose[key], asked, now=now) for (key, who), asked in ASKED.items()
        ]
        for one in (past, row)
    }
    more = rounds_apply.fill(session, built, persons, whose, row, now=now)
    allocated_round(session, past, persons["manager"].id)
    who = rounds_decide.Officials(persons["manager"], persons["administrator"])
    rounds_decide.decide_past(session, past, who, now=now)
    rounds_decide.waiting_round(session, built, row, sent[row.ref][1], persons["manager"], now=now)
    rounds_season.fill(session, built, persons, whose, now=now, today=today)
    return SeededRounds(row, past, sent | {row.ref: [*sent[row.ref], *more]})


def _at(day: date, hour: int) -> datetime:
    return local(day, hour * 60, HELSINKI)


def _round(session: Session, built: Built, manager: Person, season: Season, previous: Round | None) -> Round:
    name_fi, name_sv, name_en = season.names
    made_at = _at(season.apply_from_on - timedelta(days=20), 10)
    row = Round(
        name_fi=name_fi,
        name_sv=name_sv,
        name_en=name_en,
        family="espoo",
        first_on=season.first_on,
        last_on=season.last_on,
        apply_from_at=_at(season.apply_from_on, 9),
        apply_to_at=_at(season.apply_to_on, 16),
        late_until_at=_at(season.apply_to_on + timedelta(days=60), 16),
        decide_by_on=season.apply_to_on + timedelta(days=18),
        answer_by_at=_at(season.apply_to_on + timedelta(days=12), 16),
        policy={"decision": DECISION},
        quotas=[YOUTH],
        criteria=CRITERIA,
        previous_id=previous.id if previous else None,
        made_by=manager.id,
        made_at=made_at,
    )
    session.add(row)
    session.flush()
    for name, (weekdays, weekend) in HOURS.items():
        _hours(session, row, built, name, range(5), weekdays)
        if weekend:
            _hours(session, row, built, name, (5, 6), weekend)
    session.flush()
    row = listing.round_of(session, row.ref)
    publishing.publish(session, row, by=manager.id, now=made_at)
    return row


def _draw(session: Session, row: Round) -> None:
    """The number of the past round, thrown with dice the day after its window."""
    note = "Nopilla lautakunnan kokouksessa (keksitty)"
    publishing.draw(session, row, "4 1 6 2 5", note=note, by=row.made_by, now=row.apply_to_at + timedelta(days=1))


def _hours(
    session: Session, row: Round, built: Built, name: str, weekdays: Sequence[int], when: tuple[int, int]
) -> None:
    for weekday in weekdays:
        session.add(
            RoundHours(
                round_id=row.id,
                space_id=built.spaces[name].id,
                weekday=weekday,
                opens_min=when[0],
                closes_min=when[1],
            )
        )


def _apply(
    session: Session,
    built: Built,
    row: Round,
    contact: Person,
    whose: Organisation,
    groups: Sequence[Asked],
    *,
    now: datetime,
) -> Application:
    made_at = min(row.apply_from_at + timedelta(days=3, hours=5), now - timedelta(hours=2))
    application = Application(
        round_id=row.id,
        organisation_id=whose.id,
        state="sent",
        contact_id=contact.id,
        made_by=contact.id,
        made_at=made_at,
        changed_at=made_at + timedelta(hours=2),
        sent_at=made_at + timedelta(hours=2),
        sections=[_section(built, one, place) for place, one in enumerate(groups, 1)],
    )
    session.add(application)
    session.flush()
    return application


def _section(built: Built, asked: Asked, position: int) -> Section:
    wished = [(day, 1) for day in asked.weekdays] + [(day, 2) for day in asked.also]
    return Section(
        position=position,
        name=asked.name,
        purpose=asked.purpose,
        people=asked.people,
        audience=_audience(asked),
        events=asked.events,
        min_minutes=asked.minutes[0],
        max_minutes=asked.minutes[1],
        windows=[
            SectionWindow(weekday=day, start_min=asked.hours[0], end_min=asked.hours[1], preference=preference)
            for day, preference in sorted(wished)
        ],
        options=[SectionOption(rank=rank, space_id=built.spaces[name].id) for rank, name in enumerate(asked.spaces, 1)],
    )


def _audience(asked: Asked) -> dict[str, object]:
    """Everybody lives in the town, and children are under 18."""
    young = asked.people - 2 if asked.children else 0
    counts = {"residents": asked.people, "under_18": young, "under_18_residents": young}
    return dict(CHILDREN if asked.children else ADULTS) | counts
