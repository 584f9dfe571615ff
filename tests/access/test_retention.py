"""What runs out by rule, what a legal hold keeps, and what a person gets of their own."""

import json
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from access import audit_check, audit_export, erasure, retention
from access.audit_export import ExportWish
from access.audit_models import Audit, AuditPayload, AuditPerson
from access.keeping import keep_acts as keep
from access.models import DoorEvent
from access.retention import HoldWish, hold, lift, rule, run_out
from booking.acts import Act, ActKind, tell
from booking.core.span import Span
from booking.refusals import BadInput, NotNow
from tests.access import make
from tests.access.audit_log import KEY, PUBLIC, add_person, add_premises, files_of, run_verifier

LATER = timedelta(days=91)


@pytest.fixture
def keep_acts():
    return keep


@pytest.fixture
def passed(sessions, now):
    """Maija passed a door, and so did Pekka elsewhere; a booking of hers is no passage."""
    with sessions.begin() as session:
        maija, pekka, home = add_person(session, now), add_person(session, now, "Pekka"), make.house(session, now)
        other = add_premises(session, now, "Toinen")
        for seq, (person, place) in enumerate([(maija, home.premises), (pekka, other)], 1):
            body = {"event": f"e{seq}", "kind": "granted"}
            tell(session, Act(ActKind.DOOR_EVENT, now, None, "door", body, place.id, (person.id,)))
        tell(session, Act(ActKind.DOOR_EVENT, now, None, "door", {"kind": "door_opened"}, home.premises.id))
        tell(session, Act(ActKind.BOOKING_MADE, now, maija.id, "b", {}, home.premises.id, (maija.id,)))
        facts = {"kind": "granted", "device_at": now, "received_at": now, "clock": "synced", "body_hash": "0" * 64}
        body = {"cred": "a" * 64, "right": "r1", "medium": "card", "list": None}
        row = DoorEvent(door_id=home.outer.id, boot_epoch=1, seq=1, person_id=maija.id, body=body, **facts)
        session.add(row)
    return maija, pekka, home.premises, other


def kept(sessions, kind=ActKind.DOOR_EVENT):
    with sessions() as session:
        query = select(func.count()).select_from(Audit).join(AuditPayload, AuditPayload.seq == Audit.seq)
        return session.scalar(query.where(Audit.kind == kind.value, AuditPayload.body.is_not(None)))


def ran_out(sessions, at):
    with sessions.begin() as session:
        return run_out(session, at)


def test_after_its_days_who_passed_is_gone_and_that_somebody_did_stays(sessions, passed, now):
    assert ran_out(sessions, now + timedelta(days=89)).entries == 0
    found = ran_out(sessions, now + LATER)
    assert (found.entries, found.events) == (2, 1)
    assert kept(sessions) == 1, "an opening that concerns nobody"
    assert kept(sessions, ActKind.BOOKING_MADE) == 1, "what is no passage"
    with sessions() as session:
        row = session.scalars(select(DoorEvent)).one()
        assert (row.person_id, row.credential_id, row.kind) == (None, None, "granted")
        assert row.body == {"medium": "card", "list": None}
        assert row.body_hash == "0" * 64
        verdict = audit_check.verify(session, keys=[PUBLIC])
        assert (verdict.findings, verdict.erased) == ([], 2)
        assert session.scalar(select(func.count()).select_from(AuditPerson)) == 1
    assert ran_out(sessions, now + LATER).entries == 0


def test_the_act_says_how_many_and_until_when_and_never_who(sessions, passed, now):
    ran_out(sessions, now + LATER)
    with sessions() as session:
        query = select(AuditPayload.body).join(Audit, Audit.seq == AuditPayload.seq)
        facts = json.loads(session.scalars(query.where(Audit.kind == ActKind.LOG_RAN_OUT.value)).one())
        assert facts["facts"]["entries"] == 2
        assert facts["persons"] == []


def test_a_hold_keeps_what_it_covers_and_no_more(sessions, passed, now):
    maija, _pekka, home, _other = passed
    span = {"from_at": now - timedelta(days=1), "until_at": now + timedelta(days=1)}
    wish = HoldWish("Tapaturma 24.11.", ends_at=now + timedelta(days=400), premises=home.id, **span)
    with sessions.begin() as session:
        ref = hold(session, wish, by=maija.id, now=now).ref
    found = ran_out(sessions, now + LATER)
    assert (found.entries, found.events) == (1, 0), "only what was elsewhere"
    with sessions.begin() as session:
        lift(session, ref, by=maija.id, now=now + LATER)
    found = ran_out(sessions, now + LATER)
    assert (found.entries, found.events) == (1, 1)
    with sessions.begin() as session, pytest.raises(NotNow):
        lift(session, ref, by=maija.id, now=now + LATER)


def test_a_hold_over_one_person_stops_their_erasure_and_nobody_elses(sessions, passed, now):
    maija, pekka, _home, _other = passed
    span = {"from_at": now - timedelta(days=1), "until_at": now + timedelta(days=1)}
    with sessions.begin() as session:
        wish = HoldWish("Riita", ends_at=now + timedelta(days=30), person=maija.id, **span)
        hold(session, wish, by=pekka.id, now=now)
    facts = {"by": pekka.id, "now": now, "today": now.date(), "ground": "asked"}
    with sessions.begin() as session, pytest.raises(NotNow):
        erasure.erase_person(session, session.merge(maija), **facts)
    assert kept(sessions) == 3
    with sessions.begin() as session:
        erasure.erase_person(session, session.merge(pekka), **facts)
    assert kept(sessions) == 2
    ended = facts | {"now": now + timedelta(days=31)}
    with sessions.begin() as session:
        erasure.erase_person(session, session.merge(maija), **ended)
    assert kept(sessions) == 1


def test_a_hold_needs_days_in_order_and_an_end_to_come(session, now):
    maija = add_person(session, now)
    day = timedelta(days=1)
    with pytest.raises(BadInput):
        hold(session, HoldWish("x", now, now - day, now + day), by=maija.id, now=now)
    with pytest.raises(BadInput):
        hold(session, HoldWish("x", now - day, now, now - day), by=maija.id, now=now)


def test_a_person_gets_only_their_own_entries_each_with_its_proof(sessions, passed, now, tmp_path):
    """DA39 for a data subject: others' data stay out, and the proofs still verify."""
    maija, pekka, _home, _other = passed
    span = Span(now - timedelta(days=1), now + timedelta(days=1))
    with sessions.begin() as session:
        wish = ExportWish(span, person=maija.id)
        made = audit_export.export(session, wish, by=pekka.id, now=now + timedelta(hours=1), key=KEY)
    assert made.entries == 2
    events = files_of(made.zipped)["events.jsonl"].decode()
    assert maija.ref in events
    assert pekka.ref not in events
    code, lines = run_verifier(tmp_path, made.zipped, "--key", PUBLIC.hex())
    assert (code, lines[-1]) == (0, "ok    all checks hold")
    with sessions() as session:
        exported = session.scalars(select(Audit.seq).where(Audit.kind == ActKind.LOG_EXPORTED.value)).one()
        concerned = session.scalars(select(AuditPerson.person_id).where(AuditPerson.seq == exported)).all()
        assert set(concerned) == {maija.id, pekka.id}, "the export is an act about the person"


def test_the_rule_has_its_days_within_bounds_and_a_source(tmp_path):
    assert rule().days == 90
    for days in (29, 366):
        file = tmp_path / f"{days}.toml"
        file.write_text(f'[passages_kept_days]\nvalue = {days}\nsince = 2026-01-01\nsource = "x"\n')
        with pytest.raises(ValueError, match="30 to 365"):
            retention.rule(file)
