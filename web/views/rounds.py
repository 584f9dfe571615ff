"""Rounds of seasons: the public list and the page of one, from which all that is done with it goes."""

from __future__ import annotations

from flask import Blueprint, g, render_template
from flask.typing import ResponseReturnValue

from booking.roles import Role
from booking.rounds import listing, staff
from web import round_links
from web.auth import PUBLIC, held, requires
from web.clock import now
from web.db import reading

bp = Blueprint("rounds", __name__, url_prefix="/rounds")


@bp.get("")
@requires(PUBLIC)
def listed() -> ResponseReturnValue:
    """Every round, open ones first."""
    with reading() as db:
        rows = [(row, listing.phase(row, now())) for row in listing.rounds(db, g.grants)]
        rows.sort(key=lambda pair: pair[1] != listing.Phase.OPEN)
        return render_template("rounds/list.html", rows=rows, begins=not held().isdisjoint(staff.RUNS))


@bp.get("/<round_ref>")
@requires(PUBLIC)
def show(round_ref: str) -> ResponseReturnValue:
    """What the round is about, in words for applicants, and where to go from here."""
    with reading() as db:
        row = listing.seen_round(db, round_ref, g.grants)
        sees = staff.sees_round(g.grants, row)
        return render_template(
            "rounds/show.html",
            row=row,
            phase=listing.phase(row, now()),
            spaces=listing.spaces_of(row),
            links=round_links.shown(row),
            sent=listing.sent_count(db, row) if sees else None,
            role=Role,
        )
