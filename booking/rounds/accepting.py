"""What the rulebook of a round says of answers and reviews: what counts without an answer, how many days there are.

Where a rulebook is silent, a slot that was granted counts (it was asked for), and the days are practice.toml's.
"""

from __future__ import annotations

from sqlalchemy.orm import Session

from booking.core.rulebook import Rulebook
from booking.core.rules.rounds import Acceptance, AllocationRule
from booking.practice import practice
from booking.rounds.models import Round
from booking.rulebooks import NoRulebook
from booking.versions.known import book_on, books


def book_of_round(session: Session, round_: Round) -> Rulebook | None:
    """The version fixed for the round, else the one in force on the season's first day; None where there is none."""
    for book in books(session):
        if book.id == round_.rulebook:
            return book
    try:
        return book_on(session, round_.family, round_.first_on)
    except NoRulebook:
        return None


def rule_of(session: Session, round_: Round) -> AllocationRule | None:
    book = book_of_round(session, round_)
    return book.allocation if book else None


def acceptance(session: Session, round_: Round) -> Acceptance:
    rule = rule_of(session, round_)
    return (rule.accept if rule else None) or Acceptance.GRANTED_COUNTS


def answer_days(session: Session, round_: Round) -> int:
    """How many days applicants have to answer, unless the official tells another deadline."""
    rule = rule_of(session, round_)
    return (rule.confirm_days if rule else None) or practice("proposal_answer_days")


def review_days(session: Session, round_: Round) -> int:
    """How many days there are to ask for a review, from the day a decision is taken to be known."""
    rule = rule_of(session, round_)
    return (rule.appeal_days if rule else None) or practice("review_request_days")
