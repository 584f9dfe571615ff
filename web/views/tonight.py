"""Tonight: what will fail first, each session with its doors, each door's health, and alarms to be acknowledged."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from access import alarms, risks
from access import board as boards
from access.board import BoardRow
from booking import people
from booking.core.opening import day_span
from booking.ids import PremisesId
from booking.refusals import NotFound
from web import words_of_doors
from web.auth import requires
from web.clock import HELSINKI, now, today
from web.db import reading, transaction
from web.views.account import safe_next
from web.ways_in import way_of
from web.workplaces import ON_SITE, chosen, ids, workplaces

bp = Blueprint("tonight", __name__)
bp.record_once(lambda state: words_of_doors.start(state.app.jinja_env))


@dataclass(frozen=True, slots=True)
class Evening:
    """The day asked for; today goes on until morning."""

    day: date

    @property
    def is_today(self) -> bool:
        return self.day == today()

    def later(self, days: int) -> date:
        return self.day + timedelta(days=days)


def evening(text: str) -> Evening:
    """The day in the address; anything else is today."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return Evening(today())
    return Evening(day if 2000 < day.year < 2100 else today())


@bp.get("/tonight")
@requires(*ON_SITE)
def board() -> ResponseReturnValue:
    """Names are on it, so opening it is noted; that the open page looks again by itself is not."""
    asked = evening(request.args.get("d", ""))
    with reading() as db:
        places = workplaces(db, *ON_SITE)
        shown = chosen(places, request.args.get("p", ""))
        rows = sessions_of(db, ids(shown), asked)
        page = render_template(
            "tonight/board.html",
            asked=asked,
            at=now(),
            places=places,
            chosen=request.args.get("p", ""),
            still="still" in request.args,
            names={place.id: place for place in shown},
            rows=rows,
            risks={row.occurrence.id: risks.risks(db, row) for row in rows if row.at_risk},
            by_hand=boards.by_hand(rows),
            doors=boards.door_health(db, ids(shown)),
            way_of=way_of,
        )
        holders = [row.occurrence.booking.holder_id for row in rows]
    if "HX-Request" not in request.headers:
        with transaction() as db:
            people.note_listed(db, holders, by=g.person.id, now=now(), where="tonight")
    return page


def sessions_of(db: Session, premises: list[PremisesId], asked: Evening) -> list[BoardRow]:
    if asked.is_today:
        return boards.tonight(db, premises, now())
    return boards.sessions_in(db, premises, day_span(asked.day, HELSINKI), now())


@bp.post("/tonight/alarms/<alarm_ref>/end")
@requires(*ON_SITE)
def end_alarm(alarm_ref: str) -> ResponseReturnValue:
    with transaction() as db:
        here = boards.alarms(db, ids(workplaces(db, *ON_SITE)))
        if alarm_ref not in {alarm.ref for alarm in here}:
            raise NotFound(what="alarm")
        alarms.end(db, alarm_ref, by=g.person.id, now=now())
    flash(_("The alarm is marked as seen."), "success")
    return redirect(safe_next(request.form.get("next") or url_for("tonight.board")))
