"""Making, cancelling and restoring bookings; the database refuses overlaps, this module says so politely.

Every function checks the time again in its own transaction, tells its act, and never commits. Dates are taken in order
of time and atoms in order of id, so that two writers never wait for each other crosswise.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm import Session, joinedload, selectinload

from booking.acts import Act, ActKind, tell
from booking.availability import Problem
from booking.core.pattern import Pattern
from booking.core.rulebook import OutcomeKind
from booking.core.span import Span
from booking.ids import PersonId
from booking.judging import snapshot
from booking.limits import overrides
from booking.limits.turns import take_turn
from booking.models import OCCUPYING, Booking, Occurrence, OccurrenceState, Organisation, Space
from booking.occupying import lock, occupies, occupy, vacate
from booking.practice import practice
from booking.refusals import (
    HoldLost,
    InThePast,
    NotFound,
    NotNow,
    Refusal,
    SpaceTaken,
)
from booking.refusing import check_rules, refusal_for
from booking.snapshots import keep_money
from booking.wish import Wish
from booking.wishes import Again, Quote, quotes, space_of

WAITING = (OutcomeKind.NEEDS_APPROVAL, OutcomeKind.UNDETERMINED)


def booking_of(session: Session, ref: str) -> Booking:
    """The booking with its occurrences, their spaces and premises, its organisation and holder. Raises NotFound."""
    found = session.scalar(
        select(Booking)
        .where(Booking.ref == ref)
        .options(
            joinedload(Booking.organisation),
            joinedload(Booking.holder),
            joinedload(Booking.group),
            selectinload(Booking.occurrences).joinedload(Occurrence.space).joinedload(Space.premises),
        )
        .execution_options(populate_existing=True)
    )
    if found is None:
        raise NotFound(what="booking")
    return found


def hold(session: Session, wish: Wish, *, by: PersonId, now: datetime) -> Booking:
    """Keep every possible date of the wish for some minutes while its form is open; impossible dates are refused rows.

    Raises what `quotes` raises; RuleRefuses when the rulebook excludes the use; SpaceTaken, SpaceClosed, BadLength,
    NoSuchWallTime or InThePast, after the first date, when no date at all is possible.
    """
    take_turn(session, wish.organisation, wish.holder)
    offered = quotes(session, wish, now)
    check_rules(offered)
    if not any(quote.possible for quote in offered):
        raise refusal_for(offered[0].obstacles[0], offered[0])
    space = space_of(session, wish.space)
    booking = booking_for(wish, by, now)
    session.add(booking)
    session.flush()
    until = now + timedelta(minutes=practice("hold_min"))
    rows = [_occurrence(session, booking, space, quote, until) for quote in offered]
    taken = [row for row in rows if row.state == OccurrenceState.HELD and not _occupied(session, row, now)]
    if len(taken) == sum(quote.possible for quote in offered):
        raise SpaceTaken(space=space.ref, starts_at=taken[0].starts_at, ends_at=taken[0].ends_at)
    if wish.exceeding:
        overrides.note(session, booking, wish.exceeding, by=by, now=now)
    tell_of(session, ActKind.BOOKING_HELD, booking, rows, by, now)
    return booking_of(session, booking.ref)


def confirm(
    session: Session, ref: str, *, by: PersonId, now: datetime, leave_out: frozenset[str] = frozenset()
) -> Booking:
    """Make a held booking real: every date is checked and priced again. `leave_out`: keys of dates not wanted.

    A date whose hold ran out is taken again if it is still free. Raises HoldLost when none of the dates is left,
    RuleRefuses, and NotNow when nothing is held.
    """
    booking = booking_of(session, ref)
    held = [row for row in booking.occurrences if row.state == OccurrenceState.HELD]
    if not held:
        raise NotNow(state=booking.occurrences[0].state if booking.occurrences else "none")
    take_turn(session, booking.organisation_id, booking.holder_id)
    lock(session, held)
    ids = frozenset(row.id for row in held)
    again = Again(session, booking, now, ids, exceeding=overrides.reason_of(session, booking))
    settled = [_settle(session, again, row, wanted=row.key not in leave_out) for row in held]
    kept = [row for row in held if row.state in OCCUPYING]
    if not kept:
        raise _none_left(held, settled)
    session.flush()
    tell_of(session, ActKind.BOOKING_MADE, booking, kept, by, now)
    tell_exceeded(session, booking, kept, by=by, now=now, reason=again.exceeding)
    return booking


def book(session: Session, wish: Wish, *, by: PersonId, now: datetime) -> Booking:
    """Hold and confirm in one go: for the API and for staff at the phone. Raises what both raise."""
    return confirm(session, hold(session, wish, by=by, now=now).ref, by=by, now=now)


def let_go(session: Session, ref: str) -> None:
    """Give up a hold and forget it. A booking already made, or refused by somebody, is left as it is.

    Raises NotFound, NotNow when it is confirmed in this moment."""
    booking = booking_of(session, ref)
    found = {row.state for row in booking.occurrences}
    if OccurrenceState.HELD in found and found <= {OccurrenceState.HELD, OccurrenceState.REFUSED}:
        lock(session, booking.occurrences)
        vacate(session, booking.occurrences)
        overrides.forget(session, booking)
        session.execute(delete(Occurrence).where(Occurrence.booking_id == booking.id))
        session.execute(delete(Booking).where(Booking.id == booking.id))
        session.expunge_all()


def sweep_holds(session: Session, now: datetime) -> int:
    """Forget the bookings whose hold ran out. Returns how many."""
    late = select(Occurrence.booking_id).where(
        Occurrence.state == OccurrenceState.HELD.value, Occurrence.hold_until <= now
    )
    refs = list(session.scalars(select(Booking.ref).where(Booking.id.in_(late))))
    return sum(_swept(session, ref) for ref in refs)


def _swept(session: Session, ref: str) -> bool:
    """Whether the hold was forgotten: not when it was confirmed or given up in this moment."""
    try:
        let_go(session, ref)
    except (NotFound, NotNow):
        return False
    return True


def cancel(
    session: Session,
    occurrences: Sequence[Occurrence],
    *,
    by: PersonId,
    now: datetime,
    reason: str = "",
    late: timedelta = timedelta(0),
) -> None:
    """Cancel times that are not over, or (`late`) not longer than that: free at once.

    Raises NotNow for one not booked, InThePast for one over."""
    for row in occurrences:
        if row.state not in OCCUPYING:
            raise NotNow(state=row.state)
        if row.ends_at <= now - late:
            raise InThePast(starts_at=row.starts_at)
    lock(session, occurrences)
    vacate(session, occurrences)
    for row in occurrences:
        row.state, row.reason, row.hold_until = OccurrenceState.CANCELLED.value, reason, None
        row.cancelled_at = now
        row.sequence += 1
    session.flush()
    for _, rows in groupby(sorted(occurrences, key=lambda row: row.booking_id), key=lambda row: row.booking_id):
        cancelled = list(rows)
        tell_of(session, ActKind.BOOKING_CANCELLED, cancelled[0].booking, cancelled, by, now, reason=reason)


def restore(session: Session, row: Occurrence, *, by: PersonId, now: datetime) -> None:
    """Take back a cancellation within the undo minutes, at the price agreed before.

    Raises NotNow when it is too late or was not cancelled, InThePast, SpaceTaken when somebody took it meanwhile, and
    what else stands against it since, as a closed day."""
    limit = timedelta(minutes=practice("undo_min"))
    if row.state != OccurrenceState.CANCELLED or row.cancelled_at is None or now > row.cancelled_at + limit:
        raise NotNow(state=row.state)
    if row.starts_at <= now:
        raise InThePast(starts_at=row.starts_at)
    take_turn(session, row.booking.organisation_id, row.booking.holder_id)
    lock(session, [row])
    waits = row.trace.get("kind") in WAITING and not row.trace.get("decided_by")
    row.state = (OccurrenceState.PENDING if waits else OccurrenceState.CONFIRMED).value
    row.reason, row.cancelled_at = "", None
    row.sequence += 1
    session.flush()
    occupy(session, row, now)
    quote = _as_asked(session, row, now)
    if quote.obstacles:
        raise refusal_for(quote.obstacles[0], quote)
    tell_of(session, ActKind.BOOKING_RESTORED, row.booking, [row], by, now)


def _as_asked(session: Session, row: Occurrence, now: datetime) -> Quote:
    """What a date is that was booked a moment ago: lead times count from when it was asked for, and limits that were
    exceeded then stay so."""
    exceeding = overrides.reason_of(session, row.booking)
    again = Again(session, row.booking, now, frozenset({row.id}), row.booking.made_at, exceeding)
    return again.quote(row, Span(row.starts_at, row.ends_at))


def readd(session: Session, row: Occurrence, *, by: PersonId, now: datetime, exceeding: str = "") -> None:
    """Book a date that was refused or cancelled earlier, by today's rules and price (acceptance C4). `exceeding`: why
    somebody of the house lets it exceed limits.

    Raises what stands against it now, and NotNow when the date is booked already."""
    if row.state not in (OccurrenceState.REFUSED, OccurrenceState.CANCELLED) or row.reason == Problem.NO_SUCH_TIME:
        raise NotNow(state=row.state)
    take_turn(session, row.booking.organisation_id, row.booking.holder_id)
    lock(session, [row])
    again = Again(session, row.booking, now, frozenset({row.id}), exceeding=exceeding)
    quote = again.quote(row, Span(row.starts_at, row.ends_at))
    check_rules([quote])
    if not quote.possible:
        raise refusal_for(quote.obstacles[0], quote)
    row.reason, row.cancelled_at = "", None
    row.setup_min, row.turnaround_min = row.space.setup_min, row.space.turnaround_min
    row.sequence += 1
    price(row, quote)
    session.flush()
    occupy(session, row, now)
    tell_of(session, ActKind.BOOKING_MADE, row.booking, [row], by, now)
    exceeded(session, row.booking, [row], exceeding, by=by, now=now)


def price(row: Occurrence, quote: Quote) -> None:
    """Snapshot class, price and trace on the occurrence, and the state that the outcome calls for."""
    outcome = quote.outcome
    if outcome is None:
        return
    keep_money(row, outcome)
    row.priority_class, row.price_class = outcome.priority_class, outcome.price_class
    row.trace = snapshot(outcome)
    if row.state != OccurrenceState.HELD and quote.possible:
        row.state = (OccurrenceState.PENDING if outcome.kind in WAITING else OccurrenceState.CONFIRMED).value


def tell_of(
    session: Session,
    kind: ActKind,
    booking: Booking,
    rows: Sequence[Occurrence],
    by: PersonId,
    now: datetime,
    **more: object,
) -> None:
    """Tell an act on these occurrences, with their times and prices."""
    times = [
        {
            "occurrence": row.ref,
            "space": row.space.ref,
            "starts_at": row.starts_at,
            "ends_at": row.ends_at,
            "state": row.state,
            "reason": row.reason,
            "price_cents": row.price_cents,
            "price_class": row.price_class,
        }
        for row in rows
    ]
    organisation = session.get_one(Organisation, booking.organisation_id)
    body = {"times": times, "title": booking.title, "organisation": organisation.ref} | more
    persons = tuple({booking.holder_id, booking.made_by, by})
    premises = rows[0].space.premises_id if rows else None
    occurrences = tuple(row.id for row in rows)
    tell(session, Act(kind, now, by, booking.ref, body, premises, persons, occurrences))


def exceeded(
    session: Session, booking: Booking, rows: Sequence[Occurrence], reason: str, *, by: PersonId, now: datetime
) -> None:
    """Note that somebody of the house let a change exceed limits, where it did."""
    if reason:
        overrides.note(session, booking, reason, by=by, now=now)
        tell_exceeded(session, booking, rows, by=by, now=now, reason=reason)


def tell_exceeded(
    session: Session, booking: Booking, rows: Sequence[Occurrence], *, by: PersonId, now: datetime, reason: str
) -> None:
    """Tell the act of exceeding limits, with the rows of the rulebook and the times; nothing when none was exceeded."""
    over = {row.ref: overrides.rows_over(row) for row in rows}
    if found := [row for row in rows if over[row.ref]]:
        tell_of(session, ActKind.LIMIT_EXCEEDED, booking, found, by, now, decision=reason, limits=over)


def booking_for(wish: Wish, by: PersonId, now: datetime) -> Booking:
    """The booking of a wish, without any date yet."""
    pattern = wish.pattern
    return Booking(
        organisation_id=wish.organisation,
        group_id=wish.group,
        holder_id=wish.holder,
        made_by=by,
        made_at=now,
        kind="regular" if wish.regular else "single",
        title=wish.title.strip(),
        purpose=wish.purpose,
        people=wish.people,
        audience=dict(wish.audience),
        pattern=None if pattern.is_single else _pattern_facts(pattern),
    )


def _pattern_facts(pattern: Pattern) -> dict[str, Any]:
    return {
        "first_on": pattern.first_on.isoformat(),
        "last_on": pattern.last_on.isoformat(),
        "start_min": pattern.start_min,
        "end_min": pattern.end_min,
        "weekdays": list(pattern.weekdays),
        "every_weeks": pattern.every_weeks,
    }


def _occurrence(session: Session, booking: Booking, space: Space, quote: Quote, until: datetime) -> Occurrence:
    row = Occurrence(
        booking_id=booking.id,
        space_id=space.id,
        key=quote.day.isoformat(),
        starts_at=quote.nominal.starts_at,
        ends_at=quote.nominal.ends_at,
        setup_min=space.setup_min,
        turnaround_min=space.turnaround_min,
        state=(OccurrenceState.HELD if quote.possible else OccurrenceState.REFUSED).value,
        reason="" if quote.possible else quote.obstacles[0].problem.value,
        hold_until=until if quote.possible else None,
        space=space,
    )
    price(row, quote)
    session.add(row)
    session.flush()
    return row


def _occupied(session: Session, row: Occurrence, now: datetime) -> bool:
    """Take the atoms, or mark the date as refused because somebody was faster."""
    try:
        occupy(session, row, now)
    except SpaceTaken:
        _refuse(session, row, Problem.TAKEN)
        return False
    return True


def _refuse(session: Session, row: Occurrence, why: Problem) -> None:
    row.state, row.reason, row.hold_until = OccurrenceState.REFUSED.value, why.value, None
    session.flush()


def _none_left(held: Sequence[Occurrence], settled: Sequence[Quote | None]) -> Refusal:
    """Why no date of a hold could be booked: a limit that it broke only now, or somebody was faster."""
    limited = next((quote for quote in settled if quote is not None and quote.limited), None)
    if limited is None:
        return HoldLost(space=held[0].space.ref)
    return refusal_for(next(one for one in limited.obstacles if one.problem is Problem.RULE_LIMIT), limited)


def _settle(session: Session, again: Again, row: Occurrence, *, wanted: bool) -> Quote | None:
    """Turn one held date into a booked one, or into one left out, refused or lost. The quote, where one was asked."""
    if not wanted:
        vacate(session, [row])
        row.state, row.reason, row.hold_until = OccurrenceState.CANCELLED.value, "left_out", None
        return None
    if not occupies(session, row.id) and not _occupied(session, row, again.now):
        return None
    quote = again.quote(row, Span(row.starts_at, row.ends_at))
    check_rules([quote])
    if not quote.possible:
        vacate(session, [row])
        _refuse(session, row, quote.obstacles[0].problem)
        return quote
    row.state, row.hold_until = OccurrenceState.CONFIRMED.value, None
    price(row, quote)
    return quote
