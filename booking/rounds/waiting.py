"""The waiting list of a round: who waits for which weekly times and places, and in which order they are asked.

The order: the priority class of the rulebook, then the place by its tie-breaks where the round has judged one, then the
time of asking. A place that is named stands also for its equivalents: a space of the same kind, in the same house or
district, with the capacity and equipment that the group needs.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, joinedload

from booking.acts import Act, ActKind, tell
from booking.core.pattern import Pattern
from booking.core.rules.order import LAST
from booking.db import constraint
from booking.ids import GroupId, OrganisationId, PersonId, SpaceId
from booking.models import Organisation, Space
from booking.premises import all_spaces
from booking.refusals import AlreadyThere, BadInput, NotFound, NotNow, Refusal
from booking.rounds.ids import SectionId
from booking.rounds.models import Application, ApplicationState, Round, RoundHours, RoundState, Section
from booking.rounds.plan_models import GrantState, SlotGrant
from booking.rounds.policy import rulebook_of
from booking.rounds.season_models import FreedSlot, WaitingEntry, WaitingState
from booking.wish import Wish
from booking.wishes import quotes

SERVES = (GrantState.PROPOSED, GrantState.ACCEPTED, GrantState.ASKED, GrantState.DECIDED, GrantState.BOOKED)
Minutes = tuple[int, int]
Candidate = tuple[int, WaitingEntry, Minutes]


@dataclass(frozen=True, slots=True)
class WaitingWish:
    """What somebody waits for, told on a page: `windows` as (weekday, start, end) in local minutes, `places` as those
    of WaitingEntry (none: everywhere in the round)."""

    organisation: OrganisationId
    contact: PersonId
    title: str
    purpose: str
    people: int
    min_minutes: int
    windows: Sequence[tuple[int, int, int]]
    places: Sequence[Mapping[str, str]] = ()
    equipment: Sequence[str] = ()
    audience: Mapping[str, Any] = field(default_factory=dict)
    step_free: bool = False
    group: GroupId | None = None


def join(session: Session, round_: Round, wish: WaitingWish, *, by: PersonId, now: datetime) -> WaitingEntry:
    """Wait from a page, without an application. Raises BadInput, NotNow when the season is over."""
    _check(round_, wish, now)
    row = WaitingEntry(
        round_id=round_.id,
        organisation_id=wish.organisation,
        group_id=wish.group,
        contact_id=wish.contact,
        title=wish.title.strip(),
        purpose=wish.purpose,
        people=wish.people,
        audience=dict(wish.audience),
        equipment=list(wish.equipment),
        step_free=wish.step_free,
        min_minutes=wish.min_minutes,
        windows=[{"weekday": day, "start_min": start, "end_min": end} for day, start, end in wish.windows],
        places=[dict(one) for one in wish.places],
        asked_at=now,
        made_by=by,
    )
    row.class_rank, row.priority_class = _class_by_rules(session, round_, wish, now)
    return _added(session, row, by, now)


def consent(session: Session, application: Application, *, yes: bool, by: PersonId, now: datetime) -> None:
    """Whether what the application does not get shall wait by itself."""
    application.waits = yes
    session.flush()
    kind = ActKind.WAITING_JOINED if yes else ActKind.WAITING_LEFT
    tell(session, Act(kind, now, by, application.ref, {"consent": yes}, None, (by,)))


def unserved(session: Session, application: Application) -> list[tuple[Section, int]]:
    """The sections of an application that did not get all they asked for, with how many weekly times are missing."""
    query = select(Section).where(Section.application_id == application.id).order_by(Section.position)
    sections = list(session.scalars(query.options(joinedload(Section.windows), joinedload(Section.options))).unique())
    mine = SlotGrant.section_id.in_([one.id for one in sections]), SlotGrant.state.in_([one.value for one in SERVES])
    counted = select(SlotGrant.section_id, func.count()).where(*mine).group_by(SlotGrant.section_id)
    got: dict[SectionId, int] = {row[0]: row[1] for row in session.execute(counted)}
    missing = [(one, one.events - got.get(one.id, 0)) for one in sections]
    return [(one, number) for one, number in missing if number > 0]


def join_unserved(session: Session, application: Application, *, by: PersonId, now: datetime) -> list[WaitingEntry]:
    """Put what the application did not get on the list, what waits already not again. Raises NotNow before the round
    is decided: until then nothing is unserved."""
    round_ = session.get_one(Round, application.round_id)
    if round_.state not in (RoundState.DECIDED, RoundState.CLOSED):
        raise NotNow(state=round_.state)
    there = WaitingEntry.state == WaitingState.WAITING.value, WaitingEntry.section_id.is_not(None)
    waits = set(session.scalars(select(WaitingEntry.section_id).where(*there)))
    found = [(one, number) for one, number in unserved(session, application) if one.id not in waits]
    return [_added(session, _of_section(session, round_, application, *one, by, now), by, now) for one in found]


def consenting(session: Session) -> list[Application]:
    """Sent applications of decided rounds that agreed to wait by themselves."""
    query = select(Application).join(Round, Round.id == Application.round_id)
    query = query.where(Application.waits, Application.state == ApplicationState.SENT.value)
    return list(session.scalars(query.where(Round.state == RoundState.DECIDED.value)))


def leave(session: Session, entry: WaitingEntry, *, by: PersonId, now: datetime) -> None:
    """Wait no longer. Raises NotNow for one that is served or gone already."""
    if entry.state != WaitingState.WAITING:
        raise NotNow(state=entry.state)
    entry.state, entry.ended_at = WaitingState.WITHDRAWN.value, now
    session.flush()
    tell(session, Act(ActKind.WAITING_LEFT, now, by, entry.ref, {}, None, tuple({entry.contact_id, by})))


def entry_of(session: Session, ref: str) -> WaitingEntry:
    """Raises NotFound."""
    found = session.scalar(select(WaitingEntry).where(WaitingEntry.ref == ref).options(*_loaded()))
    if found is None:
        raise NotFound(what="waiting_entry")
    return found


def ranked(session: Session, round_: Round) -> list[WaitingEntry]:
    """Everybody who waits in a round, in the order in which they are asked."""
    mine = WaitingEntry.round_id == round_.id, WaitingEntry.state == WaitingState.WAITING.value
    return sorted(session.scalars(select(WaitingEntry).where(*mine).options(*_loaded())), key=rank)


def of_organisations(session: Session, organisations: Collection[OrganisationId]) -> list[WaitingEntry]:
    """What these organisations wait for."""
    mine = WaitingEntry.organisation_id.in_(organisations), WaitingEntry.state == WaitingState.WAITING.value
    return list(session.scalars(select(WaitingEntry).where(*mine).options(*_loaded()).order_by(WaitingEntry.id)))


def for_slot(session: Session, slot: FreedSlot) -> list[Candidate]:
    """Whom a freed slot suits, the first to be asked first."""
    return whom(session, slot.round, slot.space_id, slot.weekday, (slot.start_min, slot.end_min))


def whom(session: Session, round_: Round, space: SpaceId, weekday: int, minutes: Minutes) -> list[Candidate]:
    """Whom such a weekly time suits, each with its place in the whole list and the minutes of day that it would get."""
    spaces = {one.id: one for one in all_spaces(session)}
    by_ref = {one.ref: one for one in spaces.values()}
    listed = enumerate(ranked(session, round_), 1)
    fits = [(n, one, _common(one, weekday, minutes)) for n, one in listed if _suits(one, spaces[space], by_ref)]
    return [(n, one, common) for n, one, common in fits if common is not None]


def bookable_spaces(session: Session, round_: Round) -> list[Space]:
    """The spaces one can wait for in a round."""
    ids = set(session.scalars(select(RoundHours.space_id).where(RoundHours.round_id == round_.id)))
    return [space for space in all_spaces(session) if space.id in ids]


def _common(entry: WaitingEntry, weekday: int, minutes: Minutes) -> Minutes | None:
    """The part of the time that lies in one of the windows, the longest one; None when it is too short."""
    pieces = [
        (max(minutes[0], one["start_min"]), min(minutes[1], one["end_min"]))
        for one in entry.windows
        if one["weekday"] == weekday
    ]
    long_enough = [piece for piece in pieces if piece[1] - piece[0] >= entry.min_minutes]
    return max(long_enough, key=lambda piece: (piece[1] - piece[0], -piece[0]), default=None)


def _suits(entry: WaitingEntry, space: Space, by_ref: Mapping[str, Space]) -> bool:
    needs = space.capacity >= entry.people and set(entry.equipment) <= set(space.equipment)
    if not needs or (entry.step_free and not space.step_free):
        return False
    return not entry.places or any(_is_there(place, space, by_ref) for place in entry.places)


def _is_there(place: Mapping[str, Any], space: Space, by_ref: Mapping[str, Space]) -> bool:
    """Whether the space is what the place names, or stands in for it."""
    if named := by_ref.get(place.get("space") or ""):
        return named.id == space.id or equivalent(named, space)
    house = space.premises
    told = {"kind": space.kind, "premises": house.ref, "district": house.district}
    return all(told[name] == value for name, value in place.items() if name in told and value)


def equivalent(wished: Space, space: Space) -> bool:
    """A space of the same kind, as accessible, in the same house or district, under the same rules."""
    one, other = wished.premises, space.premises
    near = one.id == other.id or (bool(one.district) and one.district == other.district)
    same = space.bookable and wished.kind == space.kind and one.rulebook == other.rulebook
    return near and same and (space.step_free or not wished.step_free)


def rank(entry: WaitingEntry) -> tuple[int, int, datetime, int]:
    """What the list is sorted by."""
    first = LAST if entry.class_rank is None else entry.class_rank
    place = LAST if entry.place_in_order is None else entry.place_in_order
    return (first, place, entry.asked_at, entry.id)


def _check(round_: Round, wish: WaitingWish, now: datetime) -> None:
    if round_.state == RoundState.DRAFT or round_.last_on < now.date():
        raise NotNow(state=round_.state)
    if not wish.title.strip():
        raise BadInput(field="title", problem="empty")
    if not wish.windows:
        raise BadInput(field="weekdays", problem="missing")
    if any(end - start < wish.min_minutes for _day, start, end in wish.windows):
        raise BadInput(field="end", problem="shorter_than_wished")


def _class_by_rules(session: Session, round_: Round, wish: WaitingWish, now: datetime) -> tuple[int | None, str]:
    """The class that the rules give such a weekly time in the first space that suits; unknown where they give none."""
    spaces = bookable_spaces(session, round_)
    by_ref = {space.ref: space for space in spaces}
    named = [one for one in spaces if not wish.places or any(_is_there(place, one, by_ref) for place in wish.places)]
    where = next((one for one in named if one.capacity >= wish.people), None)
    if where is None:
        return None, ""
    weekday, start_min, end_min = wish.windows[0]
    first = max(round_.first_on, now.date() + timedelta(days=1))
    first += timedelta(days=(weekday - first.weekday()) % 7)
    pattern = Pattern(
        first, first + timedelta(days=7), start_min, min(end_min, start_min + wish.min_minutes), (weekday,)
    )
    asked = Wish(
        space=where.id,
        organisation=wish.organisation,
        holder=wish.contact,
        pattern=pattern,
        title=wish.title,
        purpose=wish.purpose,
        people=wish.people,
        audience=wish.audience,
        regular=True,
        group=wish.group,
    )
    return _class_of(session, asked, now)


def _class_of(session: Session, asked: Wish, now: datetime) -> tuple[int | None, str]:
    try:
        outcome = quotes(session, asked, now)[0].outcome
    except Refusal:  # the class is a help here; what the rules have against it is told when it is offered
        return None, ""
    return (outcome.priority_rank, outcome.priority_class or "") if outcome is not None else (None, "")


def rank_of(session: Session, round_: Round, priority_class: str | None) -> int | None:
    """The rank of a class in the round's rulebook, the first class first; None where it has no such class."""
    found = rulebook_of(session, round_).priority.classes.get(priority_class or "")
    return found.rank if found is not None else None


def _of_section(
    session: Session,
    round_: Round,
    application: Application,
    section: Section,
    missing: int,
    by: PersonId,
    now: datetime,
) -> WaitingEntry:
    return WaitingEntry(
        round_id=round_.id,
        organisation_id=application.organisation_id,
        section_id=section.id,
        group_id=section.group_id,
        contact_id=application.contact_id,
        title=section.name,
        purpose=section.purpose,
        people=section.people,
        audience=dict(section.audience),
        equipment=list(section.equipment),
        step_free=section.step_free,
        min_minutes=section.min_minutes,
        windows=[
            {"weekday": one.weekday, "start_min": one.start_min, "end_min": one.end_min} for one in section.windows
        ],
        places=_places(session, section),
        wanted=missing,
        class_rank=rank_of(session, round_, section.priority_class),
        priority_class=section.priority_class or "",
        place_in_order=section.place_in_order,
        asked_at=application.sent_at or now,
        made_by=by,
    )


def _places(session: Session, section: Section) -> list[dict[str, str]]:
    spaces: dict[SpaceId, Space] = {space.id: space for space in all_spaces(session)}
    houses = {space.premises_id: space.premises.ref for space in spaces.values()}
    found: list[dict[str, str]] = []
    for one in section.options:
        place = {"kind": one.space_kind or "", "district": one.district or ""}
        if one.space_id is not None and one.space_id in spaces:
            place["space"] = spaces[one.space_id].ref
        if one.premises_id is not None:
            place["premises"] = houses.get(one.premises_id, "")
        found.append({name: value for name, value in place.items() if value})
    return [one for one in found if one]


def _added(session: Session, row: WaitingEntry, by: PersonId, now: datetime) -> WaitingEntry:
    session.add(row)
    try:
        session.flush()
    except IntegrityError as error:
        if "waiting_entry" in constraint(error):
            raise AlreadyThere(what="waiting_entry") from error
        raise
    whose = session.get_one(Organisation, row.organisation_id).ref
    body = {"organisation": whose, "title": row.title, "class": row.priority_class}
    tell(session, Act(ActKind.WAITING_JOINED, now, by, row.ref, body, None, tuple({row.contact_id, by})))
    return row


def _loaded() -> list[Any]:
    return [
        joinedload(WaitingEntry.organisation),
        joinedload(WaitingEntry.contact),
        joinedload(WaitingEntry.round),
    ]
