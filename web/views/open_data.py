"""Use as open data: a public page and its files, without personal data."""

from __future__ import annotations

from dataclasses import asdict
from decimal import Decimal

from flask import Blueprint, abort, render_template, request
from flask.typing import ResponseReturnValue

from booking.practice import practice
from booking.reports.open_data import Line, lines
from booking.reports.uses import Wanted, uses
from booking.sheets import Cell
from web.auth import PUBLIC, requires
from web.clock import now, today
from web.db import reading
from web.limits import limiter
from web.support_tables import euros, year_span
from web.views.reports import table_file

bp = Blueprint("open_data", __name__, url_prefix="/open-data")
HEADS = ("month", "premises", "district", "users", "times", "hours", "normal_eur", "charged_eur", "support_eur")
SHOWN = 5  # years offered


def years() -> list[int]:
    return [today().year - back for back in range(SHOWN)]


def chosen() -> int:
    """The year asked for; what is none of those offered is this one."""
    asked = request.args.get("year", "")
    return int(asked) if asked in map(str, years()) else today().year


def of_year(year: int) -> list[Line]:
    with reading() as db:
        return lines(uses(db, Wanted(year_span(year)), now()))


@bp.get("")
@requires(PUBLIC)
@limiter.limit("60 per minute")
def show() -> ResponseReturnValue:
    year, least = chosen(), practice("open_data_least_users")
    return render_template("open_data/show.html", chosen=year, years=years(), lines=of_year(year), least=least)


@bp.get("/use.<kind>")
@requires(PUBLIC)
@limiter.limit("60 per minute")
def file(kind: str) -> ResponseReturnValue:
    """CSV with plain English heads, or the same as JSON in whole cents and minutes."""
    if kind == "json":
        return {"licence": "CC0-1.0", "year": chosen(), "use": [asdict(line) for line in of_year(chosen())]}
    if kind != "csv":
        abort(404)
    return table_file("csv", f"vuoro-use-{chosen()}", list(HEADS), [cells(line) for line in of_year(chosen())])


def cells(line: Line) -> list[Cell]:
    hours = (Decimal(line.minutes) / 60).quantize(Decimal("0.01"))
    money = [euros(line.normal_cents), euros(line.charged_cents), euros(line.support_cents)]
    return [line.month, line.premises, line.district, line.users, line.times, hours, *money]
