"""Weekly hours of spaces that can be applied for in a round: for the whole season, or by period.

The hours of one space are either of the whole season or of its periods: what is set for one period leaves to the others
what they had. After publishing, hours can be added and not taken away.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime

from sqlalchemy.orm import Session

from booking.acts import ActKind
from booking.availability import opening_rules
from booking.core.opening import Weekly
from booking.ids import PersonId, SpaceId
from booking.models import Space
from booking.refusals import BadInput, NotFound, NotNow
from booking.rounds.models import Round, RoundHours, RoundState
from booking.rounds.setting_up import period_days, tell_change

MINUTES_IN_DAY = 1440
Opening = tuple[int, int, int]  # weekday, opens_min, closes_min
Days = tuple[date | None, date | None]
WHOLE: Days = (None, None)


def opening_hours(session: Session, spaces: Sequence[Space]) -> dict[SpaceId, list[Opening]]:
    """When each space (its premises loaded) is open, what runs past midnight cut at it and put on the next weekday."""
    rules = opening_rules(session, spaces)
    return {space.id: joined(piece for one in rules[space.id].weekly for piece in _cut(one)) for space in spaces}


def _cut(hours: Weekly) -> list[Opening]:
    if hours.closes_min <= MINUTES_IN_DAY:
        return [(hours.weekday, hours.opens_min, hours.closes_min)]
    night = ((hours.weekday + 1) % 7, 0, hours.closes_min - MINUTES_IN_DAY)
    return [(hours.weekday, hours.opens_min, MINUTES_IN_DAY), night]


def joined(hours: Iterable[Opening]) -> list[Opening]:
    """The same hours in order, those of a weekday that touch or overlap made one."""
    made: list[Opening] = []
    for weekday, opens, closes in sorted(hours):
        if made and made[-1][0] == weekday and opens <= made[-1][2]:
            made[-1] = (weekday, made[-1][1], max(closes, made[-1][2]))
        else:
            made.append((weekday, opens, closes))
    return made


def covers(wide: Iterable[Opening], narrow: Iterable[Opening]) -> bool:
    """Whether every minute of one lies in the other."""
    whole = joined(wide)
    return all(
        any(day == one[0] and opens <= one[1] and one[2] <= closes for day, opens, closes in whole)
        for one in joined(narrow)
    )


def week_of(round_: Round, space: SpaceId, days: Days = WHOLE) -> list[Opening]:
    """The hours of a space in a loaded round for the whole season, or for a part of it."""
    rows = [row for row in round_.hours if row.space_id == space and (row.first_on, row.last_on) == days]
    return sorted((row.weekday, row.opens_min, row.closes_min) for row in rows)


def weeks(round_: Round) -> dict[SpaceId, dict[Days, list[Opening]]]:
    """The hours of every space of a loaded round by part of the season, the whole season first."""
    found: dict[SpaceId, dict[Days, list[Opening]]] = defaultdict(lambda: defaultdict(list))
    for row in sorted(round_.hours, key=_in_order):
        found[row.space_id][row.first_on, row.last_on].append((row.weekday, row.opens_min, row.closes_min))
    return found


def _in_order(row: RoundHours) -> tuple[bool, date, date, int, int]:
    days = (row.first_on or date.min, row.last_on or date.min)
    return (row.first_on is not None, *days, row.weekday, row.opens_min)


def by_weekday(hours: Iterable[Opening]) -> list[list[tuple[int, int]]]:
    """For each weekday from Monday its hours."""
    week: list[list[tuple[int, int]]] = [[] for _day in range(7)]
    for weekday, opens, closes in sorted(hours):
        week[weekday].append((opens, closes))
    return week


def parts_of(round_: Round, space: SpaceId) -> list[Days]:
    """The parts of the season for which a space has hours, the whole season first."""
    found = {(row.first_on, row.last_on) for row in round_.hours if row.space_id == space}
    return sorted(found, key=lambda days: (days[0] is not None, days[0] or date.min, days[1] or date.min))


def add(session: Session, round_: Round, spaces: Sequence[Space], *, by: PersonId, now: datetime) -> int:
    """Put spaces into the round with their opening hours; those in it already stay as they are. Returns how many."""
    _require_open(round_)
    inside = {row.space_id for row in round_.hours}
    new = [space for space in spaces if space.id not in inside]
    usual = opening_hours(session, new) if new else {}
    for space in new:
        _put(session, round_, space.id, WHOLE, usual[space.id])
    _tell(session, round_, {"added": [space.ref for space in new]} if new else {}, by, now)
    return len(new)


def set_week(
    session: Session,
    round_: Round,
    spaces: Sequence[Space],
    hours: Iterable[Opening],
    *,
    by: PersonId,
    now: datetime,
    period: str = "",
) -> None:
    """The hours of some spaces for the whole season, or for one of its periods. Raises BadInput for what runs past
    midnight, NotFound for an unknown period, NotNow for hours taken away after publishing."""
    _require_open(round_)
    week = joined(hours)
    if any(closes > MINUTES_IN_DAY for _day, _opens, closes in week):
        raise BadInput(field="hours", problem="hours")
    days = _days_of(round_, period)
    before = {space.id: _all(round_, space.id) for space in spaces}
    for space in spaces:
        _set(session, round_, space.id, days, week)
    if round_.state != RoundState.DRAFT and not all(_keeps(before[one.id], _all(round_, one.id)) for one in spaces):
        raise BadInput(field="", problem="hours_shrink")
    told = {"spaces": [space.ref for space in spaces], "period": period or None, "hours": [list(one) for one in week]}
    _tell(session, round_, told, by, now)


def _days_of(round_: Round, period: str) -> Days:
    if not period:
        return WHOLE
    days = period_days(round_, period)
    if days is None:
        raise NotFound(what="period")
    return days


def _all(round_: Round, space: SpaceId) -> dict[Days, list[Opening]]:
    return {days: week_of(round_, space, days) for days in parts_of(round_, space)}


def _keeps(before: dict[Days, list[Opening]], after: dict[Days, list[Opening]]) -> bool:
    """Whether every part that had hours still has them, by itself or in the whole season."""
    whole = after.get(WHOLE, [])
    return all(covers([*whole, *after.get(days, [])], week) for days, week in before.items() if days != WHOLE) and (
        WHOLE not in before or covers(whole, before[WHOLE])
    )


def _set(session: Session, round_: Round, space: SpaceId, days: Days, week: list[Opening]) -> None:
    """Replace the hours of a part. What the whole season had becomes that of its periods first, and the other way
    round the periods' own hours give way to the whole season's."""
    whole = week_of(round_, space)
    if days == WHOLE:
        _take(session, round_, space, parts_of(round_, space))
    else:
        _take(session, round_, space, [days, WHOLE])
        for other in _periods(round_) if whole else ():
            if other != days:
                _put(session, round_, space, other, whole)
    _put(session, round_, space, days, week)


def _periods(round_: Round) -> list[Days]:
    return [days for one in round_.periods if (days := period_days(round_, one["key"])) is not None]


def _take(session: Session, round_: Round, space: SpaceId, parts: Sequence[Days]) -> None:
    for row in list(round_.hours):
        if row.space_id == space and (row.first_on, row.last_on) in parts:
            round_.hours.remove(row)
            session.delete(row)


def _put(session: Session, round_: Round, space: SpaceId, days: Days, week: Iterable[Opening]) -> None:
    place = session.get_one(Space, space)
    for weekday, opens, closes in week:
        round_.hours.append(
            RoundHours(
                space_id=space,
                space=place,
                weekday=weekday,
                opens_min=opens,
                closes_min=closes,
                first_on=days[0],
                last_on=days[1],
            )
        )


def copy_to(
    session: Session, round_: Round, source: Space, targets: Sequence[Space], *, by: PersonId, now: datetime
) -> None:
    """Give other spaces the hours of one, whole season or by period. Raises NotNow."""
    _require_open(round_)
    parts = _all(round_, source.id)
    for target in targets:
        before = _all(round_, target.id)
        _take(session, round_, target.id, list(before))
        for days, week in parts.items():
            _put(session, round_, target.id, days, week)
        if round_.state != RoundState.DRAFT and not _keeps(before, _all(round_, target.id)):
            raise BadInput(field="", problem="hours_shrink")
    _tell(session, round_, {"copied_from": source.ref, "spaces": [one.ref for one in targets]}, by, now)


def copy_from(session: Session, round_: Round, earlier: Round, *, by: PersonId, now: datetime) -> int:
    """The hours of an earlier round (both loaded) for the spaces that this one lacks, for the whole season: what the
    earlier one had in any period. Returns how many spaces."""
    _require_open(round_)
    inside = {row.space_id for row in round_.hours}
    weeks: dict[SpaceId, list[Opening]] = defaultdict(list)
    for row in earlier.hours:
        if row.space_id not in inside:
            weeks[row.space_id].append((row.weekday, row.opens_min, row.closes_min))
    for space, week in weeks.items():
        _put(session, round_, space, WHOLE, joined(week))
    _tell(session, round_, {"copied_from": earlier.ref, "spaces": len(weeks)} if weeks else {}, by, now)
    return len(weeks)


def remove(session: Session, round_: Round, space: Space, *, by: PersonId, now: datetime) -> None:
    """Take a space out of a draft. Raises NotNow."""
    if round_.state != RoundState.DRAFT:
        raise NotNow(state=round_.state, reason="round_published")
    _take(session, round_, space.id, parts_of(round_, space.id))
    _tell(session, round_, {"removed": space.ref}, by, now)


def _require_open(round_: Round) -> None:
    """A draft, or a round that is out and not yet being allocated."""
    if round_.state not in (RoundState.DRAFT, RoundState.PUBLISHED):
        raise NotNow(state=round_.state, reason="round_published")


def _tell(session: Session, round_: Round, body: Mapping[str, object], by: PersonId, now: datetime) -> None:
    session.flush()
    tell_change(session, round_, body, by, now, ActKind.ROUND_HOURS_CHANGED)
