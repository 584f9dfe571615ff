"""Reviews that applicants ask for (oikaisuvaatimus): received, prepared, taken to the board, decided.

Each keeps the run it is about with the hashes by which it can be run again, the last day it could be asked for, and
every step. What an upheld one leads to is done by hand, as a new pin or grant, and noted here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import Session, joinedload

from booking.acts import Act, ActKind, tell
from booking.ids import OrganisationId, PersonId
from booking.refusals import AlreadyThere, BadInput, NotFound, NotNow
from booking.rounds.decision_models import DecisionLetter, Review, ReviewOutcome, ReviewState, ReviewStep
from booking.rounds.granted import chosen
from booking.rounds.ids import RoundId
from booking.rounds.models import Application
from booking.rounds.plan_models import Scenario
from booking.rulemaking.review import needed

OPEN = (ReviewState.RECEIVED.value, ReviewState.PREPARING.value, ReviewState.TO_BOARD.value)


@dataclass(frozen=True, slots=True)
class Demand:
    """What somebody asks for: what should be changed, why, who asks (name, municipality, contact), and the day it
    came in."""

    demand: str
    grounds: str
    received_on: date
    from_whom: str = ""


def receive(session: Session, letter: DecisionLetter, asked: Demand, *, by: PersonId, now: datetime) -> Review:
    """Note a review that was asked for, by the applicant on the page or by staff for a letter that came. One that came
    late is noted too: the board says so. Raises BadInput, AlreadyThere while one of the same applicant is open."""
    if not asked.demand.strip():
        raise BadInput(field="demand", problem="empty")
    if letter.review_by_on is None or letter.sent_at is None:
        raise NotNow(state="not_sent")
    if asked.received_on > now.date() or asked.received_on < letter.sent_at.date():
        raise BadInput(field="received_on", problem="not_a_day")
    same = select(Review.id).where(Review.letter_id == letter.id, Review.state.in_(OPEN))
    if session.scalar(same) is not None:
        raise AlreadyThere(what="review")
    run = next(iter(reversed(chosen(session, letter.decision.round))), None)
    row = Review(
        round_id=letter.decision.round_id,
        round=letter.decision.round,
        application_id=letter.application_id,
        application=letter.application,
        letter=letter,
        scenario=run,
        hashes=hashes_of(run) if run else {},
        demand=asked.demand.strip(),
        grounds=asked.grounds.strip(),
        from_whom=asked.from_whom.strip(),
        received_on=asked.received_on,
        review_by_on=letter.review_by_on,
        late=asked.received_on > letter.review_by_on,
        entered_by=by,
        entered_at=now,
    )
    session.add(row)
    session.flush()
    _step(session, row, ReviewState.RECEIVED.value, by=by, now=now)
    return row


def hashes_of(run: Scenario) -> dict[str, Any]:
    """By what a run is known again: `vuoro round replay` gives the same plan from the same input."""
    return {
        "scenario": run.ref,
        "instance_hash": run.instance_hash,
        "plan_hash": run.plan_hash,
        "engine": run.engine,
        "seed": run.seed,
        "rulebook": run.rulebook,
    }


def review_of(session: Session, ref: str) -> Review:
    """Raises NotFound."""
    found = session.scalar(_loaded().where(Review.ref == ref))
    if found is None:
        raise NotFound(what="review")
    return found


def listed(
    session: Session,
    *,
    rounds: Iterable[RoundId] | None,
    organisations: Iterable[OrganisationId],
    open_only: bool = False,
) -> list[Review]:
    """Those of these rounds (None: of all) and of these organisations, open ones first, the earliest deadline first."""
    query = _loaded()
    if rounds is not None:
        mine = Application.organisation_id.in_(list(organisations))
        query = query.join(Application, Application.id == Review.application_id)
        query = query.where(Review.round_id.in_(list(rounds)) | mine)
    if open_only:
        query = query.where(Review.state.in_(OPEN))
    found = session.scalars(query.order_by(Review.received_on, Review.id))
    return sorted(found, key=lambda row: (row.state not in OPEN, row.received_on))


def of_application(session: Session, application: Application) -> list[Review]:
    query = _loaded().where(Review.application_id == application.id)
    return list(session.scalars(query.order_by(Review.id.desc())))


def steps(session: Session, row: Review) -> list[ReviewStep]:
    query = select(ReviewStep).where(ReviewStep.review_id == row.id).options(joinedload(ReviewStep.person))
    return list(session.scalars(query.order_by(ReviewStep.id)))


def prepare(session: Session, row: Review, *, by: PersonId, now: datetime, said: str = "") -> None:
    """Somebody prepares it for the board. Raises NotNow."""
    _require(session, row, ReviewState.RECEIVED)
    row.state = ReviewState.PREPARING.value
    _step(session, row, row.state, by=by, now=now, said=said)


def to_board(session: Session, row: Review, *, board: str, on: date, item: str, by: PersonId, now: datetime) -> None:
    """It goes to a meeting of the board, as an item of its agenda. Raises NotNow, BadInput."""
    _require(session, row, ReviewState.RECEIVED, ReviewState.PREPARING, ReviewState.TO_BOARD)
    if not board.strip():
        raise BadInput(field="board", problem="empty")
    row.state, row.board, row.board_on, row.item = ReviewState.TO_BOARD.value, board.strip(), on, item.strip()
    _step(session, row, row.state, by=by, now=now, said=f"{row.board} {on.isoformat()} {row.item}".strip())


def decide(
    session: Session, row: Review, *, outcome: ReviewOutcome, decision: str, on: date, by: PersonId, now: datetime
) -> None:
    """Enter what the board decided, in its words. Raises NotNow, BadInput."""
    _require(session, row, ReviewState.TO_BOARD)
    if not decision.strip():
        raise BadInput(field="decision", problem="empty")
    row.state, row.outcome = ReviewState.DECIDED.value, outcome.value
    row.decision, row.decided_on = decision.strip(), on
    _step(session, row, outcome.value, by=by, now=now, said=row.decision)


def note_follows(session: Session, row: Review, *, words: str, by: PersonId, now: datetime) -> None:
    """What was done after it was upheld or returned: which pin or grant was made by hand. Raises NotNow, BadInput."""
    if row.outcome not in (ReviewOutcome.UPHELD, ReviewOutcome.RETURNED):
        raise NotNow(state=row.state)
    needed(words)
    row.follows = words.strip()
    _step(session, row, "follows", by=by, now=now, said=row.follows)


def withdraw(session: Session, row: Review, *, reason: str, by: PersonId, now: datetime) -> None:
    """Who asked takes it back. Raises NotNow, BadInput."""
    _require(session, row, ReviewState.RECEIVED, ReviewState.PREPARING, ReviewState.TO_BOARD)
    needed(reason)
    row.state = ReviewState.WITHDRAWN.value
    _step(session, row, row.state, by=by, now=now, said=reason)


def _require(session: Session, row: Review, *states: ReviewState) -> None:
    session.execute(select(Review.id).where(Review.id == row.id).with_for_update(key_share=True))
    session.refresh(row, attribute_names=["state"])
    if row.state not in states:
        raise NotNow(state=row.state)


def _loaded() -> Select[Review]:
    return select(Review).options(
        joinedload(Review.round),
        joinedload(Review.scenario),
        joinedload(Review.letter).joinedload(DecisionLetter.decision),
        joinedload(Review.application).joinedload(Application.organisation),
    )


def _step(session: Session, row: Review, kind: str, *, by: PersonId, now: datetime, said: str = "") -> None:
    session.add(ReviewStep(review_id=row.id, kind=kind, by=by, at=now, said=said.strip()))
    session.flush()
    body: Mapping[str, object] = {"step": kind, "round": row.round.ref, "late": row.late, "said": said.strip()}
    tell(session, Act(ActKind.REVIEW_STEP, now, by, row.ref, body, persons=(by,)))
