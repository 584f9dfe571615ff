"""Booking: the form, the ten minutes in which its time is held, the confirmation, and the page of a booking."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from flask import Blueprint, flash, g, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from marshmallow import ValidationError
from sqlalchemy.orm import Session

from access import metal_keys, stand_ins
from access.pin_codes import live_pin, pin_of, twin_shown
from booking import bookings, organisations
from booking.asked import names_asked
from booking.core.rulebook import Rulebook
from booking.holds import hold_once
from booking.judging import snapshot
from booking.models import OCCUPYING, Booking, OccurrenceState, Premises, Space
from booking.people import note_viewed
from booking.premises import all_spaces, space_by_ref
from booking.refusals import HoldLost, NotFound, RuleLimits, RuleRefuses
from booking.register import groups
from booking.roles import Role
from booking.rulebooks import NoRulebook, in_force, shipped, words
from booking.versions.known import book_on, books_near
from booking.wish import Wish
from booking.wishes import quotes
from web import booking_access, fact_fields, forms, i18n, letters
from web.auth import PUBLIC, SIGNED_IN, acts_for, requires, signed_in
from web.booking_form import EXTRAS, BookingFields, BookingForm, asked_facts, located, more_asked, start_of, tellable
from web.booking_page import page_of
from web.calendar_rows import name_hidden, public_name
from web.clock import now, today
from web.db import reading, transaction, vault
from web.explained import explained
from web.fact_fields import FactField
from web.on_behalf import Applicants, applicants_for, at_phone, group_for
from web.words_of_booking import word_name

bp = Blueprint("booking", __name__)
LAST_FORM = "last_booking_form"
ASKING = "asking"  # the names of the facts that the form asks beside its own
MONDAY = date(2026, 11, 23)  # any Monday, for the names of weekdays


@bp.get("/book")
@requires(SIGNED_IN)
def new() -> ResponseReturnValue:
    """The form, filled with what the address says; `?again` fills it as it was sent last."""
    last = session.get(LAST_FORM, {}) if "again" in request.args else {}
    form = forms.blank(**(start_of(request.args, today()) | last))
    return form_page(form, asking(form.typed, (*last.get(ASKING, ()), EXTRAS)))


@bp.post("/book")
@requires(SIGNED_IN)
def ask() -> ResponseReturnValue:
    """Hold the time and go on to the confirmation. What is wrong comes back to the form, and so does a fact without
    which the rules cannot answer, once; a rule’s no goes to its page."""
    asked = asking(request.form, request.form.getlist(ASKING))
    form = forms.filled(fact_fields.with_facts(BookingForm, asked))
    form.typed[ASKING] = [one.name for one in asked]
    session[LAST_FORM] = form.typed
    if form.ok:
        with form.catching(), located(single=not form.wish.is_series), transaction() as db:
            return held(db, form, asked)
    return form_page(form, asked), 422


def held(db: Session, form: forms.Form[BookingFields], asked: tuple[FactField, ...]) -> ResponseReturnValue:
    space = space_by_ref(db, form.wish.space)
    wish = wish_of(db, form.wish, space, asked)
    if more := more_fields(db, wish, space, asked):
        session[LAST_FORM] = form.typed | {ASKING: [one.name for one in (*asked, *more)]}
        return form_page(form, (*asked, *more), more=True)
    try:
        booking = hold_once(db, wish, by=signed_in().id, now=now())
    except RuleRefuses as no:
        return refused_page(no, form, space), 409
    return redirect(url_for("booking.check", booking_ref=booking.ref))


def wish_of(db: Session, fields: BookingFields, space: Space, asked: tuple[FactField, ...]) -> Wish:
    """Raises NotAllowed for who would exceed a limit and does not run the premises."""
    booking_access.require_exceeding(space, fields.exceeding)
    who = applicants_for(db, fields.organisation, space)
    told = fact_fields.told(asked, fields.told)
    group = group_for(db, fields.subgroup, who)
    return replace(fields, told=told).wish(space.id, who.organisation.id, who.holder(fields.holder), group)


def asking(typed: Mapping[str, Any], names: Iterable[str]) -> tuple[FactField, ...]:
    """The fields for facts that the form asks beside its own, by the rules of the space and day typed in it."""
    if not (wanted := list(names)):
        return ()
    with reading() as db:
        book = book_typed(db, typed)
        return fact_fields.asked(book, [name for name in wanted if tellable(book, name)]) if book else ()


def book_typed(db: Session, typed: Mapping[str, Any]) -> Rulebook | None:
    try:
        space = space_by_ref(db, typed.get("space", ""))
        return book_on(db, space.premises.rulebook, forms.Day().deserialize(typed.get("day", "")))
    except (NotFound, NoRulebook, ValidationError):
        return None


def more_fields(db: Session, wish: Wish, space: Space, asked: tuple[FactField, ...]) -> tuple[FactField, ...]:
    """The fields to ask before the wish is held, where something is missing that was not asked yet."""
    try:
        book = book_on(db, space.premises.rulebook, wish.pattern.first_on)
    except NoRulebook:
        return ()
    known = {one.name for one in asked}
    if not any(tellable(book, name) for name in names_asked(book) - known):
        return ()
    return fact_fields.asked(book, [name for name in more_asked(book, quotes(db, wish, now())) if name not in known])


def form_page(form: forms.Form[Any], facts: tuple[FactField, ...] = (), *, more: bool = False) -> str:
    """The form; `facts`: fields for what the rules of the space ask beside it; `more`: they are asked only now."""
    with transaction() as db:
        spaces = [space for space in all_spaces(db) if space.bookable]
        chosen = next((space for space in spaces if space.ref == form["space"]), None)
        who = applicants_for(db, form["organisation"], chosen)
        if who.on_behalf:
            note_people(db, who)
        return render_template(
            "booking/form.html",
            form=form,
            spaces=by_premises(spaces),
            chosen=chosen,
            who=who,
            holders=[(one.ref, one.name) for one in who.people],
            subgroups=subgroups(db, who),
            phone=at_phone(chosen),
            asked=asked_of(chosen),
            choices=choices,
            weekdays=[(str(n), i18n.day(MONDAY + timedelta(days=n), "weekday")) for n in range(7)],
            facts=facts,
            more=more,
            may_exceed=chosen is not None and booking_access.may_exceed(chosen),
        )


def subgroups(db: Session, who: Applicants) -> list[tuple[str, str]]:
    """The groups a booking may name: of everybody the form offers, each with its organisation."""
    named = {one.id: one.name for one in (*who.mine, who.chosen) if one is not None}
    found = groups.of_many(db, list(named), on=today())
    return [(one.ref, f"{one.name} ({named[one.organisation_id]})") for one in found]


def by_premises(spaces: list[Space]) -> list[tuple[Premises, list[Space]]]:
    """The spaces of each premises, in the order they come."""
    places = dict.fromkeys(space.premises for space in spaces)
    return [(place, [space for space in spaces if space.premises_id == place.id]) for place in places]


def note_people(db: Session, who: Applicants) -> None:
    """Staff sees whom an organisation has: that is noted."""
    grants = organisations.members(db, who.organisation, on=today(), at=now())
    organisations.note_seen(db, who.organisation, grants, by=signed_in().id, now=now())


def choices(listed: str) -> list[tuple[str, str]]:
    """The words of a rulebook list with their names, for a choice."""
    return [(word, word_name(listed, word)) for word in words()[listed]]


def asked_of(space: Space | None, day: date | None = None) -> frozenset[str]:
    """The facts that the rules of the space ask about; before a space is chosen, all that any rulebook asks."""
    try:
        books = [in_force(books_near(space), space.premises.rulebook, day or today())] if space else shipped()
    except NoRulebook:
        books = list(shipped())
    return asked_facts(books)


def refused_page(no: RuleRefuses, form: forms.Form[Any], space: Space | None = None) -> str:
    """A rule's no. Where only limits say it, who runs the premises may exceed them with a reason."""
    values: dict[str, Any] = {"explanation": explained(snapshot(no.facts["outcome"])), "form": form, "space": space}
    limits = isinstance(no, RuleLimits)
    may_exceed = limits and space is not None and booking_access.may_exceed(space)
    return render_template("booking/refused.html", **values, limits=limits, may_exceed=may_exceed)


def my_hold(db: Session, booking_ref: str) -> Booking:
    """The booking this person is making. Raises NotFound for those of others."""
    booking = bookings.booking_of(db, booking_ref)
    if booking.made_by != signed_in().id:
        raise NotFound(what="booking")
    return booking


def is_held(booking: Booking) -> bool:
    return any(row.state == OccurrenceState.HELD for row in booking.occurrences)


@bp.get("/bookings/<booking_ref>/confirm")
@requires(SIGNED_IN)
def check(booking_ref: str) -> ResponseReturnValue:
    """Class, price and why, and every date, before anything is booked."""
    with reading() as db:
        try:
            booking = my_hold(db, booking_ref)
        except NotFound:
            return render_template("booking/lost.html"), 404
        if not is_held(booking):
            return redirect(url_for("booking.show", booking_ref=booking_ref))
        page = page_of(db, booking, now(), doors=False)
        return render_template("booking/check.html", page=page, booking=booking, now=now())


@bp.post("/bookings/<booking_ref>/confirm")
@requires(SIGNED_IN)
def confirm(booking_ref: str) -> ResponseReturnValue:
    """Make it real; sent twice it is done once."""
    shown = url_for("booking.show", booking_ref=booking_ref)
    try:
        with transaction() as db:
            booking = my_hold(db, booking_ref)
            if not is_held(booking):
                return redirect(shown)
            booking_access.require_changes(booking)  # the role may have ended since the time was held
            if (out := left_out(booking)) is None:
                flash(_("Choose at least one date, or give up."), "warning")
                return redirect(url_for("booking.check", booking_ref=booking_ref))
            bookings.confirm(db, booking_ref, by=signed_in().id, now=now(), leave_out=out)
            letters.booked(db, booking, now())
            waits = any(row.state == OccurrenceState.PENDING for row in booking.occurrences)
    except (HoldLost, NotFound):
        return render_template("booking/lost.html"), 409
    except RuleRefuses as no:
        return refused_page(no, forms.blank()), 409
    flash(_("Sent: it now waits for a decision.") if waits else _("Booked."), "success")
    return redirect(shown)


def left_out(booking: Booking) -> frozenset[str] | None:
    """The keys of the dates not ticked; None when none is."""
    if "choose" not in request.form:
        return frozenset()
    keys = frozenset(row.key for row in booking.occurrences if row.state == OccurrenceState.HELD)
    out = keys - frozenset(request.form.getlist("keep"))
    return None if out == keys else out


@bp.post("/bookings/<booking_ref>/give-up")
@requires(SIGNED_IN)
def give_up(booking_ref: str) -> ResponseReturnValue:
    with transaction() as db:
        space = my_hold(db, booking_ref).occurrences[0].space.ref
        bookings.let_go(db, booking_ref)
    flash(_("Given up: nothing was booked."), "info")
    return redirect(url_for("spaces.show", space_ref=space))


@bp.get("/bookings/<booking_ref>")
@requires(PUBLIC)
def show(booking_ref: str) -> ResponseReturnValue:
    """The booking; strangers see of it what the calendar shows."""
    return booking_page(booking_ref)


def booking_page(
    booking_ref: str, pin: str | None = None, twin: str | None = None, *, asked: bool = False
) -> ResponseReturnValue:
    with reading() as db:
        booking = bookings.booking_of(db, booking_ref)
        if not booking_access.sees(booking):
            return stranger_page(booking)
        if is_held(booking):
            return redirect(url_for("booking.check", booking_ref=booking_ref))
        page = page_of(db, booking, now(), doors=True)
        has_pin = live_pin(db, booking.id, signed_in().id) is not None
        values = {"page": page, "booking": booking, "now": now(), "pin": pin, "has_pin": has_pin, "asked": asked}
        values |= {"twin": twin, "keys": metal_keys.for_booking(db, booking.id, booking.holder_id)}
        values |= {"is_own": booking_access.is_own(booking), "stand_ins": stand_ins.of_booking(db, booking.id, now())}
        values["may_sign"] = acts_for(booking.organisation_id, Role.SECRETARY)
        values |= {"may_swap": booking_access.changes_own(booking), "grace": booking_access.grace(booking)}
        made = render_template("booking/show.html", **values, can_change=booking_access.changes(booking))
    note_staff(booking)
    return made


def note_staff(booking: Booking) -> None:
    """Somebody of the house looked at who booked: that is noted."""
    if not booking_access.is_own(booking):
        with transaction() as db:
            note_viewed(db, booking.holder, by=signed_in().id, now=now(), why=f"booking {booking.ref}")


def stranger_page(booking: Booking) -> ResponseReturnValue:
    rows = [row for row in booking.occurrences if row.state in OCCUPYING and row.state != OccurrenceState.HELD]
    if not rows:
        raise NotFound(what="booking")
    return render_template(
        "booking/stranger.html",
        rows=rows,
        name=public_name(booking, hidden=name_hidden(rows)),
        person=g.person,
        zone=letters.zone_of(rows),
    )


@bp.post("/bookings/<booking_ref>/pin")
@requires(SIGNED_IN)
def pin(booking_ref: str) -> ResponseReturnValue:
    """Show the door code to its holder; that it was shown is noted."""
    with transaction() as db:
        code = pin_of(db, vault(), booking_ref, by=signed_in().id, now=now())
        twin = twin_shown(db, vault(), booking_ref, by=signed_in().id) if code else None
    return booking_page(booking_ref, code, twin, asked=True)
