"""An export can be verified alone; whatever is changed in it is found and named."""

import json
from datetime import timedelta

import pytest
from sqlalchemy import select

from access import audit_export, checkpoints, keeping
from access.audit_export import ExportWish
from access.audit_models import Audit, AuditPayload
from booking.acts import ActKind
from booking.core.span import Span
from booking.refusals import BadInput, NotFound
from tests.access.audit_log import (
    KEY,
    add_person,
    add_premises,
    files_of,
    run_verifier,
    signed,
    write_log,
    zip_of,
)

DAY = timedelta(days=1)


@pytest.fixture
def keep_acts():
    return keeping.keep_acts


def make_export(sessions, now, wish=None):
    wish = wish or ExportWish(Span(now - DAY, now + DAY))
    with sessions.begin() as session:
        return audit_export.export(session, wish, by=None, now=now + 2 * DAY, key=KEY)


def test_an_export_verifies_alone_and_is_itself_an_act(sessions, now, tmp_path):
    write_log(sessions, now, 7)
    made = make_export(sessions, now)
    code, lines = run_verifier(tmp_path, made.zipped, "--key", checkpoints.public_hex(KEY))
    assert (code, lines[-1]) == (0, "ok    all checks hold")
    assert made.entries == 7
    with sessions() as session:
        last = session.scalars(select(Audit.kind).order_by(Audit.seq.desc())).first()
    assert last == ActKind.LOG_EXPORTED


def test_the_second_export_is_compared_with_a_checkpoint_held_from_before(sessions, now, tmp_path):
    held = tmp_path / "held.txt"
    for n in range(1, 6):
        write_log(sessions, now + n * DAY, n)
        held.write_text(signed(sessions, now + n * DAY))
        write_log(sessions, now + n * DAY, 3)
        made = make_export(sessions, now, ExportWish(Span(now + n * DAY, now + (n + 1) * DAY)))
        code, lines = run_verifier(tmp_path, made.zipped, "--checkpoint", str(held))
        assert code == 0, lines
        assert any(line.startswith("ok    your checkpoint: its") for line in lines)


def test_an_export_of_one_premises_holds_only_its_entries_each_with_its_proof(sessions, now, tmp_path):
    """DA39: a day of one school, nothing of others; the proofs hold, and the export is an act."""
    with sessions.begin() as session:
        school, hall = add_premises(session, now), add_premises(session, now, "Esimerkkitalo")
    for _ in range(5):
        write_log(sessions, now, 2, premises=school.id)
        write_log(sessions, now, 3, premises=hall.id)
    made = make_export(sessions, now, ExportWish(Span(now - DAY, now + DAY), premises=school.id))
    code, lines = run_verifier(tmp_path, made.zipped)
    assert code == 0, lines
    bodies = [json.loads(line)["body"] for line in files_of(made.zipped)["events.jsonl"].decode().splitlines()]
    assert [body["premises"] for body in bodies] == [school.ref] * 10
    with sessions() as session:
        told = session.execute(
            select(Audit.kind, AuditPayload.premises_id)
            .join(AuditPayload, AuditPayload.seq == Audit.seq)
            .order_by(Audit.seq.desc())
        ).first()
    assert tuple(told) == (ActKind.LOG_EXPORTED, school.id)


def test_what_happened_on_another_day_is_withheld_but_proved(sessions, now, tmp_path):
    """DA39: only the day asked for."""
    write_log(sessions, now, 2)
    write_log(sessions, now - 5 * DAY, 2)
    write_log(sessions, now, 2)
    made = make_export(sessions, now)
    code, lines = run_verifier(tmp_path, made.zipped)
    assert code == 0, lines
    events = [json.loads(line) for line in files_of(made.zipped)["events.jsonl"].decode().splitlines()]
    assert [event["seq"] for event in events if "withheld" in event] == [3, 4]
    assert all(set(event) == {"seq", "leaf", "withheld"} for event in events if "withheld" in event)


def test_a_day_without_acts_gives_an_export_without_entries(sessions, now, tmp_path):
    write_log(sessions, now, 2)
    made = make_export(sessions, now, ExportWish(Span(now - 9 * DAY, now - 8 * DAY)))
    code, lines = run_verifier(tmp_path, made.zipped)
    assert (code, made.entries) == (0, 0), lines


def test_a_wrong_key_a_foreign_checkpoint_and_a_later_checkpoint_are_refused(sessions, now, tmp_path):
    write_log(sessions, now, 4)
    made = make_export(sessions, now)
    later = tmp_path / "later.txt"
    later.write_text(signed(sessions, now))
    code, lines = run_verifier(tmp_path, made.zipped, "--checkpoint", str(later))
    assert code == 1
    assert any("your checkpoint: has 5 entries, the export only 4" in line for line in lines)
    code, lines = run_verifier(tmp_path, made.zipped, "--key", "00" * 32)
    assert code == 1
    assert any("not signed with the key" in line for line in lines)
    foreign = tmp_path / "foreign.txt"
    note = checkpoints.sign(KEY, checkpoints.Checkpoint("vuoro.audit/other", 2, b"\0" * 32), now)
    foreign.write_text(note)
    code, lines = run_verifier(tmp_path, made.zipped, "--checkpoint", str(foreign))
    assert code == 1
    assert any("is of another log, vuoro.audit/other" in line for line in lines)


@pytest.fixture
def exported(sessions, now):
    with sessions.begin() as session:
        school, person = add_premises(session, now), add_person(session, now)
    write_log(sessions, now, 3)
    signed(sessions, now)
    write_log(sessions, now + DAY, 6, premises=school.id, persons=(person.id,))
    return make_export(sessions, now, ExportWish(Span(now + DAY, now + 2 * DAY)))


def changes(files):
    """One changed byte in each file, and in each line of the entries, with what must be named."""
    for name, content in files.items():
        middle = len(content) // 2
        yield {**files, name: content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :]}, name
    lines = files["events.jsonl"].split(b"\n")
    for number, line in enumerate(lines[:-1]):
        seq = json.loads(line)["seq"]
        for field in (b'"n":', b'"salt":"', b'"commitment":"', b'"kind":"', b'"at":"2', b'"leaf":"', b'"subject":"'):
            place = line.index(field) + len(field)
            changed = line[:place] + (b"7" if line[place : place + 1] != b"7" else b"8") + line[place + 1 :]
            events = b"\n".join([*lines[:number], changed, *lines[number + 1 :]])
            yield {**files, "events.jsonl": events}, f"events.jsonl line {number + 1} (entry {seq})"


def verify_here(tmp_path, files, capsys):
    """The verifier in this process, for tests that run it hundreds of times."""
    from access import audit_verifier

    path = tmp_path / "EXPORT.zip"
    path.write_bytes(zip_of(files))
    code = audit_verifier.main([str(path)])
    return code, capsys.readouterr().out


def test_one_changed_byte_is_found_and_named(exported, tmp_path, capsys):
    files = files_of(exported.zipped)
    assert verify_here(tmp_path, files, capsys)[0] == 0
    for changed, named in changes(files):
        code, out = verify_here(tmp_path, changed, capsys)
        assert code == 1, named
        assert f"FAIL  {named}" in out, (named, out)


def test_a_dropped_a_swapped_and_a_repeated_line_are_found(exported, tmp_path, capsys):
    files = files_of(exported.zipped)
    lines = files["events.jsonl"].splitlines(keepends=True)
    for changed, named in (
        ([*lines[:2], *lines[3:]], "entry 6 is missing"),
        ([lines[1], lines[0], *lines[2:]], "repeated, swapped or lost"),
        ([*lines[:2], lines[1], *lines[2:]], "repeated, swapped or lost"),
        (lines[:-1], "entry 9 is missing"),
    ):
        code, out = verify_here(tmp_path, {**files, "events.jsonl": b"".join(changed)}, capsys)
        assert code == 1
        assert f"FAIL  events.jsonl: {named}" in out or f"FAIL  events.jsonl: entries are {named}" in out


def test_a_missing_an_added_and_an_unreadable_file_are_named(exported, tmp_path, capsys):
    files = files_of(exported.zipped)
    for changed in (
        {name: content for name, content in files.items() if name != "proof.json"},
        {**files, "extra.txt": b""},
        {**files, "keys.json": b"\xff"},
        {**files, "proof.json": b"[]"},
        {**files, "proof.json": b"{}"},
        {**files, "keys.json": b"{}"},
        {**files, "events.jsonl": b"{}\n[1]\n" + b"[" * 100_000 + b"\n"},
    ):
        code, out = verify_here(tmp_path, changed, capsys)
        assert code == 1
        assert "FAIL" in out
    code, lines = run_verifier(tmp_path, b"no zip at all")
    assert (code, lines[0][:4]) == (1, "FAIL")


def test_entries_withheld_from_a_filtered_export_cannot_be_passed_off_as_others(exported, tmp_path, capsys):
    files = files_of(exported.zipped)
    proof = json.loads(files["proof.json"])
    proof["scope"]["premises"] = "another"
    code, out = verify_here(tmp_path, {**files, "proof.json": json.dumps(proof).encode()}, capsys)
    assert code == 1
    assert "entry 4 is of other premises" in out


def test_an_empty_log_unknown_premises_and_a_foreign_held_checkpoint_are_refused(sessions, now):
    with pytest.raises(BadInput):
        make_export(sessions, now)
    write_log(sessions, now, 1)
    with pytest.raises(NotFound):
        make_export(sessions, now, ExportWish(Span(now, now + DAY), premises=99))
    for held in ("other\n1\n", "", "x\ny\n"):
        with pytest.raises(BadInput):
            make_export(sessions, now, ExportWish(Span(now, now + DAY), held=held or "?"))
    with sessions() as session:
        assert session.scalar(select(Audit.seq).order_by(Audit.seq.desc())) == 1
