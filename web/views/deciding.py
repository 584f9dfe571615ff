"""Requests that wait for a decision: what is asked and of whom, what the rules say, and answering it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from flask import Blueprint, flash, g, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from booking import bookings, deciding
from booking.core.span import Span
from booking.deciders import Deciders, deciders, note_stopped
from booking.deciding import Answer, decider_of
from booking.ids import PremisesId
from booking.judging import book_of
from booking.models import Booking, Occurrence, OccurrenceState
from booking.people import note_viewed
from booking.refusals import BadInput, NotAllowed, NotNow, RuleRefuses
from booking.roles import Role
from web import fact_fields, forms, letters
from web.auth import held, require_at, requires, signed_in
from web.clock import now, today
from web.db import reading, transaction
from web.explained import Explanation, explained
from web.fact_fields import FactField

bp = Blueprint("deciding", __name__, url_prefix="/requests")
DECIDES = (Role.MANAGER, Role.OPERATOR, Role.DECIDER)
LATELY = timedelta(days=30)  # whose letters are still offered on the page of requests
CONSENTS = "activity.consents"


class DecisionForm(forms.FormSchema):
    answer = forms.Choice(("grant", "without", "refuse"), required=True)
    reason = forms.Lines(required=True, longest=500)
    conditions = forms.Lines(longest=500, load_default="")
    price = forms.Euros(load_default=None)


@dataclass(frozen=True, slots=True)
class Waiting:
    """The times of one booking that wait for one role, with what the rules say of the first, who may decide, and the
    facts that could change the answer and nobody has told."""

    booking: Booking
    rows: tuple[Occurrence, ...]
    told: Explanation
    zone: ZoneInfo
    who: Deciders
    fields: tuple[FactField, ...] = ()

    @property
    def mine(self) -> bool:
        return self.who.lets(signed_in().id)

    @property
    def stopped(self) -> bool:
        return self.who.stops(signed_in().id)

    @property
    def latest_on(self) -> date | None:
        """The day by which it must be decided, where the rules set one."""
        return self.told.decide_by


def my_premises() -> list[PremisesId] | None:
    """The premises I decide for; None for all of them."""
    mine = [one for one in g.grants if one.role in DECIDES]
    if Role.ADMINISTRATOR in held() or any(one.premises_id is None for one in mine):
        return None
    return [one.premises_id for one in mine]


def grouped(db: Session, rows: Iterable[Occurrence]) -> list[Waiting]:
    """The waiting times by booking and by whom they wait for, in order of the first of each."""
    found: dict[tuple[str, str | None], list[Occurrence]] = {}
    for row in rows:
        found.setdefault((row.booking.ref, decider_of(row)), []).append(row)
    return [_waiting(db, group) for group in found.values()]


def _waiting(db: Session, rows: Sequence[Occurrence]) -> Waiting:
    first, place = rows[0], rows[0].space.premises
    who = deciders(db, place.id, decider_of(first), first.booking, today())
    told = explained(first.trace)
    return Waiting(first.booking, tuple(rows), told, ZoneInfo(place.zone), who, fields_of(first))


def fields_of(row: Occurrence) -> tuple[FactField, ...]:
    """The facts that the decider may know or judge: those that are missing, and the judgements among those asked."""
    try:
        book = book_of(row.space, Span(row.starts_at, row.ends_at))
    except BadInput:
        return ()
    return fact_fields.asked(book, [name for name in row.trace.get("missing", ()) if name != CONSENTS])


@bp.get("")
@requires(*DECIDES)
def waiting() -> ResponseReturnValue:
    """What waits for me, and, at my premises, what waits for somebody else."""
    with reading() as db:
        found = grouped(db, deciding.waiting(db, my_premises()))
        mine = [one for one in found if one.mine]
        others = [one for one in found if not one.mine]
        late = deciding.decided_since(db, my_premises(), now() - LATELY)
        return render_template("deciding/waiting.html", waiting=mine, others=others, decided=late)


def request_of(db: Session, booking_ref: str) -> Waiting:
    """The times of a booking that wait, those for me before those for others. Raises NotAllowed elsewhere, NotNow when
    nothing waits any more."""
    booking = bookings.booking_of(db, booking_ref)
    for row in booking.occurrences:
        require_at(row.space.premises_id, *DECIDES)
    found = grouped(db, [row for row in booking.occurrences if row.state == OccurrenceState.PENDING])
    if not found:
        raise NotNow(state=booking.occurrences[0].state if booking.occurrences else "none")
    return next((one for one in found if one.mine), found[0])


@bp.get("/<booking_ref>")
@requires(*DECIDES)
def show(booking_ref: str) -> ResponseReturnValue:
    return page(booking_ref, forms.blank())


def page(booking_ref: str, form: forms.Form[Any]) -> str:
    with transaction() as db:
        asked = request_of(db, booking_ref)
        note_viewed(db, asked.booking.holder, by=signed_in().id, now=now(), why=f"request {booking_ref}")
        return render_template("deciding/decide.html", asked=asked, booking=asked.booking, form=form)


@bp.post("/<booking_ref>")
@requires(*DECIDES)
def decide(booking_ref: str) -> ResponseReturnValue:
    with transaction() as db:
        asked = request_of(db, booking_ref)
        if not asked.mine:
            return kept_out(db, asked), 403
    form = forms.filled(fact_fields.with_facts(DecisionForm, asked.fields))
    if form.ok:
        with form.catching(), transaction() as db:
            settle(db, request_of(db, booking_ref), form.wish)
            flash(_("Decided. A letter goes to who asked."), "success")
            return redirect(url_for("deciding.waiting"))
    return page(booking_ref, form), 422


def kept_out(db: Session, asked: Waiting) -> str:
    """Somebody who may not decide this tried to: that an interest stops them is recorded. Raises NotAllowed."""
    if not asked.stopped:
        raise NotAllowed
    place = asked.rows[0].space.premises_id
    note_stopped(db, asked.booking, signed_in(), premises=place, now=now())
    return render_template("deciding/stopped.html", asked=asked, booking=asked.booking)


def settle(db: Session, asked: Waiting, decision: dict[str, Any]) -> None:
    """Grant or refuse every time that waits for me, and write to who asked, or to whom it goes next."""
    person, reason = signed_in(), decision["reason"]
    if decision["answer"] == "refuse":
        deciding.refuse(db, asked.rows, reason=reason, by=person.id, now=now())
    else:
        grant(db, asked, decision)
    done = [row for row in asked.rows if row.state != OccurrenceState.PENDING]
    letters.decided(db, asked.booking, done, now(), said=reason, conditions=decision["conditions"])
    letters.asked(db, asked.booking, asked.rows, now())


def grant(db: Session, asked: Waiting, decision: dict[str, Any]) -> None:
    """Raises BadInput when the rules exclude the use by what was answered."""
    answer = Answer(
        reason=decision["reason"],
        consents=decision["answer"] == "grant",
        conditions=decision["conditions"],
        price_cents=decision["price"],
        facts=fact_fields.told(asked.fields, decision),
    )
    try:
        deciding.approve(db, asked.rows, answer, by=signed_in().id, by_ref=signed_in().ref, now=now())
    except RuleRefuses as no:
        raise BadInput(field="answer", problem="rules_refuse") from no
