"""From a plan of candidates to grants as people read them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from booking.core.allocation.candidates import SECTION, Prepared
from booking.core.allocation.instance import Slot
from booking.core.allocation.result import Grant, Origin
from booking.core.allocation.truth import Truth


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
    return tuple(sorted(counted(prepared, rows), key=in_order))


def counted(prepared: Prepared, rows: list[Grant]) -> list[Grant]:
    """Where weeks stand joined in the masks, the dates of the grants are counted day by day."""
    if not prepared.facts.calendar.joined:
        return rows
    truth = Truth(prepared.instance)
    return [recounted(truth, row) for row in rows]


def recounted(truth: Truth, row: Grant) -> Grant:
    section = truth.sections[row.section]
    own = truth.own_days(section, row.slot.weekday).bit_count()
    return replace(row, dates=truth.dates(section, row.slot).bit_count(), of_dates=own)


def own_dates(prepared: Prepared, section: int, weekday: int) -> int:
    """How many dates of this weekday the section would come."""
    return prepared.facts.calendar.dates(prepared.facts.own(prepared.instance.sections[section], weekday))


def in_order(grant: Grant) -> tuple[str, int, int, str]:
    return grant.section, grant.slot.weekday, grant.slot.start_min, grant.slot.space
