"""The fast way and the way with reasons give the same answer to any request of any rulebook."""

from dataclasses import fields

from hypothesis import given, settings

from booking.core.rulebook import Outcome, Request, Rulebook, evaluate
from booking.core.rules.engine import Decided, decide_fast
from booking.rulebooks import shipped
from tests.booking.hill import hill
from tests.booking.told import books_and_requests

SAME = [name for name in Decided._fields if name in {one.name for one in fields(Outcome)}]


RICH = """
[seasons]
autumn = [{ first = "08-10", last = "12-18" }]
[days]
breaks = [{ first = "10-12", last = "10-18" }]
[facts]
"activity.cows" = { type = "number", name = { fi = "Lehmiä", sv = "Kor" } }
[[treat_as]]
fact = "applicant.kind"
as = "association"
when = { all = [
  { fact = "applicant.kind", is = "in", value = ["company", "cooperative", "sole_trader"] },
  { fact = "applicant.certificates", is = "has_any", value = ["social_enterprise", "partnership"] },
] }
[[treat_as]]
fact = "space.area_class"
as = "large"
when = { fact = "space.area_m2", is = ">=", value = 300 }
[[exclusions]]
result = "needs_approval"
ask = "manager"
when = { fact = "activity.cows", is = ">", value = 3 }
[[exclusions]]
result = "redirected"
booking_type = "regular"
when = { all = [{ days = "breaks" }, { band = ["16:00", "21:00"], is = "overlaps" }] }
[[priority]]
class = "1"
result = "undetermined"
ask = "caretaker"
overrides = ["the-young-first"]
scope.district = ["Hill", "Espoo"]
scope.supervised = true
when = { at_least = 2, of = [
  { heads = { under = 20 }, but = { leader = true }, is = ">=", value = "3/4", age_on = "season_start" },
  { season = "autumn" },
  { fact = "audience.total", is = "<=", than = "space.capacity", times = "1/2" },
] }
[[price]]
class = "free"
overrides = ["local-associations-free"]
first_on = 2020-01-01
last_on = 2022-06-30
when = { all = [
  { fact = "space.area_class", is = "!=", value = "large" },
  { fact = "applicant.kind", is = "not_in", value = ["person", "school"], not_told = "yes" },
] }
[[limits]]
kind = "lead_min"
value = 1
unit = "months"
[[limits]]
kind = "heads_max"
value = 30
result = "needs_approval"
ask = "caretaker"
when = { fact = "applicant.kind", is = "==", value = "association" }
[[limits]]
kind = "requires"
result = "redirected"
booking_type = "regular"
must = { fact = "applicant.years_active", is = ">=", value = 3 }
scope.booking_type = ["single"]
"""
BOOKS = {book.id: book for book in shipped()} | {"hill": hill(RICH)}


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
