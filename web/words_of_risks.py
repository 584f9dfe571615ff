"""What will fail at a door tonight, why, and what to do about it, in words."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _l
from jinja2 import Environment

from access.risks import Cause

WHY: dict[Cause, Any] = {
    Cause.CONDITION: _l("something the rules ask for is not in order"),
    Cause.NO_CREDENTIAL: _l("nobody of the group has a card or PIN for it"),
    Cause.DOOR_OFFLINE: _l("the door is offline and does not know of the right"),
    Cause.LIST_REFUSED: _l("the door refused its list of rights"),
    Cause.CLOCK_UNKNOWN: _l("the door does not know the time, so it opens for no booking"),
    Cause.NOT_CONFIRMED: _l("the door has not confirmed the right"),
    Cause.STILL_INSIDE: _l("a right was taken away, and the door would still open for it"),
}
TO_DO: dict[Cause, Any] = {
    Cause.CONDITION: _l("Call the holder, or open it yourself."),
    Cause.NO_CREDENTIAL: _l("Call the holder: enrol a card, show the PIN, or open the door for them."),
    Cause.DOOR_OFFLINE: _l("Check the controller’s power and network, and have a key at hand."),
    Cause.LIST_REFUSED: _l("Call whoever looks after the system, and open the door remotely."),
    Cause.CLOCK_UNKNOWN: _l("Bring the door online: its clock is set then. Until that open it remotely."),
    Cause.NOT_CONFIRMED: _l("Wait a minute. If it stays so, restart the controller or open the door remotely."),
    Cause.STILL_INSIDE: _l("If it matters, lock the door by hand until it has answered."),
}


def start(jinja: Environment) -> None:
    jinja.globals |= {"risk_why": lambda cause: str(WHY[cause]), "risk_to_do": lambda cause: str(TO_DO[cause])}
