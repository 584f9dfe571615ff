"""Pages of the register: documents, commitments, reports, groups, roles that end at once, merging, files, the desk."""

from __future__ import annotations

import io
from datetime import date

import pytest
from openpyxl import load_workbook
from sqlalchemy import select

from booking.models import Booking, Group, Letter, Organisation, Person, RoleGrant
from booking.register import proofs
from booking.register.models import ActivityReport, Commitment, Proof, RegisterImport
from booking.roles import Role
from tests import make
from tests.web.town import NOW
from web import register_letters

PDF = b"%PDF-1.7 a scanned extract"
REPORT = {f"age_{age}": "10" for age in ("under_7", "7_12", "13_17", "18_19", "20_64", "65_up")}


@pytest.fixture
def url(town):
    return f"/organisations/{town.organisation.ref}"


@pytest.fixture
def data_dir(app, tmp_path):
    from dataclasses import replace

    app.config["SETTINGS"] = replace(app.config["SETTINGS"], data_dir=tmp_path)
    return tmp_path


def row(rolled_back, model, **where):
    with rolled_back() as session:
        query = select(model).where(*(getattr(model, name) == value for name, value in where.items()))
        return session.scalars(query.order_by(model.id.desc())).first()


def send_proof(client, url, name="ote.pdf", content=PDF, **more):
    fields = {"kind": "register_extract", "received_on": "2026-11-20", "reference": "PRH 2"} | more
    return client.post(f"{url}/proofs", data=fields | {"file": (io.BytesIO(content), name)})


def test_a_secretary_sends_an_extract_and_the_staff_checks_it(client_as, url, town, rolled_back, data_dir):
    assert send_proof(client_as(Role.SECRETARY), url).status_code == 302
    made = row(rolled_back, Proof, reference="PRH 2")
    assert (made.valid_until, made.checked_at) == (date(2027, 11, 20), None)
    answer = client_as(Role.SECRETARY).get(f"{url}/proofs/{made.ref}/file")
    assert (answer.data, answer.mimetype) == (PDF, "application/pdf")
    assert "attachment" in answer.headers["Content-Disposition"]
    checked = client_as(Role.ADMINISTRATOR).post(f"{url}/proofs/{made.ref}/check", data={"valid_until": "2027-06-30"})
    assert checked.status_code == 302
    with rolled_back() as session:
        assert proofs.standing(session, town.organisation, date(2026, 11, 24)).until == date(2027, 6, 30)
    assert "registration checked" in client_as(Role.BOOKER).get(url).text


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("ote.exe", PDF, "not what its name says"),
        ("ote.pdf", b"MZ not a pdf", "not what its name says"),
    ],
)
def test_a_file_that_is_not_what_it_says_is_not_kept(client_as, url, data_dir, name, content, words):
    answer = send_proof(client_as(Role.SECRETARY), url, name, content)
    assert answer.status_code == 422
    assert words in answer.text
    assert not (data_dir / "proofs").exists()


def part(name, value, more=""):
    """One part of a form with a file, as a browser sends it."""
    return f'--sign\r\nContent-Disposition: form-data; name="{name}"{more}\r\n\r\n'.encode() + value + b"\r\n"


def test_a_file_that_is_too_large_is_not_kept(client_as, url, data_dir):
    body = part("kind", b"register_extract") + part("received_on", b"2026-11-20")
    body += part("file", PDF + b"x" * 5_000_000, '; filename="ote.pdf"') + b"--sign--\r\n"
    kind = "multipart/form-data; boundary=sign"
    answer = client_as(Role.SECRETARY).post(f"{url}/proofs", data=body, content_type=kind)
    assert (answer.status_code, "too large: at most 5 MB" in answer.text) == (422, True)
    assert not (data_dir / "proofs").exists()


def test_documents_are_seen_by_those_who_run_the_entry_only(client_as, url, town):
    for role in (Role.BOOKER, Role.KEY_HOLDER, Role.PAYER):
        assert client_as(role).get(f"{url}/proofs").status_code == 403
    assert client_as(Role.SECRETARY, stranger=True).get(f"{url}/proofs").status_code == 403


def test_a_document_of_another_entry_is_not_found_here(client_as, url, town, rolled_back):
    with rolled_back.begin() as session:
        other = make.organisation(session)
        wish = proofs.ProofWish("rules", date(2026, 1, 1))
        made = proofs.add(session, other, wish, by=town.booker.id, now=NOW, today=date(2026, 11, 24))
    assert client_as(Role.ADMINISTRATOR).post(f"{url}/proofs/{made.ref}/check").status_code == 404


def test_the_secretary_gets_a_letter_before_the_proof_runs_out(app, town, rolled_back):
    with rolled_back.begin() as session:
        made = proofs.by_ref(session, town.samples["proof_ref"])
        by = town.people[Role.ADMINISTRATOR].id
        proofs.check(session, made, by=by, now=NOW, valid_until=date(2026, 12, 1))
        with app.test_request_context():
            assert register_letters.warn_of_proofs(session, on=date(2026, 11, 24), now=NOW) == 1
            assert register_letters.warn_of_proofs(session, on=date(2026, 11, 24), now=NOW) == 0
    letter = row(rolled_back, Letter, person_id=town.people[Role.SECRETARY].id)
    assert "1.12.2026" in letter.subject
    assert f"/organisations/{town.organisation.ref}/proofs" in letter.body


def test_a_key_holder_signs_a_commitment_in_the_words_shown(client_as, url, town, rolled_back):
    page = client_as(Role.KEY_HOLDER).get(f"{url}/commitments").text
    assert "comes first and leaves last" in page
    fields = {"kind": "self_supervision", "season": "2026-27", "agree": "1"}
    assert client_as(Role.KEY_HOLDER).post(f"{url}/commitments", data=fields).status_code == 302
    made = row(rolled_back, Commitment, premises_id=None)
    assert (made.signed_by, made.season) == (town.people[Role.KEY_HOLDER].id, "2026-27")
    assert town.people[Role.KEY_HOLDER].name in client_as(Role.SECRETARY).get(f"{url}/commitments/{made.ref}").text


@pytest.mark.parametrize("left_out", ["agree", "season"])
def test_nothing_is_signed_without_the_tick_and_the_season(client_as, url, left_out):
    fields = {"kind": "self_supervision", "season": "2026-27", "agree": "1"}
    del fields[left_out]
    assert client_as(Role.SECRETARY).post(f"{url}/commitments", data=fields).status_code == 422


def test_a_booker_signs_nothing(client_as, url):
    assert client_as(Role.BOOKER).get(f"{url}/commitments").status_code == 403


def test_a_report_is_a_draft_until_sent_and_then_fixed(client_as, url, town, rolled_back):
    client = client_as(Role.SECRETARY)
    fields = REPORT | {"homes": "Espoo: 50\nKauniainen 5", "activity": "Leiri", "grants": ["culture"]}
    assert client.post(f"{url}/reports/2025", data=fields).status_code == 302
    assert row(rolled_back, ActivityReport).sent_at is None
    client.post(f"{url}/reports/2025", data=fields | {"send": "1"})
    entry = row(rolled_back, Organisation, id=town.organisation.id)
    assert (entry.members_total, entry.members_under_18, entry.members_resident) == (60, 30, 50)
    assert "grants" not in entry.facts
    again = client.post(f"{url}/reports/2025", data=fields | {"activity": "Toinen leiri"})
    assert again.status_code == 422
    assert row(rolled_back, ActivityReport).activity == "Leiri"


def test_grants_told_are_facts_once_the_staff_accepts_them_and_a_report_can_be_opened_again(
    client_as, url, town, rolled_back
):
    client, staff = client_as(Role.SECRETARY), client_as(Role.ADMINISTRATOR)
    client.post(f"{url}/reports/2025", data=REPORT | {"grants": ["culture"], "send": "1"})
    staff.post(f"{url}/reports/2025/accept")
    assert row(rolled_back, Organisation, id=town.organisation.id).facts["grants"] == ["culture"]
    staff.post(f"{url}/reports/2025/reopen", data={"why": "Jäsenmäärä puuttuu"})
    assert row(rolled_back, ActivityReport).sent_at is None
    assert "Jäsenmäärä puuttuu" in client.get(f"{url}/reports/2025").text
    assert "Jäsenmäärä puuttuu" in row(rolled_back, Letter, person_id=town.people[Role.SECRETARY].id).body


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"send": "1", "age_7_12": ""}, "Tell the members of every age group"),
        ({"homes": "Espoo paljon"}, "Write one municipality on each line"),
        ({"homes": "Espoo: 61"}, "more than the number of members"),
        ({"age_7_12": "-1"}, "cannot be negative"),
        ({"grants": ["lottery"]}, "Choose one of the choices"),
    ],
)
def test_a_report_that_makes_no_sense_says_why(client_as, url, change, words):
    answer = client_as(Role.SECRETARY).post(f"{url}/reports/2025", data=REPORT | change)
    assert answer.status_code == 422
    assert words in answer.text


def test_a_year_to_come_is_not_reported_yet(client_as, url):
    assert client_as(Role.SECRETARY).post(f"{url}/reports/2027", data=REPORT).status_code == 422


def test_a_role_for_one_team_reaches_its_bookings_only(client_as, url, town, rolled_back):
    newcomer = town.strangers[Role.AUDITOR]
    data = {"email": newcomer.email, "role": "booker", "first_on": "2026-11-24", "group": town.samples["group_ref"]}
    assert client_as(Role.SECRETARY).post(url, data=data).status_code == 302
    booking = f"/bookings/{town.occurrence.booking.ref}"
    assert client_as(newcomer).post(f"{booking}/cancel", data={"key": town.occurrence.key}).status_code == 403
    with rolled_back.begin() as session:
        team = session.scalars(select(Group).where(Group.ref == town.samples["group_ref"])).one()
        session.get_one(Booking, town.occurrence.booking_id).group_id = team.id
    assert client_as(newcomer).get(f"{booking}/cancel?key={town.occurrence.key}").status_code == 200


def test_the_person_learns_of_the_role_by_letter_and_may_give_it_up(client_as, url, town, rolled_back):
    newcomer = town.strangers[Role.AUDITOR]
    data = {"email": newcomer.email, "role": "key_holder", "first_on": "2026-11-24", "last_on": "2026-11-30"}
    client_as(Role.SECRETARY).post(url, data=data | {"last_clock": "21:30"})
    made = row(rolled_back, RoleGrant, person_id=newcomer.id, role="key_holder")
    assert made.ended_at == make.at("2026-11-30", "21:30")
    letter = row(rolled_back, Letter, person_id=newcomer.id)
    assert town.organisation.name in letter.subject
    assert "21.30" in letter.body
    assert client_as(newcomer).post(f"/me/roles/{made.ref}/decline").status_code == 302
    made = row(rolled_back, RoleGrant, person_id=newcomer.id, role="key_holder")
    assert (made.ended_at, made.ended_why) == (NOW, "declined")


def test_a_role_with_a_last_instant_can_still_be_ended_before_it(client_as, url, town, rolled_back):
    newcomer = town.strangers[Role.AUDITOR]
    data = {"email": newcomer.email, "role": "booker", "first_on": "2026-11-24", "last_on": "2026-11-30"}
    client = client_as(Role.SECRETARY)
    client.post(url, data=data | {"last_clock": "21:30"})
    made = row(rolled_back, RoleGrant, person_id=newcomer.id, role="booker", organisation_id=town.organisation.id)
    assert f"/roles/{made.ref}/end" in client.get(url).text
    client.post(f"{url}/roles/{made.ref}/end", data={"now": "1"})
    assert row(rolled_back, RoleGrant, id=made.id).ended_at == NOW


def test_nobody_gives_up_the_role_of_another(client_as, town):
    assert client_as(Role.BOOKER).post(f"/me/roles/{town.samples['grant_ref']}/decline").status_code == 404


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"last_clock": "21:00"}, "This is needed"),
        ({"role": "secretary", "group": "GROUP"}, "for the whole organisation"),
        ({"last_on": "2026-11-24", "last_clock": "11:00"}, "last day is before the first"),
        ({"first_on": "2027-03-28", "first_clock": "03:30"}, "does not exist on that day"),
    ],
)
def test_a_role_with_times_that_make_no_sense_says_why(client_as, url, town, change, words):
    data = {"email": town.strangers[Role.AUDITOR].email, "role": "booker", "first_on": "2026-11-24"} | change
    if "group" in data:
        data["group"] = town.samples["group_ref"]
    answer = client_as(Role.SECRETARY).post(url, data=data)
    assert answer.status_code == 422
    assert words in answer.text


def test_a_role_ended_at_once_opens_no_page_in_the_same_minute_and_its_times_go_to_another(
    client_as, url, town, rolled_back, clock
):
    """Acceptance DA36, on the pages; P1 for who leaves."""
    own = row(rolled_back, RoleGrant, person_id=town.booker.id, organisation_id=town.organisation.id)
    client_as(Role.SECRETARY).post(f"{url}/roles/{own.ref}/end", data={"now": "1"})
    assert client_as(Role.BOOKER).get("/book").status_code == 200
    assert town.organisation.name not in client_as(Role.BOOKER).get("/book").text
    booking = row(rolled_back, Booking, id=town.occurrence.booking_id)
    assert booking.holder_id != town.booker.id
    letter = row(rolled_back, Letter, person_id=booking.holder_id)
    assert "has left the organisation" in letter.body or "lähtenyt järjestöstä" in letter.body


def test_groups_are_added_changed_and_ended_with_their_roles(client_as, url, town, rolled_back):
    client = client_as(Role.SECRETARY)
    fields = {"name": "Seikkailijat", "age_group": "children", "contact": town.booker.ref}
    assert client.post(f"{url}/groups", data=fields).status_code == 302
    made = row(rolled_back, Group, name="Seikkailijat")
    assert made.contact_id == town.booker.id
    assert "group of this name" in client.post(f"{url}/groups", data=fields).text
    assert f'value="{town.booker.ref}" selected' in client.get(f"{url}/groups/{made.ref}").text
    client.post(f"{url}/groups/{made.ref}", data=fields | {"name": "Tarpojat", "contact": ""})
    keyed = town.strangers[Role.AUDITOR]
    give = {"email": keyed.email, "role": "key_holder", "first_on": "2026-11-24", "group": made.ref}
    client.post(url, data=give)
    client.post(f"{url}/groups/{made.ref}/end")
    assert row(rolled_back, Group, id=made.id).ended_on == date(2026, 11, 24)
    assert row(rolled_back, RoleGrant, person_id=keyed.id, group_id=made.id).ended_why == "group"


def test_an_umbrella_lists_its_members_and_no_ring_comes_about(client_as, url, town, rolled_back):
    with rolled_back.begin() as session:
        club = make.organisation(session, name="Pikkukerho ry")
    client = client_as(Role.SECRETARY)
    fields = {"member": club.ref, "first_on": "2026-11-01"}
    assert client.post(f"{url}/members", data=fields).status_code == 302
    assert "Pikkukerho ry" in client_as(Role.BOOKER).get(url).text
    assert town.organisation.name in client_as(Role.BOOKER).get(f"/organisations/{club.ref}").text
    back = {"member": town.organisation.ref, "first_on": "2026-11-01"}
    answer = client_as(Role.ADMINISTRATOR).post(f"/organisations/{club.ref}/members", data=back)
    assert "cannot belong to itself" in answer.text


def test_merging_shows_what_moves_and_the_old_address_leads_on(client_as, url, town, rolled_back):
    with rolled_back.begin() as session:
        stays = make.organisation(session, name="Kuusikon Kiipijät", kind="area_group")
    client = client_as(Role.ADMINISTRATOR)
    asked = {"gone": town.organisation.ref, "stays": stays.ref}
    page = client.get("/register-desk/merge", query_string=asked).text
    assert "bookings" in page
    assert client.post("/register-desk/merge", data=asked).status_code == 302
    assert client.get(url).headers["Location"].endswith(stays.ref)
    assert row(rolled_back, Booking, id=town.occurrence.booking_id).organisation_id == stays.id
    assert 'Look at merging them<span class="vh">: Kuusikon' not in client.get("/register-desk").text


def test_two_numbers_stop_a_merge_until_somebody_is_sure(client_as, town, rolled_back):
    with rolled_back.begin() as session:
        stays = make.organisation(session, name="Kuusikon Kiipijat", registration_number="123.123")
    client = client_as(Role.ADMINISTRATOR)
    asked = {"gone": town.organisation.ref, "stays": stays.ref}
    assert "different numbers" in client.post("/register-desk/merge", data=asked).text
    assert client.post("/register-desk/merge", data=asked | {"sure": "1"}).status_code == 302


def test_a_file_is_looked_at_and_then_taken_in_with_its_faults_left_out(client_as, town, rolled_back):
    client = client_as(Role.ADMINISTRATOR)
    text = "Nimi;Laji;Rekisterinumero;Kotipaikka\nUusi Kerho ry;ry;123.123;Espoo\nVirhe ry;ry;12345678;Espoo\n"
    sent = client.post("/register-desk/import", data={"file": (io.BytesIO(text.encode()), "y.csv")})
    assert sent.status_code == 302
    page = client.get(sent.headers["Location"]).text
    assert "Uusi Kerho ry" in page
    assert "not a valid number in the register" in page
    assert row(rolled_back, Organisation, name="Uusi Kerho ry") is None
    assert client.post(sent.headers["Location"]).status_code == 302
    assert row(rolled_back, Organisation, name="Uusi Kerho ry").registration_number == "123.123"
    assert row(rolled_back, RegisterImport).content == b""
    assert client.post(sent.headers["Location"]).status_code == 409


@pytest.mark.parametrize(("name", "words"), [("y.pdf", "Only CSV, XLSX and JSON"), ("y.csv", "no head that we know")])
def test_a_file_that_cannot_be_read_says_why(client_as, town, name, words):
    answer = client_as(Role.ADMINISTRATOR).post("/register-desk/import", data={"file": (io.BytesIO(b"a;b\n"), name)})
    assert answer.status_code == 422
    assert words in answer.text
    assert client_as(Role.ADMINISTRATOR).post("/register-desk/import").status_code == 422


def test_the_register_goes_out_as_a_file_that_comes_in_again_unchanged(client_as, town, rolled_back):
    with rolled_back.begin() as session:
        make.organisation(session, name="=SUMMA(A1)", kind="area_group")
    answer = client_as(Role.MANAGER).get("/register-desk/organisations.csv")
    assert answer.data.startswith(b"\xef\xbb\xbfname;kind;")
    assert b"'=SUMMA(A1)" in answer.data
    client = client_as(Role.ADMINISTRATOR)
    sent = client.post("/register-desk/import", data={"file": (io.BytesIO(answer.data), "out.csv")})
    assert "already says everything" in client.get(sent.headers["Location"]).text
    book = load_workbook(io.BytesIO(client_as(Role.MANAGER).get("/register-desk/organisations.xlsx").data))
    assert book.active["A1"].value == "name"


def test_the_desk_lists_what_waits_and_what_runs_out(client_as, town, rolled_back):
    page = client_as(Role.MANAGER).get("/register-desk").text
    assert "Extract from the register" in page
    with rolled_back.begin() as session:
        made = proofs.by_ref(session, town.samples["proof_ref"])
        proofs.check(session, made, by=town.booker.id, now=NOW, valid_until=date(2026, 11, 1))
    assert "has run out" in client_as(Role.MANAGER).get("/register-desk").text
    assert client_as(Role.BOOKER).get("/register-desk").status_code == 403


def test_a_manager_names_a_new_holder_where_nobody_was_left(client_as, town, rolled_back):
    with rolled_back.begin() as session:
        for grant in session.scalars(select(RoleGrant).where(RoleGrant.person_id == town.booker.id)):
            grant.ended_at, grant.last_on = NOW, date(2026, 11, 24)
    client = client_as(Role.MANAGER)
    assert town.occurrence.booking.title in client.get("/register-desk/holders").text
    booking = town.occurrence.booking.ref
    keyed = town.people[Role.KEY_HOLDER]
    assert client.post(f"/register-desk/holders/{booking}", data={"holder": "nobody"}).status_code == 422
    assert client.post(f"/register-desk/holders/{booking}", data={"holder": keyed.ref}).status_code == 302
    assert row(rolled_back, Booking, ref=booking).holder_id == keyed.id


def test_a_dissolved_association_releases_its_times_and_the_holder_gets_a_letter(client_as, url, town, rolled_back):
    """Acceptance P2."""
    client = client_as(Role.ADMINISTRATOR)
    client.post(f"{url}/dissolve", data={"dissolved_on": "2026-11-24"})
    assert row(rolled_back, Organisation, id=town.organisation.id).dissolved_on is None
    client.post(f"{url}/dissolve", data={"dissolved_on": "2026-11-24", "sure": "1"})
    assert row(rolled_back, type(town.occurrence), id=town.occurrence.id).reason == "dissolved"
    letter = row(rolled_back, Letter, person_id=town.booker.id)
    assert "purkautunut" in letter.body
    assert "dissolved on" in client.get("/organisations").text


def test_the_switch_says_which_roles_one_has_where(client_as, town, rolled_back):
    with rolled_back.begin() as session:
        other = make.organisation(session, name="Toinen kerho ry")
        make.role(session, session.get_one(Person, town.booker.id), Role.PAYER, organisation_id=other.id)
    page = client_as(Role.BOOKER).get("/acting-for").text
    assert "Toinen kerho ry" in page
    assert "(payer)" in page
