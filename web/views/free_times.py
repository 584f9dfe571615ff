"""Weekly times at which a door needs no card: shown day by day first, then kept."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta
from typing import Any

from flask import Blueprint, flash, g, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from access import door_rules, free_schedules
from access.free_schedules import FreeWish
from access.free_times import Free, Weekly
from access.models import Door
from booking.core.opening import day_span
from booking.core.span import Span
from booking.models import Premises
from web import forms
from web.auth import requires
from web.clock import now, today
from web.db import reading, transaction
from web.hours import WEEKDAYS
from web.views.doors import door_of
from web.workplaces import KEEPERS

bp = Blueprint("free_times", __name__)
SHOWN_DAYS, ODD_DAYS = 28, 370
DAY = 1440


class Days(forms.Typed[tuple[date, ...]]):
    """Days with commas between them, each as people write it."""

    def read(self, text: str) -> tuple[date, ...]:
        one = forms.Day()
        return tuple(one.deserialize(part.strip()) for part in re.split(r"[,;\n]", text) if part.strip())


class FreeForm(forms.FormSchema):
    weekdays = forms.Choices("0123456", required=True)
    starts = forms.MinuteOfDay(required=True)
    ends = forms.MinuteOfDay(required=True)
    first_on = forms.Day(required=True)
    last_on = forms.Day(load_default=None)
    except_on = Days(load_default=())
    on_holidays = forms.Tick()
    first_in = forms.Tick()
    sure = forms.Tick()


@bp.get("/doors/<door_ref>/free")
@requires(*KEEPERS)
def show(door_ref: str) -> ResponseReturnValue:
    with reading() as db:
        door, place = door_of(db, door_ref, *KEEPERS)
        return _page(db, door, place, forms.blank(first_on=today().isoformat(), first_in=True))


@bp.post("/doors/<door_ref>/free")
@requires(*KEEPERS)
def add(door_ref: str) -> ResponseReturnValue:
    """The first time it only shows what would come of it; the second time, sure, it is kept."""
    form = forms.filled(FreeForm())
    with form.catching(), transaction() as db:
        door, place = door_of(db, door_ref, *KEEPERS)
        if form.ok and not form.wish["sure"]:
            return _page(db, door, place, form, _wish(form.wish))
        if form.ok:
            free_schedules.add(db, door, _wish(form.wish), by=g.person.id, now=now())
            flash(_("The free time has been added. It holds once the door has its new list."), "success")
            return redirect(url_for("free_times.show", door_ref=door_ref))
    with reading() as db:
        door, place = door_of(db, door_ref, *KEEPERS)
        return _page(db, door, place, form), 422


@bp.post("/doors/<door_ref>/free/<free_ref>/end")
@requires(*KEEPERS)
def end(door_ref: str, free_ref: str) -> ResponseReturnValue:
    with transaction() as db:
        door, _place = door_of(db, door_ref, *KEEPERS)
        free_schedules.end(db, door, free_ref, by=g.person.id, now=now())
    flash(_("The free time has ended. It stops once the door has its new list."), "success")
    return redirect(url_for("free_times.show", door_ref=door_ref))


def _wish(typed: dict[str, Any]) -> FreeWish:
    ends = typed["ends"] if typed["ends"] > typed["starts"] else typed["ends"] + DAY
    return FreeWish(
        weekdays=tuple(int(day) for day in typed["weekdays"]),
        starts_min=typed["starts"],
        ends_min=ends,
        first_on=typed["first_on"],
        last_on=typed["last_on"],
        except_on=typed["except_on"],
        on_holidays=typed["on_holidays"],
        first_in=typed["first_in"],
    )


def _page(db: Session, door: Door, place: Premises, form: forms.Form[Any], planned: FreeWish | None = None) -> str:
    zone = free_schedules.zone_of(db, place.id)
    return render_template(
        "free_times/show.html",
        door=door,
        place=place,
        zone=zone,
        form=form,
        kept=door_rules.kept_by(door.driver),
        rows=free_schedules.of_door(db, door.id),
        coming=free_schedules.preview(db, door, _days(day_span(today(), zone).starts_at, SHOWN_DAYS)),
        planned=_planned(db, door, planned, day_span(today(), zone).starts_at) if planned else None,
        weekdays=[(str(n), str(name)) for n, name in enumerate(WEEKDAYS)],
    )


def _planned(db: Session, door: Door, wish: FreeWish, since: datetime) -> tuple[list[Free], list[Free]]:
    """What would come of it in the next weeks, and the days of a year on which clocks make it odd."""
    free_schedules.check(door, wish)
    weekly = Weekly(
        frozenset(wish.weekdays),
        wish.starts_min,
        wish.ends_min,
        wish.first_on,
        wish.last_on,
        frozenset(wish.except_on),
        on_holidays=wish.on_holidays,
        first_in=wish.first_in,
    )
    soon = free_schedules.preview(db, door, _days(since, SHOWN_DAYS), [weekly])
    return soon, free_schedules.odd_days(db, door, weekly, _days(since, ODD_DAYS))


def _days(since: datetime, days: int) -> Span:
    return Span(since, since + timedelta(days=days))
