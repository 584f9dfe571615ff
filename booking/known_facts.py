"""What is known of a wish beside what the applicant told: by the register, the calendar, the clock and history.

The one place where these facts are gathered for the rules; each comes from the module that keeps it, and only when the
rulebook asks for it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.asked import names_asked
from booking.availability import Tree
from booking.core.pattern import Pattern, dates
from booking.core.rulebook import Outcome, Request, Rulebook, evaluate
from booking.core.span import Span
from booking.happenings.history import bans_at, history
from booking.ids import OrganisationId
from booking.judging import Known, book_of, request_of
from booking.limits.enforced import SHUT, beside, broken
from booking.limits.used import Used
from booking.models import Organisation, Space
from booking.money.balances import debt
from booking.register import reports
from booking.register.commitments import commitments
from booking.register.proofs import verified
from booking.wish import Wish

DEBT = ("applicant.debt_days", "applicant.debt_months", "applicant.debt_cents", "applicant.debt_stage")
BEFORE = frozenset({"history.singles_in_season", "history.bookings_ahead", "history.last_season_held"})
UNDER_20 = "applicant.members_under_20"
HISTORY = ("history.no_shows", "history.unused_running", "history.warnings")


@dataclass(frozen=True, slots=True)
class Judged:
    """What the rules say of a date; `limited`: only limits shut it out, and no exclusion."""

    outcome: Outcome
    limited: bool = False


@dataclass(slots=True)
class Knowing:
    """Gathers the facts of each date of one wish. `applied_at`: when it was asked for, by which lead times count;
    `used`: counts quotas; `decided`: what people answered."""

    session: Session
    space: Space
    organisation: Organisation
    wish: Wish
    now: datetime
    used: Used | None = None
    applied_at: datetime | None = None
    decided: Mapping[str, Any] = field(default_factory=dict)
    _steady: dict[str, Any] = field(default_factory=dict)
    _gathered: frozenset[str] = frozenset()

    def judge(self, span: Span, occasion: int | None) -> Judged:
        """What the rules say of one date, the how-manieth single time of the season it is. Where somebody of the house
        lets the wish exceed limits, what they say beside those."""
        book = book_of(self.space, span)
        request = self.request(book, span, occasion)
        outcome = evaluate(book, request)
        if outcome.kind not in SHUT or not broken(outcome):
            return Judged(outcome)
        allowed = beside(book, request, outcome)
        if self.wish.exceeding or allowed.kind in SHUT:
            return Judged(allowed)
        return Judged(outcome, limited=True)

    def plan(self, span: Span) -> None:
        """A date of the wish is possible: quotas count it for the later ones."""
        known = Known(self.steady())
        self.counts().plan(span, request_of(self.wish, self.space, self.organisation, span, known))

    def request(self, book: Rulebook, span: Span, occasion: int | None) -> Request:
        asked = names_asked(book)
        facts = {
            **self.steady(asked),
            **of_day(self.session, self.organisation, self.space, self.counts().local_day(span), asked),
            "time.occasion": occasion,
        }
        if occasion is not None:
            facts["history.singles_in_season"] = occasion - 1
        if not asked.isdisjoint(BEFORE):
            facts |= self.counts().before(span)
        if "history.used" in asked:
            facts["history.used"] = self.counts().of(book, span)
        return request_of(self.wish, self.space, self.organisation, span, Known(facts, self.decided))

    def counts(self) -> Used:
        if self.used is None:
            self.used = Used(self.session, self.wish, self.space, self.now)
        return self.used

    def steady(self, asked: frozenset[str] = frozenset()) -> dict[str, Any]:
        """What is the same for every date, gathered once."""
        if not self._steady:
            self._steady = {
                **of_applicant(self.organisation),
                **of_premises(self.session, self.space),
                **of_pattern(self.wish.pattern, regular=self.wish.regular),
                "time.applied_at": self.applied_at or self.now,
            }
        if wanted := asked - self._gathered:
            self._gathered |= wanted
            today = self.now.astimezone(ZoneInfo(self.space.premises.zone)).date()
            self._steady |= of_standing(self.session, self.organisation, self.space, today, wanted)
        return self._steady


def of_applicant(organisation: Organisation) -> dict[str, Any]:
    """What the register's entry says of an applicant, beside its judgements."""
    return {
        "applicant.name": organisation.name,
        "applicant.business_id": organisation.business_id or organisation.registration_number,
        "applicant.members_total": organisation.members_total,
        "applicant.members_under_18": organisation.members_under_18,
        "applicant.members_residents": organisation.members_resident,
    }


def of_standing(
    session: Session, organisation: Organisation, space: Space, today: date, asked: frozenset[str]
) -> dict[str, Any]:
    """How the applicant stands today: proof of register, debt, what happened to its times so far."""
    found: dict[str, Any] = {}
    if "applicant.verified" in asked:
        # of a private person no proof is asked: there is no register to show an extract of
        found["applicant.verified"] = verified(session, organisation, today) is not False
    if UNDER_20 in asked:
        told = reports.facts(session, organisation.id, today, municipality=space.premises.municipality)
        found |= {UNDER_20: told["members_under_20"]} if "members_under_20" in told else {}
    if not asked.isdisjoint(DEBT):
        owed = debt(session, organisation.id, today)
        found |= dict(zip(DEBT, (owed.days, owed.months, owed.cents, owed.stage), strict=True))
    if not asked.isdisjoint(HISTORY):
        before = history(session, organisation.id, today, space=space)
        found |= dict(zip(HISTORY, (before.no_shows, before.unused_running, before.warnings), strict=True))
    return found


def of_day(
    session: Session, organisation: Organisation, space: Space, day: date, asked: frozenset[str]
) -> dict[str, Any]:
    """What is in force on the day of use: commitments signed, and bans that hold in the space."""
    found: dict[str, Any] = {}
    if "applicant.commitments" in asked:
        signed = commitments(session, organisation.id, day, premises=space.premises_id)
        found["applicant.commitments"] = tuple(sorted(signed))
    if "applicant.bans" in asked:
        found["applicant.bans"] = bans_at(session, organisation.id, day, space)
    return found


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
