"""Rules written, decided and tried in the browser, without scripts."""

from __future__ import annotations

import re
from datetime import date

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session, sessionmaker

from booking.roles import Role
from booking.rulemaking import drafts, trials
from booking.versions.known import books
from booking.versions.models import RulebookVersion
from booking.versions.written import SCHEMA
from tests import make
from tests.web.conftest import ClientAs
from tests.web.town import NOW, Clock, Town
from web.rule_faults import fault_said
from web.rule_sheets import tables
from web.rule_words import field_name, table_name, value_name


@pytest.fixture
def ref(town: Town) -> str:
    return town.samples["version_ref"]


@pytest.fixture
def manager(client_as: ClientAs) -> FlaskClient:
    return client_as(Role.MANAGER)


@pytest.fixture
def second(rolled_back: sessionmaker[Session], client_as: ClientAs) -> FlaskClient:
    """Another manager, of all premises."""
    with rolled_back.begin() as session:
        someone = make.person(session, "Toinen Vastaava")
        make.role(session, someone, Role.MANAGER)
    return client_as(someone)


def version(rolled_back: sessionmaker[Session], ref: str) -> RulebookVersion:
    with rolled_back() as session:
        found = drafts.version_of(session, ref)
        session.expunge_all()
        return found


def rows(rolled_back: sessionmaker[Session], ref: str, table: str) -> list[dict[str, object]]:
    found: list[dict[str, object]] = drafts.document_of(version(rolled_back, ref))[table]
    return found


def test_the_rules_in_force_are_read_by_everybody_with_conditions_in_words(client_as: ClientAs) -> None:
    page = client_as(None).get("/rules/espoo-2025-01").text
    assert "kind of applicant: registered association" in page
    assert "Lautakunta 23.1.2025 § 4" in page
    assert "gym-under-20" in client_as(None).get("/rules/espoo-2025-01/difference").text


def test_the_rules_of_one_kind_of_premises_leave_out_those_of_others(client_as: ClientAs) -> None:
    page = client_as(None).get("/rules/espoo-2025-01?kind=resident_park").text
    assert "school-not-political" not in page
    assert "rate-early-reduced-single" in page


@pytest.mark.parametrize("language", ["fi", "sv"])
def test_a_rulebook_is_printed_in_finnish_and_swedish(client_as: ClientAs, language: str) -> None:
    page = client_as(None, language=language).get("/rules/espoo-2025-01/print").text
    assert f'<html lang="{language}">' in page
    assert {"fi": "Kuka on etusijalla", "sv": "Vem som kommer först"}[language] in page


def test_the_file_of_a_version_can_be_read_in_again_as_a_draft(manager: FlaskClient) -> None:
    text = manager.get("/rules/espoo-2025-01/file").text.replace('version = "2025-01"', 'version = "2027-02"')
    answer = manager.post("/rulemaking/new", data={"text": text}, follow_redirects=True)
    assert "espoo-2027-02" in answer.text
    assert "mended before review" not in answer.text


def test_a_request_in_the_address_is_answered_by_two_versions_beside_each_other(client_as: ClientAs) -> None:
    asked = (
        "/rules/try?book=espoo-2025-01&other=espoo-2019-08&applicant.kind=arts_institute&activity.purpose=hobby"
        "&space.kind=gym&space.premises_kind=school&time.booking_type=single&time.start=2027-01-12T18:00"
        "&time.end=2027-01-12T20:00"
    )
    page = client_as(None).get(asked).text
    assert "gym-arts-education" in page
    assert "p1-arts-education" in page


def test_a_request_that_cannot_be_read_is_told_in_words_and_nothing_breaks(client_as: ClientAs) -> None:
    for told in ("audience.total=many", "json=%7B", "time.start=2027-01-12T18:00", "applicant.kind=wizard"):
        answer = client_as(None).get(f"/rules/try?{told}")
        assert answer.status_code == 200
        assert "This cannot be answered" in answer.text


def test_a_row_of_a_draft_leads_staff_to_its_form_and_others_nowhere(
    client_as: ClientAs, ref: str, manager: FlaskClient
) -> None:
    here = "/rules/espoo-2027-01/p5-other?table=priority"
    assert manager.get(here).headers["Location"] == f"/rulemaking/{ref}/tables/priority/p5-other"
    assert client_as(None).get(here).status_code == 404


def test_a_draft_is_tried_by_staff_and_by_nobody_else(client_as: ClientAs, ref: str, manager: FlaskClient) -> None:
    assert client_as(None).get(f"/rules/try?book={ref}").status_code == 404
    assert manager.get(f"/rules/try?book={ref}&applicant.kind=association").status_code == 200


@pytest.mark.parametrize("table", tables())
def test_every_table_has_its_page_and_a_form_for_a_new_row(manager: FlaskClient, ref: str, table: str) -> None:
    assert manager.get(f"/rulemaking/{ref}/tables/{table}").status_code == 200
    assert manager.get(f"/rulemaking/{ref}/add/{table}").status_code == 200


def test_a_row_is_added_moved_changed_and_removed(
    manager: FlaskClient, ref: str, rolled_back: sessionmaker[Session]
) -> None:
    typed = {"id": "sport-first", "class": "1", "decision": "§ 7", "source": "E15"}
    typed |= {"text.fi": "Liikunta ensin.", "text.sv": "Idrott först.", "scope.space_kind": "gym"}
    manager.post(f"/rulemaking/{ref}/add/priority", data=typed)
    added = rows(rolled_back, ref, "priority")[-1]
    assert added["scope"] == {"space_kind": ["gym"]}
    assert added["text"] == {"fi": "Liikunta ensin.", "sv": "Idrott först."}
    manager.post(f"/rulemaking/{ref}/tables/priority", data={"act": "up:sport-first"})
    assert rows(rolled_back, ref, "priority")[-2]["id"] == "sport-first"
    manager.post(f"/rulemaking/{ref}/tables/priority/sport-first", data=typed | {"id": "sport", "class": "2"})
    assert [row["class"] for row in rows(rolled_back, ref, "priority") if row["id"] == "sport"] == ["2"]
    manager.post(f"/rulemaking/{ref}/tables/priority", data={"act": "remove:sport"})
    assert "sport" not in {row["id"] for row in rows(rolled_back, ref, "priority")}


def test_what_is_wrong_is_told_with_row_and_field_in_words(manager: FlaskClient, ref: str) -> None:
    typed = {"id": "no-source", "class": "1", "decision": "§ 7", "text.fi": "Liikunta ensin."}
    page = manager.post(f"/rulemaking/{ref}/add/priority", data=typed, follow_redirects=True).text
    assert "Who comes first: no-source: Source: is missing" in page
    assert "Who comes first: no-source: The rule in words: In Swedish: is missing" in page
    answer = manager.post(f"/rulemaking/{ref}", data={"step": "send", "decision": "§ 7"})
    assert answer.status_code == 422


def test_a_row_saved_as_it_was_shown_is_the_row_it_was(
    manager: FlaskClient, ref: str, rolled_back: sessionmaker[Session]
) -> None:
    for table in ("exclusions", "priority", "price", "rates", "obligations"):
        for row in rows(rolled_back, ref, table)[:4]:
            page = manager.get(f"/rulemaking/{ref}/tables/{table}/{row['id']}").text
            manager.post(f"/rulemaking/{ref}/tables/{table}/{row['id']}", data=typed_in(page))
            kept = next(one for one in rows(rolled_back, ref, table) if one["id"] == row["id"])
            assert kept == row


def typed_in(page: str) -> dict[str, list[str]]:
    """What a browser would send of the page's last form."""
    import html

    form = page[page.rindex('<form class="form"') :]
    sent: dict[str, list[str]] = {}
    for name, text in re.findall(r'<textarea[^>]* name="([^"]+)"[^>]*>(.*?)</textarea>', form, re.DOTALL):
        sent.setdefault(name, []).append(html.unescape(text))
    for name, inner in re.findall(r'<select[^>]* name="([^"]+)"[^>]*>(.*?)</select>', form, re.DOTALL):
        sent.setdefault(name, []).extend(re.findall(r'value="([^"]*)" selected', inner))
    for tag in re.findall(r"<input[^>]*>", form):
        name, value = re.search(r'name="([^"]+)"', tag), re.search(r'value="([^"]*)"', tag)
        if name and value and ("checkbox" not in tag or "checked" in tag):
            sent.setdefault(name[1], []).append(html.unescape(value[1]))
    return {name: values for name, values in sent.items() if values}


def when(rolled_back: sessionmaker[Session], ref: str) -> object:
    return next(row.get("when") for row in rows(rolled_back, ref, "priority") if row["id"] == "p5-other")


def test_a_condition_is_built_sentence_by_sentence(
    manager: FlaskClient, ref: str, rolled_back: sessionmaker[Session]
) -> None:
    here = f"/rulemaking/{ref}/tables/priority/p5-other/when"
    steps: list[tuple[dict[str, object], object]] = [
        (
            {"act": "add:", "fact": "applicant.kind"},
            {"fact": "applicant.kind", "is": "in", "value": ["association"]},
        ),
        (
            {"act": "leaf:", "is": "in", "value": ["association", "foundation"]},
            {"fact": "applicant.kind", "is": "in", "value": ["association", "foundation"]},
        ),
    ]
    for sent, expected in steps:
        assert manager.post(here, data=sent).status_code == 302
        assert when(rolled_back, ref) == expected
    manager.post(here, data={"act": "add:", "fact": "share"})
    typed = {"share": "audience.under_18", "of": "audience.total", "is": ">", "value": "1/2", "not_told": "no"}
    manager.post(here, data={"act": "leaf:1"} | typed)
    kind = {"fact": "applicant.kind", "is": "in", "value": ["association", "foundation"]}
    assert when(rolled_back, ref) == {"all": [kind, typed]}
    page = manager.get(f"/rulemaking/{ref}/tables/priority").text
    assert "people under 18: more than half (out of: people)" in page
    manager.post(here, data={"act": "not:0"})
    manager.post(here, data={"act": "remove:1"})
    assert when(rolled_back, ref) == {"all": [{"not": kind}]}
    manager.post(here, data={"act": "remove:"})
    assert when(rolled_back, ref) is None


def test_a_condition_as_text_is_read_or_refused_with_where_it_breaks(
    manager: FlaskClient, ref: str, rolled_back: sessionmaker[Session]
) -> None:
    here = f"/rulemaking/{ref}/tables/priority/p5-other/when"
    manager.post(here, data={"act": "text:", "text": '{ fact = "audience.total", is = ">", value = 20 }'})
    assert when(rolled_back, ref) == {"fact": "audience.total", "is": ">", "value": 20}
    answer = manager.post(here, data={"act": "text:", "text": "{ fact = "})
    assert answer.status_code == 422
    assert "This cannot be read" in answer.text


def test_somebody_elses_change_meanwhile_is_not_overwritten(manager: FlaskClient, ref: str) -> None:
    manager.post(f"/rulemaking/{ref}/tables/priority", data={"act": "up:p5-other", "revision": "1"})
    answer = manager.post(f"/rulemaking/{ref}/tables/priority", data={"act": "up:p5-other", "revision": "1"})
    assert answer.status_code == 409
    assert "Somebody else has changed the draft" in answer.text


def test_a_second_person_approves_and_the_version_is_in_force_from_its_day(
    manager: FlaskClient, second: FlaskClient, ref: str, rolled_back: sessionmaker[Session], client_as: ClientAs
) -> None:
    manager.post(f"/rulemaking/{ref}", data={"step": "send", "decision": "Lautakunta 2.12.2026 § 7"})
    stopped = manager.post(f"/rulemaking/{ref}", data={"step": "approve"}, follow_redirects=True)
    assert stopped.status_code in {200, 403}
    done = second.post(f"/rulemaking/{ref}", data={"step": "approve"}, follow_redirects=True)
    assert "Approved" in done.text
    with rolled_back() as session:
        assert "espoo-2027-01" in {book.id for book in books(session)}
    assert client_as(None).get("/rules/espoo-2027-01/p5-other").status_code == 200
    assert "Lautakunta 2.12.2026 § 7" in client_as(None).get("/rules/espoo-2027-01").text
    assert "to come" in client_as(None).get("/rules").text


def test_who_does_not_manage_every_premises_of_the_family_does_not_decide(
    client_as: ClientAs, ref: str, manager: FlaskClient
) -> None:
    manager.post(f"/rulemaking/{ref}", data={"step": "send", "decision": "§ 7"})
    answer = client_as(Role.MANAGER, stranger=True).post(f"/rulemaking/{ref}", data={"step": "approve"})
    assert answer.status_code == 403


def test_a_trial_shows_its_progress_then_who_moves_and_a_table_for_spreadsheets(
    manager: FlaskClient, ref: str, rolled_back: sessionmaker[Session]
) -> None:
    days = {"first_on": "2026-11-01", "last_on": "2026-11-30"}
    asked = manager.post(f"/rulemaking/{ref}/whatif", data=days)
    here = asked.headers["Location"]
    assert "Waits for its turn" in manager.get(here).text
    while trials.go_on(rolled_back, NOW):
        pass
    page = manager.get(here).text
    assert "Kuusikon Kiipijät ry" in page
    table = manager.get(f"{here}/csv").text
    assert table.startswith("\ufefforganisation;premises;district;")
    assert "Kuusikon Kiipijät ry" in table


def test_a_trial_can_be_stopped(manager: FlaskClient, ref: str) -> None:
    asked = manager.post(f"/rulemaking/{ref}/whatif", data={"first_on": "2026-11-01", "last_on": "2026-11-30"})
    page = manager.post(f"{asked.headers['Location']}/cancel", follow_redirects=True).text
    assert "stopped" in page


def test_tables_fields_and_words_of_a_document_have_names_for_people(app: object) -> None:
    """What the language got only lately may stand as it is written for a while, but not much of it."""
    from web.app import Flask

    assert isinstance(app, Flask)
    with app.test_request_context():
        nameless = [table for table in tables() if table_name(table) == table]
        nameless += sorted({name for name in named_fields() if field_name(name) == name} - {"id"})
        nameless += [word for name, word in sorted(words()) if value_name(name, word) == word]
    assert not nameless, nameless


def named_fields() -> set[str]:
    from web.rule_forms import schema_of

    found = set()
    for table in tables():
        schema = schema_of(table)
        found |= {field.data_key or name for name, field in schema.fields.items()} if schema else set()
    return found


def words() -> set[tuple[str, str]]:
    from web.rule_forms import schema_of, words_in

    found = set()
    for table in tables():
        schema = schema_of(table)
        for name, field in schema.fields.items() if schema else ():
            found |= {(field.data_key or name, word) for word in words_in(getattr(field, "inner", None) or field)}
    return found


def test_a_fault_is_said_in_the_words_of_the_page(app: object) -> None:
    from web.app import Flask

    assert isinstance(app, Flask)
    with app.test_request_context():
        assert fault_said("rates: rate-free: unit: missing") == "Hinnat: rate-free: Yksikkö: puuttuu"
        assert fault_said('p5: class: unknown "0"; known: 1, 2') == "p5: Luokka: ”0” ei ole tunnettu"


def test_the_schema_has_the_tables_that_pages_show() -> None:
    assert {"priority", "rates", "limits", "sources", "invoicing"} <= set(SCHEMA.fields)


def test_only_its_maker_and_staff_see_a_draft(client_as: ClientAs, ref: str, town: Town, clock: Clock) -> None:
    assert client_as(Role.BOOKER).get(f"/rulemaking/{ref}").status_code == 403
    assert client_as(Role.AUDITOR).get(f"/rulemaking/{ref}").status_code == 200
    assert client_as(Role.AUDITOR).post(f"/rulemaking/{ref}", data={"step": "send"}).status_code == 403


def test_a_draft_begins_from_a_version_and_a_name_taken_is_told(manager: FlaskClient, ref: str) -> None:
    typed = {"based_on": "espoo-2025-01", "version": "2028-01", "valid_from": date(2028, 1, 1).isoformat()}
    assert manager.post("/rulemaking/new", data=typed).status_code == 302
    again = manager.post("/rulemaking/new", data=typed)
    assert again.status_code == 422
    assert "There is a version of that name already" in again.text


def test_a_disqualified_manager_is_stopped_and_it_is_seen(
    rolled_back: sessionmaker[Session], second: FlaskClient, manager: FlaskClient, ref: str
) -> None:
    manager.post(f"/rulemaking/{ref}", data={"step": "send", "decision": "§ 7"})
    second.post(f"/rulemaking/{ref}", data={"step": "disclose", "reason": "Lapseni seura"})
    page = second.post(f"/rulemaking/{ref}", data={"step": "approve"}, follow_redirects=True).text
    assert "You have said that you are disqualified" in page
    assert "Kept from deciding" in page
