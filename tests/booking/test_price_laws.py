"""Laws of money that hold for any formula, chain, matrix and span."""

import re
from dataclasses import replace
from datetime import date
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise

from hypothesis import assume, given
from hypothesis import strategies as st

from booking.core.money import Rounding, stepped, vat_on_top, vat_within, whole
from booking.core.rules.changes import Change
from booking.core.rules.conditions import ALWAYS, Condition
from booking.core.rules.counters import compiled
from booking.core.rules.counting import banded, by_date, pieces
from booking.core.rules.facts import Facts, Part
from booking.core.rules.figures import figure, for_the_rest, overlaps
from booking.core.rules.formulas import (
    Amounts,
    Band,
    DayPrice,
    Formula,
    Matrix,
    Per,
    Tier,
    TiersBy,
    Unit,
)
from booking.core.rules.invoices import BelowMinimum, InvoicingRule, LastRun, invoiced
from booking.core.rules.prices import Sums, money
from booking.core.rules.rows import Citation, Effect, OutcomeKind, Row
from booking.core.rules.tariff import AddOn, Adjustment, DayTariff, Prices, Rate, Tariff, VatRow, Who
from booking.core.rules.workings import formula as working
from booking.core.rules.workings import lines

DAY = date(2026, 3, 3)
MINUTES = st.integers(1, 3000)
EUROS = st.decimals(0, 500, places=2)
SOME_EUROS = st.decimals("0.01", 500, places=2)


def row(name: str, condition: Condition = ALWAYS) -> Row:
    cited = Citation("town", "1", "rates", name, "§ 1", "S", date(2020, 1, 1), {"fi": "R", "sv": "R"})
    return Row(cited, condition, Effect(OutcomeKind.GRANTED))


def told(minutes: int, **more: object) -> dict:
    facts = {"time.minutes": minutes, "time.start_minute": 480, "audience.total": 7, "audience.sleepers": 3}
    return facts | {name.replace("__", "."): value for name, value in more.items()}


AMOUNTS = st.builds(Amounts, EUROS)
BANDS = st.lists(st.integers(0, 1440), min_size=2, max_size=5, unique=True).map(sorted)


@st.composite
def banded_amounts(draw) -> tuple[Band, ...]:
    cuts = draw(BANDS)
    return tuple(Band(first, last, draw(AMOUNTS)) for first, last in pairwise(cuts))


@st.composite
def timed(draw) -> Formula:
    """A formula that goes by time, without a break-point."""
    capped = draw(st.booleans())
    return Formula(
        unit=draw(st.sampled_from([Unit.HOUR, Unit.STARTED_HOUR, Unit.STARTED_BLOCK, Unit.STEP])),
        amounts=draw(AMOUNTS),
        block_minutes=draw(st.integers(1, 360)),
        first_minutes=draw(st.integers(0, 120)),
        step_minutes=draw(st.integers(1, 90)),
        minimum_minutes=draw(st.integers(0, 240)),
        maximum_minutes=draw(st.just(0) | st.integers(240, 900)),
        free_minutes=draw(st.integers(0, 60)),
        extra_minutes=draw(st.integers(0, 60)),
        day_minutes=draw(st.integers(1, 600)) if capped else 0,
        day=DayPrice.CAP if capped else DayPrice.ASKED,
        bands=() if capped else draw(st.just(()) | banded_amounts()),
        at_least=draw(st.none() | EUROS),
        at_most=draw(st.none() | EUROS),
        round_to=draw(st.none() | st.sampled_from([Decimal("0.05"), Decimal("0.10"), Decimal(1)])),
        round=draw(st.sampled_from(Rounding)),
    )


@st.composite
def growing(draw) -> Formula:
    """A timed formula, or marginal tiers of such."""
    if draw(st.booleans()):
        return draw(timed())
    limits = draw(st.lists(st.integers(1, 600), max_size=2, unique=True).map(sorted))
    inner = [replace(draw(timed()), at_most=None, at_least=None) for _ in range(len(limits) + 1)]
    steps = tuple(Tier(limit, one) for limit, one in zip([*limits, None], inner, strict=True))
    return Formula(unit=Unit.TIERS, tiers=steps, tiers_by=TiersBy.MARGINAL)


CHANGES = st.one_of(
    st.builds(Change, times=st.fractions(0, 3, max_denominator=12)),
    st.builds(Change, times_fact=st.just("space.fraction")),
    st.builds(Change, percent=st.integers(-100, 100).map(Fraction)),
    st.builds(Change, plus=EUROS, per=st.sampled_from(Per)),
    st.builds(Change, at_least=EUROS),
    st.builds(Change, at_most=EUROS),
    st.builds(Change, round_to=st.sampled_from([Decimal("0.05"), Decimal("0.50")]), round=st.sampled_from(Rounding)),
)


@st.composite
def chains(draw) -> tuple[Adjustment, ...]:
    found = draw(st.lists(CHANGES, max_size=4))
    return tuple(
        Adjustment(row=row(f"change-{place}"), change=one, normal=draw(st.booleans()))
        for place, one in enumerate(found)
    )


def tariff(formula: Formula, changes: tuple[Adjustment, ...] = (), **more: object) -> DayTariff:
    """One class priced by a formula; the normal price is another, so that there is something to support."""
    charged = Rate(row("charged"), formula, normal=False, vat_percent=None, classes=("1",))
    normal = Rate(row("normal"), more.pop("normal", formula), normal=True, vat_percent=None, classes=("2",))
    return Tariff((charged, normal), changes, **more).on(DAY)


def sums(formula: Formula, facts: Facts, changes: tuple[Adjustment, ...] = (), **more: object) -> Sums:
    return money(tariff(formula, changes, **more), facts, "1")


# --- price, normal price, support ---


@given(growing(), timed(), chains(), MINUTES)
def test_what_is_normal_is_what_is_charged_and_the_support_together(formula, normal, changes, minutes):
    found = sums(formula, told(minutes, space__fraction=Fraction(1, 3)), changes, normal=normal)
    known = None not in (found.price_cents, found.normal_cents)
    assert known == (found.subsidy_cents is not None)
    if known:
        assert found.normal_cents == found.price_cents + found.subsidy_cents
        assert found.price_cents >= 0
        assert found.subsidy_cents >= 0


@given(growing(), chains(), MINUTES, st.integers(0, 3000))
def test_a_price_never_falls_when_a_span_grows(formula, changes, minutes, more):
    shorter = sums(formula, told(minutes, space__fraction=Fraction(1, 3)), changes).price_cents
    longer = sums(formula, told(minutes + more, space__fraction=Fraction(1, 3)), changes).price_cents
    assert shorter is None or longer is None or shorter <= longer


@given(AMOUNTS, MINUTES, MINUTES)
def test_a_span_cut_in_two_costs_as_much_as_whole_by_the_exact_hour(amounts, one, two):
    exact = compiled(Formula(unit=Unit.HOUR, amounts=amounts)).exact
    assert exact(told(one)) + exact(told(two)) == exact(told(one + two))


@given(timed(), MINUTES)
def test_started_time_never_costs_less_than_exact_time(formula, minutes):
    plain = replace(formula, round_to=None, maximum_minutes=0, day_minutes=0, at_most=None)
    started = compiled(plain).exact(told(minutes))
    exact = compiled(replace(plain, unit=Unit.HOUR)).exact(told(minutes))
    assert started is None or exact is None or started >= exact


# --- lines and workings ---


@given(growing(), chains(), st.lists(st.integers(1, 300), max_size=4), MINUTES)
def test_the_lines_of_a_price_add_up_to_it(formula, changes, cut, minutes):
    parts = tuple(Part(phase=f"phase-{place}", minutes=each) for place, each in enumerate(cut))
    facts = told(minutes, space__fraction=Fraction(1, 2), time__parts=parts or None)
    found = sums(formula, facts, changes)
    if found.price_cents is not None:
        assert sum(line.cents or 0 for line in lines(found)) == found.price_cents
        assert sum(chain.cents or 0 for chain in found.charged) == found.price_cents
        assert re.split(r"[=≈] ", working(found.charged, found.price_cents))[-1] == shown(found.price_cents)


def shown(cents: int) -> str:
    return f"{cents // 100}.{cents % 100:02d}"


TOLD_FIRST = re.compile(r"\d+ min( [+−] \d+ (min|h))* → ")
ASIDE = re.compile(r" \((?:(?:min\.|max\.)[^)]*|\d+ × \d+ (?:h|min)|\d\d:\d\d–\d\d:\d\d)\)")


def worth(text: str) -> Fraction:
    """What an expression comes to, reckoned from its signs alone."""
    text = ASIDE.sub("", TOLD_FIRST.sub("", text.rsplit(" = ", 1)[0]))
    text = re.sub(r" ([+−]) ([\d/.]+) %", r" × (1 \1 F('\2') ÷ 100)", text)
    text = re.sub(r"(\d+) min", r"F('\1') ÷ 60", text)
    text = re.sub(r"(?<!['\d/.])(\d[\d/.]*)(?: h| d)?(?!['\d/.])", r"F('\1')", text)
    signs = str.maketrans({"×": "*", "−": "-", "÷": "/", ";": ","})
    return eval(text.translate(signs), {"F": Fraction, "max": max, "min": min})  # noqa: S307 - our own expression


@given(timed(), chains(), MINUTES)
def test_a_working_reckoned_by_its_own_signs_gives_the_price(formula, changes, minutes):
    unrounded = tuple(
        Adjustment(row=one.row, change=replace(one.change, round_to=None), normal=one.normal) for one in changes
    )
    found = sums(replace(formula, round_to=None), told(minutes, space__fraction=Fraction(1, 3)), unrounded)
    assume(found.price_cents)
    assert whole(worth(working(found.charged, found.price_cents)) * 100) == found.price_cents


# --- unknown stays unknown ---


@given(growing(), chains(), MINUTES)
def test_an_unknown_amount_makes_price_and_total_unknown_and_never_nothing(formula, changes, minutes):
    unknown = sums(Formula(unit=Unit.HOUR), told(minutes, space__fraction=Fraction(1)), changes, normal=formula)
    assert (unknown.price_cents, unknown.subsidy_cents, unknown.total_cents) == (None, None, None)


@given(SOME_EUROS, MINUTES)
def test_an_unknown_add_on_makes_the_total_unknown_and_leaves_the_price(amount, minutes):
    hour = Formula(unit=Unit.HOUR, amounts=Amounts(amount))
    dear = (AddOn(row=row("extra"), formula=Formula(unit=Unit.UNKNOWN)),)
    found = sums(hour, told(minutes), add_ons=dear)
    assert found.price_cents is not None
    assert (found.add_on_cents, found.total_cents) == (None, None)


@given(CHANGES.filter(lambda one: one.times_fact is None), SOME_EUROS, MINUTES)
def test_an_adjustment_that_may_hold_leaves_the_price_open_unless_it_changes_nothing(change, amount, minutes):
    unclear = Condition(lambda _: None, lambda _: frozenset({"activity.phase"}), frozenset({"activity.phase"}))
    changes = (Adjustment(row=row("perhaps", unclear), change=change),)
    found = sums(Formula(unit=Unit.EVENT, amounts=Amounts(amount)), told(minutes), changes)
    assert found.price_cents is None
    assert found.charged[0].open == {"activity.phase"}
    assert sums(Formula(unit=Unit.ZERO), told(minutes), changes).price_cents == 0


@given(st.lists(st.integers(-100, -1), min_size=1, max_size=4), SOME_EUROS)
def test_the_best_of_a_group_is_no_worse_than_any_of_it_alone(percents, amount):
    event = Formula(unit=Unit.EVENT, amounts=Amounts(amount))
    members = tuple(
        Adjustment(row=row(f"off-{place}"), change=Change(percent=Fraction(each)), group="one", group_best=True)
        for place, each in enumerate(percents)
    )
    together = sums(event, told(60), members).price_cents
    alone = [sums(event, told(60), (one,)).price_cents for one in members]
    assert together == min(alone)


# --- matrices ---

KINDS, PHASES = ("gym", "hall", "field"), ("training", "match")
CELLS = st.tuples(st.sampled_from(KINDS), st.sampled_from(PHASES))


@st.composite
def matrices(draw) -> Matrix:
    """Every pair once, without wildcards."""
    pairs = draw(st.lists(CELLS, unique=True, min_size=1))
    found = tuple((((kind,), (phase,)), draw(st.none() | EUROS)) for kind, phase in pairs)
    return Matrix(("space.kind", "activity.phase"), found, draw(st.none() | EUROS))


@given(matrices(), st.randoms(), CELLS)
def test_the_order_of_a_matrix_does_not_matter_without_wildcards(matrix, randomly, asked):
    rows = list(matrix.rows)
    randomly.shuffle(rows)
    facts = dict(zip(matrix.by, asked, strict=True))
    shuffled = replace(matrix, rows=tuple(rows))
    assert not list(overlaps(matrix))
    assert figure(Amounts(matrix=matrix)).cents(facts) == figure(Amounts(matrix=shuffled)).cents(facts)


@st.composite
def wild(draw) -> Matrix:
    cell = st.sampled_from([("*",), ("gym",), ("hall",), ("gym", "hall")])
    phase = st.sampled_from([("*",), ("training",), ("match",)])
    found = draw(st.lists(st.tuples(st.tuples(cell, phase), st.none() | EUROS), min_size=1, max_size=6))
    return Matrix(("space.kind", "activity.phase"), tuple(found), draw(st.none() | EUROS))


@given(wild(), st.none() | st.sampled_from(KINDS), st.none() | st.sampled_from(PHASES), CELLS)
def test_an_amount_told_from_some_facts_holds_whatever_the_others_turn_out_to_be(matrix, kind, phase, later):
    found = figure(Amounts(matrix=matrix))
    facts = {"space.kind": kind, "activity.phase": phase}
    told_later = {"space.kind": kind or later[0], "activity.phase": phase or later[1]}
    now, missing = found.cents(facts), found.missing(facts)
    if not missing:
        assert now == found.cents(told_later)
    else:
        assert now is None
        assert missing <= {name for name, value in facts.items() if value is None}


@given(wild(), st.data())
def test_rows_whose_order_matters_are_told_as_pairs_unless_one_is_for_the_rest(matrix, data):
    """Where no pair is told, two neighbours may change places, but for a row for the rest, which stands after."""
    if len(matrix.rows) < 2 or list(overlaps(matrix)):
        return
    place = data.draw(st.integers(0, len(matrix.rows) - 2))
    before, one, two, after = matrix.rows[:place], *matrix.rows[place : place + 2], matrix.rows[place + 2 :]
    if for_the_rest(two[0], one[0]):
        return
    swapped = replace(matrix, rows=(*before, two, one, *after))
    for kind in KINDS:
        for phase in PHASES:
            facts = {"space.kind": kind, "activity.phase": phase}
            assert figure(Amounts(matrix=matrix)).cents(facts) == figure(Amounts(matrix=swapped)).cents(facts)


@given(st.integers(0, 300), st.integers(0, 300), st.integers(0, 700))
def test_ranges_of_a_matrix_hold_both_their_ends(low, more, told_area):
    high = low + more
    matrix = Matrix(("space.area_m2",), ((((f"{low}-{high}",),), Decimal(1)),), Decimal(2))
    found = figure(Amounts(matrix=matrix)).cents({"space.area_m2": told_area})
    assert found == (100 if low <= told_area <= high else 200)


# --- time ---


@given(BANDS, st.integers(0, 1439), st.integers(0, 5000))
def test_times_of_day_hold_every_minute_once(cuts, start, minutes):
    cut = pieces(list(pairwise(cuts)))
    assert sum(banded(cut, start, minutes).values()) == minutes
    assert sum(by_date(start, minutes)) == minutes


# --- VAT, rounding, invoices ---


@given(st.integers(0, 10**7), st.fractions(0, 100, max_denominator=10))
def test_net_and_vat_are_gross(sum_cents, percent):
    within, on_top = vat_within(sum_cents, percent), vat_on_top(sum_cents, percent)
    assert 0 <= within <= sum_cents
    assert abs(within - sum_cents * percent / (100 + percent)) <= Fraction(1, 2)
    assert abs(on_top - sum_cents * percent / 100) <= Fraction(1, 2)


VAT_ROWS = st.builds(
    VatRow,
    st.just(row("vat")),
    st.fractions(0, 30, max_denominator=2),
    st.just(False),
    st.sampled_from(Prices),
    st.sampled_from([(), ("extra",)]),
)


@given(timed(), SOME_EUROS, st.lists(VAT_ROWS, max_size=3), st.sampled_from(Who), MINUTES)
def test_net_and_vat_are_gross_for_a_use_with_its_add_ons(formula, extra, vat, who, minutes):
    add_ons = (AddOn(row=row("extra"), formula=Formula(unit=Unit.EVENT, amounts=Amounts(extra)), who=who),)
    found = sums(formula, told(minutes), add_ons=add_ons, vat=tuple(vat))
    if found.gross_cents is not None:
        assert found.net_cents + found.vat_cents == found.gross_cents
        assert found.gross_cents >= found.total_cents
    if found.price_cents is not None:
        assert found.total_cents == found.price_cents + found.add_on_cents


@given(st.fractions(-1000, 1000, max_denominator=2000), st.sampled_from(Rounding))
def test_a_sum_is_rounded_to_a_neighbour_and_a_half_away_from_nothing(exact, how):
    found = whole(exact, how)
    assert abs(found - exact) < 1
    if how is Rounding.HALF_UP:
        assert abs(found - exact) <= Fraction(1, 2)
        assert whole(-exact) == -found
    assert whole(Fraction(found) + Fraction(1, 2)) == (found + 1 if found >= 0 else found)


@given(st.fractions(0, 1000, max_denominator=2000), st.sampled_from([Fraction(5), Fraction(10), Fraction(1, 2)]))
def test_a_rounded_sum_is_a_multiple_of_its_step(exact, step):
    assert (stepped(exact, step) / step).denominator == 1


RULES = st.builds(
    InvoicingRule,
    citation=st.just(row("invoicing").citation),
    minimum_cents=st.integers(0, 5000),
    below_minimum=st.sampled_from(BelowMinimum),
    last_run=st.sampled_from(LastRun),
)


@given(st.none() | RULES, st.integers(0, 10_000), st.booleans())
def test_a_run_loses_nothing_and_invents_nothing(rule, owed, last):
    found = invoiced(rule, owed, last=last)
    assert found.now_cents + found.carried_cents + found.waived_cents == owed + found.raised_cents
    assert min(found.now_cents, found.carried_cents, found.waived_cents, found.raised_cents) >= 0
    if rule is not None and owed == rule.minimum_cents:
        assert found.now_cents == owed
