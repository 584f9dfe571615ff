"""Laws of prices and conditions that hold for any request, span and share."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from booking.core.money import cents
from booking.core.rulebook import (
    Activity,
    Applicant,
    Audience,
    Outcome,
    OutcomeKind,
    Place,
    Request,
    Rulebook,
    Timing,
    evaluate,
    invoice_now,
)
from booking.core.rules.conditions import Condition, ConditionError, Vocabulary, compile_condition
from booking.core.rules.facts import FACTS, facts_of
from booking.core.rules.formulas import Amounts, Unit
from booking.core.span import Span
from booking.rulebooks import in_force, shipped, words

HELSINKI = ZoneInfo("Europe/Helsinki")
NOON = datetime(2026, 11, 28, 10, 0, tzinfo=UTC)


def word_of(name: str) -> st.SearchStrategy:
    return st.none() | st.sampled_from(sorted(words()[name]))


TRUTH = st.none() | st.booleans()
HEADS = st.none() | st.integers(0, 60)
WORD_SETS = st.none() | st.lists(st.sampled_from(sorted(words()["applicant_purpose"])), max_size=3).map(tuple)


@st.composite
def requests(draw) -> Request:
    begins = NOON + timedelta(minutes=draw(st.integers(0, 500_000)))
    span = Span(begins, begins + timedelta(minutes=draw(st.integers(1, 2_000))))
    return Request(
        applicant=Applicant(
            kind=draw(word_of("applicant_kind")),
            domicile=draw(st.none() | st.sampled_from(["Espoo", "Esbo", "Helsinki"])),
            registered=draw(TRUTH),
            for_profit=draw(TRUTH),
            purposes=draw(WORD_SETS),
            relation=draw(word_of("relation")),
        ),
        activity=Activity(purpose=draw(word_of("activity_purpose")), non_profit=draw(TRUTH), complements=draw(TRUTH)),
        audience=Audience(
            total=draw(HEADS),
            under_18=draw(HEADS),
            residents=draw(HEADS),
            group=draw(word_of("audience_group")),
            targets_residents=draw(TRUTH),
        ),
        space=Place(
            kind=draw(word_of("space_kind")),
            premises_kind=draw(word_of("premises_kind")),
            supervised=draw(TRUTH),
        ),
        time=Timing(booking_type=draw(word_of("booking_type")), span=span, zone=HELSINKI),
    )


BOOKS = st.sampled_from(shipped())


@given(BOOKS, requests())
def test_normal_is_charged_and_subsidy_together_wherever_both_are_known(book: Rulebook, request: Request):
    found = evaluate(book, request)
    known = found.price_cents is not None and found.normal_cents is not None
    assert (found.subsidy_cents is not None) == known
    if known:
        assert found.normal_cents == found.price_cents + found.subsidy_cents
        assert found.subsidy_cents >= 0


@given(BOOKS, requests())
def test_a_free_price_comes_only_from_a_class_that_says_zero(book: Rulebook, request: Request):
    found = evaluate(book, request)
    if found.price_cents == 0:
        assert any(rate.formula.unit is Unit.ZERO for rate in book.rates if rate.row.citation in found.reasons)


@given(BOOKS, requests())
def test_every_answer_is_reasoned_and_every_reason_matched_or_is_a_rate(book: Rulebook, request: Request):
    found = evaluate(book, request)
    if found.kind in (OutcomeKind.GRANTED, OutcomeKind.REFUSED, OutcomeKind.REDIRECTED):
        assert found.reasons
        assert not found.missing
    for reason in found.reasons:
        assert reason.table == "rates" or reason in found.matched


@given(BOOKS, requests())
def test_telling_more_never_turns_a_decided_answer_around(book: Rulebook, request: Request):
    """What was decided without the heads being told stays decided whatever they turn out to be."""
    untold = replace(request, audience=replace(request.audience, total=None, under_18=None, residents=None))
    before, after = evaluate(book, untold), evaluate(book, request)
    if before.priority_class is not None:
        assert after.priority_class == before.priority_class
    if before.price_class is not None:
        assert after.price_class == before.price_class


def without_amounts(book: Rulebook) -> Rulebook:
    stripped = (
        rate if rate.formula.unit is Unit.ZERO else replace(rate, formula=replace(rate.formula, amounts=Amounts()))
        for rate in book.rates
    )
    return replace(book, rates=tuple(stripped))


@given(BOOKS, requests())
def test_removing_an_amount_leaves_the_price_unknown_and_everything_else_as_it_was(book: Rulebook, request: Request):
    before, after = evaluate(book, request), evaluate(without_amounts(book), request)
    assert (after.kind, after.price_class, after.priority_class) == (
        before.kind,
        before.price_class,
        before.priority_class,
    )
    assert after.price_cents in (None, 0)
    if before.price_cents:
        assert (after.price_cents, after.subsidy_cents) == (None, None)


@given(st.integers(0, 5000))
def test_what_an_invoice_run_takes_and_carries_is_what_was_owed(owed: int):
    for book in shipped():
        split = invoice_now(book, owed)
        assert split.now_cents + split.carried_cents == owed + split.raised_cents
        assert 0 in (split.now_cents, split.carried_cents)


# --- shares and boundaries ---


def compiled(spec: dict) -> Condition:
    listed = {name: frozenset(each) for name, each in words().items()}
    return compile_condition(spec, Vocabulary(listed, {"home": ("Espoo", "Esbo")}, {}))


def holds(spec: dict, **heads: int) -> bool | None:
    return compiled(spec).holds(facts_of(Request(audience=Audience(**heads))))


def share(sign: str, part: str = "residents") -> dict:
    return {"share": f"audience.{part}", "of": "audience.total", "is": sign, "value": "1/2"}


@given(st.integers(1, 500))
def test_exactly_half_is_not_more_than_half_but_is_at_least_half(half: int):
    assert holds(share(">"), total=2 * half, residents=half) is False
    assert holds(share(">="), total=2 * half, residents=half) is True
    assert holds(share(">"), total=2 * half, residents=half + 1) is True
    assert holds(share("<="), total=2 * half, residents=half) is True
    assert holds(share("<"), total=2 * half, residents=half) is False


@given(st.integers(1, 60), st.data())
def test_a_joint_share_is_only_told_from_counts_that_leave_no_doubt(total: int, data: st.DataObject):
    joint = data.draw(st.integers(0, total))
    under_18 = data.draw(st.integers(joint, total))
    residents = data.draw(st.integers(joint, joint + total - under_18))
    guessed = holds(share(">", "under_18_residents"), total=total, under_18=under_18, residents=residents)
    assert guessed in (None, 2 * joint > total)


def test_a_joint_share_needs_both_in_the_same_person():
    assert holds(share(">", "under_18_residents"), total=20, under_18=11, residents=14) is None
    assert holds(share(">", "under_18_residents"), total=20, under_18=11, residents=14, under_18_residents=9) is False
    assert holds(share(">", "under_18_residents"), total=20, under_18=20, residents=15) is True


def test_nobody_coming_is_no_share_at_all():
    assert holds(share(">"), total=0, residents=0) is None


UNTOLD = {"fact": "audience.total", "is": ">", "value": 5}
YES, NO = {"always": True}, {"not": {"always": True}}


@pytest.mark.parametrize(
    ("spec", "answer"),
    [
        (UNTOLD, None),
        ({"all": [UNTOLD, NO]}, False),
        ({"all": [UNTOLD, YES]}, None),
        ({"any": [UNTOLD, YES]}, True),
        ({"any": [UNTOLD, NO]}, None),
        ({"not": UNTOLD}, None),
        ({"at_least": 2, "of": [YES, YES, UNTOLD]}, True),
        ({"at_least": 2, "of": [YES, NO, UNTOLD]}, None),
        ({"at_least": 2, "of": [NO, NO, UNTOLD]}, False),
        (UNTOLD | {"not_told": "no"}, False),
        (UNTOLD | {"not_told": "yes"}, True),
        ({"not_told_fact": "audience.total"}, True),
    ],
)
def test_a_fact_not_told_leaves_open_only_what_it_could_change(spec: dict, answer: bool | None):
    assert holds(spec) is answer
    assert compiled(spec).missing(facts_of(Request())) == ({"audience.total"} if answer is None else set())


def test_a_town_is_matched_in_both_languages_whatever_the_letters():
    local = {"fact": "applicant.domicile", "is": "in", "list": "home"}
    for written in ("Espoo", "ESBO", " espoo "):
        assert compiled(local).holds(facts_of(Request(applicant=Applicant(domicile=written)))) is True
    assert compiled(local).holds(facts_of(Request(applicant=Applicant(domicile="Helsinki")))) is False


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ({"fact": "applicant.knd", "is": "==", "value": "person"}, 'did you mean "applicant.kind"?'),
        ({"fact": "applicant.kind", "is": "==", "value": "asociation"}, 'did you mean "association"?'),
        ({"fact": "applicant.kind", "is": ">", "value": "person"}, "compared by one of ==, in"),
        ({"fact": "audience.total", "is": ">", "value": "five"}, "a whole number"),
        ({"fact": "audience.total", "value": 5}, "compared by one of"),
        ({"fact": "audience.total", "is": ">", "valu": 5}, 'did you mean "value"?'),
        ({"fact": "applicant.domicile", "is": "in", "list": "hom"}, 'did you mean "home"?'),
        ({"share": "audience.total", "of": "audience.total", "is": ">", "value": "half"}, "a share is a text"),
        ({"share": "applicant.kind", "of": "audience.total", "is": ">", "value": "1/2"}, "no number"),
        ({"share": "audience.total", "of": "audience.total", "is": ">", "value": "3/2"}, "from 0 to 1"),
        ({"at_least": 3, "of": [YES]}, "from 1 to the 1"),
        ({"at_least": 1}, 'needs "of"'),
        ({"all": []}, "one or more"),
        ({"use": "nothing"}, 'no condition named "nothing"'),
        ({"always": False}, "can only be true"),
        ({"fact": "audience.total", "is": ">", "value": 5, "not_told": "maybe"}, '"yes" or "no"'),
        ({"anny": [YES]}, 'did you mean "any"?'),
        ("always", "a condition is a table"),
    ],
)
def test_a_condition_written_wrongly_says_what_and_offers_the_nearest(spec, message: str):
    with pytest.raises(ConditionError) as raised:
        compiled(spec)
    assert message in str(raised.value)


def test_every_fact_of_a_request_can_be_named_in_a_condition():
    assert set(facts_of(Request())) == set(FACTS)


@pytest.mark.parametrize(("euros", "whole"), [("0.005", 1), ("2.675", 268), ("1.004", 100), ("60", 6000)])
def test_half_a_cent_is_rounded_up(euros: str, whole: int):
    assert cents(Decimal(euros)) == whole


def test_a_refusal_does_not_wait_for_facts_that_cannot_change_it():
    found: Outcome = evaluate(
        in_force(shipped(), "espoo", date(2026, 11, 28)),
        Request(applicant=Applicant(kind="party_branch"), space=Place(premises_kind="school")),
    )
    assert found.kind is OutcomeKind.REFUSED
