"""Undoing what was decided of a round, in stages: the reason, how far it is, and what the doors have confirmed."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import Session

from access.undone import Waiting, taken_back
from booking.people import named
from booking.rounds import undoing
from booking.rounds.decision_models import RoundUndo, UndoStage
from booking.rounds.models import Round
from booking.rounds.plan_models import SlotGrant
from web import forms
from web.auth import requires, signed_in
from web.clock import now
from web.db import reading, transaction
from web.grant_letters import undo_slice
from web.round_access import READS, WRITES, may_run, run_round, seen_round

bp = Blueprint("round_undo", __name__, url_prefix="/rounds")
STAGES = tuple(stage for stage in UndoStage if stage is not UndoStage.DONE)
ORDER = {stage.value: place for place, stage in enumerate(UndoStage)}


class UndoForm(forms.FormSchema):
    reason = forms.Lines(required=True, longest=1000)
    sure = forms.Tick()


@bp.get("/<round_ref>/undo")
@requires(*READS)
def show(round_ref: str) -> ResponseReturnValue:
    return page(round_ref, forms.blank())


def page(round_ref: str, form: forms.Form[Any]) -> str:
    with reading() as db:
        row = seen_round(db, round_ref)
        undo = undoing.undo_of(db, row)
        return render_template(
            "round_undo/show.html",
            round=row,
            undo=undo,
            place=ORDER[undo.stage] if undo else 0,
            stages=STAGES,
            doors=doors_of(db, row) if undo else [],
            left=undoing.left(db, row),
            can=row.state in undoing.FROM and (undo is None or undo.done_at is not None),
            names=named(db, {undo.by}) if undo else {},
            runs=may_run(row),
            form=form,
        )


def doors_of(db: Session, row: Round) -> list[Waiting]:
    mine = SlotGrant.round_id == row.id, SlotGrant.shut_at.is_not(None), SlotGrant.booking_id.is_not(None)
    ids = [one for one in db.scalars(select(SlotGrant.booking_id).where(*mine)) if one is not None]
    return taken_back(db, ids)


@bp.post("/<round_ref>/undo")
@requires(*WRITES)
def begin(round_ref: str) -> ResponseReturnValue:
    """Begin, with a reason."""
    with reading() as db:
        run_round(db, round_ref)
    form = forms.filled(UndoForm())
    if form.ok and not form.wish["sure"]:
        form.errors["sure"] = _("Say that you are sure: this cannot be taken back.")
    if form.ok:
        with form.catching(), transaction() as db:
            undo = undoing.begin(db, run_round(db, round_ref), reason=form.wish["reason"], by=signed_in().id, now=now())
            first(db, undo)
            flash(_("Undoing has begun: doors first."), "success")
            return redirect(url_for("round_undo.show", round_ref=round_ref))
    return page(round_ref, form), 422


def first(db: Session, undo: RoundUndo) -> None:
    """The first slice at once, with the beginning: doors are shut before anybody reads of it."""
    undo_slice(db, undo.id, now())


@bp.post("/<round_ref>/undo/go-on")
@requires(*WRITES)
def go_on(round_ref: str) -> ResponseReturnValue:
    """One more slice by hand; the background does the same by itself."""
    with transaction() as db:
        undo = undoing.undo_of(db, run_round(db, round_ref))
        if undo is not None:
            undo_slice(db, undo.id, now())
    return redirect(url_for("round_undo.show", round_ref=round_ref))
