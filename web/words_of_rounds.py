"""Names of the phases of rounds, and other words of their pages. Writers of pages of rounds add theirs."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _l

from booking.rounds.listing import Phase

PHASES: dict[str, Any] = {
    Phase.DRAFT: _l("draft"),
    Phase.COMING: _l("not yet open"),
    Phase.OPEN: _l("open for applications"),
    Phase.LATE: _l("late applications only"),
    Phase.OVER: _l("being allocated"),
    Phase.PROPOSED: _l("proposed to the applicants"),
    Phase.DECIDED: _l("decided"),
    Phase.CLOSED: _l("closed"),
}
LOOKS = {"draft": "waiting", "coming": "waiting", "open": "ok", "late": "waiting", "decided": "ok", "closed": "ended"}


def phase_word(phase: str) -> str:
    return str(PHASES[phase])


def phase_look(phase: str) -> str:
    """How a phase is marked."""
    return LOOKS.get(phase, "waiting")


FILTERS = {"round_phase": phase_word, "round_phase_look": phase_look}
