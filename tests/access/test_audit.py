"""The audit log: acts are chained by the commit that did them, in order, without a gap, and stay as they are."""

import threading
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import DBAPIError

from access import audit_chain, keeping
from access.audit_models import Audit, AuditHead, AuditPayload, AuditPerson
from booking.acts import Act, ActKind, tell
from booking.db import constraint
from booking.models import Person


@pytest.fixture
def keep_acts():
    return keeping.keep_acts


def tell_one(session, now, n=1, **more):
    tell(session, Act(ActKind.BOOKING_MADE, now, more.pop("actor", None), f"subject{n}", {"n": n}, **more))


def someone(session, now, name="Maija Esimerkki"):
    person = Person(name=name, email=None, created_at=now)
    session.add(person)
    session.flush()
    return person


def head(session):
    return session.execute(select(AuditHead.seq, AuditHead.chain_hash)).one()


def check_chain(session):
    """Recompute every hash of the log; returns how many entries it has."""
    chained, seq = audit_chain.NO_HASH, 0
    for row, payload in session.execute(
        select(Audit, AuditPayload).join(AuditPayload, AuditPayload.seq == Audit.seq).order_by(Audit.seq)
    ):
        seq += 1
        assert row.seq == seq
        assert row.commitment == audit_chain.commitment(bytes.fromhex(payload.salt), payload.body)
        at = audit_chain.instant(row.at)
        leaf = audit_chain.leaf_hash(seq=seq, at=at, kind=row.kind, commitment=row.commitment)
        chained = audit_chain.chain_hash(chained, leaf)
        assert (row.leaf_hash, row.chain_hash) == (leaf, chained)
    assert tuple(head(session)) == (seq, chained)
    return seq


def test_acts_are_chained_in_the_order_told_by_the_commit_that_did_them(sessions, now):
    with sessions.begin() as session:
        for n in range(3):
            tell_one(session, now, n)
    with sessions.begin() as session:
        tell_one(session, now + timedelta(seconds=1), 3)
    with sessions() as session:
        assert check_chain(session) == 4
        bodies = session.scalars(select(AuditPayload.body).order_by(AuditPayload.seq)).all()
        assert [f'"subject{n}"' in body for n, body in enumerate(bodies)] == [True] * 4


def test_a_person_added_in_the_same_transaction_stands_in_the_body_by_ref(sessions, now):
    with sessions.begin() as session:
        person = someone(session, now)
        tell_one(session, now, actor=person.id, persons=(person.id,))
    with sessions() as session:
        body = session.scalar(select(AuditPayload.body))
        assert f'"actor":"{person.ref}"' in body
        assert f'"persons":["{person.ref}"]' in body
        assert session.scalars(select(AuditPerson.person_id)).all() == [person.id]


def test_a_rolled_back_transaction_leaves_no_entry_and_no_gap(sessions, now):
    with sessions.begin() as session:
        tell_one(session, now)
    with pytest.raises(RuntimeError), sessions.begin() as session:
        someone(session, now)
        tell_one(session, now, 2)
        raise RuntimeError("the act fails")
    with sessions.begin() as session:
        tell_one(session, now, 3)
    with sessions() as session:
        assert check_chain(session) == 2


def test_a_commit_that_fails_after_chaining_leaves_no_entry_and_no_gap(sessions, now):
    with sessions() as session:
        tell_one(session, now)
        keeping.keep_acts(session, [Act(ActKind.SIGNED_IN, now, None, "x")])
        session.rollback()
    with sessions.begin() as session:
        tell_one(session, now, 3)
    with sessions() as session:
        assert check_chain(session) == 1


def test_eight_writers_at_once_make_one_chain_without_a_gap(sessions, now):
    failures = []

    def write(writer):
        try:
            for n in range(10):
                with sessions.begin() as session:
                    someone(session, now, f"Kirjoittaja {writer}")
                    tell_one(session, now, n)
                    tell_one(session, now, n)
        except Exception as error:  # noqa: BLE001 - shown by the assertion below
            failures.append(error)

    threads = [threading.Thread(target=write, args=(writer,)) for writer in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    with sessions() as session:
        assert check_chain(session) == 160
        assert session.scalar(select(func.count(Person.id))) == 80


@pytest.mark.parametrize(
    ("statement", "refusal"),
    [
        ("UPDATE audit SET kind = 'x' WHERE seq = 1", "audit_append_only"),
        ("DELETE FROM audit WHERE seq = 1", "audit_append_only"),
        ("DELETE FROM audit_payload WHERE seq = 1", "audit_append_only"),
        ("UPDATE audit_payload SET body = '{}' WHERE seq = 1", "audit_payload_only_erased"),
        ("UPDATE audit_payload SET seq = 9, body = NULL, salt = NULL WHERE seq = 1", "audit_payload_only_erased"),
        ("UPDATE audit_checkpoint SET note = 'x'", "audit_append_only"),
        ("DELETE FROM audit_checkpoint", "audit_append_only"),
        ("UPDATE audit_head SET seq = 0", "audit_head_forward"),
        ("UPDATE audit_head SET seq = 9, log_id = 'other'", "audit_head_forward"),
        ("DELETE FROM audit_head", "audit_append_only"),
    ],
)
def test_the_database_refuses_to_change_what_was_written(sessions, engine, now, statement, refusal):
    with sessions.begin() as session:
        tell_one(session, now)
        session.execute(
            text("INSERT INTO audit_checkpoint (size, at, note, public_key, peaks) VALUES (1, :at, '', '', '[]')"),
            {"at": "2026-11-24 10:00:00.000000"},
        )
    with pytest.raises(DBAPIError) as refused, engine.begin() as connection:
        connection.exec_driver_sql(statement)
    assert constraint(refused.value) == refusal


def test_the_payload_can_be_emptied_and_the_chain_stays(sessions, engine, now):
    with sessions.begin() as session:
        tell_one(session, now)
    with engine.begin() as connection:
        connection.exec_driver_sql("UPDATE audit_payload SET salt = NULL, body = NULL")
    with pytest.raises(DBAPIError), engine.begin() as connection:
        connection.exec_driver_sql("UPDATE audit_payload SET salt = '00', body = '{}'")


@pytest.mark.parametrize("table", ["audit", "audit_payload", "audit_checkpoint", "audit_head"])
def test_the_tables_cannot_be_truncated_on_postgresql_nor_replaced_on_sqlite(sessions, engine, now, table):
    with sessions.begin() as session:
        tell_one(session, now)
        session.execute(
            text("INSERT INTO audit_checkpoint (size, at, note, public_key, peaks) VALUES (1, :at, '', '', '[]')"),
            {"at": "2026-11-24 10:00:00.000000"},
        )
    statement = f"TRUNCATE {table} CASCADE"
    if engine.dialect.name == "sqlite":
        statement = f"INSERT OR REPLACE INTO {table} SELECT * FROM {table}"
    with pytest.raises(DBAPIError) as refused, engine.begin() as connection:
        connection.exec_driver_sql(statement)
    assert constraint(refused.value) == "audit_append_only"


def test_dates_decimals_and_enums_of_a_body_become_text(now):
    body = {"on": date(2026, 11, 24), "at": now, "rate": Decimal("25.50"), "kind": ActKind.SIGNED_IN, "all": (1, None)}
    assert audit_chain.canonical(audit_chain.plain(body)) == (
        '{"all":[1,null],"at":"2026-11-24T10:00:00.000000Z","kind":"sign_in.done","on":"2026-11-24","rate":"25.50"}'
    )


@pytest.mark.parametrize("value", [1.5, 2**53, {"ä": 1}, {1: 1}, object(), float("nan"), Decimal("NaN"), b"x"])
def test_what_has_no_single_spelling_is_refused(value):
    with pytest.raises(audit_chain.NotCanonical):
        audit_chain.canonical(audit_chain.plain({"x": value}))


def test_a_lone_surrogate_and_a_time_without_zone_are_refused():
    with pytest.raises(audit_chain.NotCanonical):
        audit_chain.canonical("\ud800")
    with pytest.raises(ValueError, match="zone"):
        audit_chain.plain({"at": datetime(2026, 1, 1)})  # noqa: DTZ001 - that is the point


def test_instants_have_one_spelling_whatever_their_zone():
    assert audit_chain.instant(datetime(2026, 1, 1, tzinfo=UTC)) == "2026-01-01T00:00:00.000000Z"
