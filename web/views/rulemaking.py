"""Rules in the making: drafts begun, sent to a second person, decided, and what became of every version."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from booking.core.rules.difference import difference
from booking.people import named
from booking.refusals import BadInput, NotFound
from booking.rulemaking import drafts, review, trials
from booking.rulemaking.review import Stop
from booking.versions.known import documents
from booking.versions.models import OPEN, RulebookVersion, VersionState
from booking.versions.written import dated
from web import forms
from web.auth import requires, signed_in
from web.clock import now, today
from web.db import reading, transaction
from web.rule_differences import differences
from web.rule_scope import READS, WRITES, may_decide, may_write, require_deciding
from web.rule_sheets import head, sheets
from web.rule_words import said
from web.views.rules import book_page, toml_file
from web.words_of_rulemaking import STOPS

bp = Blueprint("rulemaking", __name__, url_prefix="/rulemaking")


class CopyForm(forms.FormSchema):
    based_on = forms.Text(required=True)
    version = forms.Text(required=True, longest=60)
    valid_from = forms.Day(required=True)


class FileForm(forms.FormSchema):
    text = forms.Lines(load_default="", longest=900_000)


class StepForm(forms.FormSchema):
    step = forms.Choice(("send", "back", "approve", "reject", "withdraw", "disclose"), required=True)
    reason = forms.Lines(load_default="", longest=1000)
    decision = forms.Text(load_default="", longest=300)


@bp.get("")
@requires(*READS)
def listed() -> ResponseReturnValue:
    with reading() as db:
        versions = drafts.kept_versions(db)
        names = named(db, {row.made_by for row in versions})
        return render_template("rulemaking/list.html", versions=versions, names=names, writes=may_write())


@bp.get("/new")
@requires(*WRITES)
def new() -> ResponseReturnValue:
    return new_page(forms.blank(based_on=request.args.get("based_on"), valid_from=today()))


def new_page(form: forms.Form[Any]) -> str:
    with reading() as db:
        known = sorted(documents(db).items(), key=lambda pair: (pair[1]["family"], -pair[1]["valid_from"].toordinal()))
    choices = [(name, f"{said(document['name'])} ({name})") for name, document in known]
    return render_template("rulemaking/new.html", form=form, choices=choices)


@bp.post("/new")
@requires(*WRITES)
def begin() -> ResponseReturnValue:
    """A draft that begins as a version there is, or as an uploaded file."""
    form = forms.filled(FileForm() if "text" in request.form or request.files else CopyForm())
    if form.ok:
        with form.catching(), transaction() as db:
            row = begun(db, form.wish)
            flash(_("The draft has been begun. Nothing is in force before a second person has approved it."), "success")
            return redirect(url_for("rulemaking.show", version_ref=row.ref))
    return new_page(form), 422


def begun(db: Session, wish: dict[str, Any]) -> RulebookVersion:
    by = signed_in().id
    if "based_on" in wish:
        return drafts.copy(
            db, wish["based_on"], version=wish["version"], valid_from=wish["valid_from"], by=by, now=now()
        )
    sent = request.files.get("file")
    text = wish["text"] or (sent.read().decode("utf-8", "replace") if sent else "")
    if not text.strip():
        raise BadInput(field="text", problem="empty")
    return drafts.read_in(db, text, by=by, now=now())


@bp.get("/<version_ref>")
@requires(*READS)
def show(version_ref: str) -> ResponseReturnValue:
    return page(version_ref, forms.blank())


def page(version_ref: str, form: forms.Form[Any]) -> str:
    with reading() as db:
        row = drafts.version_of(db, version_ref)
        document, steps = drafts.document_of(row), drafts.steps(db, row)
        return render_template(
            "rulemaking/show.html",
            row=row,
            form=form,
            title=said(document.get("name"), row.name),
            head=head(document),
            sheets=sheets(document, empty=True),
            faults=drafts.checked(row).faults if row.state in OPEN else (),
            steps=steps,
            names=named(db, {step.by for step in steps}),
            trials=trials.trials_of(db, row.id)[:5],
            writes=may_write() and row.state == VersionState.DRAFT,
            decides=may_decide(db, row.family),
            own=signed_in().id in review.makers(db, row),
            disclosed=signed_in().id in review.disclosed(db, row),
            coming=row.state == VersionState.APPROVED and row.valid_from > today(),
        )


@bp.post("/<version_ref>")
@requires(*WRITES)
def step(version_ref: str) -> ResponseReturnValue:
    """One step of a version. Who is kept from it is told why, and the try is kept."""
    form = forms.filled(StepForm())
    if form.ok:
        with form.catching(), transaction() as db:
            stop = taken(db, drafts.version_of(db, version_ref), form.wish)
            flash(*told(form.wish["step"], stop))
            return redirect(url_for("rulemaking.show", version_ref=version_ref))
    return page(version_ref, form), 422


def taken(db: Session, row: RulebookVersion, wish: dict[str, Any]) -> Stop | None:
    by, at, reason = signed_in().id, now(), wish["reason"]
    match wish["step"]:
        case "send":
            review.send(db, row, by=by, now=at, decision=wish["decision"])
        case "back":
            review.send_back(db, row, by=by, now=at, reason=reason)
        case "disclose":
            review.disclose(db, row, by=by, now=at, reason=reason)
        case decided:
            return decide(db, row, decided, reason)
    return None


def decide(db: Session, row: RulebookVersion, what: str, reason: str) -> Stop | None:
    """Approve, reject or withdraw, for those who decide for every premises of the family."""
    require_deciding(db, row.family)
    by, at, on = signed_in().id, now(), today()
    if what == "approve":
        return review.approve(db, row, by=by, now=at, today=on, reason=reason)
    if what == "reject":
        return review.reject(db, row, by=by, now=at, today=on, reason=reason)
    review.withdraw(db, row, by=by, now=at, today=on, reason=reason)
    return None


def told(what: str, stop: Stop | None) -> tuple[str, str]:
    """The sentence for the next page, and what kind it is."""
    if stop is not None:
        return STOPS[stop.why] % {"organisations": ", ".join(stop.organisations)}, "danger"
    sentences = {
        "send": _("The draft is in review. A second person decides about it."),
        "back": _("The draft can be changed again."),
        "approve": _("Approved. The version comes into force on its first day."),
        "reject": _("The version has been turned down."),
        "withdraw": _("The version has been withdrawn."),
        "disclose": _("Noted. You take no part in deciding about this version."),
    }
    return sentences[what], "success"


@bp.get("/<version_ref>/difference")
@requires(*READS)
def compare(version_ref: str) -> ResponseReturnValue:
    """What a draft says otherwise than the version it was copied from, or another one."""
    with reading() as db:
        row = drafts.version_of(db, version_ref)
        known = documents(db)
    others = sorted((name for name in known if known[name]["family"] == row.family), reverse=True) or sorted(known)
    before = request.args.get("before") or (row.based_on if row.based_on in known else others[0])
    if before not in known:
        raise NotFound(what="rulebook")
    document = drafts.document_of(row)
    return render_template(
        "rulemaking/difference.html",
        row=row,
        before=before,
        others=[(one, f"{said(known[one]['name'])} ({one})") for one in others],
        changes=differences(difference(dated(known[before]), dated(document)), known[before], document),
        names=(before, row.name),
    )


@bp.get("/<version_ref>/print")
@requires(*READS)
def printed(version_ref: str) -> ResponseReturnValue:
    with reading() as db:
        row = drafts.version_of(db, version_ref)
    document = drafts.document_of(row)
    draft = row.ref if row.state != VersionState.APPROVED else ""
    shown = sheets(document)
    return render_template("rules/print.html", **book_page(row.name, document), shown=shown, draft=draft)


@bp.get("/<version_ref>/file")
@requires(*READS)
def file(version_ref: str) -> ResponseReturnValue:
    with reading() as db:
        row = drafts.version_of(db, version_ref)
    return toml_file(row.name, drafts.document_of(row))
