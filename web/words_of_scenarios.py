"""Words of allocations: how far a run is, why it failed, why a wish was not granted, and slots as people say them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from web import hours, i18n
from web.words_of_booking import fact_name

STATES: dict[str, Any] = {
    "queued": _l("waits for its turn"),
    "running": _l("runs"),
    "done": _l("ready"),
    "failed": _l("failed"),
}
LOOKS = {"queued": "waiting", "running": "waiting", "done": "ok", "failed": "failed"}
PHASES: dict[str, Any] = {
    "main": _l("main round"),
    "second": _l("what was declined, granted again"),
    "left_over": _l("late applications, from what is left over"),
}
STAGES: dict[str, Any] = {
    "building": _l("Gathering applications, hours and bookings"),
    "prepare": _l("Preparing the possible times"),
    "greedy": _l("First plan"),
    "upper": _l("Searching: the first classes"),
    "search": _l("Searching for a better plan"),
    "cold": _l("Searching: the last small improvements"),
    "exact": _l("Proving the best plan"),
    "audit": _l("Looking for exchanges that help everybody"),
    "bounds": _l("Counting how much better any plan could be"),
    "durations": _l("Lengthening times where there is room"),
    "checking": _l("Checking the result independently"),
    "explaining": _l("Writing the reasons"),
}
FAILURES: dict[str, Any] = {
    "cancelled": _l("It was stopped before it began."),
    "crashed": _l("The program that allocates ended by itself. Try again with less time, and tell us."),
    "no_rulebook": _l("No rules are known for the season."),
    "faults": _l("The independent check found faults in the result, so nobody gets to see it. Tell us."),
    "instance": _l("The applications or the settings of the round do not fit together."),
}
# why a wish was not granted: to an official and to the applicant alike, never naming a rival
REASONS: dict[str, Any] = {
    "not_open": _l("The space cannot be applied for at that time."),
    "too_small": _l("The space is too small for the group."),
    "no_equipment": _l("The space lacks the equipment asked for."),
    "not_step_free": _l("The space is not step-free."),
    "closed_dates": _l("On too many of the dates the space is closed or booked already."),
    "one_per_day": _l("The group has a time on that day already."),
    "own_event": _l("The group has that time itself."),
    "excluded": _l("Officials left this out of the allocation."),
    "quota": _l("A quota of the round is full."),
    "pinned_other": _l("Officials had given the time to somebody else."),
    "higher_class": _l("The time went to groups of an earlier priority class."),
    "same_class_need": _l("The time went to a group of the same class that would otherwise have had less."),
    "same_class_preference": _l("The time went to a group of the same class that wished it more."),
    "same_class_order": _l("The time went to a group of the same class that comes first by the order of the rules."),
    "lottery": _l("Equal groups wished the time; the public lot decided."),
    "system_total": _l("Granting it would have left others with fewer times in all."),
    "same_person": _l("The same coach or leader is elsewhere then."),
    "same_space": _l("All times of the group are to be in one space."),
    "no_such_space": _l("No space of the round is what was asked for."),
    "no_class": _l("The rules give the group no priority class, and no official has decided one."),
    "taken": _l("Another group has the time."),
    "off_grid": _l("Times of the round begin and end on its grid."),
}
ORIGINS: dict[str, Any] = {
    "solver": _l("allocated"),
    "history": _l("as last season"),
    "pin": _l("set by officials"),
    "hand": _l("moved by hand"),
}
ACTS: dict[str, Any] = {
    "pin": _l("Time given"),
    "unpin": _l("Time let go"),
    "lock": _l("Time locked"),
    "unlock": _l("Lock taken off"),
    "move": _l("Time moved"),
    "remove": _l("Time removed"),
    "exclude": _l("Left out"),
    "include": _l("Taken in again"),
}
METHODS: dict[str, Any] = {
    "optimal": _l("proven best"),
    "lp": _l("proven by linear programming"),
    "lagrange": _l("proven by prices of times"),
    "trivial": _l("everybody has all they asked for"),
}
FAIRNESS: dict[str, Any] = {
    "share_of_asked": _l("the share of what each organisation asked for"),
    "hours_per_member": _l("weekly hours for each member"),
    "none": _l("none"),
}
CHANGES: dict[str, Any] = {
    "close": _l("spaces closed"),
    "rulebook": _l("other rules"),
    "classes": _l("another order of classes"),
    "no_quota": _l("without quotas"),
    "fairness": _l("another measure of fairness"),
    "no_history": _l("without last season"),
    "exclusions": _l("something left out"),
    "pins": _l("times set by officials"),
    "declined": _l("declined times given anew"),
}


def weekday(number: int) -> str:
    return str(hours.WEEKDAYS[number])


def times(start_min: int, end_min: int) -> str:
    """17–18.30; midnight is 24."""
    return hours.said(start_min, end_min)


def when(row: Any) -> str:
    """Weekday and time of a slot, of a row or of JSON; "" where none is told."""
    told = row if isinstance(row, Mapping) else {key: getattr(row, key) for key in ("weekday", "start_min", "end_min")}
    if told.get("weekday") is None or told.get("end_min") is None:
        return ""
    return f"{weekday(told['weekday'])} {times(told['start_min'], told['end_min'])}"


def failure(told: str) -> str:
    """Why a run failed: the code before the colon, and for those who can use it what follows."""
    code, _colon, more = told.partition(": ")
    said = str(FAILURES.get(code, FAILURES["crashed"]))
    return f"{said} ({more})" if more else said


def reason(code: str) -> str:
    return str(REASONS.get(code, code))


def lookup(words: Mapping[str, Any]) -> Any:
    return lambda key: str(words.get(key, key))


def difference(offer: Mapping[str, Any]) -> str:
    """What is other in an offer than in the wish: "another day, 30 minutes later"."""
    told = dict(offer.get("difference") or {})
    parts = []
    if told.get("day"):
        parts.append(_("another day"))
    if told.get("space"):
        parts.append(_("another space"))
    if minutes := told.get("minutes"):
        parts.append(_("%(minutes)s minutes from the wish", minutes=abs(int(minutes))))
    if told.get("shorter"):
        parts.append(_("shorter"))
    if metres := told.get("metres"):
        parts.append(_("%(km)s km farther", km=i18n.decimal(int(metres) / 1000)))
    return ", ".join(map(str, parts))


FILTERS = {
    "scenario_state": lookup(STATES),
    "scenario_look": lambda state: LOOKS.get(state, "waiting"),
    "scenario_phase": lookup(PHASES),
    "stage_word": lookup(STAGES),
    "run_failure": failure,
    "slot_when": when,
    "slot_when_short": lambda row: times(row.start_min, row.end_min),
    "fact_word": fact_name,
    "refused_why": reason,
    "slot_origin": lookup(ORIGINS),
    "hand_act": lookup(ACTS),
    "proof_method": lookup(METHODS),
    "offer_difference": difference,
    "what_if_word": lookup(CHANGES),
}
