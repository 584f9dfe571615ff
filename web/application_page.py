"""What the page of an application shows, read once."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cache
from typing import Any

from flask import flash
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from booking.rounds import applying, asking, checking
from booking.rounds.applying import Intake, intake
from booking.rounds.copying import Left
from booking.rounds.models import Application, ApplicationState, RoundState, Section
from booking.rounds.offered import Offered, offered
from booking.rounds.rivals import Rivals, rivals
from booking.rounds.sections import wish_of
from web import application_access as access
from web import words_of_applying as words
from web.clock import now

Hints = list[tuple[str, bool]]  # sentences, each with whether nothing can be granted as it is
MOST_HINTED = 30  # more sections than this show their hints on their own pages only


def values(db: Session, application: Application) -> dict[str, Any]:
    """Everything for applications/show.html."""
    round_ = offered(db, application.round)
    state = intake(application.round, now())
    return {
        "row": application,
        **groups(db, application, round_),
        **acts(application, state),
        "asked": words.asking_said(asking.asking(db, application, now())) if application.sections else [],
        "own": access.is_own(application),
        "officials": access.officials(db, application),
        "will_be_late": state is Intake.LATE and not application.late,
        "until": application.round.late_until_at if state is Intake.LATE else application.round.apply_to_at,
    }


def groups(db: Session, application: Application, round_: Offered) -> dict[str, Any]:
    """The sections, for those who can change them with hints and with what stands against sending."""
    may = access.open_now(application)
    lacking = applying.lacking(db, application, round_) if may else {}
    hints = said(db, application, round_) if may else {}
    sections = [(one, hints.get(one.ref, []), lacking.get(one.ref, [])) for one in application.sections]
    return {"may": may, "lacking": bool(lacking), "sections": sections}


def acts(application: Application, state: Intake) -> dict[str, bool]:
    """What this person can do with the whole of it."""
    edits = access.edits(application)
    again = application.state == ApplicationState.WITHDRAWN and state in (Intake.OPEN, Intake.LATE)
    changed = application.sent_at is not None and application.changed_at > application.sent_at
    return {
        "edits": edits,
        "may_withdraw": edits and withdrawable(application),
        "may_again": edits and again,
        "changed": changed,
    }


def withdrawable(application: Application) -> bool:
    return application.state == ApplicationState.SENT and application.round.state == RoundState.PUBLISHED


def said(db: Session, application: Application, round_: Offered) -> dict[str, Hints]:
    """The hints for each section by its ref."""
    if len(application.sections) > MOST_HINTED:
        return {}

    @cache
    def others_of(known: str | None) -> Rivals:
        return rivals(db, round_, organisation=application.organisation_id, priority_class=known)

    return {one.ref: hinted(application, one, round_, others_of) for one in application.sections}


def hinted(
    application: Application, section: Section, round_: Offered, rivals_of: Callable[[str | None], Rivals]
) -> Hints:
    others = [one for one in application.sections if one is not section]
    wish = wish_of(section, section.group)
    found = checking.hints(round_, wish, lambda: rivals_of(section.priority_class), others=others)
    return [(words.hint_said(one, round_), one.stops) for one in found]


def tell_left(left: Iterable[Left]) -> None:
    """Say on the next page what could not be copied."""
    lost = [words.left_said(one) for one in left]
    if lost:
        flash(_("Copied, without these: %(list)s.", list="; ".join(lost)), "warning")
    else:
        flash(_("Copied."), "success")
