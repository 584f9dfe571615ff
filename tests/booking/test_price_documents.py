"""What is wrong in the money of a rulebook is told by row and field; what is odd in it is warned of."""

import pytest

from booking.core.rules.invoices import BelowMinimum, LastRun, RunEvery, RunWhen
from booking.rulebooks import RulebookError
from tests.booking.price_towns import asked, lasting, rate, town

HOUR = 'unit = "hour"\namount = "9.00"'
RATE = f'[[rates]]\nid = "rate"\nnormal = true\n{HOUR}\n'


def matrix(by: str, *rows: str) -> str:
    return f'[[rates]]\nid = "rate"\nunit = "hour"\nmatrix = {{ by = {by}, rows = [{", ".join(rows)}] }}'


def adjustment(fields: str) -> str:
    return f'{RATE}[[adjustments]]\nid = "one"\n{fields}'


def add_on(fields: str) -> str:
    return f'{RATE}[[add_ons]]\nid = "one"\n{fields}'


def faults(rows: str) -> list[str]:
    with pytest.raises(RulebookError) as raised:
        town(rows)
    return [line.removeprefix("town-2026-01.toml: ") for line in raised.value.lines]


@pytest.mark.parametrize(
    ("fields", "fault"),
    [
        ('unit = "hours"\namount = "9.00"', 'rates: rate: unit: unknown "hours"; did you mean "hour"?'),
        ('unit = "hour"', 'rate: amount: missing; write "unknown" when the sources do not tell it'),
        ('unit = "hour"\namount = 9', "rates: rate: amount: an amount is a text such as"),
        (f"{HOUR}\nminimum_hour = 3", 'rates: rate: minimum_hour: unknown field; did you mean "minimum_hours"?'),
        (
            f'{HOUR}\nminimum_hours = "x"',
            'rates: rate: minimum_hours: hours are a number such as 3 or a text such as "1.5"',
        ),
        (f"{HOUR}\nblock_minutes = 45", "rate: block_minutes: has no effect with unit hour"),
        ('unit = "event"\namount = "9.00"\nfree_minutes = 30', "rate: free_minutes: has no effect with unit event"),
        ('unit = "zero"\nat_least = "5.00"', "rate: at_least: has no effect with unit zero"),
        ('unit = "step"\namount = "9.00"', "rate: step_minutes: missing; unit step needs it"),
        ('unit = "percent"\npercent = "10"', "rate: of: missing; unit percent needs it"),
        ('unit = "percent"\npercent = "10"\nof = "activity.revenu_cents"', 'did you mean "activity.revenue_cents"?'),
        ('unit = "each"\nof = "space.kind"\namount = "1"', "rate: of: space.kind is no number"),
        ('unit = "tiers"', "rate: tiers: missing; unit tiers needs it"),
        (
            'unit = "tiers"\ntiers = [{ amount = "1" }, { amount = "2" }]',
            "rate: tiers: each reaches further than the one",
        ),
        ('unit = "tiers"\ntiers = [{ up_to_hours = 4 }]', "rate: tiers: amount: missing"),
        ('unit = "tiers"\ntiers = [{ up_to = 4, amount = "1" }]', 'rate: tiers: write "up_to" where tiers go by "of"'),
        ('unit = "share_of_normal"\npercent = "10"', "rate: normal: a share of the normal price cannot be the normal"),
        (f'{HOUR}\nday = "cap"', 'rate: day: goes with "day_hours"'),
        (
            f"{HOUR}\nminimum_hours = 1\nminimum_minutes = 30",
            "rate: minimum_minutes: does not go together with minimum_hours",
        ),
        (f'{HOUR}\nat_least = "9"\nat_most = "8"', "rate: at_most: is less than at_least"),
        (f'{HOUR}\nround_to = "0"', "rates: rate: round_to: more than 0"),
        (f'{HOUR}\nround = "nearest"', 'rates: rate: round: unknown "nearest"; known: down, half_up, up'),
        (
            'unit = "hour"\nbands = [{ from = "09:00", to = "9:00", amount = "1" }]',
            "bands: number 1: to: ends where it begins",
        ),
        (
            'unit = "hour"\nbands = [{ from = "9", to = "10:00", amount = "1" }]',
            'from: a time of day is written as "16:00"',
        ),
        (
            """unit = "hour"
bands = [{ from = "09:00", to = "15:00", amount = "1" }, { from = "14:00", to = "16:00", amount = "2" }]""",
            "rate: bands: two of them hold the same time of day",
        ),
    ],
)
def test_a_faulty_rate_is_told_by_row_and_field(fields, fault):
    with pytest.raises(RulebookError) as raised:
        rate(fields)
    assert any(fault in line for line in raised.value.lines), raised.value.lines


@pytest.mark.parametrize(
    ("rows", "fault"),
    [
        (matrix('["space.knd"]', '["gym", "1"]'), 'rate: matrix: by: unknown "space.knd"; did you mean "space.kind"?'),
        (
            matrix('["space.kind"]', '["gim", "1"]'),
            'rate: matrix: row 1: space.kind: unknown "gim"; did you mean "gym"?',
        ),
        (matrix('["price.class"]', '["3", "1"]'), 'rate: matrix: row 1: price.class: unknown "3"; known: 1, 2, free'),
        (
            matrix('["space.area_m2"]', '["big", "1"]'),
            'row 1: space.area_m2: "big" is no number and no range such as 300-599',
        ),
        (matrix('["space.supervised"]', '["gym", "1"]'), 'row 1: space.supervised: true, false or "*", not "gym"'),
        (matrix('["audience.people"]', '["1", "1"]'), "rate: matrix: by: audience.people cannot stand in a matrix"),
        (
            matrix('["space.kind"]', '["gym", "hall", "1"]'),
            "number 1: has 3 fields where 1 facts and an amount are wanted",
        ),
        (matrix('["space.kind"]', '["gym", 9]'), "number 1: an amount is a text such as"),
        (adjustment('times = "x"'), "adjustments: one: times: a fraction is a text such as"),
        (adjustment('percent = "-101"'), "one: percent: no more than 100 per cent can be taken off"),
        (adjustment('percent = "5"\nplus = "1"'), "one: plus: one row does one thing; it says percent already"),
        (adjustment(""), "one: needs one of times, times_fact, percent, plus, at_least, at_most, round_to"),
        (adjustment('times = "2"\nper = "hour"'), 'one: per: goes with "plus"'),
        (adjustment('times_fact = "space.kind"'), "one: times_fact: space.kind is no number"),
        (adjustment('times = "2"\ngroup_best = true'), 'one: group_best: goes with "group"'),
        (adjustment('times = "2"\nclass = "1"\nclasses = ["2"]'), 'one: classes: write "class" or "classes", not both'),
        (adjustment('times = "2"\nclass = "3"'), 'one: class: unknown "3"'),
        (add_on('amount = "5.00"'), "one: unit: missing; or write actual_cost = true"),
        (add_on('unit = "share_of_normal"\npercent = "5"'), "one: unit: an add-on is no share of the normal price"),
        (RATE + '[[vat]]\nid = "one"', 'vat: one: percent: write "percent", or "exempt = true"'),
        (RATE + '[[vat]]\nid = "one"\npercent = "14"\nadd_ons = ["coffee"]', 'one: add_ons: unknown "coffee"'),
        (
            RATE + '[invoicing]\nid = "one"\nruns = [{ name = "spring", months = [13] }]',
            "invoicing: runs: number 1: months",
        ),
        (
            RATE + '[invoicing]\nid = "one"\nbelow_minimum = "cary"',
            'below_minimum: unknown "cary"; did you mean "carry"?',
        ),
    ],
)
def test_a_faulty_row_of_money_is_told_by_row_and_field(rows, fault):
    assert any(fault in line for line in faults(rows)), faults(rows)


def test_a_matrix_whose_order_decides_is_warned_of_by_its_rows():
    told = matrix(
        '["space.kind", "activity.phase"]', '["gym", "*", "1"]', '["*", "match", "2"]', '["gym", "match", "1"]'
    )
    assert town(told).warnings == (
        "rate: matrix: rows 1 and 2 can both fit; the first one counts",
        "rate: matrix: rows 2 and 3 can both fit; the first one counts",
    )
    assert town(matrix('["space.kind"]', '["gym", "1"]', '["hall", "2"]')).warnings == ()


def test_ranges_that_meet_are_warned_of():
    told = matrix('["space.area_m2"]', '["0-300", "1"]', '["300-599", "2"]', '[">599", "3"]')
    assert town(told).warnings == ("rate: matrix: rows 1 and 2 can both fit; the first one counts",)


INVOICING = """
[invoicing]
id = "invoicing"
minimum_cents = 1000
last_run = "invoice"
term_days = 14
interest_percent = "7.5"
reminder_cents = 500
correction_days = 14
invoicer = "Town"
runs = [
  { name = "term", every = "term", per = 2 },
  { name = "May and December", every = "year", months = [5, 12], when = "in_advance" },
]
"""


def test_invoicing_is_read_with_its_runs():
    rule = town(RATE + INVOICING).invoicing
    assert (rule.below_minimum, rule.last_run, rule.term_days) == (BelowMinimum.CARRY, LastRun.INVOICE, 14)
    assert (str(rule.interest_percent), rule.reminder_cents, rule.correction_days) == ("7.5", 500, 14)
    assert [(run.name, run.every, run.per, run.months, run.when) for run in rule.runs] == [
        ("term", RunEvery.TERM, 2, (), RunWhen.AFTER_USE),
        ("May and December", RunEvery.YEAR, 1, (5, 12), RunWhen.IN_ADVANCE),
    ]


@pytest.mark.parametrize(
    ("accrued", "now", "carried"), [(750, 0, 750), (999, 0, 999), (1000, 1000, 0), (1001, 1001, 0), (0, 0, 0)]
)
def test_a_sum_under_ten_euros_waits_for_the_next_run(accrued, now, carried):
    found = asked(town(RATE + INVOICING), time=lasting(60), event={"accrued_cents": accrued}).invoice
    assert (found.now_cents, found.carried_cents, found.row) == (now, carried, "invoicing")


def test_a_row_that_overrides_another_leaves_it_out_where_it_holds():
    rows = f"""{RATE}
[[rates]]
id = "summer"
normal = true
overrides = ["rate"]
when = {{ fact = "time.month", is = "==", value = 7 }}
unit = "hour"
amount = "5.00"
"""
    july, june = (asked(town(rows), time=lasting(60, f"2026-0{month}-03T08:00")).price_cents for month in (7, 6))
    assert (july, june) == (500, 900)


def test_the_money_rows_of_another_day_do_not_count():
    rows = f"""{RATE.replace("[[rates]]", "[[rates]]")}last_on = 2026-06-30
[[rates]]
id = "new"
normal = true
first_on = 2026-07-01
unit = "hour"
amount = "10.00"
[[adjustments]]
id = "summer"
first_on = 2026-07-01
last_on = 2026-07-31
percent = "-10"
"""
    days = ("2026-06-30", "2026-07-01", "2026-07-31", "2026-08-01")
    assert [asked(town(rows), time=lasting(60, f"{day}T08:00")).price_cents for day in days] == [900, 900, 900, 1000]


def test_an_extra_and_a_package_that_a_price_names_are_words_of_the_request():
    rows = f"""{RATE}
[[add_ons]]
id = "smoke-machine"
chosen = "smoke_machine"
unit = "event"
amount = "30.00"
"""
    found = asked(town(rows), activity={"extras": ["smoke_machine"]}, time=lasting(60))
    assert (found.add_on_cents, found.total_cents) == (3000, 3900)
    assert town(rows).words["extra"]["smoke_machine"]["fi"] == "Rivi"
