"""The screen beside a door: its code of the moment, as a QR and in letters, behind a secret address; and making one."""

from __future__ import annotations

import io

import segno
from flask import Blueprint, current_app, flash, g, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from markupsafe import Markup

from access import phone, screens
from access.models import DoorState
from booking.models import Premises
from web.auth import PUBLIC, requires
from web.clock import now
from web.db import reading, transaction, vault
from web.limits import limiter
from web.views.doors import door_of
from web.workplaces import KEEPERS

bp = Blueprint("screens", __name__)
LOOKS = "120 per minute"


@bp.get("/screens/<secret>")
@requires(PUBLIC)
@limiter.limit(LOOKS)
def show(secret: str) -> ResponseReturnValue:
    """For a tablet beside the door: it looks again by itself before the code changes."""
    with reading() as db:
        door = screens.door_by_secret(db, secret)
        code, left_s = phone.code_of(vault(), door, now())
        address = current_app.config["SETTINGS"].base_url + url_for("phone.button", door_ref=door.ref, c=code)
        values = {"door": door, "place": db.get_one(Premises, door.premises_id), "code": code, "left_s": left_s}
        online = db.get_one(DoorState, door.id).online
        page = render_template("screens/show.html", **values, qr=qr_of(address), secret=secret, online=online)
    return page, 200, {"Cache-Control": "no-store"}


@bp.get("/doors/<door_ref>/screen")
@requires(*KEEPERS)
def kept(door_ref: str) -> ResponseReturnValue:
    with reading() as db:
        door, place = door_of(db, door_ref, *KEEPERS)
        base = current_app.config["SETTINGS"].base_url
        rows = [(row, base + url_for("screens.show", secret=row.secret)) for row in screens.of_door(db, door)]
        return render_template("screens/kept.html", door=door, place=place, rows=rows)


@bp.post("/doors/<door_ref>/screen")
@requires(*KEEPERS)
def make(door_ref: str) -> ResponseReturnValue:
    with transaction() as db:
        door, _place = door_of(db, door_ref, *KEEPERS)
        screens.make(db, door, by=g.person.id, now=now())
    flash(_("The address is ready. Open it on the screen beside the door."), "success")
    return redirect(url_for("screens.kept", door_ref=door_ref))


@bp.post("/doors/<door_ref>/screen/<screen_ref>/end")
@requires(*KEEPERS)
def end(door_ref: str, screen_ref: str) -> ResponseReturnValue:
    with transaction() as db:
        door, _place = door_of(db, door_ref, *KEEPERS)
        screens.end(db, door, screen_ref, by=g.person.id, now=now())
    flash(_("The address shows nothing any more."), "success")
    return redirect(url_for("screens.kept", door_ref=door_ref))


def qr_of(address: str) -> Markup:
    """The address as an SVG of squares, black on white in the dark too."""
    drawn = io.BytesIO()
    segno.make(address, error="m", micro=False).save(
        drawn, kind="svg", xmldecl=False, svgns=True, scale=6, dark="#000", light="#fff", nl=False
    )
    return Markup(drawn.getvalue().decode())  # noqa: S704 - drawn here from our own address
