"""What comes beside a price: staff, heating, what was chosen; and the VAT of each."""

from booking.core.rulebook import Outcome, OutcomeKind
from tests.booking.price_towns import asked, lasting, town

CLUB = {"kind": "association"}


ADD_ONS = """
[[rates]]
id = "free"
class = "free"
unit = "zero"
[[rates]]
id = "hall"
class = "1"
unit = "hour"
amount = "20.00"
[[rates]]
id = "hall-normal"
class = "2"
normal = true
unit = "hour"
amount = "40.00"

[[add_ons]]
id = "staff"
unit = "hour"
minimum_hours = 4
amount = "35.00"
who = "paying"

[[add_ons]]
id = "heating"
unit = "hour"
amount = "5.00"
when = { season = "heating" }

[[add_ons]]
id = "technician"
chosen = "technician"
unit = "started_hour"
amount = "50.00"

[[add_ons]]
id = "guard"
chosen = "guard"
actual_cost = true

[[vat]]
id = "technician-taxed"
add_ons = ["technician"]
percent = "25.5"
prices = "excluding"
[[vat]]
id = "exempt"
exempt = true

[seasons]
heating = [{ first = "10-01", last = "04-30" }]
"""
CHILDREN = {"audience": {"group": "children"}}


def with_add_ons(day: str = "2026-06-02", extras: tuple[str, ...] = (), **groups: dict) -> Outcome:
    activity = {"activity": {"extras": list(extras)}} if extras else {}
    return asked(town(ADD_ONS), time=lasting(120, f"{day}T10:00"), **activity, **groups)


def test_add_ons_are_lines_of_their_own_and_no_part_of_price_or_support():
    found = with_add_ons(extras=("technician",), applicant=CLUB)
    assert (found.price_cents, found.normal_cents, found.subsidy_cents) == (4000, 8000, 4000)
    assert [(line.kind.value, line.row, line.cents, line.working) for line in found.lines] == [
        ("use", "hall", 4000, "2 h × 20.00 = 40.00"),
        ("add_on", "staff", 14000, "120 min → 4 h (min. 4 h) × 35.00 = 140.00"),
        ("add_on", "technician", 10000, "2 h × 50.00 = 100.00"),
    ]
    assert (found.add_on_cents, found.total_cents) == (24000, 28000)
    # the use and the staff are exempt, the technician bears VAT on top
    assert (found.net_cents, found.vat_cents, found.gross_cents) == (28000, 2550, 30550)
    assert found.vat_exempt


def test_free_users_pay_the_add_ons_that_everybody_pays():
    winter, summer = with_add_ons("2026-04-30", **CHILDREN), with_add_ons("2026-05-01", **CHILDREN)
    assert (winter.price_cents, winter.add_on_cents, winter.total_cents) == (0, 1000, 1000)
    assert (summer.price_cents, summer.add_on_cents, summer.total_cents) == (0, 0, 0)
    assert winter.subsidy_cents == 8000


def test_an_add_on_at_actual_cost_leaves_the_total_unknown_until_it_is_known():
    found = with_add_ons(extras=("guard",), applicant=CLUB)
    assert (found.kind, found.price_cents) == (OutcomeKind.GRANTED, 4000)
    assert (found.add_on_cents, found.total_cents, found.gross_cents, found.invoice) == (None, None, None, None)


def test_a_tariff_tells_that_it_asks_what_was_chosen():
    assert town(ADD_ONS).tariff.names >= {"activity.extras", "time.minutes", "time.use_on"}


def test_what_may_be_chosen_and_is_not_is_offered():
    assert with_add_ons(applicant=CLUB).offers == ("technician", "guard")
    assert with_add_ons(extras=("technician",), applicant=CLUB).offers == ("guard",)
    later = ADD_ONS.replace('chosen = "guard"', 'chosen = "guard"\nfirst_on = 2027-01-01')
    assert asked(town(later), applicant=CLUB, time=lasting(60)).offers == ("technician",)
