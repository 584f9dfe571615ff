"""Reviews that applicants ask for: the list, asking for one, and its way to the board."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from booking.refusals import BadInput, NotAllowed, NotFound
from booking.roles import Role
from booking.rounds import letters, listing, reviews
from booking.rounds.decision_models import DecisionLetter, Review, ReviewOutcome
from booking.rounds.reviews import Demand
from booking.rounds.staff import runs_round, sees_round
from web import forms, grant_letters
from web.auth import SIGNED_IN, organisations, requires, signed_in
from web.clock import now, today
from web.db import reading, transaction
from web.round_access import APPLICANT, READS, WRITES, is_ours, may_run, require_seeing

bp = Blueprint("reviews", __name__)
PAGE = 50


class AskForm(forms.FormSchema):
    demand = forms.Lines(required=True, longest=3000)
    grounds = forms.Lines(required=True, longest=5000)
    from_whom = forms.Text(required=True, longest=300)
    received_on = forms.Day(load_default=None)


class StepForm(forms.FormSchema):
    step = forms.Choice(("prepare", "board", "decide", "follows", "withdraw"), required=True)
    words = forms.Lines(load_default="", longest=5000)
    board = forms.Text(load_default="", longest=200)
    item = forms.Text(load_default="", longest=60)
    on = forms.Day(load_default=None)
    outcome = forms.Choice([one.value for one in ReviewOutcome], load_default="")


@bp.get("/reviews")
@requires(SIGNED_IN)
def listed() -> ResponseReturnValue:
    """Those of the rounds one looks behind, and of one's own organisations."""
    with reading() as db:
        seen = [one.id for one in listing.rounds(db, g.grants) if sees_round(g.grants, one)]
        mine = [one.id for one in organisations(*APPLICANT)]
        rows = reviews.listed(db, rounds=seen, organisations=mine, open_only="open" in request.args)
        return render_template("reviews/list.html", rows=rows, open_only="open" in request.args, staff=bool(seen))


def answered_letter(db: Session, ref: str) -> DecisionLetter:
    """A letter that this person may ask a review of: for their organisation, or entering one that came. Raises
    NotFound, NotAllowed."""
    row = letters.letter_of(db, ref)
    if not (is_ours(row.application, Role.SECRETARY) or runs_round(g.grants, row.decision.round)):
        raise NotAllowed
    if row.sent_at is None:
        raise NotFound(what="letter")
    return row


@bp.get("/decision-letters/<decision_letter_ref>/review")
@requires(Role.SECRETARY, *WRITES)
def ask(decision_letter_ref: str) -> ResponseReturnValue:
    return ask_page(decision_letter_ref, forms.blank(received_on=today().isoformat()))


def ask_page(decision_letter_ref: str, form: forms.Form[Any]) -> str:
    with reading() as db:
        row = answered_letter(db, decision_letter_ref)
        staff = not is_ours(row.application, Role.SECRETARY)
        late = row.review_by_on is not None and today() > row.review_by_on
        open_ones = [one for one in reviews.of_application(db, row.application) if one.state in reviews.OPEN]
        return render_template("reviews/ask.html", letter=row, form=form, staff=staff, late=late, open_ones=open_ones)


@bp.post("/decision-letters/<decision_letter_ref>/review")
@requires(Role.SECRETARY, *WRITES)
def do_ask(decision_letter_ref: str) -> ResponseReturnValue:
    with reading() as db:
        answered_letter(db, decision_letter_ref)
    form = forms.filled(AskForm())
    if form.ok:
        with form.catching(), transaction() as db:
            row = received(db, answered_letter(db, decision_letter_ref), form.wish)
            flash(_("Noted. You get a letter at every step."), "success")
            return redirect(url_for("reviews.show", review_ref=row.ref))
    return ask_page(decision_letter_ref, form), 422


def received(db: Session, letter: DecisionLetter, wish: dict[str, Any]) -> Review:
    """What the applicant asks comes in today; what staff enter came in when they say."""
    ours = is_ours(letter.application, Role.SECRETARY)
    on = today() if ours else wish["received_on"] or today()
    asked = Demand(wish["demand"], wish["grounds"], on, wish["from_whom"])
    row = reviews.receive(db, letter, asked, by=signed_in().id, now=now())
    grant_letters.review_step(db, row, now())
    return row


@bp.get("/reviews/<review_ref>")
@requires(*APPLICANT, *READS)
def show(review_ref: str) -> ResponseReturnValue:
    return page(review_ref, forms.blank())


def page(review_ref: str, form: forms.Form[Any]) -> str:
    with reading() as db:
        row = reviews.review_of(db, review_ref)
        require_seeing(row.application, row.round)
        return render_template(
            "reviews/show.html",
            row=row,
            steps=reviews.steps(db, row),
            runs=may_run(row.round),
            sees=sees_round(g.grants, row.round),
            ours=is_ours(row.application, Role.SECRETARY),
            open=row.state in reviews.OPEN,
            outcomes=[one.value for one in ReviewOutcome],
            form=form,
        )


@bp.post("/reviews/<review_ref>")
@requires(Role.SECRETARY, *WRITES)
def step(review_ref: str) -> ResponseReturnValue:
    with reading() as db:
        allowed(reviews.review_of(db, review_ref), "")
    form = forms.filled(StepForm())
    if form.ok:
        with form.catching(), transaction() as db:
            row = reviews.review_of(db, review_ref)
            allowed(row, form.wish["step"])
            taken(db, row, form.wish)
            grant_letters.review_step(db, row, now())
            flash(_("Noted."), "success")
            return redirect(url_for("reviews.show", review_ref=review_ref))
    return page(review_ref, form), 422


def allowed(row: Review, what: str) -> None:
    """Who runs the round takes every step; the applicant may take the review back. Raises NotAllowed."""
    if may_run(row.round):
        return
    if not is_ours(row.application, Role.SECRETARY) or what not in ("", "withdraw"):
        raise NotAllowed


def taken(db: Session, row: Review, wish: dict[str, Any]) -> None:
    by, at, words = signed_in().id, now(), wish["words"]
    match wish["step"]:
        case "prepare":
            reviews.prepare(db, row, by=by, now=at, said=words)
        case "board":
            reviews.to_board(db, row, board=wish["board"], on=day_of(wish), item=wish["item"], by=by, now=at)
        case "decide":
            outcome = outcome_of(wish)
            reviews.decide(db, row, outcome=outcome, decision=words, on=day_of(wish), by=by, now=at)
        case "follows":
            reviews.note_follows(db, row, words=words, by=by, now=at)
        case _:
            reviews.withdraw(db, row, reason=words, by=by, now=at)


def day_of(wish: dict[str, Any]) -> Any:
    if wish["on"] is None:
        raise BadInput(field="on", problem="missing")
    return wish["on"]


def outcome_of(wish: dict[str, Any]) -> ReviewOutcome:
    if not wish["outcome"]:
        raise BadInput(field="outcome", problem="missing")
    return ReviewOutcome(wish["outcome"])
