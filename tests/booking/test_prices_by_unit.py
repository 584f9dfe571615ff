"""What each way of counting comes to, at its boundaries: tables an official can read."""

import pytest

from booking.core.money import euros as shown
from tests.booking.price_towns import asked, lasting, rate

STARTED_3 = "started hour, at least 3 h"
BLOCK_3 = "started block of 3 h"
LESSON = "lesson of 45 min"
STEPS = "1 h, then quarters"
CAPPED = "day price 3 × hour, a ceiling"
DAY_ASKED = "day price 3 × hour, when asked"
LEAST = "at least 30 euros"

RATES = {
    "hour": 'unit = "hour"\namount = "15.00"',
    "ten an hour": 'unit = "hour"\namount = "10.00"',
    "half a cent": 'unit = "hour"\namount = "0.0050"',
    "started hour": 'unit = "started_hour"\namount = "3.00"',
    STARTED_3: 'unit = "started_hour"\nminimum_hours = 3\namount = "15.00"',
    "at least 45 min": 'unit = "hour"\nminimum_minutes = 45\namount = "20.00"',
    "at least 1.5 h": 'unit = "hour"\nminimum_hours = "1.5"\namount = "20.00"',
    "at most 8 h": 'unit = "hour"\nmaximum_hours = 8\namount = "10.00"',
    BLOCK_3: 'unit = "started_block"\nblock_hours = 3\namount = "15.00"',
    LESSON: 'unit = "started_block"\nblock_minutes = 45\nper = "block"\namount = "12.00"',
    STEPS: 'unit = "step"\nfirst_minutes = 60\nstep_minutes = 15\namount = "20.00"',
    "30 min free": 'unit = "hour"\nfree_minutes = 30\nminimum_hours = 1\namount = "20.00"',
    "30 min around it": 'unit = "hour"\nextra_minutes = 30\namount = "20.00"',
    CAPPED: 'unit = "hour"\namount = "9.00"\nday_hours = 3\nday = "cap"',
    DAY_ASKED: 'unit = "hour"\namount = "9.00"\nday_hours = 3',
    LEAST: 'unit = "hour"\namount = "15.00"\nat_least = "30.00"',
    "at most 50 euros": 'unit = "hour"\namount = "15.00"\nat_most = "50.00"',
    "to five cents": 'unit = "hour"\namount = "12.33"\nround_to = "0.05"',
    "up to a euro": 'unit = "hour"\namount = "12.33"\nround_to = "1"\nround = "up"',
    "down to a euro": 'unit = "hour"\namount = "12.99"\nround_to = "1"\nround = "down"',
    "event": 'unit = "event"\namount = "400.00"',
    "season": 'unit = "season"\namount = "120.00"',
    "zero": 'unit = "zero"',
    "unknown": 'unit = "unknown"',
    "unknown amount": 'unit = "hour"\namount = "unknown"',
    "flat over 4 h": """unit = "tiers"
tiers = [{ up_to_hours = 4, amount = "20.00" }, { amount = "100.00", unit = "event" }]""",
    "each stretch by itself": """unit = "tiers"
tiers_by = "marginal"
tiers = [{ up_to_hours = 2, unit = "event", amount = "50.00" },
         { up_to_hours = "4.5", amount = "20.00" },
         { amount = "10.00" }]""",
    "nothing over 4 h": 'unit = "tiers"\ntiers = [{ up_to_hours = 4, amount = "20.00" }]',
    "tier with a minimum": 'unit = "tiers"\nminimum_hours = 2\ntiers = [{ amount = "20.00" }]',
    "by heads": """unit = "tiers"
of = "audience.total"
tiers = [{ up_to = 50, unit = "event", amount = "100.00" }, { up_to = 100, unit = "event", amount = "150.00" }]""",
    "second show for half": """unit = "tiers"
of = "activity.shows"
tiers_by = "marginal"
tiers = [{ up_to = 1, amount = "500.00" }, { amount = "250.00" }]""",
    "day and evening": """unit = "hour"
bands = [{ from = "09:00", to = "15:00", amount = "15.00" }, { from = "15:00", to = "22:00", amount = "20.00" }]""",
    "day and evening, started hours": """unit = "started_hour"
bands = [{ from = "09:00", to = "15:00", amount = "15.00" }, { from = "15:00", to = "22:00", amount = "20.00" }]""",
    "night dearer": """unit = "hour"
amount = "10.00"
bands = [{ from = "22:00", to = "06:00", amount = "30.00" }]""",
    "date": 'unit = "day"\namount = "80.00"',
    "24 hours": 'unit = "day"\nday_counts = "24h"\namount = "80.00"',
    "weekly hour": 'unit = "week_hour"\namount = "175.00"',
    "weekend": 'unit = "package"\npackage = "fri-sun"\namount = "1100.00"\nextra_hour = "60.00"',
    "saturday": 'unit = "package"\npackage = "sat"\namount = "620.00"',
    "person": 'unit = "person"\namount = "3.00"',
    "show": 'unit = "each"\nof = "activity.shows"\namount = "90.00"',
    "night": 'unit = "sleeper_night"\namount = "4.00"',
    "share of tickets": """unit = "percent"
of = "activity.revenue_cents"
percent = "10"
at_least = "50.00\"""",
}


def told(name: str, **groups: dict) -> tuple[str | None, str]:
    """The price in euros, as written, and how it came out."""
    found = asked(rate(RATES[name]), **groups)
    return None if found.price_cents is None else shown(found.price_cents), found.formula


@pytest.mark.parametrize(
    ("name", "minutes", "euros", "formula"),
    [
        ("hour", 60, "15.00", "1 h × 15.00 = 15.00"),
        ("hour", 75, "18.75", "75 min × 15.00 = 18.75"),
        ("ten an hour", 20, "3.33", "20 min × 10.00 = 3.33"),
        ("half a cent", 60, "0.01", "1 h × 0.005 = 0.01"),
        # one minute more is a started hour more
        ("started hour", 60, "3.00", "1 h × 3.00 = 3.00"),
        ("started hour", 61, "6.00", "61 min → 2 h × 3.00 = 6.00"),
        ("started hour", 70, "6.00", "70 min → 2 h × 3.00 = 6.00"),
        ("started hour", 90, "6.00", "90 min → 2 h × 3.00 = 6.00"),
        (STARTED_3, 120, "45.00", "120 min → 3 h (min. 3 h) × 15.00 = 45.00"),
        (STARTED_3, 180, "45.00", "3 h (min. 3 h) × 15.00 = 45.00"),
        (STARTED_3, 181, "60.00", "181 min → 4 h (min. 3 h) × 15.00 = 60.00"),
        (STARTED_3, 240, "60.00", "4 h (min. 3 h) × 15.00 = 60.00"),
        ("at least 45 min", 30, "15.00", "30 min → 45 min (min. 45 min) × 20.00 = 15.00"),
        ("at least 1.5 h", 30, "30.00", "30 min → 90 min (min. 90 min) × 20.00 = 30.00"),
        ("at most 8 h", 600, "80.00", "600 min → 8 h (max. 8 h) × 10.00 = 80.00"),
        (BLOCK_3, 180, "45.00", "3 h (1 × 3 h) × 15.00 = 45.00"),
        (BLOCK_3, 240, "90.00", "240 min → 6 h (2 × 3 h) × 15.00 = 90.00"),
        (LESSON, 90, "24.00", "2 (45 min) × 12.00 = 24.00"),
        (LESSON, 91, "36.00", "91 min → 3 (45 min) × 12.00 = 36.00"),
        (STEPS, 20, "20.00", "20 min → 1 h × 20.00 = 20.00"),
        (STEPS, 60, "20.00", "1 h × 20.00 = 20.00"),
        (STEPS, 61, "25.00", "61 min → 75 min × 20.00 = 25.00"),
        (STEPS, 75, "25.00", "75 min × 20.00 = 25.00"),
        # what is free comes off first; nothing left is no minimum either
        ("30 min free", 90, "20.00", "90 min − 30 min → 1 h (min. 1 h) × 20.00 = 20.00"),
        ("30 min free", 30, "0.00", "30 min − 30 min → 0 h (min. 1 h) × 20.00 = 0.00"),
        ("30 min around it", 90, "40.00", "90 min + 30 min → 2 h × 20.00 = 40.00"),
        (CAPPED, 120, "18.00", "2 h (max. 3 h/d) × 9.00 = 18.00"),
        (CAPPED, 180, "27.00", "3 h (max. 3 h/d) × 9.00 = 27.00"),
        (CAPPED, 480, "27.00", "480 min → 3 h (max. 3 h/d) × 9.00 = 27.00"),
        (DAY_ASKED, 480, "72.00", "8 h × 9.00 = 72.00"),
        (LEAST, 60, "30.00", "max(1 h × 15.00; 30.00) = 30.00"),
        (LEAST, 120, "30.00", "2 h × 15.00 = 30.00"),
        ("at most 50 euros", 240, "50.00", "min(4 h × 15.00; 50.00) = 50.00"),
        ("to five cents", 60, "12.35", "1 h × 12.33 ≈ 12.35"),
        ("up to a euro", 60, "13.00", "1 h × 12.33 ≈ 13.00"),
        ("down to a euro", 60, "12.00", "1 h × 12.99 ≈ 12.00"),
        ("event", 300, "400.00", "400.00"),
        ("season", 60, "120.00", "120.00"),
        ("zero", 60, "0.00", "0.00"),
        ("unknown", 60, None, ""),
        ("unknown amount", 60, None, ""),
        # exactly at a limit is within it
        ("flat over 4 h", 239, "79.67", "239 min × 20.00 = 79.67"),
        ("flat over 4 h", 240, "80.00", "4 h × 20.00 = 80.00"),
        ("flat over 4 h", 241, "100.00", "100.00"),
        ("flat over 4 h", 900, "100.00", "100.00"),
        ("each stretch by itself", 120, "50.00", "50.00"),
        ("each stretch by itself", 180, "70.00", "50.00 + 1 h × 20.00 = 70.00"),
        ("each stretch by itself", 270, "100.00", "50.00 + 150 min × 20.00 = 100.00"),
        ("each stretch by itself", 330, "110.00", "50.00 + 150 min × 20.00 + 1 h × 10.00 = 110.00"),
        ("nothing over 4 h", 240, "80.00", "4 h × 20.00 = 80.00"),
        ("nothing over 4 h", 241, None, ""),
        ("tier with a minimum", 60, "40.00", "2 h × 20.00 = 40.00"),
    ],
)
def test_elapsed_time_becomes_money_by_its_unit(name, minutes, euros, formula):
    assert told(name, time=lasting(minutes)) == (euros, formula)


@pytest.mark.parametrize(
    ("name", "start", "minutes", "euros", "formula"),
    [
        ("day and evening", "14:00", 60, "15.00", "1 h (09:00–15:00) × 15.00 = 15.00"),
        ("day and evening", "15:00", 60, "20.00", "1 h (15:00–22:00) × 20.00 = 20.00"),
        ("day and evening", "14:00", 180, "55.00", "1 h (09:00–15:00) × 15.00 + 2 h (15:00–22:00) × 20.00 = 55.00"),
        ("day and evening", "21:00", 60, "20.00", "1 h (15:00–22:00) × 20.00 = 20.00"),
        ("day and evening", "21:00", 75, None, ""),  # until 22:15: in no band, so unknown and not free
        ("night dearer", "21:00", 75, "17.50", "1 h × 10.00 + 15 min (22:00–06:00) × 30.00 = 17.50"),
        ("night dearer", "23:00", 480, "220.00", "7 h (22:00–06:00) × 30.00 + 1 h × 10.00 = 220.00"),
        (
            "day and evening, started hours",
            "14:30",
            70,
            "37.50",
            "70 min → 30 min (09:00–15:00) × 15.00 + 90 min (15:00–22:00) × 20.00 = 37.50",
        ),
    ],
)
def test_a_price_by_the_time_of_day_is_cut_where_its_bands_end(name, start, minutes, euros, formula):
    assert told(name, time=lasting(minutes, f"2026-03-03T{start}")) == (euros, formula)


FRIDAY_3_PM = "2026-03-06T15:00"
TO_SUNDAY_NOON = 45 * 60


@pytest.mark.parametrize(
    ("name", "groups", "euros", "formula"),
    [
        (DAY_ASKED, {"time": {"whole_day": True}}, "27.00", "1 d × 3 h × 9.00 = 27.00"),
        (DAY_ASKED, {"time": lasting(480) | {"whole_day": True}}, "27.00", "1 d × 3 h × 9.00 = 27.00"),
        ("date", {"time": lasting(TO_SUNDAY_NOON, FRIDAY_3_PM)}, "240.00", "3 d × 80.00 = 240.00"),
        ("date", {"time": lasting(540, FRIDAY_3_PM)}, "80.00", "1 d × 80.00 = 80.00"),
        ("date", {"time": lasting(541, FRIDAY_3_PM)}, "160.00", "2 d × 80.00 = 160.00"),
        ("24 hours", {"time": lasting(TO_SUNDAY_NOON, FRIDAY_3_PM)}, "160.00", "2 d × 80.00 = 160.00"),
        ("24 hours", {"time": lasting(1440, FRIDAY_3_PM)}, "80.00", "1 d × 80.00 = 80.00"),
        ("weekly hour", {"time": {"weekly_minutes": 120}}, "350.00", "2 h × 175.00 = 350.00"),
        ("weekly hour", {"time": {"weekly_minutes": 90}}, "262.50", "1.5 h × 175.00 = 262.50"),
        ("weekend", {"time": {"package": "fri-sun"}}, "1100.00", "1100.00"),
        (
            "weekend",
            {"time": {"package": "fri-sun", "extra_hours": 2}},
            "1220.00",
            "1100.00 + 2 h × 60.00 = 1220.00",
        ),
        ("saturday", {"time": {"package": "sat", "extra_hours": 1}}, None, ""),
        ("saturday", {"time": {"package": "weekend"}}, None, ""),
        ("saturday", {"time": lasting(60)}, None, ""),
        ("person", {"audience": {"total": 20}}, "60.00", "20 × 3.00 = 60.00"),
        ("by heads", {"audience": {"total": 50}}, "100.00", "100.00"),
        ("by heads", {"audience": {"total": 51}}, "150.00", "150.00"),
        ("by heads", {"audience": {"total": 101}}, None, ""),
        ("second show for half", {"activity": {"shows": 1}}, "500.00", "1 × 500.00 = 500.00"),
        ("second show for half", {"activity": {"shows": 3}}, "1000.00", "1 × 500.00 + 2 × 250.00 = 1000.00"),
        ("show", {"activity": {"shows": 3}}, "270.00", "3 × 90.00 = 270.00"),
        ("night", {"audience": {"sleepers": 20}, "time": {"nights": 2}}, "160.00", "20 × 2 × 4.00 = 160.00"),
        (
            "night",
            {"audience": {"sleepers": 20}, "time": lasting(TO_SUNDAY_NOON, FRIDAY_3_PM)},
            "160.00",
            "20 × 2 × 4.00 = 160.00",
        ),
        ("share of tickets", {"activity": {"revenue_cents": 123451}}, "123.45", "10 % × 1234.51 = 123.45"),
        ("share of tickets", {"activity": {"revenue_cents": 50000}}, "50.00", "10 % × 500.00 = 50.00"),
        ("share of tickets", {"activity": {"revenue_cents": 49990}}, "50.00", "max(10 % × 499.90; 50.00) = 50.00"),
    ],
)
def test_what_goes_by_no_hours_is_counted_by_what_is_told(name, groups, euros, formula):
    assert told(name, **groups) == (euros, formula)


@pytest.mark.parametrize(
    ("name", "groups", "missing"),
    [
        ("hour", {}, ("time.minutes",)),
        ("flat over 4 h", {}, ("time.minutes",)),
        ("day and evening", {}, ("time.minutes", "time.start_minute")),
        ("person", {"time": lasting(60)}, ("audience.total",)),
        ("by heads", {"time": lasting(60)}, ("audience.total",)),
        ("weekly hour", {"time": lasting(60)}, ("time.weekly_minutes",)),
        ("night", {}, ("audience.sleepers", "time.nights")),
        ("share of tickets", {}, ("activity.revenue_cents",)),
    ],
)
def test_what_is_not_told_leaves_the_price_open_and_is_named(name, groups, missing):
    found = asked(rate(RATES[name]), **groups)
    assert (found.price_cents, found.normal_cents, found.total_cents) == (None, None, None)
    assert found.missing == missing


@pytest.mark.parametrize(
    ("start", "end", "euros"),
    [
        ("2026-03-28T22:00", "2026-03-29T06:00", "70.00"),  # clocks go forward: seven hours
        ("2026-10-24T22:00", "2026-10-25T06:00", "90.00"),  # and back: nine
        ("2026-10-23T22:00", "2026-10-24T06:00", "80.00"),
    ],
)
def test_a_night_when_clocks_change_costs_what_has_elapsed(start, end, euros):
    time = {"start": start, "end": end}
    assert told("ten an hour", time=time)[0] == euros
    assert told("date", time=time)[0] == "160.00"


def test_the_times_of_day_of_a_night_when_clocks_change_hold_all_that_has_elapsed():
    time = {"start": "2026-03-28T22:00", "end": "2026-03-29T06:00"}
    assert told("night dearer", time=time)[0] == "210.00"


def test_a_price_for_the_season_says_that_it_is_for_more_than_one_time():
    assert asked(rate(RATES["weekly hour"]), time={"weekly_minutes": 60}).whole_season
    assert not asked(rate(RATES["hour"]), time=lasting(60)).whole_season
