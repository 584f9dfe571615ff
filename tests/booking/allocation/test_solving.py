"""What solving a round promises, on small rounds."""

from __future__ import annotations

from hypothesis import given, settings

from booking.core.allocation.instance import Instance
from booking.core.allocation.solving import solve
from tests.booking.allocation.instances import rounds
from tests.booking.allocation.plain_check import overlaps, running


@settings(max_examples=40, deadline=None)
@given(rounds(most_sections=6))
def test_no_two_grants_ever_hold_the_same_place_or_person_at_once(instance: Instance) -> None:
    result = solve(instance, iterations=2000)

    assert overlaps(instance, result) == []


@settings(max_examples=40, deadline=None)
@given(rounds(most_sections=6))
def test_each_grant_says_on_how_many_dates_it_really_runs(instance: Instance) -> None:
    result = solve(instance, iterations=2000)

    sections = {one.id: one for one in instance.sections}
    for grant in result.grants:
        assert grant.dates == len(running(instance, sections[grant.section], grant.slot)) > 0
