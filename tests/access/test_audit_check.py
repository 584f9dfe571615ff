"""Whoever owns the database can change it; whoever verifies the log finds it and hears where."""

from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select, text, update

from access import audit, audit_chain, audit_check, audit_tree, checkpoints, keeping
from access.audit_ddl import BY_DIALECT
from access.audit_models import Audit, AuditCheckpoint, AuditHead
from booking.acts import Act, ActKind
from tests.access.audit_log import KEY, PUBLIC, signed, tamper, write_log

HOUR = timedelta(hours=1)


@pytest.fixture
def keep_acts():
    return keeping.keep_acts


def verdict(sessions, held=None, keys=(PUBLIC,)):
    with sessions() as session:
        return audit_check.verify(session, keys=keys, held=held)


def findings(sessions, held=None):
    return [str(finding) for finding in verdict(sessions, held).findings]


def test_a_log_nobody_touched_is_sound(sessions, now):
    assert verdict(sessions).sound
    held = signed_after(sessions, now, 5)
    signed_after(sessions, now, 7)
    found = verdict(sessions, held)
    assert (found.entries, found.checkpoints, found.findings) == (12, 3, [])


def signed_after(sessions, now, entries):
    write_log(sessions, now, entries)
    return signed(sessions, now)


def test_one_byte_changed_in_an_old_row_is_found_by_number(sessions, engine, now):
    """DA30: the verifier names that number."""
    signed_after(sessions, now, 9)
    tamper(engine, "UPDATE audit_payload SET body = replace(body, '\"n\":3', '\"n\":4') WHERE seq = 4")
    assert findings(sessions) == ["entry 4: its body was changed: it does not match the commitment"]


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ("UPDATE audit SET kind = 'booking.held' WHERE seq = 4", "entry 4: changed: its leaf hash is another"),
        ("UPDATE audit SET leaf_hash = 'x' WHERE seq = 4", "entry 4: a hash is not 64 hex digits"),
        ("UPDATE audit_payload SET salt = 'zz' WHERE seq = 4", "entry 4: its body was changed"),
        ("DELETE FROM audit_payload WHERE seq = 4", "entry 4: its payload row is missing"),
        ("UPDATE audit_head SET chain_hash = 'x'", "entry 9: the head has another chain hash"),
        ("UPDATE audit_head SET seq = 12", "the head says 12 entries, the last entry is 9"),
        ("UPDATE audit_checkpoint SET note = replace(note, '9', '8')", "checkpoint of 8 entries: "),
    ],
)
def test_every_change_of_a_row_is_found(sessions, engine, now, change, problem):
    signed_after(sessions, now, 9)
    tamper(engine, change)
    assert findings(sessions)[0].startswith(problem)


def test_a_deleted_row_is_named_as_a_gap(sessions, engine, now):
    """DA30: the gap is named."""
    signed_after(sessions, now, 9)
    tamper(
        engine,
        "DELETE FROM audit_person WHERE seq = 4",
        "DELETE FROM audit_payload WHERE seq = 4",
        "DELETE FROM audit WHERE seq = 4",
    )
    assert findings(sessions)[0] == "entry 4: missing"


def cut_and_rebuild(engine, keep):
    """Everything after `keep` gone, head and checkpoints too: what is left is a perfect shorter log."""
    tamper(
        engine,
        f"DELETE FROM audit_person WHERE seq > {keep}",
        f"DELETE FROM audit_payload WHERE seq > {keep}",
        f"DELETE FROM audit WHERE seq > {keep}",
        f"DELETE FROM audit_checkpoint WHERE size > {keep}",
        f"UPDATE audit_head SET seq = {keep}, chain_hash = (SELECT chain_hash FROM audit WHERE seq = {keep})",
    )


def test_a_cut_tail_is_found_against_a_checkpoint_held_elsewhere(sessions, engine, now):
    """DA30: the last 100 rows cut off, head and checkpoints made to fit."""
    signed_after(sessions, now, 20)
    held = signed_after(sessions, now, 100)
    cut_and_rebuild(engine, 20)
    assert findings(sessions) == []
    assert findings(sessions, held) == [
        "the checkpoint held elsewhere of 120 entries: the log ends at 20, its tail was cut off"
    ]


def test_a_tail_cut_and_written_anew_is_found_against_a_checkpoint_held_elsewhere(sessions, engine, now):
    """DA30: the last 100 rows cut off and the chain rebuilt: it fails against the checkpoint that the auditor holds."""
    signed_after(sessions, now, 20)
    held = signed_after(sessions, now, 100)
    cut_and_rebuild(engine, 20)
    signed_after(sessions, now + HOUR, 110)
    assert findings(sessions) == []
    assert findings(sessions, held)[0].startswith("the checkpoint held elsewhere of 120 entries has another root")


def test_a_chain_hashed_anew_is_found_against_its_signed_checkpoints(sessions, engine, now):
    signed_after(sessions, now, 5)
    signed_after(sessions, now, 5)
    tamper(engine, "UPDATE audit SET kind = 'booking.held' WHERE seq = 7")
    rehash(engine)
    assert findings(sessions) == [
        "checkpoint of 10 entries has another root: something between entries 6 and 10 is not as signed"
    ]


def rehash(engine):
    """An attacker who computes every hash anew, the guards gone: the chain holds, only what was signed tells."""
    with engine.begin() as connection:
        chained = audit_chain.NO_HASH
        for row in connection.execute(select(Audit.__table__).order_by(Audit.seq)).all():
            at = audit_chain.instant(row.at)
            leaf = audit_chain.leaf_hash(seq=row.seq, at=at, kind=row.kind, commitment=row.commitment)
            chained = audit_chain.chain_hash(chained, leaf)
            connection.execute(
                update(Audit.__table__).where(Audit.seq == row.seq).values(leaf_hash=leaf, chain_hash=chained)
            )
        connection.execute(update(AuditHead.__table__).values(chain_hash=chained))


CHANGES = st.sampled_from(["kind", "at", "commitment", "leaf_hash", "chain_hash", "body", "drop", "swap"])


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(change=CHANGES, seq=st.integers(1, 11))
def test_any_changed_dropped_or_swapped_entry_is_found(session, now, change, seq):
    """The law, in a transaction that is rolled back; the guards are dropped in it too."""
    with session.begin_nested() as attempt:
        fill(session, now)
        drop_guards(session)
        assert audit_check.verify(session, keys=[PUBLIC]).sound
        attack(session, change, seq)
        session.expire_all()
        found = audit_check.verify(session, keys=[PUBLIC]).findings
        assert found
        assert found[0].seq in (seq, seq + 1)
        attempt.rollback()


def fill(session, now):
    acts = [Act(ActKind.BOOKING_MADE, now + timedelta(seconds=n), None, f"s{n}", {"n": n}) for n in range(12)]
    keeping.keep_acts(session, acts)


def drop_guards(session):
    dialect = session.get_bind().dialect.name
    for statement in BY_DIALECT[dialect]:
        if "CREATE TRIGGER" in statement:
            name, table = statement.split()[2], statement.split(" ON ")[1].split()[0]
            session.execute(text(f"DROP TRIGGER {name}{'' if dialect == 'sqlite' else f' ON {table}'}"))


def swap(session, one, two):
    """Two entries change places whole: clear part, hashes, salt and body; numbers and chain hashes stay."""
    for table, names in (("audit", "at, kind, commitment, leaf_hash"), ("audit_payload", "salt, body")):
        rows = [
            session.execute(text(f"SELECT {names} FROM {table} WHERE seq = :seq"), {"seq": seq}).one()
            for seq in (one, two)
        ]
        values = ", ".join(f"{name} = :{name}" for name in names.split(", "))
        for seq, row in zip((two, one), rows, strict=True):
            session.execute(text(f"UPDATE {table} SET {values} WHERE seq = :seq"), {"seq": seq, **row._mapping})


def attack(session, change, seq):
    numbers = {"seq": seq}
    if change == "drop":
        for table in ("audit_payload", "audit"):
            session.execute(text(f"DELETE FROM {table} WHERE seq = :seq"), numbers)
    elif change == "swap":
        swap(session, seq, seq + 1)
    elif change == "body":
        session.execute(text("UPDATE audit_payload SET body = body || ' ' WHERE seq = :seq"), numbers)
    elif change == "at":
        row = session.execute(select(Audit.at).where(Audit.seq == seq)).scalar_one()
        session.execute(update(Audit).where(Audit.seq == seq).values(at=row + timedelta(microseconds=1)))
    else:
        value = session.execute(text(f"SELECT {change} FROM audit WHERE seq = :seq"), numbers).scalar_one()
        changed = ("0" if value[0] != "0" else "1") + value[1:]
        session.execute(text(f"UPDATE audit SET {change} = :new WHERE seq = :seq"), numbers | {"new": changed})


def test_checkpoints_are_made_every_five_minutes_or_thousand_entries(sessions, now):
    def due(at):
        with sessions.begin() as session:
            made = checkpoints.checkpoint_if_due(session, at, KEY)
            return made and made.size

    assert due(now) is None
    write_log(sessions, now, 1)
    assert due(now) == 1
    write_log(sessions, now, 2)
    assert due(now + timedelta(minutes=4, seconds=59)) is None
    assert due(now + timedelta(minutes=5)) == 3
    assert due(now + timedelta(minutes=50)) is None
    write_log(sessions, now, 999)
    assert due(now + timedelta(minutes=5, seconds=1)) is None
    write_log(sessions, now, 1)
    assert due(now + timedelta(minutes=5, seconds=1)) == 1003


def test_a_checkpoint_goes_on_from_the_last_and_gives_the_root_of_all(sessions, now):
    for entries in (3, 4, 1, 9):
        signed_after(sessions, now, entries)
    with sessions() as session:
        leaves = session.scalars(select(Audit.leaf_hash).order_by(Audit.seq)).all()
        last = checkpoints.latest(session)
        point = checkpoints.read(last.note, [PUBLIC])
        assert point.root == audit_tree.Tree(bytes.fromhex(leaf) for leaf in leaves).root(17)
        assert (point.size, point.origin) == (17, checkpoints.origin(session))


@pytest.mark.parametrize(
    ("change", "seq"),
    [
        ("UPDATE audit SET kind = 'x' WHERE seq = 6", 6),
        ("UPDATE audit SET chain_hash = leaf_hash WHERE seq = 6", 6),
        ("UPDATE audit_checkpoint SET peaks = '[]'", 4),
    ],
)
def test_a_broken_log_is_not_signed(sessions, engine, now, change, seq):
    signed_after(sessions, now, 4)
    write_log(sessions, now, 4)
    tamper(engine, change)
    with pytest.raises(checkpoints.ChainBroken) as broken:
        signed(sessions, now)
    assert broken.value.seq == seq
    with sessions() as session:
        assert session.scalar(select(func.count(AuditCheckpoint.size))) == 1


def test_a_note_is_read_only_with_its_key_and_in_its_form(now):
    note = checkpoints.sign(KEY, checkpoints.Checkpoint("vuoro.audit/test", 7, b"\x07" * 32), now)
    assert checkpoints.read(note, [b"\x01" * 32, PUBLIC]).size == 7
    for wrong in (note.replace("\n7\n", "\n8\n"), note.replace("time", "Time"), "", "a\n\nb\n", note[:-20] + "\n"):
        with pytest.raises(checkpoints.BadNote):
            checkpoints.read(wrong, [PUBLIC])
    with pytest.raises(checkpoints.BadNote):
        checkpoints.read(note, [b"\x01" * 32])


def test_the_note_has_the_form_of_c2sp(now):
    note = checkpoints.sign(KEY, checkpoints.Checkpoint("vuoro.audit/test", 7, b"\x07" * 32), now)
    text_, signature = note.split("\n\n")
    assert text_.split("\n") == [
        "vuoro.audit/test",
        "7",
        "BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc=",
        "time: 2026-11-24T10:00:00.000000Z",
    ]
    assert signature.startswith("— vuoro.audit/test ")
    assert note.endswith("\n")


def test_the_key_of_the_log_is_the_same_for_the_same_master_key():
    assert checkpoints.public_hex(checkpoints.signing_key("a")) == checkpoints.public_hex(checkpoints.signing_key("a"))
    assert checkpoints.public_hex(checkpoints.signing_key("a")) != checkpoints.public_hex(checkpoints.signing_key("b"))


def test_a_checkpoint_of_another_log_is_no_checkpoint_of_this(sessions, now):
    write_log(sessions, now, 3)
    foreign = checkpoints.sign(KEY, checkpoints.Checkpoint("vuoro.audit/other", 3, b"\x07" * 32), now)
    assert findings(sessions, foreign)[0] == "the checkpoint held elsewhere is of another log, vuoro.audit/other"
    assert findings(sessions, "nothing")[0].startswith("the checkpoint held elsewhere without a size")


def test_a_checkpoint_signed_with_an_unknown_key_is_found(sessions, now):
    signed_after(sessions, now, 3)
    assert [str(one) for one in verdict(sessions, keys=[b"\x01" * 32]).findings] == [
        "checkpoint of 3 entries: not signed with a key we were given"
    ]


@pytest.mark.parametrize("size", [1, 3, 2047, 2048, 2049])
def test_a_page_at_a_time_and_entry_by_entry_come_to_the_same(session, now, size):
    """The fast way knows only right or odd; over any number of pages it gives the roots of the slow one."""
    seconds = [timedelta(seconds=n) for n in range(size)]
    audit.chain(session, [Act(ActKind.BOOKING_MADE, now + at, None, "s", {}) for at in seconds])
    points = [checkpoints.checkpoint(session, now, KEY).note]
    fast = audit_check.verify(session, keys=[PUBLIC], held=points[0])
    walk = audit_check._Walk(session, [PUBLIC], points[0])
    for entry in audit_check._rows(session, 1, size):
        walk.step(entry)
    slow = walk.end(session)
    assert (fast, fast.findings) == (slow, [])
    assert fast.checkpoints == 2
