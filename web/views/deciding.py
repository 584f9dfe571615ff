"""Requests that wait for a decision by the house: what is asked, what the rules say, and granting or refusing it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any
from zoneinfo import ZoneInfo

from flask import Blueprint, flash, g, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from booking import bookings, deciding
from booking.core.money import cents
from booking.ids import PremisesId
from booking.models import Booking, Occurrence, OccurrenceState
from booking.people import note_viewed
from booking.refusals import NotNow
from booking.roles import Role
from web import forms, letters
from web.auth import held, require_at, requires, signed_in
from web.clock import now
from web.db import reading, transaction
from web.explained import Explanation, explained

bp = Blueprint("deciding", __name__, url_prefix="/requests")
DECIDES = (Role.MANAGER, Role.OPERATOR)
MOST_EUROS = 100_000  # more is a slip of the finger


class Euros(forms.Typed[int]):
    """An amount as people write it, 12,50 or 12.50, in cents."""

    def read(self, text: str) -> int:
        try:
            amount = Decimal(text.replace("€", "").replace(" ", "").replace(",", "."))
        except InvalidOperation as error:
            raise self.make_error("not_a_number") from error
        if not amount.is_finite():
            raise self.make_error("not_a_number")
        if not 0 <= amount <= MOST_EUROS:
            raise self.make_error("negative" if amount < 0 else "too_large")
        return cents(amount)


class DecisionForm(forms.FormSchema):
    answer = forms.Choice(("grant", "refuse"), required=True)
    reason = forms.Lines(required=True, longest=500)
    price = Euros(load_default=None)


@dataclass(frozen=True, slots=True)
class Waiting:
    """One booking that waits, with its waiting times and what the rules say of the first."""

    booking: Booking
    rows: tuple[Occurrence, ...]
    told: Explanation
    zone: ZoneInfo


def my_premises() -> list[PremisesId] | None:
    """The premises I decide for; None for all of them."""
    if Role.ADMINISTRATOR in held():
        return None
    return [one.premises_id for one in g.grants if one.role in DECIDES and one.premises_id is not None]


def grouped(rows: Sequence[Occurrence]) -> list[Waiting]:
    """The waiting times by booking, in order of the first of each."""
    found: dict[str, list[Occurrence]] = {}
    for row in rows:
        found.setdefault(row.booking.ref, []).append(row)
    return [_waiting(group[0].booking, group) for group in found.values()]


def _waiting(booking: Booking, rows: Sequence[Occurrence]) -> Waiting:
    return Waiting(booking, tuple(rows), explained(rows[0].trace), ZoneInfo(rows[0].space.premises.zone))


@bp.get("")
@requires(*DECIDES)
def waiting() -> ResponseReturnValue:
    with reading() as db:
        return render_template("deciding/waiting.html", waiting=grouped(deciding.waiting(db, my_premises())))


def request_of(db: Session, booking_ref: str) -> Waiting:
    """The booking with the times that wait. Raises NotAllowed elsewhere, NotNow when nothing waits any more."""
    booking = bookings.booking_of(db, booking_ref)
    for row in booking.occurrences:
        require_at(row.space.premises_id, *DECIDES)
    rows = [row for row in booking.occurrences if row.state == OccurrenceState.PENDING]
    if not rows:
        raise NotNow(state=booking.occurrences[0].state if booking.occurrences else "none")
    return _waiting(booking, rows)


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
    form = forms.filled(DecisionForm())
    if form.ok:
        with form.catching(), transaction() as db:
            settle(db, request_of(db, booking_ref), form.wish)
            flash(_("Decided. A letter goes to who asked."), "success")
            return redirect(url_for("deciding.waiting"))
    return page(booking_ref, form), 422


def settle(db: Session, asked: Waiting, decision: dict[str, Any]) -> None:
    """Grant or refuse every waiting time of the booking, and write to who asked."""
    person, reason = signed_in(), decision["reason"]
    if decision["answer"] == "grant":
        price = decision["price"]
        deciding.approve(db, asked.rows, price_cents=price, reason=reason, by=person.id, by_ref=person.ref, now=now())
    else:
        deciding.refuse(db, asked.rows, reason=reason, by=person.id, now=now())
    letters.decided(db, asked.booking, asked.rows, now(), said=reason)
