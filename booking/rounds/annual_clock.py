"""The annual clock: every window and deadline of rounds, of the rulebooks in use, and the terms of premises."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.core.rulebook import Rulebook
from booking.core.rules.rounds import CalendarRow
from booking.core.rules.rows import Citation
from booking.models import Premises, Term
from booking.rounds.models import Round, RoundState
from booking.rounds.notice_models import NoticeKind, RoundNotice
from booking.rounds.policy import rulebook_of
from booking.rounds.prefill import day_in
from booking.rulebooks import NoRulebook
from booking.versions.known import book_on


class ClockKind(StrEnum):
    """What happens on a day of the clock. Those of rulebooks keep the rulebook's own kinds."""

    APPLY = "apply"
    LATE = "late"
    ANSWER_BY = "answer_by"
    DECIDE_BY = "decide_by"
    APPEAL_ENDS = "appeal_ends"
    SEASON = "season"
    PERIOD = "period"
    TERM = "term"
    RULE = "rule"


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockDay:
    """One thing of the year, from its first to its last local day. `key` stays the same when its days change, and
    `sequence` then grows; `from_at`, `to_at`: the instants, where it has any."""

    key: str
    kind: str
    first_on: date
    last_on: date
    sequence: int = 0
    from_at: datetime | None = None
    to_at: datetime | None = None
    round: Round | None = None
    name: dict[str, str] = field(default_factory=dict)
    rulebook: str = ""
    citation: Citation | None = None
    premises: Premises | None = None
    cancelled: bool = False


def clock(session: Session, days: tuple[date, date]) -> list[ClockDay]:
    """Everything that touches these days, in order. Drafts of rounds are not told."""
    found: list[ClockDay] = []
    for row in _rounds(session):
        found += _of_round(session, row)
    for book in books_in_use(session, days[0]):
        found += _of_book(book, days)
    found += [_of_term(term, place) for term, place in _terms(session, days)]
    inside = [one for one in found if one.first_on <= days[1] and one.last_on >= days[0]]
    return sorted(inside, key=lambda one: (one.first_on, one.last_on, one.key))


def _rounds(session: Session) -> list[Round]:
    query = select(Round).where(Round.state != RoundState.DRAFT.value)
    return list(session.scalars(query.order_by(Round.first_on, Round.id)))


def _of_round(session: Session, row: Round) -> Iterator[ClockDay]:
    zone = ZoneInfo(row.zone)

    def on(at: datetime) -> date:
        return at.astimezone(zone).date()

    closed_on = _closed_on(session, row)

    def made(kind: ClockKind, first: date, last: date, part: str = "", **more: Any) -> ClockDay:
        key = f"round-{row.ref}-{kind.value}{part}"
        return ClockDay(
            key=key,
            kind=kind.value,
            first_on=first,
            last_on=last,
            sequence=row.revision,
            round=row,
            cancelled=closed_on is not None and last > closed_on,
            **more,
        )

    opens, closes = row.apply_from_at, row.apply_to_at
    yield made(ClockKind.APPLY, on(opens), on(closes), from_at=opens, to_at=closes)
    if row.late_until_at is not None and row.late_until_at > closes:
        yield made(ClockKind.LATE, on(closes), on(row.late_until_at), from_at=closes, to_at=row.late_until_at)
    if row.answer_by_at is not None:
        yield made(ClockKind.ANSWER_BY, on(row.answer_by_at), on(row.answer_by_at), to_at=row.answer_by_at)
    if row.decide_by_on is not None:
        yield made(ClockKind.DECIDE_BY, row.decide_by_on, row.decide_by_on)
        ends = _appeal_ends(session, row)
        if ends is not None:
            yield made(ClockKind.APPEAL_ENDS, ends[0], ends[0], citation=ends[1])
    yield made(ClockKind.SEASON, row.first_on, row.last_on)
    for one in row.periods:
        first, last = date.fromisoformat(one["first_on"]), date.fromisoformat(one["last_on"])
        name = {"fi": one["name"], "sv": one.get("name_sv") or "", "en": one.get("name_en") or ""}
        yield made(ClockKind.PERIOD, first, last, f"-{one['key']}", name={k: v for k, v in name.items() if v})


def _closed_on(session: Session, row: Round) -> date | None:
    """The day on which a round was closed with nothing granted: what would have come after it does not."""
    if row.state != RoundState.CLOSED:
        return None
    query = select(RoundNotice.at).where(RoundNotice.round_id == row.id, RoundNotice.kind == NoticeKind.CLOSED.value)
    closed_at = session.scalar(query.order_by(RoundNotice.id.desc()).limit(1))
    return closed_at.astimezone(ZoneInfo(row.zone)).date() if closed_at else None


def _appeal_ends(session: Session, row: Round) -> tuple[date, Citation] | None:
    """The last day of appealing, where the rulebook tells how long it may be done, counted from the day of deciding."""
    try:
        rule = rulebook_of(session, row).allocation
    except NoRulebook:
        return None
    if rule is None or rule.appeal_days is None or row.decide_by_on is None:
        return None
    return row.decide_by_on + timedelta(days=rule.appeal_days), rule.citation


def books_in_use(session: Session, on: date) -> list[Rulebook]:
    """The versions in force on a day of the families that premises of the town go by."""
    families = session.scalars(select(Premises.rulebook).distinct().order_by(Premises.rulebook))
    found = []
    for family in families:
        try:
            found.append(book_on(session, family, on))
        except NoRulebook:
            continue
    return found


def _of_book(book: Rulebook, days: tuple[date, date]) -> Iterator[ClockDay]:
    for row in book.calendar:
        for day in _days_of(row, days):
            if row.row.valid(day):
                cited = row.row.citation
                yield ClockDay(
                    key=f"rule-{book.family}-{cited.row}-{day.year}",
                    kind=row.kind,
                    first_on=day,
                    last_on=day,
                    name=dict(row.name or cited.text),
                    rulebook=book.id,
                    citation=cited,
                )


def _days_of(row: CalendarRow, days: tuple[date, date]) -> Iterable[date]:
    """The days of a row within the years; so many days after something are told by the rounds themselves."""
    if row.day is None:
        return ()
    if isinstance(row.day, date):
        return (row.day,)
    day = row.day
    return tuple(day_in(year, day) for year in range(days[0].year, days[1].year + 1))


def _terms(session: Session, days: tuple[date, date]) -> Sequence[tuple[Term, Premises]]:
    """Terms of premises; houses that have the same ones are told one by one, for they may change apart."""
    query = select(Term, Premises).join(Premises, Premises.id == Term.premises_id)
    within = query.where(Term.first_on <= days[1], Term.last_on >= days[0]).order_by(Term.first_on, Term.id)
    return [(term, place) for term, place in session.execute(within)]


def _of_term(term: Term, place: Premises) -> ClockDay:
    name = {language: term.name(language) for language in ("fi", "sv", "en")}
    return ClockDay(
        key=f"term-{place.ref}-{term.first_on.isoformat()}-{term.supervision}",
        kind=ClockKind.TERM.value,
        first_on=term.first_on,
        last_on=term.last_on,
        name=name,
        premises=place,
    )


def by_month(days: Iterable[ClockDay], year: int) -> list[list[ClockDay]]:
    """For each month of a year what begins in it; what began before the year stands in January."""
    months: list[list[ClockDay]] = [[] for _month in range(12)]
    for one in days:
        if one.last_on.year >= year and one.first_on.year <= year:
            months[one.first_on.month - 1 if one.first_on.year == year else 0].append(one)
    return months
