"""What is noted of one's own organisation: the question while a time runs, what was proposed, and objecting to it."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, g, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from booking.happenings.models import Happening
from booking.life import no_shows, recording
from booking.refusals import NotAllowed
from booking.roles import Role
from web import booking_access, forms
from web.auth import SIGNED_IN, acts_for, requires, signed_in
from web.clock import now
from web.db import reading, transaction
from web.views.happened import door_names, told_of

bp = Blueprint("noted", __name__, url_prefix="/noted")
OURS = (Role.SECRETARY, Role.BOOKER)


class ObjectionForm(forms.FormSchema):
    objection = forms.Lines(required=True, longest=1000)


def ours(db: Session, ref: str) -> Happening:
    """A happening of an organisation one books for, or of a time one holds. Raises NotFound, NotAllowed."""
    row = recording.happening_of(db, ref)
    held = row.occurrence is not None and booking_access.is_own(row.occurrence.booking)
    if not (held or acts_for(row.organisation_id, *OURS)):
        raise NotAllowed
    return row


@bp.get("/<happening_ref>")
@requires(SIGNED_IN)
def show(happening_ref: str) -> ResponseReturnValue:
    return page(happening_ref, forms.blank())


def page(happening_ref: str, form: forms.Form[Any]) -> str:
    with reading() as db:
        row = ours(db, happening_ref)
        return render_template(
            "noted/show.html",
            row=row,
            form=form,
            told=told_of(db, row),
            doors=door_names(db, row),
            can_object=recording.can_object(row, now()),
            until=recording.objects_until(row),
        )


@bp.post("/<happening_ref>/object")
@requires(SIGNED_IN)
def object_to(happening_ref: str) -> ResponseReturnValue:
    form = forms.filled(ObjectionForm())
    with form.catching(), transaction() as db:
        row = ours(db, happening_ref)
        if form.ok:
            recording.object_to(db, row, words=form.wish["objection"], by=g.person.id, now=now())
            flash(_("Your objection is noted. A person of the house decides."), "success")
            return redirect(url_for("noted.show", happening_ref=row.ref))
    return page(happening_ref, form), 422


@bp.post("/<happening_ref>/coming")
@requires(SIGNED_IN)
def coming(happening_ref: str) -> ResponseReturnValue:
    """One tap while the time runs: we are here, or on our way."""
    with transaction() as db:
        no_shows.coming(db, ours(db, happening_ref), by=signed_in().id, now=now())
    flash(_("Thank you. The time stays yours."), "success")
    return redirect(url_for("mine.show"))
