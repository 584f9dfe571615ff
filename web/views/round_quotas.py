"""Quotas of a round: prime time for the young, hours for each organisation, shares of classes and districts."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from booking.models import Space
from booking.refusals import BadInput
from booking.rounds import listing, policy, quotas
from booking.rounds.models import Round
from booking.rounds.quotas import QuotaWish
from web import forms
from web.auth import requires, signed_in
from web.clock import now
from web.db import reading, transaction
from web.round_access import WRITES, run_round
from web.round_words import quota_said
from web.rule_words import said
from web.words import choices

bp = Blueprint("round_quotas", __name__, url_prefix="/rounds")


class QuotaForm(forms.FormSchema):
    kind = forms.Choice(("least", "most", "hours"), required=True)
    amount = forms.WholeUpTo(most=1000, required=True)
    each_organisation = forms.Tick()
    classes = forms.Texts(load_default=())
    audiences = forms.Texts(load_default=())
    places = forms.Texts(load_default=())
    spaces = forms.Texts(load_default=())
    weekdays = forms.Choices("0123456", load_default=())
    from_clock = forms.MinuteOfDay(load_default=None)
    to_clock = forms.MinuteOfDay(load_default=None)
    source = forms.Text(required=True, longest=300)


class StepForm(forms.FormSchema):
    """Taking one away, or taking over the rulebook's."""

    step = forms.Choice(("add", "remove", "take_over"), load_default="add")
    quota = forms.Text(load_default="")


@bp.get("/<round_ref>/quotas")
@requires(*WRITES)
def listed(round_ref: str) -> ResponseReturnValue:
    return page(round_ref, forms.blank(kind="least"))


def page(round_ref: str, form: forms.Form[Any]) -> str:
    with reading() as db:
        row = run_round(db, round_ref)
        book, spaces = policy.rulebook_of(db, row), listing.spaces_of(row)
        return render_template(
            "round_quotas/list.html",
            row=row,
            form=form,
            rows=[quota_said(one, book, spaces) for one in row.quotas],
            offered=[quota_said(one, book, spaces) for one in quotas.offered(db, row)],
            classes=[(one.id, said(one.name, one.id)) for one in policy.classes_of(book)],
            audiences=choices("audience_group"),
            spaces=[(one.ref, one) for one in spaces],
            places_in=sorted({one.premises.district for one in spaces} - {""}),
        )


@bp.post("/<round_ref>/quotas")
@requires(*WRITES)
def change(round_ref: str) -> ResponseReturnValue:
    step = forms.filled(StepForm())
    form = forms.filled(QuotaForm()) if not step.ok or step.wish["step"] == "add" else step
    if form.ok:
        with form.catching(), transaction() as db:
            row = run_round(db, round_ref)
            changed(db, row, step.wish, form.wish)
            flash(_("The quotas have been changed."), "success")
            return redirect(url_for("round_quotas.listed", round_ref=row.ref))
    return page(round_ref, form), 422


def changed(db: Session, row: Round, step: dict[str, Any], wish: dict[str, Any]) -> None:
    by, at = signed_in().id, now()
    match step["step"]:
        case "remove":
            quotas.remove(db, row, step["quota"], by=by, now=at)
        case "take_over":
            quotas.take_over(db, row, by=by, now=at)
        case _:
            quotas.add(db, row, wished(wish, listing.spaces_of(row)), by=by, now=at)


def wished(wish: dict[str, Any], spaces: Sequence[Space]) -> QuotaWish:
    """A quota of the form, districts told as the spaces in them. Raises BadInput for a share over 100."""
    hours = wish["kind"] == "hours"
    if not hours and wish["amount"] > 100:
        raise BadInput(field="amount", problem="too_large")
    return QuotaWish(
        least=wish["kind"] == "least",
        percent=None if hours else wish["amount"],
        minutes=wish["amount"] * 60 if hours else None,
        each_organisation=wish["each_organisation"],
        classes=wish["classes"],
        audiences=wish["audiences"],
        spaces=tuple(dict.fromkeys((*wish["spaces"], *refs_in(spaces, wish["places"])))),
        weekdays=tuple(sorted(map(int, wish["weekdays"]))),
        start_min=wish["from_clock"],
        end_min=wish["to_clock"],
        source=wish["source"],
    )


def refs_in(spaces: Sequence[Space], districts: Iterable[str]) -> list[str]:
    """The spaces of premises in these districts."""
    named = set(districts)
    return [space.ref for space in spaces if space.premises.district in named]
