"""Signing in by letter, registering, the profile, acting for somebody, one's own data."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session, sessionmaker

from booking.acts import Act
from booking.models import Letter, Person, RoleGrant, SignIn
from booking.roles import Role
from tests import make
from tests.web.conftest import ClientAs
from tests.web.town import Clock, Town, client
from web.views import account


def newest_letter(sessions: sessionmaker[Session]) -> Letter:
    with sessions() as session:
        return session.scalars(select(Letter).order_by(Letter.id.desc())).first() or pytest.fail("no letter")


def link_in(letter: Letter) -> str:
    found = re.search(r"/sign-in/link/[\w-]+", letter.body)
    assert found
    return found[0]


def code_in(letter: Letter) -> str:
    found = re.search(r"\b\d{6}\b", letter.body.replace(link_in(letter), ""))
    assert found
    return found[0]


def is_signed_in(client: FlaskClient) -> bool:
    return client.get("/me").status_code == 200


@pytest.fixture
def asked(client_as: ClientAs, town: Town) -> FlaskClient:
    """A browser in which the booker has just asked for a letter."""
    client = client_as(None)
    client.post("/sign-in", data={"email": town.booker.email})
    return client


def test_the_link_in_the_letter_signs_in_only_when_its_button_is_pressed(asked: FlaskClient, rolled_back) -> None:
    link = link_in(newest_letter(rolled_back))
    assert asked.get(link).status_code == 200
    assert asked.get(link).status_code == 200
    assert not is_signed_in(asked)
    assert asked.post(link).status_code == 302
    assert is_signed_in(asked)


def test_a_link_works_once(asked: FlaskClient, client_as: ClientAs, rolled_back) -> None:
    link = link_in(newest_letter(rolled_back))
    asked.post(link)
    other = client_as(None)
    assert other.post(link).status_code == 403
    assert other.get(link).status_code == 403
    assert not is_signed_in(other)


def test_a_link_too_old_leads_to_a_new_one(client_as: ClientAs, town: Town) -> None:
    answer = client_as(None).get("/sign-in/link/no-such-token")
    assert answer.status_code == 403
    assert 'href="/sign-in">Send a new letter' in answer.text


def test_a_link_works_for_fifteen_minutes(asked: FlaskClient, clock: Clock, rolled_back) -> None:
    link = link_in(newest_letter(rolled_back))
    clock.at += timedelta(minutes=15)
    assert asked.post(link).status_code == 403


def test_the_code_signs_in_on_another_device(asked: FlaskClient, client_as: ClientAs, town: Town, rolled_back) -> None:
    phone = client_as(None)
    code = code_in(newest_letter(rolled_back))
    answer = phone.post("/sign-in/code", data={"email": town.booker.email, "code": f"{code[:3]} {code[3:]}"})
    assert answer.status_code == 302
    assert is_signed_in(phone)


def test_after_five_wrong_codes_the_right_one_is_dead_too(asked: FlaskClient, town: Town, rolled_back) -> None:
    code = code_in(newest_letter(rolled_back))
    wrong = "000000" if code != "000000" else "111111"
    for _ in range(5):
        answer = asked.post("/sign-in/code", data={"email": town.booker.email, "code": wrong})
        assert answer.status_code == 422
    assert asked.post("/sign-in/code", data={"email": town.booker.email, "code": code}).status_code == 422
    assert not is_signed_in(asked)


def test_guessing_codes_through_ever_new_letters_ends_and_the_link_still_signs_in(
    client_as: ClientAs, town: Town, clock: Clock, rolled_back
) -> None:
    client = client_as(None)
    for _letter in range(5):
        clock.at += timedelta(minutes=20)
        client.post("/sign-in", data={"email": town.booker.email})
        code = code_in(newest_letter(rolled_back))
        wrong = "000000" if code != "000000" else "111111"
        for _try in range(4):
            client.post("/sign-in/code", data={"email": town.booker.email, "code": wrong})
    assert client.post("/sign-in/code", data={"email": town.booker.email, "code": code}).status_code == 422
    assert client.post(link_in(newest_letter(rolled_back))).status_code == 302
    assert is_signed_in(client)


def test_an_unknown_address_gets_the_same_answer_and_no_letter(client_as: ClientAs, town: Town, rolled_back) -> None:
    client = client_as(None)
    known = client.post("/sign-in", data={"email": town.booker.email})
    letters = count(rolled_back, Letter)
    unknown = client.post("/sign-in", data={"email": "nobody@esimerkki.example"})
    assert (known.status_code, known.headers["Location"]) == (unknown.status_code, unknown.headers["Location"])
    assert count(rolled_back, Letter) == letters


def count(sessions: sessionmaker[Session], table: type) -> int:
    with sessions() as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


def test_nobody_is_flooded_with_letters(client_as: ClientAs, town: Town, clock: Clock, rolled_back) -> None:
    for _ in range(8):
        client_as(None).post("/sign-in", data={"email": town.booker.email})
    assert count(rolled_back, SignIn) == 5
    clock.at += timedelta(minutes=16)
    client_as(None).post("/sign-in", data={"email": town.booker.email})
    assert count(rolled_back, SignIn) == 6


def test_neither_link_nor_code_stands_in_the_sign_in_table(asked: FlaskClient, rolled_back) -> None:
    letter = newest_letter(rolled_back)
    with rolled_back() as session:
        row = session.scalars(select(SignIn)).one()
    kept = f"{row.token_hash} {row.code_hash}"
    assert link_in(letter).rpartition("/")[2] not in kept
    assert code_in(letter) not in row.code_hash[:6]
    assert len(row.code_hash) == 64


def test_the_letter_speaks_the_language_of_its_reader(client_as: ClientAs, town: Town, rolled_back) -> None:
    with rolled_back.begin() as session:
        session.get_one(Person, town.booker.id).language = "sv"
    client_as(None, language="en").post("/sign-in", data={"email": town.booker.email})
    assert newest_letter(rolled_back).subject == "Din inloggningslänk"


def test_one_comes_back_to_the_page_one_wanted(client_as: ClientAs, town: Town, rolled_back) -> None:
    client = client_as(None)
    asked = client.get("/organisations?q=kuusikko")
    assert asked.headers["Location"] == "/sign-in?next=/organisations?q%3Dkuusikko"
    client.get(asked.headers["Location"])
    client.post("/sign-in", data={"email": town.booker.email})
    answer = client.post(link_in(newest_letter(rolled_back)))
    assert answer.headers["Location"] == "/organisations?q=kuusikko"


@pytest.mark.parametrize(
    "target",
    ["https://evil.example/", "//evil.example", "/\\evil.example", "\\\\evil.example", "javascript:alert(1)", ""],
)
def test_sign_in_never_leads_away_from_the_site(app, target: str) -> None:
    with app.test_request_context():
        assert account.safe_next(target) == "/"


def test_a_new_person_registers_and_may_book_for_themselves(client_as: ClientAs, town: Town, rolled_back) -> None:
    client = client_as(None)
    client.post("/register", data={"name": "Uusi Ulla", "email": "Ulla@Esimerkki.example", "language": "sv"})
    client.post(link_in(newest_letter(rolled_back)))
    assert is_signed_in(client)
    with rolled_back() as session:
        ulla = session.scalars(select(Person).where(Person.email == "ulla@esimerkki.example")).one()
        grants = list(session.scalars(select(RoleGrant).where(RoleGrant.person_id == ulla.id)))
    assert [grant.role for grant in grants] == ["booker"]
    assert ulla.language == "sv"


def test_registering_a_known_address_changes_nothing_and_tells_nothing(
    client_as: ClientAs, town: Town, rolled_back
) -> None:
    people = count(rolled_back, Person)
    data = {"name": "Someone Else", "email": town.booker.email, "language": "fi"}
    answer = client_as(None).post("/register", data=data)
    assert answer.headers["Location"] == "/sign-in/code"
    assert count(rolled_back, Person) == people
    with rolled_back() as session:
        assert session.get_one(Person, town.booker.id).name == town.booker.name


def test_a_form_with_mistakes_comes_back_with_what_was_typed(client_as: ClientAs) -> None:
    answer = client_as(None).post("/register", data={"name": "Maija", "email": "maija at home", "language": "fi"})
    assert answer.status_code == 422
    assert 'value="maija at home"' in answer.text
    assert 'href="#f-email"' in answer.text
    assert "Write an e-mail address" in answer.text


def test_signing_out_ends_the_session(client_as: ClientAs, acts_kept: list[Act]) -> None:
    client = client_as(Role.BOOKER)
    assert is_signed_in(client)
    client.post("/sign-out")
    assert not is_signed_in(client)
    assert "sign_in.ended" in [act.kind.value for act in acts_kept]


def test_a_session_ends_after_twelve_idle_hours(app) -> None:
    assert app.permanent_session_lifetime == timedelta(hours=12)


def test_an_erased_person_is_signed_out(client_as: ClientAs, town: Town, clock: Clock, rolled_back) -> None:
    client = client_as(Role.BOOKER)
    with rolled_back.begin() as session:
        session.get_one(Person, town.booker.id).erased_at = clock.at
    assert not is_signed_in(client)


def test_the_profile_changes_name_phone_and_language(client_as: ClientAs, town: Town, rolled_back) -> None:
    client = client_as(Role.BOOKER)
    client.post("/me", data={"name": "Keksi Uusi", "phone": "040 000 0000", "language": "sv"})
    with rolled_back() as session:
        me = session.get_one(Person, town.booker.id)
    assert (me.name, me.phone, me.language) == ("Keksi Uusi", "040 000 0000", "sv")
    assert '<html lang="sv"' in client.get("/me").text


def test_the_profile_says_where_each_role_holds(client_as: ClientAs, town: Town) -> None:
    assert town.premises.name("en") in client_as(Role.MANAGER).get("/me").text
    assert "everywhere" in client_as(Role.AUDITOR).get("/me").text


def test_a_form_sent_when_the_session_has_ended_leads_to_signing_in(client_as: ClientAs, town: Town) -> None:
    answer = client_as(None).post("/book", data={"title": "Laumailta"})
    assert answer.status_code == 401
    assert '<a class="ds-button" href="/sign-in">' in answer.text


def test_my_data_holds_my_bookings_and_the_look_is_told(client_as: ClientAs, town: Town, acts_kept: list[Act]) -> None:
    answer = client_as(Role.BOOKER).get("/me/export")
    mine = answer.get_json()
    assert mine["person"]["email"] == town.booker.email
    assert mine["bookings"][0]["times"][0]["ref"] == town.occurrence.ref
    assert "attachment" in answer.headers["Content-Disposition"]
    assert mine["cards_and_pins"][0]["label"] == "Sininen kortti"
    assert mine["passages"][0]["kind"] == "granted"
    assert [act.subject for act in acts_kept if act.kind.value == "person.viewed"] == [town.booker.ref]


def test_somebody_with_two_organisations_chooses_for_which_they_act(
    client_as: ClientAs, town: Town, rolled_back
) -> None:
    with rolled_back.begin() as session:
        choir = make.organisation(session, name="Kuusikon kuoro ry")
        make.role(session, town.booker, Role.BOOKER, organisation_id=choir.id)
    client = client_as(Role.BOOKER)
    assert "</span> Kuusikon Kiipijät ry" in client.get("/me").text
    client.post("/acting-for", data={"organisation": choir.ref})
    assert "</span> Kuusikon kuoro ry" in client.get("/me").text


def test_nobody_acts_for_an_organisation_in_which_they_have_no_role(client_as: ClientAs, town: Town) -> None:
    client = client_as(Role.BOOKER, stranger=True)
    assert client.post("/acting-for", data={"organisation": town.organisation.ref}).status_code == 404


def test_one_click_sign_in_takes_invented_people_only(client_as: ClientAs, town: Town, rolled_back) -> None:
    with rolled_back.begin() as session:
        session.get_one(Person, town.booker.id).email = "booker@demo.example"
    client = client_as(None)
    assert town.booker.name in client.get("/dev/sign-in").text
    auditor = town.people[Role.AUDITOR]
    assert client.post(f"/dev/sign-in/{auditor.ref}").status_code == 404
    assert client.post(f"/dev/sign-in/{town.booker.ref}").status_code == 302
    assert is_signed_in(client)


def test_a_copied_cookie_opens_nothing_after_its_owner_signed_out(app: Flask, town: Town) -> None:
    mine = client(app, town.booker)
    copied = client(app, None)
    with mine.session_transaction() as here, copied.session_transaction() as there:
        there["visit"] = here["visit"]
    assert copied.get("/me").status_code == 200
    mine.post("/sign-out")
    assert copied.get("/me").status_code == 302


def test_one_signs_out_of_all_other_browsers_and_stays_in_this_one(app: Flask, town: Town) -> None:
    lost, mine = client(app, town.booker), client(app, town.booker)
    assert "Sign out of all other browsers" in mine.get("/me").text
    page = mine.post("/me/sign-out-elsewhere", follow_redirects=True).text
    assert "You are signed in nowhere else" in page
    assert lost.get("/me").status_code == 302


def test_a_browser_signs_in_again_after_a_month(app: Flask, town: Town, clock: Clock) -> None:
    browser = client(app, town.booker)
    clock.at += timedelta(days=30)
    assert browser.get("/me").status_code == 200
    clock.at += timedelta(minutes=1)
    assert browser.get("/me").status_code == 302
