"""What is known of a wish beside what the applicant told: by the register, the calendar, the clock and history.

The one place where these facts are gathered for the rules; each comes from the module that keeps it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from fractions import Fraction
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.availability import Tree
from booking.core.pattern import Pattern, dates
from booking.core.rulebook import Outcome
from booking.core.span import Span
from booking.ids import OccurrenceId, OrganisationId
from booking.judging import Known, judge
from booking.models import Organisation, Space
from booking.wish import Wish


@dataclass(slots=True)
class Knowing:
    """Gathers the facts of each date of one wish. `applied_at`: when it was asked for, by which lead times count;
    `decided`: what people answered; `but`: occurrences that are being changed and so do not count."""

    session: Session
    space: Space
    organisation: Organisation
    wish: Wish
    now: datetime
    applied_at: datetime | None = None
    decided: Mapping[str, Any] = field(default_factory=dict)
    but: frozenset[OccurrenceId] = frozenset()
    _steady: dict[str, Any] | None = None

    def judge(self, span: Span, occasion: int | None) -> Outcome:
        """What the rules say of one date, the how-manieth single time of the season it is."""
        facts = self.steady() | {"time.occasion": occasion}
        return judge(self.wish, self.space, self.organisation, span, Known(facts, self.decided))

    def steady(self) -> dict[str, Any]:
        """What is the same for every date, gathered once."""
        if self._steady is None:
            self._steady = {
                **of_applicant(self.organisation),
                **of_premises(self.session, self.space),
                **of_pattern(self.wish.pattern, regular=self.wish.regular),
                "time.applied_at": self.applied_at or self.now,
            }
        return self._steady


def of_applicant(organisation: Organisation) -> dict[str, Any]:
    """What the register knows of an applicant, beside its entry's judgements."""
    return {
        "applicant.name": organisation.name,
        "applicant.business_id": organisation.business_id or organisation.registration_number,
        "applicant.members_total": organisation.members_total,
        "applicant.members_under_18": organisation.members_under_18,
        "applicant.members_residents": organisation.members_resident,
    }


def of_premises(session: Session, space: Space) -> dict[str, Any]:
    """Where the space stands, who owns, manages and runs it, and which part of its whole it is."""
    place = space.premises
    ids = {"owner": place.owner_id, "manager": place.manager_id, "operator": place.operator_id}
    names = _names(session, set(ids.values()))
    return {f"space.{who}": names.get(one) for who, one in ids.items()} | {
        "space.name": space.name_fi,
        "space.district": place.district or None,
        "space.municipality": place.municipality,
        "space.equipment": tuple(space.equipment),
        "space.step_free": space.step_free and place.step_free,
        "space.fraction": fraction(Tree(session, [place.id]), space),
    }


def _names(session: Session, ids: set[OrganisationId]) -> dict[OrganisationId, str]:
    found = session.execute(select(Organisation.id, Organisation.name).where(Organisation.id.in_(ids)))
    return {row.id: row.name for row in found}


def fraction(tree: Tree, space: Space) -> Fraction:
    """Which part of its hall a space is, counted in atoms: a half is 1/2, a whole is 1."""
    return Fraction(len(tree.atoms(space.id)), len(tree.atoms(tree.above(space.id)[-1])))


def of_pattern(pattern: Pattern, *, regular: bool) -> dict[str, Any]:
    """How many times a whole booking has, and of a regular slot its minutes a week and its weeks."""
    times = {"time.occasions": len(dates(pattern))}
    if not regular or pattern.is_single:
        return times
    weekly = (pattern.end_min - pattern.start_min) * max(1, len(pattern.weekdays))
    return times | {"time.weekly_minutes": weekly, "time.weeks": (pattern.last_on - pattern.first_on).days // 7 + 1}
