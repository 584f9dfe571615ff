"""Samples for codes lent to visitors, stand-ins, the phone button, and metal keys."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from sqlalchemy.orm import Session

from access import card_showings, metal_keys, pin_codes, screens, stand_ins
from access.code_models import DoorScreen, PhoneOpening, VisitorCode
from access.keys import credential_key
from access.models import Purpose
from booking.roles import Role
from tests import make
from tests.web.samples_staff import VAULT, door_of
from tests.web.town import NOW, Town

CODE = "493817"


def visitor_code(session: Session, town: Town) -> str:
    """A code for the piano tuner, made by the booker for the troop's evening."""
    door, time = door_of(session, town), town.occurrence
    at = (CODE, {door.id: credential_key(VAULT, door)})
    made = pin_codes.add(
        session, VAULT, time.booking, town.booker.id, at, NOW, purpose=Purpose.VISITOR, label="Pianonvirittäjä"
    )
    row = VisitorCode(credential_id=made.id, occurrence_id=time.id, label=made.label, uses=2, made_at=NOW)
    row.starts_at, row.ends_at = time.starts_at, time.ends_at
    session.add(row)
    session.flush()
    return made.ref


def stand_in(session: Session, town: Town) -> str:
    someone = make.person(session, "Sisko Sijainen")
    return stand_ins.give(session, town.occurrence, someone, instead=True, by=town.booker.id, now=NOW).ref


def opening(session: Session, town: Town) -> str:
    row = PhoneOpening(door_id=door_of(session, town).id, person_id=town.booker.id, user_seq=1, at=NOW)
    row.outcome, row.reason = "no_right", "too_early"
    session.add(row)
    session.flush()
    return row.ref


def screen(session: Session, town: Town) -> DoorScreen:
    door = door_of(session, town)
    made = screens.of_door(session, door)
    return made[0] if made else screens.make(session, door, by=town.people[Role.MANAGER].id, now=NOW)


def showing(session: Session, town: Town) -> str:
    by = town.booker.id
    return card_showings.begin(session, door_of(session, town), town.booker, by=by, now=NOW).ref


def key(session: Session, town: Town) -> str:
    by = town.people[Role.CARETAKER].id
    row = metal_keys.add(session, town.premises, "A12", "Ulko-ovi", kept_at="Vahtimestari", by=by, now=NOW)
    today = NOW.date()
    wish = metal_keys.HandOut(town.booker, today + timedelta(days=7), None, 2000)
    metal_keys.hand_out(session, row, wish, by=by, now=NOW, today=today)
    return row.ref


SAMPLES: dict[str, Callable[[Session, Town], str]] = {
    "code_ref": visitor_code,
    "stand_in_ref": stand_in,
    "opening_ref": opening,
    "secret": lambda session, town: screen(session, town).secret,
    "screen_ref": lambda session, town: screen(session, town).ref,
    "showing_ref": showing,
    "key_ref": key,
}
