"""Which rights should be at which doors: the pure answer, and the difference to what is there. No database, no clock.

Who may pass: the holder of a booking, unless they left its organisation, with each of their cards or a PIN made for
this booking; the key holders of the organisation, or of the group that booked, likewise; its code readers with such a
PIN only. When: from door_lead_min before the start until the end, in elapsed minutes, or as the door practice of the
rulebook says, and only while the role lasts. Where: at every door that serves the space. Nobody, where by that practice
people or keys open the door, or something that it needs is not in order.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TypeVar

from access.ids import CredentialId, DoorId, RightId
from booking.ids import BookingId, GroupId, OccurrenceId, OrganisationId, PersonId, SpaceId

K = TypeVar("K")
V = TypeVar("V")


@dataclass(frozen=True, slots=True)
class Use:
    """A confirmed occurrence, as doors see it. `day` is the local day of its start; `holder_left`: by then the holder
    has no role in the organisation any more; `holder_until`: the instant at which the last one ends. `opens` and
    `closes`: the window that the rulebook gives; `shut`: no right at any door; `holder_only`: key holders get none;
    `cards_only`: PINs open nothing."""

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

    @property
    def opens_at(self) -> datetime:
        return self.opens or self.starts_at - timedelta(minutes=self.lead_min)

    @property
    def closes_at(self) -> datetime:
        return self.closes or self.ends_at


@dataclass(frozen=True, slots=True)
class Bearer:
    """A live credential, and the doors that can know it. A PIN is for one booking only, a card has None."""

    credential: CredentialId
    person: PersonId
    booking: BookingId | None
    doors: frozenset[DoorId]


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
        window = self.window(use)
        return self.group in (None, use.group) and self.holds_on(use.day) and window.starts_at < window.ends_at

    def window(self, use: Use) -> Window:
        """The part of the use in which the role lasts; empty when its end is not after its start."""
        starts_at = max(use.opens_at, self.begins_at or use.opens_at)
        return Window(starts_at, min(use.closes_at, self.ended_at or use.closes_at), codes_only=self.codes_only)


@dataclass(frozen=True, slots=True, order=True)
class Window:
    """A stretch of a use in which somebody may pass, perhaps with a PIN for the booking only."""

    starts_at: datetime
    ends_at: datetime
    codes_only: bool = False


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
        if bearer.booking is None or (bearer.booking == use.booking and not use.cards_only)
        for right in _rights(use, bearer, windows, doors.get(use.space, frozenset()))
    )


def _people(use: Use, keys: Iterable[KeyHolder]) -> dict[PersonId, list[Window]]:
    """Who may pass, and when."""
    if use.shut:
        return {}
    found = [(each.person, each.window(use)) for each in keys if each.carries(use) and not use.holder_only]
    if not use.holder_left:
        found.append((use.holder, Window(use.opens_at, min(use.closes_at, use.holder_until or use.closes_at))))
    return _grouped(found)


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


def _rights(use: Use, bearer: Bearer, windows: Iterable[Window], doors: frozenset[DoorId]) -> Iterator[WantedRight]:
    usable = sorted(each for each in windows if bearer.booking is not None or not each.codes_only)
    window = _first(usable)
    if window is not None:
        for door in doors & bearer.doors:
            yield WantedRight(door, bearer.credential, use.occurrence, window.starts_at, window.ends_at)


def _first(windows: Iterable[Window]) -> Window | None:
    """The first stretch without a gap: a door holds one window for each use and credential."""
    found: Window | None = None
    for each in windows:
        if each.starts_at >= each.ends_at:
            continue
        if found is None:
            found = each
        elif each.starts_at <= found.ends_at:
            found = Window(found.starts_at, max(found.ends_at, each.ends_at))
    return found
