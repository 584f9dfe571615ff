"""Names of what happens to bookings, for people: states, what stands against a time, equipment, facts of the rules."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any
from zoneinfo import ZoneInfo

from flask_babel import lazy_gettext as _l

from booking.availability import Obstacle, Problem
from booking.core.rules.facts import FACTS
from booking.models import OccurrenceState
from booking.rulebooks import shipped, words
from web import i18n
from web.clock import HELSINKI
from web.rule_words import plain_fact_name

STATES: dict[str, Any] = {
    OccurrenceState.HELD: _l("held for a moment"),
    OccurrenceState.PENDING: _l("waits for a decision"),
    OccurrenceState.CONFIRMED: _l("booked"),
    OccurrenceState.CANCELLED: _l("cancelled"),
    OccurrenceState.REFUSED: _l("not booked"),
    OccurrenceState.DISPLACED: _l("had to give way"),
}
PROBLEMS: dict[str, Any] = {
    Problem.TAKEN: _l("Somebody else has the space then"),
    Problem.CLOSED_DAY: _l("Closed"),
    Problem.HOLIDAY: _l("Public holiday"),
    Problem.OUTSIDE_HOURS: _l("Outside opening hours"),
    Problem.OUTSIDE_TERM: _l("Outside the terms in which the space can be booked"),
    Problem.PAST: _l("The time has already begun or passed"),
    Problem.TOO_SHORT: _l("Too short for this space"),
    Problem.TOO_LONG: _l("Too long for this space"),
    Problem.OFF_GRID: _l("Times do not start then in this space"),
    Problem.NO_SUCH_TIME: _l("There is no such time that day: clocks are moved forward"),
    Problem.ENDS_BEFORE_START: _l("Ends before it starts, because clocks are moved"),
    Problem.RULE_LIMIT: _l("A limit of the rules stands against it"),
    Problem.NOT_BOOKABLE: _l("This space is not booked by itself"),
    Problem.BANNED: _l("The organisation may not book then: it has a ban"),
}
REASONS: dict[str, Any] = {"left_out": _l("You left this date out")}
EQUIPMENT: dict[str, Any] = {
    "piano": _l("piano"),
    "projector": _l("projector"),
    "screen": _l("screen"),
    "sound_system": _l("sound system"),
    "microphone": _l("microphone"),
    "stage": _l("stage"),
    "kitchen": _l("kitchen"),
    "kitchenette": _l("kitchenette"),
    "coffee_maker": _l("coffee maker"),
    "tables": _l("tables"),
    "chairs": _l("chairs"),
    "whiteboard": _l("whiteboard"),
    "mats": _l("mats"),
    "nets": _l("nets"),
    "drums": _l("drum kit"),
    "tools": _l("tools"),
    "goals": _l("goals"),
    "baskets": _l("basketball baskets"),
    "volleyball_net": _l("volleyball net"),
    "wall_bars": _l("wall bars"),
    "mirror_wall": _l("mirror wall"),
    "changing_room": _l("changing rooms"),
    "showers": _l("showers"),
    "induction_loop": _l("induction loop"),
    "wifi": _l("wireless network"),
    "toys": _l("toys"),
    "yard": _l("yard"),
    "workbenches": _l("workbenches"),
    "sauna": _l("sauna"),
}
YES_NO = {True: _l("yes"), False: _l("no")}


def state_name(state: str) -> str:
    return str(STATES.get(state, state))


def problem_name(reason: str) -> str:
    """What stood or stands against a time; a reason that a person wrote stays as written."""
    return str(PROBLEMS.get(reason) or REASONS.get(reason) or reason)


def equipment_name(word: str) -> str:
    return str(EQUIPMENT.get(word, word))


def obstacle_said(obstacle: Obstacle, zone: ZoneInfo = HELSINKI) -> str:
    """One thing against a time: with the name of the closed day, the time that is taken, the limit that was broken."""
    said = problem_name(obstacle.problem)
    names = obstacle.names or {}
    if name := names.get(i18n.language()) or names.get("fi"):
        return f"{said}: {name}"
    if obstacle.problem is Problem.TAKEN and obstacle.span is not None:
        return f"{said}: {i18n.span(obstacle.span.starts_at, obstacle.span.ends_at, zone)}"
    if obstacle.limit_min is not None:
        return f"{said} ({obstacle.limit_min} min)"
    return said


def word_name(listed: str, word: str) -> str:
    """A word of the rulebooks' lists in the language of the page; Finnish where that is missing."""
    texts: Mapping[str, str] = words().get(listed, {}).get(word, {})
    return texts.get(i18n.language()) or texts.get("fi") or word


def decider_name(word: str) -> str:
    """A role that rulebooks name: by the shared list, or by the rulebook whose own word it is."""
    books = (book.roles.get(word, {}) for book in shipped())
    texts: Mapping[str, str] = words()["role"].get(word) or next((named for named in books if named), {})
    return texts.get(i18n.language()) or texts.get("fi") or word


def decider_words() -> list[str]:
    """Every role that may be named by the rulebooks we know."""
    return sorted({*words()["role"], *(word for book in shipped() for word in book.roles)})


def fact_name(name: str) -> str:
    """With a capital, as it stands at the head of a line or field."""
    plain = plain_fact_name(name)
    return plain[:1].upper() + plain[1:]


def fact_value(name: str, value: object) -> str:
    """A fact's value in words; what was not told is said so."""
    if value is None:
        return str(_l("not told"))
    if isinstance(value, bool):
        return str(YES_NO[value])
    several = value if isinstance(value, list | tuple) else [value]
    listed = FACTS[name].words if name in FACTS else None
    said = [word_name(listed, str(one)) if listed else str(one) for one in several]
    return ", ".join(said) or str(_l("none"))


FILTERS: dict[str, Callable[..., str]] = {
    "state_name": state_name,
    "problem_name": problem_name,
    "equipment_name": equipment_name,
    "fact_name": fact_name,
    "space_kind": lambda word: word_name("space_kind", word),
    "premises_kind": lambda word: word_name("premises_kind", word),
    "purpose_name": lambda word: word_name("activity_purpose", word),
    "decider_name": decider_name,
    "obstacle": obstacle_said,
}
