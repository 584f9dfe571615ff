"""Letters to applicants of a round: proposals, answers to questions, decisions, undoing, reviews. By mail to their
secretaries, each in their own language; the decision itself is a PDF behind the link."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any

from flask import render_template
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from booking import mail
from booking.ids import OrganisationId
from booking.models import Person
from booking.rounds import granted, letters, undoing
from booking.rounds.decision_models import DecisionLetter, Review, RoundUndo, UndoStage
from booking.rounds.ids import RoundUndoId
from booking.rounds.models import Round
from booking.rounds.plan_models import GrantState, SlotGrant
from web import i18n
from web.life_letters import address, people_of


def proposed(session: Session, round_: Round, rows: Iterable[SlotGrant], now: datetime) -> None:
    """What is proposed, until when it is answered, and what happens without an answer."""
    for organisation, grants in by_organisation(rows).items():
        _to_all(
            session,
            organisation,
            lambda: _("Slots proposed to you: %(round)s", round=round_.name(i18n.language())),
            "proposed",
            now,
            round=round_,
            grants=grants,
            url=address("my_grants.show"),
        )


def replied(session: Session, grant: SlotGrant, now: datetime) -> None:
    """The house answered a question."""
    _to_all(
        session,
        grant.section.application.organisation_id,
        lambda: _("An answer to your question: %(round)s", round=grant.round.name(i18n.language())),
        "replied",
        now,
        grant=grant,
        url=address("my_grants.one", proposal_ref=grant.ref),
    )


def settled(session: Session, rows: Iterable[SlotGrant], now: datetime) -> None:
    """The days for answering are over: what counts as accepted, or has lapsed."""
    for organisation, grants in by_organisation(rows).items():
        lapsed = grants[0].state == GrantState.LAPSED
        _to_all(
            session,
            organisation,
            lambda: _("Proposed slots: the days for answering are over"),
            "settled",
            now,
            grants=grants,
            lapsed=lapsed,
            url=address("my_grants.show"),
        )


def decided(session: Session, letter: DecisionLetter, now: datetime) -> None:
    """The decision is there: what it grants, where the letter is, and the last day to ask for a review."""
    assert letter.facts is not None, "it is written"
    facts = letter.facts
    _to_all(
        session,
        letter.application.organisation_id,
        lambda: _("Decision on your slots: %(round)s", round=facts["round"][i18n.language()]),
        "decided",
        now,
        facts=facts,
        letter=letter,
        url=address("decision_letters.pdf", decision_letter_ref=letter.ref),
        review_url=address("reviews.ask", decision_letter_ref=letter.ref),
    )


def undone(session: Session, undo: RoundUndo, rows: Iterable[SlotGrant], now: datetime) -> None:
    """What was granted has been undone, and why."""
    for organisation, grants in by_organisation(rows).items():
        _to_all(
            session,
            organisation,
            lambda: _("Your slots were taken back: %(round)s", round=undo.round.name(i18n.language())),
            "undone",
            now,
            undo=undo,
            grants=grants,
        )


def review_step(session: Session, review: Review, now: datetime) -> None:
    """Where the review that somebody asked for is."""
    _to_all(
        session,
        review.application.organisation_id,
        lambda: _("Your request for a review: %(round)s", round=review.round.name(i18n.language())),
        "review",
        now,
        review=review,
        url=address("reviews.show", review_ref=review.ref),
    )


def by_organisation(rows: Iterable[SlotGrant]) -> dict[OrganisationId, list[SlotGrant]]:
    found: dict[OrganisationId, list[SlotGrant]] = {}
    for row in rows:
        found.setdefault(row.section.application.organisation_id, []).append(row)
    return found


def _to_all(
    session: Session,
    organisation: OrganisationId,
    subject: Callable[[], str],
    kind: str,
    now: datetime,
    **values: Any,
) -> None:
    for person in people_of(session, organisation, now):
        _write(session, person, subject, kind, now, values)


def _write(
    session: Session, person: Person, subject: Callable[[], str], kind: str, now: datetime, values: dict[str, Any]
) -> None:
    with i18n.speaking(person.language):
        body = render_template(f"my_grants/{kind}.txt", person=person, **values)
        mail.write(session, person, subject=str(subject()), body=body, now=now)


def write_waiting(session: Session, now: datetime, *, most: int) -> int:
    """Write some decision letters that wait, and tell of each. Returns how many."""
    waiting = letters.unwritten(session, most=most)
    for one in waiting:
        letters.write(session, one, now=now)
        decided(session, one, now)
    return len(waiting)


def undone_grants(session: Session, round_: Round, since: datetime) -> list[SlotGrant]:
    """The grants of a round undone since an instant."""
    rows = granted.of_round(session, round_, (GrantState.UNDONE.value,))
    return [row for row in rows if row.ended_at is not None and row.ended_at >= since]


def undo_slice(session: Session, undo: RoundUndoId, now: datetime) -> RoundUndo:
    """One slice; with the last of the grants the applicants are told."""
    before = session.get_one(RoundUndo, undo).stage
    row = undoing.slice_of(session, undo, now)
    if before == UndoStage.GRANTS and row.stage == UndoStage.ROUND:
        rows = undone_grants(session, row.round, row.from_at)
        undone(session, row, rows, now)
    return row
