"""Trying a door from the ladder, on the phone; and the label to hang on it."""

from __future__ import annotations

from datetime import UTC, datetime

from flask import Blueprint, current_app, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from access import door_test
from access.door_test import Look
from web import words_of_fitting
from web.auth import requires
from web.clock import now
from web.db import reading, transaction
from web.qr import qr_svg
from web.views.doors import door_of
from web.workplaces import ON_SITE

bp = Blueprint("door_tests", __name__)
bp.record_once(lambda state: words_of_fitting.start(state.app.jinja_env))


@bp.get("/doors/<door_ref>/test")
@requires(*ON_SITE)
def show(door_ref: str) -> ResponseReturnValue:
    """Each part as it is; looked at again by itself while one waits."""
    since = request.args.get("since", type=int)
    began = datetime.fromtimestamp(since, UTC) if since and 0 < since < 1 << 33 else None
    with reading() as db:
        door, place = door_of(db, door_ref)
        tried = door_test.tried(db, door, began, now())
        going = any(each.look is Look.WAITING for each in tried) or began is None
        return render_template("door_tests/show.html", door=door, place=place, tried=tried, going=going)


@bp.post("/doors/<door_ref>/test")
@requires(*ON_SITE)
def begin(door_ref: str) -> ResponseReturnValue:
    """Begins to watch, and asks the door to open unless only the reader and the leaf are tried."""
    with transaction() as db:
        door, _place = door_of(db, door_ref)
        if request.form.get("what") != "watch":
            door_test.begin(db, door, by=g.person.id, now=now())
    return redirect(url_for("door_tests.show", door_ref=door_ref, since=int(now().timestamp())))


@bp.get("/doors/<door_ref>/label")
@requires(*ON_SITE)
def label(door_ref: str) -> ResponseReturnValue:
    """To be printed and hung at the door: its name, its id, and its page as a QR code."""
    with reading() as db:
        door, place = door_of(db, door_ref)
        address = current_app.config["SETTINGS"].base_url + url_for("doors.show", door_ref=door.ref)
        return render_template("door_tests/label.html", door=door, place=place, address=address, qr=qr_svg(address))
