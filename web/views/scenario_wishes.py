"""What was not granted in an allocation and why: the list of it, and the page of one group."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from booking.core.allocation.instance import Slot
from booking.refusals import BadInput
from booking.rounds import by_hand, judging, looking
from booking.rounds.policy import classes_of, rulebook_of
from web import forms
from web.auth import requires
from web.db import reading, transaction
from web.round_access import READS, WRITES, may_run
from web.scenario_access import run, seen
from web.scenario_forms import ReasonForm, SlotForm, clock, official, weekday_choices

bp = Blueprint("scenario_wishes", __name__, url_prefix="/scenarios")


@bp.get("/<scenario_ref>/unserved")
@requires(*READS)
def unserved(scenario_ref: str) -> ResponseReturnValue:
    """Groups with less than they asked, page by page: ?q= names, ?class= one class, ?nothing=1 those with none."""
    told = request.args
    number = told.get("page", "1")
    seek = looking.Seek(told.get("q", ""), told.get("class", ""), nothing_only=bool(told.get("nothing")))
    with reading() as db:
        scenario, row = seen(db, scenario_ref)
        book = rulebook_of(db, row)
        page = looking.unserved(db, scenario, seek, number=int(number) if number.isdigit() else 1)
        refs = {str(one["space"]) for served in page.rows for one in served.offers[:1] if one.get("space")}
        return render_template(
            "scenarios/unserved.html",
            scenario=scenario,
            row=row,
            page=page,
            spaces=looking.spaces_named(db, refs),
            classes=[(one.id, one.name) for one in classes_of(book)],
            names={name: one.name for name, one in book.priority.classes.items()},
            codes=codes,
            form=forms.blank(q=seek.text, nothing=told.get("nothing"), **{"class": seek.class_id}),
        )


def codes(reasons: list[dict[str, Any]]) -> list[str]:
    """The kinds of reasons of a group, the most common first."""
    found = [str(one.get("code", "")) for one in reasons]
    return sorted(dict.fromkeys(found), key=lambda code: -found.count(code))


@bp.get("/<scenario_ref>/sections/<section_ref>")
@requires(*READS)
def why(scenario_ref: str, section_ref: str) -> ResponseReturnValue:
    return why_page(scenario_ref, section_ref, forms.blank(), forms.blank())


def why_page(scenario_ref: str, section_ref: str, form: forms.Form[Any], taking: forms.Form[Any]) -> str:
    with reading() as db:
        scenario, row = seen(db, scenario_ref)
        got = looking.group_got(db, scenario, section_ref)
        return render_template(
            "scenarios/why.html",
            scenario=scenario,
            row=row,
            got=got,
            names={name: one.name for name, one in rulebook_of(db, row).priority.classes.items()},
            form=form,
            taking=taking,
            spaces=[(one.ref, one) for one in judging.spaces_of_round(db, row)],
            weekdays=weekday_choices(),
            clock=clock,
            may=may_run(row) and scenario.state == "done",
        )


@bp.post("/<scenario_ref>/sections/<section_ref>/pin")
@requires(*WRITES)
def pin(scenario_ref: str, section_ref: str) -> ResponseReturnValue:
    """Give the group a slot, inside its wishes or not."""
    form = forms.filled(SlotForm())
    if form.ok and give(form, scenario_ref, section_ref, form.wish.slot, form.wish.reason):
        flash(_("The group has the time now."), "success")
        return redirect(url_for("scenario_wishes.why", scenario_ref=scenario_ref, section_ref=section_ref))
    return why_page(scenario_ref, section_ref, form, forms.blank()), 422


@bp.post("/<scenario_ref>/sections/<section_ref>/take")
@requires(*WRITES)
def take(scenario_ref: str, section_ref: str) -> ResponseReturnValue:
    """Take one of the offers for the group, by its number."""
    form = forms.filled(ReasonForm())
    if form.ok:
        slot = offered(scenario_ref, section_ref, form.wish["act"])
        if give(form, scenario_ref, section_ref, slot, form.wish["reason"]):
            flash(_("The group has the time now."), "success")
            return redirect(url_for("scenario_wishes.why", scenario_ref=scenario_ref, section_ref=section_ref))
    return why_page(scenario_ref, section_ref, forms.blank(), form), 422


def offered(scenario_ref: str, section_ref: str, number: str) -> Slot:
    """Raises BadInput for an offer that is not there."""
    with reading() as db:
        scenario, _row = seen(db, scenario_ref)
        offers = looking.group_got(db, scenario, section_ref).served.offers
    if not number.isdigit() or int(number) >= len(offers):
        raise BadInput(field="reason", problem="not_one_of")
    one = offers[int(number)]
    return Slot(one["space"], one["weekday"], one["start_min"], one["end_min"])


def give(form: forms.Form[Any], scenario_ref: str, section_ref: str, slot: Slot, reason: str) -> bool:
    """Whether it could be given; else what stands against it is in the form."""
    with form.catching(), transaction() as db:
        scenario, row = run(db, scenario_ref)
        by_hand.pin(db, scenario, judging.section_of(db, row, section_ref), slot, official(reason))
    return not form.errors
