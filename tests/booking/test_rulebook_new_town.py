"""A stranger's trial: an invented municipality whose rules are of every kind met in real ones, as data alone."""

import pytest

from booking.rulebooks import load
from tests.booking.told_cases import CASES, answered, differences, merged, read

TOLD = read("kuvitteellinen_cases.toml")
BOOK = load(CASES / "kuvitteellinen-2026-01.toml")


@pytest.mark.parametrize("case", TOLD["case"], ids=lambda case: case["primitive"])
def test_a_kind_of_rule_is_written_and_answered(case):
    found = answered(BOOK, merged(TOLD["base"], case.get("told", {})))
    assert differences(case["expect"], found) == {}
