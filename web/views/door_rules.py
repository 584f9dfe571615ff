"""The rules of one door: what it asks beside a right, as far as its hardware can keep it."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from flask import Blueprint, flash, g, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from access import door_rules
from access.door_rules import Assurance, RulesWish
from access.mode_models import DoorRule
from access.models import Door
from booking import people
from booking.models import Premises
from devices.messages import ApbKind
from web import forms
from web.auth import requires
from web.clock import now
from web.db import reading, transaction
from web.views.doors import door_of
from web.words_of_modes import mode_word, what_it_can
from web.workplaces import KEEPERS

bp = Blueprint("door_rules", __name__)
NONE = "none"


class RulesForm(forms.FormSchema):
    apb = forms.Choice([NONE, *ApbKind], load_default=NONE)
    apb_minutes = forms.WholeUpTo(load_default=0, most=door_rules.MOST_MINUTES)
    apb_area = forms.Text(load_default="", longest=40)
    factors = forms.Choice("12", load_default="1")
    interlock = forms.Tick()
    two_person_s = forms.WholeUpTo(load_default=0, most=60)
    long_open_s = forms.WholeUpTo(required=True, least=1, most=door_rules.MOST_OPEN_S)
    assurance = forms.Choice("012", load_default="0")
    seen = forms.Whole(load_default=0)


@bp.get("/doors/<door_ref>/rules")
@requires(*KEEPERS)
def show(door_ref: str) -> ResponseReturnValue:
    with reading() as db:
        door, place = door_of(db, door_ref, *KEEPERS)
        row = door_rules.rule_of(db, door)
        rules = asdict(door_rules.wish_of(db, door))
        start = rules | {"apb": rules["apb"] or NONE, "seen": row.version if row else 0}
        return _page(db, door, place, forms.blank(**start))


@bp.post("/doors/<door_ref>/rules")
@requires(*KEEPERS)
def save(door_ref: str) -> ResponseReturnValue:
    form = forms.filled(RulesForm())
    with form.catching(), transaction() as db:
        door, _place = door_of(db, door_ref, *KEEPERS)
        if form.ok:
            row = door_rules.set_rules(db, door, _wish(form.wish), by=g.person.id, now=now())
            _flash_saved(row, form.wish["seen"])
            return redirect(url_for("doors.show", door_ref=door_ref))
    with reading() as db:
        door, place = door_of(db, door_ref, *KEEPERS)
        return _page(db, door, place, form), 422


def _wish(typed: dict[str, Any]) -> RulesWish:
    given = {name: value for name, value in typed.items() if name != "seen"}
    given |= {name: int(given[name]) for name in ("factors", "assurance")}
    return RulesWish(**(given | {"apb": "" if given["apb"] == NONE else given["apb"]}))


def _flash_saved(row: DoorRule, seen: int) -> None:
    flash(_("The rules have been saved. They hold once the door has its new list."), "success")
    if row.version > seen + 1:
        flash(_("Somebody else had changed the rules while you wrote. Yours hold now; the log has both."), "warning")


def _page(db: Session, door: Door, place: Premises, form: forms.Form[Any]) -> str:
    row, kept = door_rules.rule_of(db, door), door_rules.kept_by(door.driver)
    return render_template(
        "door_rules/show.html",
        door=door,
        place=place,
        form=form,
        kept=kept,
        said=what_it_can(kept),
        rule=row,
        by=people.named(db, {row.changed_by} if row and row.changed_by else set()),
        apb=[(NONE, mode_word("", "apb"))] + [(kind.value, mode_word(kind, "apb")) for kind in ApbKind],
        levels=[(str(level.value), mode_word(level, "assurance")) for level in Assurance if level <= kept.highest],
    )
