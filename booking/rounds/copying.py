"""Copying: last season's application into this round, or a section beside itself."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.ids import PersonId
from booking.models import Organisation
from booking.rounds.applying import LOADED, add_section, groups_of
from booking.rounds.models import Application, ApplicationState, Round, Section
from booking.rounds.offered import Offered, offered
from booking.rounds.sections import LONGEST_NAME, SectionWish, WindowWish, faults, wish_of


@dataclass(frozen=True, slots=True)
class Left:
    """What of a section could not come along. `what`: window, option, period, equipment, group, or whole."""

    section: str
    what: str
    count: int = 1


def earlier(session: Session, round_: Round, organisation: Organisation) -> list[Application]:
    """The organisation's applications in other rounds that can be copied, the latest first."""
    query = (
        select(Application)
        .join(Round)
        .where(Application.organisation_id == organisation.id, Application.round_id != round_.id)
        .where(Application.state != ApplicationState.DRAFT.value)
        .options(*LOADED)
        .order_by(Round.first_on.desc(), Application.id.desc())
    )
    return [one for one in session.scalars(query) if one.sections]


def copy_application(
    session: Session, source: Application, target: Application, *, by: PersonId, now: datetime
) -> list[Left]:
    """Put the sections of another application behind those of this one, and tell what this round does not offer."""
    round_, groups = offered(session, target.round), groups_of(session, target.organisation_id)
    left: list[Left] = []
    for section in source.sections:
        wish, lost = fitted(wish_of(section, section.group), round_, frozenset(groups))
        left += lost
        if any(not fault.later for fault in faults(wish, round_, groups)):
            left.append(Left(section.name, "whole"))
        else:
            add_section(session, target, wish, by=by, now=now)
    target.copied_from_id = source.id
    session.flush()
    return left


def fitted(wish: SectionWish, round_: Offered, groups: frozenset[str]) -> tuple[SectionWish, list[Left]]:
    """The wish without what the round does not offer, and what that was."""
    grid = round_.round.grid_min
    made = replace(
        wish,
        group=wish.group if wish.group in groups else "",
        options=tuple(one for one in wish.options if round_.known(one)),
        periods=tuple(one for one in wish.periods if one in round_.periods),
        equipment=tuple(one for one in wish.equipment if one in round_.equipment),
        windows=tuple(one for one in wish.windows if _on_grid(one, grid)),
        min_minutes=_rounded(wish.min_minutes, grid),
        max_minutes=_rounded(wish.max_minutes, grid),
    )
    return made, _lost(wish, made)


def _on_grid(window: WindowWish, grid: int) -> bool:
    return window.start_min % grid == 0 and window.end_min % grid == 0


def _rounded(minutes: int, grid: int) -> int:
    """Up to the grid of the round: nobody loses time by copying."""
    return -(-minutes // grid) * grid


def _lost(before: SectionWish, after: SectionWish) -> list[Left]:
    counted = {
        "option": len(before.options) - len(after.options),
        "period": len(before.periods) - len(after.periods),
        "equipment": len(before.equipment) - len(after.equipment),
        "window": len(before.windows) - len(after.windows),
        "group": int(before.group != after.group),
    }
    return [Left(before.name, what, count) for what, count in counted.items() if count]


def copy_section(session: Session, application: Application, row: Section, *, by: PersonId, now: datetime) -> Section:
    """The same section once more, put last. Raises BadInput, NotOpen."""
    taken = {one.name for one in application.sections}
    wish = wish_of(row, row.group)
    return add_section(session, application, replace(wish, name=_free_name(wish.name, taken)), by=by, now=now)


def _free_name(name: str, taken: set[str]) -> str:
    number = next(n for n in range(2, 1000) if f"{name[: LONGEST_NAME - 4]} {n}" not in taken)
    return f"{name[: LONGEST_NAME - 4]} {number}"
