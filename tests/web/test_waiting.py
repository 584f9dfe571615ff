"""The waiting list on pages: joining, an offer with its letter, yes and no; and what is left over."""

import pytest
from sqlalchemy import select

from booking.models import Booking, Letter
from booking.roles import Role
from booking.rounds.season_models import SlotOffer, WaitingEntry
from tests import make
from tests.web import samples_season
from web.life_jobs import Minder
from web.season_jobs import SeasonMinder


@pytest.fixture(autouse=True)
def in_season(town):
    """A round is decided and its slots are used."""
    for name in samples_season.SAMPLES:
        town.samples[name]


@pytest.fixture
def decided(town, rolled_back):
    with rolled_back() as session:
        return samples_season.a_decided_round(session, town)


@pytest.fixture
def minder(settings, rolled_back):
    return SeasonMinder(Minder(settings, rolled_back))


def wish(town, decided, **values):
    told = {"round": decided.ref, "organisation": town.organisation.ref, "title": "Vaeltajat", "people": "12"}
    times = {"weekdays": ["1", "3"], "start": "17:00", "end": "20:00", "minutes": "90"}
    return told | times | {"purpose": "weekly_meeting", "group": "children"} | values


class TestList:
    def test_a_booker_puts_the_group_on_the_list_and_takes_it_off(self, client_as, town, decided, session):
        page = client_as(Role.BOOKER)
        assert page.post("/waiting", data=wish(town, decided)).status_code == 302
        row = session.scalars(select(WaitingEntry).where(WaitingEntry.title == "Vaeltajat")).one()
        assert row.windows == [{"weekday": day, "start_min": 1020, "end_min": 1200} for day in (1, 3)]
        assert "Vaeltajat" in page.get("/waiting").text
        page.post(f"/waiting/{row.ref}/leave")
        assert "Vaeltajat" not in page.get("/waiting").text

    def test_nobody_puts_the_organisation_of_others_on_it(self, client_as, town, decided):
        answer = client_as(Role.BOOKER, stranger=True).post("/waiting", data=wish(town, decided))
        assert answer.status_code == 422

    def test_what_an_application_did_not_get_waits_with_one_click(self, client_as, town, session):
        page = client_as(Role.SECRETARY)
        page.post(f"/waiting/applications/{town.samples['sent_ref']}")
        found = session.scalars(select(WaitingEntry).where(WaitingEntry.section_id.is_not(None))).all()
        assert {one.organisation_id for one in found} == {town.organisation.id}
        assert len(found) >= 1

    def test_an_application_agrees_to_wait_before_the_round_is_decided(
        self, client_as, town, decided, session, minder, clock
    ):
        decided = session.get(type(decided), decided.id)
        decided.state = "allocating"
        session.commit()
        page, ref = client_as(Role.SECRETARY), town.samples["sent_ref"]
        assert "Let it wait by itself" in page.get("/waiting").text
        page.post(f"/waiting/applications/{ref}/consent", data={"yes": "1"})
        minder.found(clock.at)
        waits = select(WaitingEntry.title).where(WaitingEntry.section_id.is_not(None))
        assert session.scalars(waits).all() == []
        decided.state = "decided"
        session.commit()
        minder.found(clock.at)
        assert session.scalars(waits).all() == ["Vaeltajat"]

    def test_staff_sees_everybody_in_order_and_others_do_not(self, client_as, decided):
        assert "Jonottajat" in client_as(Role.MANAGER).get(f"/rounds/{decided.ref}/waiting").text
        assert client_as(Role.MANAGER, stranger=True).get(f"/rounds/{decided.ref}/waiting").status_code == 403


class TestOffers:
    def test_the_letter_tells_until_when_and_is_written_once(self, minder, town, session, clock):
        minder.slots(clock.at)
        minder.slots(clock.at)
        letters = session.scalars(select(Letter).where(Letter.body.contains("/offers/"))).all()
        assert len(letters) == session.query(SlotOffer).filter_by(state="open").count()
        assert town.samples["offer_ref"] in "".join(one.body for one in letters)

    def test_yes_books_the_times(self, client_as, town, session):
        ref = town.samples["offer_ref"]
        page = client_as(Role.BOOKER)
        assert "Yes, book them for us" in page.get(f"/offers/{ref}").text
        answer = page.post(f"/offers/{ref}/accept")
        assert answer.status_code == 302
        booked = session.scalars(select(Booking).where(Booking.title == "Perjantait")).one()
        assert answer.headers["Location"].endswith(f"/bookings/{booked.ref}")
        assert "Yes, book them for us" not in page.get(f"/offers/{ref}").text

    def test_no_asks_the_next_one(self, client_as, town, session):
        ref = town.samples["offer_ref"]
        assert client_as(Role.BOOKER).post(f"/offers/{ref}/decline").status_code == 302
        assert session.scalars(select(SlotOffer.state).where(SlotOffer.ref == ref)).one() == "declined"

    def test_too_late_is_too_late(self, client_as, town, clock):
        clock.at = make.at("2026-12-01", "12:00")
        page = client_as(Role.BOOKER)
        assert "lapsed" in page.get(f"/offers/{town.samples['offer_ref']}").text
        assert page.post(f"/offers/{town.samples['offer_ref']}/accept").status_code == 409

    def test_the_background_finds_what_became_free(self, minder, clock):
        minder.found(clock.at)
        minder.slots(clock.at)


class TestLeftOvers:
    def test_weekly_times_that_nobody_has_lead_to_the_booking_form(self, client_as, decided):
        page = client_as(None).get(f"/left-overs?round={decided.ref}&weekdays=1").text
        assert "16:00–18:00" in page
        assert "free in all" in page
        assert "repeat=weekly" in page
        assert decided.name_fi in page or "round" in page

    def test_weeks_that_are_taken_are_counted(self, client_as, decided):
        assert "free in 15 of 20 weeks" in client_as(None).get(f"/left-overs?round={decided.ref}&weekdays=1").text
        assert (
            "free in 15 of 20 weeks"
            not in client_as(None).get(f"/left-overs?round={decided.ref}&weekdays=1&whole=1").text
        )

    def test_they_come_as_files(self, client_as, decided):
        table = client_as(None).get(f"/left-overs.csv?round={decided.ref}&weekdays=1")
        assert table.text.count("\r\n") >= 3
        file = client_as(None).get(f"/left-overs.ics?round={decided.ref}&weekdays=1&whole=1")
        assert file.text.count("BEGIN:VEVENT") > 20

    def test_a_number_that_is_none_comes_back_to_the_form(self, client_as):
        assert client_as(None).get("/left-overs?people=many").status_code == 422
