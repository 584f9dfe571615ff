"""Changing a booking: moving, cancelling with undo, and adding a date again; each with a look before it is done."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from booking import bookings, moving
from booking.core.span import MINUTES_IN_DAY, Span
from booking.judging import snapshot
from booking.life import cancelling
from booking.models import Booking, Occurrence, OccurrenceState
from booking.moving import NewTime, Scope
from booking.practice import practice
from booking.premises import all_spaces, space_by_ref
from booking.refusals import NotFound, NotNow, RuleRefuses
from booking.wishes import Quote, quote_of
from web import booking_access, forms, letters
from web.auth import SIGNED_IN, requires, signed_in
from web.booking_form import located
from web.clock import now
from web.db import reading, transaction
from web.explained import Explanation, explained
from web.follows import follows
from web.views.booking import by_premises, refused_page

bp = Blueprint("changes", __name__, url_prefix="/bookings/<booking_ref>")


class MoveForm(forms.FormSchema):
    """Where a time goes: a day, local minutes and a space, and how far the change reaches in a series."""

    key = forms.Text(required=True)
    scope = forms.Choice(Scope, load_default=Scope.ONE.value)
    day = forms.Day(required=True)
    start = forms.MinuteOfDay(required=True)
    end = forms.MinuteOfDay(required=True)
    space = forms.Text(required=True)
    exceeding = forms.Lines(longest=300, load_default="")


@dataclass(frozen=True, slots=True)
class Change:
    """One time of a booking and what it would become."""

    row: Occurrence
    quote: Quote
    explanation: Explanation

    @property
    def price_changes(self) -> bool:
        return self.row.price_cents != self.explanation.price_cents


def mine(db: Session, booking_ref: str) -> Booking:
    """The booking, if this person may change it. Raises NotAllowed."""
    booking = bookings.booking_of(db, booking_ref)
    booking_access.require_changes(booking)
    return booking


def row_of(booking: Booking, key: str) -> Occurrence:
    found = next((row for row in booking.occurrences if row.key == key), None)
    if found is None:
        raise NotFound(what="occurrence")
    return found


def scope_asked() -> Scope:
    asked = request.values.get("scope", "")
    return Scope(asked) if asked in list(Scope) else Scope.ONE


def back(booking_ref: str) -> ResponseReturnValue:
    return redirect(url_for("booking.show", booking_ref=booking_ref))


# --- move ---


@bp.get("/move")
@requires(SIGNED_IN)
def move(booking_ref: str) -> ResponseReturnValue:
    """The form, and once it is filled in what would become of each time: an address of its own, nothing changed."""
    with reading() as db:
        booking = mine(db, booking_ref)
        row = row_of(booking, request.args.get("key", ""))
        form = forms.filled(MoveForm(), request.args) if "day" in request.args else forms.blank(**as_it_is(row))
        preview: list[Change] = []
        if form.ok:
            with form.catching(), located():
                preview = changes_of(db, booking, row, form.wish)
        return move_page(db, booking, row, form, preview), 422 if form.errors else 200


@bp.post("/move")
@requires(SIGNED_IN)
def do_move(booking_ref: str) -> ResponseReturnValue:
    form = forms.filled(MoveForm())
    if form.ok:
        with form.catching(), located(), transaction() as db:
            booking = mine(db, booking_ref)
            row = row_of(booking, form.wish["key"])
            late = booking_access.grace(booking)
            rows = moving.reached(booking, row, Scope(form.wish["scope"]), now(), late=late)
            wished = new_time(db, row, form.wish)
            booking_access.require_space(booking, wished.space or row.space)
            try:
                moving.move(db, booking, rows, wished, by=signed_in().id, now=now(), late=late)
            except RuleRefuses as no:
                db.rollback()
                return refused_page(no, forms.blank()), 409
            letters.moved(db, booking, rows, now())
            flash(_("Moved. The door code stays the same."), "success")
            return back(booking_ref)
    with reading() as db:
        booking = mine(db, booking_ref)
        return move_page(db, booking, row_of(booking, form["key"]), form, []), 422


def as_it_is(row: Occurrence) -> dict[str, Any]:
    zone = ZoneInfo(row.space.premises.zone)
    start, end = row.starts_at.astimezone(zone), row.ends_at.astimezone(zone)
    times = {"start": f"{start:%H:%M}", "end": f"{end:%H:%M}", "day": start.date().isoformat()}
    return times | {"key": row.key, "space": row.space.ref, "scope": Scope.ONE.value}


def new_time(db: Session, row: Occurrence, asked: dict[str, Any]) -> NewTime:
    """The move asked for. A time that ended on the next day may do so still."""
    zone = ZoneInfo(row.space.premises.zone)
    day: date = row.starts_at.astimezone(zone).date()
    overnight = row.ends_at.astimezone(zone).date() > day and asked["end"] <= asked["start"]
    end = asked["end"] + MINUTES_IN_DAY if overnight else asked["end"] or MINUTES_IN_DAY
    space = None if asked["space"] == row.space.ref else space_by_ref(db, asked["space"])
    booking_access.require_exceeding(space or row.space, asked["exceeding"])
    return NewTime((asked["day"] - day).days, asked["start"], end, space, asked["exceeding"])


def changes_of(db: Session, booking: Booking, row: Occurrence, asked: dict[str, Any]) -> list[Change]:
    late = booking_access.grace(booking)
    rows = moving.reached(booking, row, Scope(asked["scope"]), now(), late=late)
    if not rows:
        raise NotNow(state=row.state)
    pairs = moving.moves(db, booking, rows, new_time(db, row, asked), now(), late=late)
    return [Change(one, quote, explained(snapshot(quote.outcome) if quote.outcome else {})) for one, quote in pairs]


def move_page(db: Session, booking: Booking, row: Occurrence, form: forms.Form[Any], preview: Sequence[Change]) -> str:
    spaces = [space for space in all_spaces(db, [row.space.premises_id]) if space.bookable]
    return render_template(
        "changes/move.html",
        booking=booking,
        row=row,
        form=form,
        preview=preview,
        possible=bool(preview) and all(change.quote.possible for change in preview),
        spaces=by_premises(spaces),
        series=len(booking.occurrences) > 1,
        zone=ZoneInfo(row.space.premises.zone),
        may_exceed=booking_access.may_exceed(row.space) and any(change.quote.limited for change in preview),
    )


# --- cancel and undo ---


@bp.get("/cancel")
@requires(SIGNED_IN)
def cancel(booking_ref: str) -> ResponseReturnValue:
    with reading() as db:
        booking = mine(db, booking_ref)
        row = row_of(booking, request.args.get("key", ""))
        rows = moving.reached(booking, row, scope_asked(), now(), late=booking_access.grace(booking))
        asked = cancelling.fees(db, rows, now())
        return render_template(
            "changes/cancel.html",
            booking=booking,
            row=row,
            scope=scope_asked(),
            rows=rows,
            asked=asked,
            fees=[(fee.row, follows(fee.verdict)) for fee in asked.fees],
            series=len(booking.occurrences) > 1,
            zone=ZoneInfo(row.space.premises.zone),
        )


@bp.post("/cancel")
@requires(SIGNED_IN)
def do_cancel(booking_ref: str) -> ResponseReturnValue:
    """Cancel, free at once. Sent twice, the second finds nothing left to cancel and says so kindly."""
    reason = request.form.get("reason", "").strip()[:200]
    with transaction() as db:
        booking = mine(db, booking_ref)
        row = row_of(booking, request.form.get("key", ""))
        late = booking_access.grace(booking)
        rows = moving.reached(booking, row, scope_asked(), now(), late=late)
        if rows:
            cancelling.cancel(db, rows, by=signed_in().id, now=now(), reason=reason, late=late)
            letters.cancelled(db, booking, rows, now())
            undo = practice("undo_min")
            told = _(
                "Cancelled, and free for others at once. You can undo it below for %(minutes)s minutes.", minutes=undo
            )
            flash(told, "success")
    return back(booking_ref)


@bp.post("/restore")
@requires(SIGNED_IN)
def restore(booking_ref: str) -> ResponseReturnValue:
    """Take back a cancellation: every time cancelled by the same act."""
    with transaction() as db:
        booking = mine(db, booking_ref)
        row = row_of(booking, request.form.get("key", ""))
        gone = OccurrenceState.CANCELLED
        same = [one for one in booking.occurrences if one.state == gone and one.cancelled_at == row.cancelled_at]
        for one in same or [row]:
            cancelling.restore(db, one, by=signed_in().id, now=now())
        letters.booked(db, booking, now())
    flash(_("The cancellation was taken back: the time is yours again."), "success")
    return back(booking_ref)


# --- add a date again ---


@bp.get("/readd")
@requires(SIGNED_IN)
def readd(booking_ref: str) -> ResponseReturnValue:
    with reading() as db:
        booking = mine(db, booking_ref)
        row = row_of(booking, request.args.get("key", ""))
        quote = quote_of(db, booking, row, Span(row.starts_at, row.ends_at), now())
        told = explained(snapshot(quote.outcome) if quote.outcome else {})
        zone = ZoneInfo(row.space.premises.zone)
        values = {"may_exceed": booking_access.may_exceed(row.space) and quote.limited, "zone": zone}
        return render_template("changes/readd.html", booking=booking, row=row, quote=quote, told=told, **values)


@bp.post("/readd")
@requires(SIGNED_IN)
def do_readd(booking_ref: str) -> ResponseReturnValue:
    """Book a date that was refused or cancelled earlier, by today's rules and price."""
    try:
        with transaction() as db:
            booking = mine(db, booking_ref)
            row = row_of(booking, request.form.get("key", ""))
            exceeding = request.form.get("exceeding", "").strip()[:300]
            booking_access.require_exceeding(row.space, exceeding)
            bookings.readd(db, row, by=signed_in().id, now=now(), exceeding=exceeding)
            letters.booked(db, booking, now())
    except RuleRefuses as no:
        return refused_page(no, forms.blank()), 409
    flash(_("The date was added."), "success")
    return back(booking_ref)
