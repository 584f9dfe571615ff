"""`vuoro import organisations`: what it prints, what it changes, and its exit codes; and the register for programs."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner
from sqlalchemy import select

from booking.models import Letter, Organisation
from booking.roles import Role
from tests import make
from web.cli import main

TEXT = "Nimi;Laji;Rekisterinumero;Kotipaikka\nUusi Kerho ry;ry;123.123;Espoo\n"


@pytest.fixture
def admin(sessions) -> str:
    with sessions.begin() as session:
        someone = make.person(session, "Ahti Ylläpito", email="ahti@esimerkki.example")
        make.role(session, someone, Role.ADMINISTRATOR)
    return "ahti@esimerkki.example"


@pytest.fixture
def run(database_url, monkeypatch, tmp_path):
    for name, value in {
        "DATABASE_URL": database_url,
        "SECRET_KEY": "a secret only tests know",
        "MASTER_KEY": "a master key that only tests know",
    }.items():
        monkeypatch.setenv(f"VUORO_{name}", value)

    def call(text: str, *options: str):
        file = tmp_path / "yhdistykset.csv"
        file.write_text(text, encoding="utf-8")
        return CliRunner().invoke(main, ["import", "organisations", str(file), *options])

    return call


def names(sessions) -> list[str]:
    with sessions() as session:
        return list(session.scalars(select(Organisation.name)))


def test_a_dry_run_tells_and_changes_nothing(run, sessions, admin):
    answer = run(TEXT, "--dry-run")
    assert answer.exit_code == 0, answer.output
    assert "row 2: new: Uusi Kerho ry" in answer.output
    assert "1 new, 0 changed, 0 dissolved, 0 same, 0 with faults" in answer.output
    assert "Uusi Kerho ry" not in names(sessions)


def test_an_administrator_takes_a_file_in_once(run, sessions, admin):
    assert run(TEXT, "--by", admin).exit_code == 0
    again = run(TEXT, "--by", admin)
    assert (again.exit_code, "1 same" in again.output) == (0, True)
    assert names(sessions).count("Uusi Kerho ry") == 1


def test_a_row_with_a_fault_ends_it_with_2_and_nothing_is_changed(run, sessions, admin):
    answer = run(TEXT + "Virhe ry;ry;12345678;Espoo\n", "--by", admin)
    assert answer.exit_code == 2
    assert "row 3: registration_number: This is not a valid number in the register of associations." in answer.output
    assert "Uusi Kerho ry" not in names(sessions)


def test_the_same_as_json_names_row_column_and_what_to_do(run, sessions, admin):
    answer = run(TEXT + "Virhe ry;ry;12345678;Espoo\n", "--json", "--dry-run")
    told = json.loads(answer.stdout)
    assert answer.exit_code == 2
    assert told["counts"]["new"] == 1
    assert [(one["row"], one["column"], one["problem"]) for one in told["faults"]] == [
        (3, "registration_number", "registration_number")
    ]


@pytest.mark.parametrize("by", [[], ["--by", "nobody@esimerkki.example"]])
def test_nobody_but_an_administrator_takes_a_file_in(run, sessions, admin, by):
    answer = run(TEXT, *by)
    assert answer.exit_code == 2
    assert "e-mail address of an administrator" in answer.output
    assert "Uusi Kerho ry" not in names(sessions)


def test_a_file_that_cannot_be_read_ends_it_with_2(run, sessions, admin):
    answer = run("Puhelin\n1\n", "--dry-run")
    assert (answer.exit_code, "no head that we know" in answer.output) == (2, True)


def test_who_held_times_of_a_dissolved_association_gets_a_letter(run, sessions, admin):
    with sessions.begin() as session:
        club = make.organisation(session, name="Loppuneet ry", registration_number="123.123")
        holder = make.person(session)
        make.role(session, holder, Role.BOOKER, organisation_id=club.id)
        place = make.space(session)
        make.occurrence(session, place, make.span("2099-11-25", "18:00", "19:00"), whose=club, holder=holder)
    answer = run("Nimi;Rekisterinumero;Purkautunut\nLoppuneet ry;123.123;20.11.2020\n", "--by", admin)
    assert (answer.exit_code, "dissolved: Loppuneet ry" in answer.output) == (0, True)
    with sessions() as session:
        assert session.scalars(select(Letter.person_id)).all() == [holder.id]


def test_the_example_of_the_documentation_can_be_taken_in(run, sessions, admin, tmp_path):
    text = (Path(__file__).resolve().parent.parent.parent / "docs" / "register.md").read_text(encoding="utf-8")
    example = text.split("```json\n")[1].split("```")[0]
    file = tmp_path / "prh.json"
    file.write_text(example, encoding="utf-8")
    answer = CliRunner().invoke(main, ["import", "organisations", str(file), "--dry-run"])
    assert (answer.exit_code, "new: Keksityt Kiipijät ry" in answer.output) == (0, True)
