"""Allocations of a round: asked for, watched while they run, read, compared, chosen."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from booking.refusals import NotNow
from booking.rounds import by_hand, comparing, listing, looking, scenarios
from booking.rounds.aims import versions_of
from booking.rounds.models import Round
from booking.rounds.plan_models import Scenario
from booking.rounds.policy import classes_of, rulebook_of
from web import forms
from web.auth import requires, signed_in
from web.clock import now
from web.db import reading, transaction
from web.errors import sentence
from web.round_access import READS, WRITES, may_run, run_round, seen_round
from web.scenario_access import run, seen
from web.scenario_figures import BETWEEN, between, shown_figures
from web.scenario_forms import (
    USUAL_SECONDS,
    AskForm,
    WhatIfForm,
    changes_of,
    said_seconds,
    seconds_choices,
)

bp = Blueprint("scenarios", __name__)


@bp.get("/rounds/<round_ref>/scenarios")
@requires(*READS)
def listed(round_ref: str) -> ResponseReturnValue:
    return list_page(round_ref)


def list_page(round_ref: str, form: forms.Form[Any] | None = None) -> str:
    with reading() as db:
        row = seen_round(db, round_ref)
        rows = scenarios.scenarios_of(db, row.id)
        counts = looking.class_counts(db, row)
        name = _("Draft %(number)s", number=len(rows) + 1)
        return render_template(
            "scenarios/list.html",
            row=row,
            rows=rows,
            running=any(one.state in scenarios.UNDER_WAY for one in rows),
            form=form or forms.blank(name=name, seconds=USUAL_SECONDS),
            seconds=seconds_choices(),
            groups=sum(counts.values()),
            unclassed=counts.get("", 0),
            may=may_run(row),
            over=now() >= row.apply_to_at,
        )


@bp.post("/rounds/<round_ref>/scenarios")
@requires(*WRITES)
def ask(round_ref: str) -> ResponseReturnValue:
    """The button "Allocate"."""
    form = forms.filled(AskForm())
    with form.catching(), transaction() as db:
        row = run_round(db, round_ref)
        if form.ok:
            made = asked(db, row, form.wish, {})
            return redirect(url_for("scenarios.show", scenario_ref=made.ref))
    return list_page(round_ref, form), 422


def asked(db: Session, row: Round, wish: dict[str, Any], changes: dict[str, Any]) -> Scenario:
    """A run of the round; who has not been classed yet is classed when it begins."""
    return scenarios.ask(
        db,
        row,
        name=wish["name"],
        by=signed_in().id,
        now=now(),
        seconds=int(wish["seconds"]),
        phase=wish["phase"],
        note=wish.get("note", ""),
        changes=changes,
    )


@bp.get("/rounds/<round_ref>/scenarios/new")
@requires(*WRITES)
def new(round_ref: str) -> ResponseReturnValue:
    return what_if_page(round_ref, forms.blank(name=_("What if"), seconds=USUAL_SECONDS, phase="main"))


def what_if_page(round_ref: str, form: forms.Form[Any]) -> str:
    with reading() as db:
        row = run_round(db, round_ref)
        return render_template(
            "scenarios/new.html",
            row=row,
            form=form,
            spaces=listing.spaces_of(row),
            classes=classes_of(rulebook_of(db, row)),
            versions=[(one, one) for one in versions_of(db, row)],
            seconds=seconds_choices(),
        )


@bp.post("/rounds/<round_ref>/scenarios/new")
@requires(*WRITES)
def what_if(round_ref: str) -> ResponseReturnValue:
    form = forms.filled(WhatIfForm())
    with form.catching(), transaction() as db:
        row = run_round(db, round_ref)
        if form.ok:
            classes = [one.id for one in classes_of(rulebook_of(db, row))]
            made = asked(db, row, form.wish, changes_of(form.wish, classes))
            return redirect(url_for("scenarios.show", scenario_ref=made.ref))
    return what_if_page(round_ref, form), 422


@bp.get("/scenarios/<scenario_ref>")
@requires(*READS)
def show(scenario_ref: str) -> ResponseReturnValue:
    """How far it is, or what came of it."""
    with reading() as db:
        scenario, row = seen(db, scenario_ref)
        return render_template(
            "scenarios/show.html",
            scenario=scenario,
            row=row,
            running=scenario.state in scenarios.UNDER_WAY,
            progress=scenario.progress or {},
            percent=int(100 * float((scenario.progress or {}).get("share") or 0)),
            classes=looking.classes_got(db, scenario, row),
            figures=shown_figures(scenario),
            between=between(scenario),
            between_heads=[words for words, _unit in BETWEEN.values()],
            acts=by_hand.acts_of(db, scenario),
            others=[one for one in scenarios.scenarios_of(db, row.id) if one.id != scenario.id and one.state == "done"],
            based_on=db.get(Scenario, scenario.based_on_id) if scenario.based_on_id else None,
            problems=scenario.figures.get("pin_problems", []),
            seconds=said_seconds(scenario.seconds),
            may=may_run(row),
        )


@bp.post("/scenarios/<scenario_ref>/cancel")
@requires(*WRITES)
def cancel(scenario_ref: str) -> ResponseReturnValue:
    return act(scenario_ref, lambda _db, scenario: scenarios.cancel(scenario, now=now()))


@bp.post("/scenarios/<scenario_ref>/choose")
@requires(*WRITES)
def choose(scenario_ref: str) -> ResponseReturnValue:
    return act(
        scenario_ref, lambda db, scenario: scenarios.choose(db, scenario, by=signed_in().id, now=now()), _("Chosen.")
    )


@bp.post("/scenarios/<scenario_ref>/delete")
@requires(*WRITES)
def delete(scenario_ref: str) -> ResponseReturnValue:
    try:
        with transaction() as db:
            scenario, row = run(db, scenario_ref)
            scenarios.remove(db, scenario, by=signed_in().id, now=now())
            return redirect(url_for("scenarios.listed", round_ref=row.ref))
    except NotNow as refusal:
        flash(sentence(refusal), "danger")
        return redirect(url_for("scenarios.show", scenario_ref=scenario_ref))


@bp.post("/scenarios/<scenario_ref>/again")
@requires(*WRITES)
def again(scenario_ref: str) -> ResponseReturnValue:
    """Solve again: what is pinned stays, the rest changes as little as possible."""
    with transaction() as db:
        scenario, _row = run(db, scenario_ref)
        name = _("%(name)s, solved again", name=scenario.name)[:80]
        seconds = min(scenario.seconds, 60)
        made = by_hand.solve_again(db, scenario, name=name, by=signed_in().id, now=now(), seconds=seconds)
        return redirect(url_for("scenarios.show", scenario_ref=made.ref))


def act(scenario_ref: str, what: Any, done: str = "") -> ResponseReturnValue:
    """Do something to a scenario and show it again, with a refusal in words."""
    try:
        with transaction() as db:
            what(db, run(db, scenario_ref)[0])
        if done:
            flash(done, "success")
    except NotNow as refusal:
        flash(sentence(refusal), "danger")
    return redirect(url_for("scenarios.show", scenario_ref=scenario_ref))


@bp.get("/scenarios/<scenario_ref>/compare/<other_ref>")
@requires(*READS)
def compare(scenario_ref: str, other_ref: str) -> ResponseReturnValue:
    """Two scenarios side by side: `other` against the first."""
    with reading() as db:
        scenario, row = seen(db, scenario_ref)
        other, _same = seen(db, other_ref)
        return render_template(
            "scenarios/compare.html",
            scenario=scenario,
            other=other,
            row=row,
            comparison=comparing.compare(db, scenario, other),
            figures=shown_figures(scenario, other),
            names={one.id: one.name for one in classes_of(rulebook_of(db, row))},
            most=looking.PAGE,
        )


@bp.get("/scenarios/<scenario_ref>/run.json")
@requires(*READS)
def run_file(scenario_ref: str) -> ResponseReturnValue:
    """Instance and result, for `vuoro round replay`; ?part=instance and ?part=result are its two files."""
    part = request.args.get("part", "")
    with reading() as db:
        scenario, _row = seen(db, scenario_ref)
        text = scenarios.run_file(db, scenario, part)
    name = part if part in ("instance", "result") else "run"
    headers = {"Content-Disposition": f'attachment; filename="{name}-{scenario_ref}.json"'}
    return Response(text, mimetype="application/json", headers=headers)
