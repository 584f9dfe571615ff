"""Words for what people decide about a door beside bookings: its mode, its rules, its free times, and who is staff."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any
from zoneinfo import ZoneInfo

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from jinja2 import Environment, pass_context
from jinja2.runtime import Context

from access import commands
from access.commands import FIRE_RESET, FORGIVE, OPEN
from access.door_modes import ModeStatus
from access.door_rules import Assurance, Kept, RulesWish
from access.free_times import Free, Missed
from access.mode_models import FreeSchedule
from access.models import CommandState, DoorCommand
from devices.messages import FIRST_IN, SURVIVES_LOCKDOWN, SURVIVES_STALE, ApbKind, DoorMode
from web import hours, i18n
from web.clock import HELSINKI
from web.round_words import weekdays_said
from web.words_of_doors import COMMANDS, when

MODES: dict[str, Any] = {
    DoorMode.NORMAL: _l("Normal"),
    DoorMode.FREE: _l("Open to everybody"),
    DoorMode.LOCKED: _l("No free times"),
    DoorMode.LOCKDOWN: _l("Lockdown"),
}
MEANINGS: dict[str, Any] = {
    DoorMode.NORMAL: _l("rights, free times and rules decide"),
    DoorMode.FREE: _l("the lock is released until somebody ends it"),
    DoorMode.LOCKED: _l("only those with a right come in, also during free times"),
    DoorMode.LOCKDOWN: _l("only staff marked for it come in; everybody can leave"),
}
LOOKS: dict[str, str] = {
    DoorMode.NORMAL: "ok",
    DoorMode.FREE: "pending",
    DoorMode.LOCKED: "ended",
    DoorMode.LOCKDOWN: "alarm",
}
APB: dict[str, Any] = {
    "": _l("not minded"),
    ApbKind.HARD: _l("hard: who is inside is not let in again"),
    ApbKind.SOFT: _l("soft: let in, and noted"),
    ApbKind.TIMED: _l("timed: not again within some minutes"),
}
ASSURANCE: dict[int, Any] = {
    Assurance.NUMBER: _l("Level 0: a card’s number. A copied card opens too."),
    Assurance.TWO_FACTORS: _l("Level 1: card and PIN together, or a phone. A lost or copied card alone opens nothing."),
    Assurance.SECURED: _l("Level 2: a card that proves itself by a key. It cannot be copied."),
}
FLAGS: dict[str, Any] = {
    SURVIVES_LOCKDOWN: _l("Opens in lockdown"),
    SURVIVES_STALE: _l("Opens also when the door’s list is too old"),
    FIRST_IN: _l("Coming in begins the free times that wait for the first of the staff"),
}
MISSED: dict[str, Any] = {
    Missed.CLOSED: _l("closed day"),
    Missed.HOLIDAY: _l("public holiday"),
    Missed.EXCEPTED: _l("exception"),
    Missed.NO_SUCH_TIME: _l("this time does not exist: clocks are moved forward over it"),
}
ORDERS: dict[str, Any] = {
    OPEN: _l("Open remotely"),
    FORGIVE: _l("Forget who is inside"),
    FIRE_RESET: _l("End the fire state"),
}
_ENDS: dict[str, Any] = {
    CommandState.QUEUED: COMMANDS[CommandState.QUEUED],
    CommandState.SENT: COMMANDS[CommandState.SENT],
    CommandState.DONE: _l("Done"),
    CommandState.FAILED: _l("Not done"),
    CommandState.EXPIRED: COMMANDS[CommandState.EXPIRED],
}
LISTS: dict[str, Mapping[Any, Any]] = {
    "mode": MODES,
    "meaning": MEANINGS,
    "apb": APB,
    "assurance": ASSURANCE,
    "flag": FLAGS,
    "missed": MISSED,
    "order": ORDERS,
}


def start(jinja: Environment) -> None:
    jinja.filters |= {"mode_word": _mode_word}
    jinja.globals |= {
        "mode_look": lambda mode: LOOKS[mode],
        "mode_sentence": mode_sentence,
        "order_ended": order_ended,
        "rule_sentences": rule_sentences,
        "weekly_said": weekly_said,
        "free_said": free_said,
    }


def mode_word(value: Any, listed: str) -> str:
    """The name of a value: `mode | mode_word("mode")`."""
    return str(LISTS[listed].get(value, value))


@pass_context
def _mode_word(_context: Context, value: Any, listed: str) -> str:
    """As a filter; it takes the context for the reader's language (words_of_doors)."""
    return mode_word(value, listed)


def mode_sentence(status: ModeStatus, zone: ZoneInfo = HELSINKI) -> str:
    """Whether a door does what it should: never only that it was told to."""
    change = status.change
    if not status.can:
        return str(_("This door’s hardware knows no modes."))
    if change is None:
        return ""
    if change.confirmed_at is not None:
        return str(_("confirmed by the door %(time)s", time=when(change.confirmed_at, zone)))
    before = mode_word(status.held, "mode")
    if status.online:
        return str(_("not confirmed yet; the door was last heard as: %(mode)s", mode=before))
    return str(
        _("not confirmed: the door is offline. Before it went: %(mode)s. It changes at first contact.", mode=before)
    )


def order_ended(order: DoorCommand) -> str:
    """How an order stands, in words that fit its kind."""
    if order.kind == commands.OPEN:
        return str(COMMANDS.get(order.state, order.state))
    return str(_ENDS.get(order.state, order.state))


def rule_sentences(rules: RulesWish) -> list[str]:
    """The rules of a door as sentences; none: a right is enough."""
    return list(_sentences(rules))


def _sentences(rules: RulesWish) -> Iterator[str]:
    if rules.factors > 1 or rules.assurance >= Assurance.TWO_FACTORS:
        yield _("Card and PIN of the same person, within ten seconds.")
    if rules.two_person_s:
        yield _("Two persons, the second within %(seconds)s seconds.", seconds=rules.two_person_s)
    if rules.apb == ApbKind.TIMED:
        yield _("The same person comes in again after %(minutes)s minutes at the earliest.", minutes=rules.apb_minutes)
    elif rules.apb:
        yield _("Anti-passback: %(kind)s.", kind=mode_word(rules.apb, "apb"))
    if rules.apb and rules.apb_area:
        yield _("One way of several into: %(area)s.", area=rules.apb_area)
    if rules.interlock:
        yield _("Does not open while the other door of the air lock is open.")


def weekly_said(row: FreeSchedule) -> str:
    """A weekly free time: "Monday–Friday 8–16"."""
    return f"{weekdays_said(row.weekdays)} {hours.said(row.starts_min, row.ends_min)}"


def free_said(free: Free, zone: ZoneInfo = HELSINKI) -> str:
    """What a weekly time comes to on its day, and what is odd about it."""
    if free.missed is Missed.CLOSED and free.closure is not None and free.closure.names:
        name = free.closure.names.get(i18n.language()) or free.closure.names["fi"]
        return str(_("not free: %(why)s", why=f"{mode_word(free.missed, 'missed')}, {name}"))
    if free.missed is not None:
        return str(_("not free: %(why)s", why=mode_word(free.missed, "missed")))
    text = ", ".join(i18n.span(span.starts_at, span.ends_at, zone) for span in free.spans)
    if free.odd_min > 0:
        return str(_("%(time)s, %(minutes)s minutes longer: clocks are moved back", time=text, minutes=free.odd_min))
    if free.odd_min < 0:
        return str(
            _("%(time)s, %(minutes)s minutes shorter: clocks are moved forward", time=text, minutes=-free.odd_min)
        )
    return text


def what_it_can(kept: Kept) -> list[str]:
    """How far the hardware of a door goes, nothing softened."""
    if not kept.rules:
        return [str(_("This make decides by itself or is only opened from afar: none of these rules can hold here."))]
    said = [str(_("The highest level this door’s hardware reaches: %(level)s", level=ASSURANCE[kept.highest]))]
    if not kept.two_factors:
        said.append(str(_("It has no reader and keypad together, so two factors cannot be asked here.")))
    return said
