"""The button on a phone: pressed by who stands before the door, with the code that its screen shows."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from access import commands, phone, register
from access.code_models import PhoneOutcome
from access.models import CommandState, Door, DoorState
from booking.models import Premises
from web import forms
from web.auth import SIGNED_IN, requires, signed_in
from web.clock import now
from web.db import reading, transaction, vault
from web.errors import worded
from web.words_of_doors import door_word

bp = Blueprint("phone", __name__)


class PresenceForm(forms.FormSchema):
    code = forms.Text(required=True, longest=20)


@bp.get("/open/<door_ref>")
@requires(SIGNED_IN)
def button(door_ref: str) -> ResponseReturnValue:
    """Whether one may open the door now, and the field for its code; the QR on the screen fills it."""
    return _page(door_ref, forms.blank(code=request.args.get("c")))


@bp.post("/open/<door_ref>")
@requires(SIGNED_IN)
def press(door_ref: str) -> ResponseReturnValue:
    """A wrong code and a missing right are kept as well, so neither may roll back."""
    form = forms.filled(PresenceForm())
    if not form.ok:
        return _page(door_ref, form), 422
    with transaction() as db:
        door = register.by_ref(db, door_ref)
        row = phone.press(db, vault(), door, signed_in(), form.wish["code"], now())
        outcome, reason, ref = PhoneOutcome(row.outcome), row.reason, row.ref
    if outcome is PhoneOutcome.ASKED:
        return redirect(url_for("phone.answer", door_ref=door_ref, opening_ref=ref))
    form.typed["code"] = ""
    form.errors["code" if outcome is PhoneOutcome.WRONG_CODE else ""] = _why(outcome, reason)
    return _page(door_ref, form), 422 if outcome is PhoneOutcome.WRONG_CODE else 403


@bp.get("/open/<door_ref>/<opening_ref>")
@requires(SIGNED_IN)
def answer(door_ref: str, opening_ref: str) -> ResponseReturnValue:
    """What the door said, looked at again every second until it has, or has not in time."""
    with reading() as db:
        _row, order = phone.opening_of(db, opening_ref, signed_in().id)
        door = register.by_ref(db, door_ref)
        state = commands.shown_state(order, now()) if order else CommandState.FAILED
        values = {"door": door, "place": _place(db, door), "order": order, "state": state}
        return render_template("phone/answer.html", **values, opening_ref=opening_ref)


def _why(outcome: PhoneOutcome, reason: str) -> str:
    if outcome is PhoneOutcome.WRONG_CODE:
        return worded("bad_input", {"problem": "presence"})
    return worded("not_now", {"reason": "phone", "why": door_word(reason, "reason")})


def _page(door_ref: str, form: forms.Form[Any]) -> str:
    with reading() as db:
        door = register.by_ref(db, door_ref)
        standing = phone.may_open(db, door, signed_in().id, now())
        online = db.get_one(DoorState, door.id).online
        values = {"door": door, "place": _place(db, door), "standing": standing, "online": online}
        return render_template("phone/button.html", form=form, **values)


def _place(db: Session, door: Door) -> Premises:
    return db.get_one(Premises, door.premises_id)
