"""From a round and what was applied for to an instance of the allocation: refs are its ids, and nothing of it names a
person."""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.availability import Tree, opening_rules
from booking.core.allocation import instance as values
from booking.core.allocation.instance import Instance, Period, WeeklyTime, Weeks
from booking.ids import OrganisationId, PremisesId, SpaceId
from booking.models import Premises, Space
from booking.rounds.aims import aims_of, book_named
from booking.rounds.judging import Judge, Said, as_kept, by_other_rules, sections_of, spaces_of_round
from booking.rounds.models import Round, RoundHours, Section, SectionOption
from booking.rounds.obstacles import booked, closed_periods, opened, running, weekly_and_single
from booking.rounds.plan_models import GrantState, Scenario, SlotGrant
from booking.rounds.used import use_of_last_season
from booking.rounds.what_if import changed, slot_facts

GIVEN_UP = (GrantState.DECLINED.value, GrantState.LAPSED.value, GrantState.HANDED_BACK.value)
LIVE = (GrantState.PROPOSED.value, GrantState.ACCEPTED.value, GrantState.ASKED.value, GrantState.DECIDED.value)


def instance_of(session: Session, scenario: Scenario, now: datetime) -> Instance:
    """The instance of a scenario as its round stands: what differs in the scenario (`changes`) is worked in. Sections
    without a class, and those left out by an official, are not in it. Raises NoRulebook."""
    round_ = session.get_one(Round, scenario.round_id)
    season = Period(round_.first_on, round_.last_on)
    sections = taking_part(session, round_, scenario.phase)
    other = str(scenario.changes.get("rulebook", ""))
    book = book_named(session, round_, other)
    aims = aims_of(round_, book, sections)
    said = by_other_rules(Judge(session, round_, now, book), sections) if other else as_kept(sections)
    built = Instance(
        id=round_.ref,
        season=season,
        grid_min=round_.grid_min,
        classes=aims.classes,
        spaces=Spaces(session, round_, now).all(season),
        sections=tuple(Sections(session, round_, aims.class_ids, said).all(sections)),
        policy=aims.policy,
        quotas=aims.quotas,
        rulebook=aims.rulebook if other else round_.rulebook or aims.rulebook,
        public_draw=round_.public_draw,
    )
    given = given_before(session, scenario)
    late_only = scenario.phase == "left_over"
    return changed(with_given(built, given, late_only=late_only) if given else built, scenario.changes)


def taking_part(session: Session, round_: Round, phase: str) -> list[Section]:
    """The sections that may be allocated in a phase, those with a class: late ones only get what is left over."""
    found = sections_of(session, round_, late=None if phase == "left_over" else False)
    return [one for one in found if not one.excluded_why and one.windows and one.options]


@dataclass(slots=True)
class Spaces:
    """The spaces of a round with what stands in the way of each."""

    session: Session
    round: Round
    now: datetime
    tree: Tree = field(init=False)
    refs: dict[SpaceId, str] = field(init=False)

    def all(self, season: Period) -> tuple[values.Space, ...]:
        spaces = spaces_of_round(self.session, self.round)
        houses = {space.premises_id for space in spaces}
        self.tree = Tree(self.session, houses)
        self.refs = self._refs(houses)
        rules = opening_rules(self.session, spaces)
        hours, blocks = self._hours(), running(self.session, self.round)
        made = [
            replace(
                self._bare(space),
                open=opened(rules[space.id], hours[space.id]),
                closed=closed_periods(rules[space.id], season),
                blocked=tuple(blocks.get(space.id, ())),
            )
            for space in spaces
        ]
        return (*self._with_bookings(made, spaces, season),)

    def _refs(self, houses: Collection[PremisesId]) -> dict[SpaceId, str]:
        rows = self.session.execute(select(Space.id, Space.ref).where(Space.premises_id.in_(houses)))
        return {row.id: row.ref for row in rows}

    def _hours(self) -> dict[SpaceId, list[WeeklyTime]]:
        found: dict[SpaceId, list[WeeklyTime]] = defaultdict(list)
        for row in self.session.scalars(select(RoundHours).where(RoundHours.round_id == self.round.id)):
            days: tuple[Period, ...] = ()
            if row.first_on or row.last_on:
                days = (Period(row.first_on or self.round.first_on, row.last_on or self.round.last_on),)
            found[row.space_id].append(WeeklyTime(row.weekday, row.opens_min, row.closes_min, days))
        return found

    def _bare(self, space: Space) -> values.Space:
        return values.Space(
            id=space.ref,
            atoms=tuple(self.refs[atom] for atom in self.tree.atoms(space.id)),
            capacity=space.capacity,
            open=(),
            before_min=space.setup_min,
            after_min=space.turnaround_min,
            kind=space.kind,
            premises=space.premises.ref,
            district=space.premises.district,
            equipment=frozenset(map(str, space.equipment)),
            step_free=space.step_free and space.premises.step_free,
        )

    def _with_bookings(
        self, made: Sequence[values.Space], spaces: Sequence[Space], season: Period
    ) -> Iterable[values.Space]:
        """What is booked stands at its atom, so that the other half of a hall stays free: an atom whose hours nobody
        can apply for is a space that is never open."""
        atoms = {atom for space in spaces for atom in self.tree.atoms(space.id)}
        known = {one.id: one for one in made}
        for atom, stretches in booked(self.session, self.round, atoms, self.now).items():
            ref = self.refs[atom]
            weekly, single = weekly_and_single(stretches, season)
            shut = known.get(ref) or values.Space(id=ref, atoms=(ref,), capacity=0, open=())
            known[ref] = replace(shut, blocked=(*shut.blocked, *weekly), blocked_days=single)
        return known.values()


@dataclass(slots=True)
class Sections:
    """The sections of a round as values. `class_ids`: the allocation's class for each class of the rulebook."""

    session: Session
    round: Round
    class_ids: Mapping[str, str]
    said: Mapping[str, Said]
    premises: dict[PremisesId, str] = field(init=False)
    periods: dict[str, Period] = field(init=False)

    def all(self, sections: Sequence[Section]) -> Iterable[values.Section]:
        self.premises = {row.id: row.ref for row in self.session.execute(select(Premises.id, Premises.ref))}
        self.periods = {
            one["key"]: Period(date.fromisoformat(one["first_on"]), date.fromisoformat(one["last_on"]))
            for one in self.round.periods
        }
        history = history_of(self.session, self.round)
        inside = {space.id for space in spaces_of_round(self.session, self.round)}
        for section in sections:
            options = tuple(
                self._option(one) for one in section.options if one.space_id is None or one.space_id in inside
            )
            if options and self.said[section.ref].class_id in self.class_ids:
                yield self._value(section, options, history.of(section))

    def _value(
        self, section: Section, options: tuple[values.Option, ...], history: Iterable[values.Held]
    ) -> values.Section:
        said = self.said[section.ref]
        return values.Section(
            id=section.ref,
            organisation=section.application.organisation.ref,
            class_id=self.class_ids[said.class_id or ""],
            events=section.events,
            min_minutes=section.min_minutes,
            max_minutes=section.max_minutes,
            windows=tuple(values.Window(w.weekday, w.start_min, w.end_min, w.preference) for w in section.windows),
            options=options,
            people=section.people,
            name="",
            rule=said.row,
            order=said.place,
            periods=tuple(self.periods[key] for key in section.periods if key in self.periods),
            weeks=Weeks(section.weeks),
            equipment=frozenset(map(str, section.equipment)),
            step_free=section.step_free,
            same_space=section.same_space,
            shared=tuple(nameless(section, str(name)) for name in section.shared),
            audience=str(section.audience.get("group") or ""),
            history=tuple(history),
        )

    def _option(self, option: SectionOption) -> values.Option:
        return values.Option(
            rank=option.rank,
            space=option.space.ref if option.space else None,
            kind=option.space_kind,
            premises=self.premises.get(option.premises_id) if option.premises_id else None,
            district=option.district,
        )


def nameless(section: Section, name: str) -> str:
    """A coach as the instance knows them: the same for one name in one organisation, and no name."""
    whose = f"{section.application.organisation.ref}:{' '.join(name.casefold().split())}"
    return hashlib.sha256(whose.encode()).hexdigest()[:12]


def who(section: Section) -> tuple[int, str]:
    """What tells the same group in another season: its row in the register, else its name."""
    group = f"#{section.group_id}" if section.group_id else section.name.strip().casefold()
    return section.application.organisation_id, group


@dataclass(slots=True)
class History:
    """What groups had last season: their own slots of the round before, or before any round their organisation's."""

    session: Session
    slots: Mapping[tuple[int, str], list[values.Slot]]
    first: bool
    _used: dict[OrganisationId, list[values.Held]] = field(default_factory=dict)

    def of(self, section: Section) -> tuple[values.Held, ...]:
        """With how much of each slot was really used."""
        whose = section.application.organisation_id
        mine = self.slots.get(who(section), [])
        if not mine and not self.first:
            return ()
        if whose not in self._used:
            self._used[whose] = use_of_last_season(self.session, whose)
        used = {values.Slot(one.space, one.weekday, one.start_min, one.end_min): one for one in self._used[whose]}
        if self.first:
            return tuple(used.values())
        return tuple(used.get(slot) or values.Held(**slot_facts(slot)) for slot in mine)


def history_of(session: Session, round_: Round) -> History:
    if round_.previous_id is None:
        return History(session, {}, first=True)
    query = (
        select(SlotGrant, Space.ref)
        .join(Space, Space.id == SlotGrant.space_id)
        .where(SlotGrant.round_id == round_.previous_id, SlotGrant.state == GrantState.BOOKED.value)
        .order_by(SlotGrant.id)
    )
    before = session.get_one(Round, round_.previous_id)
    sections = {section.id: section for section in sections_of(session, before, late=None)}
    found: dict[tuple[int, str], list[values.Slot]] = defaultdict(list)
    for grant, ref in session.execute(query):
        if (section := sections.get(grant.section_id)) is not None:
            slot = values.Slot(ref, grant.weekday, grant.start_min, grant.end_min)
            found[who(section)].append(slot)
    return History(session, found, first=False)


@dataclass(frozen=True, slots=True)
class Given:
    """A slot that the round has granted already. `booked`: it stands in the calendar, and blocks as any booking."""

    section: str
    slot: values.Slot
    state: str

    @property
    def booked(self) -> bool:
        return self.state == GrantState.BOOKED


def given_before(session: Session, scenario: Scenario) -> list[Given]:
    """What the round has granted, and what was declined in it; nothing in its main phase."""
    if scenario.phase == "main":
        return []
    query = (
        select(SlotGrant, Section.ref, Space.ref)
        .join(Section, Section.id == SlotGrant.section_id)
        .join(Space, Space.id == SlotGrant.space_id)
        .where(
            SlotGrant.round_id == scenario.round_id, SlotGrant.state.in_((*LIVE, *GIVEN_UP, GrantState.BOOKED.value))
        )
        .order_by(SlotGrant.id)
    )
    return [
        Given(section, values.Slot(space, grant.weekday, grant.start_min, grant.end_min), grant.state)
        for grant, section, space in session.execute(query)
    ]


def with_given(built: Instance, given: Iterable[Given], *, late_only: bool) -> Instance:
    """What is granted stays as it is; who declined a slot is not offered it again. `late_only`: those who have
    something get no more."""
    known = {section.id for section in built.sections}
    mine = [one for one in given if one.section in known]
    live = [one for one in mine if one.state in LIVE]
    pins = tuple(values.Pin(one.section, one.slot, "granted") for one in live)
    no_more = tuple(
        values.Exclusion(
            section=one.section,
            space=one.slot.space,
            weekday=one.slot.weekday,
            start_min=one.slot.start_min,
            end_min=one.slot.end_min,
            reason="declined",
        )
        for one in mine
        if one.state in GIVEN_UP
    )
    held, waiting = Counter(one.section for one in mine if one.booked), Counter(one.section for one in live)
    sections = tuple(
        replace(one, events=left)
        for one in built.sections
        if (left := left_to_give(one, held[one.id], waiting[one.id], late_only=late_only)) > 0
    )
    return replace(built, sections=sections, pins=pins, exclusions=no_more)


def left_to_give(section: values.Section, held: int, waiting: int, *, late_only: bool) -> int:
    """How many events of a section this run is about."""
    return waiting if late_only and held + waiting else section.events - held
