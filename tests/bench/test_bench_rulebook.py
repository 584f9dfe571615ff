"""`vuoro bench rulebook`: answers a second, beside the floor in the same run."""

import json
import random

from click.testing import CliRunner

from bench.cli import bench
from bench.rulebook import largest, sampled
from booking.core.rules.engine import decide_fast
from booking.rulebooks import shipped


def test_the_benchmark_prints_three_paces_with_their_part_of_the_floor():
    shown = CliRunner().invoke(bench, ["rulebook", "--seconds", "0.05", "--json"])
    assert shown.exit_code == 0, shown.output
    paces = json.loads(shown.stdout)["paces"]
    assert [pace["of_floor"] is not None for pace in paces] == [True] * 3
    assert paces[0]["answers_per_s"] > paces[1]["answers_per_s"] > paces[2]["answers_per_s"]


def test_the_requests_measured_reach_several_answers():
    book = largest(shipped())
    kinds = {decide_fast(book, request).kind for request in sampled(book, 200, random.Random(1))}
    assert len(kinds) >= 3
