"""One section of an application: written, checked, saved beside others who write, copied, moved, deleted."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from booking.refusals import BadInput, ChangedMeanwhile, NotFound
from booking.rounds import applying, checking, copying
from booking.rounds.models import Application, Section
from booking.rounds.offered import Offered, offered
from booking.rounds.rivals import Rivals, rivals
from booking.rounds.sections import SectionWish, wish_of
from web import application_access as access
from web import forms, section_form, section_page
from web.application_page import Hints
from web.auth import requires, signed_in
from web.clock import now
from web.db import reading, transaction
from web.section_form import SectionFields
from web.words_of_applying import hint_said

bp = Blueprint("sections", __name__, url_prefix="/applications/<application_ref>/sections")


class OneForm(forms.FormSchema):
    revision = forms.Whole(load_default=0)


def section_or_none(application: Application, ref: str) -> Section | None:
    return applying.section_of(application, ref) if ref else None


@bp.get("/new")
@requires(*access.ANY_EDITOR)
def new(application_ref: str) -> ResponseReturnValue:
    return page(application_ref, "", None)


@bp.get("/<section_ref>")
@requires(*access.ANY_EDITOR)
def edit(application_ref: str, section_ref: str) -> ResponseReturnValue:
    return page(application_ref, section_ref, None)


def page(ref: str, section: str, form: forms.Form[Any] | None, *, said: Hints | None = None) -> ResponseReturnValue:
    """The form, as kept or as typed; `said`: hints for it."""
    with reading() as db:
        application = access.edited(db, ref)
        row = section_or_none(application, section)
        round_ = offered(db, application.round)
        filled = form or section_page.kept(row, section_page.facts_asked(db, application.round))
        values = section_page.values(db, application, row, round_, filled)
        if said is None and row is not None:
            said = hints(db, application, row, wish_of(row, row.group), round_)
        answer = render_template("sections/edit.html", form=filled, hints=said, **values)
    return answer, 422 if filled.errors else 200


def hints(db: Session, application: Application, row: Section | None, wish: SectionWish, round_: Offered) -> Hints:
    """What is worth saying of a wish, as sentences."""
    others = [one for one in application.sections if row is None or one.ref != row.ref]

    def asked() -> Rivals:
        days = {one.weekday for one in wish.windows}
        known = row.priority_class if row else None
        whose = application.organisation_id
        return rivals(db, round_, organisation=whose, priority_class=known, weekdays=days)

    found = checking.hints(round_, wish, asked, others=others)
    return [(hint_said(one, round_), one.stops) for one in found]


@bp.post("/check")
@requires(*access.ANY_EDITOR)
def check(application_ref: str) -> ResponseReturnValue:
    """A piece of the page: the hints for what is typed, as long as it can be understood. Nothing is kept."""
    with reading() as db:
        application = access.edited(db, application_ref)
        form = section_form.filled(section_page.facts_asked(db, application.round))
        round_ = offered(db, application.round)
        row = next((one for one in application.sections if one.ref == request.form.get("section")), None)
        found = hints(db, application, row, form.wish.wish, round_) if form.ok else None
    return render_template("sections/_hints.html", hints=found)


@bp.post("/new")
@requires(*access.ANY_EDITOR)
def add(application_ref: str) -> ResponseReturnValue:
    return saved(application_ref, "")


@bp.post("/<section_ref>")
@requires(*access.ANY_EDITOR)
def save(application_ref: str, section_ref: str) -> ResponseReturnValue:
    return saved(application_ref, section_ref)


def saved(ref: str, section: str) -> ResponseReturnValue:
    """Save, or with the other button only check. What is wrong, or was changed by somebody else, comes back with
    everything that was typed."""
    with reading() as db:
        facts = section_page.facts_asked(db, access.edited(db, ref).round)
    form = section_form.filled(facts)
    if form.ok and "check" in request.form:
        return checked(ref, section, form)
    if not form.ok:
        return page(ref, section, form)
    try:
        with transaction() as db:
            kept(db, access.edited(db, ref), section, section_form.asked(form, facts))
    except ChangedMeanwhile:
        return conflict(ref, section, form)
    except BadInput as wrong:
        section_form.refuse(form, wrong)
        return page(ref, section, form)
    flash(_("The group has been saved."), "success")
    return redirect(url_for("applications.show", application_ref=ref))


def kept(db: Session, application: Application, section: str, asked: SectionFields) -> None:
    wish = section_page.named(db, application, asked.wish)
    by: dict[str, Any] = {"by": signed_in().id, "now": now()}
    try:
        row = section_or_none(application, section)
    except NotFound:
        row = None  # somebody deleted it meanwhile: what was typed is kept as a new one
        flash(_("Somebody had deleted this group meanwhile, so it was saved as a new one."), "warning")
    if row is None:
        applying.add_section(db, application, wish, **by)
    else:
        applying.save_section(db, application, row, wish, revision=asked.revision, **by)


def checked(ref: str, section: str, form: forms.Form[SectionFields]) -> ResponseReturnValue:
    """Every fault and hint of what is typed; nothing is kept."""
    with reading() as db:
        application = access.edited(db, ref)
        round_ = offered(db, application.round)
        row = section_or_none(application, section)
        wish = section_page.named(db, application, form.wish.wish)
        section_page.refuse_all(db, application, round_, wish, form)
        found = hints(db, application, row, wish, round_)
    return page(ref, section, form, said=found)


def conflict(ref: str, section: str, form: forms.Form[SectionFields]) -> ResponseReturnValue:
    """Both versions: theirs to read, one's own in the form. Saving again keeps one's own."""
    with reading() as db:
        application = access.edited(db, ref)
        row = applying.section_of(application, section)
        form.typed["revision"] = row.revision
        round_ = offered(db, application.round)
        values = section_page.values(db, application, row, round_, form)
        by = applying.who_changed(db, row)
        answer = render_template("sections/edit.html", form=form, hints=None, theirs=row, by=by, **values)
    return answer, 409


@bp.post("/<section_ref>/copy")
@requires(*access.ANY_EDITOR)
def copy(application_ref: str, section_ref: str) -> ResponseReturnValue:
    with transaction() as db:
        application = access.edited(db, application_ref)
        row = applying.section_of(application, section_ref)
        made = copying.copy_section(db, application, row, by=signed_in().id, now=now())
    flash(_("Copied: change in the copy what is different."), "success")
    return redirect(url_for("sections.edit", application_ref=application_ref, section_ref=made.ref))


@bp.post("/<section_ref>/move")
@requires(*access.ANY_EDITOR)
def move(application_ref: str, section_ref: str) -> ResponseReturnValue:
    with transaction() as db:
        application = access.edited(db, application_ref)
        row = applying.section_of(application, section_ref)
        applying.move_section(db, application, row, up="up" in request.form, by=signed_in().id, now=now())
    return redirect(url_for("applications.show", application_ref=application_ref) + f"#s-{section_ref}")


@bp.post("/<section_ref>/delete")
@requires(*access.ANY_EDITOR)
def delete(application_ref: str, section_ref: str) -> ResponseReturnValue:
    form = forms.filled(OneForm())
    revision = form.wish["revision"] if form.ok else 0
    with transaction() as db:
        application = access.edited(db, application_ref)
        row = applying.section_of(application, section_ref)
        applying.delete_section(db, application, row, revision=revision, by=signed_in().id, now=now())
    flash(_("The group has been deleted from the application."), "success")
    return redirect(url_for("applications.show", application_ref=application_ref))
