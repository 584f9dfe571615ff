"""Prices as towns write them: Tampere, Tuusula, Laaksolahti and what other towns are known to do."""

import pytest

from booking.core.rulebook import Outcome, OutcomeKind
from tests.booking.price_towns import asked, lasting, town


def told(*args: object, **named: object) -> tuple[tuple, dict]:
    """A request for one of the towns below."""
    return args, named


# --- Tampere from 1.4.2025: class × kind of hall × age group × phase ---

TAMPERE = """
[words.space_kind]
large_gym = { fi = "iso sali", sv = "stor sal" }
sammon = { fi = "Sammon sali", sv = "Sammon sal" }
other_school = { fi = "muu koulu", sv = "annan skola" }

[facts."activity.juniors"]
type = "yes_no"
name = { fi = "Junioreita (20 tai alle)", sv = "Juniorer (20 eller yngre)" }

[[price_classes]]
id = "1"
name = { fi = "Ryhmä 1", sv = "Grupp 1" }
[[price_classes]]
id = "2"
name = { fi = "Ryhmä 2", sv = "Grupp 2" }
[[price_classes]]
id = "free"
rank = 1
name = { fi = "Maksuton", sv = "Avgiftsfri" }

[[price]]
id = "own-use-to-16"
class = "free"
when = { all = [
  { fact = "applicant.relation", is = "==", value = "education_unit", not_told = "no" },
  { fact = "time.weekday", is = "<=", value = 4 },
  { fact = "time.end_minute", is = "<=", value = 960 } ] }
[[price]]
id = "registered-and-social"
class = "1"
when = { any = [
  { fact = "applicant.kind", is = "==", value = "association", not_told = "no" },
  { fact = "applicant.relation", is = "==", value = "education_unit", not_told = "no" },
  { fact = "applicant.certificates", is = "has", value = "social_enterprise", not_told = "no" } ] }
[[price]]
id = "everyone-else"
class = "2"

[[rates]]
id = "own-use"
class = "free"
unit = "zero"

[[rates]]
id = "gyms"
normal = "2"
unit = "hour"
[rates.matrix]
by = ["space.kind", "space.fraction", "activity.juniors", "activity.phase", "price.class"]
rows = [
  ["large_gym", "*", true, "*", "1", "22.30"],
  ["large_gym", "*", true, "*", "2", "38.85"],
  ["large_gym", "*", false, ["training", "setup", "takedown"], "1", "26.75"],
  ["large_gym", "*", false, ["training", "setup", "takedown"], "2", "46.65"],
  ["large_gym", "*", false, ["match", "tournament", "competition"], "1", "32.95"],
  ["large_gym", "*", false, ["match", "tournament", "competition"], "2", "64.65"],
  ["sammon", "1/3", false, "training", "1", "17.10"],
  ["sammon", "1/3", false, "training", "2", "32.00"],
  ["sammon", "1", false, ["match", "tournament"], "1", "62.20"],
  ["sammon", "1", false, ["match", "tournament"], "2", "unknown"],
  ["other_school", "*", true, "*", "1", "10.35"],
  ["other_school", "*", true, "*", "2", "20.75"],
  ["other_school", "*", false, ["training", "setup", "takedown"], "1", "12.45"],
  ["other_school", "*", false, ["training", "setup", "takedown"], "2", "24.85"],
  ["other_school", "*", false, ["competition", "camp", "overrun"], "1", "15.55"],
  ["other_school", "*", false, ["competition", "camp", "overrun"], "2", "31.10"],
]

[[adjustments]]
id = "hours-over-the-booking-double"
when = { fact = "activity.phase", is = "==", value = "overrun", not_told = "no" }
times = "2"
"""
CLUB = {"kind": "association"}


def tampere(kind: str, minutes: int, *, juniors: bool = False, applicant: dict = CLUB, **activity: object) -> Outcome:
    space = {"kind": kind, "fraction": activity.pop("fraction", "1")}
    time = lasting(minutes, "2026-03-02T17:00") | activity.pop("time", {})
    return asked(
        town(TAMPERE, classes=""),
        applicant=applicant,
        space=space,
        activity={"juniors": juniors, "phase": "training"} | activity,
        time=time,
    )


@pytest.mark.parametrize(
    ("case", "request_", "cents", "normal"),
    [
        ("A67", told("large_gym", 120, juniors=True), 4460, 7770),
        ("A68", told("large_gym", 120, juniors=True, applicant={"kind": "company"}), 7770, 7770),
        ("A69", told("large_gym", 120, phase="match"), 6590, 12930),
        ("A70", told("large_gym", 120, juniors=True, phase="match"), 4460, 7770),
        ("A71", told("other_school", 60), 1245, 2485),
        (
            "A72",
            told("other_school", 60, applicant={"kind": "company", "certificates": ["social_enterprise"]}),
            1245,
            2485,
        ),
        ("A73 as juniors", told("other_school", 60, juniors=True), 1035, 2075),
        ("A74", told("sammon", 120, fraction="1/3"), 3420, 6400),
        ("A75", told("sammon", 60, phase="tournament"), 6220, None),
        (
            "A78",
            told("other_school", 60, applicant={"kind": "municipal_unit", "relation": "education_unit"}),
            1245,
            2485,
        ),
    ],
)
def test_tampere_prices_by_class_hall_age_and_phase(case, request_, cents, normal):
    answer = tampere(*request_[0], **request_[1])
    assert (answer.price_cents, answer.normal_cents) == (cents, normal), case


def test_a76_set_up_at_the_training_price_and_the_overrun_double():
    parts = [
        {"phase": "competition", "minutes": 180},
        {"phase": "setup", "minutes": 60},
        {"phase": "overrun", "minutes": 60},
    ]
    found = tampere("other_school", 300, phase="competition", time={"parts": parts})
    assert found.price_cents == 9020
    assert found.formula == "3 h × 15.55 + 1 h × 12.45 + 2 × 1 h × 15.55 = 90.20"
    assert [(line.kind.value, line.cents, line.working) for line in found.lines] == [
        ("use", 4665, "3 h × 15.55 = 46.65"),
        ("use", 1245, "1 h × 12.45 = 12.45"),
        ("use", 1555, "1 h × 15.55 = 15.55"),
        ("adjustment", 1555, "2 × 15.55 = 31.10"),
    ]


def test_what_the_parts_leave_over_is_priced_as_the_whole_is():
    found = tampere("other_school", 240, phase="competition", time={"parts": [{"phase": "setup", "minutes": 60}]})
    assert found.formula == "1 h × 12.45 + 3 h × 15.55 = 59.10"


def test_a77_the_schools_own_lessons_are_free_to_16_and_supported_by_the_normal_price():
    school = {"kind": "municipal_unit", "relation": "education_unit"}
    found = tampere("other_school", 60, applicant=school, time=lasting(60, "2026-03-02T15:00"))
    assert (found.price_class, found.price_cents, found.subsidy_cents) == ("free", 0, 2485)


def test_a_phase_nobody_told_leaves_the_price_open_where_the_matrix_asks_it():
    found = asked(
        town(TAMPERE, classes=""),
        applicant=CLUB,
        space={"kind": "large_gym"},
        activity={"juniors": False},
        time=lasting(60, "2026-03-02T17:00"),
    )
    assert (found.kind, found.price_cents, found.missing) == (OutcomeKind.UNDETERMINED, None, ("activity.phase",))
    juniors = asked(
        town(TAMPERE, classes=""),
        applicant=CLUB,
        space={"kind": "large_gym"},
        activity={"juniors": True},
        time=lasting(60, "2026-03-02T17:00"),
    )
    assert juniors.price_cents == 2230  # juniors pay the same in every phase: nothing is asked


# --- Tuusula from 1.8.2023: classes of area, day price, weekend discount ---

TUUSULA = """
[[rates]]
id = "free"
class = "free"
unit = "zero"

[[rates]]
id = "rooms"
normal = "2"
unit = "hour"
day_hours = 3
[rates.matrix]
by = ["space.kind", "space.area_m2", "price.class"]
rows = [
  ["gym", "0-299", "1", "9.00"],
  ["gym", "0-299", "2", "18.00"],
  ["gym", "300-599", "1", "12.00"],
  ["gym", "300-599", "2", "24.00"],
  ["gym", "600-", "1", "15.00"],
  ["gym", "600-", "2", "30.00"],
  ["classroom", "*", "1", "9.00"],
  ["classroom", "*", "2", "18.00"],
  ["dining_hall", "*", "1", "12.00"],
  ["dining_hall", "*", "2", "24.00"],
]

[[adjustments]]
id = "adults-at-weekends"
class = "1"
scope.space_kind = ["gym"]
when = { all = [
  { fact = "applicant.kind", is = "==", value = "association" },
  { fact = "time.day_kind", is = "in", value = ["saturday", "sunday"] } ] }
percent = "-50"
"""
WEDNESDAY, SATURDAY, MORNING = "2026-03-04T18:00", "2026-03-07T18:00", "2026-03-07T09:00"


def tuusula(kind: str, minutes: int, day: str, *, area: int = 350, applicant: str = "association", **time: object):
    return asked(
        town(TUUSULA),
        applicant={"kind": applicant},
        space={"kind": kind, "area_m2": area},
        time=lasting(minutes, day) | time,
    )


@pytest.mark.parametrize(
    ("case", "request_", "cents", "formula"),
    [
        ("A50", told("gym", 120, WEDNESDAY), 2400, "2 h × 12.00 = 24.00"),
        ("A51", told("gym", 120, SATURDAY), 1200, "2 h × 12.00 − 50 % = 12.00"),
        ("A53", told("gym", 60, WEDNESDAY, area=250, applicant="company"), 1800, "1 h × 18.00 = 18.00"),
        ("A56", told("dining_hall", 60, MORNING, applicant="person", whole_day=True), 7200, "1 d × 3 h × 24.00 = 72.00"),  # noqa: E501
        ("A57 asked", told("classroom", 480, MORNING, whole_day=True), 2700, "1 d × 3 h × 9.00 = 27.00"),
        ("A57 by the hour", told("classroom", 480, MORNING), 7200, "8 h × 9.00 = 72.00"),
        ("299 m²", told("gym", 60, WEDNESDAY, area=299), 900, "1 h × 9.00 = 9.00"),
        ("300 m²", told("gym", 60, WEDNESDAY, area=300), 1200, "1 h × 12.00 = 12.00"),
        ("600 m²", told("gym", 60, WEDNESDAY, area=600), 1500, "1 h × 15.00 = 15.00"),
    ],
)  # fmt: skip
def test_tuusula_prices_by_area_and_halves_the_weekend(case, request_, cents, formula):
    answer = tuusula(*request_[0], **request_[1])
    assert (answer.price_cents, answer.formula) == (cents, formula), case
    assert answer.normal_cents == answer.price_cents + answer.subsidy_cents


def test_a_weekend_discount_is_support_and_leaves_the_normal_price():
    found = tuusula("gym", 120, SATURDAY)
    assert (found.normal_cents, found.subsidy_cents, found.normal_formula) == (4800, 3600, "2 h × 24.00 = 48.00")
    assert [(line.row, line.cents, line.working) for line in found.lines] == [
        ("rooms", 2400, "2 h × 12.00 = 24.00"),
        ("adults-at-weekends", -1200, "24.00 − 50 % = 12.00"),
    ]
    assert [row.row for row in found.reasons[-2:]] == ["rooms", "adults-at-weekends"]


# --- Laaksolahti: times of day, packages, half-year slots, minimum invoice, VAT ---

LAAKSOLAHTI = """
[[rates]]
id = "half-year"
scope.booking_type = ["regular"]
normal = true
unit = "week_hour"
matrix = { by = ["space.kind"], rows = [["club_room", "120.00"], ["hall", "175.00"]] }

[[rates]]
id = "package-fri-sun"
normal = true
unit = "package"
package = "fri-sun"
amount = "1100.00"
extra_hour = "60.00"

[[rates]]
id = "by-the-hour"
normal = true
unit = "hour"
bands = [
  { from = "09:00", to = "15:00", amounts = { club_room = "15.00", hall = "25.00" } },
  { from = "15:00", to = "24:00", amounts = { club_room = "20.00", hall = "30.00" } },
]

[[vat]]
id = "vat-24"
percent = "24"
last_on = 2024-08-31
[[vat]]
id = "vat-25-5"
percent = "25.5"
first_on = 2024-09-01

[invoicing]
id = "minimum-invoice"
minimum_cents = 3000
below_minimum = "raise"
"""


def laaksolahti(kind: str, **time: object) -> Outcome:
    return asked(town(LAAKSOLAHTI), space={"kind": kind}, time={"booking_type": "single"} | time)


def test_a42_two_weekly_hours_for_half_a_year():
    found = laaksolahti("hall", booking_type="regular", weekly_minutes=120)
    assert (found.price_cents, found.formula) == (35000, "2 h × 175.00 = 350.00")


def test_a43_a_single_hour_is_invoiced_at_the_minimum():
    found = laaksolahti("club_room", **lasting(60, "2024-03-04T12:00"))
    assert (found.price_cents, found.invoice.now_cents, found.invoice.raised_cents) == (1500, 3000, 1500)


def test_a44_a_wedding_weekend_and_two_hours_more():
    found = laaksolahti("hall", package="fri-sun", extra_hours=2)
    assert (found.price_cents, found.formula) == (122000, "1100.00 + 2 h × 60.00 = 1220.00")


@pytest.mark.parametrize(
    ("day", "percent", "net", "vat"), [("2024-08-31", "24", 1210, 290), ("2024-09-01", "25.5", 1195, 305)]
)
def test_the_vat_within_a_price_goes_by_the_day_of_use(day, percent, net, vat):
    found = laaksolahti("club_room", **lasting(60, f"{day}T12:00"))
    assert (str(found.vat_percent), found.net_cents, found.vat_cents, found.gross_cents) == (percent, net, vat, 1500)
    assert found.reasons[-1].table == "vat"


SINGLES = """
[[rates]]
id = "rooms"
unit = "started_hour"
normal = "2"
[rates.matrix]
by = ["time.booking_type", "price.class"]
rows = [["single", "*", "20.00"], ["*", "1", "3.00"], ["*", "*", "20.00"]]
"""


def test_single_times_are_never_discounted():
    def price(booking_type: str) -> tuple[int | None, int | None]:
        found = asked(town(SINGLES), applicant=CLUB, time=lasting(120) | {"booking_type": booking_type})
        return found.price_cents, found.subsidy_cents

    assert price("single") == (4000, 0)
    assert price("regular") == (600, 3400)


def test_a_town_without_price_classes_prices_everybody_by_its_rates_alone():
    rows = '[[rates]]\nid = "all"\nnormal = true\nunit = "hour"\namount = "5.00"'
    found = asked(town(rows, classes=""), time=lasting(120))
    assert (found.kind, found.price_class, found.price_cents) == (OutcomeKind.GRANTED, None, 1000)


def test_a_tariff_tells_which_facts_it_asks():
    assert town(TUUSULA).tariff.names >= {"space.kind", "space.area_m2", "time.day_kind", "time.whole_day"}
