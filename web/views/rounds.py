"""Rounds of seasons: the public list and the page of one, from which all that is done with it goes."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, g, render_template
from flask.sansio.blueprints import BlueprintSetupState
from flask.typing import ResponseReturnValue

from booking.people import named
from booking.rounds import hours, listing, policy, publishing, staff
from booking.rounds.models import Round
from web import round_links
from web.auth import PUBLIC, held, requires
from web.clock import now
from web.db import reading
from web.round_words import criteria_of, week_said

bp = Blueprint("rounds", __name__, url_prefix="/rounds")


@bp.record
def name_for_templates(state: BlueprintSetupState) -> None:
    state.app.jinja_env.filters["week_said"] = week_said


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
        sees, runs = staff.sees_round(g.grants, row), staff.runs_round(g.grants, row)
        return render_template(
            "rounds/show.html",
            row=row,
            phase=listing.phase(row, now()),
            weeks=weeks_of(row),
            links=round_links.shown(row),
            sent=listing.sent_count(db, row) if sees else None,
            copies=runs,
            notices=publishing.notices(db, row),
        )


def weeks_of(row: Round) -> list[Any]:
    """Each space of a round with its hours by part of the season."""
    found = hours.weeks(row)
    return [
        (space, [(part, hours.by_weekday(week)) for part, week in found[space.id].items()])
        for space in listing.spaces_of(row)
    ]


@bp.get("/<round_ref>/criteria")
@requires(PUBLIC)
def criteria(round_ref: str) -> ResponseReturnValue:
    """Who comes first and why, in plain words, row by row of the rules."""
    with reading() as db:
        row = listing.seen_round(db, round_ref, g.grants)
        book, notices = policy.rulebook_of(db, row), publishing.notices(db, row)
        drawn = next((one for one in notices if one.kind == "drawn"), None)
        return render_template(
            "rounds/criteria.html",
            row=row,
            book=book,
            told=criteria_of(row, book, listing.spaces_of(row)),
            drawn=drawn,
            drawn_by=named(db, {drawn.by}).get(drawn.by, "") if drawn else "",
        )
