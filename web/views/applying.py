"""Acting on a whole application: who answers for it, sending it, taking it back, throwing a draft away."""

from __future__ import annotations

from collections.abc import Callable

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from booking.rounds import applying
from booking.rounds.models import Application
from web import application_access as access
from web import application_letters, application_page, forms
from web.auth import requires, signed_in
from web.clock import now
from web.db import reading, transaction

bp = Blueprint("applying", __name__, url_prefix="/applications/<application_ref>")


class RevisionForm(forms.FormSchema):
    revision = forms.Whole(required=True)


class DetailsForm(forms.FormSchema):
    contact = forms.Text(load_default="")
    note = forms.Lines(load_default="", longest=2000)
    waits = forms.Tick()


def shown(ref: str, form: forms.Form[object]) -> ResponseReturnValue:
    """The page of the application with what is wrong on top."""
    with reading() as db:
        values = application_page.values(db, access.edited(db, ref))
        return render_template("applications/show.html", form=form, **values), 422


def back(ref: str) -> ResponseReturnValue:
    return redirect(url_for("applications.show", application_ref=ref))


@bp.post("/details")
@requires(*access.ANY_EDITOR)
def details(application_ref: str) -> ResponseReturnValue:
    form = forms.filled(DetailsForm())
    with form.catching(), transaction() as db:
        application = access.edited(db, application_ref)
        if form.ok:
            contact = access.contact(db, application, form.wish["contact"])
            told = applying.Details(contact, form.wish["note"], form.wish["waits"])
            applying.change_details(db, application, told, by=signed_in().id, now=now())
    if form.errors:
        return shown(application_ref, form)
    flash(_("The changes have been saved."), "success")
    return back(application_ref)


@bp.post("/send")
@requires(*access.ANY_EDITOR)
def send(application_ref: str) -> ResponseReturnValue:
    """Send, and write the letters of receipt."""
    form = forms.filled(RevisionForm())
    with form.catching(), transaction() as db:
        application = access.edited(db, application_ref)
        if form.ok:
            applying.send(db, application, revision=form.wish["revision"], by=signed_in().id, now=now())
            application_letters.received(db, applying.application_of(db, application_ref), now())
            flash(_("Sent. A letter of receipt is on its way."), "success")
            return back(application_ref)
    return shown(application_ref, form)


def done(ref: str, act: Callable[[Session, Application], None]) -> None:
    with transaction() as db:
        act(db, access.edited(db, ref))


@bp.post("/withdraw")
@requires(*access.ANY_EDITOR)
def withdraw(application_ref: str) -> ResponseReturnValue:
    def act(db: Session, application: Application) -> None:
        applying.withdraw(db, application, by=signed_in().id, now=now())
        application_letters.withdrawn(db, application, now())

    done(application_ref, act)
    flash(_("The application has been withdrawn."), "success")
    return back(application_ref)


@bp.post("/again")
@requires(*access.ANY_EDITOR)
def again(application_ref: str) -> ResponseReturnValue:
    """A withdrawn application becomes a draft once more."""

    def act(db: Session, row: Application) -> None:
        applying.start(db, row.round, row.organisation, contact=row.contact_id, by=signed_in().id, now=now())

    done(application_ref, act)
    flash(_("The application is a draft again."), "success")
    return back(application_ref)


@bp.post("/discard")
@requires(*access.ANY_EDITOR)
def discard(application_ref: str) -> ResponseReturnValue:
    done(application_ref, lambda db, application: applying.discard(db, application, by=signed_in().id, now=now()))
    flash(_("The draft has been thrown away."), "success")
    return redirect(url_for("applications.mine"))
