"""The demo's bookings: weekly groups and single evenings around today, made by the same functions as everybody's."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from random import Random
from typing import Any

from sqlalchemy.orm import Session

from booking.bookings import book
from booking.core.pattern import Pattern
from booking.ids import PersonId
from booking.models import OCCUPYING, Organisation, Person
from booking.refusals import Refusal
from booking.wish import Wish
from web.demo import money
from web.demo.town import Built

WANTED = 120
BOOKED_BEFORE = timedelta(days=28)  # the seed books everything four weeks ago
CHILDREN = {"under_18": 18, "residents": 20, "under_18_residents": 18, "group": "children", "targets_residents": True}
ADULTS = {"under_18": 0, "residents": 18, "under_18_residents": 0, "group": "adults", "targets_residents": True}


@dataclass(frozen=True, slots=True)
class Group:
    """A group that meets: whose it is, who answers for it, where, on which weekdays and when (minutes of day)."""

    whose: str
    who: str
    space: str
    weekdays: tuple[int, ...]
    start: int
    end: int
    title: str
    purpose: str
    people: int
    audience: Mapping[str, Any]


def hm(hour: int, minute: int = 0) -> int:
    return hour * 60 + minute


GROUPS = (
    Group(
        "scouts", "scout", "Päiväkodin sali", (1,), hm(18), hm(19, 30), "Sudenpennut", "weekly_meeting", 20, CHILDREN
    ),
    Group("scouts", "scout", "Luokka 12", (3,), hm(17), hm(18, 30), "Seikkailijat", "weekly_meeting", 18, CHILDREN),
    Group("ball", "club", "Liikuntasali", (0, 2), hm(17), hm(19), "P13 salibandy", "sport", 24, CHILDREN),
    Group("ball", "club", "Lohko A", (1, 3), hm(18), hm(19, 30), "T11 salibandy", "sport", 20, CHILDREN),
    Group("ball", "club", "Lohko B", (1,), hm(19, 30), hm(21), "Aikuisten sähly", "sport", 18, ADULTS),
    Group("choir", "club", "Musiikkiluokka", (0,), hm(18), hm(20), "Kuoroharjoitus", "rehearsal", 24, ADULTS),
    Group("arts", "club", "Musiikkiluokka", (1, 2), hm(16), hm(18), "Viuluryhmät", "curriculum_teaching", 12, CHILDREN),
    Group(
        "pensioners", "volunteer", "Juhlasali", (1,), hm(13), hm(15), "Jäsentapaaminen", "members_meeting", 80, ADULTS
    ),
    Group("disability", "volunteer", "Päiväkodin sali", (3,), hm(17), hm(18), "Tuolijumppa", "sport", 20, ADULTS),
    Group("swedish", "swedish", "Iso sali", (2,), hm(17, 30), hm(19), "Barnteater", "hobby", 22, CHILDREN),
    Group(
        "village", "family", "Kokoushuone", (0,), hm(18), hm(19, 30), "Hallituksen kokous", "members_meeting", 9, ADULTS
    ),
    Group("dance", "family", "Päiväkodin sali", (2,), hm(17), hm(18, 30), "Lastentanssi", "club", 18, CHILDREN),
)
SINGLES = (
    ("scouts", "scout", "Vartiotaidot", "weekly_meeting", CHILDREN),
    ("pensioners", "volunteer", "Muistelupiiri", "members_meeting", ADULTS),
    ("ball", "club", "Lisäharjoitus", "sport", CHILDREN),
    ("choir", "club", "Stemmaharjoitus", "rehearsal", ADULTS),
    ("swedish", "swedish", "Sångstund", "hobby", CHILDREN),
    ("village", "family", "Asukasilta", "civic_meeting", ADULTS),
    ("disability", "volunteer", "Vertaisryhmä", "members_meeting", ADULTS),
    ("umbrella", "operator", "Yhdistysten ilta", "members_meeting", ADULTS),
)


def fill(
    session: Session,
    built: Built,
    persons: Mapping[str, Person],
    whose: Mapping[str, Organisation],
    *,
    today: date,
    made_at: datetime,
) -> int:
    """Book until about WANTED times lie in the four weeks around today. Returns how many there are."""
    monday = today - timedelta(days=today.weekday() + 7)
    count = 0
    for group in GROUPS:
        pattern = Pattern(monday, monday + timedelta(days=27), group.start, group.end, group.weekdays)
        audience = _audience(group.audience, group.people)
        place, who = built.spaces[group.space], persons[group.who]
        wish = Wish(
            place.id, whose[group.whose].id, who.id, pattern, group.title, group.purpose, group.people, audience, True
        )
        count += _book(session, wish, who.id, made_at)
    count += _for_the_principal(session, built, persons, whose, today, made_at)
    count += _singles(session, built, persons, whose, monday, made_at, WANTED - count)
    money.fill(session, built, persons, whose, now=made_at + BOOKED_BEFORE)
    return count


def _for_the_principal(
    session: Session,
    built: Built,
    persons: Mapping[str, Person],
    whose: Mapping[str, Organisation],
    today: date,
    made_at: datetime,
) -> int:
    """A club of the school's partner, on the first day of next week or later that is free, at no cost if the principal
    consents: it waits for her."""
    place, who = built.spaces["Luokka 12"], persons["family"]
    for days in range(7, 60):
        pattern = Pattern.once(today + timedelta(days=days), hm(16), hm(17))
        wish = Wish(place.id, whose["partner"].id, who.id, pattern, "Iltapäiväkerho", "club", 15, CHILDREN)
        if made := _book(session, wish, who.id, made_at):
            return made
    return 0


def _singles(
    session: Session,
    built: Built,
    persons: Mapping[str, Person],
    whose: Mapping[str, Organisation],
    monday: date,
    made_at: datetime,
    wanted: int,
) -> int:
    dice, made, tries = Random(1), 0, 0
    names = [name for name in built.spaces if name != "Liikuntasali"]
    while made < wanted and tries < 40 * wanted:
        tries += 1
        organisation, who, title, purpose, audience = dice.choice(SINGLES)
        place = built.spaces[dice.choice(names)]
        start = 30 * dice.randrange(18, 41)
        day = monday + timedelta(days=dice.choice([*range(7, 14), *range(28)]))
        people = min(place.capacity, dice.randrange(8, 24))
        pattern = Pattern.once(day, start, start + dice.choice((60, 90, 120)))
        told = _audience(audience, people)
        wish = Wish(place.id, whose[organisation].id, persons[who].id, pattern, title, purpose, people, told)
        made += _book(session, wish, persons[who].id, made_at)
    return made


def _audience(audience: Mapping[str, Any], people: int) -> dict[str, Any]:
    """The audience's shares for this many heads."""
    return {
        name: min(value, people) if isinstance(value, int) and value is not True else value
        for name, value in audience.items()
    }


def _book(session: Session, wish: Wish, by: PersonId, made_at: datetime) -> int:
    try:
        with session.begin_nested():
            booking = book(session, wish, by=by, now=made_at)
    except Refusal:
        return 0
    return sum(row.state in OCCUPYING for row in booking.occurrences)
