"""A round becomes an instance: refs, hours, what is booked and closed, and what differs in a scenario."""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy.orm import Session

from booking.core.allocation.instance import Fairness, HistoryMode, Instance, Slot
from booking.core.allocation.reading import instance_from
from booking.core.allocation.writing import canonical, instance_to_json
from booking.models import ClosedDays
from booking.rounds import scenarios
from booking.rounds.building import instance_of
from booking.rounds.plan_models import SlotGrant
from tests import make
from tests.booking.rounds import make_rounds
from tests.booking.rounds.town_of_rounds import AFTER, City, a_city, ask_for, judged


def built(session: Session, city: City, **values: Any) -> Instance:
    row = scenarios.ask(session, city.round, name="Luonnos", by=city.by, now=AFTER, **values)
    return instance_of(session, row, AFTER)


def test_a_round_becomes_an_instance_that_reads_back_the_same(session: Session) -> None:
    city = a_city(session)
    ask_for(session, city, "Lapset", events=2, windows=[(0, 1020, 1200), (2, 1020, 1200, 2)])
    judged(session, city)
    instance = built(session, city)
    assert instance_from(instance_to_json(instance)) == canonical(instance)
    [section] = instance.sections
    assert section.id == city.sections["Lapset"].ref
    assert [one.space for one in section.options] == [city.a.ref]
    assert section.class_id in {one.id for one in instance.classes}
    hall = next(one for one in instance.spaces if one.id == city.hall.ref)
    assert set(hall.atoms) == {city.a.ref, city.b.ref}


def test_a_coach_is_the_same_in_two_groups_and_has_no_name_in_the_file(session: Session) -> None:
    city, whose = a_city(session), make.organisation(session)
    groups = [make_rounds.a_section(options=[city.a], shared=[name]) for name in ("Kalle Keksijä", "kalle  keksijä")]
    make_rounds.an_application(session, city.round, whose, sections=groups)
    judged(session, city)
    instance = built(session, city)
    [one, other] = [section.shared for section in instance.sections]
    assert one == other
    assert "eksij" not in str(instance_to_json(instance))


def test_what_is_booked_blocks_its_half_and_not_the_other(session: Session) -> None:
    city = a_city(session)
    ask_for(session, city, "Lapset")
    judged(session, city)
    for day in ("2027-01-18", "2027-01-25", "2027-02-01", "2027-03-01"):
        make.occurrence(session, city.a, make.span(day, "17:00", "18:00"))
    spaces = {one.id: one for one in built(session, city).spaces}
    [weekly] = spaces[city.a.ref].blocked
    assert (weekly.time.weekday, weekly.time.start_min, weekly.time.end_min) == (0, 1020, 1080)
    assert weekly.time.periods[0].last_on == date(2027, 2, 1)
    assert [one.day for one in spaces[city.a.ref].blocked_days] == [date(2027, 3, 1)]
    assert not spaces[city.b.ref].blocked


def test_closed_days_and_public_holidays_are_closed(session: Session) -> None:
    city = a_city(session)
    place = city.hall.premises_id
    session.add(ClosedDays(premises_id=place, name_fi="Loma", first_on=date(2027, 2, 15), last_on=date(2027, 2, 21)))
    session.flush()
    closed = built(session, city).spaces[0].closed
    assert any(one.first_on == date(2027, 2, 15) and one.last_on == date(2027, 2, 21) for one in closed)
    assert any(one.first_on <= date(2027, 3, 26) <= one.last_on for one in closed), "Good Friday"


def test_a_scenario_may_close_a_space_turn_classes_round_and_do_without_quotas_and_history(session: Session) -> None:
    city = a_city(session)
    ask_for(session, city, "Lapset")
    judged(session, city)
    plain = built(session, city)
    ids = [one.id for one in plain.classes]
    changes = {"close": [city.a.ref], "classes": ids[::-1], "fairness": "none", "no_history": True}
    other = built(session, city, changes=changes)
    shut = {one.id for one in other.spaces if not one.open}
    assert shut == {city.a.ref, city.hall.ref}, "the whole hall holds the closed half"
    assert [one.id for one in sorted(other.classes, key=lambda one: one.rank)] == ids[::-1]
    assert other.policy.fairness is Fairness.NONE
    assert other.policy.history is HistoryMode.NONE


def test_other_rules_class_the_groups_for_one_draft_and_leave_the_round_as_it_is(session: Session) -> None:
    city = a_city(session)
    section = ask_for(session, city, "Lapset")
    judged(session, city)
    before = (section.priority_class, section.class_row)
    plain, other = built(session, city), built(session, city, changes={"rulebook": "espoo-2017-08"})
    assert (plain.rulebook, other.rulebook) == ("espoo-2025-01", "espoo-2017-08")
    assert len(other.sections) == 1
    assert other.sections[0].rule
    assert (section.priority_class, section.class_row) == before


def test_a_second_run_pins_what_was_granted_and_does_not_offer_again_what_was_declined(session: Session) -> None:
    city = a_city(session)
    kept, gave_up = ask_for(session, city, "Lapset"), ask_for(session, city, "Toiset")
    judged(session, city)
    first = make_rounds.a_scenario(session, city.round)
    for section, state in ((kept, "accepted"), (gave_up, "declined")):
        values = {"section_id": section.id, "space_id": city.a.id, "weekday": 0, "start_min": 1020, "end_min": 1080}
        session.add(SlotGrant(round_id=city.round.id, scenario_id=first.id, state=state, proposed_at=AFTER, **values))
    session.flush()
    instance = built(session, city, phase="second")
    assert [(one.section, one.slot) for one in instance.pins] == [(kept.ref, Slot(city.a.ref, 0, 1020, 1080))]
    assert [one.section for one in instance.exclusions] == [gave_up.ref]


def test_last_seasons_slot_is_known_by_the_name_of_the_group(session: Session) -> None:
    city = a_city(session)
    whose = make.organisation(session)
    before = make_rounds.a_round(session, spaces=[city.a], first_on=date(2026, 1, 12), last_on=date(2026, 5, 31))
    old = make_rounds.a_section(name="Lapset", options=[city.a])
    make_rounds.an_application(session, before, whose, sections=[old])
    then = make_rounds.a_scenario(session, before)
    values = {"section_id": old.id, "space_id": city.a.id, "weekday": 0, "start_min": 1020, "end_min": 1080}
    session.add(SlotGrant(round_id=before.id, scenario_id=then.id, state="booked", proposed_at=AFTER, **values))
    city.round.previous_id = before.id
    ask_for(session, city, "lapset ", organisation=whose)
    judged(session, city)
    [section] = built(session, city).sections
    assert [(one.space, one.start_min) for one in section.history] == [(city.a.ref, 1020)]
