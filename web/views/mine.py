"""My bookings: the next ones first, with where the right to the doors is, and what is over."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from access import stand_ins
from access.pin_codes import live_pin
from access.status import DoorRight, right_status
from booking.models import Occurrence, Person
from booking.own_times import ahead_of, past_of
from web.after_use import after_use
from web.auth import SIGNED_IN, organisations, requires, signed_in
from web.clock import now
from web.db import reading

bp = Blueprint("mine", __name__)
MOST_DOORS, MOST_AHEAD, MOST_PAST = 6, 60, 20


@dataclass(frozen=True, slots=True)
class Own:
    """One time of mine: its local day, its doors (for the next ones), and whether there is a code for me to see."""

    row: Occurrence
    zone: ZoneInfo
    doors: tuple[DoorRight, ...]
    has_code: bool

    @property
    def day(self) -> date:
        return self.row.starts_at.astimezone(self.zone).date()


@bp.get("/mine")
@requires(SIGNED_IN)
def show() -> ResponseReturnValue:
    person, acting = signed_in(), [one.id for one in organisations()]
    with reading() as db:
        ahead = ahead_of(db, person.id, acting, now())
        past = past_of(db, person.id, acting, now(), most=MOST_PAST)
        return render_template(
            "mine/show.html",
            ahead=[own(db, person, row, now(), doors=n < MOST_DOORS) for n, row in enumerate(ahead[:MOST_AHEAD])],
            more=max(0, len(ahead) - MOST_AHEAD),
            past=[own(db, person, row, now(), doors=False) for row in past],
            standing=stand_ins.of_person(db, person.id, now()),
            after=after_use(db, acting, [*ahead, *past], now()),
        )


def own(db: Session, person: Person, row: Occurrence, at: datetime, *, doors: bool) -> Own:
    return Own(
        row,
        ZoneInfo(row.space.premises.zone),
        tuple(right_status(db, row.id, at)) if doors else (),
        doors and live_pin(db, row.booking_id, person.id) is not None,
    )
