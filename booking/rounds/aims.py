"""What the allocation of a round aims at: classes, quotas and policy of its rulebook and itself, with what they need to
know of those who applied."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.core.allocation.instance import Policy, PriorityClass, Quota
from booking.core.rulebook import Rulebook
from booking.models import Organisation
from booking.refusals import NotFound
from booking.rounds.judging import EVERYBODY
from booking.rounds.models import Round, Section
from booking.rounds.policy import Known, class_ids, classes_of, policy_of, quotas_of, rulebook_of
from booking.versions.known import books
from booking.versions.models import RulebookVersion, VersionState
from booking.versions.written import compiled


@dataclass(frozen=True, slots=True)
class Aims:
    """`class_ids`: the class of the allocation for each class of the rulebook: those of one rank are one."""

    classes: tuple[PriorityClass, ...]
    class_ids: Mapping[str, str]
    policy: Policy
    quotas: tuple[Quota, ...]
    rulebook: str


def book_named(session: Session, round_: Round, name: str) -> Rulebook:
    """The round's rulebook, or (for a what-if) another version, known by its id or as a draft. Raises NotFound for one
    that is not there, RulebookError for a faulty draft."""
    if not name:
        return rulebook_of(session, round_)
    known = next((book for book in books(session) if book.id == name), None)
    if known is not None:
        return known
    draft = next((row for row in drafts_of(session, round_.family) if row.name == name), None)
    if draft is None:
        raise NotFound(what="rulebook")
    return compiled(draft.text)


def drafts_of(session: Session, family: str) -> list[RulebookVersion]:
    """The versions of a family that are being written or looked at."""
    states = (VersionState.DRAFT.value, VersionState.IN_REVIEW.value)
    query = select(RulebookVersion).where(RulebookVersion.family == family, RulebookVersion.state.in_(states))
    return list(session.scalars(query.order_by(RulebookVersion.id)))


def versions_of(session: Session, round_: Round) -> list[str]:
    """What a round could be allocated by instead: other versions of its family, and drafts."""
    known = [book.id for book in books(session) if book.family == round_.family]
    return [one for one in (*known, *(row.name for row in drafts_of(session, round_.family))) if one != round_.rulebook]


def aims_of(round_: Round, book: Rulebook, sections: Iterable[Section]) -> Aims:
    """`sections`: those that take part."""
    organisations = {one.application.organisation_id: one.application.organisation for one in sections}
    known = Known(organisations=frozenset(one.ref for one in organisations.values()))
    classes, ids = classes_of(book), class_ids(book)
    if book.priority.silent:
        classes, ids = (PriorityClass(EVERYBODY, 1),), {EVERYBODY: EVERYBODY}
    policy = policy_of(round_, book, members(organisations.values()))
    return Aims(classes, ids, policy, quotas_of(round_, book, known), book.id)


def members(organisations: Iterable[Organisation]) -> dict[str, int]:
    """Members as the register tells them, by ref; those who tell none are left out."""
    return {one.ref: one.members_total for one in organisations if one.members_total is not None}
