"""Limits of the rules on the pages: number, row and last day; more facts asked; exceeded only with a reason."""

import pytest
from sqlalchemy import select

from booking.limits.models import LimitOverride
from booking.models import Booking, Letter
from booking.roles import Role
from tests.booking.own_rules import Raw, limit, row, rules
from tests.web.test_booking import asked, hold, plain, states  # noqa: F401 - `asked` is a fixture
from tests.web.town import NOW
from web.life_jobs import Minder


@pytest.fixture
def under(rolled_back, town):
    """Put the town's hall under these rows."""

    def put(*rows):
        with rolled_back.begin() as session:
            rules(session, session.merge(town.premises), *rows)

    return put


TWO_WEEKS = limit("two-weeks", "lead_min", value=14, unit="days")


@pytest.mark.parametrize(
    ("language", "said", "day"),
    [
        ("en", "This must be booked at least 14 days ahead, and it is now 1 day ahead.", "11 Nov 2026"),
        ("fi", "Tämä on varattava vähintään 14 päivää etukäteen, ja nyt sinne on 1 päivä.", "11.11.2026"),
        ("sv", "Detta ska bokas minst 14 dagar i förväg, och nu är det 1 dag dit.", "11.11.2026"),
    ],
)
def test_a_refusal_tells_the_number_the_row_and_the_last_day(client_as, town, asked, under, language, said, day):  # noqa: F811
    under(TWO_WEEKS)
    answer = client_as(town.booker, language=language).post("/book", data=asked)
    page = plain(answer.text)
    assert answer.status_code == 409
    assert said in page
    assert day in page
    assert "two-weeks" in page
    assert "Keksitty 4 §" in page
    assert "Vuokko Vastaava" in page  # whom to phone
    assert "exceeding" not in answer.text


def test_a_series_shows_which_dates_are_over_the_quota_and_why(client_as, town, asked, under):  # noqa: F811
    under(limit("one-a-month", "quota", value=1, count="bookings", per="organisation", window="month"))
    series = asked | {"day": "2026-12-02", "repeat": "weekly", "last_on": "2026-12-09"}
    page = plain(client_as(town.booker).get(f"/bookings/{hold(client_as(town.booker), series)}/confirm").text)
    assert "A limit of the rules stands against it" in page
    assert "The quota is 1 time; with this it would be 2 times." in page


def test_who_runs_the_premises_exceeds_a_limit_with_a_reason_that_stands_on_the_booking(
    client_as,
    town,
    asked,  # noqa: F811
    under,
    rolled_back,
):
    under(TWO_WEEKS)
    manager = client_as(Role.MANAGER)
    asked |= {"holder": town.booker.ref}
    page = manager.post("/book", data=asked)
    assert "Book all the same" in page.text
    ref = hold(manager, asked | {"exceeding": "Vesivahinko naapurissa"})
    manager.post(f"/bookings/{ref}/confirm")
    assert states(rolled_back, ref) == ["confirmed"]
    shown = plain(client_as(town.booker).get(f"/bookings/{ref}").text)
    assert "A limit of the rules was exceeded" in shown
    assert "Keksi Manager: Vesivahinko naapurissa" in shown


def test_nobody_else_exceeds_a_limit(client_as, town, asked, under, rolled_back):  # noqa: F811
    under(TWO_WEEKS)
    sent = asked | {"exceeding": "haluan"}
    assert client_as(town.booker).post("/book", data=sent).status_code == 403
    with rolled_back() as session:
        assert session.scalar(select(LimitOverride.id)) is None


COWS = """
[facts]
"activity.cows" = { type = "number", name = { fi = "Montako lehmää?", sv = "Hur många kor?", en = "How many cows?" } }
"""


def test_a_fact_of_the_rulebook_itself_is_asked_once(client_as, town, asked, under, rolled_back):  # noqa: F811
    shut = row("exclusions", "no-herds", result="refused", when=Raw('{ fact = "activity.cows", is = ">", value = 3 }'))
    under(COWS + shut)
    client = client_as(town.booker)
    form = client.post("/book", data=asked)
    assert form.status_code == 200
    assert "How many cows?" in form.text
    assert 'name="asking" value="activity.cows"' in form.text
    herd = client.post("/book", data=asked | {"asking": "activity.cows", "fact-activity-cows": "4"})
    assert herd.status_code == 409
    wrong = client.post("/book", data=asked | {"asking": "activity.cows", "fact-activity-cows": "many"})
    assert wrong.status_code == 422
    assert "How many cows?: " in plain(wrong.text)
    ref = hold(client, asked | {"asking": "activity.cows", "fact-activity-cows": "3"})
    client.post(f"/bookings/{ref}/confirm")
    with rolled_back() as session:
        booking = session.scalar(select(Booking).where(Booking.ref == ref))
        assert booking.audience["activity.cows"] == 3
    assert hold(client, asked | {"day": "2026-11-26", "asking": "activity.cows"})  # left empty: a person decides


def test_a_judgement_is_never_asked_of_who_applies(client_as, town, asked, under):  # noqa: F811
    judged = row(
        "exclusions",
        "supports",
        result="refused",
        when=Raw('{ fact = "activity.supports_municipality", is = "==", value = false }'),
    )
    under(judged)
    page = client_as(town.booker).get(f"/bookings/{hold(client_as(town.booker), asked)}/confirm")
    assert "Send for decision" in page.text


def test_the_age_of_who_books_is_asked_where_a_limit_needs_it(client_as, town, asked, under):  # noqa: F811
    under(limit("eighteen", "booker_age", value=18, unit="years"))
    client = client_as(town.booker)
    assert "Age of who books" in client.post("/book", data=asked).text
    young = client.post("/book", data=asked | {"asking": "applicant.booker_age", "fact-applicant-booker_age": "17"})
    assert young.status_code == 409
    assert "told was 17 years" in plain(young.text)


def test_nobody_tells_what_the_register_knows(client_as, town, asked, under):  # noqa: F811
    under(limit("proof", "verified"))
    sent = asked | {"asking": "applicant.verified", "fact-applicant-verified": "yes"}
    assert client_as(town.booker).post("/book", data=sent).status_code == 409


def test_a_limit_stands_in_the_way_of_moving_and_adding_again(client_as, town, asked, under):  # noqa: F811
    client = client_as(town.booker)
    ref = hold(client, asked | {"day": "2026-12-23"})
    client.post(f"/bookings/{ref}/confirm")
    under(TWO_WEEKS)
    where = {"key": "2026-12-23", "scope": "one", "day": "2026-11-26", "start": "17:00", "end": "18:30"}
    where |= {"space": town.space.ref}
    look = client.get(f"/bookings/{ref}/move", query_string=where)
    assert "This must be booked at least 14 days ahead" in plain(look.text)
    assert client.post(f"/bookings/{ref}/move", data=where).status_code == 409
    assert client.post(f"/bookings/{ref}/move", data=where | {"exceeding": "x"}).status_code == 403
    moved = client_as(Role.MANAGER).post(f"/bookings/{ref}/move", data=where | {"exceeding": "Sovittu"})
    assert moved.status_code == 302


def test_whose_way_in_changes_after_booking_gets_one_letter_ahead(
    client_as,
    town,
    asked,  # noqa: F811
    under,
    rolled_back,
    settings,
):
    """D12: users are told ahead."""
    client = client_as(town.booker)
    ref = hold(client, asked | {"day": "2026-12-09"})
    client.post(f"/bookings/{ref}/confirm")
    under(row("access", "staff", mode="supervisor_opens"))
    minder = Minder(settings, rolled_back)
    for _ in range(2):
        minder.ways_in(NOW)
    with rolled_back() as session:
        found = [one for one in session.scalars(select(Letter)) if one.subject.startswith("Kulku muuttuu")]
    assert [one.address for one in found] == [town.booker.email]
    assert "Valvoja avaa oven: kun vuorosi alkaa." in found[0].body
    assert f"/bookings/{ref}" in found[0].body


class TestApi:
    def wish(self, town, **values):
        return {
            "space": town.space.ref,
            "organisation": town.organisation.ref,
            "title": "Laumailta",
            "purpose": "weekly_meeting",
            "people": 20,
            "day": "2026-11-25",
            "start": "17:00",
            "end": "18:30",
        } | values

    def test_a_quote_tells_the_limit_and_making_is_refused_with_it(self, client_as, town, under):
        under(TWO_WEEKS)
        client = client_as(town.booker)
        [date] = client.post("/api/v1/quotes", json=self.wish(town)).json["dates"]
        assert [one["problem"] for one in date["obstacles"]] == ["rule_limit"]
        [verdict] = date["outcome"]["limits"]
        assert (verdict["status"], verdict["told"], verdict["deadline"]) == ("broken", 1, "2026-11-11")
        no = client.post("/api/v1/bookings", json=self.wish(town))
        assert (no.status_code, no.json["code"]) == (409, "rule_limits")
        assert no.json["facts"]["row"] == "two-weeks"

    def test_facts_are_told_by_name_and_others_are_refused(self, client_as, town, under):
        under(limit("eighteen", "booker_age", value=18, unit="years"))
        client = client_as(town.booker)
        young = self.wish(town, facts={"applicant.booker_age": 17})
        assert client.post("/api/v1/bookings", json=young).status_code == 409
        for wrong in ({"applicant.verified": True}, {"applicant.booker_age": "old"}, {"no.such": 1}):
            assert client.post("/api/v1/bookings", json=self.wish(town, facts=wrong)).status_code == 422
        grown = self.wish(town, facts={"applicant.booker_age": 18})
        assert client.post("/api/v1/bookings", json=grown).status_code == 201

    def test_a_booked_time_tells_how_its_door_opens(self, client_as, town, under):
        under(row("access", "codes", mode="pin", before_minutes=10, needs=["commitment:key"]))
        made = client_as(town.booker).post("/api/v1/bookings", json=self.wish(town)).json
        [time] = made["times"]
        assert time["door"] == {
            "mode": "pin",
            "opens_at": "2026-11-25T14:50:00+00:00",
            "closes_at": "2026-11-25T16:30:00+00:00",
            "leave_by": None,
            "because": ["commitment:key"],
        }

    def test_exceeding_is_for_who_runs_the_premises(self, client_as, town, under):
        under(TWO_WEEKS)
        wish = self.wish(town, exceeding="Sovittu", holder=town.booker.ref)
        assert client_as(town.booker).post("/api/v1/bookings", json=wish).status_code == 403
        assert client_as(Role.MANAGER).post("/api/v1/bookings", json=wish).status_code == 201


class TestDoors:
    def test_the_page_says_how_one_gets_in_and_why_the_door_does_not_open_yet(
        self,
        client_as,
        town,
        under,
    ):
        under(
            row(
                "access",
                "codes",
                mode="pin",
                before_minutes=10,
                leave_by_minutes=15,
                needs=["commitment:key"],
                duty_contact="Päivystys 050 123",
            )
        )
        page = plain(client_as(town.booker).get(f"/bookings/{town.samples['booking_ref']}").text)
        assert "The door does not open yet: sign the commitment: " in page
        assert "A card or door code opens the door from 10 minutes before your time." in page
        assert "Be out by 19:45." in page
        assert "If the door does not open: Päivystys 050 123" in page
        address = f"/organisations/{town.organisation.ref}/commitments"
        page_of_secretary = client_as(Role.SECRETARY).get(f"/bookings/{town.samples['booking_ref']}").text
        assert address in page_of_secretary
        board = plain(client_as(Role.CARETAKER).get("/tonight").text)
        assert "The door does not open yet: sign the commitment: " in board

    @pytest.mark.parametrize(
        ("mode", "said"),
        [
            ("supervisor_opens", "The supervisor opens the door 10 minutes before your time."),
            ("contact_hands_over", "Vuokko Vastaava hands over the keys."),
            ("own_key", "You open the door with your own key, and where it has a reader"),
            ("open", "The door is open."),
        ],
    )
    def test_each_way_in_has_its_words(self, client_as, town, under, mode, said):
        under(row("access", "way", mode=mode, before_minutes=10))
        assert said in plain(client_as(town.booker).get(f"/bookings/{town.samples['booking_ref']}").text)

    def test_a_change_in_mid_series_is_told_ahead(self, client_as, town, asked, under):  # noqa: F811
        client = client_as(town.booker)
        ref = hold(client, asked | {"day": "2026-12-30", "repeat": "weekly", "last_on": "2027-01-13"})
        client.post(f"/bookings/{ref}/confirm")
        old = row("access", "keys", mode="own_key", last_on=Raw("2026-12-31"))
        under(old + row("access", "codes", mode="pin", first_on=Raw("2027-01-01")))
        page = plain(client.get(f"/bookings/{ref}").text)
        assert page.index("own key") < page.index("January 2027:") < page.index("A card or door code")
        """D12: the page of the series says from when."""
