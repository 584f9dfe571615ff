"""Applying in a round: a draft shared by an organisation's officials, sent in time or late, changed, withdrawn."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, contains_eager, joinedload, selectinload

from booking import people
from booking.acts import Act, ActKind, tell
from booking.db import constraint
from booking.ids import OrganisationId, PersonId
from booking.models import Group, Organisation, Space
from booking.refusals import BadInput, ChangedMeanwhile, Incomplete, NotFound, NotNow, NotOpen
from booking.rounds.models import Application, ApplicationState, Round, RoundState, Section, SectionOption
from booking.rounds.offered import Offered, offered
from booking.rounds.sections import Fault, SectionWish, faults, fill, wish_of
from booking.rounds.whole_sections import whole

MOST_SECTIONS = 200
SHUT = (RoundState.DRAFT.value, RoundState.CLOSED.value)


class Intake(StrEnum):
    """Whether applications are taken at an instant."""

    COMING = "coming"
    OPEN = "open"
    LATE = "late"  # they share what is left over
    OVER = "over"


def intake(round_: Round, now: datetime) -> Intake:
    """The window is half open: what comes at the very instant of the deadline is late."""
    if round_.state in SHUT:
        return Intake.OVER
    if now < round_.apply_from_at:
        return Intake.COMING
    if now < round_.apply_to_at and round_.state == RoundState.PUBLISHED:
        return Intake.OPEN
    late = round_.late_until_at is not None and round_.apply_to_at <= now < round_.late_until_at
    return Intake.LATE if late else Intake.OVER


def editable(application: Application, now: datetime) -> bool:
    """Whether it can be changed: in its window until the deadline; a draft that was not sent in time, and late ones,
    until late applications end. A withdrawn one is begun again first."""
    state = intake(application.round, now)
    if application.state == ApplicationState.WITHDRAWN:
        return False
    if state is Intake.OPEN:
        return True
    return state is Intake.LATE and (application.late or application.state == ApplicationState.DRAFT)


def start(
    session: Session,
    round_: Round,
    organisation: Organisation,
    *,
    contact: PersonId,
    by: PersonId,
    now: datetime,
    on_behalf: bool = False,
) -> Application:
    """The organisation's application of this window: the one that is there, or a new draft. A withdrawn one becomes a
    draft again. Raises NotOpen."""
    state = intake(round_, now)
    if state not in (Intake.OPEN, Intake.LATE):
        raise NotOpen(reason=state.value)
    found = _mine(session, round_, organisation, late=state is Intake.LATE)
    if found is not None and found.state != ApplicationState.WITHDRAWN:
        return found
    if found is not None:
        found.state = ApplicationState.DRAFT.value
        touch(session, found, now)
    row = found or _new(session, round_, organisation, state, contact=contact, by=by, now=now, on_behalf=on_behalf)
    _tell(session, ActKind.APPLICATION_STARTED, row, by, now, late=row.late, on_behalf=row.on_behalf)
    return row


def _mine(session: Session, round_: Round, organisation: Organisation, *, late: bool) -> Application | None:
    """What is gone on with: in the late window also a draft, or a withdrawn one, of the window before."""
    query = select(Application).where(Application.round_id == round_.id, Application.organisation_id == organisation.id)
    found = {row.late: row for row in session.scalars(query.options(*LOADED))}
    before = found.get(False)
    if not late or before is None or before.state == ApplicationState.SENT:
        return found.get(late)
    return found.get(True) or before


def _new(session: Session, round_: Round, organisation: Organisation, state: Intake, **told: Any) -> Application:
    row = Application(
        round=round_,
        organisation=organisation,
        round_id=round_.id,
        organisation_id=organisation.id,
        late=state is Intake.LATE,
        contact_id=told["contact"],
        made_by=told["by"],
        made_at=told["now"],
        changed_at=told["now"],
        on_behalf=told["on_behalf"],
        sections=[],
    )
    try:
        with session.begin_nested():
            session.add(row)
            session.flush()
    except IntegrityError as error:
        if "application" not in constraint(error):
            raise
        raise ChangedMeanwhile(by="", at=told["now"]) from error  # another official began it at the same moment
    return row


LOADED = (
    joinedload(Application.round),
    joinedload(Application.organisation),
    joinedload(Application.contact),
    selectinload(Application.sections).selectinload(Section.windows),
    selectinload(Application.sections).joinedload(Section.group),
    selectinload(Application.sections)
    .selectinload(Section.options)
    .joinedload(SectionOption.space)
    .joinedload(Space.premises),
    selectinload(Application.sections).selectinload(Section.options).joinedload(SectionOption.premises),
)


def application_of(session: Session, ref: str) -> Application:
    """The application with everything in it. Raises NotFound."""
    query = select(Application).where(Application.ref == ref).options(*LOADED)
    row = session.scalar(query.execution_options(populate_existing=True))
    if row is None:
        raise NotFound(what="application")
    return row


def section_of(application: Application, ref: str) -> Section:
    """A section of a loaded application. Raises NotFound."""
    found = next((one for one in application.sections if one.ref == ref), None)
    if found is None:
        raise NotFound(what="section")
    return found


def require_editable(application: Application, now: datetime) -> None:
    """Raises NotOpen."""
    if not editable(application, now):
        raise NotOpen(reason=intake(application.round, now).value, state=application.state)


def add_section(
    session: Session, application: Application, wish: SectionWish, *, by: PersonId, now: datetime
) -> Section:
    """A new section, put last. Raises BadInput, NotOpen, NotNow(too many)."""
    require_editable(application, now)
    if len(application.sections) >= MOST_SECTIONS:
        raise BadInput(field="", problem="too_many", limit=MOST_SECTIONS)
    row = Section(application_id=application.id)
    row.position = max((one.position for one in application.sections), default=0) + 1
    _keep(session, application, row, wish, by=by, now=now)
    application.sections.append(row)
    session.flush()
    _tell(session, ActKind.APPLICATION_CHANGED, application, by, now, section=row.ref, added=True)
    return row


def save_section(
    session: Session,
    application: Application,
    row: Section,
    wish: SectionWish,
    *,
    revision: int,
    by: PersonId,
    now: datetime,
) -> None:
    """Save a section as it was looked at in `revision`. Raises ChangedMeanwhile when somebody else saved it since,
    BadInput, NotOpen; then nothing is changed."""
    require_editable(application, now)
    _claim(session, row, revision)
    _keep(session, application, row, wish, by=by, now=now)
    session.flush()
    _tell(session, ActKind.APPLICATION_CHANGED, application, by, now, section=row.ref)


def _claim(session: Session, row: Section, revision: int) -> None:
    """Take the next revision, which only one of two who save at once can have."""
    wanted = update(Section).where(Section.id == row.id, Section.revision == revision)
    with session.no_autoflush:
        done = session.execute(wanted.values(revision=revision + 1).execution_options(synchronize_session=False))
    session.refresh(row, ["revision", "changed_by", "changed_at"])
    if done.rowcount != 1:  # type: ignore[attr-defined]
        raise ChangedMeanwhile(by=who_changed(session, row), at=row.changed_at)


def who_changed(session: Session, row: Section) -> str:
    """The name of who saved a section last."""
    return people.named(session, {row.changed_by}).get(row.changed_by, "") if row.changed_by is not None else ""


def _keep(
    session: Session, application: Application, row: Section, wish: SectionWish, *, by: PersonId, now: datetime
) -> None:
    round_, groups = offered(session, application.round), groups_of(session, application.organisation_id)
    check(application, faults(wish, round_, groups))
    group = groups.get(wish.group)
    fill(row, wish, round_, group.id if group else None)
    row.group = group
    row.changed_by, row.changed_at = by, now
    touch(session, application, now)


def check(application: Application, found: Sequence[Fault]) -> None:
    """Raises BadInput for the first fault, with all of them in its facts; a draft may lack what is needed later."""
    sent = application.state == ApplicationState.SENT
    wrong = [one for one in found if sent or not one.later]
    if wrong:
        raise BadInput(**wrong[0].told(), faults=[one.told() for one in wrong])


def groups_of(session: Session, organisation: OrganisationId) -> dict[str, Group]:
    """The groups of an organisation that are still there, by ref."""
    query = select(Group).where(Group.organisation_id == organisation, Group.ended_on.is_(None))
    return {row.ref: row for row in session.scalars(query.order_by(Group.name, Group.id))}


def touch(session: Session, application: Application, now: datetime) -> None:
    application.revision += 1
    application.changed_at = now
    session.flush()


def delete_section(
    session: Session, application: Application, row: Section, *, revision: int, by: PersonId, now: datetime
) -> None:
    """Raises ChangedMeanwhile, NotOpen, NotNow for the last section of a sent application: that is withdrawn."""
    require_editable(application, now)
    if application.state == ApplicationState.SENT and len(application.sections) == 1:
        raise NotNow(state="sent", reason="last_section")
    _claim(session, row, revision)
    application.sections.remove(row)
    session.delete(row)
    touch(session, application, now)
    _tell(session, ActKind.APPLICATION_CHANGED, application, by, now, section=row.ref, deleted=row.name)


def move_section(
    session: Session, application: Application, row: Section, *, up: bool, by: PersonId, now: datetime
) -> None:
    """One step up or down in the organisation's own order; at the end nothing happens."""
    require_editable(application, now)
    order = sorted(application.sections, key=lambda one: (one.position, one.id))
    here = order.index(row)
    there = here - 1 if up else here + 1
    if 0 <= there < len(order):
        order[here], order[there] = order[there], order[here]
    for position, one in enumerate(order, 1):
        one.position = position
    touch(session, application, now)
    session.expire(application, ["sections"])
    _tell(session, ActKind.APPLICATION_CHANGED, application, by, now, section=row.ref, position=there + 1)


@dataclass(frozen=True, slots=True)
class Details:
    """Who answers for an application, what else is told, and whether what it is not granted goes to the waiting list
    by itself."""

    contact: PersonId
    note: str
    waits: bool


def change_details(session: Session, application: Application, told: Details, *, by: PersonId, now: datetime) -> None:
    """Raises NotOpen."""
    require_editable(application, now)
    application.contact_id, application.note, application.waits = told.contact, told.note, told.waits
    touch(session, application, now)
    session.refresh(application, ["contact"])
    _tell(session, ActKind.APPLICATION_CHANGED, application, by, now, details=True)


def lacking(session: Session, application: Application, round_: Offered | None = None) -> dict[str, list[Fault]]:
    """What stands against sending, by the ref of the section."""
    terms = round_ or offered(session, application.round)
    groups = groups_of(session, application.organisation_id)
    every = {one.ref: faults(wish_of(one, one.group), terms, groups) for one in application.sections}
    return {ref: found for ref, found in every.items() if found}


def send(session: Session, application: Application, *, revision: int, by: PersonId, now: datetime) -> None:
    """Send what was looked at in `revision`; one already sent stays so, and its receipt is written anew. A draft that
    missed the deadline becomes a late one. Raises NotOpen, ChangedMeanwhile, Incomplete."""
    require_editable(application, now)
    claim(session, application, revision, now=now)
    if not application.sections:
        raise Incomplete(field="", problem="no_sections", sections=[])
    if wrong := lacking(session, application):
        raise Incomplete(field="", sections=[_wrong(application, ref, found) for ref, found in wrong.items()])
    application.late = intake(application.round, now) is Intake.LATE
    if application.state != ApplicationState.SENT:
        application.state, application.sent_at = ApplicationState.SENT.value, now
    session.flush()
    told = {"sections": len(application.sections), "late": application.late}
    _tell(session, ActKind.APPLICATION_SENT, application, by, now, **told)


def claim(session: Session, application: Application, revision: int, *, now: datetime) -> None:
    """Take the next revision of the whole, which only one of two who looked at this one can have. Raises
    ChangedMeanwhile."""
    wanted = update(Application).where(Application.id == application.id, Application.revision == revision)
    changed = wanted.values(revision=revision + 1, changed_at=now)
    done = session.execute(changed.execution_options(synchronize_session=False))
    session.refresh(application, ["revision", "changed_at"])
    if done.rowcount != 1:  # type: ignore[attr-defined]
        raise ChangedMeanwhile(by="", at=application.changed_at)


def _wrong(application: Application, ref: str, found: Sequence[Fault]) -> dict[str, Any]:
    name = section_of(application, ref).name
    return {"section": ref, "name": name, "faults": [one.told() for one in found]}


def withdraw(session: Session, application: Application, *, by: PersonId, now: datetime) -> None:
    """Take a sent application back, until it is allocated. Raises NotNow."""
    if application.state != ApplicationState.SENT or application.round.state != RoundState.PUBLISHED:
        raise NotNow(state=application.state)
    application.state = ApplicationState.WITHDRAWN.value
    touch(session, application, now)
    _tell(session, ActKind.APPLICATION_WITHDRAWN, application, by, now)


def discard(session: Session, application: Application, *, by: PersonId, now: datetime) -> None:
    """Throw a draft away that was never sent. Raises NotNow for one that was: it is withdrawn and kept."""
    if application.state != ApplicationState.DRAFT or application.sent_at is not None:
        raise NotNow(state=application.state)
    _tell(session, ActKind.APPLICATION_WITHDRAWN, application, by, now, discarded=True)
    for row in list(application.sections):
        session.delete(row)
    session.flush()
    session.delete(application)
    session.flush()


def of_organisations(session: Session, organisations: Sequence[OrganisationId]) -> list[Application]:
    """All applications of these organisations, the latest season first, with their rounds and sections."""
    query = select(Application).join(Round).where(Application.organisation_id.in_(organisations)).options(*LOADED)
    return list(session.scalars(query.order_by(Round.first_on.desc(), Application.id.desc())))


def sent_sections(session: Session, round_: Round, *, late: bool) -> list[Section]:
    """What is allocated: the sections of sent applications, in time or late, in a fixed order, with windows, options
    (spaces and premises too), group, application, its organisation and contact loaded."""
    query = (
        select(Section)
        .join(Section.application)
        .where(Application.round_id == round_.id, Application.late == late)
        .where(Application.state == ApplicationState.SENT.value)
        .options(contains_eager(Section.application))
    )
    return list(whole(session, list(session.scalars(query.order_by(Section.id)))))


def _tell(session: Session, kind: ActKind, row: Application, by: PersonId, now: datetime, **told: Any) -> None:
    body = {"round": row.round.ref, "organisation": row.organisation.ref, **told}
    tell(session, Act(kind, now, by, row.ref, body))
