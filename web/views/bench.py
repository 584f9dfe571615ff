"""Only in the demo: the simulated doors, to show cards, type PINs, pull plugs, cut the power and move clocks."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from babel.numbers import format_decimal
from flask import Blueprint, current_app, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from access import board
from access.models import Door, Driver
from booking import premises
from booking.models import Premises
from web import i18n, simulator
from web.auth import PUBLIC, requires
from web.db import reading
from web.simulator import BenchRefuses, BenchSilent, State
from web.words_of_doors import door_word

DEMO_ONLY = True
bp = Blueprint("bench", __name__)
SERIAL = "serial"  # what the simulator calls its bench of reader and relay
PIN = re.compile(r"[0-9]{4,8}\Z")
CARDS = "demo-cards.json"
ACTS: Mapping[str, tuple[str, Mapping[str, Any]]] = {
    "unplug": ("network", {"plugged": False}),
    "plug": ("network", {"plugged": True}),
    "cut": ("power", {"off_s": 0}),
    "cut_clock": ("power", {"off_s": 0, "rtc_lost": True}),
    "slow": ("clock", {"offset_s": -40}),
    "fast": ("clock", {"offset_s": 40}),
    "jump": ("clock", {"jump_s": -7200}),
    "lose_clock": ("clock", {"state": "unknown"}),
    "set_clock": ("clock", {"offset_s": 0, "state": "synced"}),
    "open": ("contact", {"open": True}),
    "close": ("contact", {"open": False}),
}


@bp.get("/dev/bench")
@requires(PUBLIC)
def show() -> ResponseReturnValue:
    with reading() as db:
        states, silent = _states()
        by_place = _by_place(db, states)
        return render_template("bench/show.html", by_place=by_place, cards=demo_cards(), silent=silent)


@bp.get("/dev/bench/lamps")
@requires(PUBLIC)
def lamps() -> ResponseReturnValue:
    """Only what changes, for the page to look again every other second."""
    states, _silent = _states()
    return render_template("bench/lamps.html", states=states)


@bp.post("/dev/bench/<bench_ref>/tap")
@requires(PUBLIC)
def tap(bench_ref: str) -> ResponseReturnValue:
    typed = request.form.get("typed", "").strip() or request.form.get("card", "").strip()
    if not typed:
        flash(_("Choose a card, or type a card number or a PIN."), "warning")
        return _back(bench_ref)
    shown = {"pin": typed} if PIN.match(typed) and bench_ref != SERIAL else {"card": typed.upper()}
    try:
        decision = simulator.tap(_url(), bench_ref, shown)
    except (BenchSilent, BenchRefuses) as problem:
        flash(_problem(problem), "danger")
    else:
        flash(f"{_name(bench_ref)}: {said(decision)}", "success" if decision.get("unlocked") else "warning")
    return _back(bench_ref)


@bp.post("/dev/bench/<bench_ref>/do")
@requires(PUBLIC)
def act(bench_ref: str) -> ResponseReturnValue:
    what = ACTS.get(request.form.get("what", ""))
    if what is None:
        flash(_("Choose what is done to the door."), "warning")
        return _back(bench_ref)
    try:
        simulator.act(_url(), bench_ref, *what)
    except (BenchSilent, BenchRefuses) as problem:
        flash(_problem(problem), "danger")
    else:
        flash(_("%(door)s: done", door=_name(bench_ref)), "success")
    return _back(bench_ref)


def said(decision: State) -> str:
    """What a door decided, in words."""
    if decision["decision"] == "ignored":
        return str(_("the same card still lay on the reader, so the door took no notice"))
    if decision["decision"] == "no_answer":
        return str(_("the relay did not move: the service did not let the card in, or did not answer"))
    took = format_decimal(round(float(decision["ms"]), 2), locale=i18n.locale())
    if decision["decision"] == "granted":
        return str(_("opened (%(reason)s), %(ms)s ms", reason=_reason(decision), ms=took))
    return str(_("stays shut: %(reason)s, %(ms)s ms", reason=_reason(decision), ms=took))


def demo_cards() -> list[dict[str, str]]:
    """The demo's cards with their numbers, which stand in no other place; none when there is no demo database."""
    path = current_app.config["SETTINGS"].data_dir / CARDS
    try:
        return [dict(card) for card in json.loads(path.read_text(encoding="utf-8"))]
    except (OSError, ValueError):
        return []


def _reason(decision: State) -> str:
    return door_word(decision.get("reason", "granted"), "reason")


def _states() -> tuple[list[State], bool]:
    try:
        return simulator.doors(_url()), False
    except (BenchSilent, BenchRefuses):
        return [], True


def _by_place(db: Session, states: list[State]) -> list[tuple[Premises | None, list[tuple[str, State]]]]:
    """(premises, its simulated doors with their names); what no premises knows comes last under None."""
    simulated = (Driver.VUORO_MQTT, Driver.RDM6300_RELAY)
    known: list[Door] = [health.door for health in board.door_health(db, None) if health.door.driver in simulated]
    of: dict[str, Door] = {
        (door.controller_id if door.driver == Driver.VUORO_MQTT else SERIAL): door
        for door in sorted(known, key=lambda door: (door.premises_id, door.kind != "outer", door.position))
    }
    by_id = {state["door"]: state for state in states}
    grouped: list[tuple[Premises | None, list[tuple[str, State]]]] = []
    for place in premises.all_premises(db):
        here = [(door.name(i18n.language()), by_id[name]) for name, door in of.items() if name in by_id]
        mine = [(name, state) for name, state in here if of[state["door"]].premises_id == place.id]
        grouped += [(place, mine)] if mine else []
    strange = [(name, state) for name, state in by_id.items() if name not in of]
    return [*grouped, (None, strange)] if strange else grouped


def _name(bench_ref: str) -> str:
    with reading() as db:
        for health in board.door_health(db, None):
            serial = health.door.driver == Driver.RDM6300_RELAY and bench_ref == SERIAL
            if serial or health.door.controller_id == bench_ref:
                return health.door.name(i18n.language())
    return bench_ref


def _problem(problem: Exception) -> str:
    if isinstance(problem, BenchRefuses):
        return str(_("The simulator refuses: %(why)s", why=problem))
    return str(_("The simulated doors do not answer. They run when the demo does."))


def _url() -> str:
    return str(current_app.config["SETTINGS"].bench_url)


def _back(bench_ref: str) -> ResponseReturnValue:
    return redirect(url_for("bench.show", _anchor=f"door-{bench_ref}"))
