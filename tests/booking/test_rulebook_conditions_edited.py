"""Conditions changed by the place of their parts: what is put somewhere stands there, and nothing else moves."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from booking.refusals import NotFound
from booking.rulemaking.conditions import added, node, parts, put, wrapped

LEAVES = st.builds(lambda n: {"fact": "audience.total", "is": ">", "value": n}, st.integers(0, 99))
SPECS: st.SearchStrategy[Any] = st.recursive(
    LEAVES,
    lambda inner: (
        st.builds(lambda some: {"all": some}, st.lists(inner, min_size=1, max_size=3))
        | st.builds(lambda some: {"any": some}, st.lists(inner, min_size=1, max_size=3))
        | st.builds(lambda one: {"not": one}, inner)
    ),
    max_leaves=6,
)
NEW = {"fact": "applicant.kind", "is": "==", "value": "association"}


def paths(spec: Any, here: str = "") -> list[str]:
    found = [here]
    for place, part in enumerate(parts(spec)):
        found += paths(part, f"{here}.{place}" if here else str(place))
    return found


@given(SPECS, st.data())
def test_what_is_put_at_a_place_is_found_there_and_the_other_places_stay(spec: Any, data: st.DataObject) -> None:
    path = data.draw(st.sampled_from(paths(spec)))
    changed = put(spec, path, NEW)
    assert node(changed, path) == NEW
    for other in paths(spec):
        if not (other.startswith(path) or path.startswith(other)):
            assert node(changed, other) == node(spec, other)


@given(SPECS, st.data())
def test_a_part_taken_out_leaves_no_empty_group(spec: Any, data: st.DataObject) -> None:
    path = data.draw(st.sampled_from(paths(spec)))
    left = put(spec, path, None)
    assert left is None or all(parts(node(left, one)) or "fact" in node(left, one) for one in paths(left))


@given(SPECS, st.data())
def test_what_is_added_stands_where_it_is_said_to(spec: Any, data: st.DataObject) -> None:
    path = data.draw(st.sampled_from(paths(spec)))
    grown, place = added(spec, path, NEW)
    assert node(grown, place) == NEW


@given(SPECS, st.data(), st.sampled_from(["all", "any", "not"]))
def test_a_part_in_a_new_group_is_the_only_part_of_it(spec: Any, data: st.DataObject, kind: str) -> None:
    path = data.draw(st.sampled_from(paths(spec)))
    assert parts(node(wrapped(spec, path, kind), path)) == [node(spec, path)]


def test_a_sentence_added_to_nothing_is_the_condition() -> None:
    assert added(None, "", NEW) == (NEW, "")
    assert added({"always": True}, "", NEW) == (NEW, "")


@pytest.mark.parametrize("path", ["7", "x", "0.0"])
def test_a_place_that_is_not_there_is_not_found(path: str) -> None:
    with pytest.raises(NotFound):
        node({"all": [NEW]}, path)
