"""`vuoro audit` as one who runs the town's machine uses it."""

import json
import threading
from datetime import timedelta

import pytest
from click.testing import CliRunner
from sqlalchemy import select

from access import audit_verifier, checkpoints, cli_audit, keeping
from access.audit_models import Audit
from booking.acts import ActKind
from tests.access.audit_log import add_premises, tamper, write_log

MASTER = "master key of the tests"


@pytest.fixture
def keep_acts():
    return keeping.keep_acts


@pytest.fixture
def vuoro(database_url, tmp_path, monkeypatch):
    """The command line on the test's own database."""
    monkeypatch.chdir(tmp_path)
    environment = {
        "VUORO_DATABASE_URL": database_url,
        "VUORO_MASTER_KEY": MASTER,
        "VUORO_SECRET_KEY": "secret of the tests",
    }

    def run(*arguments):
        return CliRunner().invoke(cli_audit.audit, arguments, env=environment)

    return run


def test_a_sound_log_is_verified_with_exit_0(vuoro, sessions, now):
    write_log(sessions, now, 3)
    run = vuoro("verify")
    assert (run.exit_code, run.output) == (
        0,
        "ok    3 entries, 0 erased, 0 checkpoints: the log is as it was written\n",
    )


def test_a_changed_log_is_named_with_exit_1(vuoro, sessions, engine, now):
    write_log(sessions, now, 3)
    tamper(engine, "UPDATE audit SET kind = 'x' WHERE seq = 2")
    run = vuoro("verify")
    assert run.exit_code == 1
    assert run.output.startswith("FAIL  entry 2: changed: its leaf hash is another\n")
    told = json.loads(vuoro("verify", "--json").output)
    assert told["sound"] is False
    assert told["findings"][0] == {"seq": 2, "problem": "changed: its leaf hash is another"}


def test_a_checkpoint_is_given_out_and_compared_with_later(vuoro, sessions, now, tmp_path):
    write_log(sessions, now, 3)
    assert vuoro("checkpoint", "--out", "held.txt").exit_code == 0
    held = (tmp_path / "held.txt").read_text()
    assert held in vuoro("checkpoint").output
    write_log(sessions, now, 3)
    assert vuoro("verify", "--checkpoint", "held.txt").exit_code == 0
    (tmp_path / "held.txt").write_text(held.replace("\n3\n", "\n2\n"))
    assert vuoro("verify", "--checkpoint", "held.txt").exit_code == 1


def test_days_are_exported_by_the_local_calendar_and_verify(vuoro, sessions, now, tmp_path, capsys):
    write_log(sessions, now, 2)
    vuoro("checkpoint", "--out", "held.txt")
    write_log(sessions, now.replace(hour=21, minute=59, second=0), 2)
    write_log(sessions, now.replace(hour=22, minute=0, second=0), 2)
    run = vuoro("export", "--from", "2026-11-24", "--to", "2026-11-24", "--out", "day.zip")
    assert run.output.startswith("day.zip: 4 entries of a log of 6"), run.output
    key = checkpoints.public_hex(checkpoints.signing_key(MASTER))
    arguments = [str(tmp_path / "day.zip"), "--key", key, "--checkpoint", str(tmp_path / "held.txt")]
    assert audit_verifier.main(arguments) == 0
    assert "ok    your checkpoint: its 2 entries" in capsys.readouterr().out
    with sessions() as session:
        assert session.scalar(select(Audit.kind).order_by(Audit.seq.desc())) == ActKind.LOG_EXPORTED


def test_one_premises_is_exported_and_an_old_checkpoint_is_proved_on_request(vuoro, sessions, now, tmp_path):
    with sessions.begin() as session:
        school = add_premises(session, now)
    write_log(sessions, now, 2, premises=school.id)
    write_log(sessions, now + timedelta(seconds=1), 2)
    vuoro("checkpoint", "--out", "held.txt")
    options = ["--from", "2026-11-24", "--to", "2026-11-25", "--out", "x.zip"]
    run = vuoro("export", *options, "--premises", school.ref, "--held", "held.txt")
    assert "x.zip: 2 entries" in run.output
    assert audit_verifier.main([str(tmp_path / "x.zip"), "--checkpoint", str(tmp_path / "held.txt")]) == 0


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["export", "--from", "2026-11-24", "--to", "2026-11-23"], 2, "before the first"),
        (["export", "--from", "2026-11-24", "--to", "2026-11-24", "--zone", "Mars/Phobos"], 2, "--zone"),
        (["export", "--from", "2026-11-24", "--to", "2026-11-24", "--premises", "nowhere"], 2, "no such premises"),
        (["export", "--from", "24.11.2026", "--to", "2026-11-24"], 2, "--from"),
        (["export", "--from", "2026-11-24", "--to", "2026-11-24"], 1, "refused: bad_input"),
        (["export", "--from", "0001-01-01", "--to", "2026-11-24"], 2, "beyond the days"),
        (["export", "--from", "2026-11-24", "--to", "9999-12-31"], 2, "beyond the days"),
        (["export", "--from", "2026-11-24", "--to", "2026-11-24", "--out", "nowhere/x.zip"], 2, "no folder nowhere"),
        (["checkpoint"], 1, "the log is empty"),
        (["checkpoint", "--out", "nowhere/x.txt"], 2, "no folder nowhere"),
        (["verify", "--key", "abc"], 2, "64 hex digits"),
        (["verify", "--checkpoint", "missing.txt"], 2, "does not exist"),
    ],
)
def test_bad_input_is_said_and_changes_nothing(vuoro, sessions, tmp_path, arguments, code, words):
    run = vuoro(*arguments, *(["--out", "x.zip"] if arguments[0] == "export" and "--out" not in arguments else []))
    assert (run.exit_code, words in run.output) == (code, True), run.output
    assert not (tmp_path / "x.zip").exists()


def test_the_log_is_verified_as_it_stood_while_others_write(vuoro, sessions, now):
    write_log(sessions, now, 3)
    done = threading.Event()

    def keep_writing():
        while not done.is_set():
            write_log(sessions, now, 5)

    writer = threading.Thread(target=keep_writing)
    writer.start()
    try:
        runs = [vuoro("verify") for _ in range(8)]
    finally:
        done.set()
        writer.join()
    assert [run.exit_code for run in runs] == [0] * 8, [run.output for run in runs]


def test_a_broken_log_is_not_signed(vuoro, sessions, engine, now):
    write_log(sessions, now, 3)
    tamper(engine, "UPDATE audit SET kind = 'x' WHERE seq = 2")
    run = vuoro("checkpoint")
    assert run.exit_code == 1
    assert "nothing was signed: entry 2" in run.output


def test_without_settings_or_tables_the_command_says_so(tmp_path):
    bare = {"VUORO_DATABASE_URL": None, "VUORO_MASTER_KEY": None, "VUORO_SECRET_KEY": None}
    run = CliRunner().invoke(cli_audit.audit, ["verify"], env=bare)
    assert (run.exit_code, "VUORO_DATABASE_URL" in run.output) == (1, True), run.output
    url = f"sqlite:///{tmp_path / 'empty.sqlite'}"
    some = {"VUORO_DATABASE_URL": url, "VUORO_MASTER_KEY": "m", "VUORO_SECRET_KEY": "s"}
    run = CliRunner().invoke(cli_audit.audit, ["verify"], env=some)
    assert run.exit_code == 1
    assert "no such table" in run.output


@pytest.mark.parametrize("written", ["", "junk", "a\n" + "9" * 5000 + "\nAAAA\n\n\u2014 a AAAA\n"])
def test_a_held_checkpoint_that_is_none_is_no_proof(vuoro, sessions, now, tmp_path, written):
    write_log(sessions, now, 3)
    (tmp_path / "held.txt").write_text(written, encoding="utf-8")
    run = vuoro("verify", "--checkpoint", "held.txt")
    assert (run.exit_code, "this is no checkpoint" in run.output) == (1, True), run.output
    run = vuoro("export", "--from", "2026-11-24", "--to", "2026-11-24", "--held", "held.txt", "--out", "x.zip")
    assert (run.exit_code, "other_log" in run.output) == (1, True), run.output
