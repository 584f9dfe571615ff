"""Whether the rules let somebody through the door, and by which rule: the first of [[access]] that holds."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from booking.core.rules.access import AccessRule, AccessVerdict, Mode
from booking.core.rules.book import Rulebook
from booking.core.rules.fact_types import Facts
from booking.core.rules.limiting import EVERY_BAN, Found, committed, limits_of, no_ban, no_debt, yes
from booking.core.rules.limits import LimitVerdict, NeededFor, Status
from booking.core.rules.standing import standing

OPENED_BY_OTHERS = (Mode.SUPERVISOR_OPENS, Mode.OPEN)  # a ban on keys does not matter there


def access_of(
    book: Rulebook, facts: Facts, on: date, limits: tuple[LimitVerdict, ...] | None = None
) -> AccessVerdict | None:
    """What the door layer gets for a use; None when the rulebook says nothing of doors.

    `limits`: the verdicts of limits_of, where they are at hand; those needed for access stand in the way too."""
    now = standing(book, on)
    if not now.access:
        return None
    rule, missing = first(now.access, facts)
    if rule is None:
        return AccessVerdict(row=None, rule=None, allowed=None, missing=tuple(sorted(missing)))
    against = [
        *needs(rule, facts),
        *revoked(rule, facts),
        *broken(limits_of(book, facts, on) if limits is None else limits),
    ]
    shut = tuple(name for name, found in against if found.kept is False)
    untold = frozenset[str]().union(*(found.missing for _, found in against if found.kept is None))
    return AccessVerdict(
        row=rule.row.citation,
        rule=rule,
        allowed=False if shut else None if untold else True,
        because=shut or tuple(name for name, found in against if found.kept is None and found.missing),
        missing=() if shut else tuple(sorted(untold)),
    )


def first(rules: Iterable[AccessRule], facts: Facts) -> tuple[AccessRule | None, frozenset[str]]:
    """The first rule that holds; none while an earlier one may hold."""
    for rule in rules:
        answer = rule.row.condition.holds(facts)
        if answer is None:
            return None, rule.row.condition.missing(facts)
        if answer:
            return rule, frozenset()
    return None, frozenset()


def needs(rule: AccessRule, facts: Facts) -> list[tuple[str, Found]]:
    """Each need by its written name, and whether it is met."""
    return [(need, met(need, rule, facts)) for need in rule.needs]


def met(need: str, rule: AccessRule, facts: Facts) -> Found:
    if need.startswith("commitment:"):
        return committed(need.removeprefix("commitment:"), facts)
    if need == "no_ban":
        own = rule.mode not in OPENED_BY_OTHERS
        return no_ban((*EVERY_BAN, "keys") if own else (), facts)
    if need == "no_debt":
        return no_debt(None, facts)
    return yes(facts, {"prepayment": "activity.prepaid", "verified": "applicant.verified"}[need])


def revoked(rule: AccessRule, facts: Facts) -> list[tuple[str, Found]]:
    """An event after which the right to the door ends at once."""
    kind = facts.get("event.kind")
    return [(f"event:{kind}", Found(False))] if kind in rule.revoke_on else []


def broken(limits: Iterable[LimitVerdict]) -> list[tuple[str, Found]]:
    """Limits that must be kept before anybody is let in."""
    answers = {Status.BROKEN: False, Status.UNKNOWN: None, Status.KEPT: True}
    return [
        (verdict.row.row, Found(answers[verdict.status], missing=frozenset(verdict.missing)))
        for verdict in limits
        if verdict.needed_for is NeededFor.ACCESS
    ]
