"""Laws that hold for every round: what is written is read back, what is solved stands up to the checker."""

import json

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from booking.core.allocation.explaining import explain_all
from booking.core.allocation.reading import InstanceError, document_of, instance_from, result_from
from booking.core.allocation.solving import solve
from booking.core.allocation.verifying import verify
from booking.core.allocation.writing import canonical, input_hash, instance_to_json, result_to_json
from tests.booking.allocation.instances import rounds

SLOW = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@SLOW
@given(rounds())
def test_a_round_is_read_back_as_it_was_written(instance):
    written = instance_to_json(instance)
    again = instance_from(document_of(json.dumps(written)))
    assert again == canonical(instance)
    assert instance_to_json(again) == written
    assert input_hash(again) == input_hash(instance)


JUNK = st.one_of(
    st.sampled_from([None, True, False, 10**400, "\ud800", [], {}, [{}], "2026-02-30"]),
    st.integers(-5, 2000),
    st.floats(allow_nan=False),
    st.text(max_size=3),
    st.lists(st.integers(), max_size=3),
)


def places(value, way=()):
    """Every place in a document, as the way to it."""
    yield way
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, one in inner:
        yield from places(one, (*way, key))


@SLOW
@given(rounds(), st.data())
def test_a_spoilt_file_is_read_or_refused_with_paths_and_never_crashes(instance, data):
    document = instance_to_json(instance)
    *way, last = data.draw(st.sampled_from([one for one in places(document) if one]))
    at = document
    for step in way:
        at = at[step]
    at[last] = data.draw(JUNK)
    try:
        read = instance_from(document_of(json.dumps(document)))
    except InstanceError as error:
        lines = error.lines
    else:
        assert verify(read, solve(read, iterations=100)) == []
        return
    assert lines
    assert all(": " in line for line in lines)


@SLOW
@given(rounds())
def test_what_is_solved_stands_up_to_the_checker(instance):
    result = solve(instance, iterations=2_000)
    assert result_from(document_of(json.dumps(result_to_json(result)))) == result
    assert verify(instance, result) == []


@SLOW
@given(rounds())
def test_whoever_got_less_than_asked_is_told_why(instance):
    for one in explain_all(instance, solve(instance, iterations=2_000)):
        windows = next(section.windows for section in instance.sections if section.id == one.section)
        assert bool(one.reasons) >= (one.granted < one.asked and bool(windows) and not one.granted)
