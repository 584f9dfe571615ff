"""Pages of a granted slot: its groups' sessions, and that others neither get in nor see it (acceptance S11)."""

import re
from datetime import date

import pytest
from sqlalchemy import select

from booking.models import Letter
from booking.roles import Role
from booking.rounds.models import Round
from booking.rounds.season_models import GrantException, GrantYear, GroupSession
from tests import make
from tests.booking.rounds.make_rounds import a_round
from tests.booking.rounds.make_season import a_coach, a_group
from tests.web import samples_season

PAGES = ("", "/sessions", "/hand-back", "/exceptions", "/swap")


@pytest.fixture(autouse=True)
def in_season(town):
    """A round is decided and its slots are used."""
    for name in samples_season.SAMPLES:
        town.samples[name]


@pytest.fixture
def grant(town, rolled_back):
    with rolled_back() as session:
        return samples_season.granted(session, town)


@pytest.fixture
def url(grant):
    return f"/grants/{grant.ref}"


def fields(group, coach, **values):
    days = {"first_on": "2027-01-11", "last_on": "2027-05-30", "start": "18:00", "end": "19:00"}
    return days | {"group": group.ref, "coach": coach.ref} | values


def set_now(session):
    return list(session.scalars(select(GroupSession).order_by(GroupSession.id)))


class TestOthers:
    @pytest.mark.parametrize("page", PAGES)
    @pytest.mark.parametrize("role", [Role.SECRETARY, Role.BOOKER])
    def test_a_team_of_another_association_is_kept_out_and_sees_nothing(self, client_as, url, grant, page, role):
        answer = client_as(role, stranger=True).get(url + page)
        assert answer.status_code == 403
        assert grant.section.name not in answer.text
        assert "Kuusikon Kiipijät" not in answer.text

    def test_it_cannot_set_a_session_even_if_it_guesses_the_address(self, client_as, url, session):
        theirs = a_group(session, make.organisation(session))
        coach = a_coach(session, theirs)
        before = len(set_now(session))
        session.commit()
        answer = client_as(Role.SECRETARY, stranger=True).post(url + "/sessions", data=fields(theirs, coach))
        assert (answer.status_code, len(set_now(session))) == (403, before)

    def test_its_group_does_not_get_into_the_slot_through_one_of_ours_either(self, client_as, url, session):
        theirs = a_group(session, make.organisation(session))
        coach = a_coach(session, theirs)
        before = len(set_now(session))
        session.commit()
        answer = client_as(Role.SECRETARY).post(url + "/sessions", data=fields(theirs, coach))
        assert (answer.status_code, len(set_now(session))) == (403, before)

    def test_the_slots_of_others_are_not_on_the_waiting_page(self, client_as, grant):
        answer = client_as(Role.SECRETARY, stranger=True).get("/waiting")
        assert answer.status_code == 200
        assert grant.section.name not in answer.text


class TestSessions:
    @pytest.fixture
    def group(self, session, town):
        row = a_group(session, town.organisation, "Karhut")
        session.commit()
        return row

    @pytest.fixture
    def coach(self, session, group):
        row = a_coach(session, group, Role.BOOKER)
        session.commit()
        return row

    def test_the_secretary_sets_a_weekly_session_and_cancels_one(self, client_as, url, session, group, coach):
        before = {one.ref for one in set_now(session)}
        page = client_as(Role.SECRETARY)
        asked = fields(group, coach, start="20:00", end="21:00")
        assert page.post(url + "/sessions", data=asked).status_code == 302
        made = [one for one in set_now(session) if one.ref not in before]
        assert len(made) == 5
        assert "Karhut" in page.get(url).text
        page.post(f"{url}/sessions/{made[0].ref}/cancel")
        page.post(f"{url}/sessions/{made[2].ref}/cancel", data={"following": "1"})
        session.expire_all()
        assert [one.cancelled_at is None for one in made] == [False, True, False, False, False]

    def test_a_booker_of_one_group_sets_its_sessions_and_no_others(self, client_as, url, session, town, group, coach):
        other = a_group(session, town.organisation, "Ketut")
        session.commit()
        page = client_as(coach)
        assert "Ketut" not in page.get(url + "/sessions").text
        assert page.post(url + "/sessions", data=fields(other, coach, start="20:00", end="21:00")).status_code == 403
        assert page.post(url + "/sessions", data=fields(group, coach, start="20:00", end="21:00")).status_code == 302
        assert page.get(url + "/hand-back").status_code == 403

    def test_a_time_another_group_has_comes_back_to_the_form(self, client_as, url, group, coach):
        answer = client_as(Role.SECRETARY).post(url + "/sessions", data=fields(group, coach))  # the sample has 18–19
        assert answer.status_code == 422
        assert "Somebody else already has the space" in answer.text

    @pytest.mark.parametrize("name", ["coach", "part"])
    def test_who_or_what_is_not_offered_is_refused(self, client_as, url, group, coach, name):
        answer = client_as(Role.SECRETARY).post(url + "/sessions", data=fields(group, coach) | {name: "nobody"})
        assert answer.status_code == 422


class TestChanges:
    def test_what_handing_back_costs_is_shown_before_it_is_done(self, client_as, url, grant, session):
        page = client_as(Role.SECRETARY)
        shown = page.get(url + "/hand-back?from_on=2027-01-25").text
        assert "3 dates would be handed back" in shown
        session.expire_all()
        assert session.get(type(grant), grant.id).state == "booked"
        page.post(url + "/hand-back", data={"from_on": "2027-01-11"})
        session.expire_all()
        assert session.get(type(grant), grant.id).state == "handed_back"

    def test_a_day_without_dates_comes_back_to_the_form(self, client_as, url):
        answer = client_as(Role.SECRETARY).post(url + "/hand-back", data={"from_on": "2027-05-01"})
        assert answer.status_code == 422

    def test_an_exception_is_noted_and_its_dates_given_back(self, client_as, url, session):
        asked = {"kind": "without", "first_on": "2027-01-18", "last_on": "2027-01-24", "reason": "Hiihtoretki"}
        assert client_as(Role.SECRETARY).post(url + "/exceptions", data=asked).status_code == 302
        assert session.scalars(select(GrantException.reason)).all() == ["Hiihtoretki"]
        assert client_as(Role.SECRETARY).get(url).text.count("Hiihtoretki") == 2  # the date left out, the exception

    def test_other_hours_without_a_time_come_back_to_the_form(self, client_as, url):
        asked = {"kind": "hours", "first_on": "2027-01-18", "last_on": "2027-01-24"}
        assert client_as(Role.SECRETARY).post(url + "/exceptions", data=asked).status_code == 422

    def test_staff_makes_the_next_season_once_its_days_are_known(self, client_as, url, session, clock):
        page = client_as(Role.MANAGER)
        assert "There is no further season" in page.get(url + "/years").text
        this = session.scalars(select(Round).where(Round.name_fi == "Päätetty kierros")).one()
        shift = {"first_on": date(2028, 1, 10), "last_on": date(2028, 5, 28)}
        a_round(session, family=this.family, **shift)
        session.commit()
        clock.at = make.at("2027-11-01", "12:00")
        assert "Book these dates" in client_as(Role.MANAGER).get(url + "/years").text
        assert client_as(Role.MANAGER).post(url + "/years").status_code == 302
        assert session.scalars(select(GrantYear.year)).all() == [2]


class TestSwap:
    def test_both_sides_get_letters_and_only_the_other_one_can_say_yes(self, client_as, town, url, session):
        ref = town.samples["grant_swap_ref"]
        page = client_as(Role.SECRETARY)
        assert "Vaihtajat ry" in page.get(f"/grant-swaps/{ref}").text
        assert page.post(f"/grant-swaps/{ref}/accept").status_code == 409
        assert page.post(f"/grant-swaps/{ref}/decline").status_code == 302
        assert "declined" in page.get(f"/grant-swaps/{ref}").text
        other = re.search(r'option value="([^"]+)"', page.get(url + "/swap").text)[1]
        shown = page.get(f"{url}/swap?other={other}&from_on=2027-01-11").text
        assert "5 weeks would change hands" in shown
        asked = page.post(url + "/swap", data={"other": other, "from_on": "2027-01-11"})
        assert asked.status_code == 302
        assert session.scalars(select(Letter.subject).where(Letter.subject.contains("vaihto"))).all() != []
