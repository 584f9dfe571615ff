"""What the pages of a scenario show, asked of the database page by page: classes, unserved wishes, the week."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from sqlalchemy import Select, case, func, or_, select
from sqlalchemy.orm import Session, contains_eager, joinedload, selectinload

from booking.ids import OrganisationId, SpaceId
from booking.models import Organisation, Premises, Space
from booking.refusals import NotFound
from booking.rounds.models import Application, ApplicationState, Round, RoundHours, Section, SectionOption
from booking.rounds.plan_models import Placement, Scenario, Served
from booking.rounds.policy import class_ids, rulebook_of

Row = TypeVar("Row")
PAGE = 50
SPACES_ON_PAGE = 20


@dataclass(slots=True)
class ClassGot:
    """What one class asked for and got. `fully`, `partly`, `nothing`: groups; `minutes`: granted in a week."""

    id: str
    rank: int
    name: Mapping[str, str]
    groups: int = 0
    asked: int = 0
    granted: int = 0
    fully: int = 0
    nothing: int = 0
    minutes: int = 0
    certificate: Mapping[str, Any] | None = None

    @property
    def partly(self) -> int:
        return self.groups - self.fully - self.nothing


def classes_got(session: Session, scenario: Scenario, round_: Round) -> list[ClassGot]:
    """Each class of the allocation that somebody is in, the first first."""
    book = rulebook_of(session, round_)
    merged, names = class_ids(book), book.priority.classes
    found: dict[str, ClassGot] = {}
    for class_id, *sums in session.execute(_served_by_class(scenario)):
        id_ = merged.get(class_id or "", class_id or "")
        row = found.setdefault(
            id_, ClassGot(id_, names[id_].rank if id_ in names else 10**6, names[id_].name if id_ in names else {})
        )
        for name, value in zip(("groups", "asked", "granted", "fully", "nothing"), sums, strict=True):
            setattr(row, name, getattr(row, name) + int(value or 0))
    for class_id, minutes in session.execute(_minutes_by_class(scenario)):
        id_ = merged.get(class_id or "", class_id or "")
        if id_ in found:
            found[id_].minutes += int(minutes or 0)
    proven = () if scenario.changes.get("rulebook") else scenario.figures.get("certificates", ())
    for one in proven:  # of other rules the classes are not those of the groups here
        if one["class_id"] in found:
            found[one["class_id"]].certificate = one | {"gap": gap(one)}
    return sorted(found.values(), key=lambda row: (row.rank, row.id))


def gap(certificate: Mapping[str, Any]) -> float:
    """How far the bound is above the coverage, per cent of the bound."""
    bound, coverage = certificate["bound"], certificate["coverage"]
    return 0.0 if bound <= coverage else 100 * (bound - coverage) / bound


def _served_by_class(scenario: Scenario) -> Select[str | None, int, int, int, int, int]:
    fully, nothing = Served.granted >= Served.asked, Served.granted == 0
    sums = (
        func.count(),
        func.sum(Served.asked),
        func.sum(Served.granted),
        func.count().filter(fully),
        func.count().filter(nothing),
    )
    query = select(Section.priority_class, *sums).join(Section, Section.id == Served.section_id)
    return query.where(Served.scenario_id == scenario.id).group_by(Section.priority_class)


def _minutes_by_class(scenario: Scenario) -> Select[str | None, int]:
    minutes = func.sum(Placement.end_min - Placement.start_min)
    query = select(Section.priority_class, minutes).join(Section, Section.id == Placement.section_id)
    return query.where(Placement.scenario_id == scenario.id).group_by(Section.priority_class)


@dataclass(frozen=True, slots=True)
class Page:
    """Some rows of many. `number` counts from 1."""

    rows: Sequence[Any]
    number: int
    pages: int
    total: int


def paged(session: Session, query: Select[Any], number: int, size: int = PAGE) -> Page:
    """One page of a query's rows; a number out of range is the nearest page."""
    total = session.scalar(select(func.count()).select_from(query.order_by(None).subquery())) or 0
    pages = max(1, -(-total // size))
    number = min(max(1, number), pages)
    rows = session.scalars(query.limit(size).offset((number - 1) * size)).unique().all()
    return Page(rows, number, pages, total)


def unserved(session: Session, scenario: Scenario, seek: Seek, *, number: int = 1) -> Page:
    """Served rows of the groups that got less than they asked, with section and organisation, by class and name."""
    query = (
        select(Served)
        .join(Served.section)
        .join(Section.application)
        .join(Application.organisation)
        .where(Served.scenario_id == scenario.id, Served.granted < Served.asked)
        .options(contains_eager(Served.section, Section.application, Application.organisation))
        .order_by(Section.priority_class, Organisation.name, Section.name, Served.id)
    )
    query = named(query, seek.text)
    if seek.class_id:
        query = query.where(Section.priority_class == seek.class_id)
    if seek.nothing_only:
        query = query.where(Served.granted == 0)
    return paged(session, query, number)


def named(query: Select[Row], text: str) -> Select[Row]:
    """Only where the name of the group or its organisation has the text in it."""
    if not text.strip():
        return query
    like = f"%{escaped(text.strip())}%"
    return query.where(or_(Organisation.name.ilike(like, escape="\\"), Section.name.ilike(like, escape="\\")))


def escaped(text: str) -> str:
    """A text in which LIKE finds nothing but itself."""
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


@dataclass(frozen=True, slots=True)
class Seek:
    """Which of the groups with less than they asked: by name, of one class, with nothing at all."""

    text: str = ""
    class_id: str = ""
    nothing_only: bool = False


@dataclass(slots=True)
class WeekRow:
    """A space, or a group, with its slots by weekday."""

    space: Space | None
    section: Section | None
    days: dict[int, list[Placement]] = field(default_factory=lambda: defaultdict(list))


def week_of_spaces(
    session: Session, scenario: Scenario, *, premises: str = "", space: str = "", number: int = 1
) -> Page:
    """The week of the round's spaces, some at a time, by premises and name."""
    hours = select(RoundHours.space_id).where(RoundHours.round_id == scenario.round_id)
    query = select(Space).join(Space.premises).where(Space.id.in_(hours)).options(contains_eager(Space.premises))
    if premises:
        query = query.where(Premises.ref == premises)
    if space:
        query = query.where(Space.ref == space)
    page = paged(session, query.order_by(Premises.name_fi, Space.position, Space.id), number, SPACES_ON_PAGE)
    rows = {one.id: WeekRow(one, None) for one in page.rows}
    for slot in _slots(session, scenario, Placement.space_id.in_(rows)):
        rows[slot.space_id].days[slot.weekday].append(slot)
    return Page(list(rows.values()), page.number, page.pages, page.total)


def week_of_organisation(session: Session, scenario: Scenario, organisation: str) -> list[WeekRow]:
    """The week of an organisation, group by group; all that it asked for, also those with nothing."""
    query = (
        select(Section)
        .join(Section.application)
        .join(Application.organisation)
        .where(Application.round_id == scenario.round_id, Organisation.ref == organisation)
        .options(contains_eager(Section.application, Application.organisation))
        .order_by(Section.position, Section.id)
    )
    rows = {one.id: WeekRow(None, one) for one in session.scalars(query)}
    for slot in _slots(session, scenario, Placement.section_id.in_(rows)):
        rows[slot.section_id].days[slot.weekday].append(slot)
    return list(rows.values())


def _slots(session: Session, scenario: Scenario, which: Any) -> Sequence[Placement]:
    query = (
        select(Placement)
        .where(Placement.scenario_id == scenario.id, which)
        .options(
            joinedload(Placement.section).joinedload(Section.application).joinedload(Application.organisation),
            joinedload(Placement.space).joinedload(Space.premises),
        )
    )
    return session.scalars(query.order_by(Placement.weekday, Placement.start_min, Placement.id)).all()


def premises_of(session: Session, scenario: Scenario) -> list[Premises]:
    """Those whose spaces are in the round."""
    hours = select(RoundHours.space_id).where(RoundHours.round_id == scenario.round_id)
    houses = select(Space.premises_id).where(Space.id.in_(hours))
    return list(session.scalars(select(Premises).where(Premises.id.in_(houses)).order_by(Premises.name_fi)))


def organisations_of(session: Session, scenario: Scenario) -> list[Organisation]:
    """Those that applied in the round."""
    mine = select(Application.organisation_id).where(Application.round_id == scenario.round_id)
    return list(session.scalars(select(Organisation).where(Organisation.id.in_(mine)).order_by(Organisation.name)))


def spaces_named(session: Session, refs: set[str]) -> dict[str, Space]:
    """Spaces by ref, with their premises."""
    query = select(Space).where(Space.ref.in_(refs)).options(joinedload(Space.premises))
    return {one.ref: one for one in session.scalars(query)}


@dataclass(frozen=True, slots=True)
class GroupGot:
    """One group in a scenario: what it asked, what it got and why not more."""

    section: Section
    served: Served
    slots: Sequence[Placement]
    spaces: Mapping[str, Space]


def group_got(session: Session, scenario: Scenario, ref: str) -> GroupGot:
    """Raises NotFound for a group that asked for nothing in this scenario."""
    loaded = (
        joinedload(Section.application).joinedload(Application.organisation),
        selectinload(Section.windows),
        selectinload(Section.options).joinedload(SectionOption.space).joinedload(Space.premises),
        selectinload(Section.options).joinedload(SectionOption.premises),
    )
    query = select(Section).join(Section.application).where(Section.ref == ref)
    section = session.scalar(query.where(Application.round_id == scenario.round_id).options(*loaded))
    if section is None:
        raise NotFound(what="section")
    served = session.scalar(select(Served).where(Served.scenario_id == scenario.id, Served.section_id == section.id))
    if served is None:
        raise NotFound(what="section")
    slots = _slots(session, scenario, Placement.section_id == section.id)
    refs = {str(one["space"]) for one in (*served.reasons, *served.offers) if one.get("space")}
    return GroupGot(section, served, slots, spaces_named(session, refs))


def organisation_id(session: Session, ref: str) -> OrganisationId:
    """Raises NotFound."""
    found = session.scalar(select(Organisation.id).where(Organisation.ref == ref))
    if found is None:
        raise NotFound(what="organisation")
    return found


def space_id(session: Session, ref: str) -> SpaceId:
    """Raises NotFound."""
    found = session.scalar(select(Space.id).where(Space.ref == ref))
    if found is None:
        raise NotFound(what="space")
    return found


def _of_round(round_: Round) -> Select[Section]:
    mine = Application.round_id == round_.id, Application.state == ApplicationState.SENT.value
    return select(Section).join(Section.application).join(Application.organisation).where(*mine)


def classed(session: Session, round_: Round, *, seek: str = "", number: int = 1) -> Page:
    """The groups of a round with organisation, those that nobody has classed first."""
    query = named(_of_round(round_).options(contains_eager(Section.application, Application.organisation)), seek)
    waits = case((Section.priority_class.is_(None) & (Section.excluded_why == ""), 0), else_=1)
    return paged(session, query.order_by(waits, Organisation.name, Section.name, Section.id), number)


def class_counts(session: Session, round_: Round) -> dict[str, int]:
    """How many groups are in each class; under "": in none and not left out."""
    counted = _of_round(round_).with_only_columns(Section.priority_class, func.count())
    rows = session.execute(counted.where(Section.excluded_why == "").group_by(Section.priority_class))
    return {class_id or "": count for class_id, count in rows}
