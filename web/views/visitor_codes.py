"""Codes for deliveries and visitors: made on a phone for one time of a booking, listed with their uses, ended."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from access import visitor_codes
from access.code_models import VisitorCode
from access.visitor_codes import VisitorWish
from booking import bookings
from booking.core.span import EmptySpan, Span, local
from booking.door_practice import practices
from booking.models import Booking, Occurrence, OccurrenceState
from booking.refusals import BadInput, NotAllowed, NotFound
from web import booking_access, forms, letters
from web.auth import SIGNED_IN, requires, signed_in
from web.clock import now
from web.db import reading, transaction, vault

bp = Blueprint("visitor_codes", __name__)
MOST_TIMES = 20
LATE_MIN = 300  # an end before this, and before the start, is of the night after


class CodeForm(forms.FormSchema):
    label = forms.Text(required=True, longest=visitor_codes.LONGEST_LABEL)
    time = forms.Text(required=True)
    start = forms.MinuteOfDay(required=True)
    end = forms.MinuteOfDay(required=True)
    uses = forms.WholeUpTo(load_default=None, least=1, most=1000)
    first_use_min = forms.WholeUpTo(load_default=None, least=1, most=1440)


def my_booking(db: Session, ref: str) -> Booking:
    """A booking whose door this person may open. Raises NotFound, NotAllowed."""
    booking = bookings.booking_of(db, ref)
    if not booking_access.is_own(booking):
        raise NotAllowed
    return booking


def times_of(booking: Booking) -> list[Occurrence]:
    """The times ahead for which a code can be made, the next first."""
    ahead = [row for row in booking.occurrences if row.state == OccurrenceState.CONFIRMED and row.ends_at > now()]
    return sorted(ahead, key=lambda row: row.starts_at)[:MOST_TIMES]


@bp.get("/bookings/<booking_ref>/visitor-codes")
@requires(SIGNED_IN)
def listing(booking_ref: str) -> ResponseReturnValue:
    with reading() as db:
        booking = my_booking(db, booking_ref)
        chosen = next((row for row in times_of(booking) if row.key == request.args.get("key")), None)
        return _page(db, booking, _start(db, chosen or next(iter(times_of(booking)), None)))


@bp.post("/bookings/<booking_ref>/visitor-codes")
@requires(SIGNED_IN)
def make(booking_ref: str) -> ResponseReturnValue:
    form = forms.filled(CodeForm())
    with form.catching(), transaction() as db:
        booking = my_booking(db, booking_ref)
        if form.ok:
            row = _time(booking, form.wish["time"])
            made = visitor_codes.make(db, vault(), row, _wish(row, form.wish), by=signed_in().id, now=now())
            flash(_("The code is ready. Pass it on to the one it is for."), "success")
            return redirect(url_for("visitor_codes.show", code_ref=made.credential.ref))
    with reading() as db:
        return _page(db, my_booking(db, booking_ref), form), 422


@bp.get("/visitor-codes/<code_ref>")
@requires(SIGNED_IN)
def show(code_ref: str) -> ResponseReturnValue:
    """The code for its maker; that it was shown is noted, so this is a writing transaction."""
    with transaction() as db:
        row, booking = _code(db, code_ref)
        mine = row.credential.person_id == signed_in().id
        digits = visitor_codes.digits(db, vault(), row, by=signed_in().id, now=now()) if mine else None
        values = {"code": visitor_codes.shown(db, [row])[0], "booking": booking, "digits": digits, "now": now()}
        time = next(one for one in booking.occurrences if one.id == row.occurrence_id)
        page = render_template("visitor_codes/show.html", **values, time=time, zone=letters.zone_of([time]))
    return page, 200, {"Cache-Control": "no-store"}


@bp.post("/visitor-codes/<code_ref>/end")
@requires(SIGNED_IN)
def end(code_ref: str) -> ResponseReturnValue:
    with transaction() as db:
        row, booking = _code(db, code_ref)
        if row.credential.revoked_at is None:
            visitor_codes.end(db, row, by=signed_in().id, now=now())
        ref = booking.ref
    flash(_("The code opens nothing any more. Doors without a connection learn it when they are back."), "success")
    return redirect(url_for("visitor_codes.listing", booking_ref=ref))


def _code(db: Session, ref: str) -> tuple[VisitorCode, Booking]:
    row = visitor_codes.by_ref(db, ref)
    time = db.get_one(Occurrence, row.occurrence_id)
    return row, my_booking(db, db.get_one(Booking, time.booking_id).ref)


def _time(booking: Booking, key: str) -> Occurrence:
    found = next((row for row in times_of(booking) if row.key == key), None)
    if found is None:
        raise BadInput(field="time", problem="not_one_of")
    return found


def _wish(row: Occurrence, typed: dict[str, Any]) -> VisitorWish:
    """The window is on the day of the time; an end in the small hours is of the night after."""
    zone = ZoneInfo(row.space.premises.zone)
    day = row.starts_at.astimezone(zone).date()
    end = typed["end"] + (1440 if typed["end"] <= typed["start"] and typed["end"] < LATE_MIN else 0)
    try:
        span = Span(local(day, typed["start"], zone), local(day, end, zone))
    except EmptySpan as error:
        raise BadInput(field="end", problem="order_of_times") from error
    return VisitorWish(typed["label"], span, typed["uses"], typed["first_use_min"])


def _start(db: Session, row: Occurrence | None) -> forms.Form[Any]:
    """The whole time of the first that comes, for one use."""
    if row is None:
        return forms.blank()
    zone = ZoneInfo(row.space.premises.zone)
    practice = practices(db, [row.id], now())[row.id]
    opens = _whole_minute(practice.opens_at)
    clock = (f"{at.astimezone(zone):%H:%M}" for at in (opens, min(practice.closes_at, row.ends_at)))
    start, end = clock
    return forms.blank(time=row.key, start=start, end=end, uses="1")


def _whole_minute(at: datetime) -> datetime:
    return at if at.second == 0 else at.replace(second=0) + timedelta(minutes=1)


def _page(db: Session, booking: Booking, form: forms.Form[Any]) -> str:
    times = times_of(booking)
    if not booking.occurrences:
        raise NotFound(what="booking")
    return render_template(
        "visitor_codes/list.html",
        booking=booking,
        form=form,
        times=_choices(times),
        zone=letters.zone_of(booking.occurrences),
        codes=visitor_codes.of_booking(db, booking.id, now()),
        now=now(),
    )


def _choices(times: Sequence[Occurrence]) -> list[tuple[str, Occurrence]]:
    return [(row.key, row) for row in times]
