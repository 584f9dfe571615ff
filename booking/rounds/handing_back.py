"""Handing a granted weekly slot back, from a day on or for single dates; and finding what became free otherwise."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from booking.acts import Act, ActKind, tell
from booking.availability import timetables
from booking.core.span import Span
from booking.ids import PersonId, SpaceId
from booking.life import cancelling
from booking.life.cancelling import CancelSum
from booking.models import Booking, Occurrence, OccurrenceState
from booking.practice import practice
from booking.refusals import BadInput, NotNow
from booking.rounds import offering, waiting
from booking.rounds.decision_models import RoundUndo
from booking.rounds.grants import ahead_of, booking_ids, day_of, loaded, minutes_of, organisation_of, times_of, whole
from booking.rounds.models import Round, RoundState
from booking.rounds.plan_models import GrantState, SlotGrant
from booking.rounds.season_models import FreedSlot, GrantException, GrantYear, SlotOffer, WaitingEntry

_SAME = {"cancelled": ("cancelled", "hand_back"), "opened": ("opened",)}
GONE = (GrantState.DECLINED.value, GrantState.LAPSED.value)


@dataclass(frozen=True, slots=True)
class HandedBack:
    """The dates that were given back, what it costs, and whom they were offered to at once."""

    rows: tuple[Occurrence, ...]
    costs: CancelSum
    slots: tuple[str, ...]
    offers: tuple[SlotOffer, ...]


def reached(
    session: Session, grant: SlotGrant, *, from_on: date, last_on: date | None, now: datetime
) -> list[Occurrence]:
    """The dates that handing back would give up: from a day on, to the end or to a last day."""
    rows = ahead_of(times_of(session, grant), now, from_on=from_on)
    return [row for row in rows if last_on is None or day_of(row) <= last_on]


def look(
    session: Session, grant: SlotGrant, *, from_on: date, last_on: date | None, now: datetime
) -> tuple[list[Occurrence], CancelSum]:
    """The dates, and what the rulebook asks for them. Nothing is changed."""
    rows = reached(session, grant, from_on=from_on, last_on=last_on, now=now)
    return rows, cancelling.fees(session, rows, now)


def hand_back(
    session: Session,
    grant: SlotGrant,
    *,
    from_on: date,
    last_on: date | None,
    by: PersonId,
    now: datetime,
    reason: str = "",
) -> HandedBack:
    """Give the dates back: what the rulebook asks for it is owed, the waiting list is asked at once. Without a last day
    the grant ends, also for its further years. Raises NotNow, BadInput (from_on) when there is no date to give."""
    if grant.state != GrantState.BOOKED:
        raise NotNow(state=grant.state)
    rows = reached(session, grant, from_on=from_on, last_on=last_on, now=now)
    if not rows:
        raise BadInput(field="from_on", problem="no_granted_dates")
    _turns(session, grant, rows)
    costs = cancelling.cancel(session, rows, by=by, now=now, reason=reason or "handed_back")
    if last_on is None:
        _end(session, grant, from_on, reason, by, now)
    whose = organisation_of(grant).ref
    body = {"from_on": from_on.isoformat(), "last_on": last_on and last_on.isoformat(), "dates": len(rows)}
    act = Act(ActKind.GRANT_HANDED_BACK, now, by, grant.ref, body | {"organisation": whose}, None, (by,))
    tell(session, act)
    slots = [slot.ref for slot in _freed(session, grant, rows, "hand_back", now)]
    made = [offering.move_on(session, ref, now) for ref in slots]
    return HandedBack(tuple(rows), costs, tuple(slots), tuple(one for one in made if one is not None))


def find_freed(session: Session, now: datetime) -> list[FreedSlot]:
    """Slots of grants that became free otherwise: times cancelled on their own pages (once it cannot be undone),
    grants declined or lapsed, and times that had to give way to a closing that is no more."""
    return [*_cancelled(session, now), *_declined(session, now), *_opened(session, now)]


def _end(session: Session, grant: SlotGrant, from_on: date, reason: str, by: PersonId, now: datetime) -> None:
    if not ahead_of(times_of(session, grant), now):
        grant.state, grant.ended_at = GrantState.HANDED_BACK.value, now
    values = {"kind": "ended", "first_on": from_on, "reason": reason, "made_by": by, "made_at": now}
    session.add(GrantException(grant_id=grant.id, **values))
    session.flush()


def _turns(session: Session, grant: SlotGrant, rows: Sequence[Occurrence]) -> None:
    """Locks whoever may be asked, before anything is let go (offering)."""
    entries: dict[int, WaitingEntry] = {}
    for start_min, end_min, space, days in _slots(rows):
        found = waiting.whom(session, grant.round, space, days[0].weekday(), (start_min, end_min))
        entries |= {one.id: one for _, one, _ in found}
    offering.take_turns(session, entries.values())


def _slots(rows: Sequence[Occurrence]) -> list[tuple[int, int, SpaceId, list[date]]]:
    """Dates put together where they are at one time of one weekday in one space: (start, end, space, days)."""
    found: dict[tuple[int, int, SpaceId, int], list[date]] = defaultdict(list)
    for row in rows:
        start_min, end_min = minutes_of(row)
        if end_min <= 1440:
            found[(start_min, end_min, row.space_id, day_of(row).weekday())].append(day_of(row))
    return [(start, end, space, sorted(days)) for (start, end, space, _), days in sorted(found.items())]


def _freed(session: Session, grant: SlotGrant, rows: Sequence[Occurrence], why: str, now: datetime) -> list[FreedSlot]:
    spaces = {row.space_id: row.space for row in rows}
    return [
        offering.free(
            session,
            round_id=grant.round_id,
            grant=grant.id,
            space=spaces[space],
            minutes=(start_min, end_min),
            days=days,
            why=why,
            key=offering.key_of(why, f"{grant.ref}:{start_min}:{space}:{now.isoformat()}", days),
            now=now,
        )
        for start_min, end_min, space, days in _slots(rows)
    ]


def _cancelled(session: Session, now: datetime) -> list[FreedSlot]:
    settled = now - timedelta(minutes=practice("undo_min"))
    rows = _of_grants(session, OccurrenceState.CANCELLED, now)
    late = [row for row in rows if row.cancelled_at is not None and row.cancelled_at <= settled]
    return _noted(session, late, "cancelled", now)


def _opened(session: Session, now: datetime) -> list[FreedSlot]:
    """Times that had to give way where nothing stands against them any more: their own organisation is asked first."""
    rows = _of_grants(session, OccurrenceState.DISPLACED, now)
    open_again = [row for row in rows if _is_free(session, row, now)]
    made = _noted(session, open_again, "opened", now)
    for slot in made:
        _ask_own_first(session, slot, now)
    return made


def _is_free(session: Session, row: Occurrence, now: datetime) -> bool:
    span = Span(row.starts_at, row.ends_at)
    window = span.widened(before_min=1440, after_min=1440)
    return not timetables(session, [row.space], window, now)[row.space_id].obstacles(span, now)


def _ask_own_first(session: Session, slot: FreedSlot, now: datetime) -> None:
    """A place before all others for whom the times were taken from, for this very slot."""
    assert slot.grant_id is not None
    grant = session.scalars(select(SlotGrant).where(SlotGrant.id == slot.grant_id).options(*loaded())).one()
    booking = session.get_one(Booking, grant.booking_id)
    session.add(
        WaitingEntry(
            round_id=slot.round_id,
            organisation_id=booking.organisation_id,
            group_id=booking.group_id,
            contact_id=booking.holder_id,
            title=booking.title,
            purpose=booking.purpose,
            people=booking.people,
            audience=booking.audience,
            min_minutes=slot.end_min - slot.start_min,
            windows=[{"weekday": slot.weekday, "start_min": slot.start_min, "end_min": slot.end_min}],
            places=[{"space": slot.space.ref}],
            class_rank=offering.BEFORE_ALL,
            asked_at=now,
            made_by=booking.holder_id,
        )
    )
    session.flush()


def _of_grants(session: Session, state: OccurrenceState, now: datetime) -> list[Occurrence]:
    """Times to come of booked grants in this state, whose days are in no freed slot of the grant yet."""
    undone = select(RoundUndo.round_id).where(RoundUndo.done_at.is_(None))  # its times are cancelled to be gone
    booked = (SlotGrant.state == GrantState.BOOKED.value) & SlotGrant.round_id.not_in(undone)
    first = select(SlotGrant.booking_id).where(booked, SlotGrant.booking_id.is_not(None))
    years = select(GrantYear.booking_id).join(SlotGrant, SlotGrant.id == GrantYear.grant_id).where(booked)
    query = select(Occurrence).where(Occurrence.booking_id.in_(first.union(years)), Occurrence.state == state.value)
    query = query.where(Occurrence.starts_at > now, Occurrence.reason != "left_out")
    return list(session.scalars(query.options(*whole()).order_by(Occurrence.starts_at)))


def _noted(session: Session, rows: Sequence[Occurrence], why: str, now: datetime) -> list[FreedSlot]:
    """A freed slot for each grant of these times, without the days that are noted already."""
    found: list[FreedSlot] = []
    for grant in _grants(session, rows):
        told = select(FreedSlot.days).where(FreedSlot.grant_id == grant.id, FreedSlot.why.in_(_SAME[why]))
        known = {day for days in session.scalars(told) for day in days}
        ids = set(booking_ids(session, grant))
        mine = [row for row in rows if row.booking_id in ids and day_of(row).isoformat() not in known]
        found += _freed(session, grant, mine, why, now)
    return found


def _grants(session: Session, rows: Sequence[Occurrence]) -> list[SlotGrant]:
    ids = {row.booking_id for row in rows}
    years = select(GrantYear.grant_id).where(GrantYear.booking_id.in_(ids))
    query = select(SlotGrant).where(or_(SlotGrant.booking_id.in_(ids), SlotGrant.id.in_(years))).order_by(SlotGrant.id)
    return list(session.scalars(query.options(*loaded())))


def _declined(session: Session, now: datetime) -> list[FreedSlot]:
    """Grants of decided rounds that nobody has: their slot on all its days to come."""
    query = select(SlotGrant).join(Round, Round.id == SlotGrant.round_id).where(SlotGrant.state.in_(GONE))
    there = select(FreedSlot.grant_id).where(FreedSlot.why == "declined", FreedSlot.grant_id.is_not(None))
    query = query.where(Round.state == RoundState.DECIDED.value, SlotGrant.id.not_in(there)).options(*loaded())
    found = []
    for grant in session.scalars(query):
        days = _days_to_come(grant, now)
        if days:
            found.append(
                offering.free(
                    session,
                    round_id=grant.round_id,
                    grant=grant.id,
                    space=grant.space,
                    minutes=(grant.start_min, grant.end_min),
                    days=days,
                    why="declined",
                    key=f"declined:{grant.ref}",
                    now=now,
                )
            )
    return found


def _days_to_come(grant: SlotGrant, now: datetime) -> list[date]:
    today = now.astimezone(ZoneInfo(grant.space.premises.zone)).date()
    first = max(grant.round.first_on, today + timedelta(days=1))
    first += timedelta(days=(grant.weekday - first.weekday()) % 7)
    return [first + timedelta(weeks=n) for n in range(60) if first + timedelta(weeks=n) <= grant.round.last_on]
