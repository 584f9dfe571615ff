"""Swapping granted weekly slots with another organisation: the first yes asks, the second one makes it."""

from __future__ import annotations

from datetime import date
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from booking.refusals import NotAllowed, NotNow, RuleRefuses
from booking.rounds import grant_swaps
from booking.rounds.grants import grant_of, organisation_of
from booking.rounds.plan_models import SlotGrant
from booking.rounds.season_models import GrantSwap
from web import forms, grant_access, season_letters
from web.auth import SIGNED_IN, requires, signed_in
from web.clock import now, today
from web.db import reading, transaction
from web.follows import follows
from web.views.booking import refused_page

bp = Blueprint("grant_swaps", __name__)


class SwapForm(forms.FormSchema):
    other = forms.Text(required=True)
    from_on = forms.Day(required=True)


@bp.get("/grants/<granted_ref>/swap")
@requires(SIGNED_IN)
def ask(granted_ref: str) -> ResponseReturnValue:
    """The slots of others in the round; with one chosen, which dates would change hands."""
    chosen = "other" in request.args
    form = forms.filled(SwapForm(), request.args) if chosen else forms.blank(from_on=today())
    with reading() as db:
        return ask_page(db, grant_access.own_grant(db, granted_ref), form)


def ask_page(db: Session, grant: SlotGrant, form: forms.Form[Any]) -> ResponseReturnValue:
    others = grant_swaps.candidates(db, grant)
    found = told = None
    if form.ok:
        with form.catching():
            found = grant_swaps.look(db, grant, other_of(db, grant, form.wish["other"]), form.wish["from_on"], now())
            verdict = grant_swaps.verdict_of(db, found, 2, now())
            told = follows(verdict) if verdict is not None else None
    values = {"grant": grant, "whose": organisation_of(grant), "form": form, "found": found, "told": told}
    named = [(one, organisation_of(one)) for one in others]
    return render_template("grant_swaps/ask.html", others=named, **values), 422 if form.errors else 200


def other_of(db: Session, grant: SlotGrant, ref: str) -> SlotGrant:
    """One of those offered. Raises NotAllowed."""
    other = grant_of(db, ref)
    if other.round_id != grant.round_id:
        raise NotAllowed
    return other


@bp.post("/grants/<granted_ref>/swap")
@requires(SIGNED_IN)
def do_ask(granted_ref: str) -> ResponseReturnValue:
    form = forms.filled(SwapForm())
    if form.ok:
        with form.catching(), transaction() as db:
            swap = asked(db, grant_access.own_grant(db, granted_ref), form.wish["other"], form.wish["from_on"])
            flash(_("The other side has been asked. The swap counts when it says yes, too."), "success")
            return redirect(url_for("grant_swaps.show", grant_swap_ref=swap.ref))
    with reading() as db:
        return ask_page(db, grant_access.own_grant(db, granted_ref), form)


def asked(db: Session, grant: SlotGrant, other: str, from_on: date) -> GrantSwap:
    swap = grant_swaps.ask(db, grant, other_of(db, grant, other), from_on=from_on, by=signed_in().id, now=now())
    season_letters.grant_swap(db, swap, "asked", now())
    return swap


def sides(swap: GrantSwap) -> tuple[bool, bool]:
    """Whether this person speaks for the side that asked, and for the one that is asked. Raises NotAllowed."""
    found = grant_access.acts(swap.one), grant_access.acts(swap.other)
    if not any(found):
        raise NotAllowed
    return found


@bp.get("/grant-swaps/<grant_swap_ref>")
@requires(SIGNED_IN)
def show(grant_swap_ref: str) -> ResponseReturnValue:
    with reading() as db:
        swap = grant_swaps.swap_of(db, grant_swap_ref)
        one, other = sides(swap)
        found = grant_swaps.look(db, swap.one, swap.other, swap.from_on, now())
        both = [(side, organisation_of(side)) for side in (swap.one, swap.other)]
        return render_template("grant_swaps/show.html", swap=swap, asks=one, answers=other, both=both, found=found)


@bp.post("/grant-swaps/<grant_swap_ref>/accept")
@requires(SIGNED_IN)
def accept(grant_swap_ref: str) -> ResponseReturnValue:
    """The second yes; only the side that was asked can give it."""
    try:
        with transaction() as db:
            swap = grant_swaps.swap_of(db, grant_swap_ref)
            if not sides(swap)[1]:
                raise NotNow(state="reported")  # one side cannot give both
            grant_swaps.accept(db, swap, by=signed_in().id, now=now())
            season_letters.grant_swap(db, swap, "done", now())
    except RuleRefuses as no:
        return refused_page(no, forms.blank()), 409
    flash(_("The slots are swapped. The doors know it."), "success")
    return redirect(url_for("grant_swaps.show", grant_swap_ref=grant_swap_ref))


@bp.post("/grant-swaps/<grant_swap_ref>/decline")
@requires(SIGNED_IN)
def decline(grant_swap_ref: str) -> ResponseReturnValue:
    with transaction() as db:
        swap = grant_swaps.swap_of(db, grant_swap_ref)
        sides(swap)
        grant_swaps.decline(db, swap, by=signed_in().id, now=now())
        season_letters.grant_swap(db, swap, "declined", now())
    flash(_("The swap was declined. Both slots stay as they are."), "success")
    return redirect(url_for("grant_swaps.show", grant_swap_ref=grant_swap_ref))
