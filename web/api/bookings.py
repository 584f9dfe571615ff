"""Asking what a booking would be, making it, and changing it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any
from zoneinfo import ZoneInfo

from flask import url_for
from sqlalchemy.orm import Session

from booking import bookings, moving
from booking.core.span import MINUTES_IN_DAY
from booking.life import cancelling
from booking.models import Booking, Occurrence
from booking.moving import NewTime
from booking.people import note_viewed
from booking.premises import space_by_ref
from booking.refusals import NotFound, NotNow
from booking.whole import book_whole
from booking.wishes import quotes
from web import booking_access, letters
from web.api.booking_shapes import BookingOut, FeesOut, QuotesOut, booking_shown, fees_shown, quotes_shown
from web.api.problems import CHANGING, SEEING, blueprint, problems
from web.api.wishes import CancelIn, ChosenIn, MoveIn, Ordered, OrderIn, ReaddIn, WishIn, wish_of
from web.auth import SIGNED_IN, requires, signed_in
from web.booking_form import BookingFields
from web.clock import now
from web.db import reading, transaction

bp = blueprint("bookings", "Bookings")


@bp.post("/quotes")
@requires(SIGNED_IN)
@bp.arguments(WishIn)
@bp.response(200, QuotesOut)
@problems(bp, CHANGING)
def quote(asked: BookingFields) -> dict[str, Any]:
    """What a wish would be: each date, what is against it, its class and price and why. Nothing is changed or held."""
    with reading() as db:
        return quotes_shown(quotes(db, wish_of(db, asked), now()))


@bp.post("/bookings")
@requires(SIGNED_IN)
@bp.arguments(OrderIn)
@bp.response(201, BookingOut)
@problems(bp, CHANGING)
def make(asked: Ordered) -> Any:
    """Book a single time or a series. Impossible dates come back as refused with the reason and the others are booked;
    with `all_or_nothing` one impossible date means that nothing is."""
    book = book_whole if asked.all_or_nothing else bookings.book
    with transaction() as db:
        booking = book(db, wish_of(db, asked.fields), by=signed_in().id, now=now())
        letters.booked(db, booking, now())
        shown = booking_shown(db, booking, now())
    return shown, 201, {"Location": url_for("api_bookings.show", booking_ref=shown["ref"])}


@bp.get("/bookings/<ref:booking_ref>")
@requires(SIGNED_IN)
@bp.response(200, BookingOut)
@problems(bp, SEEING)
def show(booking_ref: str) -> dict[str, Any]:
    """A booking of one's own, of one's organisation, or at the premises one works at. That staff looked is noted."""
    with transaction() as db:
        booking = seen(db, booking_ref)
        if not booking_access.is_own(booking):
            note_viewed(db, booking.holder, by=signed_in().id, now=now(), why=f"booking {booking.ref}")
        return booking_shown(db, booking, now())


@bp.post("/bookings/<ref:booking_ref>/cancel")
@requires(SIGNED_IN)
@bp.arguments(CancelIn)
@bp.response(200, BookingOut)
@problems(bp, CHANGING)
def cancel(asked: dict[str, Any], booking_ref: str) -> dict[str, Any]:
    """Cancel times: free for others at once. It can be taken back for some minutes. What the rules ask for it is owed;
    `POST …/cancel-fee` tells it first."""
    with transaction() as db:
        booking, rows = reached(db, booking_ref, asked)
        cancelling.cancel(db, rows, by=signed_in().id, now=now(), reason=asked["reason"])
        letters.cancelled(db, booking, rows, now())
        return booking_shown(db, booking, now())


@bp.post("/bookings/<ref:booking_ref>/cancel-fee")
@requires(SIGNED_IN)
@bp.arguments(CancelIn)
@bp.response(200, FeesOut)
@problems(bp, CHANGING)
def cancel_fee(asked: dict[str, Any], booking_ref: str) -> dict[str, Any]:
    """What cancelling these times now would cost, and by which rows. Nothing is changed."""
    with reading() as db:
        _booking, rows = reached(db, booking_ref, asked)
        return fees_shown(cancelling.fees(db, rows, now()))


@bp.post("/bookings/<ref:booking_ref>/move")
@requires(SIGNED_IN)
@bp.arguments(MoveIn)
@bp.response(200, BookingOut)
@problems(bp, CHANGING)
def move(asked: dict[str, Any], booking_ref: str) -> dict[str, Any]:
    """Move times, all of them or none: each is checked and priced anew; the door code stays."""
    with transaction() as db:
        booking, rows = reached(db, booking_ref, asked)
        row = row_of(booking, asked["key"])
        new = new_time(db, row, asked)
        booking_access.require_space(booking, new.space or row.space)
        moving.move(db, booking, rows, new, by=signed_in().id, now=now())
        letters.moved(db, booking, rows, now())
        return booking_shown(db, booking, now())


@bp.post("/bookings/<ref:booking_ref>/restore")
@requires(SIGNED_IN)
@bp.arguments(ChosenIn)
@bp.response(200, BookingOut)
@problems(bp, CHANGING)
def restore(asked: dict[str, Any], booking_ref: str) -> dict[str, Any]:
    """Take back a cancellation made some minutes ago, at the price agreed before."""
    return with_one(booking_ref, asked["key"], cancelling.restore)


@bp.post("/bookings/<ref:booking_ref>/readd")
@requires(SIGNED_IN)
@bp.arguments(ReaddIn)
@bp.response(200, BookingOut)
@problems(bp, CHANGING)
def readd(asked: dict[str, Any], booking_ref: str) -> dict[str, Any]:
    """Book a date that was refused or cancelled earlier, by today's rules and price."""

    def add(db: Session, row: Occurrence, **by: Any) -> None:
        booking_access.require_exceeding(row.space, asked["exceeding"])
        bookings.readd(db, row, exceeding=asked["exceeding"], **by)

    return with_one(booking_ref, asked["key"], add)


def seen(db: Session, ref: str) -> Booking:
    """The booking, if this person may see it whole. Raises NotFound for those of others."""
    booking = bookings.booking_of(db, ref)
    if not booking_access.sees(booking):
        raise NotFound(what="booking")
    return booking


def changed(db: Session, ref: str) -> Booking:
    """The booking, if this person may change it. Raises NotFound, NotAllowed."""
    booking = seen(db, ref)
    booking_access.require_changes(booking)
    return booking


def reached(db: Session, ref: str, asked: dict[str, Any]) -> tuple[Booking, Sequence[Occurrence]]:
    """The booking and the times a change reaches. Raises NotNow when there are none."""
    booking = changed(db, ref)
    row = row_of(booking, asked["key"])
    rows = moving.reached(booking, row, asked["scope"], now())
    if not rows:
        raise NotNow(state=row.state)
    return booking, rows


def row_of(booking: Booking, key: str) -> Occurrence:
    """The time with this key. Raises NotFound."""
    found = next((row for row in booking.occurrences if row.key == key), None)
    if found is None:
        raise NotFound(what="occurrence")
    return found


def new_time(db: Session, row: Occurrence, asked: dict[str, Any]) -> NewTime:
    day = row.starts_at.astimezone(ZoneInfo(row.space.premises.zone)).date()
    end = (asked["end"] or MINUTES_IN_DAY) + (MINUTES_IN_DAY if asked["ends_next_day"] else 0)
    space = space_by_ref(db, asked["space"]) if asked["space"] else None
    booking_access.require_exceeding(space or row.space, asked["exceeding"])
    return NewTime((asked["day"] - day).days, asked["start"], end, space, asked["exceeding"])


def with_one(ref: str, key: str, act: Callable[..., None]) -> dict[str, Any]:
    """Do an act that makes one time booked again, and tell its holder."""
    with transaction() as db:
        booking = changed(db, ref)
        row = row_of(booking, key)
        act(db, row, by=signed_in().id, now=now())
        letters.booked(db, booking, now())
        return booking_shown(db, booking, now())
