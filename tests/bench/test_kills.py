"""R17 in short: killed while it stores (kill -9), the file is whole and what was acknowledged is there."""

from pathlib import Path

import pytest

from bench.kills import Kills, events, killed


@pytest.mark.timeout(120)
def test_kill_9_while_storing_loses_nothing_that_was_acknowledged(tmp_path: Path) -> None:
    """R17 with five kills; two hundred by `vuoro bench reliability --only R17`."""
    found = killed(tmp_path, kills=5, longest_s=0.15)
    assert found.problems == []
    assert (found.kills, found.acknowledged > 0) == (5, True)
    assert found.stored >= found.acknowledged


def test_the_door_tells_the_same_events_each_time_it_is_asked() -> None:
    first, again = events(1, 40), events(21, 20)
    assert [one.hash for one in first.events[20:]] == [one.hash for one in again.events]


def test_what_is_wrong_is_said() -> None:
    assert not Kills(problems=["an event is missing or twice"]).sound
