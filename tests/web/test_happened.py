"""What happened, as pages: fees before cancelling, no-shows decided, notes of the house, recalls, sanctions, swaps."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from booking import bookings
from booking.happenings.models import Happening, Sanction, Swap
from booking.life import no_shows
from booking.life.swaps import occurrence_of
from booking.models import ClosedDays, Letter, Occurrence
from booking.money import charges
from booking.money.models import Charge
from booking.roles import Role
from booking.settings import Settings
from tests import make
from tests.booking.life import rules
from tests.web.test_booking import plain, states
from web.life_jobs import Minder


@pytest.fixture
def row(town, rolled_back):
    """Two hours of adults on 15 December where the invented rules hold: 40 euros."""
    with rolled_back.begin() as session:
        rules.house(session)
        place = session.get_one(type(town.premises), town.premises.id)
        place.rulebook, place.municipality = rules.FAMILY, "Keksilä"
        session.flush()
        pattern = make.once("2026-12-15", "18:00", "20:00")
        wish = make.wish(town.space, town.organisation, town.booker, pattern, audience={"group": "adults"})
        return bookings.book(session, wish, by=town.booker.id, now=make.at("2026-11-24", "12:00")).occurrences[0]


def one(rolled_back, table):
    with rolled_back() as session:
        return session.scalars(select(table).order_by(table.id.desc())).first()


def letters(rolled_back):
    with rolled_back() as session:
        return [letter.subject for letter in session.scalars(select(Letter).order_by(Letter.id))]


def noted(rolled_back):
    """The newest happening, beside the sample that every town has."""
    with rolled_back() as session:
        query = select(Happening).where(Happening.key != "no_show:sample").order_by(Happening.id.desc())
        return session.scalars(query).first()


def test_the_fee_is_shown_before_cancelling_and_owed_after(client_as, town, row, rolled_back, clock):
    client, address = client_as(town.booker), f"/bookings/{row.booking.ref}/cancel"
    assert "Cancelling now costs nothing" in plain(client.get(address, query_string={"key": row.key}).text)
    clock.at = make.at("2026-12-10", "12:00")
    page = plain(client.get(address, query_string={"key": row.key}).text)
    assert "Cancelling now costs €20.00" in page
    assert "2–13 days before half." in page
    client.post(address, data={"key": row.key})
    assert (noted(rolled_back).fee_cents, one(rolled_back, Charge).gross_cents) == (2000, 2000)
    client.post(f"/bookings/{row.booking.ref}/restore", data={"key": row.key})
    assert (one(rolled_back, Charge).state, states(rolled_back, row.booking.ref)) == ("void", ["confirmed"])


def test_programs_ask_for_the_fee_and_nothing_is_changed(client_as, town, row, clock):
    clock.at = make.at("2026-12-14", "12:00")
    asked = {"key": row.key, "scope": "one"}
    answer = client_as(town.booker).post(f"/api/v1/bookings/{row.booking.ref}/cancel-fee", json=asked)
    assert (answer.json["fee_cents"], answer.json["times"][0]["reasons"][0]["row"]) == (4000, "cancel-late")


@pytest.fixture
def empty(row, rolled_back, clock):
    """Doors saw nobody at that time."""
    clock.at = row.ends_at
    with rolled_back.begin() as session:
        found = occurrence_of(session, row.ref)
        evidence = {"from": row.starts_at.isoformat(), "to": row.ends_at.isoformat(), "doors": []}
        return no_shows.propose(session, found, evidence, row.ends_at)


def test_the_manager_sees_evidence_and_fee_and_confirms(client_as, town, empty, rolled_back):
    client = client_as(Role.MANAGER)
    assert f"/happened/{empty.ref}" in client.get("/happened").text
    page = plain(client.get(f"/happened/{empty.ref}").text)
    assert "€40.00" in page
    assert "A no-show costs the price of group 1." in page
    assert client.post(f"/happened/{empty.ref}/confirm", data={"reason": " "}).status_code == 422
    client.post(f"/happened/{empty.ref}/confirm", data={"reason": "The caretaker saw an empty hall"})
    assert (noted(rolled_back).state, one(rolled_back, Charge).gross_cents) == ("confirmed", 4000)
    assert any("Kukaan ei tullut" in subject for subject in letters(rolled_back))


def test_a_caretaker_sees_it_and_decides_nothing(client_as, empty, rolled_back):
    client = client_as(Role.CARETAKER)
    assert "It was so" not in client.get(f"/happened/{empty.ref}").text
    assert client.post(f"/happened/{empty.ref}/confirm", data={"reason": "Näin"}).status_code == 403
    assert noted(rolled_back).state == "proposed"


def test_the_group_objects_once_and_a_person_decides(client_as, town, empty, rolled_back):
    client = client_as(town.booker)
    assert "Nobody came" in client.get("/mine").text
    client.post(f"/noted/{empty.ref}/object", data={"objection": "We were in the yard"})
    assert noted(rolled_back).state == "objected"
    assert client.post(f"/noted/{empty.ref}/object", data={"objection": "Again"}).status_code == 422
    client_as(Role.MANAGER).post(f"/happened/{empty.ref}/dismiss", data={"reason": "They were seen in the yard"})
    with rolled_back() as session:
        assert (noted(rolled_back).state, charges.by_key(session, f"happening:{empty.key}")) == ("dismissed", None)


def test_telling_the_heads_closes_the_matter(client_as, town, empty, row, rolled_back):
    client_as(town.booker).post(f"/attendance/{row.ref}", data={"total": "12"})
    assert (noted(rolled_back).state, noted(rolled_back).decision) == ("dismissed", "attendance_told")


def test_a_mess_is_shown_before_it_is_noted_and_charged(client_as, row, rolled_back, clock):
    clock.at = row.ends_at
    client, address = client_as(Role.CARETAKER), f"/happened/time/{row.ref}/add"
    asked = {"kind": "dirty", "note": "Paint on the floor", "cost": "125,50"}
    assert "€125.50" in plain(client.get(address, query_string=asked).text)
    assert noted(rolled_back) is None
    client.post(address, data=asked)
    assert (noted(rolled_back).kind, one(rolled_back, Charge).gross_cents) == ("dirty", 12550)


def test_a_use_without_a_booking_is_noted(client_as, town, row, rolled_back):
    asked = {"organisation": town.organisation.ref, "space": town.space.ref, "day": "2026-11-22"}
    asked |= {"start": "10:00", "end": "12:00", "note": "The lights were on"}
    client = client_as(Role.CARETAKER)
    assert "€40.00" in plain(client.get("/happened/use", query_string=asked).text)
    client.post("/happened/use", data=asked)
    assert (noted(rolled_back).kind, one(rolled_back, Charge).gross_cents) == ("used_without_booking", 4000)


def test_a_recall_too_late_shows_why_and_does_nothing(client_as, row, rolled_back, clock):
    client, address = client_as(Role.MANAGER), f"/recalls/{row.ref}"
    assert "in time" in plain(client.get(address).text)
    clock.at = make.at("2026-12-05", "12:00")
    page = plain(client.get(address).text)
    assert "10 days" in page
    assert "the time stays with its holder" in page
    answer = client.post(address, data={"cause": "own_need", "reason": "School party"})
    assert answer.status_code == 422
    assert states(rolled_back, row.booking.ref) == ["confirmed"]


def test_who_is_displaced_gets_a_letter_and_takes_the_substitute_in_one_click(client_as, town, row, rolled_back):
    with rolled_back.begin() as session:
        make.space(session, session.get_one(type(town.premises), town.premises.id), name_fi="Pikkusali")
    client_as(Role.MANAGER).post(f"/recalls/{row.ref}", data={"cause": "own_need", "reason": "School party"})
    assert states(rolled_back, row.booking.ref) == ["displaced"]
    letter = one(rolled_back, Letter)
    address = next(word for word in letter.body.split() if "/substitutes/" in word).partition("/substitutes/")[2]
    client = client_as(town.booker)
    assert "Pikkusali" in client.get(f"/substitutes/{address}").text
    client.post(f"/substitutes/{address}")
    with rolled_back() as session:
        moved = session.get_one(Occurrence, row.id)
        assert (moved.state, moved.price_cents) == ("confirmed", 4000)
        assert moved.space_id != town.space.id
    assert client.post(f"/substitutes/{address}").status_code == 409


def test_closing_days_shows_the_notice_and_keeps_whom_the_manager_ticks(client_as, town, row, rolled_back):
    client, base = client_as(Role.MANAGER), f"/premises/{town.premises.ref}/closed-days"
    days = {"first_on": "2026-12-15", "last_on": "2026-12-15", "supervision": "all", "name_fi": "Vaalit"}
    page = plain(client.get(f"{base}/preview", query_string=days).text)
    assert "21 days" in page
    client.post(base, data=days | {"displaces": "1", "keep": row.ref})
    assert states(rolled_back, row.booking.ref) == ["confirmed"]
    assert one(rolled_back, ClosedDays).name_fi == "Vaalit"


def test_closing_too_late_is_refused_with_the_row(client_as, town, row, rolled_back, clock):
    clock.at = make.at("2026-12-05", "12:00")
    client, base = client_as(Role.MANAGER), f"/premises/{town.premises.ref}/closed-days"
    days = {"first_on": "2026-12-15", "last_on": "2026-12-15", "supervision": "all", "name_fi": "Vaalit"}
    assert "Less than 14 days is not in time." in plain(client.get(f"{base}/preview", query_string=days).text)
    assert client.post(base, data=days | {"displaces": "1"}).status_code == 422
    assert states(rolled_back, row.booking.ref) == ["confirmed"]
    client.post(base, data=days | {"displaces": "1", "cause": "force_majeure"})
    assert states(rolled_back, row.booking.ref) == ["displaced"]


def test_a_swap_is_made_by_the_other_side_only(client_as, town, row, rolled_back):
    with rolled_back.begin() as session:
        place = session.get_one(type(town.premises), town.premises.id)
        whose, someone = make.organisation(session), make.person(session)
        make.role(session, someone, Role.BOOKER, organisation_id=whose.id)
        hall = make.space(session, place)
        when = make.span("2026-12-16", "18:00", "20:00")
        other = make.occurrence(session, hall, when, whose=whose, holder=someone)
    client = client_as(town.booker)
    assert other.ref in client.get(f"/swaps/with/{row.ref}").text
    client.post(f"/swaps/with/{row.ref}", data={"other": other.ref})
    swap = one(rolled_back, Swap)
    assert client.post(f"/swaps/{swap.ref}/accept").status_code == 409
    assert client_as(Role.BOOKER, stranger=True).get(f"/swaps/{swap.ref}").status_code == 403
    theirs = client_as(someone)
    assert "has not reported the swap yet" in theirs.get(f"/swaps/{swap.ref}").text
    theirs.post(f"/swaps/{swap.ref}/accept")
    with rolled_back() as session:
        assert session.get_one(Occurrence, row.id).space_id == hall.id
        assert session.get_one(Occurrence, other.id).space_id == town.space.id


def test_a_ban_is_given_told_stands_against_booking_and_is_lifted(client_as, town, row, rolled_back):
    client = client_as(Role.MANAGER)
    asked = {"organisation": town.organisation.ref, "premises": town.premises.ref, "kind": "ban", "scope": "all"}
    asked |= {"first_on": "2027-01-01", "last_on": "2027-01-31", "reason": "Door left open twice"}
    client.post("/sanctions/new", data=asked)
    given = one(rolled_back, Sanction)
    assert (given.kind, given.state) == ("ban", "given")
    assert any("Varauskielto" in subject for subject in letters(rolled_back))
    fields = {"space": town.space.ref, "organisation": town.organisation.ref, "day": "2027-01-12", "start": "18:00"}
    fields |= {"end": "19:00", "title": "Laumailta", "purpose": "weekly_meeting", "people": "10"}
    refused = client_as(town.booker).post("/book", data=fields)
    assert (refused.status_code, "it has a ban" in refused.text) == (422, True)
    client.post(f"/sanctions/{given.ref}/end", data={"reason": "Agreed"})
    assert client_as(town.booker).post("/book", data=fields).status_code == 302


def test_the_house_corrects_yesterday_at_half_past_midnight_and_users_do_not(client_as, town, row, rolled_back, clock):
    """Acceptance E7."""
    clock.at = make.at("2026-12-16", "00:30")
    asked = {"key": row.key, "day": "2026-12-15", "start": "18:00", "end": "21:00", "space": town.space.ref}
    mine = client_as(town.booker).post(f"/bookings/{row.booking.ref}/move", data=asked)
    assert mine.status_code in {302, 422}
    with rolled_back() as session:
        assert session.get_one(Occurrence, row.id).ends_at == make.at("2026-12-15", "20:00")
    client_as(Role.MANAGER).post(f"/bookings/{row.booking.ref}/move", data=asked)
    with rolled_back() as session:
        assert session.get_one(Occurrence, row.id).ends_at == make.at("2026-12-15", "21:00")
    clock.at += timedelta(hours=36)
    client_as(Role.MANAGER).post(f"/bookings/{row.booking.ref}/move", data=asked | {"end": "20:00"})
    with rolled_back() as session:
        assert session.get_one(Occurrence, row.id).ends_at == make.at("2026-12-15", "21:00")


def test_what_nobody_objected_to_stands_by_rule_with_a_letter(empty, rolled_back, settings: Settings):
    minder = Minder(settings, rolled_back)
    minder.by_rule(empty.noted_at + timedelta(days=13))
    assert noted(rolled_back).state == "proposed"
    minder.by_rule(empty.noted_at + timedelta(days=14, minutes=1))
    assert (noted(rolled_back).state, noted(rolled_back).decision) == ("confirmed", "by_rule")
    assert one(rolled_back, Charge).gross_cents == 4000


def test_the_rounds_of_looking_run_on_an_ordinary_evening(town, rolled_back, settings: Settings):
    minder = Minder(settings, rolled_back)
    minder.look(town.occurrence.starts_at + timedelta(minutes=25))
    minder.debts(town.occurrence.starts_at)
    assert noted(rolled_back) is None
