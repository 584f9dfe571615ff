"""`vuoro bench reliability`: the table is whole, scenarios of the door hold, and what breaks is said to break."""

import json
import re
from pathlib import Path

from click.testing import CliRunner

from bench import reliability
from bench.cli import bench
from bench.ground import Kept, kept
from bench.reliability_table import SCENARIOS

ROOT = Path(__file__).resolve().parents[2]


def test_every_scenario_is_in_the_table_and_in_the_document():
    wanted = [f"R{n}" for n in range(1, 19)]
    told = (ROOT / "docs" / "reliability.md").read_text(encoding="utf-8")
    assert list(SCENARIOS) == wanted
    assert list(dict.fromkeys(re.findall(r"^\| (R\d+) \|", told, re.MULTILINE))) == wanted


def test_tests_that_the_table_names_exist():
    named = [each.tests for each in SCENARIOS.values() if isinstance(each, reliability.AsTest)]
    for words in named:
        for path in re.findall(r"\S+\.py", words):
            assert (ROOT / path).exists(), path


def test_scenarios_of_the_door_are_played_and_hold():
    ran = CliRunner().invoke(bench, ["reliability", "--only", "R6,R9,R16", "--json"], catch_exceptions=False)
    answer = json.loads(ran.stdout)
    assert ran.exit_code == 0
    assert [(one["code"], one["holds"]) for one in answer["outcomes"]] == [("R6", True), ("R9", True)]
    assert list(answer["tests"]) == ["R16"]


def test_an_unknown_scenario_is_told_what_there_is():
    ran = CliRunner().invoke(bench, ["reliability", "--only", "R99"])
    assert ran.exit_code == 2
    assert "R99: there are R1," in ran.output


def test_a_scenario_that_breaks_does_not_hold_and_says_why():
    def breaks() -> reliability.Found:
        raise RuntimeError("the broker ate it")

    outcome = reliability.played("R0", "a try", "nothing", "–", breaks)
    assert (outcome.holds, outcome.observed) == (False, "RuntimeError: the broker ate it")


def test_a_hole_in_a_doors_chain_is_counted():
    rows = [(1, 1, n, {"kind": "granted", "prev": f"h{n - 1}"}, f"h{n}") for n in (1, 2, 4)]
    other_door = [(2, 1, 1, {"kind": "boot", "prev": "0"}, "x")]
    assert kept(rows + other_door) == Kept(events=4, opened=3, breaks=1)
