"""The auditor's pages: who opened what, the whole log, its verification, and parts of it to take along."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

from flask import Blueprint, Response, current_app, g, render_template, request, send_file
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from access import (
    audit_check,
    audit_export,
    audit_search,
    audit_verifier,
    board,
    checkpoints,
    passages,
    replay,
    witnesses,
)
from access.audit_export import ExportWish
from access.audit_search import LogWish
from access.passages import PASSING, PassageWish
from booking import people, premises
from booking.acts import Act, ActKind, tell
from booking.core.opening import day_span
from booking.core.span import Span
from booking.ids import PersonId, PremisesId
from booking.models import Premises
from booking.refusals import BadInput, NotFound, NotNow
from booking.roles import Role
from devices.events import EventKind
from web import forms, words_of_acts
from web.auth import requires
from web.clock import HELSINKI, now, today
from web.db import reading, transaction
from web.passage_files import as_csv

bp = Blueprint("audit", __name__)
bp.record_once(lambda state: state.app.jinja_env.filters.update(act_name=words_of_acts.act_name))
USUALLY = timedelta(days=6)
LONGEST = timedelta(days=3660)
LARGEST = 2**63 - 1  # what a row's number can be


class DaysForm(forms.FormSchema):
    """Days both inclusive; premises and door by their refs."""

    since = forms.Day(load_default=None)
    until = forms.Day(load_default=None)
    p = forms.Text(load_default="")
    page = forms.Whole(load_default=1)


class PassagesForm(DaysForm):
    door = forms.Text(load_default="")
    who = forms.Text(load_default="")
    kind = forms.Choice(["passing", *EventKind], load_default="passing")


class LogForm(DaysForm):
    door = forms.Text(load_default="")
    who = forms.Text(load_default="")
    organisation = forms.Text(load_default="")
    kind = forms.Choice(list(ActKind), load_default="")


class ExportForm(forms.FormSchema):
    since = forms.Day(required=True)
    until = forms.Day(required=True)
    p = forms.Text(load_default="")
    held = forms.Lines(load_default=None, longest=4000)
    email = forms.Email(load_default="")


@bp.get("/audit")
@requires(Role.AUDITOR)
def search() -> ResponseReturnValue:
    """Looking is an act itself, so this is a writing transaction."""
    form, wish = asked_passages()
    with transaction() as db:
        found = passages.passages(db, wish, by=g.person.id, now=now())
        doors = [health.door for health in board.door_health(db, None)]
        kinds = [kind.value for kind in EventKind]
        page = _page(db, "audit/search.html", form, wish.span, found=found, doors=doors, kinds=kinds)
    return page, 422 if form.errors else 200


@bp.get("/audit/passages.csv")
@requires(Role.AUDITOR)
def passages_csv() -> ResponseReturnValue:
    _form, wish = asked_passages()
    with transaction() as db:
        body = as_csv(passages.taken_along(db, wish, by=g.person.id, now=now()))
    named = {"Content-Disposition": f"attachment; filename=passages-{today().isoformat()}.csv"}
    return Response(body, mimetype="text/csv", headers=named)


@bp.get("/audit/events/<event_ref>")
@requires(Role.AUDITOR)
def event(event_ref: str) -> ResponseReturnValue:
    with transaction() as db:
        one = passages.passage(db, event_ref, by=g.person.id, now=now())
        entries = audit_search.mentioning(db, event_ref)
        found = replay.replay(db, one.event)
        return render_template("audit/event.html", one=one, entries=entries, found=found, names=_places(db))


@bp.get("/audit/log")
@requires(Role.AUDITOR)
def log() -> ResponseReturnValue:
    form, wish = asked_log()
    with transaction() as db:
        found = audit_search.search(db, wish, by=g.person.id, now=now())
        doors = [health.door for health in board.door_health(db, None)]
        page = _page(db, "audit/log.html", form, wish.span, found=found, doors=doors, kinds=words_of_acts.choices())
    return page, 422 if form.errors else 200


@bp.get("/audit/log/<int:seq>")
@requires(Role.AUDITOR)
def entry(seq: int) -> ResponseReturnValue:
    if seq > LARGEST:
        raise NotFound(what="entry")
    with transaction() as db:
        found, hashes = audit_search.entry(db, seq, by=g.person.id, now=now())
        return render_template("audit/entry.html", entry=found, hashes=hashes, names=_places(db))


@bp.get("/audit/verify")
@requires(Role.AUDITOR)
def verify() -> ResponseReturnValue:
    return _proof_page(forms.blank(since=today(), until=today()), None)


@bp.post("/audit/verify")
@requires(Role.AUDITOR)
def verify_now() -> ResponseReturnValue:
    """Walks through the whole log. That somebody did is an act."""
    with transaction() as db:
        verdict = audit_check.verify(db, keys=[bytes.fromhex(checkpoints.public_hex(_key()))])
        body = {"verified": verdict.entries, "findings": len(verdict.findings)}
        tell(db, Act(ActKind.LOG_VIEWED, now(), g.person.id, "audit", body))
    return _proof_page(forms.blank(since=today(), until=today()), verdict)


@bp.get("/audit/export")
@requires(Role.AUDITOR)
def export_form() -> ResponseReturnValue:
    return verify()


@bp.post("/audit/export")
@requires(Role.AUDITOR)
def export() -> ResponseReturnValue:
    """The file is handed out only after the commit, so nothing leaves the house without its entry."""
    form = forms.filled(ExportForm())
    made = None
    with form.catching(), transaction() as db:
        if form.ok:
            made = _exported(db, export_wish(db, form.wish))
    if made is None:
        return _proof_page(form, None), 422
    name = f"vuoro-audit-{form.wish['since'].isoformat()}-{form.wish['until'].isoformat()}.zip"
    return send_file(BytesIO(made.zipped), "application/zip", as_attachment=True, download_name=name)


def _exported(db: Session, wish: ExportWish) -> audit_export.Export:
    """Raises NotNow for a log that does not hold together: nothing of it is signed."""
    try:
        return audit_export.export(db, wish, by=g.person.id, now=now(), key=_key())
    except checkpoints.ChainBroken as broken:
        raise NotNow(reason="log_broken", entry=broken.seq) from broken


@bp.get("/audit/verify.py")
@requires(Role.AUDITOR)
def verifier() -> ResponseReturnValue:
    source = Path(audit_verifier.__file__).read_bytes()
    return send_file(BytesIO(source), "text/x-python", as_attachment=True, download_name="verify.py")


def week() -> Span:
    """The last seven days, today with them."""
    return days(today() - USUALLY, today())


def days(first: date, last: date) -> Span:
    """Whole days of the town. Raises BadInput for days in the wrong order, or too many."""
    if last < first:
        raise BadInput(field="until", problem="order")
    if last - first > LONGEST:
        raise BadInput(field="until", problem="too_far")
    return Span(day_span(first, HELSINKI).starts_at, day_span(last, HELSINKI).ends_at)


def _span(asked: dict[str, Any]) -> Span:
    until = asked["until"] or max(today(), asked["since"] or today())
    return days(asked["since"] or until - USUALLY, until)


def _premises(db: Session, ref: str) -> PremisesId | None:
    return premises.premises_of(db, ref).id if ref else None


def asked_passages() -> tuple[forms.Form[Any], PassageWish]:
    """What the address asks for; the last week when that cannot be understood, and the form says why."""
    form, wish = forms.filled(PassagesForm(), request.args), PassageWish(span=week())
    with form.catching(), reading() as db:
        if form.ok:
            asked = form.wish
            kinds = tuple(kind.value for kind in PASSING) if asked["kind"] == "passing" else (asked["kind"],)
            wish = PassageWish(_span(asked), _premises(db, asked["p"]), asked["door"], asked["who"], kinds)
            wish = replace(wish, page=max(1, asked["page"]))
    return form, wish


def asked_log() -> tuple[forms.Form[Any], LogWish]:
    """As `asked_passages`, of the log."""
    form, wish = forms.filled(LogForm(), request.args), LogWish(span=week())
    with form.catching(), reading() as db:
        if form.ok:
            asked = form.wish
            kinds = (ActKind(asked["kind"]),) if asked["kind"] else ()
            wish = LogWish(_span(asked), kinds, asked["door"], asked["who"], asked["organisation"])
            wish = replace(wish, premises=_premises(db, asked["p"]), page=max(1, asked["page"]))
    return form, wish


def export_wish(db: Session, asked: dict[str, Any]) -> ExportWish:
    held = asked["held"].replace("\r\n", "\n") if asked["held"] else None
    span, place = days(asked["since"], asked["until"]), _premises(db, asked["p"])
    return ExportWish(span, place, held, concerned(db, asked["email"]))


def concerned(db: Session, email: str) -> PersonId | None:
    """Whom an address belongs to; None when none was given. Raises BadInput for an unknown one."""
    if not email:
        return None
    if (person := people.by_email(db, email)) is None:
        raise BadInput(field="email", problem="unknown_person")
    return person.id


def _key() -> Any:
    return checkpoints.signing_key(current_app.config["SETTINGS"].master_key)


def _places(db: Session) -> dict[PremisesId, Premises]:
    return {place.id: place for place in premises.all_premises(db)}


def _shown(span: Span | None) -> tuple[date, date]:
    """First and last day of a span of whole days, as the form shows them."""
    assert span is not None, "the pages always look at a span"
    last = span.ends_at.astimezone(HELSINKI) - timedelta(seconds=1)
    return span.starts_at.astimezone(HELSINKI).date(), last.date()


def _page(db: Session, template: str, form: forms.Form[Any], span: Span | None, **values: Any) -> str:
    first, last = _shown(span)
    form.typed = {"since": first.isoformat(), "until": last.isoformat()} | form.typed
    return render_template(template, form=form, names=_places(db), first=first, last=last, **values)


def _proof_page(form: forms.Form[Any], verdict: audit_check.Verdict | None) -> str:
    with reading() as db:
        return render_template(
            "audit/verify.html",
            form=form,
            verdict=verdict,
            latest=checkpoints.latest(db),
            witnessed=witnesses.latest(db),
            public=checkpoints.public_hex(_key()),
            names=_places(db),
        )
