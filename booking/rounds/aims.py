"""What the allocation of a round aims at: classes, quotas and policy of its rulebook and itself, with what they need to
know of those who applied."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from sqlalchemy.orm import Session

from booking.core.allocation.instance import Policy, PriorityClass, Quota
from booking.models import Organisation
from booking.rounds.judging import EVERYBODY
from booking.rounds.models import Round, Section
from booking.rounds.policy import Known, class_ids, classes_of, policy_of, quotas_of, rulebook_of


@dataclass(frozen=True, slots=True)
class Aims:
    """`class_ids`: the class of the allocation for each class of the rulebook: those of one rank are one."""

    classes: tuple[PriorityClass, ...]
    class_ids: Mapping[str, str]
    policy: Policy
    quotas: tuple[Quota, ...]
    rulebook: str


def aims_of(session: Session, round_: Round, sections: Iterable[Section]) -> Aims:
    """`sections`: those that take part. Raises NoRulebook."""
    book = rulebook_of(session, round_)
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
