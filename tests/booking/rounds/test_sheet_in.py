"""Sections from a spreadsheet, with every fault told by row and column."""

from __future__ import annotations

import pytest

from booking.refusals import BadInput
from booking.rounds import applying, sheet_in
from booking.rounds.offered import offered
from booking.sheets import as_csv, as_xlsx
from tests import make
from tests.booking.rounds import make_rounds
from tests.make import HELSINKI

HEADS = "Ryhmä;Toiminta;Henkilöitä;Kertoja viikossa;Vähintään min;Enintään min;Ajat;Tilat;Ikäryhmä;Outo"


@pytest.fixture
def gym(session):
    house = make.premises(session, name_fi="Satulan koulu", district="Satula")
    return make.space(session, house, name_fi="Liikuntasali", name_sv="Gymnastiksalen", capacity=60)


@pytest.fixture
def application(session, gym, now):
    period = {
        "key": "p1",
        "name": "Alkukevät",
        "name_sv": "Förvåren",
        "first_on": "2027-01-11",
        "last_on": "2027-03-01",
    }
    row = make_rounds.a_round(session, spaces=[gym], periods=[period])
    someone = make.person(session)
    return applying.start(session, row, make.organisation(session), contact=someone.id, by=someone.id, now=now)


def planned(session, application, *rows, heads=HEADS):
    lines = sheet_in.lines_of("ryhmät.csv", "\r\n".join((heads, *rows)).encode("utf-8-sig"))
    return sheet_in.plan(session, application, lines)


def test_rows_become_sections_in_their_order(session, application, gym, now):
    found = planned(
        session,
        application,
        'T11;liikunta;20;2;60;90;"ti 17–20, to 18.30-24 (myös)";"Gymnastiksalen";lapset ja nuoret;?',
        "Kuoro;sport;24;1;120;;ma 18-21;Satula;;",
    )
    assert (found.faults, found.unknown) == ((), ("Outo",))
    assert sheet_in.take_in(session, application, found, by=application.made_by, now=now) == 2
    one, two = applying.application_of(session, application.ref).sections
    assert [(w.weekday, w.start_min, w.end_min, w.preference) for w in one.windows] == [
        (1, 1020, 1200, 1),
        (3, 1110, 1440, 2),
    ]
    assert (one.purpose, one.events, one.options[0].space.ref, one.audience) == (
        "sport",
        2,
        gym.ref,
        {"group": "children"},
    )
    assert (two.max_minutes, two.options[0].district) == (120, "Satula")


@pytest.mark.parametrize(
    ("row", "told"),
    [
        (";sport;20;1;60;60;ma 17-20;Liikuntasali;", [("name", "missing")]),
        ("T11;lentäminen;20;1;60;60;ma 17-20;Liikuntasali;", [("purpose", "not_one_of")]),
        ("T11;sport;monta;1;60;60;ma 17-20;Liikuntasali;", [("people", "not_a_number")]),
        ("T11;sport;20;1;60;60;maanantaina;Liikuntasali;", [("windows", "window_form")]),
        ("T11;sport;20;1;60;60;ma 17-25;Liikuntasali;", [("windows", "window_form")]),
        ("T11;sport;20;1;60;60;ma 17-20;Avaruusasema;", [("options", "unknown_place")]),
        ("T11;sport;20;1;50;60;ma 17-20;Liikuntasali;", [("min_minutes", "round_grid")]),
        ("T11;sport;20;2;60;60;ma 17-20;Liikuntasali;", [("events", "too_few_days")]),
        (";x;y;1;60;60;ma;z;", [
            ("purpose", "not_one_of"), ("people", "not_a_number"), ("windows", "window_form"),
            ("options", "unknown_place"), ("name", "missing"),
        ]),
    ],
    ids=lambda value: str(value)[:40],
)  # fmt: skip
def test_each_fault_names_its_row_and_column_and_the_row_is_left_out(session, application, row, told):
    found = planned(session, application, "Hyvä;sport;20;1;60;60;ma 17-20;Liikuntasali;", row)
    assert [(one.row, one.column, one.problem) for one in found.faults] == [(3, *one) for one in told]
    assert [number for number, _wish in found.wishes] == [2]


@pytest.mark.parametrize("said", ["Förvåren", "alkukevät", "p1"])
def test_parts_of_the_season_go_by_any_of_their_names(session, application, said):
    heads = "Grupp;Verksamhet;Personer;Tider;Lokaler;Perioder;Veckor;Tillgänglig;Ledare"
    (_number, wish), = planned(
        session, application, f"T11;sport;20;må 17-20;Satula;{said};B;ja;Kaisa, Otso", heads=heads
    ).wishes  # fmt: skip
    assert (wish.periods, wish.weeks, wish.step_free, wish.shared) == (("p1",), "B", True, ("Kaisa", "Otso"))


def test_a_name_that_two_spaces_have_needs_its_premises(session, application, gym):
    twin = make.space(session, make.premises(session, name_fi="Toinen koulu"), name_fi="Liikuntasali")
    make_rounds.hours(session, application.round, twin)
    row = "T11;sport;20;1;60;60;ma 17-20;{};"
    assert planned(session, application, row.format("Liikuntasali")).faults[0].problem == "several_places"
    (_number, wish), = planned(session, application, row.format("Toinen koulu / Liikuntasali")).wishes  # fmt: skip
    assert wish.options[0].space == twin.ref


def test_a_file_without_our_heads_or_of_another_kind_is_refused(session, application):
    with pytest.raises(BadInput) as no_heads:
        planned(session, application, heads="Nimi;Laji")
    with pytest.raises(BadInput) as no_sheet:
        sheet_in.lines_of("ryhmät.pdf", b"%PDF-")
    with pytest.raises(BadInput) as too_many:
        sheet_in.lines_of("ryhmät.csv", ("x\n" * 202).encode())
    problems = [one.value.facts["problem"] for one in (no_heads, no_sheet, too_many)]
    assert problems == ["no_section_columns", "file_kind_table", "too_many_sections"]


@pytest.mark.parametrize("language", ["fi", "sv", "en"])
def test_the_template_is_understood_as_it_is_handed_out(session, application, language):
    heads, rows = sheet_in.template(language, offered(session, application.round))
    files = {"t.csv": as_csv(heads, rows, HELSINKI), "t.xlsx": as_xlsx("T", heads, rows, HELSINKI)}
    for name, content in files.items():
        found = sheet_in.plan(session, application, sheet_in.lines_of(name, content))
        assert (found.faults, found.unknown, len(found.wishes)) == ((), (), 2)
