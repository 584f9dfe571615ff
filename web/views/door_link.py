"""The link at the door: whoever is there tells the heads of the time going on, without signing in."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from booking.happenings.models import AttendanceLink
from booking.life import attendance, door_links, no_shows
from booking.models import Premises, Space
from booking.premises import all_spaces
from web import forms, heads_form
from web.auth import PUBLIC, requires
from web.clock import now
from web.db import reading, transaction
from web.limits import limiter
from web.workplaces import ON_SITE, place_of, space_of

bp = Blueprint("door_link", __name__)
TRIES = "60 per minute"


@bp.get("/a/<code>")
@requires(PUBLIC)
@limiter.limit(TRIES)
def show(code: str) -> ResponseReturnValue:
    """The time going on, or just over; names of groups only, as the calendar shows them."""
    with reading() as db:
        return page(db, door_links.by_code(db, code), forms.blank())


@bp.post("/a/<code>")
@requires(PUBLIC)
@limiter.limit(TRIES)
def tell(code: str) -> ResponseReturnValue:
    form = heads_form.filled()
    with form.catching(), transaction() as db:
        link = door_links.by_code(db, code)
        row = door_links.time_at(db, link, request.form.get("time", ""), now())
        if heads_form.one_tap() or form.ok:
            heads = attendance.expected(row) if heads_form.one_tap() else heads_form.heads_of(form.wish)
            attendance.tell_heads(db, row, heads, by=None, now=now())
            if attendance.sum_of(heads):
                no_shows.withdraw(db, row, reason="attendance_told", now=now())
            flash(_("Thank you, it is noted."), "success")
            return redirect(url_for("door_link.show", code=code))
    with reading() as db:
        return page(db, door_links.by_code(db, code), form, request.form.get("time", "")), 422


def page(db: Session, link: AttendanceLink, form: forms.Form[Any], which: str = "") -> str:
    rows = door_links.times_at(db, link, now())
    return render_template(
        "door_link/show.html",
        link=link,
        rows=rows,
        told=attendance.told_of(db, [row.id for row in rows]),
        form=form,
        which=which,
        fields=heads_form.fields(),
        zone=ZoneInfo(link.premises.zone),
    )


# --- the links of a premises ---


@bp.get("/premises/<premises_ref>/attendance-links")
@requires(*ON_SITE)
def links(premises_ref: str) -> ResponseReturnValue:
    with reading() as db:
        place = place_of(db, premises_ref, *ON_SITE)
        return render_template(
            "door_link/links.html", place=place, links=door_links.links_of(db, place), spaces=spaces_of(db, place)
        )


def spaces_of(db: Session, place: Premises) -> list[Space]:
    return all_spaces(db, [place.id])


@bp.post("/premises/<premises_ref>/attendance-links")
@requires(*ON_SITE)
def make(premises_ref: str) -> ResponseReturnValue:
    with transaction() as db:
        place = place_of(db, premises_ref, *ON_SITE)
        asked = request.form.get("space", "")
        space = space_of(db, place, asked) if asked else None
        link = door_links.make(db, place, space, by=g.person.id, now=now())
        return redirect(url_for("door_link.notice", premises_ref=place.ref, link_ref=link.ref))


@bp.get("/premises/<premises_ref>/attendance-links/<link_ref>")
@requires(*ON_SITE)
def notice(premises_ref: str, link_ref: str) -> ResponseReturnValue:
    """A notice for the wall, in the three languages."""
    with reading() as db:
        place = place_of(db, premises_ref, *ON_SITE)
        link = door_links.by_ref(db, place, link_ref)
        address = url_for("door_link.show", code=link.code)
        return render_template("door_link/notice.html", place=place, link=link, address=address)


@bp.post("/premises/<premises_ref>/attendance-links/<link_ref>/end")
@requires(*ON_SITE)
def end(premises_ref: str, link_ref: str) -> ResponseReturnValue:
    with transaction() as db:
        door_links.revoke(db, place_of(db, premises_ref, *ON_SITE), link_ref, by=g.person.id, now=now())
    flash(_("The link no longer works."), "success")
    return redirect(url_for("door_link.links", premises_ref=premises_ref))
