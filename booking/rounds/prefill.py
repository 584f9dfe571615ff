"""What a round begins with: days and years from the rulebook's [[calendar]] and [allocation], else from practice."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from booking.core.rulebook import Rulebook
from booking.core.rules.days import DayOfYear
from booking.core.rules.rounds import CalendarRow
from booking.core.rules.rows import Citation
from booking.core.span import local_or_later
from booking.practice import practice
from booking.rounds.models import Round

A_YEAR = timedelta(days=366)
OPENS_MIN, CLOSES_MIN = 9 * 60, 16 * 60  # wall times of a window whose rule names only days


@dataclass(frozen=True, slots=True)
class Suggested:
    """A day and where it comes from: a row of the rulebook, or our own practice (None)."""

    on: date
    citation: Citation | None = None


@dataclass(frozen=True, slots=True)
class Start:
    """What a new round begins with, and the rows that say so by the field's name."""

    apply_from: Suggested
    apply_to: Suggested
    decide_by: Suggested
    answer_by: Suggested
    grant_years: int
    citations: dict[str, Citation]


def day_in(year: int, day: DayOfYear) -> date:
    month, of_month = day
    return date(year, month, 28 if day == (2, 29) and year % 4 else of_month)


def last_before(day: date | DayOfYear, before: date) -> date | None:
    """The last such day on or before another; a dated one only within a year."""
    if isinstance(day, date):
        return day if timedelta() <= before - day < A_YEAR else None
    same_year = day_in(before.year, day)
    return same_year if same_year <= before else day_in(before.year - 1, day)


def calendar_day(book: Rulebook, kind: str, first_on: date) -> Suggested | None:
    """The last day of such a kind before a season, as the rulebook tells it."""
    found = [
        Suggested(on, row.row.citation)
        for row in rows_of(book, kind, first_on)
        if row.day is not None and (on := last_before(row.day, first_on)) is not None
    ]
    return max(found, key=lambda one: one.on, default=None)


def rows_of(book: Rulebook, kind: str, on: date) -> list[CalendarRow]:
    return [row for row in book.calendar if row.kind == kind and row.row.valid(on)]


def start_of(book: Rulebook, first_on: date, today: date) -> Start:
    """The window and deadlines of a season that begins on a day. Days of the rulebook that have passed, or that do not
    fit together, give way to practice: a window that opens tomorrow at the earliest."""
    usual_from = max(first_on - timedelta(days=practice("round_opens_before_season_days")), today + timedelta(days=1))
    opens = _coming(calendar_day(book, "apply_from", first_on), today) or Suggested(usual_from)
    usual_to = min(
        opens.on + timedelta(days=practice("round_window_days")), max(first_on, opens.on + timedelta(days=1))
    )
    closes = _after(calendar_day(book, "apply_to", first_on), opens.on) or Suggested(usual_to)
    usual_decided = closes.on + timedelta(days=practice("round_decided_after_days"))
    decided = _after(calendar_day(book, "decide_by", first_on), closes.on) or Suggested(min(usual_decided, first_on))
    answer = _answer(book, decided.on, closes.on)
    rule = book.allocation
    years = rule.grant_years if rule and rule.grant_years else 1
    found = {"apply_from": opens, "apply_to": closes, "decide_by": decided, "answer_by": answer}
    citations = {name: one.citation for name, one in found.items() if one.citation is not None}
    if rule and rule.grant_years:
        citations["grant_years"] = rule.citation
    return Start(opens, closes, decided, answer, years, citations)


def _coming(one: Suggested | None, today: date) -> Suggested | None:
    return one if one is not None and one.on > today else None


def _after(one: Suggested | None, day: date) -> Suggested | None:
    return one if one is not None and one.on > day else None


def _answer(book: Rulebook, decided_on: date, closed_on: date) -> Suggested:
    """Proposals are answered before the decision, or confirmed so many days after it where the rulebook says so."""
    rule = book.allocation
    if rule is not None and rule.confirm_days is not None:
        return Suggested(decided_on + timedelta(days=rule.confirm_days), rule.citation)
    return Suggested(max(decided_on - timedelta(days=practice("round_answer_days")), closed_on + timedelta(days=1)))


def citations_of(round_: Round, book: Rulebook) -> dict[str, Citation]:
    """The rows that the days of a round as it stands agree with, by field: shown beside them."""
    zone = ZoneInfo(round_.zone)
    told = {
        "apply_from": round_.apply_from_at.astimezone(zone).date(),
        "apply_to": round_.apply_to_at.astimezone(zone).date(),
        "decide_by": round_.decide_by_on,
    }
    found = {name: calendar_day(book, name, round_.first_on) for name in told}
    cited = {name: one.citation for name, one in found.items() if one and one.citation and one.on == told[name]}
    rule = book.allocation
    if rule is not None and rule.grant_years == round_.grant_years:
        cited["grant_years"] = rule.citation
    return cited


def wall(day: date, minute: int, zone: str) -> datetime:
    """A wall time of a day as an instant."""
    return local_or_later(day, minute, ZoneInfo(zone))
