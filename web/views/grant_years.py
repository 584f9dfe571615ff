"""Further years of a grant: what the next season would be, date by date, and making it."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from booking.roles import Role
from booking.rounds import years
from booking.rounds.grants import organisation_of
from web import grant_access
from web.auth import requires, signed_in
from web.clock import now
from web.db import reading, transaction

bp = Blueprint("grant_years", __name__, url_prefix="/grants/<granted_ref>/years")


@bp.get("")
@requires(Role.MANAGER, Role.OPERATOR)
def show(granted_ref: str) -> ResponseReturnValue:
    with reading() as db:
        grant = grant_access.run_grant(db, granted_ref)
        return render_template(
            "grant_years/show.html",
            grant=grant,
            whose=organisation_of(grant),
            made=years.years_of(db, grant),
            exceptions=years.exceptions_of(db, grant),
            coming=years.coming(db, grant, now()),
        )


@bp.post("")
@requires(Role.MANAGER, Role.OPERATOR)
def make(granted_ref: str) -> ResponseReturnValue:
    with transaction() as db:
        years.make_year(db, grant_access.run_grant(db, granted_ref), by=signed_in().id, now=now())
    flash(_("The dates of the next season have been booked."), "success")
    return redirect(url_for("grant_years.show", granted_ref=granted_ref))
