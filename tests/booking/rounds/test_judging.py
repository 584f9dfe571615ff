"""Sections of a round are classed by the rulebook fixed in it; officials decide what rules cannot, with a reason."""

from __future__ import annotations

import pytest
from sqlalchemy.orm import Session

from booking.acts import ActKind, told
from booking.refusals import BadInput
from booking.rounds import judging
from tests.booking.rounds.town_of_rounds import AFTER, a_city, adults, ask_for, judged


def test_children_come_before_adults_by_the_rulebook_of_the_round(session: Session) -> None:
    city = a_city(session)
    ask_for(session, city, "Lapset")
    ask_for(session, city, "Aikuiset", audience=adults())
    judged(session, city)
    children, grown = city.sections["Lapset"], city.sections["Aikuiset"]
    ranks = {one.id: one.rank for one in judging.classes_of(session, city.round, [])}
    assert children.priority_class
    assert grown.priority_class
    assert ranks[children.priority_class] < ranks[grown.priority_class]
    assert children.class_row, "the row that put it there is cited"
    assert children.judged["rulebook"] == "espoo-2025-01"


def test_what_nobody_can_class_waits_for_an_official(session: Session) -> None:
    city = a_city(session)
    section = ask_for(session, city, "Muualta", options=[{"space_kind": "studio"}])
    assert judging.judge_round(session, city.round, by=city.by, now=AFTER) == 1
    assert section.priority_class is None
    assert section.judged["kind"] == "no_space"
    judging.leave_out(session, city.round, section, "Ei tiloja tässä kierroksessa", by=city.by, now=AFTER)
    assert not judging.unclassed(section)


def test_a_class_given_by_an_official_stays_when_the_rules_are_asked_again(session: Session) -> None:
    city = a_city(session)
    section = ask_for(session, city, "Lapset")
    judged(session, city)
    before = section.priority_class
    last = judging.classes_of(session, city.round, [section])[-1].id
    judging.give_class(session, city.round, section, last, "Ryhmä on avoin kaikille", by=city.by, now=AFTER)
    judged(session, city)
    assert section.priority_class == last != before
    act = next(one for one in told(session) if one.kind is ActKind.ROUND_CLASS_GIVEN)
    assert act.body["reason"] == "Ryhmä on avoin kaikille"
    assert act.body["before"] == before


@pytest.mark.parametrize(("class_id", "reason", "field"), [("p1", " ", "reason"), ("nonsense", "Syy", "class_id")])
def test_a_class_needs_a_reason_and_to_be_one(session: Session, class_id: str, reason: str, field: str) -> None:
    city = a_city(session)
    section = ask_for(session, city, "Lapset")
    with pytest.raises(BadInput) as refused:
        judging.give_class(session, city.round, section, class_id, reason, by=city.by, now=AFTER)
    assert refused.value.facts["field"] == field
