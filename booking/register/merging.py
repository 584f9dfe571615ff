"""Merging two entries that are one organisation: everything moves to the one that stays, and the other leads there."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy import ColumnElement, func, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from booking.acts import Act, ActKind, tell
from booking.ids import PersonId
from booking.models import OCCUPYING, Booking, Group, Occurrence, Organisation, OrganisationKind, RoleGrant
from booking.refusals import BadInput, NotNow

FILLED = ("domicile", "purpose", "purposes", "members_total", "members_under_18", "members_resident", "registered_on")
NUMBERS = ("registration_number", "business_id")


@dataclass(frozen=True, slots=True)
class Moves:
    """How many rows of a table go over. `stay`: those that cannot, as a report of a year that the other has too."""

    table: str
    rows: int
    stay: int = 0


@dataclass(frozen=True, slots=True)
class Preview:
    """What merging would do. `two_numbers`: both have a number in the same register, and not the same one."""

    moves: tuple[Moves, ...]
    fills: tuple[str, ...]
    two_numbers: bool


def preview(session: Session, gone: Organisation, stays: Organisation) -> Preview:
    """Nothing is changed. Raises BadInput, NotNow as `merge` would."""
    _check(gone, stays)
    counts: dict[str, int] = {}
    for table, column in _pointing(session):
        count = session.scalar(select(func.count()).select_from(table).where(column == gone.id)) or 0
        counts[table.name] = counts.get(table.name, 0) + count
    moves = tuple(Moves(name, count) for name, count in sorted(counts.items()) if count)
    return Preview(moves, tuple(_fills(gone, stays)), two_numbers(gone, stays))


def two_numbers(gone: Organisation, stays: Organisation) -> bool:
    """Whether they stand under different numbers in one register."""
    pairs = [(getattr(gone, name), getattr(stays, name)) for name in NUMBERS]
    return any(first and second and first != second for first, second in pairs)


def merge(
    session: Session, gone: Organisation, stays: Organisation, *, sure: bool, by: PersonId, now: datetime
) -> tuple[Moves, ...]:
    """Move everything that belongs to `gone` to `stays`; `gone` remains and leads on.

    Raises BadInput for itself, for private persons, and for two different live numbers unless `sure`; NotNow when one
    of them was merged before."""
    _check(gone, stays)
    if two_numbers(gone, stays) and not sure:
        raise BadInput(field="sure", problem="two_numbers")
    filled = _fill(session, gone, stays)
    _rename_groups(session, gone, stays)
    moves = _moved(session, gone, stays)
    gone.merged_into_id = stays.id
    session.flush()
    session.expire_all()
    _tell(session, gone, stays, moves, filled, by, now)
    return moves


def _check(gone: Organisation, stays: Organisation) -> None:
    if gone.id == stays.id:
        raise BadInput(field="other", problem="itself")
    if OrganisationKind.PERSON in (gone.kind, stays.kind):
        raise BadInput(field="other", problem="private")
    if gone.merged_into_id is not None or stays.merged_into_id is not None:
        raise NotNow(state="merged")


def _fills(gone: Organisation, stays: Organisation) -> Iterator[str]:
    for name in (*FILLED, *NUMBERS):
        if getattr(stays, name) in (None, "", []) and getattr(gone, name) not in (None, "", []):
            yield name
    if set(gone.facts) - set(stays.facts):
        yield "facts"


def _fill(session: Session, gone: Organisation, stays: Organisation) -> list[str]:
    """What the one that stays does not know it takes from the other; a number stands only once in the register."""
    names = list(_fills(gone, stays))
    values = {name: getattr(gone, name) for name in names if name != "facts"}
    for name in NUMBERS:
        if name in values:
            setattr(gone, name, None)
    session.flush()
    for name, value in values.items():
        if not name.startswith("members_under") and name != "members_resident":
            setattr(stays, name, value)
    for name in ("members_under_18", "members_resident"):
        if name in values and stays.members_total is not None and values[name] <= stays.members_total:
            setattr(stays, name, values[name])
    stays.facts = {**gone.facts, **stays.facts}
    session.flush()
    return names


def _rename_groups(session: Session, gone: Organisation, stays: Organisation) -> None:
    """Two teams of one name stay two: the one that comes over is called after its old organisation."""
    taken = set(session.scalars(select(Group.name).where(Group.organisation_id == stays.id)))
    for group in session.scalars(select(Group).where(Group.organisation_id == gone.id)):
        if group.name in taken:
            group.name = f"{group.name} ({gone.name})"
    session.flush()


def _moved(session: Session, gone: Organisation, stays: Organisation) -> tuple[Moves, ...]:
    found: dict[str, Moves] = {}
    for table, column in _pointing(session):
        one = _move(session, table, column, gone, stays)
        other = found.get(table.name, Moves(table.name, 0))
        found[table.name] = Moves(table.name, one.rows + other.rows, one.stay + other.stay)
    return tuple(one for _name, one in sorted(found.items()) if one.rows or one.stay)


def _move(
    session: Session, table: sa.TableClause, column: ColumnElement[int], gone: Organisation, stays: Organisation
) -> Moves:
    ids = list(session.scalars(select(table.c.id).where(column == gone.id)))
    stay = sum(not _moves(session, table, column, row, stays) for row in ids)
    return Moves(table.name, len(ids) - stay, stay)


def _moves(session: Session, table: sa.TableClause, column: ColumnElement[int], row: int, stays: Organisation) -> bool:
    """Whether the row could go over: the database refuses what the other has already."""
    try:
        with session.begin_nested():
            session.execute(update(table).where(table.c.id == row).values({column.key: stays.id}))
    except IntegrityError:
        return False
    return True


def _pointing(session: Session) -> list[tuple[sa.TableClause, ColumnElement[int]]]:
    """Every column of the database that points at an organisation: nothing that is added later is forgotten."""
    seen = sa.inspect(session.connection())
    columns = [
        (name, key["constrained_columns"][0])
        for name in sorted(seen.get_table_names())
        for key in seen.get_foreign_keys(name)
        if key["referred_table"] == "organisation"
    ]
    tables = [(sa.table(name, sa.column("id"), sa.column(column)), column) for name, column in columns]
    return [(table, table.c[column]) for table, column in tables]


def _tell(
    session: Session,
    gone: Organisation,
    stays: Organisation,
    moves: tuple[Moves, ...],
    filled: list[str],
    by: PersonId,
    now: datetime,
) -> None:
    """The act names what moved; doors learn of it by the times to come and the people with roles."""
    ahead = select(Occurrence.id).join(Booking, Booking.id == Occurrence.booking_id)
    ahead = ahead.where(Booking.organisation_id == stays.id, Occurrence.ends_at > now, Occurrence.state.in_(OCCUPYING))
    people = session.scalars(select(RoleGrant.person_id).where(RoleGrant.organisation_id == stays.id).distinct())
    body = {"into": stays.ref, "moved": {one.table: one.rows for one in moves if one.rows}, "filled": filled}
    body |= {"stayed": {one.table: one.stay for one in moves if one.stay}}
    act = Act(ActKind.ORGANISATION_MERGED, now, by, gone.ref, body, None, tuple(people), tuple(session.scalars(ahead)))
    tell(session, act)


def survivor(session: Session, row: Organisation) -> Organisation:
    """Where an entry leads: itself unless merged, then the one that holds everything now."""
    while row.merged_into_id is not None:
        row = session.get_one(Organisation, row.merged_into_id)
    return row
