"""Drafts shared by officials, deadlines to the second, late applications, withdrawing, copying."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from booking.acts import told
from booking.refusals import BadInput, ChangedMeanwhile, Incomplete, NotFound, NotNow, NotOpen
from booking.rounds import applying, copying
from booking.rounds.models import Application
from booking.rounds.offered import Where
from booking.rounds.sections import SectionWish, WindowWish
from tests import make
from tests.booking.rounds import make_rounds

SECOND = timedelta(seconds=1)
MONDAY = WindowWish(0, 17 * 60, 20 * 60)


@pytest.fixture
def gym(session):
    return make.space(session, name_fi="Liikuntasali", capacity=60)


@pytest.fixture
def round_(session, gym):
    return make_rounds.a_round(session, spaces=[gym], late_until_at=make.at("2026-12-31", "16:00"))


@pytest.fixture
def sini(session):
    return make.person(session, "Sini Keksijä")


@pytest.fixture
def otso(session):
    return make.person(session, "Otso Toinen")


@pytest.fixture
def draft(session, round_, sini, now):
    troop = make.organisation(session, members_total=40)
    return applying.start(session, round_, troop, contact=sini.id, by=sini.id, now=now)


@pytest.fixture
def wish(gym):
    told = {"under_18": 18, "group": "children"}
    where = (Where(space=gym.ref),)
    return SectionWish(
        name="Sudenpennut", purpose="weekly_meeting", people=20, windows=(MONDAY,), options=where, audience=told
    )


@pytest.fixture
def section(session, draft, wish, sini, now):
    return applying.add_section(session, draft, wish, by=sini.id, now=now)


@pytest.fixture
def sent(session, draft, section, sini, now):
    applying.send(session, draft, revision=draft.revision, by=sini.id, now=now)
    return draft


def reread(session, application):
    session.flush()
    session.expire_all()
    return applying.application_of(session, application.ref)


def test_an_organisation_has_one_application_in_a_round_however_many_begin_it(session, round_, draft, otso, now):
    again = applying.start(session, round_, draft.organisation, contact=otso.id, by=otso.id, now=now)
    assert (again.id, again.contact_id) == (draft.id, draft.contact_id)


def test_a_section_is_kept_as_it_was_asked(session, draft, section, gym):
    kept = reread(session, draft).sections[0]
    assert (kept.name, kept.people, kept.audience["under_18"]) == ("Sudenpennut", 20, 18)
    assert [(one.weekday, one.start_min, one.end_min, one.preference) for one in kept.windows] == [(0, 1020, 1200, 1)]
    assert [(one.rank, one.space.ref) for one in kept.options] == [(1, gym.ref)]


def test_two_officials_never_write_over_each_other(session, draft, section, wish, sini, otso, now):
    seen = section.revision
    change = {"revision": seen, "now": now}
    applying.save_section(session, draft, section, replace(wish, people=25), by=sini.id, **change)
    with pytest.raises(ChangedMeanwhile) as refused:
        applying.save_section(session, draft, section, replace(wish, people=12), by=otso.id, **change)
    assert refused.value.facts["by"] == "Sini Keksijä"
    assert reread(session, draft).sections[0].people == 25


def test_different_sections_are_saved_by_two_officials_at_once(session, draft, section, wish, sini, otso, now):
    other = applying.add_section(session, draft, replace(wish, name="Seikkailijat"), by=otso.id, now=now)
    for row, by in ((section, sini), (other, otso)):
        applying.save_section(session, draft, row, wish, revision=row.revision, by=by.id, now=now)
    assert [one.revision for one in reread(session, draft).sections] == [2, 2]


def test_what_somebody_changed_is_not_deleted_unseen(session, draft, section, wish, sini, otso, now):
    seen = section.revision
    applying.save_section(session, draft, section, wish, revision=seen, by=sini.id, now=now)
    with pytest.raises(ChangedMeanwhile):
        applying.delete_section(session, draft, section, revision=seen, by=otso.id, now=now)
    applying.delete_section(session, draft, section, revision=section.revision, by=otso.id, now=now)
    assert reread(session, draft).sections == []


def test_what_is_sent_is_what_was_looked_at(session, draft, section, wish, sini, otso, now):
    seen = draft.revision
    applying.save_section(session, draft, section, replace(wish, people=30), revision=1, by=otso.id, now=now)
    with pytest.raises(ChangedMeanwhile):
        applying.send(session, draft, revision=seen, by=sini.id, now=now)
    assert reread(session, draft).state == "draft"


def test_an_empty_application_is_not_sent(session, draft, sini, now):
    with pytest.raises(Incomplete):
        applying.send(session, draft, revision=draft.revision, by=sini.id, now=now)


def test_a_draft_may_lack_times_and_spaces_but_is_not_sent_without(session, draft, wish, sini, now):
    bare = replace(wish, windows=(), options=())
    applying.add_section(session, draft, bare, by=sini.id, now=now)
    with pytest.raises(Incomplete) as refused:
        applying.send(session, draft, revision=draft.revision, by=sini.id, now=now)
    (wrong,) = refused.value.facts["sections"]
    assert [one["problem"] for one in wrong["faults"]] == ["windows_missing", "options_missing"]


def test_a_sent_application_can_be_changed_but_must_stay_whole(session, sent, section, wish, sini, now):
    change = {"by": sini.id, "now": now}
    applying.save_section(session, sent, section, replace(wish, people=22), revision=1, **change)
    with pytest.raises(BadInput):
        applying.save_section(session, sent, section, replace(wish, windows=()), revision=2, **change)
    with pytest.raises(NotNow):
        applying.delete_section(session, sent, section, revision=section.revision, **change)


def test_the_deadline_holds_to_the_second(session, round_, draft, section, sini):
    deadline = round_.apply_to_at
    assert applying.intake(round_, round_.apply_from_at - SECOND) == "coming"
    assert applying.intake(round_, round_.apply_from_at) == "open"
    assert applying.intake(round_, deadline - SECOND) == "open"
    assert applying.intake(round_, deadline) == "late"
    assert applying.intake(round_, round_.late_until_at - SECOND) == "late"
    assert applying.intake(round_, round_.late_until_at) == "over"
    applying.send(session, draft, revision=draft.revision, by=sini.id, now=deadline - SECOND)
    assert (draft.late, draft.sent_at) == (False, deadline - SECOND)


def test_after_the_deadline_a_sent_application_stays_as_it_is(session, round_, sent, section, wish, sini):
    with pytest.raises(NotOpen):
        applying.save_section(session, sent, section, wish, revision=1, by=sini.id, now=round_.apply_to_at)


def test_a_draft_that_missed_the_deadline_becomes_a_late_one(session, round_, draft, section, sini):
    applying.send(session, draft, revision=draft.revision, by=sini.id, now=round_.apply_to_at)
    assert (draft.late, draft.state) == (True, "sent")
    assert applying.sent_sections(session, round_, late=False) == []
    assert [one.ref for one in applying.sent_sections(session, round_, late=True)] == [section.ref]


def test_a_supplement_after_the_deadline_is_late_and_leaves_the_first_alone(session, round_, sent, wish, sini):
    after = round_.apply_to_at + SECOND
    more = applying.start(session, round_, sent.organisation, contact=sini.id, by=sini.id, now=after)
    applying.add_section(session, more, replace(wish, name="Lisäryhmä"), by=sini.id, now=after)
    applying.send(session, more, revision=more.revision, by=sini.id, now=after)
    named = {late: [one.name for one in applying.sent_sections(session, round_, late=late)] for late in (False, True)}
    assert named == {False: ["Sudenpennut"], True: ["Lisäryhmä"]}


def test_nothing_is_begun_before_the_window_or_after_all_windows(session, round_, sini):
    troop = make.organisation(session)
    for moment in (round_.apply_from_at - SECOND, round_.late_until_at):
        with pytest.raises(NotOpen):
            applying.start(session, round_, troop, contact=sini.id, by=sini.id, now=moment)


def test_no_late_applications_where_the_round_takes_none(session, gym, sini):
    strict = make_rounds.a_round(session, spaces=[gym])
    with pytest.raises(NotOpen):
        applying.start(session, strict, make.organisation(session), contact=sini.id, by=sini.id, now=strict.apply_to_at)


def test_a_withdrawn_application_is_not_allocated_and_can_be_begun_again(session, round_, sent, sini, now):
    applying.withdraw(session, sent, by=sini.id, now=now)
    assert applying.sent_sections(session, round_, late=False) == []
    again = applying.start(session, round_, sent.organisation, contact=sini.id, by=sini.id, now=now)
    assert (again.id, again.state, len(again.sections)) == (sent.id, "draft", 1)


def test_a_draft_is_thrown_away_and_a_sent_one_is_not(session, draft, section, sini, now):
    applying.discard(session, draft, by=sini.id, now=now)
    assert session.get(Application, draft.id) is None


def test_a_sent_application_is_not_thrown_away(session, sent, sini, now):
    with pytest.raises(NotNow):
        applying.discard(session, sent, by=sini.id, now=now)


def test_sections_are_put_in_the_order_of_the_organisation(session, draft, section, wish, sini, now):
    applying.add_section(session, draft, replace(wish, name="Toinen"), by=sini.id, now=now)
    applying.move_section(session, draft, section, up=False, by=sini.id, now=now)
    assert [one.name for one in reread(session, draft).sections] == ["Toinen", "Sudenpennut"]


def test_every_act_is_told(session, sent):
    kinds = [act.kind.value for act in told(session) if act.subject == sent.ref]
    assert kinds == ["application.started", "application.changed", "application.sent"]


def test_the_group_is_one_of_the_organisation(session, draft, wish, sini, now):
    with pytest.raises(BadInput):
        applying.add_section(session, draft, replace(wish, group="somebody-elses"), by=sini.id, now=now)


def test_a_section_of_another_application_is_not_found(session, draft, sini, now):
    with pytest.raises(NotFound):
        applying.section_of(draft, "no-such-section")


def test_last_seasons_application_is_copied_and_what_is_gone_is_told(session, sent, gym, wish, sini, now):
    attic = make.space(session, gym.premises, name_fi="Ullakko")
    coming = make_rounds.a_round(session, spaces=[attic], apply_from_at=now)
    target = applying.start(session, coming, sent.organisation, contact=sini.id, by=sini.id, now=now)
    (source,) = copying.earlier(session, coming, sent.organisation)
    left = copying.copy_application(session, source, target, by=sini.id, now=now)
    assert [(one.section, one.what, one.count) for one in left] == [("Sudenpennut", "option", 1)]
    (copied,) = reread(session, target).sections
    assert (copied.name, copied.options, copied.windows[0].start_min) == ("Sudenpennut", [], 17 * 60)


def test_times_off_the_grid_of_the_new_round_are_rounded_up_or_left_out(session, gym, round_, wish):
    coarse = applying.offered(session, make_rounds.a_round(session, spaces=[gym], grid_min=60))
    odd = replace(wish, min_minutes=90, max_minutes=90, windows=(MONDAY, WindowWish(1, 990, 1200)))
    made, left = copying.fitted(odd, coarse, frozenset())
    assert (made.min_minutes, made.windows, [one.what for one in left]) == (120, (MONDAY,), ["window"])


def test_a_section_is_copied_beside_itself_under_another_name(session, draft, section, sini, now):
    names = [copying.copy_section(session, draft, section, by=sini.id, now=now).name for _ in range(2)]
    assert names == ["Sudenpennut 2", "Sudenpennut 3"]
