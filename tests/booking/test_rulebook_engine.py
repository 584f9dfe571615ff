"""The fast way and the way with reasons give the same answer to any request of any rulebook."""

from dataclasses import fields

from hypothesis import given, settings

from booking.core.rulebook import Outcome, Request, Rulebook, evaluate
from booking.core.rules.engine import Decided, decide_fast
from booking.rulebooks import shipped
from tests.booking.told import books_and_requests

SAME = [name for name in Decided._fields if name in {one.name for one in fields(Outcome)}]


BOOKS = {book.id: book for book in shipped()}


def same(book: Rulebook, request: Request) -> None:
    full, fast = evaluate(book, request), decide_fast(book, request)
    assert {name: getattr(full, name) for name in SAME} == {name: getattr(fast, name) for name in SAME}


@given(books_and_requests(BOOKS))
@settings(max_examples=400, deadline=None)
def test_the_fast_answer_is_the_answer_with_reasons(told: tuple[str, Request]):
    name, request = told
    same(BOOKS[name], request)


def test_everything_the_fast_answer_says_is_compared():
    assert set(SAME) == set(Decided._fields)
