"""What leads on from the page of a round, for whom. Writers of pages of rounds add theirs to LINKS.

An endpoint takes `round_ref`; one that is not there (yet) is left out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from flask import current_app, g, url_for
from flask_babel import lazy_gettext as _l

from booking.roles import Role
from booking.rounds.listing import takes_applications
from booking.rounds.models import Round, RoundState
from booking.rounds.staff import runs_round, sees_round
from web.auth import organisations
from web.clock import now

Allowed = Callable[[Round], bool]


def everybody(_round: Round) -> bool:
    return True


def runs(round_: Round) -> bool:
    """Who runs the round."""
    return runs_round(g.grants, round_)


def runs_draft(round_: Round) -> bool:
    return round_.state == RoundState.DRAFT and runs(round_)


def runs_published(round_: Round) -> bool:
    """Who runs a round that is out and not over."""
    return round_.state not in (RoundState.DRAFT, RoundState.CLOSED) and runs(round_)


def runs_before_allocating(round_: Round) -> bool:
    """Who runs a round whose hours can still be added to."""
    return round_.state in (RoundState.DRAFT, RoundState.PUBLISHED) and runs(round_)


def sees(round_: Round) -> bool:
    """Who looks behind the public page."""
    return sees_round(g.grants, round_)


def sees_published(round_: Round) -> bool:
    """Who looks behind the public page of a round that is out."""
    return round_.state != RoundState.DRAFT and sees(round_)


def runs_decided(round_: Round) -> bool:
    return round_.state in (RoundState.PROPOSED, RoundState.DECIDED) and runs(round_)


def applies(round_: Round) -> bool:
    """Who acts for an organisation, while applications come in."""
    mine = organisations(Role.SECRETARY, Role.BOOKER) if g.grants else []
    return bool(mine) and takes_applications(round_, now())


@dataclass(frozen=True, slots=True)
class RoundLink:
    """`strong`: what this page is opened for most, as a button of its own."""

    endpoint: str
    text: Any
    allowed: Allowed
    strong: bool = False


def decided(round_: Round) -> bool:
    return round_.state in (RoundState.DECIDED, RoundState.CLOSED)


def sees_decided(round_: Round) -> bool:
    return decided(round_) and sees(round_)


LINKS: list[RoundLink] = [
    RoundLink("applications.apply", _l("Apply"), applies, strong=True),
    RoundLink("rounds.criteria", _l("How times are granted"), everybody),
    RoundLink("round_setup.settings", _l("Settings"), runs_draft),
    RoundLink("round_hours.listed", _l("Bookable hours"), runs_before_allocating),
    RoundLink("round_quotas.listed", _l("Quotas"), runs_draft),
    RoundLink("round_publishing.check", _l("Check and publish"), runs_draft, strong=True),
    RoundLink("round_publishing.days", _l("Deadlines and draw"), runs_published),
    RoundLink("round_publishing.closing", _l("Close with nothing granted"), runs_published),
    RoundLink("round_applications.show", _l("Applications"), sees),
    RoundLink("round_classes.listed", _l("Classes of the groups"), sees_published),
    RoundLink("scenarios.listed", _l("Allocations"), sees_published),
    RoundLink("proposals.show", _l("Proposals and answers"), sees_published),
    RoundLink("round_decisions.show", _l("Decision"), sees_published),
    RoundLink("round_calendar.show", _l("Into the calendar"), sees_decided),
    RoundLink("round_undo.show", _l("Undo"), runs_decided),
    RoundLink("round_waiting.show", _l("Waiting list"), sees_decided),
]


def shown(round_: Round, links: Iterable[RoundLink] | None = None) -> list[dict[str, Any]]:
    """The links this person may follow, in order."""
    return [
        {"text": link.text, "url": url_for(link.endpoint, round_ref=round_.ref), "strong": link.strong}
        for link in (LINKS if links is None else links)
        if link.endpoint in current_app.view_functions and link.allowed(round_)
    ]
