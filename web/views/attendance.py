"""Heads of a time, told by its group from "my bookings", and corrected by the house with a reason."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from booking.life import attendance, no_shows
from booking.life.attendance import Heads
from booking.life.swaps import occurrence_of
from booking.models import Occurrence
from booking.refusals import NotAllowed
from web import booking_access, forms, heads_form
from web.auth import SIGNED_IN, requires, signed_in, works_at
from web.clock import now
from web.db import reading, transaction
from web.workplaces import ON_SITE

bp = Blueprint("attendance", __name__, url_prefix="/attendance")


def time_of(db: Session, ref: str) -> Occurrence:
    """A time of one's own group, or at the premises one works at. Raises NotFound, NotAllowed."""
    row = occurrence_of(db, ref)
    if not (booking_access.is_own(row.booking) or is_staff(row)):
        raise NotAllowed
    return row


def is_staff(row: Occurrence) -> bool:
    return works_at(row.space.premises_id, *ON_SITE)


@bp.get("/<occurrence_ref>")
@requires(SIGNED_IN)
def show(occurrence_ref: str) -> ResponseReturnValue:
    with reading() as db:
        row = time_of(db, occurrence_ref)
        told = attendance.told_of(db, [row.id]).get(row.id)
        return page(db, row, heads_form.as_told(told))


@bp.post("/<occurrence_ref>")
@requires(SIGNED_IN)
def tell(occurrence_ref: str) -> ResponseReturnValue:
    """Keep what was told; one tap needs nothing more than the button."""
    form = heads_form.filled()
    with form.catching(), transaction() as db:
        row = time_of(db, occurrence_ref)
        if heads_form.one_tap() or form.ok:
            heads = attendance.expected(row) if heads_form.one_tap() else heads_form.heads_of(form.wish)
            keep(db, row, heads, form["reason"])
            flash(_("Thank you, it is noted."), "success")
            return redirect(url_for("attendance.show", occurrence_ref=row.ref))
    with reading() as db:
        return page(db, time_of(db, occurrence_ref), form), 422


def keep(db: Session, row: Occurrence, heads: Heads, reason: str) -> None:
    """Tell as the group, or correct as the house; that somebody was there answers the question of a no-show."""
    by, at = signed_in().id, now()
    own = booking_access.is_own(row.booking) and attendance.can_tell(row, at)
    if own:
        attendance.tell_heads(db, row, heads, by=by, now=at)
    else:
        attendance.correct(db, row, heads, reason=reason, by=by, now=at)
    if attendance.sum_of(heads):
        no_shows.withdraw(db, row, reason="attendance_told", now=at)


def page(db: Session, row: Occurrence, form: forms.Form[Any]) -> str:
    own = booking_access.is_own(row.booking)
    return render_template(
        "attendance/show.html",
        row=row,
        form=form,
        told=attendance.told_of(db, [row.id]).get(row.id),
        fields=heads_form.fields(),
        names=heads_form.group_names(),
        own=own,
        can_tell=own and attendance.can_tell(row, now()),
        can_correct=is_staff(row) and row.starts_at <= now(),
        zone=ZoneInfo(row.space.premises.zone),
    )
