"""What happened to the demo's times: heads told, a no-show or two, a mess, a swap, a time that had to give way."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from random import Random

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from booking.happenings.models import SanctionKind
from booking.ids import PersonId
from booking.life import attendance, door_links, incidents, no_shows, penalties, recalls, recording, substitutes, swaps
from booking.life.attendance import Heads
from booking.life.incidents import Incident
from booking.life.penalties import Measure
from booking.life.recalls import Cause
from booking.models import Booking, Occurrence, OccurrenceState, Organisation, Person, Space
from web.clock import HELSINKI
from web.demo.town import Built

UNTOLD = 4  # of the latest times: so that there is something to tap


def fill(
    session: Session, built: Built, persons: Mapping[str, Person], whose: Mapping[str, Organisation], *, now: datetime
) -> None:
    """Let the past week have happened, and something of the next one change."""
    manager = persons["manager"].id
    past, ahead = _times(session, now, past=True), _times(session, now, past=False)
    for house in ("park", "house"):
        door_links.make(session, built.houses[house], None, by=manager, now=now - timedelta(days=20))
    empty, objected, dirty = past[0], past[1], past[2]
    _tell_heads(session, past[3:-UNTOLD])
    _nobody_came(session, empty, objected, now)
    seen = Incident("dirty", "Lattialla maalia ja liimaa, siivous tilattiin", 8500)
    incidents.note(session, dirty, seen, by=persons["caretaker"].id, now=dirty.ends_at + timedelta(hours=1))
    _warn(session, built, whose["dance"], manager, now)
    _swap(session, ahead, now)
    _give_way(session, ahead[6:], manager, now)


def _times(session: Session, now: datetime, *, past: bool) -> list[Occurrence]:
    """The booked times that are over, oldest first, or those to come, the next first."""
    query = (
        select(Occurrence)
        .where(Occurrence.state == OccurrenceState.CONFIRMED.value)
        .where(Occurrence.ends_at <= now if past else Occurrence.starts_at > now + timedelta(days=2))
        .options(
            joinedload(Occurrence.space).joinedload(Space.premises),
            joinedload(Occurrence.booking).joinedload(Booking.organisation),
            joinedload(Occurrence.booking).joinedload(Booking.holder),
        )
        .order_by(Occurrence.starts_at, Occurrence.id)
    )
    return list(session.scalars(query))


def _tell_heads(session: Session, rows: Sequence[Occurrence]) -> None:
    """Groups tell as expected, or by age; some tell a few less than were booked."""
    dice = Random(7)
    for row in rows:
        people = max(1, row.booking.people - dice.randrange(4))
        children = row.booking.audience.get("group") == "children"
        groups = {"7_12": people - people // 3 - 2, "13_17": people // 3, "20_64": 2} if people > 6 and children else {}
        heads = Heads(groups=groups) if groups else attendance.expected(row)
        attendance.tell_heads(session, row, heads, by=row.booking.holder_id, now=row.ends_at)


def _nobody_came(session: Session, empty: Occurrence, objected: Occurrence, now: datetime) -> None:
    """Two no-shows as doors saw them: one waits, the other is objected to."""
    for row in (empty, objected):
        since, until = row.starts_at - timedelta(minutes=row.space.door_lead_min), row.ends_at
        door = {"door": row.space.premises.name_fi, "online": True, "clock": "synced", "events_waiting": 0}
        door |= {"online_since": (since - timedelta(days=3)).isoformat(), "last_heard_at": until.isoformat()}
        evidence = {"from": since.isoformat(), "to": until.isoformat(), "doors": [door]}
        found = no_shows.propose(session, row, evidence, row.ends_at)
        if row is objected:
            said = "Kokoonnuimme pihalla, koska oli kaunis ilma."
            recording.object_to(session, found, words=said, by=row.booking.holder_id, now=now - timedelta(hours=5))


def _warn(session: Session, built: Built, whose: Organisation, by: PersonId, now: datetime) -> None:
    day = now.astimezone(HELSINKI).date()
    measure = Measure(
        SanctionKind.WARNING, "all", day - timedelta(days=6), None, "Sali jätettiin kahdesti siivoamatta."
    )
    penalties.give_new(session, whose, built.houses["park"].id, measure, by=by, now=now - timedelta(days=6))


def _swap(session: Session, ahead: Sequence[Occurrence], now: datetime) -> None:
    """The scouts have reported a swap with somebody of the same house."""
    for one in ahead:
        others = swaps.candidates(session, one, now)
        if one.booking.organisation.name.startswith("Partio") and others:
            swaps.ask(session, one, others[0], by=one.booking.holder_id, now=now - timedelta(hours=3))
            return


def _give_way(session: Session, ahead: Sequence[Occurrence], by: PersonId, now: datetime) -> None:
    """A storm has broken a window: a time has to give way, and its group may take what is offered instead."""
    for row in ahead:
        if substitutes.free_equivalents(session, row, now):
            why = {"reason": "Ikkuna rikki", "override": ""}
            recalls.recall(session, [row], cause=Cause.FORCE_MAJEURE, **why, by=by, now=now)
            return
