"""The benchmark of season rounds, on the smallest city."""

from __future__ import annotations

import json

from click.testing import CliRunner

from bench.cli import bench


def test_the_search_stands_beside_the_officer_and_is_the_same_again() -> None:
    ran = CliRunner().invoke(bench, ["allocation", "--sizes", "XS", "--seconds", "0", "--again", "--json"])

    assert ran.exit_code == 0, ran.output
    turns, swaps, found = json.loads(ran.stdout)["rounds"]
    assert turns["events"] <= swaps["events"]
    assert found["same_again"] is True
    assert list(found["coverage"].values()) >= list(swaps["coverage"].values())
    assert all(gap >= 0 for gap in found["gaps"].values())


def test_a_size_that_there_is_not_ends_with_exit_code_2() -> None:
    assert CliRunner().invoke(bench, ["allocation", "--sizes", "XXL"]).exit_code == 2
