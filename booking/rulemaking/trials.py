"""Trials as rows: asked for on a page, worked on by slices in the background, looked at while they run."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from booking.core.rulebook import Rulebook
from booking.core.whatif import as_rows, of_rows
from booking.ids import PersonId, RulebookVersionId
from booking.refusals import BadInput, NotFound, NotNow
from booking.rulebooks import RulebookError
from booking.rulemaking.drafts import checked
from booking.rulemaking.models import UNDER_WAY, RulebookTrial, TrialState
from booking.rulemaking.simulate import SLICE, Baseline, Run, how_many, in_force_then, scope_of
from booking.versions.known import books
from booking.versions.models import RulebookVersion
from booking.versions.written import compiled

log = logging.getLogger(__name__)
LONGEST_DAYS = 731


def trial_of(session: Session, ref: str) -> RulebookTrial:
    """Raises NotFound."""
    found = session.scalar(select(RulebookTrial).where(RulebookTrial.ref == ref))
    if found is None:
        raise NotFound(what="trial")
    return found


def trials_of(session: Session, version: RulebookVersionId) -> list[RulebookTrial]:
    """The trials of a version, the newest first."""
    query = select(RulebookTrial).where(RulebookTrial.version_id == version).order_by(RulebookTrial.id.desc())
    return list(session.scalars(query))


def ask(
    session: Session,
    row: RulebookVersion,
    *,
    first_on: date,
    last_on: date,
    premises: Sequence[str] = (),
    against: str = "",
    by: PersonId,
    now: datetime,
) -> RulebookTrial:
    """Ask for a trial of a version as it is now. Raises BadInput for days the wrong way round or too many, a faulty
    draft, or a version to compare with that is not there."""
    if last_on < first_on:
        raise BadInput(field="last_on", problem="order")
    if (last_on - first_on).days > LONGEST_DAYS:
        raise BadInput(field="last_on", problem="too_far")
    if checked(row).book is None:
        raise BadInput(field="state", problem="faulty_rulebook")
    if against and against not in {book.id for book in books(session)}:
        raise BadInput(field="against", problem="not_one_of")
    trial = RulebookTrial(
        version_id=row.id,
        text=row.text,
        digest=row.digest,
        against=against,
        first_on=first_on,
        last_on=last_on,
        premises=list(premises),
        asked_by=by,
        asked_at=now,
    )
    session.add(trial)
    session.flush()
    return trial


def cancel(trial: RulebookTrial, *, now: datetime) -> None:
    """Stop a trial: what it counted so far is kept and shown as a part. Raises NotNow for one that has ended."""
    if trial.state not in UNDER_WAY:
        raise NotNow(state=trial.state)
    trial.state, trial.ended_at = TrialState.CANCELLED.value, now


def baseline_of(against: str, known: Sequence[Rulebook]) -> Baseline:
    """What a trial is compared with: one version for every day, or each premises' own version of the day."""
    if not against:
        return in_force_then(known)
    found = next((book for book in known if book.id == against), None)
    return lambda _space, _on: found


def slice_of(session: Session, trial: RulebookTrial, now: datetime, limit: int = SLICE) -> None:
    """Count the next slice of a trial that is under way, and end it with its last."""
    draft = compiled(trial.text)
    scope = scope_of(session, draft.family, trial.first_on, trial.last_on, trial.premises)
    if trial.total is None:
        trial.total, trial.state = how_many(session, scope), TrialState.RUNNING.value
    run = Run(session, draft, baseline_of(trial.against, books(session)), scope, trial.reached, of_rows(trial.tallies))
    counted = run.step(limit)
    trial.reached, trial.tallies = run.reached, as_rows(run.tallies)
    trial.done += counted
    if counted < limit:
        trial.state, trial.ended_at = TrialState.DONE.value, now


def go_on(sessions: sessionmaker[Session], now: datetime, *, limit: int = SLICE) -> bool:
    """One slice of the oldest trial under way, in a transaction of its own. Returns whether there was one.

    Two processes do not count a slice twice: the row is locked while its slice is counted."""
    with sessions.begin() as session:
        query = select(RulebookTrial).where(RulebookTrial.state.in_(UNDER_WAY)).order_by(RulebookTrial.id).limit(1)
        trial = session.scalar(query.with_for_update(skip_locked=True))
        if trial is None:
            return False
        try:
            slice_of(session, trial, now, limit)
        except RulebookError as error:
            trial.state, trial.failure, trial.ended_at = TrialState.FAILED.value, str(error), now
        return True


def work(sessions: sessionmaker[Session], clock: Callable[[], datetime], *, slices: int = 3) -> None:
    """Some slices of what is under way: the other jobs of the process get their turn in between."""
    for _turn in range(slices):
        if not go_on(sessions, clock()):
            return
