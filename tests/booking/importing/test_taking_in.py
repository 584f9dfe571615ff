"""Files taken into the register: shown first, faults named by row and column, and done once only."""

from __future__ import annotations

import io
import json
from datetime import date

import pytest
from openpyxl import Workbook
from sqlalchemy import select

from booking.acts import ActKind, told
from booking.importing.layout import FileFault, read
from booking.importing.plan import ChangeKind, plan
from booking.importing.taking_in import confirm, keep, planned_of, preview
from booking.models import Organisation
from booking.refusals import BadInput, NotNow
from tests import make

TODAY = date(2026, 11, 24)
HEAD = "Nimi;Laji;Rekisterinumero;Y-tunnus;Kotipaikka;Jäseniä"
GOOD = f"{HEAD}\nMetsän Menijät ry;ry;123.123;;Espoo;80\nTepsutus Oy;oy;;2077474-0;Espoo;\n"


def planned(session, text, name="yhdistykset.csv"):
    return planned_of(session, name, text.encode())


def done(session, text, now):
    by = make.person(session).id
    return confirm(session, keep(session, "a.csv", text.encode(), by=by, now=now), by=by, now=now, today=TODAY)


def entry(session, name):
    return session.scalar(select(Organisation).where(Organisation.name == name))


def test_nothing_is_changed_before_it_is_confirmed(session, now):
    row = keep(session, "a.csv", GOOD.encode(), by=make.person(session).id, now=now)
    assert preview(session, row).count(ChangeKind.NEW) == 2
    assert entry(session, "Metsän Menijät ry") is None


def test_new_entries_come_with_checked_numbers_and_our_own_kinds(session, now):
    assert done(session, GOOD, now).new == 2
    made = entry(session, "Metsän Menijät ry")
    assert (made.kind, made.registration_number, made.domicile, made.members_total) == (
        "association",
        "123.123",
        "Espoo",
        80,
    )
    assert entry(session, "Tepsutus Oy").business_id == "2077474-0"
    assert [act.kind for act in told(session)].count(ActKind.REGISTER_IMPORTED) == 1


def test_the_same_file_again_changes_nothing(session, now):
    done(session, GOOD, now)
    again = planned(session, GOOD)
    assert again.empty
    assert [change.kind for change in again.changes] == [ChangeKind.SAME, ChangeKind.SAME]


def test_a_known_number_changes_the_entry_even_under_another_name(session, now):
    known = make.organisation(session, name="Vanha nimi ry", registration_number="123.123")
    (change,) = planned(session, f"{HEAD}\nUusi nimi ry;;123123;;;\n").changes
    assert (change.ref, change.fields) == (known.ref, {"name": ("Vanha nimi ry", "Uusi nimi ry")})


def test_an_empty_cell_takes_nothing_away(session, now):
    make.organisation(session, name="Metsän Menijät ry", registration_number="123.123", members_total=70)
    done(session, f"{HEAD}\nMetsän Menijät ry;;;;Kauniainen;\n", now)
    made = entry(session, "Metsän Menijät ry")
    assert (made.domicile, made.members_total) == ("Kauniainen", 70)


@pytest.mark.parametrize(
    ("line", "column", "problem"),
    [
        ("Menijät ry;ry;12345678;;Espoo;", "registration_number", "registration_number"),
        ("Menijät ry;ry;;;Espoo;", "registration_number", "number_needed"),
        ("Tepsutus;oy;;2077474-1;Espoo;", "business_id", "business_id"),
        ("Menijät;keisarikunta;;;Espoo;", "kind", "not_one_of"),
        ("Menijät;;;;Espoo;", "kind", "missing"),
        (";ry;123.123;;Espoo;", "name", "missing"),
        ("Menijät ry;ry;123.123;;Espoo;monta", "members_total", "not_a_number"),
        (f"{'x' * 201};ry;123.123;;Espoo;", "name", "too_long"),
    ],
)
def test_a_fault_is_named_by_row_and_column_and_the_other_rows_are_good(session, line, column, problem):
    found = planned(session, f"{HEAD}\nRyhmä;ryhmä;;;Espoo;\n{line}\n")
    assert [(one.row, one.column, one.problem) for one in found.faults] == [(3, column, problem)]
    assert [change.row for change in found.changes] == [2]


def test_an_organisation_stands_in_a_file_once(session):
    found = planned(session, f"{HEAD}\nA ry;ry;123.123;;Espoo;\nB ry;ry;123123;;Espoo;\n")
    assert [(one.row, one.problem, one.found) for one in found.faults] == [(3, "row_twice", "2")]


def test_a_row_whose_numbers_belong_to_two_entries_is_for_a_person_to_look_at(session):
    make.organisation(session, name="A ry", registration_number="123.123")
    make.organisation(session, name="B ry", business_id="2077474-0")
    found = planned(session, f"{HEAD}\nA ry;;123.123;2077474-0;;\n")
    assert [(one.column, one.problem) for one in found.faults] == [("business_id", "two_entries")]


def test_a_name_that_several_have_is_not_guessed(session):
    for _ in range(2):
        make.organisation(session, name="Kerho", kind="area_group")
    assert [one.problem for one in planned(session, f"{HEAD}\nKerho;;;;Espoo;\n").faults] == ["name_of_several"]


def test_the_register_that_changed_since_the_preview_is_looked_at_again(session, now):
    by = make.person(session).id
    row = keep(session, "a.csv", GOOD.encode(), by=by, now=now)
    make.organisation(session, name="Metsän Menijät ry", registration_number="123.123")
    with pytest.raises(NotNow) as no:
        confirm(session, row, by=by, now=now, today=TODAY)
    assert no.value.facts["reason"] == "register_changed"
    assert preview(session, row).count(ChangeKind.NEW) == 1
    assert confirm(session, row, by=by, now=now, today=TODAY).new == 1
    with pytest.raises(NotNow):
        confirm(session, row, by=by, now=now, today=TODAY)


def test_a_sheet_of_a_spreadsheet_is_read_like_a_csv(session):
    book = Workbook()
    book.active.append(["Namn", "Slag", "Registernummer", "Registrerad", "Medlemmar"])
    book.active.append(["Skogens Gångare rf", "rf", "123.123", date(1999, 5, 4), 80.0])
    file = io.BytesIO()
    book.save(file)
    (change,) = plan(session, read("register.XLSX", file.getvalue())).changes
    assert (change.entry.kind, change.entry.members_total, change.registered_on) == (
        "association",
        80,
        date(1999, 5, 4),
    )


def test_a_file_of_the_register_marks_the_dissolved_and_releases_their_times(session, now):
    club = make.organisation(session, name="Loppuneet ry", business_id="2077474-0")
    time = make.occurrence(session, make.space(session), make.span("2026-11-25", "18:00", "19:00"), whose=club)
    told_by = {"businessId": "2077474-0", "name": "Loppuneet ry", "dissolvedOn": "2026-11-20", "form": "ry"}
    club.registration_number = "123.123"
    by = make.person(session).id
    row = keep(session, "prh.json", json.dumps({"companies": [told_by]}).encode(), by=by, now=now)
    assert preview(session, row).count(ChangeKind.DISSOLVED) == 1
    made = confirm(session, row, by=by, now=now, today=TODAY)
    assert (made.dissolved, [one.rows for one in made.released]) == (1, [(time,)])
    assert (club.dissolved_on, time.state) == (date(2026, 11, 20), "cancelled")
    assert planned_of(session, "prh.json", json.dumps([told_by]).encode()).empty


def test_the_shape_of_the_open_interface_is_understood(session):
    company = {
        "businessId": {"value": "2077474-0", "registrationDate": "2006-12-01"},
        "names": [
            {"name": "Vanha Oy", "type": "1", "endDate": "2019-01-01"},
            {"name": "Aputoiminimi", "type": "3"},
            {"name": "Tepsutus Oy", "type": "1"},
        ],
        "companyForms": [{"type": "16"}],
        "addresses": [{"postOffices": [{"city": "ESPOO", "languageCode": "1"}]}],
        "registrationDate": "2006-12-01",
    }
    (change,) = plan(session, read("ytj.json", json.dumps({"companies": [company]}).encode())).changes
    made = change.entry
    assert (made.name, made.kind, made.domicile, made.business_id) == ("Tepsutus Oy", "company", "Espoo", "2077474-0")
    assert change.registered_on == date(2006, 12, 1)


@pytest.mark.parametrize(
    ("name", "content", "problem"),
    [
        ("a.pdf", b"%PDF", "file_kind"),
        ("a.csv", b"Puhelin;Osoite\n1;2\n", "no_columns"),
        ("a.csv", b"", "no_columns"),
        ("a.csv", b"Nimi;Namn\na;b\n", "column_twice"),
        ("a.xlsx", b"not a zip", "not_xlsx"),
        ("a.json", b"{", "not_json"),
        ("a.json", b'{"rows": []}', "no_companies"),
        ("a.csv", b"Nimi\n" + b"x\n" * 5001, "too_many_rows"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_as_a_whole(session, now, name, content, problem):
    with pytest.raises(FileFault) as fault:
        read(name, content)
    assert fault.value.problem == problem
    with pytest.raises(BadInput):
        keep(session, name, content, by=make.person(session).id, now=now)


@pytest.mark.parametrize("coding", ["utf-8", "utf-8-sig", "cp1252"])
@pytest.mark.parametrize("sign", [";", ",", "\t"])
def test_letters_and_separators_of_all_spreadsheets_are_understood(session, coding, sign):
    text = GOOD.replace(";", sign)
    assert [row.cells["name"] for row in read("a.csv", text.encode(coding)).rows] == [
        "Metsän Menijät ry",
        "Tepsutus Oy",
    ]


def test_a_guarded_formula_of_our_own_export_comes_back_as_it_was():
    assert read("a.csv", b"Nimi\n'=SUMMA(A1)\n").rows[0].cells["name"] == "=SUMMA(A1)"
