"""The auditor's search finds by day, kind, door, person, organisation and premises, and is itself an act."""

import json
from datetime import timedelta

import pytest
from sqlalchemy import select

from access import audit_search, erasure, keeping
from access.audit_models import Audit, AuditPayload
from access.audit_search import LogWish
from booking.acts import Act, ActKind, tell
from booking.core.span import Span
from booking.models import Organisation, Person
from tests.access.audit_log import add_person, add_premises

DAY = timedelta(days=1)


@pytest.fixture
def keep_acts():
    return keeping.keep_acts


@pytest.fixture
def town(sessions, now):
    """Two people, two premises, one association; six acts over three days, two of them at the door `ovi23456789abc`."""
    with sessions.begin() as session:
        maija, veikko = (
            add_person(session, now, "Maija Meri", "maija@esimerkki.example"),
            add_person(session, now, "Veikko"),
        )
        school, hall = add_premises(session, now), add_premises(session, now, "Esimerkkitalo")
        scouts = Organisation(name="Esimerkin Partio ry", kind="association", created_at=now)
        session.add(scouts)
        session.flush()
        for day, kind, actor, subject, facts, premises, persons in (
            (0, ActKind.BOOKING_MADE, maija, "booking1", {"organisation": scouts.ref}, school, (maija,)),
            (0, ActKind.DOOR_EVENT, None, "ovi23456789abc", {"kind": "granted"}, school, (maija,)),
            (1, ActKind.DOOR_EVENT, None, "ovi23456789abc", {"kind": "denied"}, school, ()),
            (1, ActKind.ROLE_GRANTED, veikko, "role1", {"role": "booker"}, None, (maija,)),
            (2, ActKind.SPACE_CHANGED, veikko, "space1", {}, hall, ()),
            (2, ActKind.BOOKING_MADE, veikko, "booking2", {"organisation": "another"}, hall, (veikko,)),
        ):
            tell(
                session,
                Act(
                    kind,
                    now + day * DAY,
                    actor and actor.id,
                    subject,
                    facts,
                    premises and premises.id,
                    tuple(person.id for person in persons),
                ),
            )
    return {"maija": maija, "veikko": veikko, "school": school, "hall": hall, "now": now}


def find(sessions, town, **wish):
    with sessions.begin() as session:
        return audit_search.search(session, LogWish(**wish), by=town["veikko"].id, now=town["now"] + 9 * DAY)


def numbers(sessions, town, **wish):
    return [entry.seq for entry in find(sessions, town, **wish).entries]


def test_everything_newest_first(sessions, town):
    found = find(sessions, town)
    assert [entry.seq for entry in found.entries] == [6, 5, 4, 3, 2, 1]
    assert (found.total, found.page, found.pages) == (6, 1, 1)


def test_each_filter_by_itself_and_together(sessions, town, now):
    assert numbers(sessions, town, span=Span(now + DAY, now + 2 * DAY)) == [4, 3]
    assert numbers(sessions, town, kinds=(ActKind.DOOR_EVENT, ActKind.SPACE_CHANGED)) == [5, 3, 2]
    assert numbers(sessions, town, door="ovi23456789abc") == [3, 2]
    assert numbers(sessions, town, premises=town["hall"].id) == [6, 5]
    assert numbers(sessions, town, person="meri") == [4, 2, 1]
    assert numbers(sessions, town, person=" MAIJA@esimerkki.example ", kinds=(ActKind.DOOR_EVENT,)) == [2]
    assert numbers(sessions, town, organisation="partio") == [1]
    assert numbers(sessions, town, organisation="nobody") == []
    assert numbers(sessions, town, person="nobody") == []
    assert numbers(sessions, town, person="100%_") == []


def test_an_entry_shows_who_did_what_to_whom(sessions, town, now):
    entry = find(sessions, town, kinds=(ActKind.ROLE_GRANTED,)).entries[0]
    assert (entry.at, entry.kind, entry.erased, entry.subject) == (now + DAY, "role.granted", False, "role1")
    assert (entry.actor.name, entry.persons[0].name) == ("Veikko", "Maija Meri")
    assert entry.facts == {"role": "booker"}
    assert find(sessions, town, door="ovi23456789abc").entries[0].actor is None


def test_pages_are_counted_and_bounded(sessions, town):
    found = find(sessions, town, per_page=4, page=2, span=Span(town["now"], town["now"] + 3 * DAY))
    assert ([entry.seq for entry in found.entries], found.total, found.pages) == ([2, 1], 6, 2)
    found = find(sessions, town, per_page=4, page=99, span=Span(town["now"], town["now"] + 3 * DAY))
    assert found.page == 2
    assert find(sessions, town, page=-1, door="none").pages == 1


def test_to_look_leaves_a_trace_that_concerns_whom_was_looked_for(sessions, town):
    find(sessions, town, person="meri", premises=town["school"].id)
    with sessions() as session:
        query = select(AuditPayload.body).join(Audit, Audit.seq == AuditPayload.seq).order_by(Audit.seq.desc())
        body = json.loads(session.scalars(query.where(Audit.kind == ActKind.LOG_VIEWED)).first())
    assert body["actor"] == town["veikko"].ref
    assert body["persons"] == [town["maija"].ref]
    assert body["facts"] == {"person": "meri", "page": 1}


def test_an_erased_person_leaves_entries_that_say_only_when_and_what_kind(sessions, town, now):
    with sessions.begin() as session:
        own = session.get_one(Person, town["maija"].id)
        erasure.erase_person(session, own, by=town["veikko"].id, now=now, today=now.date(), ground="asked")
    found = find(sessions, town, kinds=(ActKind.ROLE_GRANTED, ActKind.BOOKING_MADE))
    assert [(entry.seq, entry.erased, entry.facts) for entry in found.entries if entry.erased] == [
        (4, True, None),
        (1, True, None),
    ]
    assert numbers(sessions, town, premises=town["school"].id) == [3, 2, 1]
