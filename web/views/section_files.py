"""Groups of an application from a spreadsheet: an empty file, what a filled one would bring, and taking it in."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from typing import Any

from flask import Blueprint, Response, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from booking.refusals import BadInput, NotFound
from booking.rounds import applying, sheet_in
from booking.rounds.models import Application
from booking.rounds.offered import offered
from booking.sheets import CSV_TYPE, XLSX_TYPE, as_csv, as_xlsx
from web import application_access as access
from web import forms, i18n
from web.auth import requires
from web.clock import HELSINKI, now
from web.db import reading, transaction
from web.files_taken import sent, takes_files

bp = Blueprint("section_files", __name__, url_prefix="/applications/<application_ref>/import")
MOST_BYTES = 1_000_000


class FileForm(forms.FormSchema):
    """Nothing beside the file."""


def open_one(db: Session, ref: str) -> Application:
    """The application, while it can be changed. Raises NotFound, NotAllowed, NotOpen."""
    found = access.edited(db, ref)
    applying.require_editable(found, now())
    return found


@bp.get("")
@requires(*access.ANY_EDITOR)
def choose(application_ref: str) -> ResponseReturnValue:
    with reading() as db:
        row = open_one(db, application_ref)
        return render_template("section_files/choose.html", row=row, form=forms.blank())


@bp.post("")
@requires(*access.ANY_EDITOR)
@takes_files(MOST_BYTES)
def look(application_ref: str) -> ResponseReturnValue:
    """What the file would bring. Nothing is changed."""
    form = forms.filled(FileForm())
    with reading() as db:
        row = open_one(db, application_ref)
        values: dict[str, Any] = {}
        with form.catching():
            values = brought(db, row)
        page = "section_files/preview.html" if values else "section_files/choose.html"
        return render_template(page, row=row, form=form, **values), 422 if form.errors else 200


def brought(db: Session, row: Application) -> dict[str, Any]:
    """The plan of the file sent. Raises BadInput(file)."""
    given = sent("file")
    if given is None:
        raise BadInput(field="file", problem="missing")
    lines = sheet_in.lines_of(*given)
    return {"plan": sheet_in.plan(db, row, lines), "lines": written(lines)}


def written(lines: Sequence[Sequence[str]]) -> str:
    """The cells as text, to be sent back when they are taken in."""
    file = io.StringIO()
    csv.writer(file).writerows(lines)
    return file.getvalue()


@bp.post("/confirm")
@requires(*access.ANY_EDITOR)
def confirm(application_ref: str) -> ResponseReturnValue:
    """Take the good rows in: read and checked once more, as the preview may be old."""
    with transaction() as db:
        row = open_one(db, application_ref)
        lines = list(csv.reader(io.StringIO(request.form.get("lines", ""), newline="")))
        count = sheet_in.take_in(db, row, sheet_in.plan(db, row, lines), by=g.person.id, now=now())
    flash(_("Taken in: %(count)s.", count=count), "success")
    return redirect(url_for("applications.show", application_ref=application_ref))


@bp.get("/template.<kind>")
@requires(*access.ANY_EDITOR)
def template(application_ref: str, kind: str) -> ResponseReturnValue:
    """An empty file with two examples, in the language of the page."""
    if kind not in ("csv", "xlsx"):
        raise NotFound(what="file")
    with reading() as db:
        row = access.edited(db, application_ref)
        heads, rows = sheet_in.template(i18n.language(), offered(db, row.round))
    content = as_csv(heads, rows, HELSINKI) if kind == "csv" else as_xlsx(_("Groups"), heads, rows, HELSINKI)
    return file_answer(content, kind, "hakemus")


def file_answer(content: bytes, kind: str, name: str) -> Response:
    headers = {"Content-Disposition": f'attachment; filename="{name}.{kind}"'}
    return Response(content, mimetype=None, content_type=CSV_TYPE if kind == "csv" else XLSX_TYPE, headers=headers)
