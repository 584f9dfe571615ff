"""Setting up a round: begun, its facts changed while it is a draft, and copied for the next season."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from booking.acts import Act, ActKind, tell
from booking.core.allocation.instance import Fairness, HistoryMode, Tier
from booking.ids import PersonId
from booking.practice import practice
from booking.refusals import BadInput, NotNow
from booking.rounds import prefill
from booking.rounds.models import Round, RoundHours, RoundState
from booking.rulebooks import NoRulebook
from booking.versions.known import book_on, families

MOST_PERIODS = 4
GRIDS = (5, 10, 15, 30, 60)


@dataclass(frozen=True, slots=True)
class PeriodWish:
    """A named part of the season, both days inclusive. Two periods may share a day. `key` stays when it is renamed."""

    key: str
    name: str
    first_on: date
    last_on: date
    name_sv: str = ""
    name_en: str = ""

    @property
    def written(self) -> dict[str, str]:
        days = {"first_on": self.first_on.isoformat(), "last_on": self.last_on.isoformat()}
        return {"key": self.key, "name": self.name, "name_sv": self.name_sv, "name_en": self.name_en} | days


@dataclass(frozen=True, slots=True, kw_only=True)
class Basics:
    """The facts of a round that its settings page asks."""

    names: tuple[str, str, str]
    family: str
    first_on: date
    last_on: date
    apply_from_at: datetime
    apply_to_at: datetime
    late_until_at: datetime | None = None
    decide_by_on: date | None = None
    answer_by_at: datetime | None = None
    periods: tuple[PeriodWish, ...] = ()
    grid_min: int = 30
    grant_years: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Goals:
    """What the allocation aims at, and by which decision. `tiers`: after the classes, the first one first."""

    tiers: tuple[Tier, ...]
    fairness: Fairness
    history: HistoryMode
    least_dates_percent: int
    decision: str = ""

    @property
    def written(self) -> dict[str, Any]:
        return {
            "tiers": [Tier.COVERAGE.value, *(one.value for one in self.tiers)],
            "fairness": self.fairness.value,
            "history": self.history.value,
            "least_dates_percent": self.least_dates_percent,
            "decision": self.decision,
        }


def begin(
    session: Session,
    *,
    names: tuple[str, str, str],
    family: str,
    days: tuple[date, date],
    by: PersonId,
    now: datetime,
    today: date,
    previous: Round | None = None,
    zone: str = "Europe/Helsinki",
) -> Round:
    """A new draft with the days that the rulebook leads to. Raises BadInput for days in the wrong order, an unknown
    family, or one without a version on the first day."""
    _check_days(days)
    start = prefill.start_of(_book(session, family, days[0]), days[0], today)
    row = Round(
        name_fi=names[0],
        name_sv=names[1],
        name_en=names[2],
        family=family,
        zone=zone,
        first_on=days[0],
        last_on=days[1],
        apply_from_at=prefill.wall(start.apply_from.on, prefill.OPENS_MIN, zone),
        apply_to_at=prefill.wall(start.apply_to.on, prefill.CLOSES_MIN, zone),
        decide_by_on=start.decide_by.on,
        answer_by_at=prefill.wall(start.answer_by.on, prefill.CLOSES_MIN, zone),
        grant_years=min(start.grant_years, 5),
        previous_id=previous.id if previous is not None else None,
        made_by=by,
        made_at=now,
    )
    session.add(row)
    session.flush()
    tell_change(session, row, {"begun": row.name_fi, "season": [day.isoformat() for day in days]}, by, now)
    return row


def _check_days(days: tuple[date, date]) -> None:
    if days[1] < days[0]:
        raise BadInput(field="last_on", problem="order")
    if days[1] - days[0] > timedelta(weeks=practice("round_longest_weeks")):
        raise BadInput(field="last_on", problem="too_long_season")


def _book(session: Session, family: str, on: date) -> Any:
    if family not in families(session):
        raise BadInput(field="family", problem="not_one_of")
    try:
        return book_on(session, family, on)
    except NoRulebook as error:
        raise BadInput(field="family", problem="no_rulebook") from error


def require_draft(round_: Round) -> None:
    """Raises NotNow."""
    if round_.state != RoundState.DRAFT:
        raise NotNow(state=round_.state, reason="round_published")


def require_revision(round_: Round, revision: int | None) -> None:
    """Raises NotNow when somebody else has saved since. None: not asked."""
    if revision is not None and revision != round_.revision:
        raise NotNow(state=round_.state, reason="round_changed")


def change(
    session: Session, round_: Round, wish: Basics, *, by: PersonId, now: datetime, revision: int | None = None
) -> None:
    """Set the facts of a draft (its hours loaded). Hours of a period follow the period's days; those of one that is
    gone go with it. Raises NotNow, BadInput."""
    require_draft(round_)
    require_revision(round_, revision)
    check(wish)
    _book(session, wish.family, wish.first_on)
    _move_hours(session, round_, wish.periods)
    before = _told(round_)
    round_.name_fi, round_.name_sv, round_.name_en = wish.names
    for name in _COLUMNS:
        setattr(round_, name, getattr(wish, name))
    round_.periods = [one.written for one in wish.periods]
    session.flush()
    after = _told(round_)
    tell_change(
        session, round_, {name: [before[name], after[name]] for name in after if before[name] != after[name]}, by, now
    )


_COLUMNS = (
    "family",
    "first_on",
    "last_on",
    "apply_from_at",
    "apply_to_at",
    "late_until_at",
    "decide_by_on",
    "answer_by_at",
    "grid_min",
    "grant_years",
)


def _told(round_: Round) -> dict[str, Any]:
    values = {name: getattr(round_, name) for name in ("name_fi", "name_sv", "name_en", *_COLUMNS, "periods")}
    return {name: value.isoformat() if isinstance(value, date) else value for name, value in values.items()}


def check(wish: Basics) -> None:
    """Raises BadInput for days that do not fit together."""
    _check_days((wish.first_on, wish.last_on))
    if wish.apply_to_at <= wish.apply_from_at:
        raise BadInput(field="apply_to_on", problem="window_order")
    if wish.late_until_at is not None and wish.late_until_at < wish.apply_to_at:
        raise BadInput(field="late_until_on", problem="late_order")
    if wish.grid_min not in GRIDS:
        raise BadInput(field="grid_min", problem="not_one_of")
    for number, one in enumerate(wish.periods, 1):
        if one.last_on < one.first_on:
            raise BadInput(field=f"p{number}_last_on", problem="order")
        if one.first_on < wish.first_on or one.last_on > wish.last_on:
            raise BadInput(field=f"p{number}_first_on", problem="period_outside")
    if len({one.key for one in wish.periods}) < len(wish.periods):
        raise BadInput(field="p1_name", problem="twice")


def period_days(round_: Round, key: str) -> tuple[date, date] | None:
    """The days of a period of the round; None for a key it does not have."""
    found = next((one for one in round_.periods if one["key"] == key), None)
    return (date.fromisoformat(found["first_on"]), date.fromisoformat(found["last_on"])) if found else None


def _move_hours(session: Session, round_: Round, periods: Sequence[PeriodWish]) -> None:
    new = {one.key: (one.first_on, one.last_on) for one in periods}
    old = {
        (date.fromisoformat(one["first_on"]), date.fromisoformat(one["last_on"])): one["key"] for one in round_.periods
    }
    for row in list(round_.hours):
        if row.first_on is None or row.last_on is None:
            continue
        days = new.get(old.get((row.first_on, row.last_on), ""))
        if days is None:
            round_.hours.remove(row)
            session.delete(row)
        else:
            row.first_on, row.last_on = days


def set_goals(session: Session, round_: Round, goals: Goals, *, by: PersonId, now: datetime) -> None:
    """What the allocation aims at. Raises NotNow, BadInput."""
    require_draft(round_)
    if len(set(goals.tiers)) < len(goals.tiers) or Tier.COVERAGE in goals.tiers:
        raise BadInput(field="tier_1", problem="twice")
    before, round_.policy = round_.policy, goals.written
    session.flush()
    tell_change(session, round_, {"policy": [before, round_.policy]}, by, now)


def set_criteria(session: Session, round_: Round, texts: Mapping[str, str], *, by: PersonId, now: datetime) -> None:
    """The town's own words on the page of criteria, by language. Raises NotNow."""
    require_draft(round_)
    before, round_.criteria = round_.criteria, {language: text for language, text in texts.items() if text}
    session.flush()
    tell_change(session, round_, {"criteria": [before, round_.criteria]}, by, now)


def tell_change(
    session: Session,
    round_: Round,
    body: Mapping[str, Any],
    by: PersonId,
    now: datetime,
    kind: ActKind = ActKind.ROUND_CHANGED,
) -> None:
    """Tell what changed, and count the change. Nothing is told of nothing."""
    if not body:
        return
    round_.revision = (round_.revision or 0) + 1
    session.flush()
    tell(session, Act(kind, now, by, round_.ref, body))


def copy(
    session: Session,
    source: Round,
    *,
    names: tuple[str, str, str],
    days: tuple[date, date],
    by: PersonId,
    now: datetime,
    today: date,
) -> Round:
    """A draft for the next season as a round (its hours loaded) was: periods moved as the season's first day moved, the
    same hours, quotas and goals. Windows and deadlines follow the rulebook of the new season. Raises BadInput."""
    row = begin(
        session,
        names=names,
        family=source.family,
        days=days,
        by=by,
        now=now,
        today=today,
        previous=source,
        zone=source.zone,
    )
    moved = days[0] - source.first_on
    row.grid_min, row.grant_years = source.grid_min, source.grant_years
    row.policy, row.quotas, row.criteria = dict(source.policy), list(source.quotas), dict(source.criteria)
    row.periods = [_moved(one, moved, days) for one in source.periods]
    for hours in source.hours:
        session.add(_copied(hours, row, source))
    session.flush()
    tell_change(session, row, {"copied_from": source.ref}, by, now)
    return row


def _moved(period: Mapping[str, str], by: timedelta, season: tuple[date, date]) -> dict[str, str]:
    """A period so many days later, within the season; its two ends stay in order."""
    first, last = (date.fromisoformat(period[name]) + by for name in ("first_on", "last_on"))
    first = min(max(first, season[0]), season[1])
    return {**period, "first_on": first.isoformat(), "last_on": max(first, min(last, season[1])).isoformat()}


def _copied(hours: RoundHours, row: Round, source: Round) -> RoundHours:
    key = next((one["key"] for one in source.periods if _days_of(one) == (hours.first_on, hours.last_on)), None)
    first, last = (period_days(row, key) if key else None) or (None, None)
    return RoundHours(
        round_id=row.id,
        space_id=hours.space_id,
        weekday=hours.weekday,
        opens_min=hours.opens_min,
        closes_min=hours.closes_min,
        first_on=first,
        last_on=last,
    )


def _days_of(period: Mapping[str, str]) -> tuple[date, date]:
    return date.fromisoformat(period["first_on"]), date.fromisoformat(period["last_on"])


def local_day(at: datetime, zone: str) -> date:
    return at.astimezone(ZoneInfo(zone)).date()
