"""Many sections with all that hangs on them, loaded in a few queries: for files, lists and the solver."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from typing import Any, TypeVar

from sqlalchemy import Select, select
from sqlalchemy.orm import Session
from sqlalchemy.orm.attributes import set_committed_value

from booking.models import Group, Organisation, Person, Premises, Space
from booking.rounds.ids import SectionId
from booking.rounds.models import Application, Section, SectionOption, SectionWindow

Row = TypeVar("Row")


def whole(session: Session, sections: Sequence[Section]) -> Sequence[Section]:
    """The sections, which come with their applications, with organisation, contact and group, windows, and options with
    spaces and premises loaded."""
    ids = select(Section.id).where(Section.application_id.in_({one.application_id for one in sections}))
    windows, options = _windows(session, ids), _options(session, ids)
    groups = _by_id(session, Group, {one.group_id for one in sections})
    for one in sections:
        set_committed_value(one, "windows", windows[one.id])
        set_committed_value(one, "options", options[one.id])
        set_committed_value(one, "group", groups.get(one.group_id))
    _applications(session, list({one.application_id: one.application for one in sections}.values()))
    return sections


def _windows(session: Session, ids: Select[Any]) -> dict[SectionId, list[SectionWindow]]:
    query = select(SectionWindow).where(SectionWindow.section_id.in_(ids))
    made = defaultdict(list)
    for row in session.scalars(query.order_by(SectionWindow.weekday, SectionWindow.start_min)):
        made[row.section_id].append(row)
    return made


def _options(session: Session, ids: Select[Any]) -> dict[SectionId, list[SectionOption]]:
    query = select(SectionOption).where(SectionOption.section_id.in_(ids)).order_by(SectionOption.rank)
    rows = list(session.scalars(query))
    spaces = _by_id(session, Space, {row.space_id for row in rows})
    houses = {row.premises_id for row in rows} | {space.premises_id for space in spaces.values()}
    premises = _by_id(session, Premises, houses)
    for space in spaces.values():
        set_committed_value(space, "premises", premises[space.premises_id])
    made = defaultdict(list)
    for row in rows:
        set_committed_value(row, "space", spaces.get(row.space_id))
        set_committed_value(row, "premises", premises.get(row.premises_id))
        made[row.section_id].append(row)
    return made


def _applications(session: Session, rows: Sequence[Application]) -> None:
    whose = _by_id(session, Organisation, {row.organisation_id for row in rows})
    contacts = _by_id(session, Person, {row.contact_id for row in rows})
    for row in rows:
        set_committed_value(row, "organisation", whose[row.organisation_id])
        set_committed_value(row, "contact", contacts[row.contact_id])


def _by_id(session: Session, kind: type[Row], ids: Collection[Any]) -> dict[Any, Row]:
    """The rows of a table with these ids; a table is read in parts that no database finds too long."""
    wanted = sorted(one for one in ids if one is not None)
    made: dict[Any, Row] = {}
    table: Any = kind
    for n in range(0, len(wanted), 500):
        made |= {row.id: row for row in session.scalars(select(table).where(table.id.in_(wanted[n : n + 500])))}
    return made
