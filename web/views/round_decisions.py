"""The decision on a round: prepared by one person, approved or returned by another; its letters, before and after."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from booking.people import named
from booking.practice import practice
from booking.refusals import NotFound
from booking.rounds import approving, granted, letters
from booking.rounds.decision_models import DecisionState, RoundDecision
from booking.rounds.letters import Said
from booking.rounds.listing import applications_of
from booking.rounds.models import Application, Round
from booking.rulemaking.review import Stop
from web import forms, grant_letters, round_papers
from web.auth import requires, signed_in
from web.clock import now, today
from web.db import reading, transaction
from web.round_access import READS, WRITES, may_run, run_round, seen_round
from web.words_of_grants import stop_said

bp = Blueprint("round_decisions", __name__, url_prefix="/rounds")
PAGE = 50


class DecisionForm(forms.FormSchema):
    step = forms.Choice(("prepare", "approve", "return", "disclose"), required=True)
    decision = forms.Text(load_default="", longest=300)
    conditions = forms.Lines(load_default="", longest=3000)
    reason = forms.Lines(load_default="", longest=1000)


@bp.get("/<round_ref>/decision")
@requires(*READS)
def show(round_ref: str) -> ResponseReturnValue:
    return page(round_ref, forms.blank())


def page(round_ref: str, form: forms.Form[Any]) -> str:
    with reading() as db:
        row = seen_round(db, round_ref)
        return render_template("round_decisions/show.html", **values_of(db, row), form=form, runs=may_run(row))


def values_of(db: Session, row: Round) -> dict[str, Any]:
    steps, found = granted.steps(db, row), approving.decisions(db, row)
    asked = next((one for one in reversed(found) if one.state == DecisionState.IN_REVIEW), None)
    people = {step.by for step in steps if step.by is not None} | {one.prepared_by for one in found}
    written = letters.of_round(db, row)
    number = max(1, request.args.get("page", 1, type=int))
    applied = applications_of(db, row)
    return {
        "round": row,
        "counts": granted.counts(db, row),
        "asked": asked,
        "decisions": found,
        "steps": steps,
        "names": named(db, people),
        "own": asked is not None and asked.prepared_by == signed_in().id,
        "tied": approving.with_interest(db, row, signed_in().id, today()),
        "letters": {one.application_id: one for one in written if one.decision.state == DecisionState.APPROVED},
        "waiting": sum(one.sent_at is None for one in written if one.decision.state == DecisionState.APPROVED),
        "applications": applied[(number - 1) * PAGE : number * PAGE],
        "number": number,
        "pages": max(1, -(-len(applied) // PAGE)),
    }


@bp.post("/<round_ref>/decision")
@requires(*WRITES)
def act(round_ref: str) -> ResponseReturnValue:
    """One step of the decision. Who is kept from it is told why, and the try is kept."""
    with reading() as db:
        run_round(db, round_ref)
    form = forms.filled(DecisionForm())
    if form.ok:
        with form.catching(), transaction() as db:
            stop = taken(db, run_round(db, round_ref), form.wish)
            flash(*told(form.wish["step"], stop))
            return redirect(url_for("round_decisions.show", round_ref=round_ref))
    return page(round_ref, form), 422


def taken(db: Session, row: Round, wish: dict[str, Any]) -> Stop | None:
    by, at = signed_in().id, now()
    if wish["step"] == "prepare":
        words = {"decision": wish["decision"], "conditions": wish["conditions"]}
        made = approving.prepare(db, row, **words, by=by, now=at, today=today())
        return made if isinstance(made, Stop) else None
    asked = asked_of(db, row)
    if wish["step"] == "approve":
        return approved(db, asked, wish["reason"])
    act_on = {"return": approving.send_back, "disclose": approving.disclose}[wish["step"]]
    act_on(db, asked, reason=wish["reason"], by=by, now=at)
    return None


def asked_of(db: Session, row: Round) -> RoundDecision:
    """The decision that waits for approval. Raises NotFound."""
    found = approving.decision_of(db, row)
    if found is None:
        raise NotFound(what="decision")
    return found


def approved(db: Session, row: RoundDecision, reason: str) -> Stop | None:
    """Approve, and write the first letters at once; the background writes the rest."""
    stop = approving.approve(db, row, by=signed_in().id, now=now(), today=today(), reason=reason)
    if stop is None:
        grant_letters.write_waiting(db, now(), most=practice("grants_each_turn"))
    return stop


def told(step: str, stop: Stop | None) -> tuple[str, str]:
    if stop is not None:
        return stop_said(stop.why, stop.organisations), "warning"
    return {
        "prepare": _("Another person is asked to approve."),
        "approve": _("Approved. Letters go to every applicant."),
        "return": _("Returned to who prepared it."),
        "disclose": _("Noted. Somebody else decides."),
    }[step], "success"


@bp.get("/<round_ref>/decision/<application_ref>.pdf")
@requires(*READS)
def preview(round_ref: str, application_ref: str) -> ResponseReturnValue:
    """The letter as it would be if the decision were made now, in the language of the page."""
    with reading() as db:
        row = seen_round(db, round_ref)
        query = select(Application).where(Application.ref == application_ref, Application.round_id == row.id)
        loaded = joinedload(Application.organisation), joinedload(Application.round)
        application = db.scalar(query.options(*loaded))
        if application is None:
            raise NotFound(what="application")
        asked = approving.decision_of(db, row)
        said = Said(asked.decision, asked.conditions) if asked else Said(_("not decided yet"), "")
        facts = letters.facts_of(db, application, said, now=now())
        content = round_papers.letter_pdf(facts, at=now())
    return pdf_answer(content, f"luonnos-{application_ref}.pdf")


def pdf_answer(content: bytes, name: str) -> Response:
    return Response(content, mimetype="application/pdf", headers={"Content-Disposition": f'inline; filename="{name}"'})
