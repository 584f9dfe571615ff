"""Proposals of a round for its officials: made, answered how, questions, and granting what was declined again."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy.orm import Session

from booking.core.span import local
from booking.refusals import NotFound
from booking.rounds import answering, granted, proposing
from booking.rounds.accepting import acceptance, answer_days, rule_of
from booking.rounds.models import Round
from booking.rounds.plan_models import GrantState
from web import forms, grant_letters
from web.auth import requires, signed_in
from web.clock import now, today
from web.db import reading, transaction
from web.round_access import READS, WRITES, may_run, run_round, seen_round

bp = Blueprint("proposals", __name__, url_prefix="/rounds")
PAGE = 50
AFTERNOON = 16 * 60


class ProposeForm(forms.FormSchema):
    answer_by = forms.Day(required=True)
    answer_clock = forms.MinuteOfDay(load_default=AFTERNOON)


class SecondForm(forms.FormSchema):
    name = forms.Text(required=True, longest=100)


class ReplyForm(forms.FormSchema):
    grant = forms.Text(required=True)
    reply = forms.Lines(required=True, longest=1000)


@bp.get("/<round_ref>/proposals")
@requires(*READS)
def show(round_ref: str) -> ResponseReturnValue:
    return page(round_ref, forms.blank())


def page(round_ref: str, form: forms.Form[Any]) -> str:
    with reading() as db:
        row = seen_round(db, round_ref)
        state, seek = request.args.get("state", ""), request.args.get("seek", "")
        number = max(1, request.args.get("page", 1, type=int))
        rows, many = granted.page_of(db, row, state=state, seek=seek, first=(number - 1) * PAGE, most=PAGE)
        return render_template(
            "proposals/show.html",
            round=row,
            rows=rows,
            many=many,
            number=number,
            pages=max(1, -(-many // PAGE)),
            state=state,
            seek=seek,
            states=[one.value for one in GrantState],
            counts=granted.counts(db, row),
            questions=granted.of_round(db, row, (GrantState.ASKED.value,)),
            chosen=granted.chosen(db, row),
            given_up=len(proposing.given_up(db, row)),
            accept=acceptance(db, row).value,
            rule=rule_of(db, row),
            runs=may_run(row),
            form=form if form.typed else suggested(db, row),
        )


def suggested(db: Session, row: Round) -> forms.Form[Any]:
    """The deadline of the round while it lies ahead, else the days of the rules from now."""
    zone = ZoneInfo(row.zone)
    if row.answer_by_at is not None and row.answer_by_at > now():
        day = row.answer_by_at.astimezone(zone).date()
    else:
        day = today() + timedelta(days=answer_days(db, row))
    return forms.blank(answer_by=day.isoformat(), answer_clock="16:00", name=_("Declined times given anew"))


@bp.post("/<round_ref>/proposals")
@requires(*WRITES)
def propose(round_ref: str) -> ResponseReturnValue:
    """Propose the slots of the chosen scenario; letters go to the applicants."""
    with reading() as db:
        run_round(db, round_ref)
    form = forms.filled(ProposeForm())
    if form.ok:
        with form.catching(), transaction() as db:
            row = run_round(db, round_ref)
            by_at = local(form.wish["answer_by"], form.wish["answer_clock"], ZoneInfo(row.zone))
            found = proposing.propose(db, row, answer_by_at=by_at, by=signed_in().id, now=now())
            grant_letters.proposed(db, row, found.new, now())
            flash(ngettext("%(num)s slot was proposed.", "%(num)s slots were proposed.", len(found.new)), "success")
            return redirect(url_for("proposals.show", round_ref=round_ref))
    return page(round_ref, form), 422


@bp.post("/<round_ref>/proposals/second")
@requires(*WRITES)
def second(round_ref: str) -> ResponseReturnValue:
    """Have what was declined granted again, by a second run with everything that stands pinned."""
    with reading() as db:
        run_round(db, round_ref)
    form = forms.filled(SecondForm())
    if form.ok:
        with form.catching(), transaction() as db:
            row = run_round(db, round_ref)
            proposing.second(db, row, name=form.wish["name"], by=signed_in().id, now=now())
            flash(
                _("The second run waits for its turn. Look at it among the scenarios, choose it, and propose."),
                "success",
            )
            return redirect(url_for("proposals.show", round_ref=round_ref))
    return page(round_ref, form), 422


@bp.post("/<round_ref>/proposals/reply")
@requires(*WRITES)
def reply(round_ref: str) -> ResponseReturnValue:
    """Answer a question that an applicant asked."""
    with reading() as db:
        run_round(db, round_ref)
    form = forms.filled(ReplyForm())
    if form.ok:
        with form.catching(), transaction() as db:
            row, grant = run_round(db, round_ref), granted.grant_of(db, form.wish["grant"])
            if grant.round_id != row.id:
                raise NotFound(what="grant")
            answering.reply(db, grant, form.wish["reply"], by=signed_in().id, now=now())
            grant_letters.replied(db, grant, now())
            flash(_("Answered. The slot waits for its answer again."), "success")
            return redirect(url_for("proposals.show", round_ref=round_ref))
    return page(round_ref, form), 422
