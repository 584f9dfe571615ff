"""The fast way to a price is the price with its workings, whatever is told."""

from datetime import timedelta
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from booking.core.rulebook import Activity, Applicant, Audience, Place, Request, Timing, evaluate
from booking.core.rules.engine import decide_fast
from booking.core.rules.facts import Part
from booking.core.span import Span
from tests.booking.price_towns import town
from tests.booking.test_price_add_ons import ADD_ONS
from tests.booking.test_price_chains import CHAIN, PARTY, SHARE
from tests.booking.test_price_laws import MINUTES
from tests.booking.test_prices_of_towns import LAAKSOLAHTI, SINGLES, TAMPERE, TUUSULA
from tests.booking.test_rulebook_laws import HELSINKI, NOON

BOOKS = [town(rows) for rows in (TUUSULA, LAAKSOLAHTI, CHAIN, PARTY, SHARE, ADD_ONS, SINGLES)]
BOOKS.append(town(TAMPERE, classes=""))
SAME = (
    "kind",
    "price_class",
    "price_cents",
    "normal_cents",
    "subsidy_cents",
    "add_on_cents",
    "total_cents",
    "gross_cents",
)


@st.composite
def requests(draw) -> Request:
    begins = NOON + timedelta(minutes=draw(st.integers(0, 500_000)))
    parts = st.lists(st.builds(Part, phase=st.sampled_from(["setup", "match", "overrun"]), minutes=st.integers(1, 300)))
    return Request(
        applicant=Applicant(kind=draw(st.none() | st.sampled_from(["association", "company", "person"]))),
        activity=Activity(
            phase=draw(st.none() | st.sampled_from(["training", "match", "competition"])),
            is_sport=draw(st.none() | st.booleans()),
            shows=draw(st.none() | st.integers(0, 6)),
            extras=draw(st.none() | st.just(()) | st.just(("technician",))),
        ),
        audience=Audience(group=draw(st.none() | st.sampled_from(["children", "adults"]))),
        space=Place(
            kind=draw(st.none() | st.sampled_from(["gym", "hall", "club_room", "classroom"])),
            area_m2=draw(st.none() | st.integers(0, 1000)),
            fraction=draw(st.none() | st.sampled_from([Fraction(1), Fraction(1, 3)])),
        ),
        time=Timing(
            booking_type=draw(st.none() | st.sampled_from(["single", "regular"])),
            span=draw(st.none() | MINUTES.map(lambda minutes: Span(begins, begins + timedelta(minutes=minutes)))),
            zone=HELSINKI,
            weekly_minutes=draw(st.none() | st.integers(0, 600)),
            whole_day=draw(st.none() | st.booleans()),
            parts=draw(st.none() | parts.map(tuple)),
        ),
        own={"activity.juniors": draw(st.none() | st.booleans())},
    )


@given(st.sampled_from(BOOKS), requests())
def test_the_fast_price_is_the_price_with_its_workings(book, request):
    full, fast = evaluate(book, request), decide_fast(book, request)
    assert [getattr(fast, name) for name in SAME] == [getattr(full, name) for name in SAME]
    if full.total_cents is not None:
        assert sum(line.cents for line in full.lines) == full.total_cents
        assert full.formula
