"""From a plan of candidates to grants as people read them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from booking.core.allocation.candidates import SECTION, Prepared
from booking.core.allocation.instance import Slot
from booking.core.allocation.result import Grant, Origin


def grants(prepared: Prepared, plan: Iterable[int], stretched: Mapping[int, Slot] | None = None) -> tuple[Grant, ...]:
    """All weekly events in order: what was fixed and what was found, at full length where `stretched` says so."""
    sections, weeks = prepared.instance.sections, prepared.facts.calendar
    found = [(fixed.section, fixed.slot, fixed.origin, weeks.dates(fixed.mask)) for fixed in prepared.fixed] + [
        (
            int(prepared.rows[candidate, SECTION]),
            (stretched or {}).get(candidate) or prepared.slot(candidate),
            Origin.SOLVER,
            weeks.dates(int(prepared.masks[candidate])),
        )
        for candidate in plan
    ]
    rows = [
        Grant(sections[number].id, slot, origin, dates, own_dates(prepared, number, slot.weekday))
        for number, slot, origin, dates in found
    ]
    return tuple(sorted(rows, key=in_order))


def own_dates(prepared: Prepared, section: int, weekday: int) -> int:
    """How many dates of this weekday the section would come."""
    return prepared.facts.calendar.dates(prepared.facts.own(prepared.instance.sections[section], weekday))


def in_order(grant: Grant) -> tuple[str, int, int, str]:
    return grant.section, grant.slot.weekday, grant.slot.start_min, grant.slot.space
