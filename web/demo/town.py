"""The invented town's premises, spaces and doors. Places, houses and people are invented; the rules are real."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any

from sqlalchemy.orm import Session

from access.keys import Vault
from access.models import Door, DoorKind, Driver
from access.register import DoorWish, fit
from booking import premises
from booking.ids import PersonId, SpaceId
from booking.models import ClosedDays, Organisation, Premises, Space, Supervision
from booking.rulebooks import RULES
from booking.terms import NamedDays, terms

WEEKDAYS, WEEKEND = range(5), (5, 6)
SERIAL_READER, SERIAL_RELAY = "serial-reader", "serial-relay"  # links to the simulator's pseudo-terminals


@dataclass(frozen=True, slots=True)
class DemoSpace:
    """A space of the demo; `parts` are below it, `doors` names of the inner doors that lead to it."""

    names: tuple[str, str, str]
    kind: str
    capacity: int
    facts: Mapping[str, Any] = field(default_factory=dict)
    parts: tuple[DemoSpace, ...] = ()
    door: str = ""


@dataclass(frozen=True, slots=True)
class DemoHouse:
    """A premises of the demo with its weekly hours as {weekdays: (opens, closes)} and its spaces."""

    key: str
    names: tuple[str, str, str]
    kind: str
    address: str
    district: str
    rulebook: str
    contact: str
    hours: Mapping[tuple[int, ...], tuple[int, int]]
    spaces: tuple[DemoSpace, ...]
    operator: str = ""
    facts: Mapping[str, Any] = field(default_factory=dict)


GYM = {"grid_min": 30, "shortest_min": 60, "longest_min": 240, "step_free": True, "supervised": True}
ROOM = {"grid_min": 30, "shortest_min": 30, "longest_min": 240, "step_free": True}
STEP_FREE = {"step_free": True, "accessible_toilet": True}

SCHOOL = DemoHouse(
    key="school",
    names=("Keksilän koulu", "Påhittby skola", "Keksilä school"),
    kind="school",
    address="Keksintie 4, Espoo",
    district="Keksilä",
    rulebook="espoo",
    contact="Rehtori Reetta Keksijä",
    hours={tuple(WEEKDAYS): (16 * 60, 21 * 60 + 30), WEEKEND: (9 * 60, 18 * 60)},
    facts=STEP_FREE,
    spaces=(
        DemoSpace(
            ("Liikuntasali", "Gymnastiksal", "Gym"),
            "gym",
            120,
            GYM | {"area_m2": 420, "equipment": ["goals", "nets"]},
            (
                DemoSpace(("Lohko A", "Del A", "Half A"), "gym", 60, GYM | {"area_m2": 210}),
                DemoSpace(("Lohko B", "Del B", "Half B"), "gym", 60, GYM | {"area_m2": 210}),
            ),
            door="hall",
        ),
        DemoSpace(
            ("Musiikkiluokka", "Musikklass", "Music room"),
            "subject_room",
            28,
            ROOM | {"area_m2": 72, "equipment": ["piano", "drums"]},
            door="music",
        ),
        DemoSpace(("Luokka 12", "Klassrum 12", "Classroom 12"), "classroom", 24, ROOM | {"area_m2": 60}, door="music"),
        DemoSpace(
            ("Ruokasali", "Matsal", "Dining hall"),
            "dining_hall",
            140,
            ROOM | {"area_m2": 260, "setup_min": 15, "turnaround_min": 15, "equipment": ["kitchen"]},
        ),
    ),
)
SERVICE_CENTRE = DemoHouse(
    key="service",
    names=("Tarulan palvelukeskus", "Sagoby servicecenter", "Tarula service centre"),
    kind="service_centre",
    address="Tarinakuja 2, Espoo",
    district="Tarula",
    rulebook="espoo-service-centres",
    contact="Palveluohjaaja Pertti Taru",
    hours={tuple(range(7)): (9 * 60, 21 * 60)},
    facts=STEP_FREE | {"induction_loop": True, "closed_on_holidays": False},
    spaces=(
        DemoSpace(
            ("Juhlasali", "Festsal", "Banquet hall"),
            "hall",
            100,
            ROOM | {"area_m2": 180, "turnaround_min": 15, "equipment": ["piano", "projector", "induction_loop"]},
            door="hall",
        ),
        DemoSpace(("Verstas", "Verkstad", "Workshop"), "workshop", 16, ROOM | {"area_m2": 55, "equipment": ["tools"]}),
    ),
)
PARK = DemoHouse(
    key="park",
    names=("Satulan päiväkoti ja asukaspuisto", "Sagolunds daghem och invånarpark", "Satula kindergarten and park"),
    kind="resident_park",
    address="Satupolku 8, Espoo",
    district="Satula",
    rulebook="espoo",
    contact="Johtaja Jonna Satu",
    hours={tuple(WEEKDAYS): (17 * 60, 22 * 60), WEEKEND: (9 * 60, 22 * 60)},
    facts=STEP_FREE | {"closed_on_holidays": False},
    spaces=(
        DemoSpace(
            ("Päiväkodin sali", "Daghemmets sal", "Kindergarten hall"),
            "hall",
            40,
            ROOM | {"area_m2": 80, "premises_kind": "kindergarten", "equipment": ["mats"]},
            door="hall",
        ),
        DemoSpace(
            ("Puistotupa", "Parkstugan", "Park house"),
            "club_room",
            30,
            ROOM | {"area_m2": 65, "longest_min": 480, "turnaround_min": 30, "equipment": ["kitchen"]},
            door="cabin",
        ),
    ),
)
HOUSE = DemoHouse(
    key="house",
    names=("Yhdistystalo Haavelinna", "Föreningshuset Drömborg", "Association house Haavelinna"),
    kind="association_house",
    address="Haaveentie 1, Espoo",
    district="Haavela",
    rulebook="generic",
    contact="Talonhoitaja Hilla Haave",
    hours={tuple(range(7)): (8 * 60, 24 * 60)},
    facts=STEP_FREE | {"closed_on_holidays": False, "accessibility_note": "Hissi Haaveentien puolelta"},
    operator="umbrella",
    spaces=(
        DemoSpace(
            ("Iso sali", "Stora salen", "Large hall"),
            "hall",
            110,
            ROOM | {"area_m2": 160, "longest_min": 600, "equipment": ["piano", "projector", "stage"]},
        ),
        DemoSpace(
            ("Kokoushuone", "Mötesrum", "Meeting room"),
            "meeting_room",
            12,
            ROOM | {"grid_min": 15, "area_m2": 24, "equipment": ["screen"]},
            door="meeting",
        ),
    ),
)
HOUSES = (SCHOOL, SERVICE_CENTRE, PARK, HOUSE)
DOOR_NAMES = {
    "outer": ("Ulko-ovi", "Ytterdörr", "Outer door"),
    "hall": ("Salin ovi", "Salens dörr", "Hall door"),
    "music": ("Luokkasiiven ovi", "Dörren till klassrumsflygeln", "Classroom wing door"),
    "cabin": ("Puistotuvan ovi", "Parkstugans dörr", "Park house door"),
    "meeting": ("Kokoushuoneen ovi", "Mötesrummets dörr", "Meeting room door"),
}


@dataclass(slots=True)
class Built:
    """What was built: premises by key, spaces by Finnish name, doors by controller id."""

    houses: dict[str, Premises] = field(default_factory=dict)
    spaces: dict[str, Space] = field(default_factory=dict)
    doors: dict[str, Door] = field(default_factory=dict)


def build(
    session: Session,
    vault: Vault,
    organisations: Mapping[str, Organisation],
    folder: Path,
    *,
    by: PersonId,
    now: datetime,
    today: date,
) -> Built:
    """Put the town's houses, spaces, hours, terms and doors into the tables, as the pages would.

    `folder` is where the demo links the pseudo-terminals of its serial door."""
    built = Built()
    for house in HOUSES:
        place = _house(session, house, organisations, by, now)
        built.houses[house.key] = place
        for position, space in enumerate(house.spaces):
            _space(session, built, place, space, None, position, by, now)
        _doors(session, vault, built, house, folder, by, now)
    _school_year(session, built.houses["school"], today, by=by, now=now)
    return built


def _house(
    session: Session, house: DemoHouse, organisations: Mapping[str, Organisation], by: PersonId, now: datetime
) -> Premises:
    town = organisations["town"]
    values = {
        "kind": house.kind,
        "name_fi": house.names[0],
        "name_sv": house.names[1],
        "name_en": house.names[2],
        "address": house.address,
        "district": house.district,
        "municipality": "Espoo",
        "rulebook": house.rulebook,
        "contact_name": house.contact,
        "contact_phone": "+358 50 000 0000",
        "contact_email": f"{house.key}@esimerkki.example",
        "owner_id": town.id,
        "operator_id": organisations[house.operator or "town"].id,
        "manager_id": organisations[house.operator or "education"].id,
    }
    place = premises.add_premises(session, values | dict(house.facts), by=by, now=now)
    hours = [(day, opens, closes) for days, (opens, closes) in house.hours.items() for day in days]
    premises.set_hours(session, place, hours, by=by, now=now)
    return place


def _space(
    session: Session,
    built: Built,
    place: Premises,
    space: DemoSpace,
    parent: SpaceId | None,
    position: int,
    by: PersonId,
    now: datetime,
) -> None:
    values = {
        "premises_id": place.id,
        "parent_id": parent,
        "name_fi": space.names[0],
        "name_sv": space.names[1],
        "name_en": space.names[2],
        "kind": space.kind,
        "capacity": space.capacity,
        "position": position,
    }
    row = premises.add_space(session, values | dict(space.facts), by=by, now=now)
    built.spaces[space.names[0]] = row
    for n, part in enumerate(space.parts):
        _space(session, built, place, part, row.id, n, by, now)


def _doors(
    session: Session, vault: Vault, built: Built, house: DemoHouse, folder: Path, by: PersonId, now: datetime
) -> None:
    everything = tuple(built.spaces[space.names[0]].id for space in house.spaces)
    _door(session, vault, built, house, "outer", everything, folder, by, now)
    inner = dict.fromkeys(space.door for space in house.spaces if space.door)
    for door in inner:
        behind = tuple(built.spaces[space.names[0]].id for space in house.spaces if space.door == door)
        _door(session, vault, built, house, door, behind, folder, by, now)


def _door(
    session: Session,
    vault: Vault,
    built: Built,
    house: DemoHouse,
    name: str,
    spaces: tuple[SpaceId, ...],
    folder: Path,
    by: PersonId,
    now: datetime,
) -> None:
    names = DOOR_NAMES[name]
    controller = f"{house.key}-{name}"
    # The meeting room of the association house has a plain reader and a relay on a serial line: the service decides.
    serial = controller == "house-meeting"
    wish = DoorWish(
        premises=built.houses[house.key].id,
        controller_id=controller,
        kind=DoorKind.OUTER if name == "outer" else DoorKind.INNER,
        name_fi=names[0],
        name_sv=names[1],
        name_en=names[2],
        driver=Driver.RDM6300_RELAY if serial else Driver.VUORO_MQTT,
        reader_path=str(folder / SERIAL_READER) if serial else "",
        relay_path=str(folder / SERIAL_RELAY) if serial else "",
        spaces=spaces,
    )
    built.doors[controller] = fit(session, vault, wish, by=by, now=now)


def _school_year(session: Session, school: Premises, today: date, *, by: PersonId, now: datetime) -> None:
    """The real terms of 2025–26, and for years without published ones the same days moved, marked as an example."""
    calendar = terms(RULES / "terms-espoo-2025-26.toml")
    first_year = today.year if today.month >= 7 else today.year - 1
    for years in sorted({0, first_year - 2025, first_year - 2024}):
        for term in calendar.terms:
            source = calendar.source if years == 0 else "esimerkki: vuoden 2025–26 päivät siirrettyinä, ei päätös"
            premises.add_term(
                session,
                school,
                first_on=_moved(term.first_on, years),
                last_on=_moved(term.last_on, years),
                names=(term.name["fi"], term.name["sv"], term.name["en"]),
                supervision=Supervision(term.mode),
                source=source,
                by=by,
                now=now,
            )
        for closed in calendar.closed if years == 0 else ():
            row = _closed(school, closed, calendar.source)
            premises.close_days(session, row, school, space=None, by=by, now=now)


def _moved(day: date, years: int) -> date:
    return day.replace(year=day.year + years)


def _closed(school: Premises, closed: NamedDays, source: str) -> ClosedDays:
    return ClosedDays(
        premises_id=school.id,
        name_fi=closed.name["fi"],
        name_sv=closed.name["sv"],
        name_en=closed.name["en"],
        supervision=Supervision(closed.mode).value,
        first_on=closed.first_on,
        last_on=closed.last_on,
        source=source,
    )
