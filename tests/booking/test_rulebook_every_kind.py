"""Every kind of rule met in real municipalities, written for an invented one as data alone, each with a question."""

import pytest

from booking.core.rulebook import evaluate
from booking.judging import snapshot
from booking.rulebook_requests import request_of
from booking.rulebooks import load
from tests.booking.told_cases import CASES, answered, differences, merged, plain, read

TOLD = read("kuvitteellinen_cases.toml")
BOOK = load(CASES / "kuvitteellinen-2026-01.toml")


@pytest.mark.parametrize("case", TOLD["case"], ids=lambda case: case["primitive"])
def test_a_kind_of_rule_is_written_and_answered(case):
    found = answered(BOOK, merged(TOLD["base"], case.get("told", {})))
    assert differences(case["expect"], found) == {}


def test_what_the_calendar_may_show_is_kept_with_a_booking():
    party = {"activity": {"purpose": "private_party"}, "space": {"premises_kind": "library"}}
    facts = plain(merged(TOLD["base"], party))
    outcome = evaluate(BOOK, request_of(facts, BOOK.words, BOOK.own_facts))
    assert snapshot(outcome)["publicity"] == {"row": "private-hidden", "name_shown": False, "purpose_shown": False}
