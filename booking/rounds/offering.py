"""Freed slots held and offered to the next of the waiting list, one after the other, until somebody takes them.

While an offer is open a held booking of the one asked keeps the dates; between two offers of a slot there is no moment
in which they are free. When nobody is left to ask, the slot is left over for everybody.

Locks go in one order: the slot, then the organisations and persons who may be asked, then occurrences (limits.turns).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import date, datetime, timedelta
from hashlib import sha256
from itertools import pairwise
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload
from sqlalchemy.sql.base import ExecutableOption

from booking.acts import Act, ActKind, tell
from booking.bookings import booking_of, confirm, hold, let_go
from booking.core.opening import public_holidays
from booking.core.pattern import Pattern
from booking.core.span import local
from booking.ids import PersonId
from booking.limits.turns import take_turn
from booking.models import OCCUPYING, Booking, OccurrenceState, Space
from booking.occupying import vacate
from booking.practice import practice
from booking.refusals import NotFound, NotNow, Refusal
from booking.rounds.ids import RoundId, SlotGrantId
from booking.rounds.season_models import (
    FreedSlot,
    FreedState,
    OfferState,
    SlotOffer,
    WaitingEntry,
    WaitingState,
)
from booking.rounds.waiting import Candidate, Minutes, for_slot
from booking.wish import Wish

BEFORE_ALL = -1  # the class of whom a time was taken from, for that time


def free(
    session: Session,
    *,
    round_id: RoundId,
    grant: SlotGrantId | None,
    space: Space,
    minutes: Minutes,
    days: Sequence[date],
    why: str,
    key: str,
    now: datetime,
) -> FreedSlot:
    """Note that these dates of a weekly slot are free. The same `key` again is the same slot. Nothing is held yet:
    `move_on` in the same transaction does it."""
    there = session.scalar(select(FreedSlot).where(FreedSlot.key == key))
    if there is not None:
        return there
    row = FreedSlot(
        key=key,
        round_id=round_id,
        grant_id=grant,
        space_id=space.id,
        weekday=days[0].weekday(),
        start_min=minutes[0],
        end_min=minutes[1],
        days=[day.isoformat() for day in days],
        why=why,
        freed_at=now,
    )
    session.add(row)
    session.flush()
    body = {"why": why, "days": row.days, "space": space.ref, "start_min": minutes[0], "end_min": minutes[1]}
    tell(session, Act(ActKind.SLOT_FREED, now, None, row.ref, body, space.premises_id))
    return row


def key_of(why: str, ref: str, days: Iterable[date]) -> str:
    """The key of dates freed together."""
    told = sha256(",".join(day.isoformat() for day in days).encode()).hexdigest()[:16]
    return f"{why}:{ref}:{told}"


def take_turns(session: Session, entries: Iterable[WaitingEntry]) -> None:
    """Nobody else books for any of these until the commit: asked for before anything is let go."""
    for one in sorted(entries, key=lambda entry: (entry.organisation_id, entry.contact_id)):
        take_turn(session, one.organisation_id, one.contact_id)


def move_on(session: Session, ref: str, now: datetime) -> SlotOffer | None:
    """The next step of a freed slot: its open offer lapses when its time is over, and the next one is asked. The new
    offer, where one was made. Of two at once only one does it."""
    slot = _locked(session, ref)
    if slot.state == FreedState.OFFERED:
        return _lapse(session, slot, now)
    return _ask_next(session, slot, for_slot(session, slot), now) if slot.state == FreedState.OPEN else None


def due(session: Session, now: datetime) -> list[str]:
    """The freed slots for which there is something to do."""
    lapsed = select(SlotOffer.slot_id).where(SlotOffer.state == OfferState.OPEN.value, SlotOffer.until_at <= now)
    query = select(FreedSlot.ref).where(
        (FreedSlot.state == FreedState.OPEN.value)
        | ((FreedSlot.state == FreedState.OFFERED.value) & FreedSlot.id.in_(lapsed))
    )
    return list(session.scalars(query.order_by(FreedSlot.id)))


def accept(session: Session, ref: str, *, by: PersonId, now: datetime) -> Booking:
    """Take the offered dates: they are booked by the rules of now. Raises NotFound, NotNow when the offer is answered
    or its time is over, and what `bookings.confirm` raises."""
    offer = _open_offer(session, ref, now)
    booking = confirm(session, offer.booking_ref, by=by, now=now)
    offer = offer_of(session, ref)
    _answer(session, offer, OfferState.ACCEPTED, by, now)
    _taken(session, offer, now)
    return booking


def decline(session: Session, ref: str, *, by: PersonId, now: datetime) -> SlotOffer | None:
    """Say no; the next one is asked at once. The offer made to them. Raises NotFound, NotNow."""
    offer = _open_offer(session, ref, now)
    return _pass_on(session, offer, OfferState.DECLINED, by, now)


def offer_of(session: Session, ref: str) -> SlotOffer:
    """Raises NotFound."""
    found = session.scalar(
        select(SlotOffer).where(SlotOffer.ref == ref).options(*_loaded()).execution_options(populate_existing=True)
    )
    if found is None:
        raise NotFound(what="offer")
    return found


def open_offers(session: Session, entries: Sequence[WaitingEntry]) -> list[SlotOffer]:
    """The offers open to these, the one that lapses first before the others."""
    mine = SlotOffer.entry_id.in_([one.id for one in entries]), SlotOffer.state == OfferState.OPEN.value
    return list(session.scalars(select(SlotOffer).where(*mine).options(*_loaded()).order_by(SlotOffer.until_at)))


def untold(session: Session) -> list[SlotOffer]:
    """Open offers that no letter has told of."""
    query = select(SlotOffer).where(SlotOffer.state == OfferState.OPEN.value, SlotOffer.told_at.is_(None))
    return list(session.scalars(query.options(*_loaded()).order_by(SlotOffer.id)))


def until(now: datetime, zone: ZoneInfo) -> datetime:
    """How long an offer made now can be accepted: some hours, and at least until noon of the next working day."""
    day = now.astimezone(zone).date() + timedelta(days=1)
    while day.weekday() > 4 or day in public_holidays(day.year):
        day += timedelta(days=1)
    least = local(day, practice("offer_least_until_min"), zone)
    return max(now + timedelta(hours=practice("offer_hours")), least)


def _locked(session: Session, ref: str) -> FreedSlot:
    query = select(FreedSlot).where(FreedSlot.ref == ref).with_for_update(key_share=True, of=FreedSlot)
    query = query.options(joinedload(FreedSlot.round), joinedload(FreedSlot.space).joinedload(Space.premises))
    found = session.scalar(query.execution_options(populate_existing=True))
    if found is None:
        raise NotFound(what="slot")
    return found


def _open_offer(session: Session, ref: str, now: datetime) -> SlotOffer:
    """The offer with its slot locked, when it can still be answered."""
    _locked(session, offer_of(session, ref).slot.ref)
    offer = offer_of(session, ref)
    if offer.state != OfferState.OPEN or offer.until_at <= now:
        raise NotNow(state=offer.state if offer.state != OfferState.OPEN else "lapsed")
    return offer


def _lapse(session: Session, slot: FreedSlot, now: datetime) -> SlotOffer | None:
    mine = SlotOffer.slot_id == slot.id, SlotOffer.state == OfferState.OPEN.value
    offer = session.scalar(select(SlotOffer).where(*mine).options(*_loaded()))
    if offer is None or offer.until_at > now:
        return None
    if _booked(session, offer):  # confirmed on the page of the booking, which shows its holder the same dates
        _answer(session, offer, OfferState.ACCEPTED, offer.entry.contact_id, now)
        _taken(session, offer, now)
        return None
    return _pass_on(session, offer, OfferState.LAPSED, None, now)


def _booked(session: Session, offer: SlotOffer) -> bool:
    try:
        booking = booking_of(session, offer.booking_ref)
    except NotFound:
        return False
    return any(row.state in OCCUPYING and row.state != OccurrenceState.HELD for row in booking.occurrences)


def _pass_on(
    session: Session, offer: SlotOffer, state: OfferState, by: PersonId | None, now: datetime
) -> SlotOffer | None:
    """Let the dates go and hold them for the next one, in one breath."""
    slot_ref = offer.slot.ref
    _answer(session, offer, state, by, now)
    _only_this_once(offer.entry, now)
    offer.slot.state = FreedState.OPEN.value
    session.flush()
    take_turns(session, [one for _, one, _ in for_slot(session, offer.slot)])
    with suppress(NotFound):  # swept away after the grace hours, when nothing had come to ask the next one
        let_go(session, offer.booking_ref)  # forgets all that was loaded
    slot = _locked(session, slot_ref)
    return _ask_next(session, slot, for_slot(session, slot), now)


def _ask_next(session: Session, slot: FreedSlot, candidates: Sequence[Candidate], now: datetime) -> SlotOffer | None:
    asked = set(session.scalars(select(SlotOffer.entry_id).where(SlotOffer.slot_id == slot.id)))
    days = [day for day in map(date.fromisoformat, slot.days) if day > now.astimezone(_zone(slot)).date()]
    weekly = slot.why == "opened" or len(days) >= practice("offer_least_dates")
    for rank, entry, minutes in candidates if weekly and days else ():
        if entry.id in asked:
            continue
        made = _held_for(session, slot, entry, rank, minutes, days, now)
        if made is not None:
            return made
        _only_this_once(entry, now)
    _left_over(session, slot, now)
    return None


def _held_for(
    session: Session,
    slot: FreedSlot,
    entry: WaitingEntry,
    rank: int,
    minutes: Minutes,
    days: Sequence[date],
    now: datetime,
) -> SlotOffer | None:
    """Hold the dates for one entry; None when the rules or others stand against it."""
    lasts = until(now, _zone(slot))
    try:
        with session.begin_nested():
            booking = hold(session, _wish(slot, entry, minutes, days), by=entry.contact_id, now=now)
            kept = _only(session, booking, {day.isoformat() for day in days}, lasts)
            if not kept:
                raise NotNow(state="taken")
    except Refusal:
        return None
    offer = SlotOffer(
        slot_id=slot.id,
        slot=slot,
        entry_id=entry.id,
        entry=entry,
        rank=rank,
        booking_ref=booking.ref,
        start_min=minutes[0],
        end_min=minutes[1],
        days=kept,
        offered_at=now,
        until_at=lasts,
    )
    session.add(offer)
    slot.state = FreedState.OFFERED.value
    session.flush()
    body = {"rank": rank, "days": kept, "until_at": lasts, "slot": slot.ref}
    tell(session, Act(ActKind.SLOT_OFFERED, now, None, offer.ref, body, slot.space.premises_id, (entry.contact_id,)))
    return offer


def _wish(slot: FreedSlot, entry: WaitingEntry, minutes: Minutes, days: Sequence[date]) -> Wish:
    apart = {(later - day).days // 7 for day, later in pairwise(days)}
    pattern = Pattern(days[0], days[-1], *minutes, (slot.weekday,), 2 if apart == {2} else 1)
    wish = Wish(
        space=slot.space_id,
        organisation=entry.organisation_id,
        holder=entry.contact_id,
        pattern=pattern,
        title=entry.title,
        purpose=entry.purpose,
        people=entry.people,
        audience=entry.audience,
        group=entry.group_id,
    )
    return replace(wish, regular=len(days) > 1)


def _only(session: Session, booking: Booking, days: set[str], lasts: datetime) -> list[str]:
    """Keep the hold of the freed dates until the offer's end and some grace; other dates of the pattern are let go."""
    held = [row for row in booking.occurrences if row.state == OccurrenceState.HELD]
    others = [row for row in held if row.key not in days]
    vacate(session, others)
    for row in others:
        row.state, row.reason, row.hold_until = OccurrenceState.REFUSED.value, "left_out", None
    kept = [row for row in held if row.key in days]
    for row in kept:
        row.hold_until = lasts + timedelta(hours=practice("offer_grace_h"))
    session.flush()
    return [row.key for row in kept]


def _only_this_once(entry: WaitingEntry, now: datetime) -> None:
    """Whom a time was taken from goes before all others for that time only."""
    if entry.class_rank == BEFORE_ALL:
        entry.state, entry.ended_at = WaitingState.WITHDRAWN.value, now


def _taken(session: Session, offer: SlotOffer, now: datetime) -> None:
    offer.slot.state, offer.slot.ended_at = FreedState.TAKEN.value, now
    entry = offer.entry
    entry.wanted -= 1
    if entry.wanted == 0:
        entry.wanted, entry.state, entry.ended_at = 1, WaitingState.SERVED.value, now
    session.flush()


def _answer(session: Session, offer: SlotOffer, state: OfferState, by: PersonId | None, now: datetime) -> None:
    offer.state, offer.answered_at, offer.answered_by = state.value, now, by
    session.flush()
    body = {"answer": state.value, "slot": offer.slot.ref}
    persons = tuple({offer.entry.contact_id} | ({by} if by is not None else set()))
    tell(session, Act(ActKind.SLOT_ANSWERED, now, by, offer.ref, body, offer.slot.space.premises_id, persons))


def _left_over(session: Session, slot: FreedSlot, now: datetime) -> None:
    slot.state, slot.ended_at = FreedState.LEFT_OVER.value, now
    session.flush()
    tell(session, Act(ActKind.SLOT_LEFT_OVER, now, None, slot.ref, {"days": slot.days}, slot.space.premises_id))


def _zone(slot: FreedSlot) -> ZoneInfo:
    return ZoneInfo(slot.space.premises.zone)


def _loaded() -> list[ExecutableOption]:
    return [
        joinedload(SlotOffer.slot).joinedload(FreedSlot.space).joinedload(Space.premises),
        joinedload(SlotOffer.slot).joinedload(FreedSlot.round),
        joinedload(SlotOffer.entry).joinedload(WaitingEntry.organisation),
        joinedload(SlotOffer.entry).joinedload(WaitingEntry.contact),
    ]
