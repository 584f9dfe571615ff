"""Which facts a rulebook asks: by the conditions of its rows, and by what limits and doors imply."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from booking.core.rulebook import Rulebook
from booking.core.rules.conditions import Condition
from booking.core.rules.limits import Limit, LimitKind

IMPLIED: dict[LimitKind, tuple[str, ...]] = {
    LimitKind.QUOTA: ("history.used",),
    LimitKind.OCCASIONS: ("time.occasion",),
    LimitKind.BOOKER_AGE: ("applicant.booker_age",),
    LimitKind.COMMITMENT: ("applicant.commitments",),
    LimitKind.PREPAYMENT: ("activity.prepaid",),
    LimitKind.VERIFIED: ("applicant.verified",),
    LimitKind.NO_BAN: ("applicant.bans",),
    LimitKind.NO_DEBT: ("applicant.debt_days", "applicant.debt_months", "applicant.debt_cents", "applicant.debt_stage"),
}
NEEDS = {
    "prepayment": IMPLIED[LimitKind.PREPAYMENT],
    "no_ban": IMPLIED[LimitKind.NO_BAN],
    "verified": IMPLIED[LimitKind.VERIFIED],
    "no_debt": IMPLIED[LimitKind.NO_DEBT],
    "commitment": IMPLIED[LimitKind.COMMITMENT],
}


def names_asked(book: Rulebook) -> frozenset[str]:
    """Every fact that some row of the book asks."""
    rows = frozenset[str]().union(*(condition.names for condition in _conditions(book)))
    return rows | book.tariff.names | frozenset(_implied(book))


def _conditions(book: Rulebook) -> Iterator[Condition]:
    for table in (book.exclusions, book.priority, book.price):
        yield from (row.condition for row in table.rows)
    yield from (rate.row.condition for rate in book.rates)
    yield from (row.condition for row in book.obligations)
    yield from (one.row.condition for one in book.treat_as)
    yield from (one.row.condition for one in book.access)
    for limit in book.limits:
        yield limit.row.condition
        yield from (part for part in (limit.must, limit.of) if part is not None)


def _implied(book: Rulebook) -> Iterator[str]:
    for limit in book.limits:
        yield from implied_by(limit)
    for rule in book.access:
        for need in rule.needs:
            yield from NEEDS.get(need.partition(":")[0], ())


def implied_by(limit: Limit) -> Iterable[str]:
    """The facts that a limit asks beside its condition."""
    more = ("applicant.responsible_age",) if limit.or_responsible is not None else ()
    return (*IMPLIED.get(limit.kind, ()), *more)
