"""Laws of the pure part: what is wanted, the difference, and which doors serve which spaces."""

from datetime import UTC, date, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from access.serving import served
from access.wanted import Bearer, Difference, KeyHolder, Use, WantedRight, diff, wanted

DAY = datetime(2026, 11, 24, tzinfo=UTC)
ids = st.integers(1, 4)
uses = st.builds(
    lambda occurrence, booking, organisation, holder, space, start, length, lead: Use(
        occurrence, booking, organisation, holder, space, DAY + timedelta(minutes=start),
        DAY + timedelta(minutes=start + length), lead, DAY.date(),
    ),
    ids, ids, ids, ids, ids, st.integers(0, 1000), st.integers(1, 300), st.integers(0, 60),
)  # fmt: skip
bearers = st.builds(Bearer, st.integers(1, 8), ids, st.none() | ids, st.frozensets(ids))
holders = st.builds(KeyHolder, ids, ids, st.just(date(2026, 1, 1)), st.none() | st.just(date(2026, 11, 23)))
maps = st.dictionaries(ids, st.frozensets(ids), max_size=4)


@given(st.lists(uses), st.lists(bearers), maps, st.lists(holders))
def test_nobody_gets_a_right_without_a_use_a_door_that_knows_them_and_a_reason(uses, bearers, doors, holders):
    for right in wanted(uses, bearers, doors=doors, key_holders=holders):
        assert any(justifies(use, bearer, right, doors, holders) for use in uses for bearer in bearers)


def justifies(use, bearer, right, doors, holders):
    keyed = any(h.person == bearer.person and h.organisation == use.organisation and h.last_on is None for h in holders)
    return (
        (use.occurrence, bearer.credential) == (right.occurrence, right.credential)
        and right.door in doors.get(use.space, ()) and right.door in bearer.doors
        and (use.holder == bearer.person or keyed) and bearer.booking in (None, use.booking)
        and right.valid_until == use.ends_at and right.valid_from == use.starts_at - timedelta(minutes=use.lead_min)
    )  # fmt: skip


rights = st.builds(
    lambda door, credential, occurrence, start, length: WantedRight(
        door, credential, occurrence, DAY + timedelta(minutes=start), DAY + timedelta(minutes=start + length)
    ),
    ids, ids, ids, st.integers(0, 3), st.integers(1, 3),
)  # fmt: skip


@given(st.dictionaries(st.integers(1, 50), rights), st.frozensets(rights))
def test_after_the_difference_exactly_what_is_wanted_is_there(existing, want):
    change = diff(existing, want)
    left = [right for right_id, right in existing.items() if right_id not in change.withdraw]
    assert set(left) | set(change.give) == want
    assert not set(left) & set(change.give)


@given(st.frozensets(rights))
def test_what_is_there_already_changes_nothing(want):
    assert diff(dict(enumerate(want)), want) == Difference((), ())


@given(st.dictionaries(ids, st.none() | ids), maps)
def test_a_door_serves_upwards_and_downwards_and_never_sideways(parents, given_doors):
    parents = {child: parent for child, parent in parents.items() if parent is None or parent < child}
    for space in range(1, 5):
        found = served(space, parents, given_doors)
        related = {other for other in range(1, 5) if other in line(space, parents) or space in line(other, parents)}
        assert found == frozenset().union(*(given_doors.get(other, frozenset()) for other in related))


def line(space, parents):
    found = [space]
    while (parent := parents.get(found[-1])) is not None:
        found.append(parent)
    return found
