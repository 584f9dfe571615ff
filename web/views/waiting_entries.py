"""Entries of the waiting list of one's own: waiting no longer, and waiting for what an application did not get."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.refusals import NotAllowed, NotFound, NotNow
from booking.rounds import waiting
from booking.rounds.models import Application, ApplicationState
from web import auth
from web.auth import SIGNED_IN, requires, signed_in
from web.clock import now
from web.db import transaction
from web.grant_access import ACTS_FOR

bp = Blueprint("waiting_entries", __name__, url_prefix="/waiting")


@bp.post("/<entry_ref>/leave")
@requires(SIGNED_IN)
def leave(entry_ref: str) -> ResponseReturnValue:
    with transaction() as db:
        entry = waiting.entry_of(db, entry_ref)
        if not auth.acts_for(entry.organisation_id, *ACTS_FOR, group=entry.group_id):
            raise NotAllowed
        waiting.leave(db, entry, by=signed_in().id, now=now())
    flash(_("It is off the waiting list."), "success")
    return redirect(url_for("waiting.show"))


@bp.post("/applications/<sent_ref>")
@requires(SIGNED_IN)
def join_unserved(sent_ref: str) -> ResponseReturnValue:
    """Put what an application did not get on the list; with `waits` later ones go there by themselves."""
    with transaction() as db:
        row = application_of(db, sent_ref)
        if not auth.acts_for(row.organisation_id, *ACTS_FOR):
            raise NotAllowed
        if row.state != ApplicationState.SENT:
            raise NotNow(state=row.state)
        waiting.consent(db, row, yes=True, by=signed_in().id, now=now())
        made = waiting.join_unserved(db, row, by=signed_in().id, now=now())
    flash(ngettext("%(num)s group waits now.", "%(num)s groups wait now.", len(made)), "success")
    return redirect(url_for("waiting.show"))


@bp.post("/applications/<sent_ref>/consent")
@requires(SIGNED_IN)
def consent(sent_ref: str) -> ResponseReturnValue:
    """Whether what an application will not get shall wait by itself once the round is decided."""
    with transaction() as db:
        row = application_of(db, sent_ref)
        if not auth.acts_for(row.organisation_id, *ACTS_FOR):
            raise NotAllowed
        waiting.consent(db, row, yes="yes" in request.form, by=signed_in().id, now=now())
    flash(_("Noted."), "success")
    return redirect(url_for("waiting.show"))


def application_of(db: Session, ref: str) -> Application:
    found = db.scalar(select(Application).where(Application.ref == ref))
    if found is None:
        raise NotFound(what="application")
    return found
