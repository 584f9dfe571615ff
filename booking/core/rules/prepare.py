"""The facts a rulebook judges by: those told, those the rulebook adds, and what it treats as what."""

from __future__ import annotations

from datetime import date

from booking.core.rules.book import Rulebook
from booking.core.rules.days import span_of
from booking.core.rules.fact_types import FactValue
from booking.core.rules.facts import Request, facts_of
from booking.core.rules.treat import UNTREATED, Treated, treat


def facts_for(book: Rulebook, request: Request) -> dict[str, FactValue]:
    """The facts of a request, with the rulebook's own facts, its municipality and its season. Nothing treated yet."""
    facts = facts_of(request)
    for name in book.own_facts:
        facts.setdefault(name, None)
    if facts["space.municipality"] is None:
        facts["space.municipality"] = book.municipality
    if book.seasons and facts["time.season"] is None:
        use_on = facts["time.use_on"]
        facts["time.season"] = season_on(book, use_on) if isinstance(use_on, date) else None
    return facts


def season_on(book: Rulebook, day: date) -> str | None:
    """The first season of the rulebook, in its written order, that the day is in."""
    return next((name for name, spans in book.seasons.items() if span_of(spans, day)), None)


def day_of_use(book: Rulebook, facts: dict[str, FactValue]) -> date:
    """The local day of use; when not told, the first day of the rulebook."""
    told = facts["time.use_on"]
    return told if isinstance(told, date) else book.valid_from


def treated(book: Rulebook, facts: dict[str, FactValue]) -> Treated:
    """Apply [[treat_as]] of a standing rulebook to the facts."""
    return treat(book.treat_as, facts) if book.treat_as else UNTREATED
