"""The confirmed occurrences that doors must know of: those of today and within the push horizon."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import Row, Select, or_, select
from sqlalchemy.orm import Session, joinedload

from access.code_models import StandIn
from access.practice import practice
from access.wanted import Inner, KeyHolder, Substitute, Use
from booking.acts import Act, ActKind
from booking.core.rules.access import Who
from booking.core.span import Span
from booking.door_practice import DoorPractice, practices
from booking.happenings.history import BANS, bans_at
from booking.happenings.models import Sanction
from booking.ids import OccurrenceId, OrganisationId, PersonId, PremisesId
from booking.models import Booking, Occurrence, OccurrenceState, Organisation, Premises, RoleGrant, Space
from booking.roles import Role
from booking.rounds.season_models import GroupSession

_OPENING = (Role.KEY_HOLDER.value, Role.CODE_READER.value)
_BY_PERSON = (ActKind.ROLE_GRANTED, ActKind.ROLE_ENDED)
_BY_PREMISES = (ActKind.DOOR_CHANGED, ActKind.SPACE_CHANGED)
# What may open or shut doors to an organisation by the rulebook's door practice.
_BY_ORGANISATION = (
    ActKind.COMMITMENT_SIGNED,
    ActKind.COMMITMENT_ENDED,
    ActKind.PROOF_CHECKED,
    ActKind.PROOF_REFUSED,
    ActKind.SANCTION_GIVEN,
    ActKind.SANCTION_ENDED,
    ActKind.HAPPENING_DECIDED,
    ActKind.PAYMENT_NOTED,
    ActKind.INVOICE_CREDITED,
    ActKind.DEBT_STEP,
)


Found = Row[Occurrence, Booking, Space, str]
Member = tuple[PersonId, OrganisationId]
End = tuple[date, datetime | None]


def pushed(now: datetime) -> Span:
    """What doors hold: from this day's beginning to the horizon after its end. Whole UTC days, so that lists change
    once a day by the calendar alone, and a right just over says `expired` and not `unknown`."""
    day = now.replace(hour=0, minute=0, second=0, microsecond=0)
    return Span(day, day + timedelta(days=1) + practice().push_horizon)


def uses(session: Session, occurrences: Iterable[OccurrenceId], now: datetime) -> list[Use]:
    """Those of these occurrences that are confirmed and not before today, also those still beyond the horizon."""
    return _uses(session, _confirmed(now).where(Occurrence.id.in_(list(occurrences))), now)


def uses_at(session: Session, premises: PremisesId, now: datetime) -> list[Use]:
    """All of a premises that are confirmed and within the pushed days."""
    soon = Occurrence.starts_at < pushed(now).ends_at
    return _uses(session, _confirmed(now).where(Space.premises_id == premises, soon), now)


def key_holders(session: Session, organisations: Iterable[OrganisationId]) -> list[KeyHolder]:
    """Who carries keys of these organisations, or may have their codes, with their days and instants."""
    query = select(RoleGrant).where(RoleGrant.role.in_(_OPENING))
    rows = session.scalars(query.where(RoleGrant.organisation_id.in_(list(organisations))))
    return [_key_holder(row, row.organisation_id) for row in rows if row.organisation_id]


def _key_holder(row: RoleGrant, organisation: OrganisationId) -> KeyHolder:
    return KeyHolder(
        row.person_id,
        organisation,
        row.first_on,
        row.last_on,
        begins_at=row.begins_at,
        ended_at=row.ended_at,
        group=row.group_id,
        codes_only=row.role == Role.CODE_READER,
    )


def occurrences_of_person(session: Session, person: PersonId, now: datetime) -> tuple[OccurrenceId, ...]:
    """What this person holds, stands in for or is a coach in, or carries the organisation's key for, or may have its
    codes."""
    query = select(RoleGrant.organisation_id).where(RoleGrant.person_id == person)
    theirs = list(session.scalars(query.where(RoleGrant.role.in_(_OPENING))))
    coaches = select(GroupSession.occurrence_id).where(GroupSession.coach_id == person)
    stands_in = select(StandIn.occurrence_id).where(StandIn.person_id == person, StandIn.withdrawn_at.is_(None))
    inside = or_(Occurrence.id.in_(coaches), Occurrence.id.in_(stands_in))
    mine = or_(Booking.holder_id == person, Booking.organisation_id.in_(theirs), inside)
    return tuple(session.scalars(_confirmed(now).with_only_columns(Occurrence.id).where(mine)))


def premises_of_person(session: Session, person: PersonId, now: datetime) -> set[PremisesId]:
    """Where this person has something to open ahead."""
    ahead = Occurrence.id.in_(occurrences_of_person(session, person, now))
    return set(
        session.scalars(select(Space.premises_id).join(Occurrence, Occurrence.space_id == Space.id).where(ahead))
    )


def touched(session: Session, acts: Sequence[Act], now: datetime) -> set[OccurrenceId]:
    """The occurrences whose rights these acts may change."""
    # A hold opens no door.
    found = {each for act in acts if act.kind is not ActKind.BOOKING_HELD for each in act.occurrences}
    for person in {person for act in acts if act.kind in _BY_PERSON for person in act.persons}:
        found.update(occurrences_of_person(session, person, now))
    found.update(_of_organisations(session, {ref for act in acts if (ref := _organisation(act)) is not None}, now))
    for premises in {act.premises for act in acts if act.kind in _BY_PREMISES and act.premises is not None}:
        found.update(use.occurrence for use in uses_at(session, premises, now))
    return found


def _organisation(act: Act) -> str | None:
    """The ref of the organisation whose doors the act may open or shut."""
    if act.kind not in _BY_ORGANISATION:
        return None
    named = act.body.get("organisation")
    return named if isinstance(named, str) else None


def _of_organisations(session: Session, refs: set[str], now: datetime) -> list[OccurrenceId]:
    """The times within the pushed days of these organisations."""
    if not refs:
        return []
    whose = select(Organisation.id).where(Organisation.ref.in_(refs))
    soon = Occurrence.starts_at < pushed(now).ends_at
    query = _confirmed(now).with_only_columns(Occurrence.id).where(Booking.organisation_id.in_(whose), soon)
    return list(session.scalars(query))


def _confirmed(now: datetime) -> Select[Occurrence, Booking, Space, str]:
    return (
        select(Occurrence, Booking, Space, Premises.zone)
        .join(Booking, Occurrence.booking_id == Booking.id)
        .join(Space, Occurrence.space_id == Space.id)
        .join(Premises, Space.premises_id == Premises.id)
        .where(Occurrence.state == OccurrenceState.CONFIRMED.value)
        .where(Occurrence.ends_at > pushed(now).starts_at)
    )


def _uses(session: Session, query: Select[Occurrence, Booking, Space, str], now: datetime) -> list[Use]:
    rows = _let_in(session, session.execute(query).all())
    ids = [occurrence.id for occurrence, _, _, _ in rows]
    inner, standing = _sessions(session, ids), _stand_ins(session, ids)
    answering = {row[0].id: _answering(inner.get(row[0].id, ()), standing.get(row[0].id, ())) for row in rows}
    ends = _ends(session, {member for row in rows for member in _members(row, answering[row[0].id])})
    found = practices(session, ids, now)
    uses = [_use(occurrence, booking, space, zone, ends) for occurrence, booking, space, zone in rows]
    held = [replace(use, inner=_inner(use, inner.get(use.occurrence, ()), ends)) for use in uses]
    helped = [_helped(use, standing.get(use.occurrence, ()), ends) for use in held]
    return [_by_practice(use, found[use.occurrence]) for use in helped]


def _stand_ins(session: Session, occurrences: Sequence[OccurrenceId]) -> dict[OccurrenceId, list[StandIn]]:
    """Who stands in at these times."""
    query = select(StandIn).where(StandIn.occurrence_id.in_(occurrences), StandIn.withdrawn_at.is_(None))
    found: dict[OccurrenceId, list[StandIn]] = {}
    for row in session.scalars(query.order_by(StandIn.id)):
        found.setdefault(row.occurrence_id, []).append(row)
    return found


def _answering(sessions: Iterable[GroupSession], stand_ins: Iterable[StandIn]) -> set[PersonId]:
    return {*(one.coach_id for one in sessions), *(one.person_id for one in stand_ins)}


def _helped(use: Use, rows: Sequence[StandIn], ends: Mapping[Member, list[End]]) -> Use:
    """The use with those who stand in. Who never had a role in the organisation may: the holder wished it so."""
    found = tuple(
        _substitute(use, row, ends.get((row.person_id, use.organisation), [(date.max, None)])) for row in rows
    )
    return replace(use, stand_ins=found, holder_replaced=any(row.instead for row in rows))


def _substitute(use: Use, row: StandIn, theirs: list[End]) -> Substitute:
    return Substitute(row.person_id, all(last_on < use.day for last_on, _ in theirs), _until(theirs, use.day))


def _sessions(session: Session, occurrences: Sequence[OccurrenceId]) -> dict[OccurrenceId, list[GroupSession]]:
    """The sessions of groups inside these times that stand."""
    query = select(GroupSession).where(GroupSession.occurrence_id.in_(occurrences), GroupSession.cancelled_at.is_(None))
    query = query.options(joinedload(GroupSession.occurrence)).order_by(GroupSession.id)
    found: dict[OccurrenceId, list[GroupSession]] = {}
    for row in session.scalars(query):
        if row.stands:
            found.setdefault(row.occurrence_id, []).append(row)
    return found


def _members(row: Found, others: Iterable[PersonId]) -> set[Member]:
    """Who answers for a time, for its sessions, and instead of its holder, each as a member of the organisation."""
    booking = row[1]
    return {(person, booking.organisation_id) for person in (booking.holder_id, *others)}


def _inner(use: Use, sessions: Iterable[GroupSession], ends: Mapping[Member, list[End]]) -> tuple[Inner, ...]:
    return tuple(_one_inner(use, row, ends.get((row.coach_id, use.organisation), [])) for row in sessions)


def _one_inner(use: Use, row: GroupSession, theirs: list[End]) -> Inner:
    return Inner(
        group=row.group_id,
        coach=row.coach_id,
        space=row.space_id or use.space,
        starts_at=row.starts_at,
        ends_at=row.ends_at,
        coach_left=all(last_on < use.day for last_on, _ in theirs),
        coach_until=_until(theirs, use.day),
    )


def _by_practice(use: Use, door: DoorPractice) -> Use:
    """The use with the window of its rulebook, and whether a right belongs at the door at all."""
    return replace(
        use,
        opens=door.opens_at,
        closes=door.closes_at,
        shut=not door.opens,
        holder_only=door.rule is not None and door.rule.who is Who.HOLDER,
        cards_only=not door.codes,
    )


def _let_in(session: Session, rows: Sequence[Found]) -> list[Found]:
    """Without those of organisations that a ban keeps out of the space on that day."""
    banned = {row.organisation_id for row in session.scalars(select(Sanction).where(*BANS))}
    return [row for row in rows if row[1].organisation_id not in banned or not _kept_out(session, row)]


def _kept_out(session: Session, row: Found) -> bool:
    occurrence, booking, space, zone = row
    day = occurrence.starts_at.astimezone(ZoneInfo(zone)).date()
    return bool(bans_at(session, booking.organisation_id, day, space))


def _ends(session: Session, members: set[Member]) -> dict[Member, list[End]]:
    """The last day (date.max without one) and the last instant of each role people have or had in an organisation. Who
    never had one is left out: the house may note anybody as holder, as when they phone."""
    query = select(RoleGrant).where(RoleGrant.organisation_id.in_({organisation for _, organisation in members}))
    found: dict[Member, list[End]] = {}
    for row in session.scalars(query.where(RoleGrant.person_id.in_({person for person, _ in members}))):
        if row.organisation_id is not None:
            member = row.person_id, row.organisation_id
            found.setdefault(member, []).append((row.last_on or date.max, row.ended_at))
    return found


def _until(ends: list[End], day: date) -> datetime | None:
    """The instant at which the last of the roles that reach this day ends; None: none of them ends at an instant."""
    instants = [at for last_on, at in ends if last_on >= day]
    return None if None in instants else max((at for at in instants if at is not None), default=None)


def _use(occurrence: Occurrence, booking: Booking, space: Space, zone: str, ends: Mapping[Member, list[End]]) -> Use:
    day = occurrence.starts_at.astimezone(ZoneInfo(zone)).date()
    theirs = ends.get((booking.holder_id, booking.organisation_id), [(date.max, None)])
    return Use(
        occurrence=occurrence.id,
        booking=booking.id,
        organisation=booking.organisation_id,
        holder=booking.holder_id,
        space=space.id,
        starts_at=occurrence.starts_at,
        ends_at=occurrence.ends_at,
        lead_min=space.door_lead_min,
        day=day,
        holder_left=all(last_on < day for last_on, _ in theirs),
        holder_until=_until(theirs, day),
        group=booking.group_id,
    )
