"""What happened, for the house: heads not told, no-shows proposed, and what is noted and charged afterwards."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import Session

from access.models import Door
from booking.core.span import EmptySpan, NoSuchTime, Span, local
from booking.happenings.models import Happening
from booking.life import incidents, no_shows, recording
from booking.life.incidents import EXTRA_COSTS, KINDS, LATE, Incident
from booking.life.swaps import occurrence_of
from booking.models import Occurrence, Space
from booking.organisations import by_ref, listed
from booking.people import note_listed, note_viewed
from booking.premises import all_spaces, space_by_ref
from booking.refusals import EndsBeforeStart, NoSuchWallTime
from web import forms, i18n, life_letters, words_of_life
from web.auth import require_at, requires, works_at
from web.clock import HELSINKI, now
from web.db import reading, transaction
from web.follows import Follows, follows
from web.workplaces import KEEPERS, ON_SITE, chosen, ids, workplaces

bp = Blueprint("happened", __name__, url_prefix="/happened")
bp.record_once(lambda state: words_of_life.start(state.app.jinja_env))
bp.record_once(lambda state: state.app.jinja_env.filters.update(instant=datetime.fromisoformat))
LOOKS_BACK = timedelta(days=14)
MOST = 60


class IncidentForm(forms.FormSchema):
    """What staff saw."""

    kind = forms.Choice(KINDS, required=True)
    note = forms.Text(required=True, longest=500)
    cost = forms.Euros(load_default=None)
    minutes_late = forms.WholeUpTo(most=1440, load_default=None)

    def incident(self, wish: Mapping[str, Any]) -> Incident:
        cost = wish["cost"] if wish["kind"] in EXTRA_COSTS else None
        late = wish["minutes_late"] if wish["kind"] in LATE else None
        return Incident(wish["kind"], wish["note"], cost, late)


class UseForm(forms.FormSchema):
    """A use that nobody booked."""

    organisation = forms.Text(required=True)
    space = forms.Text(required=True)
    day = forms.Day(required=True)
    start = forms.MinuteOfDay(required=True)
    end = forms.MinuteOfDay(required=True)
    note = forms.Text(required=True, longest=500)


class ReasonForm(forms.FormSchema):
    reason = forms.Text(required=True, longest=500)


@bp.get("")
@requires(*ON_SITE)
def listing() -> ResponseReturnValue:
    """The list of a premises: what waits, whose heads are missing, what was settled lately. That names are seen is
    noted."""
    with reading() as db:
        places = workplaces(db, *ON_SITE)
        shown = chosen(places, request.args.get("p", ""))
        since = now() - LOOKS_BACK
        waiting = incidents.open_at(db, ids(shown))
        page = render_template(
            "happened/list.html",
            places=places,
            chosen=request.args.get("p", ""),
            waiting=waiting,
            untold=incidents.untold(db, ids(shown), Span(since, now()))[:MOST],
            settled=[(row, follows(row.answer)) for row in incidents.settled_at(db, ids(shown), since)[:MOST]],
        )
        holders = [row.occurrence.booking.holder_id for row in waiting if row.occurrence is not None]
    if holders:
        with transaction() as db:
            note_listed(db, holders, by=g.person.id, now=now(), where="happened")
    return page


# --- one of them ---


def mine(db: Session, ref: str) -> Happening:
    """A happening at premises where this person works. Raises NotFound, NotAllowed."""
    row = recording.happening_of(db, ref)
    require_at(row.premises_id, *ON_SITE)
    return row


@bp.get("/<happening_ref>")
@requires(*ON_SITE)
def show(happening_ref: str) -> ResponseReturnValue:
    return page(happening_ref, forms.blank())


def page(happening_ref: str, form: forms.Form[Any]) -> str:
    with transaction() as db:
        row = mine(db, happening_ref)
        if row.occurrence is not None:
            holder = row.occurrence.booking.holder
            note_viewed(db, holder, by=g.person.id, now=now(), why=f"happening {row.ref}")
        return render_template(
            "happened/show.html",
            row=row,
            form=form,
            told=told_of(db, row),
            doors=door_names(db, row),
            decides=works_at(row.premises_id, *KEEPERS),
            until=recording.objects_until(row),
        )


def told_of(db: Session, row: Happening) -> Follows:
    """What followed, or what would if a no-show is confirmed."""
    if row.answer or row.occurrence is None or row.kind != no_shows.NO_SHOW:
        return follows(row.answer)
    return follows(no_shows.would_bring(db, row, now()))


def door_names(db: Session, row: Happening) -> dict[str, str]:
    refs = [one["door"] for one in row.evidence.get("doors", ())]
    return {door.ref: door.name(i18n.language()) for door in db.scalars(select(Door).where(Door.ref.in_(refs)))}


@bp.post("/<happening_ref>/confirm")
@requires(*KEEPERS)
def confirm(happening_ref: str) -> ResponseReturnValue:
    """It was so: what the rules say is charged and proposed, and the organisation gets a letter."""
    return decide(happening_ref, confirming=True)


@bp.post("/<happening_ref>/dismiss")
@requires(*KEEPERS)
def dismiss(happening_ref: str) -> ResponseReturnValue:
    return decide(happening_ref, confirming=False)


def decide(happening_ref: str, *, confirming: bool) -> ResponseReturnValue:
    form = forms.filled(ReasonForm())
    with form.catching(), transaction() as db:
        row = mine(db, happening_ref)
        require_at(row.premises_id, *KEEPERS)
        if form.ok:
            reason = form.wish["reason"]
            if confirming:
                no_shows.confirm(db, row, decision=reason, by=g.person.id, now=now())
            else:
                recording.dismiss(db, row, reason=reason, by=g.person.id, now=now())
            life_letters.decided(db, row, now())
            flash(_("Decided. A letter goes to the organisation."), "success")
            return redirect(url_for("happened.listing", p=row.premises.ref))
    return page(happening_ref, form), 422


# --- noting something ---


@bp.get("/time/<occurrence_ref>/add")
@requires(*ON_SITE)
def add(occurrence_ref: str) -> ResponseReturnValue:
    """The form, and once it is filled in what would follow; nothing is changed."""
    schema = IncidentForm()
    form = forms.filled(schema, request.args) if "kind" in request.args else forms.blank()
    with reading() as db:
        row = time_at_work(db, occurrence_ref)
        told = None
        if form.ok:
            with form.catching():
                incidents.check(row, schema.incident(form.wish), now())
                told = follows(incidents.preview(db, row, schema.incident(form.wish), now()))
        return add_page(row, form, told), 422 if form.errors else 200


@bp.post("/time/<occurrence_ref>/add")
@requires(*ON_SITE)
def do_add(occurrence_ref: str) -> ResponseReturnValue:
    schema = IncidentForm()
    form = forms.filled(schema)
    with form.catching(), transaction() as db:
        row = time_at_work(db, occurrence_ref)
        if form.ok:
            noted = incidents.note(db, row, schema.incident(form.wish), by=g.person.id, now=now())
            life_letters.decided(db, recording.happening_of(db, noted.ref), now())
            flash(_("Noted. A letter goes to the organisation."), "success")
            return redirect(url_for("happened.listing", p=row.space.premises.ref))
    with reading() as db:
        return add_page(time_at_work(db, occurrence_ref), form, None), 422


def time_at_work(db: Session, ref: str) -> Occurrence:
    """A booked time at premises where this person works. Raises NotFound, NotAllowed."""
    row = occurrence_of(db, ref)
    require_at(row.space.premises_id, *ON_SITE)
    return row


def add_page(row: Occurrence, form: forms.Form[Any], told: Follows | None) -> str:
    kinds = [(kind, words_of_life.life_word(kind, "happening")) for kind in KINDS]
    return render_template("happened/add.html", row=row, form=form, told=told, kinds=kinds)


@bp.get("/use")
@requires(*ON_SITE)
def use() -> ResponseReturnValue:
    """A use without a booking: the form, and what would follow."""
    form = forms.filled(UseForm(), request.args) if "day" in request.args else forms.blank()
    with reading() as db:
        told = None
        if form.ok:
            with form.catching():
                space, span = space_and_span(db, form.wish)
                told = follows(incidents.preview_use(db, by_ref(db, form.wish["organisation"]), space, span))
        return use_page(db, form, told), 422 if form.errors else 200


@bp.post("/use")
@requires(*ON_SITE)
def do_use() -> ResponseReturnValue:
    form = forms.filled(UseForm())
    with form.catching(), transaction() as db:
        if form.ok:
            space, span = space_and_span(db, form.wish)
            whose = by_ref(db, form.wish["organisation"])
            noted = incidents.note_use(db, whose, space, span, note=form.wish["note"], by=g.person.id, now=now())
            life_letters.decided(db, recording.happening_of(db, noted.ref), now())
            flash(_("Noted. A letter goes to the organisation."), "success")
            return redirect(url_for("happened.listing", p=space.premises.ref))
    with reading() as db:
        return use_page(db, form, None), 422


def space_and_span(db: Session, wish: Mapping[str, Any]) -> tuple[Space, Span]:
    """Raises NotFound, NotAllowed elsewhere, EndsBeforeStart, NoSuchWallTime."""
    space = space_by_ref(db, wish["space"])
    require_at(space.premises_id, *ON_SITE)
    try:
        return space, Span(local(wish["day"], wish["start"], HELSINKI), local(wish["day"], wish["end"], HELSINKI))
    except EmptySpan as error:
        raise EndsBeforeStart(field="end") from error
    except NoSuchTime as error:
        raise NoSuchWallTime(field="start", day=error.day, minute=error.minute) from error


def use_page(db: Session, form: forms.Form[Any], told: Follows | None) -> str:
    places = workplaces(db, *ON_SITE)
    spaces = [(space.ref, space) for space in all_spaces(db, ids(places)) if space.bookable]
    return render_template("happened/use.html", form=form, told=told, spaces=spaces, organisations=listed(db))
