"""Applications for a season: begun in a round, looked at, and all that are one's own."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from booking import organisations
from booking.models import Organisation
from booking.people import note_viewed
from booking.refusals import NotNow
from booking.rounds import applying, copying, listing
from booking.rounds.applying import Intake, intake
from booking.rounds.models import Application, Round
from web import application_access as access
from web import application_page, auth, forms
from web.auth import SIGNED_IN, requires, signed_in
from web.clock import now
from web.db import reading, transaction

bp = Blueprint("applications", __name__)


class StartForm(forms.FormSchema):
    organisation = forms.Text(load_default="")
    source = forms.Text(load_default="")


@bp.get("/rounds/<round_ref>/apply")
@requires(SIGNED_IN)
def apply(round_ref: str) -> ResponseReturnValue:
    """For which organisation, and from what: an empty application, or last season's."""
    return choices(round_ref, forms.blank())


def choices(ref: str, form: forms.Form[Any]) -> ResponseReturnValue:
    seek = request.args.get("seek", "").strip()
    with reading() as db:
        round_ = listing.seen_round(db, ref, g.grants)
        phone = access.files_for(round_)
        values: dict[str, Any] = {"mine": mine_in(db, round_), "phone": phone, "seek": seek}
        values["found"] = organisations.listed(db, seek=seek) if phone and seek else []
        values["taken"] = intake(round_, now()) in (Intake.OPEN, Intake.LATE)
        values["late"] = intake(round_, now()) is Intake.LATE
        answer = render_template("applications/apply.html", round=round_, form=form, **values)
    return answer, 422 if form.errors else 200


def mine_in(db: Session, round_: Round) -> list[tuple[Organisation, list[Application], list[Application]]]:
    """The organisations this person applies for, each with its applications in the round and those to copy."""
    mine = auth.organisations(*access.EDITS)
    every = applying.of_organisations(db, [one.id for one in mine])
    here = [row for row in every if row.round_id == round_.id]
    return [
        (one, [row for row in here if row.organisation_id == one.id], copying.earlier(db, round_, one)) for one in mine
    ]


@bp.post("/rounds/<round_ref>/apply")
@requires(SIGNED_IN)
def start(round_ref: str) -> ResponseReturnValue:
    """Begin, or go on with, the application of an organisation."""
    form = forms.filled(StartForm())
    if form.ok:
        with form.catching(), transaction() as db:
            return begun(db, listing.seen_round(db, round_ref, g.grants), **form.wish)
    return choices(round_ref, form)


def begun(db: Session, round_: Round, *, organisation: str, source: str) -> ResponseReturnValue:
    by: dict[str, Any] = {"by": signed_in().id, "now": now()}
    whose, answers, phoned = access.applicant(db, round_, organisation)
    application = applying.start(db, round_, whose, contact=answers, on_behalf=phoned, **by)
    if not access.edits(application):
        raise NotNow(state=application.state, reason="filed_by_themselves")
    if source and not application.sections:
        earlier = copying.earlier(db, round_, whose)
        for one in (row for row in earlier if row.ref == source):
            application_page.tell_left(copying.copy_application(db, one, application, **by))
    return redirect(url_for("applications.show", application_ref=application.ref))


@bp.get("/applications/<application_ref>")
@requires(*access.ANYBODY)
def show(application_ref: str) -> ResponseReturnValue:
    """The application with its sections, hints, and what can be done with it now."""
    with reading() as db:
        application = access.seen(db, application_ref)
        answer = render_template("applications/show.html", **application_page.values(db, application))
    if not access.is_own(application):
        with transaction() as db:
            why = f"application {application.ref}"
            note_viewed(db, application.contact, by=signed_in().id, now=now(), why=why)
    return answer


@bp.get("/my-applications")
@requires(SIGNED_IN)
def mine() -> ResponseReturnValue:
    """All applications of the organisations this person acts for."""
    with reading() as db:
        rows = applying.of_organisations(db, [one.id for one in auth.organisations(*access.READS)])
        rounds = [row for row in listing.rounds(db, g.grants) if listing.takes_applications(row, now())]
        applies = bool(auth.organisations(*access.EDITS))
        return render_template(
            "applications/mine.html", rows=rows, rounds=rounds, applies=applies, phase=listing.phase, now=now()
        )
