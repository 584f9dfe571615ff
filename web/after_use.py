"""What "my bookings" shows of times that run or are over: heads, what is noted, swaps, substitutes, sanctions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from booking.happenings.models import OPEN_STATES, Happening, Sanction, Substitute, Swap
from booking.ids import OccurrenceId, OrganisationId
from booking.life import attendance, incidents, penalties, substitutes, swaps
from booking.models import Occurrence

LOOKS_BACK = timedelta(days=60)
MOST_UNTOLD = 6


@dataclass(frozen=True, slots=True)
class AfterUse:
    """`untold`: one's times whose heads can be told now; `told`: how many came, by time; `noted`: newest first."""

    untold: tuple[Occurrence, ...]
    told: dict[OccurrenceId, int]
    noted: tuple[Happening, ...]
    swaps: tuple[Swap, ...]
    displaced: tuple[tuple[Occurrence, tuple[Substitute, ...]], ...]
    sanctions: tuple[Sanction, ...]

    @property
    def waiting(self) -> list[Happening]:
        """What the organisation may still answer."""
        return [row for row in self.noted if row.state in OPEN_STATES]


def after_use(
    db: Session, organisations: Sequence[OrganisationId], rows: Sequence[Occurrence], now: datetime
) -> AfterUse:
    """Of these organisations, and of the times shown on the page."""
    told = attendance.told_of(db, [row.id for row in rows])
    open_now = [row for row in rows if attendance.can_tell(row, now) and row.id not in told]
    lost = substitutes.displaced_of(db, organisations, now)
    offers = substitutes.offers_for(db, [row.id for row in lost], now)
    return AfterUse(
        untold=tuple(sorted(open_now, key=lambda row: row.starts_at, reverse=True)[:MOST_UNTOLD]),
        told={row: found.heads for row, found in told.items()},
        noted=tuple(incidents.of_organisations(db, organisations, now - LOOKS_BACK)),
        swaps=tuple(swaps.open_swaps(db, organisations, now)),
        displaced=tuple((row, tuple(one for one in offers if one.occurrence_id == row.id)) for row in lost),
        sanctions=tuple(one for one in penalties.of_organisations(db, organisations) if one.state == "given"),
    )
