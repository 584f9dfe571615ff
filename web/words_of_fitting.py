"""Words of new controllers and of trying a door from the ladder."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask_babel import lazy_gettext as _l
from jinja2 import Environment, pass_context
from jinja2.runtime import Context

from access.codes_in_locks import CodeShown
from access.door_test import Look, Part
from web.words_of_doors import CLOCKS, CODES, EVENTS, REASONS

SAID: Mapping[str, Any] = {
    "name": _l("Name"),
    "maker": _l("Maker"),
    "model": _l("Model"),
    "firmware": _l("Program"),
    "clock": _l("Clock"),
    "says": _l("Speaks on"),
}
PARTS: Mapping[str, Any] = {
    Part.ONLINE: _l("Connection"),
    Part.UNLOCK: _l("The lock releases"),
    Part.CONTACT: _l("The leaf is seen to move"),
    Part.READER: _l("A card is seen"),
    Part.CLOCK: _l("The clock is right"),
    Part.LIST: _l("It has its list of rights"),
}
# What to do to try each part.
HOW: Mapping[str, Any] = {
    Part.ONLINE: _l("Power and network. The door shows here when it has spoken."),
    Part.UNLOCK: _l("Press “Unlock now” and listen to the lock."),
    Part.CONTACT: _l("Open the door and close it."),
    Part.READER: _l("Show any card, or type a code. One that is not known will do."),
    Part.CLOCK: _l("It sets itself from the network within a minute."),
    Part.LIST: _l("It takes its list by itself within a few seconds of being online."),
}
LOOKS: Mapping[str, Any] = {
    Look.OK: _l("in order"),
    Look.WAITING: _l("waiting"),
    Look.FAILED: _l("failed"),
    Look.UNTRIED: _l("not tried yet"),
}
STATES: Mapping[str, str] = {Look.OK: "ok", Look.WAITING: "pending", Look.FAILED: "failed", Look.UNTRIED: "unknown"}
WHY: Mapping[str, Any] = {
    "not_seen": _l("nothing came within a minute: look at the wires, and whether the kind of reader is right"),
    "expired": _l("no answer came in time"),
}
CODES_SHOWN: Mapping[str, Any] = {
    CodeShown.HELD: _l("in the lock"),
    CodeShown.GOING_IN: _l("on its way in"),
    CodeShown.GOING_OUT: _l("on its way out"),
    CodeShown.UNCONFIRMED: _l("not confirmed by the lock"),
}
CODE_STATES: Mapping[str, str] = {
    CodeShown.HELD: "ok",
    CodeShown.GOING_IN: "pending",
    CodeShown.GOING_OUT: "pending",
    CodeShown.UNCONFIRMED: "failed",
}
LISTS: Mapping[str, Mapping[str, Any]] = {
    "code": CODES_SHOWN,
    "code_state": CODE_STATES,
    "said": SAID,
    "part": PARTS,
    "how": HOW,
    "look": LOOKS,
    "state": STATES,
    "why": {**CODES, **REASONS, **CLOCKS, **WHY},
    "kind": EVENTS,
}


def start(jinja: Environment) -> None:
    jinja.filters["fitting_word"] = _word


@pass_context
def _word(_context: Context, value: str, listed: str) -> str:
    """As a filter; it takes the context for the reader’s language (words_of_doors)."""
    return str(LISTS[listed].get(value, value))
