"""What others have asked for in a round, read once: how many want the same spaces at the same times."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from booking.ids import OrganisationId, PremisesId, SpaceId
from booking.rounds.ids import SectionId
from booking.rounds.models import Application, ApplicationState, Section, SectionOption, SectionWindow
from booking.rounds.offered import Offered, Stretch

Place = tuple[SpaceId | None, str | None, PremisesId | None, str | None]


@dataclass(frozen=True, slots=True)
class Rivals:
    """Sent sections of others: their windows by weekday as (start, end, section), and the spaces that each wishes."""

    windows: dict[int, list[tuple[int, int, SectionId]]]
    wished: dict[SectionId, list[frozenset[SpaceId]]]

    def count(self, weekday: int, stretches: list[Stretch], spaces: Collection[SpaceId]) -> int:
        """How many sections could come in one of these stretches, and wish one of the spaces."""
        mine = frozenset(spaces)
        meeting = {
            section
            for start, end, section in self.windows.get(weekday, ())
            if any(start < closes and opens < end for opens, closes in stretches)
        }
        return sum(any(not mine.isdisjoint(some) for some in self.wished.get(one, ())) for one in meeting)


def rivals(
    session: Session,
    round_: Offered,
    *,
    organisation: OrganisationId,
    priority_class: str | None = None,
    weekdays: Collection[int] = range(7),
) -> Rivals:
    """What organisations but this one have sent, in time or late. `priority_class`: where it is known, only claims of
    the same class count; `weekdays`: no other days are looked at."""
    columns = (SectionWindow.weekday, SectionWindow.start_min, SectionWindow.end_min, SectionWindow.section_id)
    query = _sent(select(*columns).join(Section), round_, organisation, priority_class)
    windows = defaultdict(list)
    for weekday, start, end, section in session.execute(query.where(SectionWindow.weekday.in_(weekdays))):
        windows[weekday].append((start, end, section))
    return Rivals(windows, _wished(session, round_, organisation, priority_class))


def _wished(
    session: Session, round_: Offered, organisation: OrganisationId, priority_class: str | None
) -> dict[SectionId, list[frozenset[SpaceId]]]:
    place = (
        SectionOption.space_id,
        SectionOption.space_kind,
        SectionOption.premises_id,
        SectionOption.district,
    )
    query = _sent(select(SectionOption.section_id, *place).join(Section), round_, organisation, priority_class)
    meant: dict[Place, frozenset[SpaceId]] = {}
    made: dict[SectionId, list[frozenset[SpaceId]]] = defaultdict(list)
    for section, *told in session.execute(query):
        where: Place = (told[0], told[1], told[2], told[3])
        if where not in meant:
            meant[where] = _spaces(round_, where)
        made[section].append(meant[where])
    return made


def _spaces(round_: Offered, where: Place) -> frozenset[SpaceId]:
    """The spaces of the round that an option means."""
    space_id, kind, house, district = where
    if space_id is not None:
        return frozenset({space_id})
    return frozenset(
        space.id
        for space in round_.spaces
        if kind in (None, space.kind)
        and house in (None, space.premises_id)
        and district in (None, space.premises.district)
    )


def _sent(query: Any, round_: Offered, organisation: OrganisationId, priority_class: str | None) -> Select[Any]:
    sent: Select[Any] = query.join(Application).where(
        Application.round_id == round_.round.id,
        Application.state == ApplicationState.SENT.value,
        Application.organisation_id != organisation,
    )
    return sent if priority_class is None else sent.where(Section.priority_class == priority_class)
