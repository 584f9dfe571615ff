"""Premises, their spaces, opening hours, terms and closed days: reading them and changing them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import delete, func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, joinedload

from booking.acts import Act, ActKind, tell
from booking.availability import Tree
from booking.bookings import tell_of
from booking.core.opening import day_span
from booking.core.span import Span
from booking.db import constraint
from booking.ids import PersonId, PremisesId, SpaceId
from booking.models import (
    OCCUPYING,
    Booking,
    ClosedDays,
    Occupancy,
    Occurrence,
    OccurrenceState,
    OpeningHours,
    Organisation,
    Premises,
    Space,
    Supervision,
    Term,
)
from booking.occupying import keep_tree, lock, occupy, vacate
from booking.refusals import BadInput, NotFound, SpaceUnderItself
from booking.rulebooks import words

_TABLES: Mapping[str, type[Organisation | Premises | Space]] = {
    "owner_id": Organisation,
    "operator_id": Organisation,
    "manager_id": Organisation,
    "premises_id": Premises,
    "parent_id": Space,
}


def premises_of(session: Session, ref: str) -> Premises:
    """The premises with owner, operator and manager loaded. Raises NotFound."""
    found = session.scalar(
        select(Premises)
        .where(Premises.ref == ref)
        .options(joinedload(Premises.owner), joinedload(Premises.operator), joinedload(Premises.manager))
    )
    if found is None:
        raise NotFound(what="premises")
    return found


def all_premises(session: Session) -> list[Premises]:
    """Every premises in order of Finnish name."""
    return list(session.scalars(select(Premises).order_by(Premises.name_fi)))


def space_by_ref(session: Session, ref: str) -> Space:
    """The space with its premises loaded. Raises NotFound."""
    found = session.scalar(select(Space).where(Space.ref == ref).options(joinedload(Space.premises)))
    if found is None:
        raise NotFound(what="space")
    return found


def all_spaces(session: Session, premises: Sequence[PremisesId] | None = None) -> list[Space]:
    """The spaces with premises loaded, by premises, then each whole before its parts (None: of all premises)."""
    query = select(Space).join(Premises).options(joinedload(Space.premises)).order_by(Premises.name_fi, Premises.id)
    if premises is not None:
        query = query.where(Space.premises_id.in_(premises))
    spaces = list(session.scalars(query))
    by_id = {space.id: space for space in spaces}

    def path(space: Space) -> list[tuple[int, SpaceId]]:
        above = path(by_id[space.parent_id]) if space.parent_id in by_id else []
        return [*above, (space.position, space.id)]

    order = {place: n for n, place in enumerate(dict.fromkeys(space.premises_id for space in spaces))}
    return sorted(spaces, key=lambda space: (order[space.premises_id], path(space)))


def add_premises(session: Session, values: Mapping[str, Any], *, by: PersonId, now: datetime) -> Premises:
    """A new premises from column values. Raises BadInput for an unknown kind or zone."""
    _check_premises(values)
    row = Premises(**values)
    session.add(row)
    session.flush()
    _tell(session, ActKind.PREMISES_CHANGED, row.ref, {"added": _plain(session, values)}, row.id, by, now)
    return row


def change_premises(session: Session, row: Premises, values: Mapping[str, Any], *, by: PersonId, now: datetime) -> None:
    """Change columns of a premises. Raises BadInput for an unknown kind or zone; nothing is then changed."""
    _check_premises(values)
    _tell(session, ActKind.PREMISES_CHANGED, row.ref, _changes(session, row, values), row.id, by, now)
    session.flush()


def add_space(session: Session, values: Mapping[str, Any], *, by: PersonId, now: datetime) -> Space:
    """A new space from column values, perhaps below another: the bookings that hold all of that hold it from now on.

    Raises SpaceUnderItself, BadInput for lengths that make no sense."""
    _check_space(values)
    keep_tree(session, values["premises_id"], to_change=True)
    with session.no_autoflush:
        moved = _holding(session, values.get("parent_id"))
        vacate(session, moved)
    row = Space(**values)
    session.add(row)
    _flush_tree(session)
    for occurrence in moved:
        occupy(session, occurrence, now)
    _tell(session, ActKind.SPACE_CHANGED, row.ref, {"added": _plain(session, values)}, row.premises_id, by, now)
    return row


def change_space(session: Session, row: Space, values: Mapping[str, Any], *, by: PersonId, now: datetime) -> None:
    """Change columns of a space; bookings keep the set-up and turnaround they were made with.

    Raises SpaceUnderItself, BadInput; a space that is booked, wholly or in part, keeps its place in the tree. Bookings
    of what it comes below hold it from now on."""
    _check_space(values)
    if "parent_id" in values:
        keep_tree(session, row.premises_id, to_change=True)
    moved = _moved_below(session, row, values["parent_id"]) if "parent_id" in values else []
    vacate(session, moved)
    _tell(session, ActKind.SPACE_CHANGED, row.ref, _changes(session, row, values), row.premises_id, by, now)
    _flush_tree(session)
    for occurrence in moved:
        occupy(session, occurrence, now)


def set_hours(
    session: Session,
    place: Premises,
    hours: Sequence[tuple[int, int, int]],
    *,
    by: PersonId,
    now: datetime,
    space: Space | None = None,
) -> None:
    """Replace the weekly hours of the premises or of one space by (weekday, opens_min, closes_min) rows.

    Raises BadInput naming the weekday whose minutes make no sense."""
    for weekday, opens, closes in hours:
        if not 0 <= weekday <= 6 or not 0 <= opens < 1440 or not opens < closes <= opens + 1440:
            raise BadInput(field="hours", problem="minutes", weekday=weekday)
    space_id = space.id if space else None
    session.execute(
        delete(OpeningHours).where(
            OpeningHours.premises_id == place.id, OpeningHours.space_id.is_not_distinct_from(space_id)
        )
    )
    session.add_all(
        OpeningHours(premises_id=place.id, space_id=space_id, weekday=day, opens_min=opens, closes_min=closes)
        for day, opens, closes in hours
    )
    session.flush()
    body = {"hours": [list(row) for row in hours], "space": space.ref if space else None}
    _tell(session, ActKind.HOURS_CHANGED, place.ref, body, place.id, by, now)


def add_term(
    session: Session,
    place: Premises,
    *,
    first_on: date,
    last_on: date,
    names: tuple[str, str, str],
    supervision: Supervision,
    source: str,
    by: PersonId,
    now: datetime,
) -> Term:
    """A period in which the premises can be booked, both days inclusive. Raises BadInput for days in wrong order."""
    _check_days(first_on, last_on)
    row = Term(
        premises_id=place.id,
        first_on=first_on,
        last_on=last_on,
        name_fi=names[0],
        name_sv=names[1],
        name_en=names[2],
        supervision=supervision.value,
        source=source,
    )
    session.add(row)
    session.flush()
    body = {"term": [first_on.isoformat(), last_on.isoformat()], "supervision": supervision.value, "source": source}
    _tell(session, ActKind.HOURS_CHANGED, place.ref, body, place.id, by, now)
    return row


def displaced_by(
    session: Session,
    place: Premises,
    first_on: date,
    last_on: date,
    *,
    space: Space | None,
    now: datetime,
    supervision: Supervision = Supervision.ALL,
) -> list[Occurrence]:
    """The booked times to come that closed days would displace, in order of time."""
    _check_days(first_on, last_on)
    zone = ZoneInfo(place.zone)
    days = Span(day_span(first_on, zone).starts_at, day_span(last_on, zone).ends_at)
    query = (
        select(Occurrence)
        .join(Space, Space.id == Occurrence.space_id)
        .where(Space.premises_id == place.id, Occurrence.state.in_(OCCUPYING), Occurrence.starts_at > now)
        .where(Occurrence.starts_at < days.ends_at, Occurrence.ends_at > days.starts_at)
        .options(
            joinedload(Occurrence.space).joinedload(Space.premises),
            joinedload(Occurrence.booking).joinedload(Booking.organisation),
            joinedload(Occurrence.booking).joinedload(Booking.holder),
        )
        .order_by(Occurrence.starts_at)
    )
    if supervision is not Supervision.ALL:
        query = query.where(Space.supervised == (supervision is Supervision.SUPERVISED))
    rows = list(session.scalars(query))
    if space is None:
        return rows
    tree = Tree(session, [place.id])
    ours = set(tree.atoms(space.id))
    return [row for row in rows if ours & set(tree.atoms(row.space_id))]


def close_days(
    session: Session,
    row: ClosedDays,
    place: Premises,
    *,
    space: Space | None,
    by: PersonId,
    now: datetime,
    keep: Collection[str] = (),
) -> list[Occurrence]:
    """Close whole local days and displace what is booked on them. Returns the displaced times, for letters to go out.

    Times whose refs are in `keep` stay as they are: nobody else can book those days any more.
    Raises BadInput for days in the wrong order or without a name, NotNow when a booking changes in this moment."""
    if not row.name_fi.strip():
        raise BadInput(field="name_fi", problem="empty")
    mode = Supervision(row.supervision or Supervision.ALL)
    # Bookings being made lock their atoms for share (ddl.py): earlier ones are waited for and seen, later ones see us.
    atoms = select(Space.id).where(Space.premises_id == place.id).order_by(Space.id)
    session.execute(atoms.with_for_update(key_share=True))
    met = displaced_by(session, place, row.first_on, row.last_on, space=space, now=now, supervision=mode)
    out = [occurrence for occurrence in met if occurrence.ref not in keep]
    lock(session, out)
    vacate(session, out)
    for occurrence in out:
        occurrence.state, occurrence.reason = OccurrenceState.DISPLACED.value, row.name_fi
        occurrence.hold_until = None
        occurrence.sequence += 1
    session.add(row)
    session.flush()
    body = {"first_on": row.first_on.isoformat(), "last_on": row.last_on.isoformat(), "name": row.name_fi}
    _tell(session, ActKind.CLOSED_DAYS_CHANGED, row.ref, body | {"displaced": len(out)}, place.id, by, now)
    for occurrence in out:
        tell_of(session, ActKind.OCCURRENCE_DISPLACED, occurrence.booking, [occurrence], by, now, closed=row.ref)
    return out


def open_days(session: Session, ref: str, place: Premises, *, by: PersonId, now: datetime) -> None:
    """Take back closed days; displaced times stay displaced. Raises NotFound."""
    row = session.scalar(select(ClosedDays).where(ClosedDays.ref == ref, ClosedDays.premises_id == place.id))
    if row is None:
        raise NotFound(what="closed_days")
    session.delete(row)
    session.flush()
    _tell(session, ActKind.CLOSED_DAYS_CHANGED, ref, {"taken_back": row.name_fi}, place.id, by, now)


def _moved_below(session: Session, row: Space, parent: SpaceId | None) -> list[Occurrence]:
    """The times that must hold the space too once it is below `parent`. Raises BadInput when it has its own."""
    if parent == row.parent_id:
        return []
    atoms = Tree(session, [row.premises_id]).atoms(row.id)
    if session.scalar(select(Occupancy.id).where(Occupancy.atom_id.in_(atoms)).limit(1)) is not None:
        raise BadInput(field="parent", problem="has_bookings")
    return _holding(session, parent)


def _holding(session: Session, space: SpaceId | None) -> list[Occurrence]:
    """The times that hold all of a space: booked as it, or as one above it."""
    place = session.get(Space, space) if space is not None else None
    if place is None:
        return []
    above = Tree(session, [place.premises_id]).above(place.id)
    query = (
        select(Occurrence)
        .where(Occurrence.space_id.in_(above), Occurrence.id.in_(select(Occupancy.occurrence_id)))
        .options(joinedload(Occurrence.space).joinedload(Space.premises))
        .order_by(Occurrence.starts_at, Occurrence.id)
    )
    return list(session.scalars(query))


def _flush_tree(session: Session) -> None:
    try:
        session.flush()
    except IntegrityError as error:
        if constraint(error) in ("space_no_cycle", "space_not_own_parent"):
            raise SpaceUnderItself from error
        raise


def _check_premises(values: Mapping[str, Any]) -> None:
    if "kind" in values and values["kind"] not in words()["premises_kind"]:
        raise BadInput(field="kind", problem="unknown")
    for field in ("name_fi", "address", "contact_name", "municipality"):
        if field in values and not str(values[field]).strip():
            raise BadInput(field=field, problem="empty")
    try:
        ZoneInfo(values.get("zone", "Europe/Helsinki"))
    except (KeyError, ValueError) as error:
        raise BadInput(field="zone", problem="unknown") from error


def _check_space(values: Mapping[str, Any]) -> None:
    if "kind" in values and values["kind"] not in words()["space_kind"]:
        raise BadInput(field="kind", problem="unknown")
    if "name_fi" in values and not str(values["name_fi"]).strip():
        raise BadInput(field="name_fi", problem="empty")
    for field in ("capacity", "setup_min", "turnaround_min", "area_m2", "door_lead_min", "lead_in_min", "lead_out_min"):
        if (values.get(field) or 0) < 0:
            raise BadInput(field=field, problem="negative")
    if not 1 <= values.get("grid_min", 30) <= 1440:
        raise BadInput(field="grid_min", problem="minutes")
    if not 0 < values.get("shortest_min", 30) <= values.get("longest_min", 720):
        raise BadInput(field="shortest_min", problem="order")


def _check_days(first_on: date, last_on: date) -> None:
    if last_on < first_on:
        raise BadInput(field="last_on", problem="order")


def _changes(session: Session, row: Premises | Space, values: Mapping[str, Any]) -> dict[str, Any]:
    """Set the columns and say what changed, from and to."""
    changed = {field: getattr(row, field) for field, value in values.items() if getattr(row, field) != value}
    before, after = _plain(session, changed), _plain(session, {field: values[field] for field in changed})
    for field in changed:
        setattr(row, field, values[field])
    return {"changed": {field: [before[field], after[field]] for field in after}}


def _plain(session: Session, values: Mapping[str, Any]) -> dict[str, Any]:
    """The values as the log hears them: refs in place of row ids."""
    plain = {field: value for field, value in values.items() if isinstance(value, str | int | bool | list | None)}
    return {field.removesuffix("_id"): _told(session, field, value) for field, value in plain.items()}


def _told(session: Session, field: str, value: Any) -> Any:
    table = _TABLES.get(field)
    return value if table is None else session.scalar(select(table.ref).where(table.id == value))


def _tell(
    session: Session,
    kind: ActKind,
    subject: str,
    body: Mapping[str, Any],
    place: PremisesId,
    by: PersonId,
    now: datetime,
) -> None:
    tell(session, Act(kind, now, by, subject, body, place))


def home_municipality(session: Session) -> str:
    """The municipality in which most of the premises lie; "" before there are any."""
    counted = select(Premises.municipality, func.count()).group_by(Premises.municipality)
    found = session.execute(counted.order_by(func.count().desc(), Premises.municipality).limit(1)).first()
    return found[0] if found else ""
