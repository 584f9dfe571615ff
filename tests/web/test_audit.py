"""The auditor's pages, with the real log behind them."""

from __future__ import annotations

import io
import subprocess
import sys
import zipfile
from collections.abc import Sequence
from datetime import timedelta

import pytest
from sqlalchemy import select, text
from sqlalchemy.orm import Session, sessionmaker

from access import audit, checkpoints, commands
from access.audit_models import Audit
from booking.acts import Act, ActKind, KeepActs
from booking.models import Organisation
from booking.roles import Role
from tests.web import samples_staff
from tests.web.conftest import ClientAs
from tests.web.town import NOW, Town
from web.words_of_acts import ACTS


@pytest.fixture
def keep_acts(acts_kept: list[Act]) -> KeepActs:
    """Acts go into the log, and into the list for looking."""

    def keep(session: Session, acts: Sequence[Act]) -> None:
        acts_kept.extend(acts)
        audit.chain(session, acts)

    return keep


def test_the_auditor_sees_who_opened_what_when_by_the_doors_clock(town: Town, client_as: ClientAs) -> None:
    page = client_as(Role.AUDITOR, language="fi").get("/audit").text
    for said in ("24.11.2026 11.00", "Salin ovi", "Kuusikon Kiipijät ry", town.booker.name):
        assert said in page


@pytest.mark.parametrize(
    ("query", "there"),
    [
        ("who=kiipij", True),
        ("who=Keksi+Booker", True),
        ("who=nobody+of+this+name", False),
        ("since=2026-11-24&until=2026-11-24", True),
        ("since=2026-11-23&until=2026-11-23", False),
        ("kind=denied", False),
        ("kind=granted", True),
    ],
)
def test_the_search_narrows_by_name_day_and_kind(town: Town, client_as: ClientAs, query: str, there: bool) -> None:
    page = client_as(Role.AUDITOR).get(f"/audit?{query}")
    assert page.status_code == 200
    assert (f"/audit/events/{town.samples['event_ref']}" in page.text) == there


def test_the_search_narrows_by_premises_and_door(town: Town, client_as: ClientAs) -> None:
    auditor, event = client_as(Role.AUDITOR), f"/audit/events/{town.samples['event_ref']}"
    assert event in auditor.get(f"/audit?p={town.premises.ref}&door={town.samples['door_ref']}").text
    assert event not in auditor.get("/audit?door=another").text


def test_looking_and_taking_along_are_acts_with_the_people_seen(
    town: Town, client_as: ClientAs, acts_kept: list[Act]
) -> None:
    client_as(Role.AUDITOR).get("/audit?who=kiipij")
    client_as(Role.AUDITOR).get("/audit/passages.csv?who=kiipij")
    assert [act.kind for act in acts_kept[-2:]] == [ActKind.LOG_VIEWED, ActKind.LOG_EXPORTED]
    assert [act.persons for act in acts_kept[-2:]] == [(town.booker.id,)] * 2


def test_days_in_the_wrong_order_are_told_and_the_week_is_shown(town: Town, client_as: ClientAs) -> None:
    answer = client_as(Role.AUDITOR).get("/audit?since=2026-11-24&until=2026-11-01")
    assert answer.status_code == 422
    assert 'id="e-until"' in answer.text


def test_many_events_come_in_pages(town: Town, client_as: ClientAs, rolled_back: sessionmaker[Session]) -> None:
    with rolled_back.begin() as session:
        for seq in range(2, 62):
            samples_staff.event_of(session, town, seq, device_at=NOW - timedelta(hours=2, seconds=seq))
    auditor = client_as(Role.AUDITOR)
    assert "Page 1 of 2" in auditor.get("/audit").text
    last = auditor.get("/audit?page=2").text
    assert last.count("/audit/events/") == 11


def test_the_table_to_take_along_is_safe_in_a_spreadsheet(
    town: Town, client_as: ClientAs, rolled_back: sessionmaker[Session]
) -> None:
    with rolled_back.begin() as session:
        session.get_one(Organisation, town.organisation.id).name = "=HYPERLINK(1)"
    answer = client_as(Role.AUDITOR, language="fi").get("/audit/passages.csv")
    assert answer.data.startswith(b"\xef\xbb\xbf")
    assert "2026-11-24 11:00:00+0200;" in answer.text
    assert ";'=HYPERLINK(1)" in answer.text


def test_a_remote_opening_names_who_asked_for_it_and_why(
    town: Town, client_as: ClientAs, rolled_back: sessionmaker[Session]
) -> None:
    with rolled_back.begin() as session:
        order = commands.command_of(session, town.samples["command_ref"])
        opened = {"kind": "opened_remote", "reason": "remote", "person_id": None, "occurrence_id": None}
        samples_staff.event_of(session, town, 2, command_id=order.id, **opened)
    page = client_as(Role.AUDITOR).get("/audit?kind=opened_remote&who=caretaker").text
    assert town.people[Role.CARETAKER].name in page
    assert "Avain jäi kotiin" in page
    assert "Avain jäi kotiin" in client_as(Role.AUDITOR).get("/audit/passages.csv").text


def test_an_event_shows_both_times_and_leads_to_its_entry(
    town: Town, client_as: ClientAs, rolled_back: sessionmaker[Session]
) -> None:
    from booking.acts import tell

    with rolled_back.begin() as session:
        ref = town.samples["event_ref"]
        tell(session, Act(ActKind.DOOR_EVENT, NOW, None, town.samples["door_ref"], {"event": ref, "kind": "granted"}))
    page = client_as(Role.AUDITOR).get(f"/audit/events/{ref}").text
    assert "2026-11-24T09:00:00+00:00" in page
    assert "2026-11-24T09:02:00+00:00" in page
    assert "/audit/log/" in page


def test_the_whole_log_is_searched_and_each_entry_has_a_page(
    town: Town, client_as: ClientAs, rolled_back: sessionmaker[Session]
) -> None:
    auditor = client_as(Role.AUDITOR)
    listed = auditor.get("/audit/log?kind=credential.enrolled")
    assert "Card enrolled" in listed.text
    with rolled_back() as session:
        seq = session.scalars(select(Audit.seq).where(Audit.kind == "credential.enrolled")).one()
        commitment = session.get_one(Audit, seq).commitment
    assert f"/audit/log/{seq}" in listed.text
    entry = auditor.get(f"/audit/log/{seq}").text
    assert commitment in entry
    assert town.booker.name in entry
    assert auditor.get("/audit/log/999999").status_code == 404


def test_the_log_says_of_itself_that_it_is_whole(town: Town, client_as: ClientAs) -> None:
    assert "The log is whole" in client_as(Role.AUDITOR).post("/audit/verify").text


def test_a_changed_entry_is_found_and_named(
    town: Town, client_as: ClientAs, rolled_back: sessionmaker[Session]
) -> None:
    with rolled_back.begin() as session:
        on = " ON audit" if session.get_bind().dialect.name == "postgresql" else ""
        session.execute(text(f"DROP TRIGGER audit_no_update{on}"))  # what an owner of the database can do
        session.execute(text("UPDATE audit SET kind = 'log.viewed' WHERE seq = 2"))
    page = client_as(Role.AUDITOR).post("/audit/verify").text
    assert "The log has been changed" in page
    assert "entry 2" in page
    answer = client_as(Role.AUDITOR).post("/audit/export", data={"since": "2026-11-24", "until": "2026-11-24"})
    assert answer.status_code == 422


def test_an_export_of_a_day_verifies_with_the_verifier_alone(
    town: Town, client_as: ClientAs, settings, tmp_path
) -> None:
    auditor = client_as(Role.AUDITOR)
    answer = auditor.post("/audit/export", data={"since": "2026-11-24", "until": "2026-11-24"})
    assert answer.mimetype == "application/zip"
    (tmp_path / "export.zip").write_bytes(answer.data)
    (tmp_path / "verify.py").write_bytes(auditor.get("/audit/verify.py").data)
    assert "events.jsonl" in zipfile.ZipFile(io.BytesIO(answer.data)).namelist()
    key = checkpoints.public_hex(checkpoints.signing_key(settings.master_key))
    said = subprocess.run(
        [sys.executable, "-I", "verify.py", "export.zip", "--key", key],
        check=False,
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    assert said.returncode == 0, said.stdout + said.stderr
    page = auditor.get("/audit/verify").text
    assert "vuoro.audit/" in page
    assert key in page


def test_an_export_is_an_act(town: Town, client_as: ClientAs, acts_kept: list[Act]) -> None:
    answer = client_as(Role.AUDITOR).post(
        "/audit/export", data={"since": "2026-11-24", "until": "2026-11-24", "p": town.premises.ref}
    )
    assert answer.status_code == 200
    assert acts_kept[-1].kind is ActKind.LOG_EXPORTED
    assert acts_kept[-1].premises == town.premises.id


def test_a_checkpoint_of_another_log_is_refused_beside_its_field(town: Town, client_as: ClientAs) -> None:
    wrong = {"since": "2026-11-24", "until": "2026-11-24", "held": "another.log/x\n3\nabc\n"}
    answer = client_as(Role.AUDITOR).post("/audit/export", data=wrong)
    assert answer.status_code == 422
    assert 'id="e-held"' in answer.text


def test_every_kind_of_act_has_a_name() -> None:
    assert set(ActKind) == ACTS.keys()
