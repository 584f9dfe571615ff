"""Names of what becomes of proposals, decisions, the calendar, undoing and reviews of rounds, for people."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from booking.rounds.decision_models import ReviewOutcome, ReviewState, RoundStepKind, UndoStage
from booking.rounds.plan_models import GrantState
from web import hours
from web.errors import SENTENCES, worded
from web.words_of_booking import PROBLEMS

GRANTS: dict[str, Any] = {
    GrantState.PROPOSED: _l("waits for an answer"),
    GrantState.ACCEPTED: _l("accepted"),
    GrantState.DECLINED: _l("declined"),
    GrantState.ASKED: _l("a question waits"),
    GrantState.LAPSED: _l("lapsed"),
    GrantState.DECIDED: _l("granted by decision"),
    GrantState.BOOKED: _l("in the calendar"),
    GrantState.UNDONE: _l("undone"),
    GrantState.HANDED_BACK: _l("handed back"),
}
GRANT_LOOKS = {
    "proposed": "waiting",
    "asked": "waiting",
    "accepted": "ok",
    "decided": "ok",
    "booked": "ok",
    "declined": "ended",
    "lapsed": "failed",
    "undone": "ended",
    "handed_back": "ended",
}
LEFT_OUT: dict[str, Any] = {
    "past": _l("It was over already"),
    "not_in_round": _l("Outside the hours of the round"),
}
# Why a wish was not granted, as a decision letter says it; whoever got the time is never named.
NOT_GRANTED: dict[str, Any] = {
    "not_open": _l("The space was not open for applications at that time."),
    "too_small": _l("The space holds fewer people than the group has."),
    "no_equipment": _l("The space does not have the equipment that the group needs."),
    "not_step_free": _l("The space cannot be reached without steps."),
    "closed_dates": _l("The space is closed or booked on too many of the dates."),
    "one_per_day": _l("The group was granted another time on that day."),
    "own_event": _l("The group was granted that very time."),
    "excluded": _l("The officials left the time out of the allocation."),
    "quota": _l("A quota of the round was reached."),
    "pinned_other": _l("The officials had granted the time to another applicant before the allocation."),
    "higher_class": _l("The time was granted to applicants of an earlier priority class."),
    "same_class_need": _l("The time was granted to an applicant of the same class that would have got less otherwise."),
    "same_class_preference": _l("The time was granted to an applicant of the same class that wished it more."),
    "same_class_order": _l(
        "The time was granted to an applicant of the same class that comes first by the tie-breaks."
    ),
    "lottery": _l("Equal applicants wished the time, and the public lot decided."),
    "system_total": _l("With it fewer times in all could have been granted in the class."),
    "same_person": _l("The coach or leader of the group has another time then."),
    "same_space": _l("The group asked to have all its times in one space."),
    "no_such_space": _l("No space of the round is of the kind that was asked for."),
}
FILING: dict[str, Any] = {"no_date": _l("None of its dates can be had: they are listed below.")}
STEPS: dict[str, Any] = {
    RoundStepKind.PROPOSED: _l("Proposed to the applicants"),
    RoundStepKind.SECOND: _l("What was declined is granted again"),
    RoundStepKind.SETTLED: _l("The days for answering were over"),
    RoundStepKind.PREPARED: _l("Decision prepared"),
    RoundStepKind.RETURNED: _l("Returned to be prepared again"),
    RoundStepKind.APPROVED: _l("Approved"),
    RoundStepKind.STOPPED: _l("Kept from deciding"),
    RoundStepKind.DISCLOSED: _l("Said to be disqualified"),
    RoundStepKind.CALENDAR: _l("Put into the calendar"),
    RoundStepKind.UNDOING: _l("Undoing begun"),
    RoundStepKind.UNDONE: _l("Undone"),
}
DECISIONS: dict[str, Any] = {
    "in_review": _l("waits for another person’s approval"),
    "returned": _l("returned to be prepared again"),
    "approved": _l("approved"),
    "undone": _l("undone"),
}
DECISION_LOOKS = {"in_review": "waiting", "returned": "failed", "approved": "ok", "undone": "ended"}
STOPS: dict[str, Any] = {
    "own": _l("You prepared this decision yourself, so a second person must approve it. Your try has been noted."),
    "disclosed": _l("You have said that you are disqualified, so somebody else must decide. Your try has been noted."),
    "role": _l(
        "You act for %(organisations)s, which applied in this round, so somebody else must handle the decision. "
        "Your try has been noted."
    ),
}
STAGES: dict[str, Any] = {
    UndoStage.DOORS: _l("Rights at doors taken back"),
    UndoStage.SESSIONS: _l("Coming times cancelled"),
    UndoStage.GRANTS: _l("Grants and decisions undone"),
    UndoStage.ROUND: _l("The round can be decided anew"),
}
REVIEWS: dict[str, Any] = {
    ReviewState.RECEIVED: _l("received"),
    ReviewState.PREPARING: _l("being prepared"),
    ReviewState.TO_BOARD: _l("goes to the board"),
    ReviewState.DECIDED: _l("decided"),
    ReviewState.WITHDRAWN: _l("withdrawn"),
}
OUTCOMES: dict[str, Any] = {
    ReviewOutcome.UPHELD: _l("upheld: the decision is changed"),
    ReviewOutcome.DISMISSED: _l("dismissed: the decision stays"),
    ReviewOutcome.RETURNED: _l("returned to be decided anew"),
    ReviewOutcome.NOT_EXAMINED: _l("not examined"),
}
REVIEW_STEPS: dict[str, Any] = {**REVIEWS, **OUTCOMES, "follows": _l("what followed was noted")}
REVIEW_LOOKS = {"received": "waiting", "preparing": "waiting", "to_board": "waiting", "decided": "ok"}


def lookup(words: Mapping[str, Any]) -> Callable[[str], str]:
    return lambda key: str(words.get(key, key))


def slot(row: Any) -> str:
    """Weekday and time: Monday 17–18.30. Of a grant, or of the facts of a letter."""
    told = (
        row if isinstance(row, Mapping) else {name: getattr(row, name) for name in ("weekday", "start_min", "end_min")}
    )
    return f"{hours.WEEKDAYS[told['weekday']]} {hours.said(told['start_min'], told['end_min'])}"


def not_granted(code: str) -> str:
    return str(NOT_GRANTED.get(code) or _("The time went to others by the rules of the round."))


def weeks_said(weeks: str) -> str:
    """Nothing for every week, else which weeks."""
    return str({"A": _("A weeks"), "B": _("B weeks")}.get(weeks, ""))


def left_out_why(row: Mapping[str, Any], language: str) -> str:
    """Why a date is not in the calendar, with the name of the closed day or holiday."""
    said = str(LEFT_OUT.get(row["why"]) or PROBLEMS.get(row["why"]) or row["why"])
    names = row.get("names") or {}
    named = names.get(language) or names.get("fi")
    return f"{said}: {named}" if named else said


def filing_problem(code: str, facts: Mapping[str, Any]) -> str:
    """Why a grant could not be put into the calendar at all."""
    if code in FILING:
        return str(FILING[code])
    try:
        return worded(code, facts)
    except KeyError:
        return str(SENTENCES["refused"])


def stop_said(why: str, organisations: tuple[str, ...]) -> str:
    return str(STOPS[why]) % {"organisations": ", ".join(organisations)}


FILTERS: dict[str, Callable[..., str]] = {
    "grant_state": lookup(GRANTS),
    "grant_look": lambda state: GRANT_LOOKS.get(state, "waiting"),
    "slot_said": slot,
    "weeks_said": weeks_said,
    "left_out_why": left_out_why,
    "filing_problem": filing_problem,
    "round_step": lookup(STEPS),
    "decision_state": lookup(DECISIONS),
    "decision_look": lambda state: DECISION_LOOKS.get(state, "waiting"),
    "undo_stage": lookup(STAGES),
    "review_state": lookup(REVIEWS),
    "review_outcome": lookup(OUTCOMES),
    "review_step": lookup(REVIEW_STEPS),
    "review_look": lambda state: REVIEW_LOOKS.get(state, "ended"),
}
