"""What is measured with: an invented site with halls, an association with a card, and doors."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from access import credentials, register
from access.keys import Vault
from access.models import DoorKind, Driver
from access.register import DoorWish
from booking import bookings
from booking.core.pattern import Pattern
from booking.ids import OrganisationId, PersonId, PremisesId, SpaceId
from booking.models import OccurrenceState, OpeningHours, Organisation, Person, Premises, Space
from booking.register import commitments
from booking.register.decided import season_on
from booking.wish import Wish

HELSINKI = ZoneInfo("Europe/Helsinki")
FIRST_HOUR, HOURS = 8, 13
DAYS_AHEAD = 2
CHILDREN = {
    "under_18": 18,
    "residents": 20,
    "under_18_residents": 18,
    "targets_residents": True,
    "group": "children",
}
CARDS = tuple(f"62E3{n:06X}" for n in range(0x086CED, 0x086CED + 40))


@dataclass(frozen=True, slots=True)
class Town:
    """One site open around the clock, one association, and one person who books for it."""

    premises: PremisesId
    spaces: tuple[SpaceId, ...]
    organisation: OrganisationId
    holder: PersonId
    first_on: date

    def wish(self, space: SpaceId, number: int) -> Wish:
        """The n-th hour of a space: 13 hours a day, from the day after tomorrow on."""
        day = self.first_on + timedelta(days=number // HOURS)
        start = (FIRST_HOUR + number % HOURS) * 60
        return self.wished(space, Pattern.once(day, start, start + 60))

    def wished(self, space: SpaceId, pattern: Pattern) -> Wish:
        # "regular": single times of a season are counted, and the count would grow with the measurement
        return Wish(
            space=space,
            organisation=self.organisation,
            holder=self.holder,
            pattern=pattern,
            title="Laumailta",
            purpose="weekly_meeting",
            people=20,
            audience=CHILDREN,
            regular=True,
        )


def settle(session: Session, spaces: int, now: datetime) -> Town:
    """The town in the tables."""
    whose = Organisation(name="Keksityt Kiipijät", kind="association", domicile="Espoo", created_at=now)
    whose.purposes, whose.facts = ["scout"], {"for_profit": False, "complements": True}
    holder = Person(name="Keksi Keksijä", email="keksi@esimerkki.example", created_at=now)
    session.add_all([whose, holder])
    session.flush()
    place = premises(session, whose.id)
    halls = [hall(session, place, number) for number in range(spaces)]
    today = now.astimezone(HELSINKI).date()
    sign(session, whose, holder, [today, today + timedelta(days=DAYS_AHEAD)], now)
    return Town(place.id, tuple(halls), whose.id, holder.id, today + timedelta(days=DAYS_AHEAD))


def sign(session: Session, whose: Organisation, holder: Person, days: Sequence[date], now: datetime) -> None:
    """The commitment without which an unsupervised space does not open."""
    for season in {season.id: season for season in map(season_on, days)}.values():
        commitments.sign(
            session, whose, "self_supervision", season, premises=None, language="fi", by=holder.id, now=now
        )


def premises(session: Session, owner: OrganisationId) -> Premises:
    place = Premises(
        kind="kindergarten",
        name_fi="Keksilän päiväkoti",
        owner_id=owner,
        operator_id=owner,
        manager_id=owner,
        contact_name="Vuokko Vastaava",
        address="Keksitie 1",
        municipality="Espoo",
        rulebook="espoo",
        closed_on_holidays=False,
    )
    session.add(place)
    session.flush()
    for weekday in range(7):
        session.add(OpeningHours(premises_id=place.id, weekday=weekday, opens_min=0, closes_min=1440))
    return place


def hall(session: Session, place: Premises, number: int) -> SpaceId:
    row = Space(premises_id=place.id, name_fi=f"Sali {number}", kind="hall", capacity=40, grid_min=1)
    session.add(row)
    session.flush()
    return row.id


def fit(session: Session, vault: Vault, wish: DoorWish, now: datetime) -> str:
    """A door; gives its ref."""
    return register.fit(session, vault, wish, by=None, now=now).ref


def fit_outer(session: Session, vault: Vault, town: Town, now: datetime) -> None:
    """An outer door of every hall: each booking gives rights at it."""
    fit(session, vault, DoorWish(town.premises, "bench-outer", DoorKind.OUTER, "Ulko-ovi", spaces=town.spaces), now)


def fit_many(session: Session, vault: Vault, town: Town, doors: int, now: datetime) -> list[str]:
    """MQTT doors `bench-0001` … of the first hall."""
    return [
        fit(
            session,
            vault,
            DoorWish(town.premises, f"bench-{n:04}", DoorKind.INNER, f"Ovi {n}", spaces=town.spaces[:1], unlock_s=1),
            now,
        )
        for n in range(1, doors + 1)
    ]


def fit_serial(session: Session, vault: Vault, town: Town, devices: dict[str, str], now: datetime) -> str:
    """The door on two serial ports."""
    wish = DoorWish(
        town.premises,
        "bench-serial",
        DoorKind.INNER,
        "Sarjaovi",
        driver=Driver.RDM6300_RELAY,
        spaces=town.spaces[:1],
        reader_path=devices["reader"],
        relay_path=devices["relay"],
        unlock_s=1,
    )
    return fit(session, vault, wish, now)


def enrol(session: Session, vault: Vault, town: Town, cards: Sequence[str], now: datetime) -> None:
    """The holder's cards; after the doors, which learn a card when it is enrolled."""
    for card in cards:
        credentials.enrol(session, vault, town.holder, card, by=town.holder, now=now)


def book_now(session: Session, town: Town, now: datetime, minutes: int = 240) -> None:
    """A booking of the first hall that begins in a minute: the doors open already, some minutes ahead of it."""
    start = now.astimezone(HELSINKI) + timedelta(minutes=2)
    first = start.hour * 60 + start.minute
    wish = town.wished(town.spaces[0], Pattern.once(start.date(), first, first + minutes))
    booked(session, wish, now)


def booked(session: Session, wish: Wish, now: datetime) -> None:
    """Book and make sure that it is confirmed: what waits for a decision opens no door, and would be cheap to measure.

    Raises what booking raises, and RuntimeError."""
    booking = bookings.book(session, wish, by=wish.holder, now=now)
    if any(row.state != OccurrenceState.CONFIRMED for row in booking.occurrences):
        raise RuntimeError(f"the bench's booking was not confirmed: {[row.trace for row in booking.occurrences]}")
