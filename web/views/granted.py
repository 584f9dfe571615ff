"""The page of a granted weekly slot: its dates with the sessions inside them, and what can be done with it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from flask import Blueprint, g, render_template
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from access.pin_codes import live_pin
from booking.models import OCCUPYING, Booking, Occurrence
from booking.rounds import grant_swaps, inside, years
from booking.rounds.grants import day_of, minutes_of, organisation_of, times_of
from booking.rounds.plan_models import GrantState, SlotGrant
from booking.rounds.season_models import GroupSession
from web import auth, grant_access
from web.auth import SIGNED_IN, requires, signed_in
from web.clock import now
from web.db import reading
from web.workplaces import KEEPERS

bp = Blueprint("granted", __name__, url_prefix="/grants/<granted_ref>")


@dataclass(frozen=True, slots=True)
class GrantedDate:
    """One date with the sessions of groups in it; `unusual`: it is not at the granted place and time."""

    row: Occurrence
    sessions: tuple[GroupSession, ...]
    unusual: bool

    @property
    def booked(self) -> bool:
        return self.row.state in OCCUPYING


@bp.get("")
@requires(SIGNED_IN)
def show(granted_ref: str) -> ResponseReturnValue:
    with reading() as db:
        grant = grant_access.seen_grant(db, granted_ref)
        dates = dates_of(db, grant, now())
        ahead = [one for one in dates if one.row.ends_at > now() and one.booked]
        return render_template(
            "granted/show.html",
            grant=grant,
            whose=organisation_of(grant),
            ahead=ahead,
            coded=coded(db, [one.row for one in ahead]),
            left_out=[one.row for one in dates if not one.booked and one.row.ends_at > now()],
            swaps=grant_swaps.of_grant(db, grant),
            exceptions=years.exceptions_of(db, grant),
            may=may(db, grant),
        )


def may(db: Session, grant: SlotGrant) -> dict[str, bool]:
    """What this person may do with it now."""
    booked = grant.state == GrantState.BOOKED
    speaks = grant_access.acts(grant)
    return {
        "sessions": booked and (speaks or bool(grant_access.own_groups(db, grant))),
        "swap": booked and speaks,
        "hand_back": booked and (speaks or grant_access.runs(grant)),
        "years": booked and grant.round.grant_years > 1 and grant_access.runs(grant),
        "recall": bool(g.person) and auth.works_at(grant.space.premises_id, *KEEPERS),
    }


def coded(db: Session, rows: Sequence[Occurrence]) -> Booking | None:
    """The booking for which this person has a door code of their own, as a coach without a card does."""
    mine = (row.booking for row in rows if live_pin(db, row.booking_id, signed_in().id) is not None)
    return next(mine, None)


def dates_of(db: Session, grant: SlotGrant, at: datetime) -> list[GrantedDate]:
    """Every date in order, with what groups have in it."""
    there = inside.of_grant(db, grant, at)
    return [_dated(grant, row, there) for row in times_of(db, grant)]


def _dated(grant: SlotGrant, row: Occurrence, there: Sequence[GroupSession]) -> GrantedDate:
    usual = (grant.space_id, grant.weekday, (grant.start_min, grant.end_min))
    found = (row.space_id, day_of(row).weekday(), minutes_of(row))
    return GrantedDate(row, tuple(one for one in there if one.occurrence_id == row.id), found != usual)
