"""A price as people see it: line by line where it has several, with what comes beside it, and VAT."""

from sqlalchemy import select

from booking.judging import snapshot
from booking.models import Occurrence, Premises
from tests.booking.price_towns import asked as answer_of
from tests.booking.price_towns import lasting
from tests.booking.price_towns import town as rules
from tests.web.test_booking import asked as asked  # noqa: PLC0414 - the fixture
from tests.web.test_booking import hold, plain

MONEY = """
[[rates]]
id = "hall"
class = "1"
unit = "hour"
amount = "20.00"
[[rates]]
id = "normal"
class = "2"
normal = true
unit = "hour"
amount = "40.00"
[[adjustments]]
id = "half"
percent = "-50"
[[add_ons]]
id = "staff"
unit = "event"
amount = "35.00"
[[vat]]
id = "vat"
percent = "25.5"
"""


def kept(rolled_back, town, rows: str) -> str:
    """The page of a booking whose time was priced by these rows."""
    found = answer_of(rules(rows), applicant={"kind": "association"}, time=lasting(120))
    with rolled_back() as session:
        row = session.scalars(select(Occurrence).where(Occurrence.id == town.occurrence.id)).one()
        row.trace = snapshot(found)
        session.commit()
    return town.occurrence.booking.ref


def test_a_price_of_several_lines_is_shown_line_by_line(client_as, town, rolled_back):
    ref = kept(rolled_back, town, MONEY)
    page = plain(client_as(town.booker).get(f"/bookings/{ref}").text)
    assert "2 h × 20.00 = 40.00" in page
    assert "40.00 − 50 % = 20.00" in page
    assert "With what comes beside it €55.00" in page
    assert "VAT 25.5 %: €11.17 of €55.00" in page


def test_what_comes_beside_a_price_may_not_be_known(client_as, town, rolled_back):
    ref = kept(rolled_back, town, MONEY.replace('amount = "35.00"', 'amount = "unknown"'))
    page = plain(client_as(town.booker).get(f"/bookings/{ref}").text)
    assert "With what comes beside it not known" in page


def test_a_price_of_one_line_says_how_it_came_out_and_no_more(client_as, town, rolled_back):
    ref = kept(rolled_back, town, '[[rates]]\nid = "hall"\nunit = "hour"\namount = "20.00"')
    page = plain(client_as(town.booker).get(f"/bookings/{ref}").text)
    assert "2 h × 20.00 = 40.00" in page
    assert "How it adds up" not in page


def test_extras_with_a_price_are_offered_on_the_form_and_come_beside_the_price(client_as, town, asked, rolled_back):
    with rolled_back() as session:
        session.get(Premises, town.space.premises_id).rulebook = "artteli"
        session.commit()
    client = client_as(town.booker)
    form = client.get(f"/book?space={town.space.ref}&day=2026-11-25").text
    assert 'name="asking" value="activity.extras"' in form
    assert 'value="reception"' in form
    assert 'value="piano"' not in form
    chosen = asked | {
        "asking": ["activity.extras", "applicant.booker_age"],
        "fact-activity-extras": "reception",
        "fact-applicant-booker_age": "40",
    }
    page = plain(client.get(f"/bookings/{hold(client, chosen)}/confirm").text)
    assert "With what comes beside it" in page


def test_a_form_of_rules_without_extras_offers_none(client_as, town):
    form = client_as(town.booker).get(f"/book?space={town.space.ref}&day=2026-11-25").text
    assert "activity.extras" not in form
