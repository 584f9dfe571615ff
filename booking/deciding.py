"""What a person decides where the rules cannot: requests that wait for whoever the rules name.

An answer becomes facts (a consent, a judgement), with which the rules are asked again: they may then grant, give
another class and price, or name somebody else who decides next.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import String, cast, select
from sqlalchemy.orm import Session, joinedload

from booking.acts import ActKind
from booking.bookings import WAITING, price, tell_of
from booking.core.rulebook import Outcome
from booking.ids import PersonId, PremisesId
from booking.judging import CONSENTS, plain_facts
from booking.models import Booking, Occurrence, OccurrenceState, Space
from booking.occupying import lock, vacate
from booking.refusals import BadInput, NotNow, RuleRefuses
from booking.refusing import EXCLUDED
from booking.snapshots import set_vat
from booking.wishes import Again, Quote

JUDGEMENTS = ("activity.complements", "activity.supports_municipality")  # never asked of the applicant


@dataclass(frozen=True, slots=True)
class Answer:
    """What a person answers. `reason` and `conditions` go to who asked; `consents`: yes or no to what was asked, and
    after a no the time is what the rules make of it without the consent; `facts`: what the person knows or judges, by
    dotted name; `price_cents`: a price of their own, None leaves that of the rules, perhaps unknown."""

    reason: str
    consents: bool = True
    conditions: str = ""
    price_cents: int | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)


def waiting(session: Session, premises: Sequence[PremisesId] | None) -> list[Occurrence]:
    """The times that wait for a decision at these premises (None: everywhere), in order of time."""
    query = (
        select(Occurrence)
        .join(Space, Space.id == Occurrence.space_id)
        .where(Occurrence.state == OccurrenceState.PENDING.value)
        .options(
            joinedload(Occurrence.space).joinedload(Space.premises),
            joinedload(Occurrence.booking).joinedload(Booking.organisation),
            joinedload(Occurrence.booking).joinedload(Booking.holder),
        )
        .order_by(Occurrence.starts_at, Occurrence.id)
    )
    if premises is not None:
        query = query.where(Space.premises_id.in_(premises))
    return list(session.scalars(query))


def decider_of(row: Occurrence) -> str | None:
    """The rulebooks' role that a time waits for."""
    found: str | None = row.trace.get("decider")
    return found


def approve(
    session: Session, rows: Sequence[Occurrence], answer: Answer, *, by: PersonId, by_ref: str, now: datetime
) -> None:
    """Grant times that waited, as far as it is this person's to grant: a time that the rules then leave to somebody
    else goes on waiting for them.

    Raises NotNow for a time that does not wait, BadInput without a reason or with a negative price, RuleRefuses when
    the rules exclude the use by what was answered."""
    _check(session, rows, answer.reason)
    if answer.price_cents is not None and answer.price_cents < 0:
        raise BadInput(field="price", problem="negative")
    for row in rows:
        _grant(session, row, answer, by_ref, now)
    session.flush()
    for state, kind in _TOLD.items():
        if some := [row for row in rows if row.state == state]:
            more = {"decision": answer.reason, "conditions": answer.conditions, "facts": plain_facts(answer.facts)}
            tell_of(session, kind, some[0].booking, some, by, now, **more)


_TOLD = {
    OccurrenceState.CONFIRMED: ActKind.BOOKING_APPROVED,
    OccurrenceState.PENDING: ActKind.DECISION_PASSED_ON,
}


def _grant(session: Session, row: Occurrence, answer: Answer, by_ref: str, now: datetime) -> None:
    asked_before = dict(row.trace)
    facts = _decided(row, answer)
    quote = Again(session, row.booking, row.booking.made_at, frozenset({row.id})).settled(row, facts)
    if quote.outcome is not None and quote.outcome.kind in EXCLUDED:
        raise RuleRefuses(outcome=quote.outcome)
    passed_on = _asks_another(asked_before, quote.outcome)
    _retell(row, quote)
    row.state = (OccurrenceState.PENDING if passed_on else OccurrenceState.CONFIRMED).value
    said = _said(answer, asked_before, by_ref, now)
    decisions = [*asked_before.get("decisions", ()), said]
    kept = {"limits": asked_before.get("limits", [])}  # they were settled when it was asked for
    row.trace = row.trace | kept | {"decided_facts": plain_facts(facts), "decisions": decisions}
    if not passed_on:
        row.trace = row.trace | {"decided_by": by_ref, "decided_at": now.isoformat(), "decision": answer.reason}
    if answer.price_cents is not None:
        _price_by_hand(row, answer.price_cents)
    row.sequence += 1


def _decided(row: Occurrence, answer: Answer) -> dict[str, Any]:
    """All that people decided of this time so far: a yes is the consent of the role that was asked."""
    before: dict[str, Any] = row.trace.get("decided_facts", {})
    facts = before | dict(answer.facts)
    if role := decider_of(row):
        told = facts.get(CONSENTS) or row.booking.audience.get("consents") or ()
        facts[CONSENTS] = tuple(dict.fromkeys((*told, role))) if answer.consents else tuple(set(told) - {role})
    return facts


def _asks_another(before: Mapping[str, Any], outcome: Outcome | None) -> bool:
    """Whether the rules now want somebody else: what the same role is asked again is settled by its yes."""
    return outcome is not None and outcome.kind in WAITING and outcome.decider != before.get("decider")


def _retell(row: Occurrence, quote: Quote) -> None:
    """The new class and price, where the rules could tell them with what was answered."""
    if quote.outcome is not None and (quote.outcome.price_class or not row.price_class):
        price(row, quote)


def _said(answer: Answer, before: Mapping[str, Any], by_ref: str, now: datetime) -> dict[str, Any]:
    told = {"by": by_ref, "at": now.isoformat(), "role": before.get("decider"), "reason": answer.reason}
    return told | {"consents": answer.consents, "conditions": answer.conditions, "facts": plain_facts(answer.facts)}


def _price_by_hand(row: Occurrence, cents: int) -> None:
    """normal = price + subsidy stays true: what the normal price is above the price is support; a price above the
    normal one is the normal one. An unknown normal price stays unknown."""
    row.price_cents = cents
    if row.normal_cents is None:
        row.subsidy_cents = None
    else:
        row.normal_cents = max(row.normal_cents, cents)
        row.subsidy_cents = row.normal_cents - cents
    set_vat(row, row.vat_percent)


def refuse(session: Session, rows: Sequence[Occurrence], *, reason: str, by: PersonId, now: datetime) -> None:
    """Refuse times that waited: they are free at once. Raises NotNow, BadInput without a reason."""
    _check(session, rows, reason)
    vacate(session, rows)
    for row in rows:
        row.state, row.reason = OccurrenceState.REFUSED.value, reason
        row.trace = row.trace | {"decided_at": now.isoformat(), "decision": reason}
        row.sequence += 1
    session.flush()
    tell_of(session, ActKind.BOOKING_REFUSED, rows[0].booking, rows, by, now, decision=reason)


def decided_since(session: Session, premises: Sequence[PremisesId] | None, since: datetime) -> list[Booking]:
    """The bookings of which a person decided since an instant, latest decision first, for times not long past."""
    query = (
        select(Occurrence)
        .join(Space, Space.id == Occurrence.space_id)
        .where(Occurrence.starts_at > since, cast(Occurrence.trace, String).contains('"decided_at"'))
        .where(Occurrence.state.in_((OccurrenceState.CONFIRMED.value, OccurrenceState.REFUSED.value)))
        .options(joinedload(Occurrence.booking).joinedload(Booking.organisation))
    )
    if premises is not None:
        query = query.where(Space.premises_id.in_(premises))
    rows = [row for row in session.scalars(query) if row.trace.get("decided_at", "") > since.isoformat()]
    latest = sorted(rows, key=lambda row: str(row.trace["decided_at"]), reverse=True)
    return list({row.booking_id: row.booking for row in latest}.values())


def _check(session: Session, rows: Sequence[Occurrence], reason: str) -> None:
    if not reason.strip():
        raise BadInput(field="reason", problem="empty")
    for row in rows:
        if row.state != OccurrenceState.PENDING:
            raise NotNow(state=row.state)
    lock(session, rows)
