"""Which rights should be at which doors: the pure answer, and the difference to what is there. No database, no clock.

Who may pass: the holder of a booking, unless they left its organisation, with each of their cards or a PIN made for
this booking, and the key holders of the organisation likewise. When: from door_lead_min before the start until the end,
in elapsed minutes. Where: at every door that serves the space.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TypeVar

from access.ids import CredentialId, DoorId, RightId
from booking.ids import BookingId, OccurrenceId, OrganisationId, PersonId, SpaceId

K = TypeVar("K")
V = TypeVar("V")


@dataclass(frozen=True, slots=True)
class Use:
    """A confirmed occurrence, as doors see it. `day` is the local day of its start; `holder_left`: by then the holder
    has no role in the organisation any more."""

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


@dataclass(frozen=True, slots=True)
class Bearer:
    """A live credential, and the doors that can know it. A PIN is for one booking only, a card has None."""

    credential: CredentialId
    person: PersonId
    booking: BookingId | None
    doors: frozenset[DoorId]


@dataclass(frozen=True, slots=True)
class KeyHolder:
    """Somebody who carries a key of an organisation, both days inclusive."""

    person: PersonId
    organisation: OrganisationId
    first_on: date
    last_on: date | None

    def holds_on(self, day: date) -> bool:
        return self.first_on <= day and (self.last_on is None or day <= self.last_on)


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
        for person in _people(use, keys.get(use.organisation, ()))
        for bearer in carried.get(person, ())
        if bearer.booking in (None, use.booking)
        for right in _rights(use, bearer, doors.get(use.space, frozenset()))
    )


def _people(use: Use, keys: Iterable[KeyHolder]) -> set[PersonId]:
    carrying = {each.person for each in keys if each.holds_on(use.day)}
    return carrying if use.holder_left else carrying | {use.holder}


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


def _rights(use: Use, bearer: Bearer, doors: frozenset[DoorId]) -> Iterator[WantedRight]:
    opens_at = use.starts_at - timedelta(minutes=use.lead_min)
    for door in doors & bearer.doors:
        yield WantedRight(door, bearer.credential, use.occurrence, opens_at, use.ends_at)
