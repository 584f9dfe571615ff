"""Granted slots to look at: by ref, by round, by organisation; how many are where; what was done with a round."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime

from sqlalchemy import ColumnElement, Select, func, or_, select
from sqlalchemy.orm import Session, joinedload

from booking.ids import OrganisationId, PersonId
from booking.models import Organisation, Space
from booking.refusals import NotFound, NotNow
from booking.rounds.decision_models import RoundStep, RoundStepKind, RoundUndo
from booking.rounds.models import Application, Round, RoundState, Section
from booking.rounds.plan_models import GrantState, Scenario, SlotGrant

OPEN = (GrantState.PROPOSED.value, GrantState.ASKED.value)  # nobody has said yes or no
LIVE = (*OPEN, GrantState.ACCEPTED.value, GrantState.DECIDED.value, GrantState.BOOKED.value)


def loaded() -> Select[SlotGrant]:
    """Grants with all that pages and letters say of them."""
    return select(SlotGrant).options(
        joinedload(SlotGrant.round),
        joinedload(SlotGrant.section).joinedload(Section.application).joinedload(Application.organisation),
        joinedload(SlotGrant.section).joinedload(Section.application).joinedload(Application.round),
        joinedload(SlotGrant.space).joinedload(Space.premises),
    )


def grant_of(session: Session, ref: str) -> SlotGrant:
    """Raises NotFound."""
    found = session.scalar(loaded().where(SlotGrant.ref == ref))
    if found is None:
        raise NotFound(what="grant")
    return found


def in_order(query: Select[SlotGrant]) -> Select[SlotGrant]:
    """By organisation, section and time of the week."""
    return (
        query.join(Section, Section.id == SlotGrant.section_id)
        .join(Application, Application.id == Section.application_id)
        .join(Organisation, Organisation.id == Application.organisation_id)
        .order_by(Organisation.name, Application.id, Section.position, SlotGrant.weekday, SlotGrant.start_min)
    )


def matching(state: str | None, seek: str) -> list[ColumnElement[bool]]:
    """Conditions for a page of grants: in this state, of organisations or sections whose name holds this."""
    found: list[ColumnElement[bool]] = [] if not state else [SlotGrant.state == state]
    if words := seek.strip().lower():
        like = f"%{words}%"
        found.append(or_(func.lower(Organisation.name).like(like), func.lower(Section.name).like(like)))
    return found


def page_of(
    session: Session, round_: Round, *, state: str | None, seek: str, first: int, most: int
) -> tuple[list[SlotGrant], int]:
    """Some of a round's grants in order, and how many there are in all."""
    asked = in_order(loaded().where(SlotGrant.round_id == round_.id)).where(*matching(state, seek))
    count = session.scalar(select(func.count()).select_from(asked.order_by(None).subquery())) or 0
    return list(session.scalars(asked.offset(first).limit(most))), count


def of_round(session: Session, round_: Round, states: Collection[str] = ()) -> list[SlotGrant]:
    query = loaded().where(SlotGrant.round_id == round_.id)
    return list(session.scalars(in_order(query.where(SlotGrant.state.in_(states)) if states else query)))


def of_organisations(session: Session, organisations: Iterable[OrganisationId]) -> list[SlotGrant]:
    """What these organisations were proposed or granted, the latest season first."""
    query = in_order(loaded()).where(Application.organisation_id.in_(list(organisations)))
    found = session.scalars(query)
    return sorted(found, key=lambda grant: (-grant.round.first_on.toordinal(), grant.round_id))


def counts(session: Session, round_: Round) -> dict[str, int]:
    """How many grants of a round are in each state; those in none are left out."""
    query = select(SlotGrant.state, func.count().label("many")).where(SlotGrant.round_id == round_.id)
    return {row.state: row.many for row in session.execute(query.group_by(SlotGrant.state))}


def chosen(session: Session, round_: Round) -> list[Scenario]:
    """The scenarios of a round that were chosen, in the order they were made."""
    query = select(Scenario).where(Scenario.round_id == round_.id, Scenario.chosen.is_(True))
    return list(session.scalars(query.order_by(Scenario.id)))


def lock_round(session: Session, round_: Round) -> None:
    """Nobody else takes a step with this round until the commit; what was read of it before is read again."""
    session.execute(select(Round.id).where(Round.id == round_.id).with_for_update(key_share=True))
    session.refresh(round_, attribute_names=["state", "revision"])


def being_undone(session: Session, round_: Round) -> bool:
    query = select(RoundUndo.id).where(RoundUndo.round_id == round_.id, RoundUndo.done_at.is_(None))
    return session.scalar(query) is not None


def require_state(session: Session, round_: Round, *states: RoundState) -> None:
    """Raises NotNow, also while the round is being undone."""
    if round_.state not in states or being_undone(session, round_):
        raise NotNow(state=round_.state)


def note(
    session: Session, round_: Round, kind: RoundStepKind, *, by: PersonId | None, now: datetime, said: str = ""
) -> None:
    session.add(RoundStep(round_id=round_.id, kind=kind.value, by=by, at=now, said=said.strip()))
    session.flush()


def steps(session: Session, round_: Round) -> list[RoundStep]:
    """What was done, oldest first."""
    query = select(RoundStep).where(RoundStep.round_id == round_.id)
    return list(session.scalars(query.order_by(RoundStep.id)))
