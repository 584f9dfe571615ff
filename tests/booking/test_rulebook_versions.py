"""Rulebooks made in the program: texts that come back whole, four eyes, and the past that keeps its rules."""

from __future__ import annotations

import tomllib
from datetime import date, datetime, timedelta

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from sqlalchemy import text, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from booking.core.toml_text import toml_text
from booking.db import constraint
from booking.models import Organisation, Person
from booking.refusals import AlreadyThere, BadInput, NotNow
from booking.roles import Role
from booking.rulemaking import drafts, review, tables
from booking.rulemaking.review import Stop
from booking.versions.known import book_on, books
from booking.versions.models import RulebookStep, RulebookVersion, StepKind, VersionState
from booking.versions.written import check, dated, shipped_documents, text_of
from tests import make

TODAY = date(2026, 11, 24)
NEW_YEAR = date(2027, 1, 1)

VALUES = st.recursive(
    st.booleans() | st.integers(-(2**53), 2**53) | st.text(max_size=12) | st.dates(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(min_size=1, max_size=6), inner, max_size=3),
    max_leaves=12,
)


@example({"0": 1, "0\n": 2})  # a name that ends in a new line is not a bare one
@given(st.dictionaries(st.text(min_size=1, max_size=8), VALUES, max_size=5))
def test_what_is_written_as_toml_reads_back_the_same(document: dict[str, object]) -> None:
    assert tomllib.loads(toml_text(document)) == document


@pytest.mark.parametrize("name", sorted(shipped_documents()))
def test_every_shipped_rulebook_reads_back_from_its_whole_text(name: str) -> None:
    document = shipped_documents()[name]
    assert tomllib.loads(text_of(document)) == document
    assert check(dated(document)).faults == ()


def draft(session: Session, by: Person, now: datetime, valid_from: date = NEW_YEAR) -> RulebookVersion:
    return drafts.copy(session, "espoo-2025-01", version="2027-01", valid_from=valid_from, by=by.id, now=now)


def sport_first(document: dict[str, object]) -> dict[str, object]:
    """Whoever comes for sport comes first: a change that can be seen."""
    row = tables.row_of(document, "priority", "p5-other")
    changed = row | {"id": "sport-first", "class": "1"}
    changed |= {"when": {"fact": "activity.purpose", "is": "==", "value": "sport"}}
    return tables.moved("priority", "sport-first", -99)(tables.put("priority", changed, instead_of=None)(document))


def other_order(document: dict[str, object]) -> dict[str, object]:
    return tables.moved("priority", "p5-other", -1)(document)


def in_review(session: Session, maker: Person, now: datetime, valid_from: date = NEW_YEAR) -> RulebookVersion:
    row = draft(session, maker, now, valid_from)
    review.send(session, row, by=maker.id, now=now, decision="Lautakunta 2.12.2026 § 7")
    return row


def test_a_draft_judges_nothing_until_a_second_person_approves_it(session: Session, now: datetime) -> None:
    maker, second = make.person(session), make.person(session)
    row = in_review(session, maker, now)
    assert book_on(session, "espoo", NEW_YEAR).version == "2025-01"
    assert review.approve(session, row, by=second.id, now=now, today=TODAY) is None
    assert book_on(session, "espoo", NEW_YEAR).version == "2027-01"
    assert book_on(session, "espoo", NEW_YEAR - timedelta(days=1)).version == "2025-01"


def test_who_made_a_draft_cannot_approve_it_and_the_try_is_kept(session: Session, now: datetime) -> None:
    maker = make.person(session)
    row = in_review(session, maker, now)
    assert review.approve(session, row, by=maker.id, now=now, today=TODAY) == Stop("own")
    assert row.state == VersionState.IN_REVIEW
    assert [step.kind for step in drafts.steps(session, row)][-1] == StepKind.STOPPED


def test_who_changed_one_row_of_another_persons_draft_cannot_approve_it(session: Session, now: datetime) -> None:
    maker, other = make.person(session), make.person(session)
    row = draft(session, maker, now)
    drafts.edit(session, row, sport_first, by=other.id, now=now)
    review.send(session, row, by=maker.id, now=now, decision="§ 7")
    assert review.approve(session, row, by=other.id, now=now, today=TODAY) == Stop("own")


def test_the_database_itself_refuses_an_approval_by_its_maker(session: Session, now: datetime) -> None:
    row = in_review(session, make.person(session), now)
    with pytest.raises(DBAPIError) as refused, session.begin_nested():
        session.execute(update(RulebookVersion).values(state="approved", reviewed_by=row.made_by))
    assert "rulebook_version_four_eyes" in constraint(refused.value)


def test_who_says_they_are_disqualified_is_kept_from_deciding(session: Session, now: datetime) -> None:
    maker, second = make.person(session), make.person(session)
    row = in_review(session, maker, now)
    review.disclose(session, row, by=second.id, now=now, reason="Lapseni seura")
    assert review.approve(session, row, by=second.id, now=now, today=TODAY) == Stop("disclosed")


def booked_sport(session: Session, whose: Organisation) -> None:
    row = make.occurrence(session, make.space(session), make.span("2026-10-06", "18:00", "19:30"), whose=whose)
    row.booking.purpose = "sport"
    session.flush()


def test_who_acts_for_an_organisation_that_the_change_concerns_is_stopped(session: Session, now: datetime) -> None:
    maker, second, club = make.person(session), make.person(session), make.organisation(session, name="Keksipallo ry")
    make.role(session, second, Role.SECRETARY, organisation_id=club.id)
    booked_sport(session, club)
    row = draft(session, maker, now)
    drafts.edit(session, row, sport_first, by=maker.id, now=now)
    review.send(session, row, by=maker.id, now=now, decision="§ 7")
    assert review.approve(session, row, by=second.id, now=now, today=TODAY) == Stop("role", ("Keksipallo ry",))


def test_a_role_in_an_organisation_that_nothing_changes_for_stops_nobody(session: Session, now: datetime) -> None:
    maker, second, club = make.person(session), make.person(session), make.organisation(session)
    make.role(session, second, Role.SECRETARY, organisation_id=club.id)
    booked_sport(session, club)
    row = in_review(session, maker, now)
    assert review.approve(session, row, by=second.id, now=now, today=TODAY) is None


def approved(session: Session, now: datetime) -> RulebookVersion:
    row = in_review(session, make.person(session), now)
    review.approve(session, row, by=make.person(session).id, now=now, today=TODAY)
    return row


def test_the_database_keeps_an_approved_version_as_it_is(session: Session, now: datetime) -> None:
    row = approved(session, now)
    for change in ({"text": "x"}, {"valid_from": date(2028, 1, 1)}, {"state": "draft"}):
        with pytest.raises(DBAPIError) as refused, session.begin_nested():
            session.execute(update(RulebookVersion).where(RulebookVersion.id == row.id).values(**change))
        assert "rulebook_version_immutable" in constraint(refused.value)
    with pytest.raises(NotNow):
        drafts.edit(session, row, sport_first, by=row.made_by, now=now)


def test_a_step_once_taken_cannot_be_changed_or_deleted(session: Session, now: datetime) -> None:
    draft(session, make.person(session), now)
    for statement in ("UPDATE rulebook_step SET note = 'x'", "DELETE FROM rulebook_step"):
        with pytest.raises(DBAPIError) as refused, session.begin_nested():
            session.execute(text(statement))
        assert "rulebook_step_immutable" in constraint(refused.value)


def test_rules_begin_today_at_the_earliest_and_never_in_the_past(session: Session, now: datetime) -> None:
    second = make.person(session)
    row = in_review(session, make.person(session), now, valid_from=TODAY - timedelta(days=1))
    with pytest.raises(BadInput) as refused:
        review.approve(session, row, by=second.id, now=now, today=TODAY)
    assert refused.value.facts["problem"] == "in_the_past_day"


def test_a_version_to_come_can_be_withdrawn_and_one_in_force_cannot(session: Session, now: datetime) -> None:
    row = approved(session, now)
    with pytest.raises(NotNow):
        review.withdraw(session, row, by=row.made_by, now=now, today=NEW_YEAR, reason="Valitus")
    review.withdraw(session, row, by=row.made_by, now=now, today=TODAY, reason="Valitus")
    assert "2027-01" not in {book.version for book in books(session)}


def test_a_faulty_draft_may_be_kept_but_not_sent_to_review(session: Session, now: datetime) -> None:
    maker = make.person(session)
    row = draft(session, maker, now)
    broken = tables.put("priority", {"id": "no-class", "when": {"fact": "applicant.knid"}}, instead_of=None)
    drafts.edit(session, row, broken, by=maker.id, now=now)
    assert any(line.startswith("priority: no-class: ") for line in drafts.checked(row).faults)
    with pytest.raises(BadInput):
        review.send(session, row, by=maker.id, now=now, decision="§ 7")


def test_two_who_change_one_draft_at_once_do_not_overwrite_each_other(session: Session, now: datetime) -> None:
    maker = make.person(session)
    row = draft(session, maker, now)
    seen = row.revision
    drafts.edit(session, row, sport_first, by=maker.id, now=now, revision=seen)
    with pytest.raises(NotNow):
        drafts.edit(session, row, other_order, by=maker.id, now=now, revision=seen)


def test_one_version_of_a_family_has_its_name_alone(session: Session, now: datetime) -> None:
    maker = make.person(session)
    draft(session, maker, now)
    with pytest.raises(AlreadyThere), session.begin_nested():
        draft(session, maker, now)


def test_a_file_that_amends_a_version_is_taken_in_whole(session: Session, now: datetime) -> None:
    maker = make.person(session)
    amending = (
        'family = "espoo"\nversion = "2027-02"\namends = "2025-01"\nvalid_from = 2027-02-01\n'
        'drop = []\nname = { fi = "Uusi", sv = "Ny" }\n'
    )
    row = drafts.read_in(session, amending, by=maker.id, now=now)
    assert drafts.checked(row).faults == ()
    assert len(drafts.document_of(row)["price"]) == len(shipped_documents()["espoo-2025-01"]["price"])


def test_every_step_tells_who_and_when(session: Session, now: datetime) -> None:
    row = approved(session, now)
    kinds = [step.kind for step in session.query(RulebookStep).filter_by(version_id=row.id).order_by(RulebookStep.id)]
    assert kinds == [StepKind.MADE, StepKind.SENT, StepKind.APPROVED]
