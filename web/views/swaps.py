"""Swapping times with another organisation: the first report asks, the second one makes it."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from booking.happenings.models import Swap
from booking.life import swaps
from booking.models import Occurrence
from booking.refusals import NotAllowed, NotNow, RuleRefuses
from web import booking_access, forms, life_letters
from web.auth import SIGNED_IN, requires, signed_in
from web.calendar_rows import name_hidden, public_name
from web.clock import now
from web.db import reading, transaction
from web.follows import follows
from web.views.booking import refused_page

bp = Blueprint("swaps", __name__, url_prefix="/swaps")


class SwapForm(forms.FormSchema):
    other = forms.Text(required=True)


def my_time(db: Session, ref: str) -> Occurrence:
    """A time this person may change. Raises NotFound, NotAllowed."""
    row = swaps.occurrence_of(db, ref)
    if not booking_access.changes_own(row.booking):
        raise NotAllowed
    return row


@bp.get("/with/<occurrence_ref>")
@requires(SIGNED_IN)
def ask(occurrence_ref: str) -> ResponseReturnValue:
    """The times of others in the same house, to choose one from."""
    return ask_page(occurrence_ref, forms.blank(other=request.args.get("other")))


def ask_page(occurrence_ref: str, form: forms.Form[Any]) -> str:
    with reading() as db:
        row = my_time(db, occurrence_ref)
        if row.starts_at <= now():
            raise NotNow(state=row.state)
        others = [
            (one, public_name(one.booking, hidden=name_hidden([one]))) for one in swaps.candidates(db, row, now())
        ]
        told = follows(swaps.verdict_of(db, row, 1, now()))
        return render_template("swaps/ask.html", row=row, others=others, form=form, told=told)


@bp.post("/with/<occurrence_ref>")
@requires(SIGNED_IN)
def do_ask(occurrence_ref: str) -> ResponseReturnValue:
    form = forms.filled(SwapForm())
    if form.ok:
        with form.catching(), transaction() as db:
            row, other = my_time(db, occurrence_ref), swaps.occurrence_of(db, form.wish["other"])
            swap = swaps.ask(db, row, other, by=signed_in().id, now=now())
            life_letters.swap(db, swap, "asked", now())
            flash(_("Your report is noted. The swap counts when the other side has reported it too."), "success")
            return redirect(url_for("swaps.show", swap_ref=swap.ref))
    return ask_page(occurrence_ref, form), 422


def side_of(swap: Swap) -> tuple[bool, bool]:
    """Whether this person may speak for the side that asked, and for the one that is asked. Raises NotAllowed."""
    sides = booking_access.changes_own(swap.one.booking), booking_access.changes_own(swap.other.booking)
    if not any(sides):
        raise NotAllowed
    return sides


@bp.get("/<swap_ref>")
@requires(SIGNED_IN)
def show(swap_ref: str) -> ResponseReturnValue:
    with reading() as db:
        swap = swaps.swap_of(db, swap_ref)
        asked, answers = side_of(swap)
        told = follows(swaps.verdict_of(db, swap.one, 2 if answers else swap.reports, now()))
        return render_template("swaps/show.html", swap=swap, asked=asked, answers=answers, told=told)


@bp.post("/<swap_ref>/accept")
@requires(SIGNED_IN)
def accept(swap_ref: str) -> ResponseReturnValue:
    """The second report; only the side that was asked can give it."""
    try:
        with transaction() as db:
            swap = swaps.swap_of(db, swap_ref)
            if not side_of(swap)[1]:
                raise NotNow(state="reported")  # one side cannot give both reports
            swaps.accept(db, swap, by=signed_in().id, now=now())
            life_letters.swap(db, swap, "done", now())
    except RuleRefuses as no:
        return refused_page(no, forms.blank()), 409
    flash(_("The times are swapped. The doors know it."), "success")
    return redirect(url_for("swaps.show", swap_ref=swap_ref))


@bp.post("/<swap_ref>/decline")
@requires(SIGNED_IN)
def decline(swap_ref: str) -> ResponseReturnValue:
    with transaction() as db:
        swap = swaps.swap_of(db, swap_ref)
        side_of(swap)
        swaps.decline(db, swap, by=signed_in().id, now=now())
        life_letters.swap(db, swap, "declined", now())
    flash(_("The swap was declined. Both times stay as they are."), "success")
    return redirect(url_for("swaps.show", swap_ref=swap_ref))
