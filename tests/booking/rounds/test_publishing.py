"""Publishing a round, and what may be done after it without harm to those who applied."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy.orm import Session

from booking.acts import ActKind, told
from booking.refusals import BadInput, NotFound, NotNow, RoundNotReady
from booking.rounds import listing, publishing, quotas
from booking.rounds.models import Round
from booking.rounds.plan_models import SlotGrant
from booking.rounds.publishing import Later
from booking.rounds.quotas import QuotaWish
from tests import make
from tests.booking.rounds import make_rounds

NOW = datetime(2026, 11, 24, 10, 0, tzinfo=UTC)
AFTER = datetime(2026, 12, 1, 10, 0, tzinfo=UTC)


def a_draft(session: Session, **values: object) -> Round:
    spaces = values.pop("spaces", None)
    hall = [make.space(session)] if spaces is None else spaces
    told_ = {
        "state": "draft",
        "rulebook": "",
        "spaces": hall,
        "name_sv": "Våren 2027",
        "decide_by_on": date(2026, 12, 18),
    }
    return listing.round_of(session, make_rounds.a_round(session, **told_ | values).ref)


def codes(session: Session, row: Round, *, stops: bool) -> set[str]:
    return {one.code for one in publishing.findings(session, row, NOW) if one.stops is stops}


def test_publishing_fixes_the_version_of_the_rulebook_and_says_who_did_it(session: Session) -> None:
    row = a_draft(session)
    publishing.publish(session, row, by=row.made_by, now=NOW)
    assert (row.state, row.rulebook) == ("published", "espoo-2025-01")
    (notice,) = publishing.notices(session, row)
    assert (notice.kind, notice.by, notice.at) == ("published", row.made_by, NOW)
    assert ActKind.ROUND_PUBLISHED in [act.kind for act in told(session)]
    with pytest.raises(NotNow):
        publishing.publish(session, row, by=row.made_by, now=NOW)


@pytest.mark.parametrize(
    ("values", "code"),
    [
        ({"spaces": []}, "no_hours"),
        ({"family": "atlantis"}, "no_rulebook"),
        ({"apply_to_at": NOW - timedelta(days=1)}, "window_over"),
        ({"apply_to_at": datetime(2027, 2, 1, tzinfo=UTC), "decide_by_on": None}, "window_after_season"),
        ({"decide_by_on": date(2026, 11, 30)}, "decided_before_deadline"),
        ({"answer_by_at": NOW}, "answer_before_deadline"),
        ({"quotas": [{"id": "q", "percent": 40}]}, "quota_without_source"),
        ({"quotas": [{"id": "q", "percent": 40, "source": "§ 1", "classes": ["nobody"]}]}, "quota_of_unknown_class"),
        ({"policy": {"history": "pin"}}, "pin_without_decision"),
    ],
)
def test_a_round_that_lacks_something_is_not_published(session: Session, values, code: str) -> None:
    row = a_draft(session, **values)
    assert codes(session, row, stops=True) == {code}
    with pytest.raises(RoundNotReady):
        publishing.publish(session, row, by=row.made_by, now=NOW)
    assert row.state == "draft"


def test_what_is_only_odd_is_told_and_does_not_stop(session: Session) -> None:
    elsewhere = make.premises(session, rulebook="generic")
    hall = make.space(session, elsewhere, bookable=False)
    row = a_draft(
        session,
        spaces=[hall],
        name_sv="",
        decide_by_on=None,
        criteria={"fi": "Hei"},
        policy={"fairness": "hours_per_member"},
    )
    make_rounds.hours(session, row, hall, [5], opens=400, closes=485)
    make.organisation(session, members_total=None)
    row = listing.round_of(session, row.ref)
    odd = {"other_rulebook", "not_bookable", "outside_opening", "off_grid", "no_swedish_name", "no_decision_day"}
    assert codes(session, row, stops=False) == odd | {"criteria_in_one_language", "window_opened", "members_not_told"}
    assert codes(session, row, stops=True) == set()


def test_the_deadline_moves_later_with_a_note_that_everybody_reads(session: Session) -> None:
    row = make_rounds.a_round(session)
    before, later = row.apply_to_at, row.apply_to_at + timedelta(days=7)
    publishing.postpone(session, row, Later(apply_to_at=later), note="Järjestelmävika", by=row.made_by, now=NOW)
    assert row.apply_to_at == later
    (notice,) = publishing.notices(session, row)
    assert (notice.note, notice.body["apply_to_at"]) == ("Järjestelmävika", [before.isoformat(), later.isoformat()])


def test_a_late_window_that_would_be_over_follows_the_deadline(session: Session) -> None:
    deadline = make.at("2026-11-30", "16:00")
    row = make_rounds.a_round(session, late_until_at=deadline + timedelta(days=1))
    later = deadline + timedelta(days=7)
    publishing.postpone(session, row, Later(apply_to_at=later), note="Vika", by=row.made_by, now=NOW)
    assert row.late_until_at == later


@pytest.mark.parametrize("problem", ["earlier", "same", "empty"])
def test_days_never_move_earlier_nor_without_a_reason(session: Session, problem: str) -> None:
    row = make_rounds.a_round(session)
    days = {"earlier": -1, "same": 0, "empty": 1}[problem]
    later = Later(apply_to_at=row.apply_to_at + timedelta(days=days))
    with pytest.raises(BadInput) as refused:
        publishing.postpone(session, row, later, note=" " if problem == "empty" else "Vika", by=row.made_by, now=NOW)
    assert refused.value.facts["problem"] == problem


def test_the_number_is_drawn_once_after_the_deadline_and_then_nobody_applies_any_more(session: Session) -> None:
    row = make_rounds.a_round(session)
    told_ = {"note": "Nopilla", "by": row.made_by}
    with pytest.raises(NotNow):
        publishing.draw(session, row, "417", now=NOW, **told_)
    publishing.draw(session, row, " 417 ", now=AFTER, **told_)
    assert row.public_draw == "417"
    with pytest.raises(NotNow):
        publishing.draw(session, row, "418", now=AFTER, **told_)
    later = Later(apply_to_at=row.apply_to_at + timedelta(days=7))
    with pytest.raises(NotNow):
        publishing.postpone(session, row, later, note="Vika", by=row.made_by, now=AFTER)


def test_a_round_is_not_closed_without_saying_why(session: Session) -> None:
    row = make_rounds.a_round(session)
    with pytest.raises(BadInput):
        publishing.close(session, row, reason=" ", by=row.made_by, now=AFTER)
    assert row.state == "published"


def test_a_closed_round_stays_closed(session: Session) -> None:
    row = make_rounds.a_round(session)
    publishing.close(session, row, reason="Sali palaa korjaukseen", by=row.made_by, now=AFTER)
    assert (row.state, listing.phase(row, AFTER)) == ("closed", "closed")
    assert not listing.takes_applications(row, NOW)
    with pytest.raises(NotNow):
        publishing.close(session, row, reason="Taas", by=row.made_by, now=AFTER)


@pytest.mark.parametrize(("state", "closes"), [("decided", False), ("proposed", False), ("undone", True)])
def test_a_round_whose_slots_stand_is_not_closed_with_nothing_granted(
    session: Session, state: str, closes: bool
) -> None:
    hall = make.space(session)
    row = make_rounds.a_round(session, spaces=[hall])
    section = make_rounds.a_section(options=[hall])
    make_rounds.an_application(session, row, sections=[section])
    scenario = make_rounds.a_scenario(session, row)
    slot = {"weekday": 0, "start_min": 960, "end_min": 1020, "state": state, "proposed_at": NOW}
    session.add(SlotGrant(round_id=row.id, scenario_id=scenario.id, section_id=section.id, space_id=hall.id, **slot))
    session.flush()
    if closes:
        publishing.close(session, row, reason="Syy", by=row.made_by, now=AFTER)
        return
    with pytest.raises(NotNow):
        publishing.close(session, row, reason="Syy", by=row.made_by, now=AFTER)


def test_those_who_applied_or_began_to_are_written_to(session: Session) -> None:
    row = make_rounds.a_round(session)
    sent = make_rounds.an_application(session, row)
    begun = make_rounds.an_application(session, row, state="draft", sent_at=None)
    make_rounds.an_application(session, row, state="withdrawn")
    assert [one.id for one, _person in publishing.applicants(session, row)] == [sent.id, begun.id]
    assert [one.id for one, _person in publishing.applicants(session, row, drafts=False)] == [sent.id]


def test_a_quota_is_added_with_its_decision_and_taken_away(session: Session) -> None:
    row = a_draft(session)
    youth = QuotaWish(least=True, percent=70, audiences=("children",), weekdays=(0, 1), start_min=960, source="§ 5")
    quotas.add(session, row, youth, by=row.made_by, now=NOW)
    (kept,) = row.quotas
    assert kept["times"] == [{"weekdays": [0, 1], "start_min": 960, "end_min": 1440}]
    quotas.remove(session, row, kept["id"], by=row.made_by, now=NOW)
    assert row.quotas == []
    with pytest.raises(NotFound):
        quotas.remove(session, row, kept["id"], by=row.made_by, now=NOW)


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({}, "amount"),
        ({"percent": 101}, "amount"),
        ({"percent": 50, "minutes": 60}, "amount"),
        ({"percent": 50, "least": True}, "kind"),
        ({"percent": 50, "least": True, "classes": ("1",), "audiences": ("children",)}, "kind"),
        ({"percent": 50, "start_min": 600, "end_min": 500}, "to_clock"),
        ({"percent": 50, "source": " "}, "source"),
    ],
)
def test_a_quota_that_says_too_little_is_refused(session: Session, values, field: str) -> None:
    row = a_draft(session)
    with pytest.raises(BadInput) as refused:
        quotas.add(session, row, QuotaWish(**{"source": "§ 5"} | values), by=row.made_by, now=NOW)
    assert refused.value.facts["field"] == field
