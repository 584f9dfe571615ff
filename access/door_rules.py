"""The rules of one door beside its rights: anti-passback, two factors, two persons, interlock, longer openings, and how
sure it must be who comes in. They travel in its list; what its hardware cannot keep is refused."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import datetime
from enum import IntEnum

from sqlalchemy.orm import Session

from access import register
from access.mode_models import DoorRule
from access.models import Door
from booking.acts import Act, ActKind, tell
from booking.ids import PersonId
from booking.refusals import BadInput
from devices.drivers.registry import DRIVERS, Capabilities
from devices.messages import Apb, ApbKind, DoorRules

MOST_MINUTES = 1440
TWO_PERSON_S = range(5, 61)
MOST_OPEN_S = 86_400
_LONGER = 3  # times the usual: how long who needs it has, unless told
_AREA = re.compile(r"[^\x00-\x1f]{0,40}\Z")


class Assurance(IntEnum):
    """How sure it must be that the right person stands there."""

    NUMBER = 0  # a card's number, which a copied card tells as well
    TWO_FACTORS = 1  # card and PIN, or a phone
    SECURED = 2  # a card that proves itself by a key


@dataclass(frozen=True, slots=True)
class RulesWish:
    """The rules a manager wants. `apb`: "" or a kind; minutes only where it is timed; seconds 0: no second person."""

    apb: str = ""
    apb_minutes: int = 0
    apb_area: str = ""
    factors: int = 1
    interlock: bool = False
    two_person_s: int = 0
    long_open_s: int = 0
    assurance: int = 0


@dataclass(frozen=True, slots=True)
class Kept:
    """What one kind of hardware can keep of such rules."""

    rules: bool
    two_factors: bool
    highest: Assurance


def kept_by(driver: str) -> Kept:
    """Only who decides by a list of ours keeps its rules, and for two factors it must have reader and keypad."""
    record = DRIVERS[driver]
    rules = _by_list(record)
    both = rules and record.takes_cards and record.pin_rule is not None
    return Kept(rules, both, Assurance.TWO_FACTORS if both else Assurance.NUMBER)


def rule_of(session: Session, door: Door) -> DoorRule | None:
    """The rules of a door as they are kept; None when nobody ever set any."""
    return session.get(DoorRule, door.id)


def wish_of(session: Session, door: Door) -> RulesWish:
    """The rules in force, as one would wish them."""
    row = rule_of(session, door)
    if row is None:
        return RulesWish(long_open_s=usual_long_open_s(door))
    return RulesWish(**{name: getattr(row, name) for name in asdict(RulesWish())})


def usual_long_open_s(door: Door) -> int:
    return min(MOST_OPEN_S, door.held_open_s * _LONGER)


def set_rules(session: Session, door: Door, wish: RulesWish, *, by: PersonId, now: datetime) -> DoorRule:
    """Change the rules of a door. Who comes second writes last, and the log holds both, each with what it found.

    Raises BadInput naming the field, also for what the door's hardware cannot keep (problem=hardware)."""
    _check(door, wish)
    (door,) = register.lock(session, [door.id])
    before = asdict(wish_of(session, door))
    row = session.get(DoorRule, door.id, populate_existing=True)
    if row is None:
        row = DoorRule(door_id=door.id, version=0, long_open_s=wish.long_open_s)
        session.add(row)
    for name, value in asdict(wish).items():
        setattr(row, name, value)
    row.version, row.changed_by, row.changed_at = row.version + 1, by, now
    door.version += 1
    session.flush()
    body = {"version": row.version, "rules": asdict(wish), "before": before}
    tell(session, Act(ActKind.DOOR_RULES_CHANGED, now, by, door.ref, body, door.premises_id))
    return row


def told(session: Session, door: Door) -> DoorRules:
    """The rules as the door's list has them."""
    return _told(wish_of(session, door))


def needs_pin(session: Session, doors: Iterable[Door]) -> bool:
    """Whether at any of these doors a card alone does not open."""
    return any(told(session, door).factors > 1 for door in doors)


def _told(wish: RulesWish) -> DoorRules:
    return DoorRules(
        apb=Apb(ApbKind(wish.apb), wish.apb_minutes) if wish.apb else None,
        factors=2 if wish.assurance >= Assurance.TWO_FACTORS else wish.factors,
        interlock=wish.interlock,
        two_person_s=wish.two_person_s,
        long_open_s=wish.long_open_s,
    )


def _by_list(record: Capabilities) -> bool:
    return record.supports_lockdown  # who knows modes speaks our protocol, or is decided by the service


def _check(door: Door, wish: RulesWish) -> None:
    can = kept_by(door.driver)
    if not can.rules:
        raise BadInput(field="apb", problem="hardware")
    if wish.factors > 1 and not can.two_factors:
        raise BadInput(field="factors", problem="hardware")
    if wish.assurance > can.highest:
        raise BadInput(field="assurance", problem="hardware")
    if wish.apb == "timed" and not 1 <= wish.apb_minutes <= MOST_MINUTES:
        raise BadInput(field="apb_minutes", problem="range", least=1, most=MOST_MINUTES)
    if wish.two_person_s and wish.two_person_s not in TWO_PERSON_S:
        raise BadInput(field="two_person_s", problem="range", least=5, most=60)
    if not 1 <= wish.long_open_s <= MOST_OPEN_S:
        raise BadInput(field="long_open_s", problem="range", least=1, most=MOST_OPEN_S)
    if not _AREA.match(wish.apb_area):
        raise BadInput(field="apb_area", problem="too_long")
