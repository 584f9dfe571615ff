"""Which rights should be at which doors: the pure answer, and the difference to what is there. No database, no clock.

Who may pass: the holder of a booking, unless they left its organisation, with each of their cards or a PIN made for
this booking; the key holders of the organisation, or of the group that booked, likewise; its code readers with such a
PIN only. For one time a stand-in may answer instead of the holder, or beside them. A code for visitors opens in a
window of its own within its maker's. When: from door_lead_min before the start until the end, in elapsed minutes, or as
the door practice of the rulebook says, and only while the role lasts. Where: at every door that serves the space.
Nobody, where by that practice people or keys open the door, or something that it needs is not in order.

Sessions of groups inside a time: the coach of a session and the people of its group pass during it only, at the doors
of its part of the space; at the time's own start and end its window counts. Who has a role in the whole organisation,
and the time's holder, pass as without sessions.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import TypeVar

from access.ids import CredentialId, DoorId, RightId
from booking.ids import BookingId, GroupId, OccurrenceId, OrganisationId, PersonId, SpaceId

K = TypeVar("K")
V = TypeVar("V")


@dataclass(frozen=True, slots=True)
class Inner:
    """A session of one group inside a use, in a part of its space or the whole. `coach_left` and `coach_until`: as the
    holder's of a use."""

    group: GroupId
    coach: PersonId
    space: SpaceId
    starts_at: datetime
    ends_at: datetime
    coach_left: bool = False
    coach_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Substitute:
    """Who answers for one use instead of its holder or beside them. `left` and `until`: as the holder's of a use."""

    person: PersonId
    left: bool = False
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Use:
    """A confirmed occurrence, as doors see it. `day` is the local day of its start; `holder_left`: by then the holder
    has no role in the organisation any more; `holder_until`: the instant at which the last one ends. `opens` and
    `closes`: the window that the rulebook gives; `shut`: no right at any door; `holder_only`: key holders get none;
    `cards_only`: PINs open nothing; `holder_replaced`: a stand-in answers instead of the holder."""

    occurrence: OccurrenceId
    booking: BookingId
    organisation: OrganisationId
    holder: PersonId
    space: SpaceId
    starts_at: datetime
    ends_at: datetime
    lead_min: int
    day: date
    holder_left: bool = False
    holder_until: datetime | None = None
    group: GroupId | None = None
    opens: datetime | None = None
    closes: datetime | None = None
    shut: bool = False
    holder_only: bool = False
    cards_only: bool = False
    inner: tuple[Inner, ...] = ()
    stand_ins: tuple[Substitute, ...] = ()
    holder_replaced: bool = False

    @property
    def spaces(self) -> frozenset[SpaceId]:
        """Its space, and the parts of it that its sessions use."""
        return frozenset({self.space, *(each.space for each in self.inner)})

    @property
    def persons(self) -> frozenset[PersonId]:
        """Who answers for it, and for its sessions."""
        return frozenset({self.holder, *(each.coach for each in self.inner), *(one.person for one in self.stand_ins)})

    def inside(self, group: GroupId) -> tuple[Inner, ...]:
        return tuple(each for each in self.inner if each.group == group)

    def during(self, each: Inner) -> Window:
        """When a session lets in: at the use's own ends as the use does, else to the second."""
        starts_at = self.opens_at if each.starts_at <= self.starts_at else each.starts_at
        ends_at = self.closes_at if each.ends_at >= self.ends_at else each.ends_at
        return Window(starts_at, ends_at, space=each.space)

    @property
    def opens_at(self) -> datetime:
        return self.opens or self.starts_at - timedelta(minutes=self.lead_min)

    @property
    def closes_at(self) -> datetime:
        return self.closes or self.ends_at


@dataclass(frozen=True, slots=True)
class Only:
    """The one use a code for visitors is for, and its window."""

    occurrence: OccurrenceId
    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True, slots=True)
class Bearer:
    """A live credential, and the doors that can know it. A PIN is for one booking only, a card has None."""

    credential: CredentialId
    person: PersonId
    booking: BookingId | None
    doors: frozenset[DoorId]
    only: Only | None = None

    def opens(self, use: Use) -> bool:
        """Whether it is for this use at all."""
        if self.only is not None and self.only.occurrence != use.occurrence:
            return False
        return self.booking is None or (self.booking == use.booking and not use.cards_only)


@dataclass(frozen=True, slots=True)
class KeyHolder:
    """Somebody who carries a key of an organisation, or of one group of it, both days inclusive, and between the
    instants told. `codes_only`: with a PIN made for the booking, not with a card."""

    person: PersonId
    organisation: OrganisationId
    first_on: date
    last_on: date | None
    begins_at: datetime | None = None
    ended_at: datetime | None = None
    group: GroupId | None = None
    codes_only: bool = False

    def holds_on(self, day: date) -> bool:
        return self.first_on <= day and (self.last_on is None or day <= self.last_on)

    def carries(self, use: Use) -> bool:
        """Whether the role is for this use, for a part of its time at least."""
        return any(window.starts_at < window.ends_at for window in self.windows(use))

    def windows(self, use: Use) -> list[Window]:
        """The parts of the use for which the role is, as far as it lasts; an empty one has its end not after its start.
        A role for one group reaches the sessions of that group; without any, the uses that the group booked."""
        if not self.holds_on(use.day):
            return []
        mine = use.inside(self.group) if self.group is not None else ()
        if mine:
            return [self._lasting(use.during(each)) for each in mine]
        whole = self.group in (None, use.group)
        return [self._lasting(Window(use.opens_at, use.closes_at, space=use.space))] if whole else []

    def _lasting(self, window: Window) -> Window:
        starts_at = max(window.starts_at, self.begins_at or window.starts_at)
        ends_at = min(window.ends_at, self.ended_at or window.ends_at)
        return Window(starts_at, ends_at, codes_only=self.codes_only, space=window.space)


@dataclass(frozen=True, slots=True, order=True)
class Window:
    """A stretch of a use in which somebody may pass to a space of it, perhaps with a PIN for the booking only."""

    starts_at: datetime
    ends_at: datetime
    codes_only: bool = False
    space: SpaceId | None = None


@dataclass(frozen=True, slots=True, order=True)
class WantedRight:
    """A credential shall pass a door in [valid_from, valid_until) because of an occurrence."""

    door: DoorId
    credential: CredentialId
    occurrence: OccurrenceId
    valid_from: datetime
    valid_until: datetime


@dataclass(frozen=True, slots=True)
class Difference:
    """What must change at doors so that they hold what is wanted."""

    give: tuple[WantedRight, ...]
    withdraw: tuple[RightId, ...]


def wanted(
    uses: Iterable[Use],
    bearers: Iterable[Bearer],
    *,
    doors: Mapping[SpaceId, frozenset[DoorId]],
    key_holders: Iterable[KeyHolder],
) -> frozenset[WantedRight]:
    """All rights that follow from these uses."""
    carried = _grouped((bearer.person, bearer) for bearer in bearers)
    keys = _grouped((holder.organisation, holder) for holder in key_holders)
    return frozenset(
        right
        for use in uses
        for person, windows in _people(use, keys.get(use.organisation, ())).items()
        for bearer in carried.get(person, ())
        if bearer.opens(use)
        for right in _rights(use, bearer, windows, doors)
    )


def _people(use: Use, keys: Iterable[KeyHolder]) -> dict[PersonId, list[Window]]:
    """Who may pass, and when."""
    if use.shut:
        return {}
    found = [(each.person, window) for each in keys if not use.holder_only for window in each.windows(use)]
    if not use.holder_left and not use.holder_replaced:
        found.append((use.holder, _whole(use, use.holder_until)))
    found += [(each.person, _whole(use, each.until)) for each in use.stand_ins if not each.left]
    found += [(each.coach, _while_there(use.during(each), each)) for each in use.inner if not each.coach_left]
    return _grouped(found)


def _whole(use: Use, until: datetime | None) -> Window:
    return Window(use.opens_at, min(use.closes_at, until or use.closes_at), space=use.space)


def _while_there(window: Window, each: Inner) -> Window:
    return replace(window, ends_at=min(window.ends_at, each.coach_until or window.ends_at))


def diff(existing: Mapping[RightId, WantedRight], wanted: frozenset[WantedRight]) -> Difference:
    """What to give and what to withdraw; a right with another window counts as another right."""
    there = set(existing.values())
    withdraw = sorted(right for right, what in existing.items() if what not in wanted)
    return Difference(tuple(sorted(wanted - there)), tuple(withdraw))


def _grouped(pairs: Iterable[tuple[K, V]]) -> dict[K, list[V]]:
    groups: dict[K, list[V]] = {}
    for key, value in pairs:
        groups.setdefault(key, []).append(value)
    return groups


def _rights(
    use: Use, bearer: Bearer, windows: Iterable[Window], doors: Mapping[SpaceId, frozenset[DoorId]]
) -> Iterator[WantedRight]:
    usable = [each for each in windows if bearer.booking is not None or not each.codes_only]
    behind: dict[DoorId, list[Window]] = {}
    for each in usable:
        for door in doors.get(use.space if each.space is None else each.space, frozenset()) & bearer.doors:
            behind.setdefault(door, []).append(_within(each, bearer.only))
    for door, there in behind.items():
        for starts_at, ends_at in stretches(there):
            yield WantedRight(door, bearer.credential, use.occurrence, starts_at, ends_at)


def _within(window: Window, only: Only | None) -> Window:
    if only is None:
        return window
    starts_at, ends_at = max(window.starts_at, only.starts_at), min(window.ends_at, only.ends_at)
    return replace(window, starts_at=starts_at, ends_at=ends_at)


def stretches(windows: Iterable[Window]) -> list[tuple[datetime, datetime]]:
    """The windows as stretches with gaps between them: those that touch are one, empty ones are none."""
    found: list[tuple[datetime, datetime]] = []
    for starts_at, ends_at in sorted((each.starts_at, each.ends_at) for each in windows):
        if starts_at >= ends_at:
            continue
        if found and starts_at <= found[-1][1]:
            found[-1] = (found[-1][0], max(found[-1][1], ends_at))
        else:
            found.append((starts_at, ends_at))
    return found
