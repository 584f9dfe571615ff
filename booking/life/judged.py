"""What the rulebook in force on the day of use says of something that happened: from rows of tables to a verdict."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime
from zoneinfo import ZoneInfo

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from booking.core.rulebook import Outcome, Request, Rulebook, evaluate
from booking.core.rules.consequences import EventVerdict, Sanction
from booking.core.rules.facts import Happening as EventFacts
from booking.core.rules.facts import History
from booking.core.span import Span
from booking.happenings.history import history, season_at
from booking.happenings.models import Happening, HappeningState
from booking.ids import OrganisationId
from booking.judging import Known, citation_facts, of_organisation, of_space, request_from, request_of
from booking.known_facts import Knowing, of_applicant, of_premises
from booking.life.verdicts import Penalty, Verdict
from booking.models import Occurrence, Organisation, Premises, Space
from booking.money.balances import Debt
from booking.rulebooks import NoRulebook
from booking.versions.known import book_on
from booking.wish import wish_of
from booking.wishes import judged as decided_of


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened, as rules ask of it; what is None was not told. `at`: when, for counting the notice."""

    kind: str
    at: datetime
    by: str = "user"
    reason: str | None = None
    minutes_late: int | None = None
    reports: int | None = None
    heads: int | None = None
    cost_cents: int | None = None


def judged(session: Session, row: Occurrence, event: Event, now: datetime) -> Verdict:
    """What follows for a booked time. Where no rulebook is in force, nothing does."""
    del now
    organisation = session.get_one(Organisation, row.booking.organisation_id)
    wish = wish_of(row.booking, row)
    knowing = Knowing(session, row.space, organisation, wish, row.booking.made_at, decided=decided_of(row))
    known = Known(knowing.steady(), knowing.decided)
    request = request_of(wish, row.space, organisation, Span(row.starts_at, row.ends_at), known)
    return _answer(session, organisation.id, row.space, row.starts_at, request, event)


def judged_use(session: Session, whose: Organisation, space: Space, span: Span, event: Event) -> Verdict:
    """What follows from a use that nobody booked: priced as the space and the time are, whatever it was for."""
    told = {**of_organisation(whose), **of_space(space), **of_applicant(whose), **of_premises(session, space)}
    told |= {"time.span": span, "time.zone": ZoneInfo(space.premises.zone), "time.booking_type": "single"}
    request = request_from(told)
    return _answer(session, whose.id, space, span.starts_at, request, event)


def debt_judged(
    session: Session, whose: Organisation, place: Premises, owed: Debt, *, grace_over: bool, on: date
) -> Verdict:
    """What follows from a debt at premises, on a day."""
    told = {
        **of_organisation(whose),
        **of_applicant(whose),
        "applicant.debt_days": owed.days,
        "applicant.debt_months": owed.months,
        "applicant.debt_cents": owed.cents,
        "space.premises_kind": place.kind,
        "space.premises": place.ref,
    }
    event = EventFacts(kind="debt", on=on, age_days=owed.days, age_months=owed.months, grace_over=grace_over)
    request = replace(request_from(told), event=event)
    try:
        book = book_on(session, place.rulebook, on)
    except NoRulebook:
        return Verdict("debt")
    return verdict_of(book, evaluate(book, request, on=on), "debt")


def _answer(
    session: Session, whose: OrganisationId, space: Space, starts_at: datetime, request: Request, event: Event
) -> Verdict:
    day = starts_at.astimezone(ZoneInfo(space.premises.zone)).date()
    try:
        book = book_on(session, space.premises.rulebook, day)
    except NoRulebook:
        return Verdict(event.kind)
    told = replace(
        request,
        history=_history(session, whose, space, day, request.history),
        event=_event(session, whose, space, day, event),
    )
    return verdict_of(book, evaluate(book, told), event.kind)


def _history(session: Session, whose: OrganisationId, space: Space, day: date, told: History) -> History:
    before = history(session, whose, day, space=space)
    return replace(told, no_shows=before.no_shows, unused_running=before.unused_running, warnings=before.warnings)


def _event(session: Session, whose: OrganisationId, space: Space, day: date, event: Event) -> EventFacts:
    zone = ZoneInfo(space.premises.zone)
    return EventFacts(
        kind=event.kind,
        on=event.at.astimezone(zone).date(),
        at=event.at,
        by=event.by,
        reason=event.reason,
        minutes_late=event.minutes_late,
        reports=event.reports,
        heads=event.heads,
        cost_cents=event.cost_cents,
        relet=False,
        repeat=_before(session, whose, space, day, event.kind) + 1,
    )


def _before(session: Session, whose: OrganisationId, space: Space, day: date, kind: str) -> int:
    """How often the same was confirmed in the season before."""
    season = season_at(session, day, space)
    query = select(func.count(Happening.id)).where(
        Happening.organisation_id == whose,
        Happening.kind == kind,
        Happening.state == HappeningState.CONFIRMED.value,
        Happening.happened_at >= season.starts_at,
        Happening.happened_at < season.ends_at,
    )
    return session.scalar(query) or 0


def verdict_of(book: Rulebook, outcome: Outcome, kind: str) -> Verdict:
    """The rulebook's answer as kept. A fee row that cannot be settled for want of facts goes to who decides."""
    said = outcome.event
    if said is None:
        return Verdict(kind)
    fee_rows = {row.row.citation.row for row in book.consequences if row.fee is not None}
    reasons = sorted(said.reasons, key=lambda cited: cited.row not in fee_rows)  # what is charged stands first
    open_for = "" if said.fee_known or not said.missing else book.decider
    return Verdict(
        kind=kind,
        charges=said.fee_known or any(cited.row in fee_rows for cited in reasons),
        fee_cents=said.fee_cents,
        price_class=said.price_class or "",
        valid=said.valid,
        slot=said.slot.value if said.slot else "",
        penalties=tuple(_penalty(book, one, said) for one in said.sanctions),
        waived=said.credit_cents != 0,
        compensation_cents=said.compensation_cents or None,
        substitute=said.substitute,
        deadline_on=said.deadline,
        asks=said.ask or open_for,
        question=dict(said.question),
        missing=said.missing,
        reasons=tuple(citation_facts(one) for one in reasons),
    )


def _penalty(book: Rulebook, sanction: Sanction, said: EventVerdict) -> Penalty:
    cited = {row.row.citation.row for row in book.consequences if row.sanction is sanction}
    source = next((one for one in said.reasons if one.row in cited), None)
    return Penalty(
        kind=sanction.kind.value,
        scope=sanction.scope.value,
        days=sanction.days,
        months=sanction.months,
        until=sanction.until.value if sanction.until else "",
        price_class=sanction.price_class or "",
        citation=citation_facts(source) if source else {},
    )
