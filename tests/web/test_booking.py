"""Booking as people do it: the form, the reasons before confirming, and the page after."""

import re
from datetime import date, timedelta

import pytest
from sqlalchemy import func, select

from booking.acts import ActKind
from booking.bookings import sweep_holds
from booking.models import Booking, Letter, Occurrence, Organisation
from booking.roles import Role, roles_of
from tests import make


@pytest.fixture
def asked(town):
    """What a scout leader fills in: Wednesday 25.11. 17–18.30, twenty children of the town."""
    return {
        "space": town.space.ref,
        "organisation": town.organisation.ref,
        "day": "2026-11-25",
        "start": "17:00",
        "end": "18:30",
        "title": "Laumailta",
        "purpose": "weekly_meeting",
        "people": "20",
        "under_18": "18",
        "residents": "20",
        "under_18_residents": "18",
        "group": "children",
        "targets_residents": "yes",
    }


def plain(page: str) -> str:
    """The text of a page on one line, without tags."""
    return " ".join(re.sub(r"<[^>]*>", " ", page).split())


def states(rolled_back, ref: str) -> list[str]:
    with rolled_back() as session:
        query = select(Occurrence.state).join(Booking).where(Booking.ref == ref).order_by(Occurrence.starts_at)
        return list(session.scalars(query))


def hold(client, asked) -> str:
    """The ref of the booking that the form began."""
    answer = client.post("/book", data=asked)
    assert answer.status_code == 302, plain(answer.text)
    return answer.headers["Location"].split("/")[2]


def test_before_confirming_one_sees_class_price_and_why(client_as, town, asked):
    client = client_as(town.booker)
    page = plain(client.get(f"/bookings/{hold(client, asked)}/confirm").text)
    assert "Held for you until 12:10" in page
    assert "Priority class 3" in page
    assert "Price class Free" in page
    assert "€0.00" in page
    assert "Decision: " in page


def test_confirming_books_and_writes_a_letter_with_the_calendar_file(client_as, town, asked, rolled_back):
    client = client_as(town.booker)
    ref = hold(client, asked)
    assert client.post(f"/bookings/{ref}/confirm").headers["Location"] == f"/bookings/{ref}"
    assert states(rolled_back, ref) == ["confirmed"]
    with rolled_back() as session:
        letter = session.scalars(select(Letter).order_by(Letter.id.desc())).first()
    assert letter.address == town.booker.email
    assert letter.subject.startswith("Varattu: Laumailta")
    assert "keskiviikko 25. marraskuuta 2026 17–18.30" in letter.body
    assert "BEGIN:VTIMEZONE" in letter.attachment
    assert "TZID=Europe/Helsinki:20261125T170000" in letter.attachment


def test_confirming_twice_books_once(client_as, town, asked, rolled_back):
    client = client_as(town.booker)
    ref = hold(client, asked)
    answers = [client.post(f"/bookings/{ref}/confirm") for _ in range(2)]
    assert [answer.headers["Location"] for answer in answers] == [f"/bookings/{ref}"] * 2
    with rolled_back() as session:
        sent = session.scalar(select(func.count()).select_from(Letter).where(Letter.subject.contains("Laumailta")))
    assert sent == 1


def test_sending_the_form_twice_holds_once(client_as, town, asked):
    client = client_as(town.booker)
    assert hold(client, asked) == hold(client, asked)


def test_changing_the_form_gives_up_the_earlier_hold(client_as, town, asked, rolled_back):
    client = client_as(town.booker)
    first = hold(client, asked)
    second = hold(client, asked | {"end": "19:00"})
    assert states(rolled_back, first) == []
    assert states(rolled_back, second) == ["held"]


@pytest.mark.parametrize(
    ("changes", "field", "said"),
    [
        ({"day": "2026-11-23"}, "day", "This time has already begun or passed."),
        ({"day": "2009-01-05"}, "day", "We know no rules for that day"),
        ({"end": "16:00"}, "end", "The end must be after the start."),
        ({"day": "2027-03-28", "start": "03:30", "end": "05:00"}, "start", "clocks are moved forward"),
        ({"people": "41"}, "people", "At most 40."),
        ({"under_18": "21"}, "under_18", "more than the number of people"),
        ({"day": "31.2.2026"}, "day", "Write the day as day, month and year."),
        ({"title": "  "}, "title", "This is needed."),
        ({"purpose": "juggling"}, "purpose", "Choose one of the choices offered."),
        ({"day": "2026-11-24", "start": "18:30", "end": "19:00"}, "start", "Somebody else already has the space"),
        ({"start": "06:00", "end": "07:00"}, "day", "outside opening hours"),
        ({"start": "17:07"}, "start", "times start every 15 minutes"),
        ({"repeat": "weekly"}, "last_on", "This is needed."),
        ({"repeat": "weekly", "last_on": "2026-11-01"}, "last_on", "before the first day"),
        ({"day": "2029-01-01"}, "day", "Bookings reach only to 29 Dec 2027."),
    ],
)
def test_what_is_wrong_is_said_at_its_field_and_nothing_is_lost(client_as, town, asked, changes, field, said):
    answer = client_as(town.booker).post("/book", data=asked | changes)
    assert answer.status_code == 422
    told = re.search(rf'id="e-{field}">(.*?)<', answer.text)
    assert told, plain(answer.text)
    assert said in told[1]
    kept = next(name for name in ("title", "people") if name not in changes)
    assert f'value="{asked[kept]}"' in answer.text


def test_what_the_rules_refuse_says_why_and_where_to_go_instead(client_as, town, asked, rolled_back):
    with rolled_back.begin() as session:
        school = make.premises(session, kind="school", name_fi="Koulu")
        room = make.space(session, school, kind="classroom")
        party = make.organisation(session, name="Puolueosasto ry", kind="party_branch", purposes=["political"])
        make.role(session, session.merge(town.booker), Role.BOOKER, organisation_id=party.id)
        wish = asked | {"space": room.ref, "organisation": party.ref, "purpose": "political"}
    answer = client_as(town.booker).post("/book", data=wish)
    page = plain(answer.text)
    assert answer.status_code == 409
    assert "Nothing was booked" in page
    assert "Decision: " in page
    assert "Where to go instead" in page
    assert "premises_kind=" in answer.text


def test_a_series_says_of_each_date_whether_it_can_be_had(client_as, town, asked, rolled_back):
    client = client_as(town.booker, language="fi")
    ref = hold(client, asked | {"day": "2026-12-04", "repeat": "weekly", "weekdays": ["4"], "last_on": "2026-12-31"})
    page = plain(client.get(f"/bookings/{ref}/confirm").text)
    assert "3 päivää voidaan varata, 1 ei" in page
    assert "Pyhäpäivä: Joulupäivä" in page
    client.post(f"/bookings/{ref}/confirm", data={"choose": "1", "keep": ["2026-12-04", "2026-12-11"]})
    assert states(rolled_back, ref) == ["confirmed", "confirmed", "cancelled", "refused"]


def test_a_series_with_every_date_left_out_is_not_booked(client_as, town, asked, rolled_back):
    client = client_as(town.booker)
    ref = hold(client, asked | {"repeat": "weekly", "last_on": "2026-12-31"})
    assert client.post(f"/bookings/{ref}/confirm", data={"choose": "1"}).headers["Location"].endswith("/confirm")
    assert "held" in states(rolled_back, ref)


def test_a_hold_that_ran_out_is_taken_again_when_it_is_still_free(client_as, town, asked, clock, rolled_back):
    client = client_as(town.booker)
    ref = hold(client, asked)
    clock.at += timedelta(minutes=11)
    assert "no longer held" in client.get(f"/bookings/{ref}/confirm").text
    client.post(f"/bookings/{ref}/confirm")
    assert states(rolled_back, ref) == ["confirmed"]


def test_a_hold_that_ran_out_and_was_taken_is_told_kindly(client_as, town, asked, clock, rolled_back):
    client = client_as(town.booker)
    ref = hold(client, asked)
    clock.at += timedelta(minutes=11)
    with rolled_back.begin() as session:
        sweep_holds(session, clock.at)
        make.occurrence(session, session.merge(town.space), make.span("2026-11-25", "17:00", "18:30"))
    answer = client.post(f"/bookings/{ref}/confirm")
    assert answer.status_code == 409
    assert "What you wrote is still there" in answer.text
    assert 'value="Laumailta"' in client.get("/book?again=1").text


def test_giving_up_leaves_nothing(client_as, town, asked, rolled_back):
    client = client_as(town.booker)
    ref = hold(client, asked)
    client.post(f"/bookings/{ref}/give-up")
    assert states(rolled_back, ref) == []


def test_nobody_confirms_the_hold_of_another(client_as, town, asked, rolled_back):
    ref = hold(client_as(town.booker), asked)
    client_as(Role.SECRETARY).post(f"/bookings/{ref}/confirm")
    assert states(rolled_back, ref) == ["held"]


def test_an_unknown_space_or_organisation_is_refused(client_as, town, asked):
    client = client_as(town.booker)
    assert client.post("/book", data=asked | {"space": "nowhere"}).status_code == 404
    assert client.post("/book", data=asked | {"organisation": "nobody"}).status_code == 403


def test_strangers_see_of_a_booking_what_the_calendar_shows(client_as, town):
    page = plain(client_as(Role.BOOKER, stranger=True).get(f"/bookings/{town.occurrence.booking.ref}").text)
    assert "Kuusikon Kiipijät ry" in page
    assert "Keksi Booker" not in page.split("Skip to content")[1].split("Sign out")[1]
    assert "Laumailta" not in page


def test_the_page_of_a_booking_shows_its_times_and_contact(client_as, town):
    page = plain(client_as(town.booker).get(f"/bookings/{town.occurrence.booking.ref}").text)
    assert "Laumailta" in page
    assert "18:00–19:30" in page
    assert "Vuokko Vastaava" in page


def test_staff_who_looks_at_a_booking_is_noted(client_as, town, acts_kept):
    client_as(Role.CARETAKER).get(f"/bookings/{town.occurrence.booking.ref}")
    assert [act.persons for act in acts_kept if act.kind == ActKind.PERSON_VIEWED] == [(town.booker.id,)]


def test_looking_at_ones_own_booking_is_not_noted(client_as, town, acts_kept):
    client_as(town.booker).get(f"/bookings/{town.occurrence.booking.ref}")
    assert not [act for act in acts_kept if act.kind == ActKind.PERSON_VIEWED]


def test_staff_books_for_somebody_who_phoned_and_has_no_email(client_as, town, asked, rolled_back):
    client = client_as(Role.MANAGER)
    answer = client.post("/book/for", data={"name": "Soili Soittaja", "phone": "09 000 1111", "language": "sv"})
    chosen = re.search(r"organisation=(\w+)", answer.headers["Location"])[1]
    assert "Soili Soittaja" in client.get(f"/book?organisation={chosen}&space={town.space.ref}").text
    ref = hold(client, asked | {"organisation": chosen, "purpose": "private_party"})
    client.post(f"/bookings/{ref}/confirm")
    with rolled_back() as session:
        booking = session.scalar(select(Booking).where(Booking.ref == ref))
        assert session.get_one(Organisation, booking.organisation_id).name == "Soili Soittaja"
        assert booking.made_by == town.people[Role.MANAGER].id
        assert booking.holder_id != booking.made_by


def test_staff_of_other_premises_does_not_book_for_others_here(client_as, town, asked):
    assert client_as(Role.MANAGER, stranger=True).post("/book", data=asked).status_code == 403


def test_a_time_that_exists_twice_is_shown_with_its_offset(client_as, town, asked, rolled_back):
    with rolled_back.begin() as session:
        session.execute(make.OpeningHours.__table__.update().values(opens_min=0, closes_min=1440))
    client = client_as(town.booker)
    ref = hold(client, asked | {"day": "2027-10-31", "start": "03:30", "end": "04:30"})
    assert "03:30 (UTC+03)" in client.get(f"/bookings/{ref}/confirm").text


def test_a_booking_that_is_over_no_longer_tells_how_to_get_in(client_as, town, clock):
    url = f"/bookings/{town.occurrence.booking.ref}"
    assert "How to get in" in client_as(town.booker).get(url).text
    clock.at += timedelta(days=1)
    assert "How to get in" not in client_as(town.booker).get(url).text


def test_a_booking_that_waits_says_when_the_doors_learn_of_it(client_as, town, rolled_back):
    with rolled_back.begin() as session:
        session.get_one(Occurrence, town.occurrence.id).state = "pending"
    page = plain(client_as(town.booker).get(f"/bookings/{town.occurrence.booking.ref}").text)
    assert "The doors learn of it when the time has been granted." in page
    assert "Your card opens the doors" not in page


def test_a_role_that_ended_while_the_time_was_held_books_nothing(client_as, town, asked, rolled_back):
    client = client_as(town.booker)
    ref = hold(client, asked)
    with rolled_back.begin() as session:
        for grant in roles_of(session, town.booker.id, date(2026, 11, 24), at=make.LONG_AGO):
            grant.last_on = date(2026, 11, 23)
    assert client.post(f"/bookings/{ref}/confirm").status_code == 403
    assert states(rolled_back, ref) == ["held"]
