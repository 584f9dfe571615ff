"""`vuoro invoice` for those who invoice by timetable: tried first, made once, bad input ends with exit code 2."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner
from sqlalchemy.orm import Session, sessionmaker

from tests import make
from tests.booking.money import make as money
from web.cli_invoice import invoice

ON = ["--on", "2027-04-02"]


@pytest.fixture
def ask(monkeypatch: pytest.MonkeyPatch, database_url: str, sessions: sessionmaker[Session]):
    """The command on a database with one payer of 15 euros in March: ask("run", "--json")."""
    with sessions.begin() as session:
        hall = make.space(session)
        money.invoicer(session, hall.premises)
        make.occurrence(session, hall, make.span("2027-03-02", "18:00", "19:00"), price_cents=1500)
        make.person(session, email="laskuttaja@esimerkki.example")
    for name, value in {"DATABASE_URL": database_url, "SECRET_KEY": "x" * 32, "MASTER_KEY": "y" * 32}.items():
        monkeypatch.setenv(f"VUORO_{name}", value)
    return lambda *words: CliRunner().invoke(invoice, list(words))


def answered(result) -> list[dict[str, object]]:
    assert result.exit_code == 0, result.output
    return json.loads(result.output)


def test_a_run_is_tried_made_once_and_exported(ask, tmp_path: Path) -> None:
    (tried,) = answered(ask("run", *ON, "--dry-run", "--json"))
    assert (tried["invoices"], tried["invoiced_cents"], tried["period"]) == (1, 1500, "2027-01/1")
    assert answered(ask("list", *ON, "--json")) == []
    assert answered(ask("run", *ON, "--json"))[0]["invoiced_cents"] == 1500
    assert answered(ask("run", *ON, "--json")) == []
    assert len(answered(ask("export", "--to", str(tmp_path / "out"), *ON, "--dry-run", "--json"))) == 1
    assert len(answered(ask("export", "--to", str(tmp_path / "out"), *ON, "--json"))) == 2
    assert sorted(path.suffix for path in (tmp_path / "out").iterdir()) == [".csv", ".zip"]
    assert answered(ask("export", "--to", str(tmp_path / "out"), *ON, "--json")) == []
    (row,) = answered(ask("list", *ON, "--state", "open", "--json"))
    assert (row["number"], row["open_cents"], row["due_on"]) == ("2027-00001", 1500, "2027-04-16")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("run", "--on", "soon"), "--on: a day is written as"),
        (("run", "--of", "atlantis"), "--of: nobody invoices by 'atlantis'; there are: espoo"),
        (("list", "--state", "lost"), "Invalid value for '--state'"),
        (("export",), "Missing option '--to'"),
        (("payments", "/no/such/file", "--by", "x", "--iban", "y"), "cannot be read"),
    ],
)
def test_bad_input_ends_with_exit_code_2(ask, words: tuple[str, ...], said: str) -> None:
    result = ask(*words)
    assert result.exit_code == 2
    assert said in result.output
