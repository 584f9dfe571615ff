"""Erasing a person: names are nowhere, guesses cannot be confirmed, and the chain still verifies."""

import json
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, inspect, select, text

from access import audit_chain, audit_check, audit_export, erasure, keeping
from access.audit_export import ExportWish
from access.audit_models import Audit, AuditPayload, AuditPerson
from booking import people
from booking.acts import Act, ActKind, tell
from booking.core.span import Span
from booking.models import Feed, Letter, Organisation, Person, SignIn
from booking.refusals import NotNow
from tests.access.audit_log import KEY, PUBLIC, add_person, add_premises, files_of, run_verifier, signed

NAME, EMAIL, PHONE = "Maija Mehiläinen", "maija@esimerkki.example", "+358 40 1234567"


@pytest.fixture
def keep_acts():
    return keeping.keep_acts


@pytest.fixture
def maija(sessions, now):
    """Somebody with everything: entries, letters, a sign-in, a calendar address, her own register entry."""
    with sessions.begin() as session:
        clerk = add_person(session, now, "Veikko Virkailija")
        profile = people.Profile(NAME, PHONE)
        person = people.register(session, profile, email=EMAIL, by=clerk.id, now=now, first_on=now.date())
        add_premises(session, now).contact_email = EMAIL
        hours = {"token_hash": "t", "code_hash": "c", "asked_at": now, "expires_at": now}
        session.add(SignIn(person_id=person.id, **hours))
        session.add(Feed(token_hash="f", owner_id=person.id, person_id=person.id, made_at=now))
        letter = {"language": "fi", "subject": "Vuoro", "written_at": now, "due_at": now}
        session.add(Letter(person_id=person.id, address=EMAIL, body=f"Hei {NAME}", **letter))
        session.add(Letter(person_id=clerk.id, address="v@esimerkki.example", body=f"{NAME} varasi", **letter))
        tell(session, Act(ActKind.BOOKING_MADE, now, person.id, "booking1", {"title": NAME}, persons=(person.id,)))
        tell(session, Act(ActKind.SPACE_CHANGED, now, clerk.id, "space1", {"note": f"Avain: {NAME}"}))
        tell(session, Act(ActKind.SPACE_CHANGED, now, clerk.id, "space2", {"note": "Uusi piano"}))
    return person


def erase(sessions, maija, now):
    with sessions.begin() as session:
        clerk = session.scalar(select(Person).where(Person.name == "Veikko Virkailija"))
        own = session.get_one(Person, maija.id)
        erasure.erase_person(session, own, by=clerk.id, now=now, today=now.date(), ground="asked")


def everything(engine):
    """Every value of every table as one text."""
    with engine.connect() as connection:
        tables = inspect(connection).get_table_names()
        return "\n".join(str(row) for table in tables for row in connection.execute(text(f'SELECT * FROM "{table}"')))


def test_an_erased_person_is_named_nowhere_and_the_chain_verifies(sessions, engine, maija, now):
    """DA31: bodies and salts gone, names nowhere, the chain verifies, the act of erasure is there."""
    signed(sessions, now)
    assert NAME in everything(engine)
    erase(sessions, maija, now + timedelta(hours=1))
    left = everything(engine)
    for trace in (NAME, "Mehil", EMAIL, PHONE):
        assert trace not in left
    with sessions() as session:
        verdict = audit_check.verify(session, keys=[PUBLIC])
        assert (verdict.findings, verdict.erased) == ([], 4)


def test_the_act_of_erasure_says_who_why_and_how_many_and_stays(sessions, maija, now):
    """DA31: the entry of the erasure."""
    with sessions() as session:
        linked = session.scalar(select(func.count()).where(AuditPerson.person_id == maija.id))
    erase(sessions, maija, now)
    with sessions() as session:
        query = select(AuditPayload.body).join(Audit, Audit.seq == AuditPayload.seq)
        body = json.loads(session.scalars(query.where(Audit.kind == ActKind.PERSON_ERASED)).one())
        assert body["facts"] == {"ground": "asked", "entries": linked + 1}
        assert body["subject"] == maija.ref
        clerk = session.scalar(select(Person).where(Person.name == "Veikko Virkailija"))
        assert body["actor"] == clerk.ref
        kept = session.scalars(query.where(Audit.kind == ActKind.SPACE_CHANGED, AuditPayload.body.is_not(None))).all()
        assert [json.loads(one)["subject"] for one in kept] == ["space2"]


def test_erasing_who_erased_leaves_the_acts_of_erasure(sessions, maija, now):
    erase(sessions, maija, now)
    with sessions.begin() as session:
        clerk = session.scalar(select(Person).where(Person.name == "Veikko Virkailija"))
        erasure.erase_person(session, clerk, by=clerk.id, now=now, today=now.date(), ground="asked")
    with sessions() as session:
        assert audit_check.verify(session, keys=[PUBLIC]).findings == []
        query = select(AuditPayload.body).join(Audit, Audit.seq == AuditPayload.seq)
        bodies = session.scalars(query.where(Audit.kind == ActKind.PERSON_ERASED)).all()
        assert len([body for body in bodies if body]) == 2


def test_what_was_told_of_the_person_in_the_same_transaction_goes_too(sessions, maija, now):
    with sessions.begin() as session:
        own = session.get_one(Person, maija.id)
        erasure.erase_person(session, own, by=maija.id, now=now, today=now.date(), ground="asked")
        tell(session, Act(ActKind.PERSON_VIEWED, now, None, maija.ref, {"name": NAME}, persons=(maija.id,)))
    with sessions() as session:
        query = select(AuditPayload.body).join(Audit, Audit.seq == AuditPayload.seq)
        assert session.scalars(query.where(Audit.kind == ActKind.PERSON_VIEWED)).all() == [None]
        assert audit_check.verify(session, keys=[PUBLIC]).findings == []


def test_a_guess_cannot_be_confirmed_against_what_is_left(sessions, engine, maija, now):
    """DA31: even who knows the very body, or P's uid in it, cannot tell whether it was this one: its salt is nowhere.

    Tried with every salt that is left, and with none."""
    with sessions() as session:
        query = select(Audit.commitment, AuditPayload.salt, AuditPayload.body).join(
            AuditPayload, AuditPayload.seq == Audit.seq
        )
        row = session.execute(query.where(Audit.kind == ActKind.BOOKING_MADE)).one()
    assert audit_chain.commitment(bytes.fromhex(row.salt), row.body) == row.commitment
    erase(sessions, maija, now)
    left = everything(engine)
    assert row.commitment in left
    assert row.salt not in left
    assert maija.ref in row.body
    with sessions() as session:
        salts = [salt for salt in session.scalars(select(AuditPayload.salt)) if salt]
        commitments = set(session.scalars(select(Audit.commitment)))
    assert salts
    tried = [b"", *(bytes.fromhex(salt) for salt in salts)]
    assert not commitments & {audit_chain.commitment(salt, guess) for salt in tried for guess in (row.body, maija.ref)}
    assert len(bytes.fromhex(row.salt)) == 16


def test_an_export_after_the_erasure_shows_the_entries_as_erased_and_verifies(sessions, maija, now, tmp_path):
    """DA31: names nowhere in the export, which verifies."""
    erase(sessions, maija, now)
    with sessions.begin() as session:
        wish = ExportWish(Span(now - timedelta(days=1), now + timedelta(days=1)))
        made = audit_export.export(session, wish, by=None, now=now, key=KEY)
    code, lines = run_verifier(tmp_path, made.zipped)
    assert code == 0, lines
    assert any("4 erased" in line for line in lines)
    for content in files_of(made.zipped).values():
        assert NAME.encode() not in content


def test_people_erased_by_any_road_are_erased_from_the_log(sessions, maija, now):
    with sessions.begin() as session:
        clerk = session.scalar(select(Person).where(Person.name == "Veikko Virkailija"))
        own = session.get_one(Person, maija.id)
        people.erase(session, own, by=clerk.id, now=now, today=now.date())
    with sessions() as session:
        assert audit_check.verify(session, keys=[PUBLIC]).findings == []
        assert session.scalar(select(func.count()).where(AuditPerson.person_id == maija.id)) == 0


def test_letters_sign_ins_and_calendar_addresses_go_and_the_row_stays(sessions, maija, now):
    erase(sessions, maija, now)
    with sessions() as session:
        row = session.get_one(Person, maija.id)
        assert (row.name, row.email, row.phone, row.ref) == ("", None, "", maija.ref)
        assert session.scalar(select(Organisation.name).where(Organisation.person_id == maija.id)) == ""
        assert session.scalars(select(Letter.body)).all() == [""]
        assert session.scalars(select(SignIn)).all() == []
        assert session.scalar(select(Feed.revoked_at)) == now


def test_nobody_is_erased_twice(sessions, maija, now):
    erase(sessions, maija, now)
    with pytest.raises(NotNow):
        erase(sessions, maija, now)


def test_a_body_emptied_without_an_act_of_erasure_is_found(sessions, engine, maija, now):
    with engine.begin() as connection:
        connection.execute(text("UPDATE audit_payload SET salt = NULL, body = NULL WHERE seq = 1"))
    with sessions() as session:
        verdict = audit_check.verify(session, keys=[PUBLIC])
        assert [str(finding) for finding in verdict.findings] == ["1 bodies are gone, acts of erasure explain 0"]


def test_no_old_bytes_of_the_name_stay_in_the_file_of_sqlite(sessions, engine, maija, now):
    if engine.dialect.name != "sqlite":
        return  # PostgreSQL: VACUUM, see docs/audit-format.md 6
    erase(sessions, maija, now)
    with engine.connect() as connection:
        connection.exec_driver_sql("COMMIT")
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    content = Path(engine.url.database).read_bytes()
    assert NAME.encode() not in content
    assert EMAIL.encode() not in content
