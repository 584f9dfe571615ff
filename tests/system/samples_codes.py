"""What the demo's people lent each other, as addresses need it."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import select

from access import card_showings, credentials
from access.code_models import DoorScreen, PhoneOpening, StandIn, VisitorCode
from access.metal_key_models import KeyLoan, MetalKey
from access.models import Credential, Door
from booking.db import reading
from booking.models import Booking, Occurrence
from tests.system.town import Town


def samples(town: Town, now: datetime) -> dict[str, str]:
    """Of the demo's seed, and a card of Sini's that was blocked, one she is to show, and a press of hers."""
    return _seeded(town) | _done(town, now)


def _seeded(town: Town) -> dict[str, str]:
    with reading(town.sessions) as session:
        code = session.scalars(select(Credential.ref).join(VisitorCode)).one()
        given = session.execute(
            select(StandIn.ref, Booking.ref)
            .join(Occurrence, Occurrence.id == StandIn.occurrence_id)
            .join(Booking, Booking.id == Occurrence.booking_id)
        ).one()
        key = session.scalars(select(MetalKey.ref).join(KeyLoan).order_by(KeyLoan.due_on)).first()
        free = select(MetalKey.ref).where(MetalKey.id.not_in(select(KeyLoan.key_id)))
        hall = select(Door.id).where(Door.controller_id == "park-hall").scalar_subquery()
        screen = session.scalars(select(DoorScreen.secret).where(DoorScreen.door_id == hall)).one()
        made = {"code_ref": code, "stand_in_ref": given[0], "lent_ref": given[1], "key_ref": key or ""}
        return made | {"free_key_ref": session.scalars(free).first() or "", "screen_secret": screen}


def _done(town: Town, now: datetime) -> dict[str, str]:
    sini = town.person("Sini")
    with town.sessions.begin() as session:
        hall = session.scalars(select(Door).where(Door.controller_id == "park-hall")).one()
        lost = Credential(person_id=sini.id, kind="card", label="Vanha kortti", enrolled_at=now - timedelta(days=9))
        session.add(lost)
        session.flush()
        credentials.revoke(session, lost.ref, by=sini.id, now=now, why="lost")
        showing = card_showings.begin(session, hall, sini, by=sini.id, now=now)
        press = PhoneOpening(door_id=hall.id, person_id=sini.id, user_seq=1, at=now, outcome="no_right")
        session.add(press)
        session.flush()
        return {"blocked_card_ref": lost.ref, "showing_ref": showing.ref, "opening_ref": press.ref}
