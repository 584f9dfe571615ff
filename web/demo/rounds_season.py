"""The demo's running season: a small round of the association house with slots in the calendar, groups' sessions inside
one, a swap that is asked for, and a slot that was handed back and is offered to the first of the waiting list."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy.orm import Session

from booking.bookings import book
from booking.core.pattern import Pattern
from booking.core.span import local
from booking.models import OccurrenceState, Organisation, Person, Space
from booking.register import groups
from booking.register.groups import GroupWish
from booking.rounds import grant_swaps, handing_back, inside, waiting
from booking.rounds.grants import grant_of
from booking.rounds.inside import SessionWish
from booking.rounds.models import Application, Round, RoundHours, RoundState, Section, SectionOption, SectionWindow
from booking.rounds.plan_models import Scenario, SlotGrant
from booking.rounds.waiting import WaitingWish
from booking.versions.known import book_on
from booking.wish import Wish
from web.clock import HELSINKI
from web.demo.diary import CHILDREN, hm
from web.demo.town import Built

HALL, RULES = "Iso sali", "generic"
OPENS, CLOSES = hm(16), hm(21)


@dataclass(frozen=True, slots=True)
class Given:
    """A weekly slot of the demo: whose, which group, and when."""

    whose: Organisation
    contact: Person
    name: str
    purpose: str
    weekday: int
    minutes: tuple[int, int]


def fill(
    session: Session,
    built: Built,
    persons: Mapping[str, Person],
    whose: Mapping[str, Organisation],
    *,
    now: datetime,
    today: date,
) -> Round:
    sini, club, hall = persons["scout"], persons["club"], built.spaces[HALL]
    row = _round(session, persons["manager"], hall, now=now, today=today)
    scouts = Given(whose["scouts"], sini, "Johtajat", "weekly_meeting", 0, (hm(17), hm(20)))
    ball = Given(whose["ball"], club, "Pallokoulu", "sport", 3, (hm(17), hm(19)))
    ended = Given(whose["ball"], club, "Perhesähly", "sport", 1, (hm(17), hm(19)))
    mine, theirs, freed = _slots(session, row, hall, (scouts, ball, ended), now=now, today=today)
    _sessions(session, mine, whose["scouts"], sini, now=now, today=today)
    grant_swaps.ask(session, theirs, mine, from_on=today, by=club.id, now=now)
    _waiting(session, row, whose, persons, now=now)
    handing_back.hand_back(session, freed, from_on=today, last_on=None, by=club.id, now=now, reason="Ryhmä päättyi")
    return row


def _round(session: Session, manager: Person, hall: Space, *, now: datetime, today: date) -> Round:
    """Decided a month ago for the weeks around now, for two years."""
    first = today - timedelta(days=today.weekday() + 21)
    window = first - timedelta(days=80)
    row = Round(
        name_fi=f"Haavelinnan viikkovuorot {first.year}",
        name_sv=f"Drömborgens veckoturer {first.year}",
        name_en=f"Weekly slots of Haavelinna {first.year}",
        state=RoundState.DECIDED.value,
        family=RULES,
        rulebook=book_on(session, RULES, first).id,
        first_on=first,
        last_on=first + timedelta(days=118),
        apply_from_at=local(window, hm(9), HELSINKI),
        apply_to_at=local(window + timedelta(days=21), hm(16), HELSINKI),
        late_until_at=now + timedelta(days=30),
        grant_years=2,
        made_by=manager.id,
        made_at=now - timedelta(days=120),
    )
    session.add(row)
    session.flush()
    hours = [RoundHours(round_id=row.id, space_id=hall.id, weekday=day, opens_min=OPENS, closes_min=CLOSES)
             for day in range(5)]  # fmt: skip
    session.add_all(hours)
    session.flush()
    return row


def _slots(
    session: Session, round_: Round, hall: Space, asked: tuple[Given, ...], *, now: datetime, today: date
) -> list[SlotGrant]:
    """Each in the calendar for the weeks that remain."""
    scenario = Scenario(
        round_id=round_.id, name="Päätetty", state="done", made_by=round_.made_by, made_at=round_.apply_to_at
    )
    session.add(scenario)
    session.flush()
    sections = _applied(session, round_, hall, asked)
    return [
        _slot(session, scenario, section, hall, one, now=now, today=today)
        for one, section in zip(asked, sections, strict=True)
    ]


def _applied(session: Session, round_: Round, hall: Space, asked: tuple[Given, ...]) -> list[Section]:
    """One application for each organisation, with a group for each slot."""
    sections = [_section(one, hall) for one in asked]
    for whose in dict.fromkeys(one.whose for one in asked):
        mine = [(one, section) for one, section in zip(asked, sections, strict=True) if one.whose is whose]
        contact, at = mine[0][0].contact.id, round_.apply_from_at + timedelta(days=3)
        times = {"made_at": at, "changed_at": at, "sent_at": at}
        row = Application(round_id=round_.id, organisation_id=whose.id, state="sent", contact_id=contact, **times)
        row.made_by, row.sections = contact, [section for _, section in mine]
        session.add(row)
    session.flush()
    return sections


def _section(one: Given, hall: Space) -> Section:
    start_min, end_min = one.minutes
    return Section(
        name=one.name,
        purpose=one.purpose,
        people=20,
        audience=dict(AUDIENCE),
        events=1,
        min_minutes=60,
        max_minutes=end_min - start_min,
        windows=[SectionWindow(weekday=one.weekday, start_min=start_min, end_min=end_min)],
        options=[SectionOption(rank=1, space_id=hall.id)],
    )


AUDIENCE = {**CHILDREN, "residents": 20, "under_18": 18, "under_18_residents": 18}


def _slot(
    session: Session, scenario: Scenario, section: Section, hall: Space, one: Given, *, now: datetime, today: date
) -> SlotGrant:
    round_ = session.get_one(Round, scenario.round_id)
    first = today + timedelta(days=1 + (one.weekday - today.weekday() - 1) % 7)
    pattern = Pattern(first, round_.last_on, *one.minutes, (one.weekday,))
    wish = Wish(hall.id, one.whose.id, one.contact.id, pattern, one.name, one.purpose, 20, AUDIENCE, regular=True)
    booking = book(session, wish, by=one.contact.id, now=now)
    for time in booking.occurrences:
        if time.state == OccurrenceState.PENDING:
            time.state = OccurrenceState.CONFIRMED.value  # the round decided it
    row = SlotGrant(
        round_id=round_.id,
        scenario_id=scenario.id,
        section_id=section.id,
        space_id=hall.id,
        weekday=one.weekday,
        start_min=one.minutes[0],
        end_min=one.minutes[1],
        state="booked",
        proposed_at=now - timedelta(days=60),
        decided_at=now - timedelta(days=40),
        booking_id=booking.id,
    )
    session.add(row)
    session.flush()
    return grant_of(session, row.ref)


def _sessions(
    session: Session, grant: SlotGrant, whose: Organisation, leader: Person, *, now: datetime, today: date
) -> None:
    """Two groups share the slot, an hour each."""
    there = groups.of_organisation(session, whose.id, on=today)
    for name in ("Sudenpennut", "Seikkailijat"):
        if name not in {one.name for one in there}:
            there.append(groups.add(session, whose, GroupWish(name), by=leader.id, now=now, today=today))
    for n, group in enumerate([one for one in there if one.name in ("Sudenpennut", "Seikkailijat")]):
        start = grant.start_min + 60 * n
        wish = SessionWish(group, leader.id, today, grant.round.last_on, start, start + 60)
        inside.set_sessions(session, grant, wish, by=leader.id, now=now)


def _waiting(
    session: Session, round_: Round, whose: Mapping[str, Organisation], persons: Mapping[str, Person], *, now: datetime
) -> None:
    """The troop waits for an evening, and so does the choir, after it."""
    for n, (key, who, title) in enumerate((("scouts", "scout", "Vaeltajat"), ("choir", "club", "Lauluryhmä"))):
        wish = WaitingWish(
            organisation=whose[key].id,
            contact=persons[who].id,
            title=title,
            purpose="weekly_meeting" if key == "scouts" else "rehearsal",
            people=12,
            min_minutes=60,
            windows=[(day, hm(17), hm(20)) for day in (1, 4)],
            audience={**CHILDREN, "residents": 12, "under_18": 11, "under_18_residents": 11},
        )
        waiting.join(session, round_, wish, by=persons[who].id, now=now - timedelta(hours=2 - n))
