"""Sessions of an organisation's own groups inside its granted times: two levels, one occupancy.

A session is a part of one granted time (or the whole) for one group, with a coach of its own: doors let its people in
during it only (access.wanted). Two sessions of one time never overlap, unless they use different parts of the space.
They stand and fall with their time: moved they move, cancelled they are cancelled, restored they are back.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload
from sqlalchemy.sql.base import ExecutableOption

from booking.acts import Act, ActKind, tell
from booking.availability import Tree
from booking.core.span import NoSuchTime, Span, local
from booking.ids import OrganisationId, PersonId, SpaceId, new_ref
from booking.models import Booking, Group, Occurrence, OccurrenceState, Person, RoleGrant, Space
from booking.occupying import lock
from booking.practice import practice
from booking.refusals import BadInput, NotAllowed, NotFound, NotNow, SpaceTaken
from booking.roles import OF_ORGANISATION, in_force
from booking.rounds.grants import ahead_of, day_of, organisation_of, times_of
from booking.rounds.plan_models import SlotGrant
from booking.rounds.season_models import GroupSession


@dataclass(frozen=True, slots=True)
class SessionWish:
    """When a group would use granted times: local minutes of day, on all dates between two local days that are in every
    n-th week from the first. `part`: a part of the granted space, None for the whole."""

    group: Group
    coach: PersonId
    first_on: date
    last_on: date
    start_min: int
    end_min: int
    every_weeks: int = 1
    part: Space | None = None


@dataclass(frozen=True, slots=True)
class Planned:
    """A granted time with the session it would get; `problem`: outside (of its time) or taken (by another group)."""

    row: Occurrence
    span: Span | None
    problem: str = ""


def plan(session: Session, grant: SlotGrant, wish: SessionWish, now: datetime) -> list[Planned]:
    """What would become of each granted time the wish reaches. Nothing is changed. Raises NotAllowed for a group of
    another organisation, BadInput."""
    _check(session, grant, wish, now)
    rows = [row for row in ahead_of(times_of(session, grant), now) if _reached(row, wish)]
    there = _standing(session, rows)
    tree = Tree(session, [grant.space.premises_id])
    return [_planned(row, wish, [one for one in there if one.occurrence_id == row.id], tree) for row in rows]


def set_sessions(
    session: Session, grant: SlotGrant, wish: SessionWish, *, by: PersonId, now: datetime
) -> list[GroupSession]:
    """Set the session on every date of the wish where it fits. Raises what `plan` raises, BadInput when it reaches no
    granted time or fits into none, SpaceTaken when other groups have them all."""
    rows = [row for row in ahead_of(times_of(session, grant), now) if _reached(row, wish)]
    lock(session, rows)  # of two secretaries the second one sees what the first set
    found = plan(session, grant, wish, now)
    fits = [one for one in found if not one.problem]
    if not fits:
        raise _no_room(found)
    series = new_ref()
    made = [_session(grant, wish, one, series, by, now) for one in fits]
    session.add_all(made)
    session.flush()
    _tell(session, ActKind.GROUP_SESSION_SET, grant, made, by, now)
    return made


def cancel(
    session: Session, grant: SlotGrant, rows: Sequence[GroupSession], *, by: PersonId, now: datetime, why: str = ""
) -> None:
    """Cancel sessions that are not over; the granted times stay. Raises NotNow for one cancelled or over."""
    for row in rows:
        if row.cancelled_at is not None or row.ends_at <= now:
            raise NotNow(state="cancelled" if row.cancelled_at else "over")
    for row in rows:
        row.cancelled_at, row.cancelled_why = now, why
    session.flush()
    _tell(session, ActKind.GROUP_SESSION_ENDED, grant, rows, by, now)


def fallen(session: Session, now: datetime) -> list[GroupSession]:
    """Sessions whose time was cancelled, once that can no longer be undone: they are cancelled with it. One that had to
    give way may come back with a substitute, and then its sessions do."""
    settled = now - timedelta(minutes=practice("undo_min"))
    query = select(GroupSession).join(Occurrence, Occurrence.id == GroupSession.occurrence_id)
    query = query.where(GroupSession.cancelled_at.is_(None), Occurrence.state == OccurrenceState.CANCELLED.value)
    rows = list(session.scalars(query.where(Occurrence.cancelled_at <= settled).options(*_loaded())))
    for row in rows:
        row.cancelled_at, row.cancelled_why = now, row.occurrence.reason or row.occurrence.state
    session.flush()
    for row in rows:
        grant = session.get_one(SlotGrant, row.grant_id)
        _tell(session, ActKind.GROUP_SESSION_ENDED, grant, [row], None, now)
    return rows


def of_grant(session: Session, grant: SlotGrant, now: datetime) -> list[GroupSession]:
    """The sessions to come inside a grant, in order of time."""
    query = select(GroupSession).where(GroupSession.grant_id == grant.id, GroupSession.cancelled_at.is_(None))
    rows = [row for row in session.scalars(query.options(*_loaded())) if row.stands and row.ends_at > now]
    return sorted(rows, key=lambda row: (row.starts_at, row.id))


def session_of(session: Session, grant: SlotGrant, ref: str) -> GroupSession:
    """One of a grant. Raises NotFound."""
    query = select(GroupSession).where(GroupSession.ref == ref, GroupSession.grant_id == grant.id)
    found = session.scalar(query.options(*_loaded()))
    if found is None:
        raise NotFound(what="session")
    return found


def series_of(session: Session, grant: SlotGrant, row: GroupSession, now: datetime) -> list[GroupSession]:
    """Those set together with this one that are still to come, itself among them."""
    return [one for one in of_grant(session, grant, now) if one.series == row.series and one.starts_at >= row.starts_at]


def coaches(
    session: Session, organisation: OrganisationId, group: Group | None, on: date, at: datetime
) -> list[Person]:
    """Who may answer for a session: who has a role in the organisation, or in this group of it, by name."""
    query = select(RoleGrant).where(RoleGrant.organisation_id == organisation, in_force(on, at))
    rows = session.scalars(query.where(RoleGrant.role.in_(OF_ORGANISATION)).options(joinedload(RoleGrant.person)))
    mine = [row.person for row in rows if row.group_id is None or group is None or row.group_id == group.id]
    return sorted(dict.fromkeys(mine), key=lambda one: (one.name, one.id))


def parts(session: Session, space: Space) -> list[Space]:
    """The parts of a space that a session can be given, in order."""
    tree = Tree(session, [space.premises_id])
    below: list[SpaceId] = [one for one, parent in tree.parent.items() if parent is not None]
    inner = [one for one in below if one != space.id and space.id in tree.above(one)]
    query = select(Space).where(Space.id.in_(inner)).order_by(Space.position, Space.id)
    return list(session.scalars(query))


def _check(session: Session, grant: SlotGrant, wish: SessionWish, now: datetime) -> None:
    whose = organisation_of(grant)
    if wish.group.organisation_id != whose.id:
        raise NotAllowed
    if wish.last_on < wish.first_on:
        raise BadInput(field="last_on", problem="order")
    if wish.end_min <= wish.start_min:
        raise BadInput(field="end", problem="order_of_times")
    if wish.group.ended_on is not None and wish.group.ended_on < wish.last_on:
        raise BadInput(field="group", problem="not_one_of")
    today = now.astimezone(ZoneInfo(grant.space.premises.zone)).date()
    if wish.coach not in {one.id for one in coaches(session, whose.id, wish.group, today, now)}:
        raise BadInput(field="coach", problem="not_one_of")
    if wish.part is not None and wish.part.id not in {one.id for one in parts(session, grant.space)}:
        raise BadInput(field="part", problem="not_one_of")


def _reached(row: Occurrence, wish: SessionWish) -> bool:
    day = day_of(row)
    monday = wish.first_on - timedelta(days=wish.first_on.weekday())
    return wish.first_on <= day <= wish.last_on and (day - monday).days // 7 % wish.every_weeks == 0


def _planned(row: Occurrence, wish: SessionWish, there: Sequence[GroupSession], tree: Tree) -> Planned:
    zone, day = ZoneInfo(row.space.premises.zone), day_of(row)
    try:
        span = Span(local(day, wish.start_min, zone), local(day, wish.end_min, zone))
    except NoSuchTime:
        return Planned(row, None, "outside")
    if span.starts_at < row.starts_at or row.ends_at < span.ends_at:
        return Planned(row, span, "outside")
    where = wish.part.id if wish.part is not None else row.space_id
    clash = any(
        Span(one.starts_at, one.ends_at).overlaps(span) and tree.share(one.space_id or row.space_id, where)
        for one in there
    )
    return Planned(row, span, "taken" if clash else "")


def _standing(session: Session, rows: Sequence[Occurrence]) -> list[GroupSession]:
    mine = GroupSession.occurrence_id.in_([row.id for row in rows]), GroupSession.cancelled_at.is_(None)
    found = session.scalars(select(GroupSession).where(*mine).options(joinedload(GroupSession.occurrence)))
    return [one for one in found if one.stands]


def _no_room(found: Sequence[Planned]) -> Exception:
    if not found:
        return BadInput(field="first_on", problem="no_granted_dates")
    taken = next((one for one in found if one.problem == "taken"), None)
    if taken is None:
        return BadInput(field="start", problem="outside_grant")
    return SpaceTaken(field="start", space=taken.row.space.ref, starts_at=taken.row.starts_at)


def _session(
    grant: SlotGrant, wish: SessionWish, one: Planned, series: str, by: PersonId, now: datetime
) -> GroupSession:
    assert one.span is not None
    from_start = [(at - one.row.starts_at) // timedelta(minutes=1) for at in (one.span.starts_at, one.span.ends_at)]
    return GroupSession(
        grant_id=grant.id,
        occurrence_id=one.row.id,
        occurrence=one.row,
        group_id=wish.group.id,
        group=wish.group,
        coach_id=wish.coach,
        space_id=wish.part.id if wish.part is not None else None,
        starts_min=from_start[0],
        ends_min=from_start[1],
        series=series,
        made_by=by,
        made_at=now,
    )


def _tell(
    session: Session,
    kind: ActKind,
    grant: SlotGrant,
    rows: Sequence[GroupSession],
    by: PersonId | None,
    now: datetime,
) -> None:
    times = [
        {"session": one.ref, "group": one.group.ref, "starts_at": one.starts_at, "ends_at": one.ends_at} for one in rows
    ]
    persons = tuple({one.coach_id for one in rows} | ({by} if by is not None else set()))
    space = session.get_one(Space, grant.space_id)
    occurrences = tuple({one.occurrence_id for one in rows})
    tell(session, Act(kind, now, by, grant.ref, {"sessions": times}, space.premises_id, persons, occurrences))


def _loaded() -> list[ExecutableOption]:
    occurrence = joinedload(GroupSession.occurrence)
    return [
        occurrence.joinedload(Occurrence.space).joinedload(Space.premises),
        occurrence.joinedload(Occurrence.booking).joinedload(Booking.organisation),
        joinedload(GroupSession.group),
        joinedload(GroupSession.coach),
        joinedload(GroupSession.space),
    ]
