"""The annual clock: every window and deadline of the year, as a list by month, a ring, and a calendar file."""

from __future__ import annotations

import hashlib
from datetime import date, timedelta
from typing import Any

from flask import Blueprint, Response, current_app, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from booking.calendar_file import DayEntry, day_calendar_file
from booking.rounds import annual_clock
from booking.rounds.annual_clock import ClockDay
from web import clock_ring, forms, i18n
from web.auth import PUBLIC, requires
from web.clock import HELSINKI, now, today
from web.db import reading
from web.limits import limiter
from web.words_of_rounds import CLOCK_GROUPS, clock_group, clock_said

bp = Blueprint("annual_clock", __name__)
LOOKS_BACK, LOOKS_AHEAD = timedelta(days=400), timedelta(days=800)  # what the calendar file tells of


class YearForm(forms.FormSchema):
    year = forms.WholeUpTo(least=2000, most=2100, load_default=None)
    kind = forms.Choice(tuple(CLOCK_GROUPS), load_default="")


@bp.get("/annual-clock")
@requires(PUBLIC)
def show() -> ResponseReturnValue:
    form = forms.filled(YearForm(), request.args)
    wish: dict[str, Any] = form.wish if form.ok else {"year": None, "kind": ""}
    year = wish["year"] or today().year
    with reading() as db:
        days = chosen(annual_clock.clock(db, (date(year, 1, 1), date(year, 12, 31))), wish["kind"])
        return render_template(
            "annual_clock/show.html",
            year=year,
            kind=wish["kind"],
            groups=CLOCK_GROUPS,
            months=[(date(year, n, 1), found) for n, found in enumerate(annual_clock.by_month(days, year), 1)],
            arcs=clock_ring.arcs(days, year),
            today=today(),
        ), 200 if form.ok else 422


def chosen(days: list[ClockDay], kind: str) -> list[ClockDay]:
    return [one for one in days if not kind or clock_group(one) == kind]


@bp.get("/annual-clock.ics")
@requires(PUBLIC)
@limiter.limit("120 per minute")
def file() -> ResponseReturnValue:
    """The whole clock as all-day events, in the language of ?lang= or of the page."""
    around = today() - LOOKS_BACK, today() + LOOKS_AHEAD
    with reading() as db:
        entries = [entry(one) for one in annual_clock.clock(db, around)]
    body = day_calendar_file(entries, name=_("Annual clock"), zone=HELSINKI, now=day_start())
    answer = Response(body, content_type="text/calendar; charset=utf-8")
    answer.headers["Cache-Control"] = "public, no-cache"
    answer.set_etag(hashlib.sha256(body).hexdigest()[:32])
    return answer.make_conditional(request)


def day_start() -> Any:
    """The stamp of the file: it stays the same all day, so that a file that says the same is the same."""
    return now().replace(hour=0, minute=0, second=0, microsecond=0)


def entry(one: ClockDay) -> DayEntry:
    base: str = current_app.config["SETTINGS"].base_url
    if one.round is not None:
        url = base + url_for("rounds.show", round_ref=one.round.ref)
    elif one.citation is not None:
        url = base + url_for("rules.row", rulebook=one.rulebook, row=one.citation.row)
    else:
        url = base + url_for("annual_clock.show")
    return DayEntry(
        ref=one.key,
        first_on=one.first_on,
        last_on=one.last_on,
        summary=clock_said(one),
        sequence=one.sequence,
        description=i18n.moment(one.to_at) if one.to_at else "",
        url=url,
        cancelled=one.cancelled,
    )
