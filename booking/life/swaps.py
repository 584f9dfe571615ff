"""Swaps: two organisations change times with each other. It counts only when both have reported it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import or_, select
from sqlalchemy.orm import Session, aliased, joinedload
from sqlalchemy.sql.base import ExecutableOption

from booking.acts import Act, ActKind, tell
from booking.bookings import price, tell_of
from booking.core.span import Span
from booking.happenings.models import Swap, SwapState
from booking.ids import OrganisationId, PersonId
from booking.life.judged import Event, judged
from booking.life.verdicts import Verdict
from booking.models import Booking, Occurrence, OccurrenceState, Space
from booking.occupying import lock, occupy, vacate
from booking.refusals import AlreadyThere, BadInput, InThePast, NotFound, NotNow
from booking.refusing import check_rules, refusal_for
from booking.wishes import Quote, quote_of

SWAP = "swap"
Pair = tuple[Occurrence, Occurrence]
Place = tuple[Space, datetime, datetime]
Load = ExecutableOption


def swap_of(session: Session, ref: str) -> Swap:
    """The swap with both its times. Raises NotFound."""
    found = session.scalar(select(Swap).where(Swap.ref == ref).options(*_loaded()))
    if found is None:
        raise NotFound(what="swap")
    return found


def open_swaps(session: Session, organisations: Collection[OrganisationId], now: datetime) -> list[Swap]:
    """The swaps one of these organisations asked or is asked for, with both times still to come."""
    one, other = aliased(Occurrence), aliased(Occurrence)
    mine, theirs = aliased(Booking), aliased(Booking)
    query = (
        select(Swap)
        .join(one, one.id == Swap.one_id)
        .join(other, other.id == Swap.other_id)
        .join(mine, mine.id == one.booking_id)
        .join(theirs, theirs.id == other.booking_id)
        .where(Swap.state == SwapState.ASKED.value, one.starts_at > now, other.starts_at > now)
        .where(or_(mine.organisation_id.in_(organisations), theirs.organisation_id.in_(organisations)))
        .options(*_loaded())
        .order_by(Swap.id)
    )
    return list(session.scalars(query))


def candidates(session: Session, row: Occurrence, now: datetime, *, most: int = 100) -> list[Occurrence]:
    """The times of other organisations at the same premises that one could swap with, the nearest first."""
    query = (
        select(Occurrence)
        .join(Booking, Booking.id == Occurrence.booking_id)
        .join(Space, Space.id == Occurrence.space_id)
        .where(Space.premises_id == row.space.premises_id, Booking.organisation_id != row.booking.organisation_id)
        .where(Occurrence.state == OccurrenceState.CONFIRMED.value, Occurrence.starts_at > now)
        .options(*_whole())
        .order_by(Occurrence.starts_at, Occurrence.id)
        .limit(most)
    )
    return list(session.scalars(query))


def occurrence_of(session: Session, ref: str) -> Occurrence:
    """A time with its space and booking. Raises NotFound."""
    found = session.scalar(select(Occurrence).where(Occurrence.ref == ref).options(*_whole()))
    if found is None:
        raise NotFound(what="occurrence")
    return found


def verdict_of(session: Session, row: Occurrence, reports: int, now: datetime) -> Verdict:
    """What the rulebook says of a swap that so many have reported."""
    return judged(session, row, Event(SWAP, now, reports=reports), now)


def ask(session: Session, one: Occurrence, other: Occurrence, *, by: PersonId, now: datetime) -> Swap:
    """The first report: nothing changes yet. Raises BadInput, NotNow, InThePast, AlreadyThere."""
    _check(one, other, now)
    both = Swap.one_id.in_([one.id, other.id]), Swap.other_id.in_([one.id, other.id])
    if session.scalar(select(Swap.id).where(*both, Swap.state == SwapState.ASKED.value)) is not None:
        raise AlreadyThere(what="swap")
    answer = verdict_of(session, one, 1, now).plain()
    swap = Swap(one_id=one.id, other_id=other.id, state=SwapState.ASKED.value, asked_at=now, asked_by=by, answer=answer)
    swap.one, swap.other = one, other
    session.add(swap)
    session.flush()
    _tell(session, ActKind.SWAP_ASKED, swap, by, now)
    return swap


def decline(session: Session, swap: Swap, *, by: PersonId, now: datetime) -> None:
    """Either side says no, or takes its report back. Raises NotNow when it is over."""
    _still_asked(session, swap)
    swap.state, swap.ended_at, swap.ended_by = SwapState.DECLINED.value, now, by
    session.flush()
    _tell(session, ActKind.SWAP_ENDED, swap, by, now)


def accept(session: Session, swap: Swap, *, by: PersonId, now: datetime) -> None:
    """The second report: the two times change places, each priced anew for its own organisation.

    Raises NotNow, InThePast, RuleRefuses when the rules exclude one of the uses, BadInput (swap) when the rulebook does
    not let two reports be enough, and what else stands against one of the times."""
    _still_asked(session, swap)
    one, other = swap.one, swap.other
    _check(one, other, now)
    verdict = verdict_of(session, one, 2, now)
    if verdict.valid is False:
        raise BadInput(field="swap", problem="not_valid")
    exchange(session, [(one, other)], by=by, now=now, swap=swap.ref)
    swap.state, swap.reports, swap.ended_at, swap.ended_by = SwapState.DONE.value, 2, now, by
    swap.answer = verdict.plain()
    session.flush()
    _tell(session, ActKind.SWAP_ENDED, swap, by, now)


def exchange(session: Session, pairs: Sequence[Pair], *, by: PersonId, now: datetime, swap: str) -> None:
    """The two times of each pair change places, all or none; `swap`: the ref of what was agreed.

    Raises RuleRefuses when the rules exclude one of the uses, and what else stands against one of the times."""
    rows = [row for pair in pairs for row in pair]
    lock(session, sorted(rows, key=lambda row: row.id))
    vacate(session, rows)
    places: list[Place] = [(row.space, row.starts_at, row.ends_at) for one, other in pairs for row in (other, one)]
    for row, place in zip(rows, places, strict=True):
        _put(session, row, place, now)
    session.flush()
    for row in sorted(rows, key=lambda row: (row.starts_at, row.id)):
        occupy(session, row, now)
        tell_of(session, ActKind.BOOKING_MOVED, row.booking, [row], by, now, swap=swap)


def _put(session: Session, row: Occurrence, place: Place, now: datetime) -> None:
    """Both are vacated: what stands against a time now is not the other one. Its key stays, so its evidence does."""
    space, starts_at, ends_at = place
    quote: Quote = quote_of(
        session, row.booking, row, Span(starts_at, ends_at), now, space=space, applied_at=row.booking.made_at
    )
    check_rules([quote])
    if not quote.possible:
        raise refusal_for(quote.obstacles[0], quote)
    row.space, row.space_id = space, space.id
    row.starts_at, row.ends_at = starts_at, ends_at
    row.setup_min, row.turnaround_min = space.setup_min, space.turnaround_min
    row.sequence += 1
    row.booking.sequence += 1
    price(row, quote)


def _check(one: Occurrence, other: Occurrence, now: datetime) -> None:
    if one.booking.organisation_id == other.booking.organisation_id:
        raise BadInput(field="other", problem="same_organisation")
    for row in (one, other):
        if row.state != OccurrenceState.CONFIRMED:
            raise NotNow(state=row.state)
        if row.starts_at <= now:
            raise InThePast(starts_at=row.starts_at)


def _still_asked(session: Session, swap: Swap) -> None:
    session.refresh(swap, ["state"], with_for_update={"key_share": True})
    if swap.state != SwapState.ASKED:
        raise NotNow(state=swap.state)


def _tell(session: Session, kind: ActKind, swap: Swap, by: PersonId, now: datetime) -> None:
    body = {"swap": swap.state, "reports": swap.reports, "one": swap.one.ref, "other": swap.other.ref}
    holders = (swap.one.booking.holder_id, swap.other.booking.holder_id)
    tell(session, Act(kind, now, by, swap.ref, body, swap.one.space.premises_id, tuple({*holders, by})))


def _whole() -> list[Load]:
    booking = joinedload(Occurrence.booking)
    return [
        joinedload(Occurrence.space).joinedload(Space.premises),
        booking.joinedload(Booking.organisation),
        booking.joinedload(Booking.holder),
    ]


def _loaded() -> list[Load]:
    return [
        loaded
        for side in (Swap.one, Swap.other)
        for loaded in (
            joinedload(side).joinedload(Occurrence.space).joinedload(Space.premises),
            joinedload(side).joinedload(Occurrence.booking).joinedload(Booking.organisation),
            joinedload(side).joinedload(Occurrence.booking).joinedload(Booking.holder),
        )
    ]
