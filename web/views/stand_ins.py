"""Giving one evening to somebody else: who is named, the page that tells them how they get in, and taking it back."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from access import stand_ins
from access.code_models import StandIn
from access.pin_codes import live_pin, pin_of, twin_shown
from access.status import right_status
from booking import bookings, organisations, people
from booking.door_practice import practices
from booking.models import Booking, Occurrence, OccurrenceState, Person
from booking.refusals import BadInput, NotAllowed
from booking.roles import Role
from web import booking_access, code_letters, forms, letters
from web.auth import SIGNED_IN, acts_for, requires, signed_in
from web.clock import now, today
from web.db import reading, transaction, vault
from web.ways_in import way_of

bp = Blueprint("stand_ins", __name__)
HOW = ("instead", "beside")
MOST_TIMES = 40


class StandInForm(forms.FormSchema):
    time = forms.Text(required=True)
    member = forms.Text(load_default="")
    who = forms.Text(load_default="", longest=254)
    how = forms.Choice(HOW, required=True)


def may_give(booking: Booking) -> bool:
    """The holder, who books for the organisation, and who carries its key."""
    carries = acts_for(booking.organisation_id, Role.KEY_HOLDER, group=booking.group_id)
    return booking_access.changes_own(booking) or carries


def given_booking(db: Session, ref: str) -> Booking:
    """A booking of which this person may give times. Raises NotFound, NotAllowed."""
    booking = bookings.booking_of(db, ref)
    if not may_give(booking):
        raise NotAllowed
    return booking


@bp.get("/bookings/<booking_ref>/stand-ins")
@requires(SIGNED_IN)
def listing(booking_ref: str) -> ResponseReturnValue:
    with reading() as db:
        booking = given_booking(db, booking_ref)
        return _page(db, booking, forms.blank(time=request.args.get("key"), how="instead"))


@bp.post("/bookings/<booking_ref>/stand-ins")
@requires(SIGNED_IN)
def give(booking_ref: str) -> ResponseReturnValue:
    form = forms.filled(StandInForm())
    with form.catching(), transaction() as db:
        booking = given_booking(db, booking_ref)
        if form.ok:
            row, person = _time(booking, form.wish["time"]), _person(db, booking, form.wish)
            instead = form.wish["how"] == "instead"
            made = stand_ins.give(db, row, person, instead=instead, by=signed_in().id, now=now())
            code_letters.stand_in(db, stand_ins.by_ref(db, made.ref), "given", now())
            flash(_("%(name)s stands in. Both of you get a letter.", name=person.name), "success")
            return redirect(url_for("stand_ins.listing", booking_ref=booking_ref))
    with reading() as db:
        return _page(db, given_booking(db, booking_ref), form), 422


@bp.post("/stand-ins/<stand_in_ref>/withdraw")
@requires(SIGNED_IN)
def withdraw(stand_in_ref: str) -> ResponseReturnValue:
    with transaction() as db:
        row = stand_ins.by_ref(db, stand_in_ref)
        booking = given_booking(db, row.occurrence.booking.ref)
        if row.withdrawn_at is None:
            stand_ins.withdraw(db, row, by=signed_in().id, now=now())
            code_letters.stand_in(db, row, "withdrawn", now())
        ref = booking.ref
    flash(_("Taken back. Both of you get a letter."), "success")
    return redirect(url_for("stand_ins.listing", booking_ref=ref))


@bp.get("/stand-ins/<stand_in_ref>")
@requires(SIGNED_IN)
def show(stand_in_ref: str) -> ResponseReturnValue:
    """For who stands in: where, when, and how one gets in."""
    return _own_page(stand_in_ref)


@bp.post("/stand-ins/<stand_in_ref>/pin")
@requires(SIGNED_IN)
def pin(stand_in_ref: str) -> ResponseReturnValue:
    """Show the code to who stands in; that it was shown is noted."""
    with transaction() as db:
        booking = _mine(db, stand_in_ref).occurrence.booking
        code = pin_of(db, vault(), booking.ref, by=signed_in().id, now=now())
        twin = twin_shown(db, vault(), booking.ref, by=signed_in().id) if code else None
    return _own_page(stand_in_ref, code, twin), 200, {"Cache-Control": "no-store"}


def _mine(db: Session, ref: str) -> StandIn:
    row = stand_ins.by_ref(db, ref)
    if row.person_id != signed_in().id and not may_give(row.occurrence.booking):
        raise NotAllowed
    return row


def _own_page(ref: str, code: str | None = None, twin: str | None = None) -> str:
    with reading() as db:
        row = _mine(db, ref)
        time = row.occurrence
        return render_template(
            "stand_ins/show.html",
            row=row,
            time=time,
            zone=letters.zone_of([time]),
            way=way_of(practices(db, [time.id], now())[time.id], time),
            doors=right_status(db, time.id, now()),
            pin=code,
            twin=twin,
            me=signed_in(),
            has_pin=live_pin(db, time.booking_id, signed_in().id) is not None,
            over=time.ends_at <= now(),
        )


def _time(booking: Booking, key: str) -> Occurrence:
    found = next((row for row in times_of(booking) if row.key == key), None)
    if found is None:
        raise BadInput(field="time", problem="not_one_of")
    return found


def times_of(booking: Booking) -> list[Occurrence]:
    ahead = [row for row in booking.occurrences if row.state == OccurrenceState.CONFIRMED and row.ends_at > now()]
    return sorted(ahead, key=lambda row: row.starts_at)[:MOST_TIMES]


def _person(db: Session, booking: Booking, wish: dict[str, Any]) -> Person:
    """The member chosen, or who has the address or number typed. Raises BadInput."""
    if not wish["member"]:
        return stand_ins.known_person(db, wish["who"])
    found = people.by_ref(db, wish["member"])
    if found is None or found.ref not in dict(_members(db, booking)):
        raise BadInput(field="member", problem="not_one_of")
    return found


def _members(db: Session, booking: Booking) -> list[tuple[str, str]]:
    """Those who have a role in the organisation now, without the holder."""
    grants = organisations.members(db, booking.organisation, on=today(), at=now())
    people = {one.person.ref: one.person.name for one in grants if one.person_id != booking.holder_id}
    return list(people.items())


def _page(db: Session, booking: Booking, form: forms.Form[Any]) -> str:
    return render_template(
        "stand_ins/list.html",
        booking=booking,
        form=form,
        times=times_of(booking),
        members=_members(db, booking),
        given=stand_ins.of_booking(db, booking.id, now()),
        zone=letters.zone_of(booking.occurrences),
    )
