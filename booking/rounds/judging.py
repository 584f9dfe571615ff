"""Which priority class each section of a round is in, by the rulebook version fixed in the round, and its place by the
tie-breaks; what nobody can class by rules waits for an official, and each class may be changed with a reason."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, TypeAlias
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload, selectinload

from booking.acts import Act, ActKind, tell
from booking.asked import names_asked
from booking.core.pattern import Pattern
from booking.core.rulebook import Outcome, OutcomeKind, Rulebook, evaluate
from booking.core.rules.facts import FactValue
from booking.core.rules.order import LAST, placed
from booking.core.rules.request import Request
from booking.core.span import Span, local_or_later
from booking.ids import PersonId
from booking.judging import Known, plain_facts, request_of
from booking.known_facts import BEFORE, of_applicant, of_day, of_pattern, of_premises, of_standing
from booking.limits.used import Used
from booking.models import Organisation, Space
from booking.refusals import BadInput, NotFound
from booking.rounds.models import Application, ApplicationState, Round, RoundHours, Section, SectionOption
from booking.rounds.policy import rulebook_of
from booking.wish import Wish

EVENING_MIN = 1020  # asked about where a section told no window: five o'clock
EVERYBODY = "all"  # the class of a rulebook that has none
Steps: TypeAlias = tuple[Any, ...]


def sections_of(session: Session, round_: Round, *, late: bool | None = False) -> list[Section]:
    """The sections of sent applications with what they wish, in a fixed order; late ones, others, or (None) both."""
    query = (
        select(Section)
        .join(Section.application)
        .where(Application.round_id == round_.id, Application.state == ApplicationState.SENT.value)
        .options(selectinload(Section.windows), selectinload(Section.options).joinedload(SectionOption.space))
        .options(joinedload(Section.application).joinedload(Application.organisation))
        .order_by(Section.id)
    )
    return list(session.scalars(query if late is None else query.where(Application.late.is_(late))))


def section_of(session: Session, round_: Round, ref: str) -> Section:
    """Raises NotFound for one that is not in the round."""
    query = select(Section).join(Section.application).where(Section.ref == ref, Application.round_id == round_.id)
    found = session.scalar(query.options(joinedload(Section.application).joinedload(Application.organisation)))
    if found is None:
        raise NotFound(what="section")
    return found


def spaces_of_round(session: Session, round_: Round) -> list[Space]:
    """The spaces whose hours can be applied for, with their premises, in order of row."""
    hours = select(RoundHours.space_id).where(RoundHours.round_id == round_.id)
    query = select(Space).where(Space.id.in_(hours)).options(joinedload(Space.premises)).order_by(Space.id)
    return list(session.scalars(query))


def fits(option: SectionOption, space: Space) -> bool:
    """Whether a space is one that the option names."""
    return (
        option.space_id in (None, space.id)
        and option.space_kind in (None, space.kind)
        and option.premises_id in (None, space.premises_id)
        and option.district in (None, space.premises.district)
    )


@dataclass(slots=True)
class Judge:
    """Asks the rulebook about sections; what is the same for an organisation or a space is gathered once."""

    session: Session
    round: Round
    now: datetime
    book: Rulebook
    spaces: list[Space] = field(init=False)
    asked: frozenset[str] = field(init=False)
    _kept: dict[Any, Mapping[str, FactValue]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.spaces = spaces_of_round(self.session, self.round)
        self.asked = names_asked(self.book)

    def request(self, section: Section) -> Request | None:
        """What the rules are asked of a section: its first weekly time in the space it wishes most. None where no space
        of the round is among its options."""
        space = self.first_space(section)
        if space is None:
            return None
        pattern = self.pattern(section)
        zone = ZoneInfo(space.premises.zone)
        ends = local_or_later(pattern.first_on, pattern.end_min, zone)
        span = Span(local_or_later(pattern.first_on, pattern.start_min, zone), ends)
        organisation = section.application.organisation
        wish = self.wish(section, space, pattern)
        known = Known({**self.facts(organisation, space, wish, span), "time.applied_at": section.application.sent_at})
        return request_of(wish, space, organisation, span, known)

    def first_space(self, section: Section) -> Space | None:
        return next((one for option in section.options for one in self.spaces if fits(option, one)), None)

    def pattern(self, section: Section) -> Pattern:
        """A weekly slot as the section would have it in its first wished window."""
        wished = sorted(section.windows, key=lambda one: (one.preference, one.weekday, one.start_min))
        weekday, start = (wished[0].weekday, wished[0].start_min) if wished else (0, EVENING_MIN)
        first = self.round.first_on + timedelta(days=(weekday - self.round.first_on.weekday()) % 7)
        last = max(first, self.round.last_on)
        return Pattern(first, last, start, start + section.min_minutes, (weekday,))

    def wish(self, section: Section, space: Space, pattern: Pattern) -> Wish:
        application = section.application
        return Wish(
            space=space.id,
            organisation=application.organisation_id,
            holder=application.contact_id,
            pattern=pattern,
            title=section.name,
            purpose=section.purpose,
            people=section.people,
            audience=section.audience,
            regular=True,
            group=section.group_id,
        )

    def facts(self, organisation: Organisation, space: Space, wish: Wish, span: Span) -> dict[str, FactValue]:
        """What the register, the calendar and history say."""
        session, day = self.session, wish.pattern.first_on
        today = self.now.astimezone(ZoneInfo(space.premises.zone)).date()
        whose, where = organisation.id, space.premises_id
        kept = self._kept
        if ("of", whose) not in kept:
            kept["of", whose] = of_applicant(organisation)
        if ("at", space.id) not in kept:
            kept["at", space.id] = of_premises(session, space)
        if ("stands", whose, where) not in kept:
            kept["stands", whose, where] = of_standing(session, organisation, space, today, self.asked)
        if ("day", whose, space.id, day) not in kept:
            kept["day", whose, space.id, day] = of_day(session, organisation, space, day, self.asked)
        found = {**kept["of", whose], **kept["at", space.id], **kept["stands", whose, where]}
        found |= {**kept["day", whose, space.id, day], **of_pattern(wish.pattern, regular=True)}
        if not self.asked.isdisjoint(BEFORE):
            found |= Used(session, wish, space, self.now).before(span)
        return found


def judge_round(session: Session, round_: Round, *, by: PersonId, now: datetime) -> int:
    """Ask the rulebook about every sent section and keep what it says; a class that an official gave stays. Returns how
    many nobody could class."""
    judge = Judge(session, round_, now, rulebook_of(session, round_))
    sections = sections_of(session, round_, late=None)
    asked = {section.id: judge.request(section) for section in sections}
    for section in sections:
        request = asked[section.id]
        keep(section, None if request is None else evaluate(judge.book, request))
        if judge.book.priority.silent and section.priority_class is None:
            section.priority_class = EVERYBODY
    order = places(judge.book, [(one.ref, one.priority_class, asked[one.id]) for one in sections])
    for section in sections:
        section.place_in_order = order[section.ref]
    session.flush()
    left = sum(unclassed(section) for section in sections)
    body = {"sections": len(sections), "unclassed": left, "rulebook": judge.book.id}
    tell(session, Act(ActKind.ROUND_JUDGED, now, by, round_.ref, body))
    return left


def keep(section: Section, outcome: Outcome | None) -> None:
    """What the rules say of a section, on its row."""
    by_hand = section.judged.get("by_hand")
    said = {"kind": "no_space", "class": None, "row": None, "missing": []} if outcome is None else said_by(outcome)
    section.judged = said | ({"by_hand": by_hand} if by_hand else {})
    section.priority_class = by_hand["class"] if by_hand else said["class"]
    section.class_row = said["row"]


def said_by(outcome: Outcome) -> dict[str, Any]:
    """The outcome as kept with a section: its class only where the rules let it in at all."""
    shut = outcome.kind in (OutcomeKind.REFUSED, OutcomeKind.REDIRECTED)
    rows = [one.row for one in outcome.reasons if one.table == "priority"] or [one.row for one in outcome.reasons]
    return {
        "kind": outcome.kind.value,
        "rulebook": outcome.rulebook,
        "class": None if shut else outcome.priority_class,
        "row": rows[0] if rows else None,
        "missing": [] if outcome.priority_class else list(outcome.missing),
        "facts": plain_facts({name: value for name, value in outcome.facts.items() if value is not None}),
    }


def places(book: Rulebook, asked: Iterable[tuple[str, str | None, Request | None]]) -> dict[str, int | None]:
    """The place of each (ref, class, request) by the tie-breaks of the rules, the same for those they cannot tell
    apart; none where the rules say nothing about order within a class."""
    ranks = {id_: one.rank for id_, one in book.priority.classes.items()}
    keyed: dict[str, tuple[int, Steps]] = {}
    for ref, class_id, request in asked:
        steps: Steps = () if request is None else placed(book, ref, request, "", None)[0][1]
        keyed[ref] = (ranks.get(class_id or "", LAST), steps)
    speaks = any(steps for _rank, steps in keyed.values())
    order = {key: place for place, key in enumerate(sorted(set(keyed.values())), start=1)}
    return {ref: order[key] if speaks else None for ref, key in keyed.items()}


@dataclass(frozen=True, slots=True)
class Said:
    """What rules say of a section: its class, the row that puts it there, its place in their order."""

    class_id: str | None
    row: str
    place: int | None


def as_kept(sections: Iterable[Section]) -> dict[str, Said]:
    """What the round's rules and officials said of each section, by ref."""
    return {one.ref: Said(one.priority_class, one.class_row or "", one.place_in_order) for one in sections}


def by_other_rules(judge: Judge, sections: Sequence[Section]) -> dict[str, Said]:
    """What another version of the rules would say of each section, by ref; nothing of it is kept."""
    asked = {one.ref: judge.request(one) for one in sections}
    said = {ref: said_by(evaluate(judge.book, request)) for ref, request in asked.items() if request is not None}
    usual = EVERYBODY if judge.book.priority.silent else None
    classes = {ref: said[ref]["class"] or usual if ref in said else None for ref in asked}
    order = places(judge.book, [(ref, classes[ref], request) for ref, request in asked.items()])
    return {ref: Said(classes[ref], str(said[ref]["row"] or "") if ref in said else "", order[ref]) for ref in asked}


def unclassed(section: Section) -> bool:
    """Whether an official must give the section a class, or leave it out."""
    return section.priority_class is None and not section.excluded_why


@dataclass(frozen=True, slots=True)
class ClassRow:
    """A class of the rulebook with how many of the round's sections are in it."""

    id: str
    rank: int
    name: Mapping[str, str]
    sections: int


def classes_of(session: Session, round_: Round, sections: Sequence[Section]) -> list[ClassRow]:
    """The classes of the round's rulebook that somebody is in or can be put in, the first first."""
    count: dict[str, int] = {}
    for section in sections:
        if section.priority_class:
            count[section.priority_class] = count.get(section.priority_class, 0) + 1
    known = rulebook_of(session, round_).priority.classes
    ordered = sorted(known.items(), key=lambda pair: (pair[1].rank, pair[0]))
    return [ClassRow(id_, one.rank, one.name, count.get(id_, 0)) for id_, one in ordered]


def give_class(
    session: Session, round_: Round, section: Section, class_id: str, reason: str, *, by: PersonId, now: datetime
) -> None:
    """An official's own class for a section. Raises BadInput for no reason or a class the rules do not have."""
    if not reason.strip():
        raise BadInput(field="reason", problem="missing")
    if class_id not in rulebook_of(session, round_).priority.classes:
        raise BadInput(field="class_id", problem="not_one_of")
    before = section.priority_class
    by_hand = {"class": class_id, "reason": reason.strip(), "at": now.isoformat(), "before": before}
    section.judged = section.judged | {"by_hand": by_hand}
    section.priority_class, section.excluded_why = class_id, ""
    session.flush()
    body = {"section": section.ref, "class": class_id, "before": before, "reason": reason.strip()}
    tell(session, Act(ActKind.ROUND_CLASS_GIVEN, now, by, round_.ref, body))


def leave_out(session: Session, round_: Round, section: Section, reason: str, *, by: PersonId, now: datetime) -> None:
    """Leave a section out of the allocation. Raises BadInput for no reason."""
    if not reason.strip():
        raise BadInput(field="reason", problem="missing")
    section.excluded_why = reason.strip()
    session.flush()
    body = {"section": section.ref, "left_out": reason.strip()}
    tell(session, Act(ActKind.ROUND_CLASS_GIVEN, now, by, round_.ref, body))
