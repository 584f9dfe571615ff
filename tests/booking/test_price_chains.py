"""Coefficients, discounts, shares and parts: chains of money in their order, as towns are known to write them."""

import pytest

from booking.core.rulebook import Outcome
from tests.booking.price_towns import asked, lasting, rate, town

CLUB = {"kind": "association"}


def told(*args: object, **named: object) -> tuple[tuple, dict]:
    """A request for the town below."""
    return args, named


CHAIN = """
[[rates]]
id = "hall"
normal = true
unit = "hour"
amount = "34.50"

[[adjustments]]
id = "part-of-the-hall"
times_fact = "space.fraction"

[[adjustments]]
id = "other-than-sport"
when = { fact = "activity.is_sport", is = "==", value = false }
percent = "50"

[[adjustments]]
id = "to-ten-cents"
round_to = "0.10"

[[adjustments]]
id = "second-show"
when = { fact = "activity.shows", is = ">=", value = 2, not_told = "no" }
group = "shows"
percent = "-20"

[[adjustments]]
id = "fourth-show"
when = { fact = "activity.shows", is = ">=", value = 4, not_told = "no" }
group = "shows"
group_best = true
percent = "-35"
"""


def chain(fraction: str, *, sport: bool = True, minutes: int = 60, **activity: object) -> Outcome:
    return asked(
        town(CHAIN),
        space={"fraction": fraction},
        activity={"is_sport": sport} | activity,
        time=lasting(minutes),
    )


@pytest.mark.parametrize(
    ("request_", "cents", "formula"),
    [
        (told("1"), 3450, "1 × 1 h × 34.50 = 34.50"),
        (told("1/3"), 1150, "1/3 × 1 h × 34.50 = 11.50"),
        # fraction first, then the surcharge, then rounding to ten cents, in the order the rows are written
        (told("1/3", sport=False), 1730, "1/3 × 1 h × 34.50 + 50 % ≈ 17.30"),
        (told("1/2", sport=False), 2590, "0.5 × 1 h × 34.50 + 50 % ≈ 25.90"),
        # several shows: of one group, the best for the payer and not both
        (told("1", shows=1), 3450, "1 × 1 h × 34.50 = 34.50"),
        (told("1", shows=2), 2760, "1 × 1 h × 34.50 − 20 % = 27.60"),
        (told("1", shows=4), 2243, "1 × 1 h × 34.50 − 35 % = 22.43"),
    ],
)
def test_a_chain_of_coefficients_goes_in_written_order_and_rounds_where_it_says(request_, cents, formula):
    answer = chain(*request_[0], **request_[1])
    assert (answer.price_cents, answer.formula) == (cents, formula)
    assert sum(line.cents for line in answer.lines) == answer.price_cents


def test_a_fraction_nobody_told_leaves_the_price_open():
    found = asked(town(CHAIN), activity={"is_sport": True}, time=lasting(60))
    assert (found.price_cents, found.missing) == (None, ("space.fraction",))


SHARE = """
[[rates]]
id = "cost-price"
class = "2"
normal = true
unit = "hour"
amount = "44.00"
minimum_hours = 2

[[rates]]
id = "associations-a-quarter"
class = "1"
unit = "share_of_normal"
percent = "25"
at_least = "25.00"

[[rates]]
id = "children"
class = "free"
unit = "zero"

[[adjustments]]
id = "part-of-the-hall"
when = { not = { not_told_fact = "space.fraction" } }
times_fact = "space.fraction"
"""


@pytest.mark.parametrize(
    ("minutes", "space", "cents", "normal", "formula"),
    [
        (180, {}, 3300, 13200, "25 % × 132.00 = 33.00"),
        (60, {}, 2500, 8800, "max(25 % × 88.00; 25.00) = 25.00"),
        (180, {"fraction": "1/2"}, 1650, 6600, "0.5 × 25 % × 132.00 = 16.50"),
    ],
)
def test_a_share_of_the_cost_price_leaves_the_rest_as_support(minutes, space, cents, normal, formula):
    found = asked(town(SHARE), applicant=CLUB, space=space, time=lasting(minutes))
    assert (found.price_cents, found.normal_cents, found.formula) == (cents, normal, formula)
    assert found.subsidy_cents == normal - cents


def test_whoever_pays_more_than_the_normal_price_gets_no_support_and_takes_none_from_others():
    rows = SHARE.replace("normal = true\n", "").replace(
        'unit = "share_of_normal"\npercent = "25"', 'normal = true\nunit = "event"\namount = "10.00"'
    )
    found = asked(town(rows.replace('at_least = "25.00"', "")), applicant={"kind": "company"}, time=lasting(120))
    assert (found.price_cents, found.normal_cents, found.subsidy_cents) == (8800, 8800, 0)
    assert found.normal_formula == "2 h (min. 2 h) × 44.00 = 88.00"


def test_a_share_of_an_unknown_price_is_unknown():
    found = asked(town(SHARE.replace('"44.00"', '"unknown"')), applicant=CLUB, time=lasting(60))
    assert (found.price_cents, found.normal_cents, found.subsidy_cents) == (None, None, None)


PARTY = """
[[rates]]
id = "party"
normal = true
unit = "event"
amount = "400.00"
[[adjustments]]
id = "cleaning"
plus = "30.00"
[[adjustments]]
id = "by-the-hour"
plus = "2.00"
per = "hour"
"""


def test_a_flat_price_is_charged_once_however_many_parts_a_use_has():
    parts = [{"phase": "setup", "minutes": 60}, {"phase": "competition", "minutes": 180}]
    found = asked(town(PARTY), time=lasting(240) | {"parts": parts})
    assert (found.price_cents, found.formula) == (43200, "400.00 + 30.00 + 1 h × 2.00 = 432.00")


SETUP_AND_USE = [{"phase": "setup", "minutes": 60}, {"phase": "competition", "minutes": 60}]
BY_PHASE = 'matrix = { by = ["activity.phase"], rows = [["setup", "10.00"], ["*", "20.00"]] }'


@pytest.mark.parametrize(
    ("fields", "formula"),
    [
        # a minimum is for the whole use, made up by its last part
        (
            f'unit = "hour"\nminimum_hours = 3\n{BY_PHASE}',
            "1 h (min. 3 h) × 10.00 + 60 min → 2 h (min. 3 h) × 20.00 = 50.00",
        ),
        (f'unit = "hour"\nminimum_hours = 2\n{BY_PHASE}', "1 h (min. 2 h) × 10.00 + 1 h (min. 2 h) × 20.00 = 30.00"),
        # the price of a day too: no more than an hour and a half of it for both
        (
            f'unit = "hour"\nday_hours = "1.5"\nday = "cap"\n{BY_PHASE}',
            "1 h (max. 90 min/d) × 10.00 + 60 min → 30 min (max. 90 min/d) × 20.00 = 20.00",
        ),
        # days and heads are those of the whole use
        ('unit = "day"\namount = "50.00"', "1 d × 50.00 = 50.00"),
        ('unit = "person"\namount = "2.00"', "9 × 2.00 = 18.00"),
        (
            f'unit = "sum"\nterms = [{{ unit = "event", amount = "5.00" }}, {{ unit = "hour", {BY_PHASE} }}]',
            "5.00 + 2 h × 10.00 = 25.00",
        ),
    ],
)
def test_what_is_for_the_whole_of_a_use_is_not_taken_from_each_part(fields, formula):
    found = asked(rate(fields), audience={"total": 9}, time=lasting(120) | {"parts": SETUP_AND_USE})
    assert found.formula == formula
    assert sum(line.cents for line in found.lines) == found.price_cents


@pytest.mark.parametrize(
    ("unit", "formula"),
    [
        ("sum", "2 h × 10.00 + 15.00 = 35.00"),
        ("highest", "max(2 h × 10.00; 15.00) = 20.00"),
        ("lowest", "min(2 h × 10.00; 15.00) = 15.00"),
    ],
)
def test_several_formulas_together(unit, formula):
    terms = 'terms = [{ unit = "hour", amount = "10.00" }, { unit = "event", amount = "15.00" }]'
    assert asked(rate(f'unit = "{unit}"\n{terms}'), time=lasting(120)).formula == formula
    unknown = terms.replace('"15.00"', '"unknown"')
    assert asked(rate(f'unit = "{unit}"\n{unknown}'), time=lasting(120)).price_cents is None


def test_a_tariff_tells_which_facts_its_chain_asks():
    assert town(CHAIN).tariff.names >= {"space.fraction", "activity.is_sport", "activity.shows"}
