"""What the demo's people lend each other: a code for the piano tuner, one evening, metal keys; and screens by doors."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import date, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from access import metal_keys, screens, stand_ins, visitor_codes
from access.keys import Vault
from access.metal_keys import HandOut
from access.visitor_codes import VisitorWish
from booking.core.span import Span
from booking.models import Booking, Occurrence, OccurrenceState, Person, Space
from booking.refusals import NotNow
from web.demo.town import Built

KEYS = (
    ("school", "K-12", "Ulko-ovi ja liikuntasali", "Vahtimestarin huone, arkisin 8–15"),
    ("school", "K-13", "Ulko-ovi ja musiikkiluokka", "Vahtimestarin huone, arkisin 8–15"),
    ("park", "P-3", "Varastokaappi salissa", "Henkilökunnan huone"),
)


def fill(
    session: Session, vault: Vault, built: Built, persons: Mapping[str, Person], *, now: datetime, today: date
) -> None:
    """The association house uses duress codes; one key is overdue."""
    built.houses["house"].duress_codes = True
    by = persons["caretaker"].id
    for place, number, opens, kept_at in KEYS:
        metal_keys.add(session, built.houses[place], number, opens, kept_at=kept_at, by=by, now=now)
    keys = metal_keys.at_premises(session, [built.houses["school"].id])
    for key, who, due_on in zip(
        keys, ("volunteer", "leader"), (today - timedelta(9), today + timedelta(30)), strict=True
    ):
        wish = HandOut(persons[who], max(due_on, today), None, 2000)
        loan = metal_keys.hand_out(session, key, wish, by=by, now=now - timedelta(40), today=today)
        loan.due_on = due_on
    for name in ("park-hall", "school-hall"):
        screens.make(session, built.doors[name], by=persons["manager"].id, now=now)
    _lend(session, vault, persons, _times(session, persons["scout"], now), now)


def _times(session: Session, holder: Person, now: datetime) -> Sequence[Occurrence]:
    query = select(Occurrence).join(Booking).where(Booking.holder_id == holder.id, Occurrence.starts_at > now)
    query = query.where(Occurrence.state == OccurrenceState.CONFIRMED.value).order_by(Occurrence.starts_at)
    loaded = (
        joinedload(Occurrence.booking).joinedload(Booking.holder),
        joinedload(Occurrence.space).joinedload(Space.premises),
    )
    return session.scalars(query.options(*loaded)).all()


def _lend(
    session: Session, vault: Vault, persons: Mapping[str, Person], times: Sequence[Occurrence], now: datetime
) -> None:
    """The next time has a code for the piano tuner and a stand-in beside the holder."""
    for row in times:
        with suppress(NotNow):
            wish = VisitorWish("Pianonvirittäjä", Span(row.starts_at, row.starts_at + timedelta(minutes=30)), 2)
            visitor_codes.make(session, vault, row, wish, by=row.booking.holder_id, now=now)
            stand_ins.give(session, row, persons["leader"], instead=False, by=row.booking.holder_id, now=now)
            return
