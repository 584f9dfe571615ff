"""The rules that decide, for everybody: versions in force, to come and past, each row in words with its decision."""

from __future__ import annotations

from datetime import date
from typing import Any

from flask import Blueprint, Response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from booking.core.rules.difference import difference
from booking.refusals import NotFound
from booking.rulebook_merge import Document
from booking.versions.known import documents
from booking.versions.written import dated, text_of
from web.auth import PUBLIC, requires
from web.clock import today
from web.db import reading
from web.rule_differences import differences
from web.rule_sheets import Line, Sheet, head, sheets
from web.rule_versions import document_named, draft_named, families, stored_named
from web.rule_words import Speech, said

bp = Blueprint("rules", __name__, url_prefix="/rules")
KINDS = "premises_kind"


@bp.get("")
@requires(PUBLIC)
def listed() -> ResponseReturnValue:
    with reading() as db:
        return render_template("rules/list.html", families=families(db, today()))


@bp.get("/<rulebook>")
@requires(PUBLIC)
def show(rulebook: str) -> ResponseReturnValue:
    """A version table by table; `?kind=` leaves out the rows that speak of other kinds of premises only."""
    with reading() as db:
        document, stored = document_named(db, rulebook), stored_named(db, rulebook)
    kind = request.args.get("kind", "")
    shown = of_kind(document, kind)
    return render_template("rules/book.html", **book_page(rulebook, document), kind=kind, shown=shown, stored=stored)


def book_page(name: str, document: Document) -> dict[str, Any]:
    """What every page of a whole version shows."""
    speech = Speech(document)
    kinds = {kind for table in document.values() for kind in kinds_of(table)}
    named = [(kind, speech.word(KINDS, kind)) for kind in sorted(kinds)]
    ended = document.get("valid_to")
    return {
        "name": name,
        "document": document,
        "title": said(document["name"]),
        "head": head(document),
        "kinds": named,
        "state": "coming" if document["valid_from"] > today() else "past" if past(ended) else "",
    }


def past(ended: date | None) -> bool:
    return ended is not None and ended < today()


def kinds_of(table: Any) -> list[str]:
    rows = table if isinstance(table, list) else []
    return [kind for row in rows if isinstance(row, dict) for kind in row.get("scope", {}).get(KINDS, [])]


def of_kind(document: Document, kind: str) -> list[Sheet]:
    """The tables, with the rows that hold for a kind of premises: those that name it and those that name none."""
    if not kind:
        return sheets(document)
    kept = {
        table: [row for row in rows if kind in row.get("scope", {}).get(KINDS, [kind])] if is_rows(rows) else rows
        for table, rows in document.items()
    }
    return sheets(kept)


def is_rows(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(row, dict) for row in value)


@bp.get("/<rulebook>/difference")
@requires(PUBLIC)
def compare(rulebook: str) -> ResponseReturnValue:
    """What this version says otherwise than another one of its family: the one before unless told."""
    with reading() as db:
        known = documents(db)
    document = known.get(rulebook)
    if document is None:
        raise NotFound(what="rulebook")
    others = older_first(known, document["family"], rulebook)
    before = request.args.get("before") or (others[-1] if others else rulebook)
    if before not in known:
        raise NotFound(what="rulebook")
    found = differences(difference(dated(known[before]), dated(document)), known[before], document)
    return render_template(
        "rules/difference.html",
        name=rulebook,
        before=before,
        others=[(one, said(known[one]["name"])) for one in others],
        title=said(document["name"]),
        changes=found,
        names=(said(known[before]["name"]), said(document["name"])),
        linked=(before, rulebook),
    )


def older_first(known: Any, family: str, but: str) -> list[str]:
    """The other versions of a family, those that began before this one last."""
    mine = known[but]["valid_from"]
    same = [name for name, document in known.items() if document["family"] == family and name != but]
    return sorted(same, key=lambda name: (known[name]["valid_from"] < mine, known[name]["valid_from"]))


@bp.get("/<rulebook>/print")
@requires(PUBLIC)
def printed(rulebook: str) -> ResponseReturnValue:
    """The whole version on paper, in the language of the page."""
    with reading() as db:
        document = document_named(db, rulebook)
    return render_template("rules/print.html", **book_page(rulebook, document), shown=sheets(document), draft=False)


@bp.get("/<rulebook>/file")
@requires(PUBLIC)
def file(rulebook: str) -> ResponseReturnValue:
    """The version as the TOML file that `vuoro rulebook` reads."""
    with reading() as db:
        document = document_named(db, rulebook)
    return toml_file(rulebook, document)


def toml_file(name: str, document: Document) -> Response:
    headers = {"Content-Disposition": f'attachment; filename="{name}.toml"'}
    return Response(text_of(document), mimetype="application/toml", headers=headers)


@bp.get("/<rulebook>/<row>")
@requires(PUBLIC)
def row(rulebook: str, row: str) -> ResponseReturnValue:
    """One row: the words that bind, the decision and its source, and where in the order of its table it stands.

    A row of a draft leads those who see drafts to its form."""
    table = request.args.get("table", "")
    with reading() as db:
        draft = draft_named(db, rulebook)
        if draft is not None and table:
            return redirect(url_for("rule_tables.row", version_ref=draft.ref, table=table, row_name=row))
        document = document_named(db, rulebook)
    sheet, place, line = line_of(document, row, table)
    return render_template(
        "rules/row.html", **book_page(rulebook, document), sheet=sheet, place=place, line=line, rulebook=rulebook
    )


def line_of(document: Document, row: str, table: str) -> tuple[Sheet, int, Line]:
    """A row by its id, in the table named or the first that has it. Raises NotFound."""
    for sheet in sheets(document):
        for place, line in enumerate(sheet.lines, 1):
            if line.id == row and table in ("", sheet.table):
                return sheet, place, line
    raise NotFound(what="rule")
