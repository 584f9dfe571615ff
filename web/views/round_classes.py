"""The priority class of every group of a round: what the rules say, and what officials decide."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from booking.refusals import BadInput
from booking.rounds import judging, looking
from booking.rounds.models import Round, Section
from booking.rounds.policy import rulebook_of
from web import forms
from web.auth import requires, signed_in
from web.clock import now
from web.db import reading, transaction
from web.round_access import READS, WRITES, may_run, run_round, seen_round
from web.scenario_forms import ClassForm

bp = Blueprint("round_classes", __name__, url_prefix="/rounds")


@bp.get("/<round_ref>/classes")
@requires(*READS)
def listed(round_ref: str) -> ResponseReturnValue:
    """Every group with its class, those without one first; ?q= finds names."""
    number, seek = request.args.get("page", "1"), request.args.get("q", "")
    with reading() as db:
        row = seen_round(db, round_ref)
        page = looking.classed(db, row, seek=seek, number=int(number) if number.isdigit() else 1)
        return render_template(
            "scenarios/classes.html",
            row=row,
            page=page,
            counts=looking.class_counts(db, row),
            names={name: one.name for name, one in rulebook_of(db, row).priority.classes.items()},
            form=forms.blank(q=seek),
            may=may_run(row),
        )


@bp.post("/<round_ref>/classes")
@requires(*WRITES)
def judge(round_ref: str) -> ResponseReturnValue:
    """Ask the rules about every group."""
    with transaction() as db:
        left = judging.judge_round(db, run_round(db, round_ref), by=signed_in().id, now=now())
    flash(_("The rules were asked. %(left)s groups wait for you.", left=left), "success")
    return redirect(url_for("round_classes.listed", round_ref=round_ref))


@bp.get("/<round_ref>/classes/<section_ref>")
@requires(*READS)
def show(round_ref: str, section_ref: str) -> ResponseReturnValue:
    return page_of(round_ref, section_ref, forms.blank())


def page_of(round_ref: str, section_ref: str, form: forms.Form[Any]) -> str:
    with reading() as db:
        row = seen_round(db, round_ref)
        section = judging.section_of(db, row, section_ref)
        book = rulebook_of(db, row)
        form.typed.setdefault("class_id", section.priority_class or "")
        return render_template(
            "scenarios/class.html",
            row=row,
            section=section,
            names={name: one.name for name, one in book.priority.classes.items()},
            classes=judging.classes_of(db, row, []),
            rulebook=book.id,
            form=form,
            may=may_run(row),
        )


@bp.post("/<round_ref>/classes/<section_ref>")
@requires(*WRITES)
def decide(round_ref: str, section_ref: str) -> ResponseReturnValue:
    """An official's own class for a group, or leaving it out."""
    form = forms.filled(ClassForm())
    if form.ok:
        with form.catching(), transaction() as db:
            row = run_round(db, round_ref)
            decided(db, row, judging.section_of(db, row, section_ref), form.wish)
            return redirect(url_for("round_classes.listed", round_ref=round_ref))
    return page_of(round_ref, section_ref, form), 422


def decided(db: Session, row: Round, section: Section, wish: dict[str, Any]) -> None:
    """Raises BadInput where neither a class was chosen nor the group left out."""
    by, at = signed_in().id, now()
    if request.form.get("act") == "leave_out":
        judging.leave_out(db, row, section, wish["reason"], by=by, now=at)
    elif wish["class_id"]:
        judging.give_class(db, row, section, wish["class_id"], wish["reason"], by=by, now=at)
    else:
        raise BadInput(field="class_id", problem="missing")
