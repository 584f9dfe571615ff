"""Undoing what was decided of a round, in stages: rights at doors, then coming times, then grants, then the round.

Each slice is a commit of its own, and each stage is whole before the next begins, so that it goes on after a crash
where it stopped, and no door opens for a time that is gone. Times that had begun stay as they were: the past is never
rewritten, and the audit log keeps all of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Select, func, select, update
from sqlalchemy.orm import Session, joinedload, selectinload, sessionmaker

from booking.acts import Act, ActKind, tell
from booking.bookings import cancel
from booking.ids import BookingId, OccurrenceId, PersonId
from booking.models import OCCUPYING, Booking, Occurrence, Space
from booking.practice import practice
from booking.refusals import BadInput, NotNow
from booking.rounds.decision_models import DecisionState, RoundDecision, RoundStepKind, RoundUndo, UndoStage
from booking.rounds.granted import LIVE, being_undone, lock_round, note
from booking.rounds.grants import IN_CALENDAR, booking_ids
from booking.rounds.ids import RoundUndoId
from booking.rounds.models import Round, RoundState
from booking.rounds.plan_models import GrantState, SlotGrant

FROM = (RoundState.PROPOSED, RoundState.DECIDED)
NEXT = {
    UndoStage.DOORS: UndoStage.SESSIONS,
    UndoStage.SESSIONS: UndoStage.GRANTS,
    UndoStage.GRANTS: UndoStage.ROUND,
    UndoStage.ROUND: UndoStage.DONE,
}


def undo_of(session: Session, round_: Round) -> RoundUndo | None:
    """The latest undoing of a round, under way or done."""
    query = select(RoundUndo).where(RoundUndo.round_id == round_.id).order_by(RoundUndo.id.desc()).limit(1)
    return session.scalar(query)


def begin(session: Session, round_: Round, *, reason: str, by: PersonId, now: datetime) -> RoundUndo:
    """Begin to undo everything proposed, decided and booked of a round. Raises BadInput without a reason, NotNow when
    there is nothing to undo or it is being undone."""
    lock_round(session, round_)
    if not reason.strip():
        raise BadInput(field="reason", problem="empty")
    if round_.state not in FROM or being_undone(session, round_):
        raise NotNow(state=round_.state)
    made = RoundUndo(round_id=round_.id, round=round_, reason=reason.strip(), by=by, from_at=now, counts={})
    session.add(made)
    note(session, round_, RoundStepKind.UNDOING, by=by, now=now, said=reason)
    _tell(session, made, "begun", now)
    return made


def open_ones(session: Session) -> list[RoundUndoId]:
    return list(session.scalars(select(RoundUndo.id).where(RoundUndo.done_at.is_(None)).order_by(RoundUndo.id)))


def work(sessions: sessionmaker[Session], now: datetime) -> int:
    """One slice of every undoing under way. Returns how many are still open."""
    with sessions.begin() as session:
        ids = open_ones(session)
    for one in ids:
        with sessions.begin() as session:
            slice_of(session, one, now)
    with sessions.begin() as session:
        return len(open_ones(session))


def slice_of(session: Session, undo: RoundUndoId, now: datetime) -> RoundUndo:
    """One slice of the stage that an undoing is in; when nothing is left of the stage, the next one begins."""
    query = select(RoundUndo).where(RoundUndo.id == undo).options(joinedload(RoundUndo.round))
    row = session.scalars(query.with_for_update(of=RoundUndo, key_share=True)).one()
    session.refresh(row, attribute_names=["stage", "done_at", "counts"])
    if row.stage == UndoStage.DONE:
        return row
    done = _SLICES[UndoStage(row.stage)](session, row, now)
    row.counts = row.counts | {row.stage: row.counts.get(row.stage, 0) + done}
    if done == 0 or row.stage == UndoStage.ROUND:
        _next_stage(session, row, now)
    session.flush()
    return row


def _next_stage(session: Session, row: RoundUndo, now: datetime) -> None:
    _tell(session, row, row.stage, now)
    row.stage = NEXT[UndoStage(row.stage)].value
    if row.stage == UndoStage.DONE:
        row.done_at = now
        note(session, row.round, RoundStepKind.UNDONE, by=row.by, now=now, said=row.reason)


def _shut_doors(session: Session, row: RoundUndo, now: datetime) -> int:
    """The coming times of some series open no door any more; the same commit gives their doors new lists."""
    query = _booked(row).where(SlotGrant.shut_at.is_(None)).limit(practice("grants_each_turn"))
    grants = list(session.scalars(query))
    for grant in grants:
        grant.shut_at = row.from_at
    session.flush()
    ids = _coming(session, [one for grant in grants for one in booking_ids(session, grant)], row)
    if ids:
        body = {"stage": UndoStage.DOORS.value, "reason": row.reason, "grants": [grant.ref for grant in grants]}
        tell(session, Act(ActKind.ROUND_UNDO, now, row.by, row.round.ref, body, occurrences=tuple(ids)))
    return len(grants)


def _cancel_times(session: Session, row: RoundUndo, now: datetime) -> int:
    """The coming times of some series are cancelled: free at once."""
    mine = [one for grant in session.scalars(_booked(row)) for one in booking_ids(session, grant)]
    coming = Occurrence.state.in_(OCCUPYING), Occurrence.starts_at > row.from_at, Occurrence.ends_at > now
    query = select(Booking.id).where(Booking.id.in_(mine)).order_by(Booking.id)
    query = query.where(Booking.id.in_(select(Occurrence.booking_id).where(*coming)))
    found = list(session.scalars(query.limit(practice("grants_each_turn"))))
    for booking in found:
        _cancel_coming(session, booking, row, now)
    return len(found)


def _cancel_coming(session: Session, id_: BookingId, row: RoundUndo, now: datetime) -> None:
    booking = session.scalars(
        select(Booking)
        .where(Booking.id == id_)
        .options(
            joinedload(Booking.organisation),
            selectinload(Booking.occurrences).joinedload(Occurrence.space).joinedload(Space.premises),
        )
        .execution_options(populate_existing=True)
    ).one()
    coming = [one for one in booking.occurrences if one.state in OCCUPYING and one.starts_at > row.from_at]
    still = [one for one in coming if one.ends_at > now]
    cancel(session, still, by=row.by, now=now, reason=row.reason)


def _undo_grants(session: Session, row: RoundUndo, now: datetime) -> int:
    """Some grants are undone, and with the last of them the decisions."""
    states = (*LIVE, GrantState.HANDED_BACK.value)
    query = select(SlotGrant).where(SlotGrant.round_id == row.round_id, SlotGrant.state.in_(states))
    grants = list(session.scalars(query.order_by(SlotGrant.id).limit(10 * practice("grants_each_turn"))))
    for grant in grants:
        grant.state, grant.ended_at = GrantState.UNDONE.value, now
    session.flush()
    if grants:
        body = {"stage": UndoStage.GRANTS.value, "reason": row.reason, "grants": [grant.ref for grant in grants]}
        tell(session, Act(ActKind.ROUND_UNDO, now, row.by, row.round.ref, body))
        return len(grants)
    standing = (DecisionState.APPROVED.value, DecisionState.IN_REVIEW.value)
    decisions = RoundDecision.round_id == row.round_id, RoundDecision.state.in_(standing)
    session.execute(update(RoundDecision).where(*decisions).values(state=DecisionState.UNDONE.value))
    return 0


def _free_round(session: Session, row: RoundUndo, now: datetime) -> int:
    """The round can be allocated, proposed and decided anew."""
    del now
    row.round.state = RoundState.ALLOCATING.value
    session.flush()
    return 1


_SLICES = {
    UndoStage.DOORS: _shut_doors,
    UndoStage.SESSIONS: _cancel_times,
    UndoStage.GRANTS: _undo_grants,
    UndoStage.ROUND: _free_round,
}


def _booked(row: RoundUndo) -> Select[SlotGrant]:
    """The grants that stand in the calendar, also those handed back from some day on."""
    mine = SlotGrant.round_id == row.round_id, SlotGrant.state.in_(IN_CALENDAR)
    return select(SlotGrant).where(*mine).order_by(SlotGrant.id)


def _coming(session: Session, ids: Sequence[BookingId], row: RoundUndo) -> list[OccurrenceId]:
    """The coming times of these bookings."""
    query = select(Occurrence.id).where(Occurrence.booking_id.in_(ids), Occurrence.starts_at > row.from_at)
    return list(session.scalars(query.where(Occurrence.state.in_(OCCUPYING))))


def left(session: Session, round_: Round) -> dict[str, int]:
    """What undoing is about: series in the calendar, their coming times, grants and decisions that stand."""
    grants = SlotGrant.round_id == round_.id, SlotGrant.state.in_(LIVE)
    booked = select(SlotGrant.booking_id).where(SlotGrant.round_id == round_.id, SlotGrant.booking_id.is_not(None))
    return {
        "grants": session.scalar(select(func.count()).select_from(SlotGrant).where(*grants)) or 0,
        "series": session.scalar(
            select(func.count()).where(SlotGrant.round_id == round_.id, SlotGrant.state == GrantState.BOOKED.value)
        )
        or 0,
        "times": session.scalar(
            select(func.count()).where(Occurrence.booking_id.in_(booked), Occurrence.state.in_(OCCUPYING))
        )
        or 0,
    }


def _tell(session: Session, row: RoundUndo, step: str, now: datetime) -> None:
    body = {"stage": step, "reason": row.reason, "counts": dict(row.counts)}
    tell(session, Act(ActKind.ROUND_UNDO, now, row.by, row.round.ref, body))
