"""Two organisations change their granted weekly slots with each other from a day on. It counts when both say so."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import or_, select
from sqlalchemy.orm import Session, joinedload
from sqlalchemy.sql.base import ExecutableOption

from booking.acts import Act, ActKind, tell
from booking.ids import OrganisationId, PersonId
from booking.life import swaps
from booking.life.swaps import Pair
from booking.life.verdicts import Verdict
from booking.models import Occurrence, OccurrenceState, Space
from booking.refusals import AlreadyThere, BadInput, NotFound, NotNow
from booking.rounds.grants import ahead_of, day_of, of_round, organisation_of, times_of
from booking.rounds.models import Application, Section
from booking.rounds.plan_models import GrantState, SlotGrant
from booking.rounds.season_models import GrantSwap, GrantSwapState


@dataclass(frozen=True, slots=True)
class Exchange:
    """What a swap would do: the dates that change hands week by week, and those without one on the other side, which
    stay where they are."""

    pairs: tuple[Pair, ...]
    staying: tuple[Occurrence, ...]


def candidates(session: Session, grant: SlotGrant) -> list[SlotGrant]:
    """The booked slots of other organisations in the same round, in order of the week."""
    mine = organisation_of(grant).id
    others = [one for one in of_round(session, grant.round_id) if organisation_of(one).id != mine]
    booked = [one for one in others if one.state == GrantState.BOOKED]
    return sorted(booked, key=lambda one: (one.weekday, one.start_min, one.space_id, one.id))


def look(session: Session, one: SlotGrant, other: SlotGrant, from_on: date, now: datetime) -> Exchange:
    """Week by week, which dates would change hands from a day on. Nothing is changed."""
    sides = [_confirmed(session, grant, from_on, now) for grant in (one, other)]
    weeks = [{day_of(row).isocalendar()[:2]: row for row in rows} for rows in sides]
    both = [week for week in weeks[0] if week in weeks[1]]
    alone = [row for side in weeks for week, row in side.items() if week not in both]
    return Exchange(tuple((weeks[0][week], weeks[1][week]) for week in both), tuple(alone))


def verdict_of(session: Session, found: Exchange, reports: int, now: datetime) -> Verdict | None:
    """What the rulebook says of such a swap; None where no date would change hands."""
    return swaps.verdict_of(session, found.pairs[0][0], reports, now) if found.pairs else None


def ask(session: Session, one: SlotGrant, other: SlotGrant, *, from_on: date, by: PersonId, now: datetime) -> GrantSwap:
    """The first yes: nothing changes yet. Raises BadInput, NotNow, AlreadyThere."""
    _check(session, one, other, from_on, now)
    both = GrantSwap.one_id.in_([one.id, other.id]), GrantSwap.other_id.in_([one.id, other.id])
    if session.scalar(select(GrantSwap.id).where(*both, GrantSwap.state == GrantSwapState.ASKED.value)) is not None:
        raise AlreadyThere(what="swap")
    row = GrantSwap(one_id=one.id, other_id=other.id, from_on=from_on, asked_at=now, asked_by=by, one=one, other=other)
    session.add(row)
    session.flush()
    _tell(session, ActKind.GRANT_SWAP_ASKED, row, by, now)
    return row


def accept(session: Session, swap: GrantSwap, *, by: PersonId, now: datetime) -> Exchange:
    """The second yes: the dates change hands, each priced anew for its own organisation, all or none.

    Raises NotNow, BadInput (swap) where the rulebook does not let two yeses be enough, and what stands against one."""
    _still_asked(session, swap)
    found = _check(session, swap.one, swap.other, swap.from_on, now)
    verdict = verdict_of(session, found, 2, now)
    if verdict is not None and verdict.valid is False:
        raise BadInput(field="swap", problem="not_valid")
    swaps.exchange(session, found.pairs, by=by, now=now, swap=swap.ref)
    _end(session, swap, GrantSwapState.DONE, by, now)
    return found


def decline(session: Session, swap: GrantSwap, *, by: PersonId, now: datetime) -> None:
    """Either side says no, or takes its yes back. Raises NotNow when it is over."""
    _still_asked(session, swap)
    _end(session, swap, GrantSwapState.DECLINED, by, now)


def swap_of(session: Session, ref: str) -> GrantSwap:
    """Raises NotFound."""
    found = session.scalar(select(GrantSwap).where(GrantSwap.ref == ref).options(*_loaded()))
    if found is None:
        raise NotFound(what="swap")
    return found


def of_grant(session: Session, grant: SlotGrant) -> list[GrantSwap]:
    """The swaps of a grant, the latest first."""
    mine = or_(GrantSwap.one_id == grant.id, GrantSwap.other_id == grant.id)
    return list(session.scalars(select(GrantSwap).where(mine).options(*_loaded()).order_by(GrantSwap.id.desc())))


def open_of(session: Session, organisations: Collection[OrganisationId]) -> list[GrantSwap]:
    """The swaps that wait for one of these organisations, or that one of them asked for."""
    query = select(GrantSwap).where(GrantSwap.state == GrantSwapState.ASKED.value).options(*_loaded())
    rows = session.scalars(query.order_by(GrantSwap.id))
    return [row for row in rows if {organisation_of(row.one).id, organisation_of(row.other).id} & set(organisations)]


def _confirmed(session: Session, grant: SlotGrant, from_on: date, now: datetime) -> list[Occurrence]:
    rows = ahead_of(times_of(session, grant), now, from_on=from_on)
    return [row for row in rows if row.state == OccurrenceState.CONFIRMED]


def _check(session: Session, one: SlotGrant, other: SlotGrant, from_on: date, now: datetime) -> Exchange:
    if organisation_of(one).id == organisation_of(other).id:
        raise BadInput(field="other", problem="same_organisation")
    for grant in (one, other):
        if grant.state != GrantState.BOOKED:
            raise NotNow(state=grant.state)
    found = look(session, one, other, from_on, now)
    if not found.pairs:
        raise BadInput(field="from_on", problem="no_granted_dates")
    return found


def _still_asked(session: Session, swap: GrantSwap) -> None:
    session.refresh(swap, ["state"], with_for_update={"key_share": True})
    if swap.state != GrantSwapState.ASKED:
        raise NotNow(state=swap.state)


def _end(session: Session, swap: GrantSwap, state: GrantSwapState, by: PersonId, now: datetime) -> None:
    swap.state, swap.ended_at, swap.ended_by = state.value, now, by
    session.flush()
    _tell(session, ActKind.GRANT_SWAP_ENDED, swap, by, now)


def _tell(session: Session, kind: ActKind, swap: GrantSwap, by: PersonId, now: datetime) -> None:
    body = {"swap": swap.state, "one": swap.one.ref, "other": swap.other.ref, "from_on": swap.from_on.isoformat()}
    contacts = {grant.section.application.contact_id for grant in (swap.one, swap.other)}
    tell(session, Act(kind, now, by, swap.ref, body, swap.one.space.premises_id, tuple({*contacts, by})))


def _loaded() -> list[ExecutableOption]:
    return [
        loaded
        for side in (GrantSwap.one, GrantSwap.other)
        for loaded in (
            joinedload(side).joinedload(SlotGrant.space).joinedload(Space.premises),
            joinedload(side).joinedload(SlotGrant.round),
            joinedload(side)
            .joinedload(SlotGrant.section)
            .joinedload(Section.application)
            .joinedload(Application.organisation),
        )
    ]
