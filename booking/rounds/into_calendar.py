"""From granted slots to the calendar: each becomes a series, every date listed, those left out with why.

A grant is put there in one commit of its own or not at all, and never twice: its row is locked and names its booking.
So a crash loses nothing, the rest goes on where it stopped, and a second run makes nothing. One that cannot be put
there does not stop the others: its reason stands on it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import func, select
from sqlalchemy.orm import Session, sessionmaker

from booking.acts import Act, ActKind, tell
from booking.bookings import booking_for, price, tell_exceeded, tell_of
from booking.core.pattern import Pattern, dated
from booking.deciding import Answer, approve
from booking.ids import PersonId
from booking.limits import overrides
from booking.limits.turns import take_turn
from booking.models import OCCUPYING, Booking, Occurrence, OccurrenceState, Person
from booking.occupying import occupy
from booking.practice import practice
from booking.refusals import NotNow, Refusal, SpaceTaken
from booking.refusing import check_rules
from booking.rounds.decision_models import DecisionState, RoundDecision, RoundStepKind, RoundUndo
from booking.rounds.granted import loaded, lock_round, note
from booking.rounds.ids import SlotGrantId
from booking.rounds.models import Round, RoundHours
from booking.rounds.plan_models import GrantState, SlotGrant
from booking.rounds.slot_dates import can_be_applied_for, days_of
from booking.wish import Wish
from booking.wishes import Quote, quotes_on

MOST_ROLES = 4  # that the rules may ask one after the other
PAST, NOT_IN_ROUND, NO_DATE = "past", "not_in_round", "no_date"
LeftOut = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Filed:
    """How far a round's grants are on their way into the calendar."""

    waiting: int
    booked: int
    problems: int

    @property
    def total(self) -> int:
        return self.waiting + self.booked + self.problems


def begin(session: Session, round_: Round, *, by: PersonId, now: datetime) -> int:
    """Have everything decided of a round put into the calendar, by the jobs in the background; what could not be
    before is tried again. Returns how many grants wait. Raises NotNow when nothing is decided."""
    lock_round(session, round_)
    query = select(RoundDecision).where(RoundDecision.round_id == round_.id)
    rows = list(session.scalars(query.where(RoundDecision.state == DecisionState.APPROVED.value)))
    if not rows:
        raise NotNow(state=round_.state, reason="not_decided")
    for row in rows:
        row.calendar_by, row.calendar_at = row.calendar_by or by, row.calendar_at or now
    decided = SlotGrant.round_id == round_.id, SlotGrant.state == GrantState.DECIDED.value
    waiting = list(session.scalars(select(SlotGrant).where(*decided)))
    for grant in waiting:
        grant.problem, grant.problem_facts = "", {}
    note(session, round_, RoundStepKind.CALENDAR, by=by, now=now, said=str(len(waiting)))
    return len(waiting)


def progress(session: Session, round_: Round) -> Filed:
    query = select(SlotGrant.state, SlotGrant.problem, func.count()).where(SlotGrant.round_id == round_.id)
    found = list(session.execute(query.group_by(SlotGrant.state, SlotGrant.problem)))
    decided = [(problem, count) for state, problem, count in found if state == GrantState.DECIDED]
    return Filed(
        waiting=sum(count for problem, count in decided if not problem),
        booked=sum(count for state, _problem, count in found if state == GrantState.BOOKED),
        problems=sum(count for problem, count in decided if problem),
    )


def next_ones(session: Session, *, most: int) -> list[SlotGrantId]:
    """The grants whose turn it is, oldest decision first; none of a round that is being undone."""
    undone = select(RoundUndo.round_id).where(RoundUndo.done_at.is_(None))
    query = (
        select(SlotGrant.id)
        .join(RoundDecision, RoundDecision.id == SlotGrant.decision_id)
        .where(RoundDecision.calendar_at.is_not(None), RoundDecision.state == DecisionState.APPROVED.value)
        .where(SlotGrant.state == GrantState.DECIDED.value, SlotGrant.problem == "")
        .where(SlotGrant.round_id.not_in(undone))
        .order_by(RoundDecision.id, SlotGrant.id)
    )
    return list(session.scalars(query.limit(most)))


def work(sessions: sessionmaker[Session], now: datetime) -> int:
    """Put some grants into the calendar, each in a commit of its own. Returns how many were looked at."""
    with sessions.begin() as session:
        ids = next_ones(session, most=practice("grants_each_turn"))
    for one in ids:
        with sessions.begin() as session:
            if (grant := waiting_grant(session, one)) is not None:
                book(session, grant, by=decision_of(session, grant).calendar_by, now=now)
    return len(ids)


def waiting_grant(session: Session, id_: SlotGrantId) -> SlotGrant | None:
    """The grant, locked until the commit, if it still waits for the calendar; another may have been faster."""
    query = loaded().where(SlotGrant.id == id_, SlotGrant.state == GrantState.DECIDED.value, SlotGrant.problem == "")
    locked = query.with_for_update(of=SlotGrant, skip_locked=True, key_share=True)
    return session.scalar(locked.execution_options(populate_existing=True))


def decision_of(session: Session, grant: SlotGrant) -> RoundDecision:
    assert grant.decision_id is not None, "it is decided"
    return session.get_one(RoundDecision, grant.decision_id)


def book(session: Session, grant: SlotGrant, *, by: PersonId | None, now: datetime) -> Booking | None:
    """The series of a decided grant; the one there is already when it was put there before. None when it cannot be:
    `problem` says why. Raises NotNow for a grant that is not decided."""
    lock = select(SlotGrant.booking_id, SlotGrant.state).where(SlotGrant.id == grant.id)
    booked, state = session.execute(lock.with_for_update(key_share=True)).one()
    if booked is not None:
        return session.get_one(Booking, booked)
    if state != GrantState.DECIDED:
        raise NotNow(state=state)
    decision = decision_of(session, grant)
    person = session.get_one(Person, by or decision.prepared_by)
    try:
        with session.begin_nested():
            made = _series(session, grant, decision, person, now)
    except Refusal as no:
        grant.problem, grant.problem_facts = no.code, _plain(no.facts)
        session.flush()
        return None
    return _kept(session, grant, made, decision, person.id, now)


@dataclass(frozen=True, slots=True)
class _Series:
    """A series as it was made: no booking when none of its dates can be had."""

    booking: Booking | None
    rows: tuple[Occurrence, ...]
    left_out: list[LeftOut]


def _kept(
    session: Session, grant: SlotGrant, made: _Series, decision: RoundDecision, by: PersonId, now: datetime
) -> Booking | None:
    """Note on the grant what became of it, and tell it."""
    grant.left_out = made.left_out
    if made.booking is None:
        grant.problem = NO_DATE
        session.flush()
        return None
    grant.state, grant.booking_id = GrantState.BOOKED.value, made.booking.id
    session.flush()
    rows = [row for row in made.rows if row.state in OCCUPYING]
    tell_of(session, ActKind.BOOKING_MADE, made.booking, rows, by, now, grant=grant.ref, decision=decision.decision)
    tell_exceeded(session, made.booking, rows, by=by, now=now, reason=decision.decision)
    body = {"round": grant.round.ref, "booking": made.booking.ref, "dates": len(rows), "left_out": made.left_out}
    tell(session, Act(ActKind.GRANT_FILED, now, by, grant.ref, body, grant.space.premises_id))
    return made.booking


def _series(session: Session, grant: SlotGrant, decision: RoundDecision, person: Person, now: datetime) -> _Series:
    wish, days = wish_of(grant, decision), days_of(grant.round, grant.section, grant.weekday)
    wanted, left_out = _wanted(session, grant, days, now)
    if not wanted:
        return _Series(None, (), left_out)
    take_turn(session, wish.organisation, wish.holder)
    zone = ZoneInfo(grant.space.premises.zone)
    offered = quotes_on(session, wish, [row for row in dated(wish.pattern, zone) if row.day in wanted], now)
    check_rules(offered)
    if not any(quote.possible for quote in offered):
        return _Series(None, (), _in_order([*left_out, *map(_why_not, offered)]))
    booking = booking_for(wish, person.id, now)
    booking.organisation, booking.made_by = grant.section.application.organisation, person.id
    session.add(booking)
    session.flush()
    rows = [_row(session, booking, grant, quote, now) for quote in offered]
    _decided(session, rows, decision, person, now)
    if any(overrides.rows_over(row) for row in rows if row.state in OCCUPYING):
        overrides.note(session, booking, decision.decision, by=person.id, now=now)
    lost = [_lost(row, quote) for row, quote in zip(rows, offered, strict=True) if row.state not in OCCUPYING]
    return _Series(booking, tuple(rows), _in_order([*left_out, *lost]))


def _wanted(session: Session, grant: SlotGrant, days: Iterable[date], now: datetime) -> tuple[set[date], list[LeftOut]]:
    """The days that can be asked for, and those that are over or outside the round's hours."""
    query = select(RoundHours).where(RoundHours.round_id == grant.round_id, RoundHours.space_id == grant.space_id)
    hours = list(session.scalars(query.where(RoundHours.weekday == grant.weekday)))
    today = now.astimezone(ZoneInfo(grant.space.premises.zone)).date()
    wanted, left_out = set(), []
    for day in days:
        if day < today:
            left_out.append(_left_out(day, PAST))
        elif not can_be_applied_for(hours, day, grant.start_min, grant.end_min):
            left_out.append(_left_out(day, NOT_IN_ROUND))
        else:
            wanted.add(day)
    return wanted, left_out


def wish_of(grant: SlotGrant, decision: RoundDecision | None = None) -> Wish:
    """A grant as a wish to book: what its section told, on its weekday through the season."""
    section, application = grant.section, grant.section.application
    weeks = 1 if section.weeks == "every" else 2
    days = days_of(grant.round, section, grant.weekday) or [grant.round.first_on]
    return Wish(
        space=grant.space_id,
        organisation=application.organisation_id,
        holder=application.contact_id,
        pattern=Pattern(days[0], days[-1], grant.start_min, grant.end_min, (grant.weekday,), weeks),
        title=section.name,
        purpose=section.purpose,
        people=section.people,
        audience=section.audience,
        regular=True,
        exceeding=decision.decision if decision else "",
        group=section.group_id,
    )


def _row(session: Session, booking: Booking, grant: SlotGrant, quote: Quote, now: datetime) -> Occurrence:
    """One date: booked, or refused with why; somebody may be faster in this moment."""
    space = grant.space
    row = Occurrence(
        booking_id=booking.id,
        booking=booking,
        space_id=space.id,
        space=space,
        key=quote.day.isoformat(),
        starts_at=quote.nominal.starts_at,
        ends_at=quote.nominal.ends_at,
        setup_min=space.setup_min,
        turnaround_min=space.turnaround_min,
        state=(OccurrenceState.CONFIRMED if quote.possible else OccurrenceState.REFUSED).value,
        reason="" if quote.possible else quote.obstacles[0].problem.value,
    )
    price(row, quote)
    session.add(row)
    session.flush()
    if quote.possible:
        try:
            occupy(session, row, now)
        except SpaceTaken:
            row.state, row.reason = OccurrenceState.REFUSED.value, "taken"
            session.flush()
    return row


def _decided(
    session: Session, rows: Sequence[Occurrence], decision: RoundDecision, person: Person, now: datetime
) -> None:
    """What the rules leave to people was decided with the round: none of its dates waits for anybody again."""
    said = Answer(reason=decision.decision, conditions=decision.conditions)
    for _role in range(MOST_ROLES):
        waiting = [row for row in rows if row.state == OccurrenceState.PENDING]
        if waiting:
            approve(session, waiting, said, by=person.id, by_ref=person.ref, now=now)


def _why_not(quote: Quote) -> LeftOut:
    first = quote.obstacles[0] if quote.obstacles else None
    return _left_out(quote.day, first.problem.value if first else "no_such_time", dict((first and first.names) or {}))


def _lost(row: Occurrence, quote: Quote) -> LeftOut:
    return _left_out(quote.day, row.reason) if quote.possible else _why_not(quote)


def _left_out(day: date, why: str, names: dict[str, str] | None = None) -> LeftOut:
    return {"day": day.isoformat(), "why": why} | ({"names": names} if names else {})


def _in_order(rows: Iterable[LeftOut]) -> list[LeftOut]:
    return sorted(rows, key=lambda row: str(row["day"]))


def _plain(facts: dict[str, Any]) -> dict[str, Any]:
    """Facts of a refusal as JSON can hold them; those that are not plain are left out."""
    return {name: value for name, value in facts.items() if isinstance(value, str | int | bool | None)}


def begun(session: Session, round_: Round) -> datetime | None:
    """When the round's grants were last asked into the calendar; None: not yet."""
    query = select(func.max(RoundDecision.calendar_at)).where(RoundDecision.round_id == round_.id)
    return session.scalar(query.where(RoundDecision.state == DecisionState.APPROVED.value))
