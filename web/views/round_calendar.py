"""Granted slots on their way into the calendar: how far, and for each the dates that are in and those left out."""

from __future__ import annotations

from collections.abc import Iterable

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from booking.models import OCCUPYING, Booking, Occurrence
from booking.rounds import granted, into_calendar
from booking.rounds.plan_models import GrantState, SlotGrant
from web import forms
from web.auth import requires, signed_in
from web.clock import now
from web.db import reading, transaction
from web.round_access import READS, WRITES, may_run, run_round, seen_round

bp = Blueprint("round_calendar", __name__, url_prefix="/rounds")
PAGE = 50


@bp.get("/<round_ref>/calendar")
@requires(*READS)
def show(round_ref: str) -> ResponseReturnValue:
    with reading() as db:
        row = seen_round(db, round_ref)
        number = max(1, request.args.get("page", 1, type=int))
        rows = granted.of_round(db, row, (GrantState.DECIDED.value, GrantState.BOOKED.value))
        shown = sorted(rows, key=lambda one: not one.problem)[(number - 1) * PAGE : number * PAGE]
        return render_template(
            "round_calendar/show.html",
            round=row,
            filed=into_calendar.progress(db, row),
            begun=into_calendar.begun(db, row),
            rows=shown,
            dates=dates_of(db, shown),
            number=number,
            pages=max(1, -(-len(rows) // PAGE)),
            runs=may_run(row),
            undone=granted.being_undone(db, row),
            form=forms.blank(),
        )


def dates_of(db: Session, rows: Iterable[SlotGrant]) -> dict[int, tuple[str, int]]:
    """For each booking of these: its ref, and how many of its dates stand in the calendar."""
    ids = [row.booking_id for row in rows if row.booking_id is not None]
    standing = Occurrence.booking_id.in_(ids), Occurrence.state.in_(OCCUPYING)
    query = select(Booking.id, Booking.ref, func.count()).join(Occurrence, Occurrence.booking_id == Booking.id)
    return {id_: (ref, many) for id_, ref, many in db.execute(query.where(*standing).group_by(Booking.id, Booking.ref))}


@bp.post("/<round_ref>/calendar")
@requires(*WRITES)
def begin(round_ref: str) -> ResponseReturnValue:
    """Have what is decided put into the calendar by the background; what could not be is tried again."""
    with transaction() as db:
        row = run_round(db, round_ref)
        into_calendar.begin(db, row, by=signed_in().id, now=now())
    flash(_("The slots go into the calendar now, some at a time. Open this page again to see how far."), "success")
    return redirect(url_for("round_calendar.show", round_ref=round_ref))
