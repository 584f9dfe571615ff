"""Names of the states and steps of versions and trials, for people."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _l

from booking.rulemaking.models import TrialState
from booking.versions.models import StepKind, VersionState

STATES: dict[str, Any] = {
    VersionState.DRAFT: _l("draft"),
    VersionState.IN_REVIEW: _l("in review"),
    VersionState.APPROVED: _l("approved"),
    VersionState.REJECTED: _l("turned down"),
    VersionState.WITHDRAWN: _l("withdrawn"),
}
STEPS: dict[str, Any] = {
    StepKind.MADE: _l("Begun"),
    StepKind.CHANGED: _l("Changed"),
    StepKind.SENT: _l("Sent to review"),
    StepKind.SENT_BACK: _l("Sent back to be changed"),
    StepKind.APPROVED: _l("Approved"),
    StepKind.REJECTED: _l("Turned down"),
    StepKind.WITHDRAWN: _l("Withdrawn"),
    StepKind.DISCLOSED: _l("Said to be disqualified"),
    StepKind.STOPPED: _l("Kept from deciding"),
}
STOPS: dict[str, Any] = {
    "own": _l("You wrote a part of this yourself, so a second person must decide. Your try has been noted."),
    "disclosed": _l("You have said that you are disqualified, so somebody else must decide. Your try has been noted."),
    "role": _l(
        "You act for %(organisations)s, which this change concerns, so somebody else must decide. "
        "Your try has been noted."
    ),
}
TRIAL_STATES: dict[str, Any] = {
    TrialState.QUEUED: _l("waits for its turn"),
    TrialState.RUNNING: _l("running"),
    TrialState.DONE: _l("done"),
    TrialState.CANCELLED: _l("stopped: what was counted so far"),
    TrialState.FAILED: _l("failed"),
}
LOOKS = {"draft": "waiting", "in_review": "waiting", "approved": "ok", "running": "waiting", "done": "ok"}


def state_word(state: str) -> str:
    return str(STATES.get(state) or TRIAL_STATES.get(state) or state)


def step_word(kind: str) -> str:
    return str(STEPS.get(kind, kind))


def look(state: str) -> str:
    """How a state is marked."""
    return LOOKS.get(state, "ended")
