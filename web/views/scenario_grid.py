"""The week of an allocation, by space and by organisation, and what officials set there by hand."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from booking.refusals import BadInput
from booking.rounds import by_hand, judging, looking
from booking.rounds.plan_models import Placement, Scenario
from web import forms
from web.auth import requires
from web.db import reading, transaction
from web.round_access import READS, WRITES, may_run
from web.scenario_access import run, seen
from web.scenario_forms import ExcludeForm, ReasonForm, SlotForm, clock, official, weekday_choices

bp = Blueprint("scenario_grid", __name__, url_prefix="/scenarios")


@bp.get("/<scenario_ref>/grid")
@requires(*READS)
def week(scenario_ref: str) -> ResponseReturnValue:
    """?premises= and ?space= show spaces, ?organisation= the groups of one."""
    told, number = request.args, request.args.get("page", "1")
    with reading() as db:
        scenario, row = seen(db, scenario_ref)
        whose = told.get("organisation", "")
        where = {"premises": told.get("premises", ""), "space": told.get("space", "")}
        page = looking.week_of_spaces(db, scenario, number=int(number) if number.isdigit() else 1, **where)
        return render_template(
            "scenarios/grid.html",
            scenario=scenario,
            row=row,
            rows=looking.week_of_organisation(db, scenario, whose) if whose else page.rows,
            page=page,
            whose=whose,
            premises=looking.premises_of(db, scenario),
            organisations=looking.organisations_of(db, scenario),
            form=forms.blank(organisation=whose, **where),
            weekdays=weekday_choices(),
            may=may_run(row) and scenario.state == "done",
        )


@bp.get("/<scenario_ref>/slots/<slot_ref>")
@requires(*READS)
def slot(scenario_ref: str, slot_ref: str) -> ResponseReturnValue:
    """One slot; ?space= and ?weekday= are where it was dropped on the week."""
    return slot_page(scenario_ref, slot_ref, None)


def slot_page(scenario_ref: str, slot_ref: str, form: forms.Form[Any] | None) -> str:
    with reading() as db:
        scenario, row = seen(db, scenario_ref)
        one = by_hand.placement_of(db, scenario, slot_ref)
        got = looking.group_got(db, scenario, one.section.ref)
        return render_template(
            "scenarios/slot.html",
            scenario=scenario,
            row=row,
            one=one,
            got=got,
            form=form or as_it_is(one),
            spaces=judging.spaces_of_round(db, row),
            weekdays=weekday_choices(),
            may=may_run(row) and scenario.state == "done",
        )


def as_it_is(one: Placement) -> forms.Form[Any]:
    """The form with the slot, or with where it was dropped."""
    told = request.args
    return forms.blank(
        space=told.get("space") or one.space.ref,
        weekday=told.get("weekday") or str(one.weekday),
        start=clock(one.start_min),
        end=clock(one.end_min),
    )


@bp.post("/<scenario_ref>/slots/<slot_ref>/move")
@requires(*WRITES)
def move(scenario_ref: str, slot_ref: str) -> ResponseReturnValue:
    form = forms.filled(SlotForm())
    if form.ok:
        with form.catching(), transaction() as db:
            scenario, _row = run(db, scenario_ref)
            one = by_hand.placement_of(db, scenario, slot_ref)
            by_hand.move(db, scenario, one, form.wish.slot, official(form.wish.reason))
            flash(_("Moved. It stays there when the round is solved again."), "success")
            return redirect(url_for("scenario_grid.slot", scenario_ref=scenario_ref, slot_ref=slot_ref))
    return slot_page(scenario_ref, slot_ref, form), 422


BY_HAND: dict[str, Callable[[Session, Scenario, Placement, by_hand.Official], None]] = {
    "lock": by_hand.lock,
    "unlock": by_hand.unlock,
    "remove": by_hand.take_away,
}


@bp.post("/<scenario_ref>/slots/<slot_ref>")
@requires(*WRITES)
def change(scenario_ref: str, slot_ref: str) -> ResponseReturnValue:
    """Lock, unlock or remove a slot."""
    form = forms.filled(ReasonForm())
    if form.ok:
        with form.catching(), transaction() as db:
            scenario, _row = run(db, scenario_ref)
            act = BY_HAND.get(form.wish["act"])
            if act is None:
                raise BadInput(field="act", problem="not_one_of")
            act(db, scenario, by_hand.placement_of(db, scenario, slot_ref), official(form.wish["reason"]))
            flash(_("Done."), "success")
            return redirect(after(form.wish["act"], scenario_ref, slot_ref))
    return slot_page(scenario_ref, slot_ref, form), 422


def after(act: str, scenario_ref: str, slot_ref: str) -> str:
    """Where to go on from a slot that may be gone."""
    if act == "remove":
        return url_for("scenario_grid.week", scenario_ref=scenario_ref)
    return url_for("scenario_grid.slot", scenario_ref=scenario_ref, slot_ref=slot_ref)


@bp.get("/<scenario_ref>/by-hand")
@requires(*READS)
def set_by_hand(scenario_ref: str) -> ResponseReturnValue:
    """Whole organisations and spaces locked, and what is left out."""
    return hand_page(scenario_ref, forms.blank(), forms.blank())


def hand_page(scenario_ref: str, locking: forms.Form[Any], leaving: forms.Form[Any]) -> str:
    with reading() as db:
        scenario, row = seen(db, scenario_ref)
        acts = by_hand.acts_of(db, scenario)
        return render_template(
            "scenarios/by_hand.html",
            scenario=scenario,
            row=row,
            acts=acts,
            excluded=by_hand.in_force(acts),
            spaces=judging.spaces_of_round(db, row),
            organisations=looking.organisations_of(db, scenario),
            locking=locking,
            leaving=leaving,
            weekdays=weekday_choices(),
            may=may_run(row) and scenario.state == "done",
        )


class LockForm(ReasonForm):
    organisation = forms.Text()
    space = forms.Text()


@bp.post("/<scenario_ref>/by-hand/locks")
@requires(*WRITES)
def locks(scenario_ref: str) -> ResponseReturnValue:
    """Lock (or with act=unlock let go) every slot of an organisation, of a space, or of one in the other."""
    form = forms.filled(LockForm())
    if form.ok:
        with form.catching(), transaction() as db:
            scenario, _row = run(db, scenario_ref)
            count = lock_named(db, scenario, form.wish)
            flash(_("%(count)s times changed.", count=count), "success")
            return redirect(url_for("scenario_grid.set_by_hand", scenario_ref=scenario_ref))
    return hand_page(scenario_ref, form, forms.blank()), 422


def lock_named(db: Session, scenario: Scenario, wish: dict[str, Any]) -> int:
    whose, where = wish.get("organisation"), wish.get("space")
    if not whose and not where:
        raise BadInput(field="organisation", problem="missing")
    return by_hand.lock_all(
        db,
        scenario,
        official(wish["reason"]),
        locked=wish["act"] != "unlock",
        organisation=looking.organisation_id(db, whose) if whose else None,
        space=looking.space_id(db, where) if where else None,
    )


@bp.post("/<scenario_ref>/by-hand/exclusions")
@requires(*WRITES)
def exclude(scenario_ref: str) -> ResponseReturnValue:
    form = forms.filled(ExcludeForm())
    if form.ok:
        with form.catching(), transaction() as db:
            scenario, _row = run(db, scenario_ref)
            by_hand.exclude(db, scenario, excluded(form.wish), official(form.wish["reason"]))
            flash(_("Left out from the next solving on."), "success")
            return redirect(url_for("scenario_grid.set_by_hand", scenario_ref=scenario_ref))
    return hand_page(scenario_ref, forms.blank(), form), 422


def excluded(wish: dict[str, Any]) -> dict[str, Any]:
    told = {name: value for name, value in wish.items() if name != "reason"}
    return told | ({"weekday": int(told["weekday"])} if "weekday" in told else {})


@bp.post("/<scenario_ref>/by-hand/exclusions/<int:act_id>")
@requires(*WRITES)
def include(scenario_ref: str, act_id: int) -> ResponseReturnValue:
    """Take an exclusion back."""
    form = forms.filled(ReasonForm())
    if form.ok:
        with form.catching(), transaction() as db:
            scenario, _row = run(db, scenario_ref)
            by_hand.include(db, scenario, by_hand.act_of(db, scenario, act_id), official(form.wish["reason"]))
            return redirect(url_for("scenario_grid.set_by_hand", scenario_ref=scenario_ref))
    return hand_page(scenario_ref, forms.blank(), forms.blank()), 422
