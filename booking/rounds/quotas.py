"""The quotas of a draft: added with the decision behind each, taken away, and taken over from the rulebook."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from booking.ids import PersonId, new_ref
from booking.refusals import BadInput, NotFound
from booking.rounds.models import Round
from booking.rounds.policy import bookable_minutes, rulebook_of, rulebook_quotas
from booking.rounds.setting_up import require_draft, tell_change

WHOM = ("classes", "audiences", "districts", "organisations")


@dataclass(frozen=True, slots=True, kw_only=True)
class QuotaWish:
    """A quota as an official tells it: at most or at least `percent` of the hours, or at most `minutes` of a week, for
    whom, where and when, and by which decision. Minutes of day; weekdays with Monday 0."""

    least: bool = False
    percent: int | None = None
    minutes: int | None = None
    each_organisation: bool = False
    classes: tuple[str, ...] = ()
    audiences: tuple[str, ...] = ()
    districts: tuple[str, ...] = ()
    spaces: tuple[str, ...] = ()
    weekdays: tuple[int, ...] = ()
    start_min: int | None = None
    end_min: int | None = None
    source: str = ""

    @property
    def written(self) -> dict[str, Any]:
        row: dict[str, Any] = {"id": new_ref(), "least": self.least, "source": self.source}
        amount = {"minutes": self.minutes} if self.percent is None else {"percent": self.percent}
        sets = ("classes", "audiences", "districts", "spaces")
        named = {name: list(getattr(self, name)) for name in sets if getattr(self, name)}
        each = {"each_organisation": True} if self.each_organisation else {}
        times = {"times": [self._time]} if self.weekdays or self.start_min is not None else {}
        return row | amount | named | each | times

    @property
    def _time(self) -> dict[str, Any]:
        end = 1440 if self.end_min is None else self.end_min
        return {"weekdays": list(self.weekdays or range(7)), "start_min": self.start_min or 0, "end_min": end}


def add(session: Session, round_: Round, wish: QuotaWish, *, by: PersonId, now: datetime) -> None:
    """Raises NotNow, BadInput."""
    require_draft(round_)
    check(wish)
    row = wish.written
    round_.quotas = [*round_.quotas, row]
    session.flush()
    tell_change(session, round_, {"quota_added": row}, by, now)


def check(wish: QuotaWish) -> None:
    """Raises BadInput for a quota that says too little, or a least share that names nobody or several things."""
    if (wish.percent is None) == (wish.minutes is None):
        raise BadInput(field="amount", problem="missing")
    if wish.percent is not None and not 0 <= wish.percent <= 100:
        raise BadInput(field="amount", problem="too_large")
    whom = [name for name in ("classes", "audiences", "districts") if getattr(wish, name)]
    if wish.least and (wish.percent is None or wish.each_organisation or len(whom) != 1):
        raise BadInput(field="kind", problem="share")
    if wish.start_min is not None and wish.end_min is not None and wish.end_min <= wish.start_min:
        raise BadInput(field="to_clock", problem="window_order")
    if not wish.source.strip():
        raise BadInput(field="source", problem="empty")


def remove(session: Session, round_: Round, quota: str, *, by: PersonId, now: datetime) -> None:
    """Raises NotNow, NotFound."""
    require_draft(round_)
    kept = [row for row in round_.quotas if row["id"] != quota]
    if len(kept) == len(round_.quotas):
        raise NotFound(what="quota")
    gone = next(row for row in round_.quotas if row["id"] == quota)
    round_.quotas = kept
    session.flush()
    tell_change(session, round_, {"quota_removed": gone}, by, now)


def offered(session: Session, round_: Round) -> list[dict[str, Any]]:
    """Quotas of the rulebook that a loaded round does not have. Raises NoRulebook."""
    book = rulebook_of(session, round_)
    mine = {row.get("rule") for row in round_.quotas}
    found = rulebook_quotas(book, round_.first_on, bookable_minutes=bookable_minutes(round_))
    return [row for row in found if row["rule"] not in mine]


def take_over(session: Session, round_: Round, *, by: PersonId, now: datetime) -> int:
    """Take the quotas of the rulebook into a loaded draft. Returns how many. Raises NotNow, NoRulebook."""
    require_draft(round_)
    rows = offered(session, round_)
    round_.quotas = [*round_.quotas, *rows]
    session.flush()
    tell_change(session, round_, {"quotas_from_rulebook": rows} if rows else {}, by, now)
    return len(rows)
