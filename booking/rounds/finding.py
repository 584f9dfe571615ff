"""The applications of a round for its staff: searched, filtered, a page at a time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, func, or_, select
from sqlalchemy.orm import Session, contains_eager

from booking.models import Organisation, Premises, Space
from booking.rounds.models import Application, ApplicationState, Round, RoundHours, Section, SectionOption
from booking.rounds.whole_sections import whole

ON_A_PAGE = 50


@dataclass(frozen=True, slots=True)
class Sought:
    """What is looked for: a part of the name of the group or organisation; state, class, ref of premises wished, ref of
    an organisation; late ones only. Empty means any."""

    q: str = ""
    state: str = ApplicationState.SENT.value
    priority_class: str = ""
    premises: str = ""
    organisation: str = ""
    late: bool = False
    page: int = 1


@dataclass(frozen=True, slots=True)
class FoundPage:
    """One page of sections, by organisation; how many there are in all, and of how many applications."""

    rows: Sequence[Section]
    total: int
    applications: int
    page: int
    pages: int


def found(session: Session, round_: Round, sought: Sought) -> FoundPage:
    """The page asked for, or the last one there is."""
    counted = select(func.count(Section.id), func.count(Application.id.distinct()))
    total, applications = session.execute(_matching(counted, round_, sought)).one()
    pages = max(1, -(-total // ON_A_PAGE))
    page = min(max(1, sought.page), pages)
    rows = _ordered(round_, sought).offset((page - 1) * ON_A_PAGE).limit(ON_A_PAGE)
    return FoundPage(whole(session, list(session.scalars(rows))), total, applications, page, pages)


def every(session: Session, round_: Round, sought: Sought) -> Sequence[Section]:
    """All that is sought, for a file."""
    return whole(session, list(session.scalars(_ordered(round_, sought))))


def _ordered(round_: Round, sought: Sought) -> Select[Any]:
    query = _matching(select(Section), round_, sought).options(contains_eager(Section.application))
    return query.order_by(Organisation.name, Application.id, Section.position, Section.id)


def _matching(query: Any, round_: Round, sought: Sought) -> Select[Any]:
    joint: Select[Any] = query.select_from(Section).join(Section.application).join(Application.organisation)
    return joint.where(Application.round_id == round_.id, _seen_by_staff(), *_where(sought))


def _seen_by_staff() -> ColumnElement[bool]:
    """A draft is its officials' own until it is sent, but for those that staff filed itself."""
    return or_(Application.state != ApplicationState.DRAFT.value, Application.on_behalf)


def _where(sought: Sought) -> list[ColumnElement[bool]]:
    wanted: list[ColumnElement[bool]] = []
    if sought.q:
        names = (Section.name, Organisation.name)
        wanted.append(or_(*(name.icontains(sought.q, autoescape=True) for name in names)))
    if sought.state:
        wanted.append(Application.state == sought.state)
    if sought.priority_class:
        wanted.append(Section.priority_class == sought.priority_class)
    if sought.organisation:
        wanted.append(Organisation.ref == sought.organisation)
    if sought.late:
        wanted.append(Application.late.is_(True))
    if sought.premises:
        wanted.append(Section.id.in_(_wishing(sought.premises)))
    return wanted


def _wishing(ref: str) -> Select[Any]:
    """The sections that wish a space of these premises, or the premises as such."""
    house = select(Premises.id).where(Premises.ref == ref).scalar_subquery()
    inside = select(Space.id).where(Space.premises_id == house)
    wished = or_(SectionOption.premises_id == house, SectionOption.space_id.in_(inside))
    return select(SectionOption.section_id).where(wished)


def classes(session: Session, round_: Round) -> list[str]:
    """The classes that sections of the round have been put into."""
    query = select(Section.priority_class).join(Application).where(Application.round_id == round_.id)
    return sorted(one for one in session.scalars(query.distinct()) if one)


def premises_in(session: Session, round_: Round) -> list[Premises]:
    """The premises with hours in the round, by name."""
    houses = select(Space.premises_id).join(RoundHours).where(RoundHours.round_id == round_.id)
    return list(session.scalars(select(Premises).where(Premises.id.in_(houses)).order_by(Premises.name_fi)))
