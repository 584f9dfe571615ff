"""Staff access: who of the staff passes all doors of a premises at any time, why, and until when."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, g, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from access import free_schedules, staff_access
from access.reasons import LONGEST_REASON
from access.staff_access import StaffWish
from booking import people
from booking.core.opening import day_span
from booking.models import Premises
from booking.refusals import BadInput
from web import forms
from web.auth import requires
from web.clock import now
from web.db import transaction
from web.words_of_modes import mode_word
from web.workplaces import KEEPERS, place_of

bp = Blueprint("staff_access", __name__)


class StaffForm(forms.FormSchema):
    email = forms.Email(required=True)
    reason = forms.Text(required=True, longest=LONGEST_REASON)
    flags = forms.Choices(staff_access.FLAGS, load_default=())
    until_on = forms.Day(load_default=None)


@bp.get("/premises/<premises_ref>/staff-access")
@requires(*KEEPERS)
def listed(premises_ref: str) -> ResponseReturnValue:
    """Names are on it, so opening it is noted."""
    with transaction() as db:
        return _page(db, place_of(db, premises_ref, *KEEPERS), forms.blank())


@bp.post("/premises/<premises_ref>/staff-access")
@requires(*KEEPERS)
def give(premises_ref: str) -> ResponseReturnValue:
    form = forms.filled(StaffForm())
    with form.catching(), transaction() as db:
        place = place_of(db, premises_ref, *KEEPERS)
        if form.ok:
            staff_access.give(db, place.id, _wish(db, place, form.wish), by=g.person.id, now=now())
            flash(_("Saved. The doors open to their cards once they have their new lists."), "success")
            return redirect(url_for("staff_access.listed", premises_ref=premises_ref))
    with transaction() as db:
        return _page(db, place_of(db, premises_ref, *KEEPERS), form), 422


@bp.post("/premises/<premises_ref>/staff-access/<staff_ref>/end")
@requires(*KEEPERS)
def end(premises_ref: str, staff_ref: str) -> ResponseReturnValue:
    with transaction() as db:
        place = place_of(db, premises_ref, *KEEPERS)
        staff_access.end(db, place.id, staff_ref, by=g.person.id, now=now())
    flash(_("Ended. A door without connection opens to their cards until it has its new list."), "success")
    return redirect(url_for("staff_access.listed", premises_ref=premises_ref))


def _wish(db: Session, place: Premises, typed: dict[str, Any]) -> StaffWish:
    person = people.by_email(db, typed["email"])
    if person is None:
        raise BadInput(field="email", problem="unknown_person")
    until_on, zone = typed["until_on"], free_schedules.zone_of(db, place.id)
    until_at = day_span(until_on, zone).ends_at if until_on else None
    return StaffWish(person.id, typed["reason"], tuple(typed["flags"]), until_at=until_at)


def _page(db: Session, place: Premises, form: forms.Form[Any]) -> str:
    rows = staff_access.on_staff(db, place.id, now())
    people.note_listed(db, [row.person.id for row in rows], by=g.person.id, now=now(), where="staff_access")
    flags = [(flag, mode_word(flag, "flag")) for flag in staff_access.FLAGS]
    return render_template("staff_access/listed.html", place=place, rows=rows, form=form, flags=flags)
