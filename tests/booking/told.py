"""Requests made up by hypothesis from everything a rulebook can ask: each fact told or not."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

from booking.core.rulebook import Request, Rulebook
from booking.core.rules.fact_types import Fact, FactType, HeadGroup, Part
from booking.core.rules.facts import FACTS
from booking.core.rules.request import GROUPS
from booking.core.rules.standing import every_row
from booking.core.span import Span

HELSINKI = ZoneInfo("Europe/Helsinki")
FIRST = datetime(2017, 8, 1, tzinfo=UTC)
TOWNS = ["Espoo", "esbo ", "Tuusula", "Tampere", "Helsinki", "Hill"]
GROUP = st.builds(
    HeadGroup,
    heads=st.integers(1, 12),
    age_from=st.none() | st.integers(0, 80),
    born=st.none() | st.integers(1940, 2020) | st.dates(date(1940, 1, 1), date(2020, 12, 31)),
    resident=st.none() | st.booleans(),
    leader=st.none() | st.booleans(),
)
PART = st.builds(Part, phase=st.just("setup"), minutes=st.integers(1, 90))
NUMBERS = st.integers(0, 60) | st.integers(0, 2000)


def value_of(name: str, fact: Fact, book: Rulebook) -> st.SearchStrategy:
    words = sorted(book.words.get(fact.words or "", {})) or ["nothing"]
    by_type = {
        FactType.WORD: st.sampled_from(words),
        FactType.WORDS: st.lists(st.sampled_from(words), max_size=3, unique=True).map(tuple),
        FactType.TEXT: st.sampled_from(TOWNS),
        FactType.TEXTS: st.lists(st.sampled_from(TOWNS), max_size=2).map(tuple),
        FactType.NUMBER: NUMBERS,
        FactType.DECIMAL: st.decimals(0, 20, places=1).map(Decimal),
        FactType.FRACTION: st.sampled_from([Fraction(1), Fraction(1, 2), Fraction(1, 3)]),
        FactType.YES_NO: st.booleans(),
        FactType.DAY: st.dates(date(2017, 8, 1), date(2027, 12, 31)),
        FactType.MOMENT: st.integers(0, 80_000).map(lambda hours: FIRST + timedelta(hours=hours)),
        FactType.PEOPLE: st.lists(GROUP, min_size=1, max_size=3).map(tuple),
        FactType.PARTS: st.lists(PART, max_size=2).map(tuple),
        FactType.COUNTS: st.dictionaries(st.sampled_from([limit.row.citation.row for limit in book.limits] or ["none"]),
                                         NUMBERS, max_size=2),
    }  # fmt: skip
    return by_type[fact.type]


def asked_by(book: Rulebook) -> list[str]:
    """The facts the rows of a rulebook name, and the time of use they are read from."""
    named = {name for row in every_row(book) for name in row.condition.names}
    return sorted(name for name in named if name in FACTS)


@st.composite
def requests(draw, book: Rulebook) -> Request:
    """A request that tells some of what the rulebook asks, and a little beside."""
    catalogue = {**FACTS, **book.own_facts}
    asked = sorted({*asked_by(book), *book.own_facts, "time.minutes", "space.kind", "audience.total"})
    told = draw(st.lists(st.sampled_from(asked), unique=True)) if asked else []
    beside = draw(st.lists(st.sampled_from(sorted(FACTS)), unique=True, max_size=4))
    facts = {name: draw(value_of(name, catalogue[name], book)) for name in {*told, *beside}}
    begins = FIRST + timedelta(minutes=draw(st.integers(0, 5_400_000)))
    when = {"span": Span(begins, begins + timedelta(minutes=draw(st.integers(1, 2_000)))), "zone": HELSINKI}
    groups = {
        group: made(**{name.split(".")[1]: value for name, value in facts.items() if name.split(".")[0] == group
                       and name in FACTS}, **(when if group == "time" and draw(st.booleans()) else {}))
        for group, made in GROUPS.items()
    }  # fmt: skip
    return Request(**groups, own={name: value for name, value in facts.items() if name in book.own_facts})


def books_and_requests(books: dict[str, Rulebook]) -> st.SearchStrategy:
    """The name of a rulebook and a request to it."""
    return st.sampled_from(sorted(books)).flatmap(lambda name: st.tuples(st.just(name), requests(books[name])))
