"""Calendar addresses (ICS): making one, copying it, ending it, and what programs fetch from it."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import Blueprint, Response, current_app, flash, g, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from booking import feeds
from booking.calendar_file import CalendarEntry, calendar_file
from booking.models import Feed, Occurrence, OccurrenceState, Person, Space
from booking.premises import all_spaces, space_by_ref
from booking.refusals import NotFound
from booking.roles import roles_of
from web import forms, i18n, letters
from web.auth import PUBLIC, SIGNED_IN, organisations, require_for, requires, signed_in
from web.calendar_rows import Viewer
from web.clock import HELSINKI, now, today
from web.db import reading, transaction
from web.limits import limiter
from web.on_behalf import BOOKS_FOR

bp = Blueprint("feeds", __name__)
JUST_MADE = "feed_just_made"


class FeedForm(forms.FormSchema):
    """Whose calendar: `me`, an organisation of mine, or any space."""

    of = forms.Choice(("me", "organisation", "space"), required=True)
    organisation = forms.Choice(lambda: [one.ref for one in organisations()], load_default="")
    space = forms.Text(load_default="")


@dataclass(frozen=True, slots=True)
class Address:
    """A calendar address of mine, as listed: without its secret."""

    feed: Feed
    name: str


@bp.get("/calendars")
@requires(PUBLIC)
def about() -> ResponseReturnValue:
    """How subscribing works; for those signed in also their addresses. A new one is shown this once."""
    return page(forms.blank(of="space" if "space" in request.args else "me", space=request.args.get("space")))


def page(form: forms.Form[Any]) -> str:
    token = session.pop(JUST_MADE, None) if g.person else None
    with reading() as db:
        mine = [Address(row, name_of(db, row)) for row in feeds.of_owner(db, g.person.id)] if g.person else []
        return render_template(
            "feeds/about.html",
            form=form,
            mine=mine,
            spaces=all_spaces(db) if g.person else [],
            organisations=organisations() if g.person else [],
            address=full_address(token) if token else "",
        )


def full_address(token: str) -> str:
    base: str = current_app.config["SETTINGS"].base_url
    return base + url_for("feeds.file", token=token)


def name_of(db: Session, row: Feed) -> str:
    subject = feeds.subject_of(db, row)
    return subject.name(i18n.language()) if isinstance(subject, Space) else subject.name


@bp.post("/calendars")
@requires(SIGNED_IN)
def make() -> ResponseReturnValue:
    form = forms.filled(FeedForm())
    if form.ok:
        with form.catching(), transaction() as db:
            session[JUST_MADE] = made(db, form.wish)
            flash(_("The address was made. It is shown only now: copy it to your calendar program."), "success")
            return redirect(url_for("feeds.about", _anchor="new"))
    return page(form), 422


def made(db: Session, asked: dict[str, str]) -> str:
    """The token of a new address."""
    owner = signed_in().id
    if asked["of"] == "organisation":
        chosen = next((one for one in organisations() if one.ref == asked["organisation"]), None)
        if chosen is None:
            raise NotFound(what="organisation")
        require_for(chosen.id, *BOOKS_FOR)
        return feeds.make(db, owner=owner, now=now(), organisation=chosen.id)[1]
    if asked["of"] == "space":
        return feeds.make(db, owner=owner, now=now(), space=space_by_ref(db, asked["space"]).id)[1]
    return feeds.make(db, owner=owner, now=now())[1]


@bp.post("/calendars/<feed_ref>/end")
@requires(SIGNED_IN)
def end(feed_ref: str) -> ResponseReturnValue:
    with transaction() as db:
        feeds.revoke(db, feed_ref, by=signed_in().id, now=now())
    flash(_("The address no longer works."), "success")
    return redirect(url_for("feeds.about"))


@bp.get("/feeds/<token>.ics")
@requires(PUBLIC)
@limiter.limit("120 per minute")
def file(token: str) -> ResponseReturnValue:
    """The calendar file. An ended address answers 410, so that calendar programs stop asking."""
    with transaction() as db:
        row = feeds.by_token(db, token)
        if row.revoked_at is not None:
            return Response(status=410)
        feeds.note_used(row, now())
        owner = db.get_one(Person, row.owner_id)
        with i18n.speaking(owner.language):
            times = feeds.times_of(db, row, now())
            entries = entries_of(times, viewer_of(db, owner))
            body = calendar_file(entries, name=name_of(db, row), zone=HELSINKI, now=changed_at(times, row))
    answer = Response(body, content_type="text/calendar; charset=utf-8")
    answer.headers["Cache-Control"] = "private, no-cache"
    answer.set_etag(hashlib.sha256(body).hexdigest()[:32])
    return answer.make_conditional(request)


def viewer_of(db: Session, owner: Person) -> Viewer:
    """What the owner of an address may see today: roles that ended since it was made show nothing more."""
    grants = roles_of(db, owner.id, today(), at=now())
    return Viewer(owner.id, frozenset(one.organisation_id for one in grants if one.organisation_id is not None))


def entries_of(times: Sequence[Occurrence], viewer: Viewer) -> list[CalendarEntry]:
    """The times as events: one's own by their title, those of others as taken."""
    return [
        letters.entry(
            row,
            row.booking,
            summary=row.booking.title if viewer.owns(row.booking) else _("Taken"),
            gone=row.state in (OccurrenceState.CANCELLED, OccurrenceState.DISPLACED),
        )
        for row in times
    ]


def changed_at(times: Sequence[Occurrence], row: Feed) -> datetime:
    """When something in the file last changed, as far as is known: the same times give the same file."""
    marks = [mark for time in times for mark in (time.booking.made_at, time.cancelled_at) if mark is not None]
    return max(marks, default=row.made_at)
