"""Taking files into the register of organisations: send a file, look at what it would change, and only then do it."""

from __future__ import annotations

from flask import Blueprint, flash, g, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from booking.importing import taking_in
from booking.refusals import BadInput
from booking.roles import Role
from web import forms, register_letters
from web.auth import requires
from web.clock import now, today
from web.db import transaction
from web.files_taken import sent, takes_files
from web.words_of_register import cell

bp = Blueprint("importing", __name__, url_prefix="/register-desk/import")
MOST_BYTES = 5_000_000


class FileForm(forms.FormSchema):
    """Nothing beside the file."""


@bp.get("")
@requires(Role.ADMINISTRATOR)
def choose() -> ResponseReturnValue:
    return render_template("importing/choose.html", form=forms.blank())


@bp.post("")
@requires(Role.ADMINISTRATOR)
@takes_files(MOST_BYTES)
def look() -> ResponseReturnValue:
    """Keep the file for its preview. Nothing of the register is changed."""
    form = forms.filled(FileForm())
    if form.ok:
        with form.catching(), transaction() as db:
            given = sent("file")
            if given is None:
                raise BadInput(field="file", problem="missing")
            row = taking_in.keep(db, *given, by=g.person.id, now=now())
            return redirect(url_for("importing.preview", import_ref=row.ref))
    return render_template("importing/choose.html", form=form), 422


@bp.get("/<import_ref>")
@requires(Role.ADMINISTRATOR)
def preview(import_ref: str) -> ResponseReturnValue:
    with transaction() as db:
        row = taking_in.kept(db, import_ref)
        plan = taking_in.preview(db, row)
    return render_template("importing/preview.html", row=row, plan=plan, cell=cell)


@bp.post("/<import_ref>")
@requires(Role.ADMINISTRATOR)
def confirm(import_ref: str) -> ResponseReturnValue:
    with transaction() as db:
        row = taking_in.kept(db, import_ref)
        done = taking_in.confirm(db, row, by=g.person.id, now=now(), today=today())
        register_letters.released(db, done.released, now())
    told = {"new": done.new, "changed": done.changed, "dissolved": done.dissolved}
    flash(_("Done: %(new)s new, %(changed)s changed, %(dissolved)s dissolved.", **told), "success")
    return redirect(url_for("register.desk"))
