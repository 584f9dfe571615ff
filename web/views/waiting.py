"""The waiting list: what one's own organisations wait for, what is offered to them, and waiting for more."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from booking.models import Organisation, Space
from booking.refusals import BadInput
from booking.rounds import grant_swaps, left_overs, offering, waiting
from booking.rounds.listing import round_of
from booking.rounds.models import Application, ApplicationState, Round, RoundState
from booking.rounds.season_models import WaitingEntry
from booking.rounds.waiting import WaitingWish
from booking.rulebooks import words as rule_words
from web import auth, forms
from web.auth import SIGNED_IN, organisations, requires, signed_in
from web.clock import now, today
from web.db import reading, transaction
from web.grant_access import ACTS_FOR
from web.words_of_season import weekdays

bp = Blueprint("waiting", __name__, url_prefix="/waiting")
UNDECIDED = (RoundState.PUBLISHED.value, RoundState.ALLOCATING.value, RoundState.PROPOSED.value)
LENGTHS = (60, 90, 120, 150, 180)


class WaitForm(forms.FormSchema):
    """One group's wish: on some weekdays between two times of day, in a space or its equals, or anywhere."""

    round = forms.Text(required=True)
    organisation = forms.Text(required=True)
    title = forms.Text(required=True, longest=80)
    purpose = forms.Choice(lambda: rule_words()["activity_purpose"], required=True)
    people = forms.Whole(least=1, required=True)
    group = forms.Choice(lambda: rule_words()["audience_group"], load_default="")
    weekdays = forms.Choices("0123456", required=True)
    start = forms.MinuteOfDay(required=True)
    end = forms.MinuteOfDay(required=True)
    minutes = forms.Whole(least=15, load_default=60)
    space = forms.Text(load_default="")


@bp.get("")
@requires(SIGNED_IN)
def show() -> ResponseReturnValue:
    with reading() as db:
        start = {"start": "17:00", "end": "21:00", "minutes": 60, "round": request.args.get("round")}
        return page(db, forms.blank(**start, space=request.args.get("space")))


def page(db: Session, form: forms.Form[Any]) -> str:
    mine = organisations(*ACTS_FOR)
    ids = [one.id for one in mine]
    rounds = left_overs.rounds_over(db, today())
    entries = waiting.of_organisations(db, ids)
    return render_template(
        "waiting/mine.html",
        form=form,
        mine=mine,
        rounds=rounds,
        entries=[(one, place_of(db, one)) for one in entries],
        offers=offering.open_offers(db, entries),
        swaps=grant_swaps.open_of(db, ids),
        unserved=unserved(db, mine),
        awaited=awaited(db, mine),
        spaces=spaces_of(db, rounds),
        weekdays=weekdays(),
        lengths=LENGTHS,
        purposes=words_of("activity_purpose"),
        groups=words_of("audience_group"),
    )


def words_of(kind: str) -> list[str]:
    return list(rule_words()[kind])


def place_of(db: Session, entry: WaitingEntry) -> int:
    """Its place among all who wait in the round."""
    return [one.id for one in waiting.ranked(db, entry.round)].index(entry.id) + 1


def spaces_of(db: Session, rounds: list[Round]) -> list[Space]:
    found = [space for one in rounds for space in waiting.bookable_spaces(db, one)]
    return list({space.id: space for space in found}.values())


def unserved(db: Session, mine: list[Organisation]) -> list[tuple[Application, int]]:
    """Own applications of decided rounds that did not get everything, with how many weekly times are missing."""
    query = select(Application).join(Round, Round.id == Application.round_id)
    own = query.where(Application.organisation_id.in_([one.id for one in mine]), Round.last_on >= today())
    sent = own.where(Application.state == ApplicationState.SENT.value, Round.state == RoundState.DECIDED.value)
    rows = db.scalars(sent.options(joinedload(Application.round), joinedload(Application.organisation)))
    counted = [(one, sum(number for _, number in waiting.unserved(db, one))) for one in rows]
    return [(one, number) for one, number in counted if number]


def awaited(db: Session, mine: list[Organisation]) -> list[Application]:
    """Own sent applications of rounds that are not decided: whether what they do not get waits by itself."""
    query = select(Application).join(Round, Round.id == Application.round_id)
    own = query.where(Application.organisation_id.in_([one.id for one in mine]))
    sent = own.where(Application.state == ApplicationState.SENT.value, Round.state.in_(UNDECIDED))
    return list(db.scalars(sent.options(joinedload(Application.round), joinedload(Application.organisation))))


@bp.post("")
@requires(SIGNED_IN)
def join() -> ResponseReturnValue:
    form = forms.filled(WaitForm())
    if form.ok:
        with form.catching(), transaction() as db:
            waiting.join(db, round_of(db, form.wish["round"]), wish_of(form.wish), by=signed_in().id, now=now())
            flash(_("You are on the waiting list. When such a time becomes free you get a letter."), "success")
            return redirect(url_for("waiting.show"))
    with reading() as db:
        return page(db, form), 422


def wish_of(asked: dict[str, Any]) -> WaitingWish:
    whose = own_organisation(asked["organisation"])
    start, end = asked["start"], asked["end"] or 1440
    return WaitingWish(
        organisation=whose.id,
        contact=signed_in().id,
        title=asked["title"],
        purpose=asked["purpose"],
        people=asked["people"],
        min_minutes=asked["minutes"],
        windows=[(int(day), start, end) for day in sorted(asked["weekdays"])],
        places=[{"space": asked["space"]}] if asked["space"] else [],
        audience={"group": asked["group"]} if asked["group"] else {},
    )


def own_organisation(ref: str) -> Organisation:
    """Raises BadInput for one that this person does not act for."""
    found = next((one for one in organisations(*ACTS_FOR) if one.ref == ref), None)
    if found is None or not auth.acts_for(found.id, *ACTS_FOR):
        raise BadInput(field="organisation", problem="not_one_of")
    return found
