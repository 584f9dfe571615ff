"""The condition of a row: its parts shown in words, added, changed, put in groups and taken out, one step at a time."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from booking.core.toml_text import inline
from booking.refusals import BadInput, NotFound
from booking.rulebook_merge import Document
from booking.rulemaking import conditions, drafts, tables
from booking.versions.models import RulebookVersion
from web import forms
from web.auth import requires, signed_in
from web.clock import now
from web.db import reading, transaction
from web.rule_conditions import condition_said
from web.rule_forms import Unreadable, toml_value
from web.rule_leaves import BAND, SHARE, fact_choices, first_leaf, leaf_form, leaf_from
from web.rule_scope import READS, WRITES
from web.rule_words import Speech
from web.views.rule_tables import base, has_condition, opened, revision, written

bp = Blueprint("rule_conditions", __name__, url_prefix="/rulemaking/<version_ref>/tables/<table>/<row_name>")
CONDITIONS = "conditions"
KINDS = ("all", "any", "not")


def held(document: Document, table: str, row_name: str) -> Any:
    """The condition of a row as written; None for none. Raises NotFound."""
    if not has_condition(table):
        raise NotFound(what="rule")
    row = written(document, table, row_name)
    if table == CONDITIONS:
        return row
    return row.get("when")


@bp.get("/when")
@requires(*READS)
def show(version_ref: str, table: str, row_name: str) -> ResponseReturnValue:
    """The whole condition; `?at=` opens the form of one sentence in it."""
    return page(version_ref, table, row_name, forms.blank(), request.args.get("at"))


def page(version_ref: str, table: str, row_name: str, form: forms.Form[Any], at: str | None) -> str:
    with reading() as db:
        row, document = opened(db, version_ref, table)
    spec, speech = held(document, table, row_name), Speech(document)
    leaf = conditions.node(spec, at) if at is not None and spec is not None else None
    return render_template(
        "rulemaking/condition.html",
        **base(row, document, table),
        row_name=row_name,
        form=form,
        said=condition_said(spec, speech),
        at=at,
        leaf=leaf_form(leaf, speech) if leaf is not None else None,
        facts=fact_choices(speech),
        named=[name for name in document.get(CONDITIONS, {}) if not (table == CONDITIONS and name == row_name)],
        text=request.form.get("text") or (inline(spec) if spec is not None else ""),
        special=[(SHARE, _("a share of the people")), (BAND, _("a time of day"))],
    )


@bp.post("/when")
@requires(*WRITES)
def change(version_ref: str, table: str, row_name: str) -> ResponseReturnValue:
    """One change; the button says which: `add:path`, `use:path`, `all:path`, `remove:path`, `leaf:path` or `text:`."""
    form: forms.Form[Any] = forms.blank()
    what, _colon, path = request.form.get("act", "").partition(":")
    with form.catching(), transaction() as db:
        row, document = opened(db, version_ref, table)
        try:
            spec, at = changed(held(document, table, row_name), what, path, Speech(document))
        except Unreadable as error:
            form.errors[error.field] = _("This cannot be read: %(problem)s", problem=error.problem)
        else:
            keep(db, row, document, (table, row_name), spec)
            flash(_("Saved."), "success")
            return redirect(address(version_ref, table, row_name, at))
    return page(version_ref, table, row_name, form, path if what == "leaf" else None), 422


def address(version_ref: str, table: str, row_name: str, at: str | None) -> str:
    return url_for(
        "rule_conditions.show",
        version_ref=version_ref,
        table=table,
        row_name=row_name,
        at=at,
        _anchor=None if at is None else "leaf",
    )


def changed(spec: Any, what: str, path: str, speech: Speech) -> tuple[Any, str | None]:
    """The condition after the change, and the sentence to open next. Raises BadInput, Unreadable."""
    if what == "text":
        text = request.form.get("text", "").strip()
        return (toml_value("text", text) if text else None), None
    if what == "add":
        return conditions.added(spec, path, first_leaf(request.form.get("fact", ""), speech))
    if what == "use":
        return conditions.added(spec, path, {"use": request.form.get("named", "")})[0], None
    if what in KINDS:
        return conditions.wrapped(spec, path, what), None
    if what == "remove":
        return conditions.put(spec, path, None), None
    if what == "leaf":
        return conditions.put(spec, path, leaf_from(conditions.node(spec, path), request.form, speech)), None
    raise BadInput(field="act", problem="not_one_of")


def keep(db: Session, row: RulebookVersion, document: Document, where: tuple[str, str], spec: Any) -> None:
    table, name = where
    if table == CONDITIONS:
        turn = tables.entry_put(table, name, spec or conditions.ALWAYS, instead_of=name)
    else:
        old = tables.row_of(document, table, name)
        kept = {key: value for key, value in old.items() if key != "when"}
        turn = tables.put(table, kept | ({"when": spec} if spec is not None else {}), instead_of=name)
    drafts.edit(db, row, turn, by=signed_in().id, now=now(), revision=revision())
