"""Overlaps: whatever two rows of a shipped rulebook hold together for some request stand among its overlaps."""

from itertools import combinations

from hypothesis import given, settings

from booking.core.rulebook import Rulebook, day_of_use, facts_for, standing
from booking.core.rules.overlaps import overlaps, said
from booking.rulebooks import shipped
from tests.booking.told import books_and_requests

BOOKS = {book.id: book for book in shipped()}
PAIRS = {
    name: {(one.table, frozenset((one.first.row, one.second.row))): one for one in overlaps(book)}
    for name, book in BOOKS.items()
}


def together(book: Rulebook, request) -> set:
    """The pairs of rows with different effects that hold for a request."""
    facts = facts_for(book, request)
    now = standing(book, day_of_use(book, facts))
    found = set()
    for name in ("exclusions", "priority", "price"):
        rows = [row for row in getattr(now, name).rows if row.condition.names and row.condition.holds(facts)]
        found |= {
            (name, frozenset((one.citation.row, other.citation.row)))
            for one, other in combinations(rows, 2)
            if said(one.effect) != said(other.effect)
        }
    return found


@given(books_and_requests(BOOKS))
@settings(max_examples=200, deadline=None)
def test_rows_that_hold_together_are_among_the_overlaps(told):
    name, request = told
    assert together(BOOKS[name], request) <= PAIRS[name].keys()


def test_the_example_of_every_overlap_makes_both_rows_hold():
    for name, pairs in PAIRS.items():
        for (table, rows), one in pairs.items():
            assert one.certain
            for on in (one.first.valid_from, BOOKS[name].valid_from):
                now = standing(BOOKS[name], max(on, BOOKS[name].valid_from))
                held = {row.citation.row for row in getattr(now, table).rows if row.condition.holds(one.facts)}
                if rows <= held:
                    break
            else:
                raise AssertionError((name, rows, one.facts))
