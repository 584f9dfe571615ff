"""What one’s own organisations were proposed and granted, and answering it, on a phone first."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy.orm import Session

from booking.core.rules.rounds import Acceptance
from booking.models import Organisation
from booking.refusals import NotAllowed
from booking.roles import Role
from booking.rounds import answering, granted, letters
from booking.rounds.accepting import acceptance, rule_of
from booking.rounds.answering import Answer, answerable
from booking.rounds.decision_models import DecisionLetter
from booking.rounds.listing import round_of
from booking.rounds.models import Application, Round
from booking.rounds.plan_models import GrantState, SlotGrant
from web import forms
from web.auth import SIGNED_IN, acts_for, organisations, requires, signed_in
from web.clock import now
from web.db import reading, transaction
from web.round_access import APPLICANT, is_ours

bp = Blueprint("my_grants", __name__)


class AnswerForm(forms.FormSchema):
    answer = forms.Choice([one.value for one in Answer], required=True)
    words = forms.Lines(load_default="", longest=1000)


class AllForm(forms.FormSchema):
    organisation = forms.Text(required=True)
    answer = forms.Choice((Answer.ACCEPT.value, Answer.DECLINE.value), required=True)
    words = forms.Lines(load_default="", longest=1000)


@dataclass(frozen=True, slots=True)
class Sheet:
    """What one organisation has in one round: its grants, the letters it got, and whether it can be answered."""

    round: Round
    application: Application
    grants: tuple[SlotGrant, ...]
    letters: tuple[DecisionLetter, ...]
    accept: Acceptance
    answers: bool

    @property
    def organisation(self) -> Organisation:
        return self.application.organisation

    @property
    def open(self) -> list[SlotGrant]:
        return [one for one in self.grants if one.state == GrantState.PROPOSED and answerable(one, now())]


@bp.get("/my-grants")
@requires(SIGNED_IN)
def show() -> ResponseReturnValue:
    with reading() as db:
        mine = [one.id for one in organisations(*APPLICANT)]
        sheets = sheets_of(db, granted.of_organisations(db, mine))
        return render_template("my_grants/show.html", sheets=sheets, answerable=answerable, now=now())


def sheets_of(db: Session, rows: Iterable[SlotGrant]) -> list[Sheet]:
    found: dict[int, list[SlotGrant]] = {}
    for row in rows:
        found.setdefault(row.section.application_id, []).append(row)
    return [sheet_of(db, grants) for grants in found.values()]


def sheet_of(db: Session, grants: list[SlotGrant]) -> Sheet:
    application, round_ = grants[0].section.application, grants[0].round
    told = tuple(letters.letters_of(db, application))
    return Sheet(round_, application, tuple(grants), told, acceptance(db, round_), is_ours(application, Role.SECRETARY))


@bp.post("/my-grants/<round_ref>")
@requires(SIGNED_IN)
def answer_all(round_ref: str) -> ResponseReturnValue:
    """The same answer to everything that waits."""
    form = forms.filled(AllForm())
    if form.ok:
        with form.catching(), transaction() as db:
            row, wish = round_of(db, round_ref), form.wish
            whose = next((one for one in organisations() if one.ref == wish["organisation"]), None)
            if whose is None or not acts_for(whose.id, Role.SECRETARY):
                raise NotAllowed
            what = Answer(wish["answer"])
            many = answering.answer_all(db, row, whose.id, what, words=wish["words"], by=signed_in().id, now=now())
            flash(ngettext("%(num)s slot was answered.", "%(num)s slots were answered.", many), "success")
            return redirect(url_for("my_grants.show"))
    return show(), 422  # type: ignore[return-value]


def ours(db: Session, ref: str) -> SlotGrant:
    """A grant of an organisation whose secretary this person is. Raises NotFound, NotAllowed."""
    row = granted.grant_of(db, ref)
    if not is_ours(row.section.application, Role.SECRETARY):
        raise NotAllowed
    return row


@bp.get("/grants/<proposal_ref>/answer")
@requires(Role.SECRETARY)
def one(proposal_ref: str) -> ResponseReturnValue:
    return page(proposal_ref, forms.blank())


def page(proposal_ref: str, form: forms.Form[Any]) -> str:
    with reading() as db:
        row = ours(db, proposal_ref)
        return render_template(
            "my_grants/answer.html",
            row=row,
            form=form,
            can=answerable(row, now()),
            accept=acceptance(db, row.round).value,
            rule=rule_of(db, row.round),
        )


@bp.post("/grants/<proposal_ref>/answer")
@requires(Role.SECRETARY)
def answer(proposal_ref: str) -> ResponseReturnValue:
    form = forms.filled(AnswerForm())
    with reading() as db:
        ours(db, proposal_ref)
    if form.ok:
        with form.catching(), transaction() as db:
            row, what = ours(db, proposal_ref), Answer(form.wish["answer"])
            answering.answer(db, row, what, words=form.wish["words"], by=signed_in().id, now=now())
            said = _("Your question is noted. The slot waits until it is answered.")
            flash(said if what is Answer.ASK else _("Your answer is noted."), "success")
            return redirect(url_for("my_grants.show"))
    return page(proposal_ref, form), 422
