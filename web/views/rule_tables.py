"""The tables of a draft, readable and changeable row by row, without scripts."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from jinja2 import Environment
from sqlalchemy.orm import Session

from booking.refusals import NotFound
from booking.rulebook_merge import Document
from booking.rulemaking import drafts, tables
from booking.versions.models import RulebookVersion, VersionState
from booking.versions.written import check
from web import forms
from web.auth import requires, signed_in
from web.clock import now
from web.db import reading, transaction
from web.rule_conditions import condition_said
from web.rule_faults import fault_said
from web.rule_forms import DOCUMENT_FIELDS, Unreadable, entry_from, fields_for, form_of, head_from, row_from, schema_of
from web.rule_scope import READS, WRITES, may_write
from web.rule_sheets import named_rows, shape_of, sheet
from web.rule_sheets import tables as table_names
from web.rule_words import Speech, table_name
from web.words_of_rulemaking import look, state_word, step_word

bp = Blueprint("rule_tables", __name__, url_prefix="/rulemaking/<version_ref>")
bp.record_once(lambda state: _name_for_templates(state.app.jinja_env))
HEAD = "head"


def _name_for_templates(jinja: Environment) -> None:
    jinja.filters |= {"state_word": state_word, "step_word": step_word, "state_look": look, "fault_said": fault_said}


def opened(db: Session, version_ref: str, table: str) -> tuple[RulebookVersion, Document]:
    """The version and its document. Raises NotFound for a table that documents do not have."""
    if table not in (*table_names(), HEAD):
        raise NotFound(what="rule")
    row = drafts.version_of(db, version_ref)
    return row, drafts.document_of(row)


def base(row: RulebookVersion, document: Document, table: str) -> dict[str, Any]:
    """What every page of the editor shows."""
    faults = [line for line in check(document).faults if concerns(line, document, table)]
    return {
        "row": row,
        "table": table,
        "name": table_name(table),
        "shape": shape_of(table) if table != HEAD else "one",
        "writes": row.state == VersionState.DRAFT and may_write(),
        "faults": faults,
    }


def concerns(line: str, document: Document, table: str) -> bool:
    """Whether a fault is in this table: faults name the table, or a row of it."""
    first = line.partition(":")[0]
    if first == table:
        return True
    if table == HEAD:
        return first in DOCUMENT_FIELDS
    return first in {name for name, _row in named_rows(document, table)}


@bp.get("/tables/<table>")
@requires(*READS)
def table(version_ref: str, table: str) -> ResponseReturnValue:
    with reading() as db:
        row, document = opened(db, version_ref, table)
    if table == HEAD:
        return redirect(url_for("rule_tables.head", version_ref=version_ref))
    return render_template("rulemaking/table.html", **base(row, document, table), sheet=sheet(document, table))


@bp.post("/tables/<table>")
@requires(*WRITES)
def act(version_ref: str, table: str) -> ResponseReturnValue:
    """Move a row up or down, or take it out: the button says which, as `up:row-id`."""
    what, _colon, name = request.form.get("act", "").partition(":")
    turns = {"up": -1, "down": 1}
    if what not in (*turns, "remove"):
        abort(400)
    with transaction() as db:
        row, _document = opened(db, version_ref, table)
        keyed = shape_of(table) == "entries"
        removal = tables.entry_removed(table, name) if keyed else tables.removed(table, name)
        turn = tables.moved(table, name, turns[what]) if what in turns else removal
        drafts.edit(db, row, turn, by=signed_in().id, now=now(), revision=revision())
    if what == "remove":
        flash(_("Removed: %(row)s", row=name), "success")
    return redirect(url_for("rule_tables.table", version_ref=version_ref, table=table, _anchor=f"r-{name}"))


def revision() -> int | None:
    """The revision of the draft that was looked at."""
    told = request.form.get("revision", "")
    return int(told) if told.isdigit() else None


@bp.get("/add/<table>")
@requires(*WRITES)
def new(version_ref: str, table: str) -> ResponseReturnValue:
    return row_page(version_ref, table, None, forms.blank())


@bp.post("/add/<table>")
@requires(*WRITES)
def add(version_ref: str, table: str) -> ResponseReturnValue:
    return saved(version_ref, table, None)


@bp.get("/tables/<table>/<row_name>")
@requires(*READS)
def row(version_ref: str, table: str, row_name: str) -> ResponseReturnValue:
    return row_page(version_ref, table, row_name, forms.blank())


@bp.post("/tables/<table>/<row_name>")
@requires(*WRITES)
def save(version_ref: str, table: str, row_name: str) -> ResponseReturnValue:
    return saved(version_ref, table, row_name)


@bp.get("/head")
@requires(*READS)
def head(version_ref: str) -> ResponseReturnValue:
    return row_page(version_ref, HEAD, None, forms.blank())


@bp.post("/head")
@requires(*WRITES)
def save_head(version_ref: str) -> ResponseReturnValue:
    return saved(version_ref, HEAD, None)


def written(document: Document, table: str, name: str | None) -> Any:
    """The row or entry as it is written; empty for a new one. Raises NotFound."""
    if table == HEAD:
        return document
    if shape_of(table) == "one":
        return document.get(table, {})
    if name is None:
        return [] if table == "lists" else {}
    found = dict(named_rows(document, table))
    if name not in found:
        raise NotFound(what="rule")
    return found[name]


def row_page(version_ref: str, table: str, name: str | None, form: forms.Form[Any]) -> str:
    """The form of a row, filled with what is written, or with what was just typed where that could not be kept."""
    with reading() as db:
        row, document = opened(db, version_ref, table)
    value = typed_again(table, written(document, table, name))
    speech = Speech(document)
    shown = fields_for(table, name, value, speech) if table != HEAD else form_of(HEAD, value, speech)
    conditional = name is not None and has_condition(table)
    spec = value if table == "conditions" or not conditional else value.get("when")
    return render_template(
        "rulemaking/row.html",
        **base(row, document, table),
        row_name=name,
        fields=shown,
        form=form,
        conditional=conditional,
        when=condition_said(spec, speech) if conditional else None,
    )


def has_condition(table: str) -> bool:
    """Whether the rows of a table hold under a condition."""
    schema = schema_of(table) if table != HEAD else None
    return table == "conditions" or (schema is not None and "when" in schema.fields)


def typed_again(table: str, value: Any) -> Any:
    """What was typed, when the form comes back."""
    if request.method != "POST":
        return value
    try:
        return read_form(table, value)[1]
    except Unreadable:
        return value


def read_form(table: str, kept: Any) -> tuple[str, Any]:
    """The name and value of a row as typed. Raises Unreadable."""
    if table == HEAD:
        return "", head_from(request.form, kept)
    if shape_of(table) == "entries":
        return request.form.get("entry", "").strip(), entry_from(table, request.form)
    return request.form.get("id", "").strip(), row_from(table, request.form, kept if isinstance(kept, dict) else {})


def saved(version_ref: str, table: str, name: str | None) -> ResponseReturnValue:
    form: forms.Form[Any] = forms.blank()
    with form.catching(), transaction() as db:
        row, document = opened(db, version_ref, table)
        try:
            new_name, value = read_form(table, written(document, table, name))
        except Unreadable as error:
            form.errors[error.field] = _("This cannot be read: %(problem)s", problem=error.problem)
        else:
            turn = turn_of(table, name, new_name, value)
            drafts.edit(db, row, turn, by=signed_in().id, now=now(), revision=revision())
            flash(_("Saved."), "success")
            return redirect(after(row, table, new_name))
    return row_page(version_ref, table, name, form), 422


def turn_of(table: str, name: str | None, new_name: str, value: Any) -> tables.Turn:
    """The change of the document that a saved form is."""
    if table == HEAD:
        return tables.head_put(value)
    match shape_of(table):
        case "rows":
            return tables.put(table, value, instead_of=name)
        case "entries":
            return tables.entry_put(table, new_name, value, instead_of=name)
        case _:
            return tables.head_put({table: value or None})


def after(row: RulebookVersion, table: str, name: str) -> str:
    if table == HEAD:
        return url_for("rulemaking.show", version_ref=row.ref)
    if shape_of(table) == "rows" or table == "conditions":
        return url_for("rule_tables.row", version_ref=row.ref, table=table, row_name=name)
    return url_for("rule_tables.table", version_ref=row.ref, table=table)
