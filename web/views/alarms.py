"""Alarms of doors: the list, one alarm with what to do and what was done, and what a premises decides about telling."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from access import alarm_care, escalation
from access.alarm_care import AlarmState, AlarmStory, AlarmWish
from access.alarms import AlarmKind
from access.models import DoorAlarm
from booking import people
from booking.models import Person
from booking.refusals import BadInput
from web import auth, forms, words_of_alarms, words_of_doors
from web.auth import requires
from web.clock import now
from web.db import reading, transaction
from web.workplaces import KEEPERS, ON_SITE, chosen, ids, place_of, workplaces

bp = Blueprint("alarms", __name__)
bp.record_once(lambda state: words_of_alarms.start(state.app.jinja_env))
OPEN = "open"


class CareForm(forms.FormSchema):
    """What somebody says or decides about an alarm."""

    said = forms.Text(load_default="", longest=alarm_care.LONGEST)
    whom = forms.Text(load_default="")


class HouseForm(forms.FormSchema):
    """What a premises decides about its alarms."""

    caretaker_min = forms.WholeUpTo(load_default=None, least=0, most=escalation.MOST_MIN)
    guard_min = forms.WholeUpTo(load_default=None, least=0, most=escalation.MOST_MIN)
    guard_name = forms.Text(load_default="", longest=100)
    guard_address = forms.Email(load_default="")
    guard_phone = forms.Text(load_default="", longest=40)
    source = forms.Text(required=True, longest=300)


@bp.get("/alarms")
@requires(*ON_SITE)
def listed() -> ResponseReturnValue:
    with reading() as db:
        places = workplaces(db, *ON_SITE)
        found = alarm_care.listed(db, _wish(ids(chosen(places, request.args.get("p", "")))))
        kinds = sorted(((kind.value, words_of_doors.door_word(kind, "alarm")) for kind in AlarmKind), key=_by_name)
        return render_template(
            "alarms/list.html", found=found, places=places, kinds=kinds, states=list(AlarmState), at=now()
        )


def _by_name(pair: tuple[str, str]) -> str:
    return pair[1]


def _wish(premises: list[Any]) -> AlarmWish:
    """What the address asks for; what cannot be understood is left out."""
    state = request.args.get("state", "")
    return AlarmWish(
        premises,
        AlarmState(state) if state in set(AlarmState) else None,
        request.args.get("kind", ""),
        request.args.get("door", ""),
        g.person.id if "mine" in request.args else None,
        max(1, request.args.get("page", 1, type=int)),
    )


@bp.get("/alarms/<alarm_ref>")
@requires(*ON_SITE)
def show(alarm_ref: str) -> ResponseReturnValue:
    return _page(alarm_ref, forms.blank())


@bp.post("/alarms/<alarm_ref>/take")
@requires(*ON_SITE)
def take(alarm_ref: str) -> ResponseReturnValue:
    return _do(alarm_ref, _take)


@bp.post("/alarms/<alarm_ref>/give")
@requires(*ON_SITE)
def give(alarm_ref: str) -> ResponseReturnValue:
    return _do(alarm_ref, _give)


@bp.post("/alarms/<alarm_ref>/note")
@requires(*ON_SITE)
def note(alarm_ref: str) -> ResponseReturnValue:
    return _do(alarm_ref, _note)


@bp.post("/alarms/<alarm_ref>/close")
@requires(*ON_SITE)
def close(alarm_ref: str) -> ResponseReturnValue:
    return _do(alarm_ref, _close)


def _do(alarm_ref: str, act: Any) -> ResponseReturnValue:
    form = forms.filled(CareForm())
    with form.catching(), transaction() as db:
        alarm = _mine(db, alarm_ref)
        if form.ok:
            flash(act(db, alarm, form.wish), "success")
            return redirect(url_for("alarms.show", alarm_ref=alarm_ref))
    return _page(alarm_ref, form), 422


def _take(db: Session, alarm: DoorAlarm, wish: dict[str, Any]) -> str:
    alarm_care.acknowledge(db, alarm, said=wish["said"], by=g.person.id, now=now())
    return str(_("You look after this alarm now. Nobody else is told of it."))


def _give(db: Session, alarm: DoorAlarm, wish: dict[str, Any]) -> str:
    found = {one.ref: one for one in _colleagues(db, alarm)}
    if wish["whom"] not in found:
        raise BadInput(field="whom", problem="not_one_of")
    person = found[wish["whom"]]
    alarm_care.assign(db, alarm, person, said=wish["said"], by=g.person.id, now=now())
    return str(_("The alarm was given to %(name)s.", name=person.name))


def _note(db: Session, alarm: DoorAlarm, wish: dict[str, Any]) -> str:
    alarm_care.note(db, alarm, said=wish["said"], by=g.person.id, now=now())
    return str(_("Noted."))


def _close(db: Session, alarm: DoorAlarm, wish: dict[str, Any]) -> str:
    alarm_care.close(db, alarm, said=wish["said"], by=g.person.id, now=now())
    return str(_("The alarm is closed."))


def _mine(db: Session, ref: str) -> DoorAlarm:
    """An alarm at premises where this person works. Raises NotFound, NotAllowed."""
    alarm = alarm_care.of_ref(db, ref)
    auth.require_at(alarm.door.premises_id, *ON_SITE)
    return alarm


def _colleagues(db: Session, alarm: DoorAlarm) -> list[Person]:
    return escalation.staff(db, alarm.door.premises_id, alarm_care.ON_DUTY, now())


def _page(alarm_ref: str, form: forms.Form[Any]) -> str:
    with transaction() as db:
        alarm = _mine(db, alarm_ref)
        story = alarm_care.story(db, alarm_ref)
        _note_seen(db, story)
        return render_template(
            "alarms/show.html",
            form=form,
            story=story,
            place=next(one for one in workplaces(db, *ON_SITE) if one.id == story.door.premises_id),
            colleagues=[(one.ref, one.name) for one in _colleagues(db, alarm)],
        )


def _note_seen(db: Session, story: AlarmStory) -> None:
    """Whose turn it was is on the page, so looking is noted."""
    if story.turn is not None:
        people.note_listed(db, [story.turn.booking.holder_id], by=g.person.id, now=now(), where="alarm")


@bp.get("/premises/<premises_ref>/alarms")
@requires(*KEEPERS)
def house(premises_ref: str) -> ResponseReturnValue:
    with reading() as db:
        place = place_of(db, premises_ref, *KEEPERS)
        row = escalation.house_of(db, place.id)
        start = {name: getattr(row, name, None) for name in HouseForm().fields}
        return _house_page(place, forms.blank(**start))


@bp.post("/premises/<premises_ref>/alarms")
@requires(*KEEPERS)
def save_house(premises_ref: str) -> ResponseReturnValue:
    form = forms.filled(HouseForm())
    with form.catching(), transaction() as db:
        place = place_of(db, premises_ref, *KEEPERS)
        if form.ok:
            escalation.decide(db, place, form.wish, by=g.person.id, now=now())
            flash(_("The steps have been saved. They hold for alarms from now on."), "success")
            return redirect(url_for("alarms.house", premises_ref=premises_ref))
    with reading() as db:
        return _house_page(place_of(db, premises_ref, *KEEPERS), form), 422


def _house_page(place: Any, form: forms.Form[Any]) -> str:
    ladders = [(kind, steps) for kind, steps in escalation.ladders().items() if kind != escalation.USUAL]
    usual = escalation.ladders()[escalation.USUAL]
    return render_template("alarms/house.html", place=place, form=form, ladders=ladders, usual=usual)
