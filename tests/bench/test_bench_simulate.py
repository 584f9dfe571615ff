"""The bench of trials runs a draft over what it seeded, all of it."""

from pathlib import Path

from bench.simulate import measure


def test_a_season_is_run_whole(tmp_path: Path) -> None:
    (found,) = measure("sqlite", tmp_path, None, occurrences=400)
    assert found.occurrences == 400
    assert found.per_s > 0
    assert found.of_read is not None
