"""Leaf, exit button and keypad lockout of a door that the service minds."""

from access.leaf import Leaf
from access.wrong_pins import WrongPins
from devices.events import EventKind


def opened(leaf: Leaf, at_ms: int) -> list[EventKind]:
    return [kind for kind, _facts in leaf.contact(is_open=True, mono_ms=at_ms, held_open_s=60)]


def shut(leaf: Leaf, at_ms: int = 0) -> list[EventKind]:
    return [kind for kind, _facts in leaf.contact(is_open=False, mono_ms=at_ms, held_open_s=60)]


def told(leaf: Leaf, at_ms: int) -> list[tuple[EventKind, int]]:
    return [(kind, facts["open_s"]) for kind, facts in leaf.turn(at_ms)]


def closed() -> Leaf:
    leaf = Leaf()
    assert shut(leaf) == []  # the first word after a start is no event
    return leaf


def test_a_leaf_opened_while_released_is_opened_and_else_forced() -> None:
    leaf = closed()
    leaf.released(5, 10_000)
    assert opened(leaf, 14_000) == [EventKind.DOOR_OPENED]
    assert shut(leaf) == [EventKind.DOOR_CLOSED]
    assert opened(leaf, 16_001) == [EventKind.FORCED]


def test_whoever_leaves_by_the_exit_button_forces_nothing() -> None:
    leaf = closed()
    assert leaf.exit_pressed(20_000) == [(EventKind.REX, {})]
    assert opened(leaf, 29_999) == [EventKind.DOOR_OPENED]
    shut(leaf)
    assert opened(leaf, 30_000) == [EventKind.FORCED]


def test_a_door_held_open_is_free_to_open() -> None:
    leaf = closed()
    leaf.held = True
    assert opened(leaf, 99_000) == [EventKind.DOOR_OPENED]
    assert told(leaf, 999_000) == []


def test_a_leaf_left_open_is_told_twice_and_no_more() -> None:
    leaf = closed()
    leaf.released(5, 0)
    opened(leaf, 1000)
    assert told(leaf, 48_999) == []
    assert told(leaf, 49_000) == [(EventKind.HELD_OPEN_SOON, 48)]
    assert told(leaf, 60_999) == []
    assert told(leaf, 61_000) == [(EventKind.HELD_OPEN, 60)]
    assert told(leaf, 200_000) == []


def test_a_leaf_that_was_open_when_we_came_is_told_when_it_stays_so() -> None:
    leaf = Leaf()
    assert opened(leaf, 0) == []
    assert told(leaf, 60_000) == [(EventKind.HELD_OPEN_SOON, 60), (EventKind.HELD_OPEN, 60)]


def test_five_wrong_pins_in_five_minutes_lock_the_keypad_for_one() -> None:
    wrong = WrongPins()
    assert [wrong.wrong(ms) for ms in (0, 1, 2, 3, 300_000)] == [False] * 4 + [True]
    assert wrong.is_out(359_999)
    assert not wrong.is_out(360_000)
    assert not wrong.wrong(360_000)


def test_wrong_pins_long_ago_and_before_a_right_one_do_not_count() -> None:
    wrong = WrongPins()
    assert not any(wrong.wrong(ms) for ms in (0, 1, 2, 3, 300_001))
    wrong.granted()
    assert not any(wrong.wrong(ms) for ms in (300_002, 300_003, 300_004, 300_005))
