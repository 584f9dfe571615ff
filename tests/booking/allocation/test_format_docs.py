"""The page of the format keeps its word: its examples are read, solved, checked and explained as it says."""

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from booking.cli_round_told import REASONS
from booking.core.allocation.explaining import Explainer
from booking.core.allocation.generating import generate
from booking.core.allocation.instance import (
    Held,
    Instance,
    Option,
    Policy,
    PriorityClass,
    Quota,
    Section,
    Space,
    Window,
)
from booking.core.allocation.reading import instance_from
from booking.core.allocation.shape_schema import instance_schema
from booking.core.allocation.solving import solve
from booking.core.allocation.verifying import verify
from booking.core.allocation.writing import instance_to_json

DOCS = Path(__file__).parents[3] / "docs"
PAGE = (DOCS / "allocation-format.md").read_text(encoding="utf-8")
SCHEMA = json.loads((DOCS / "allocation-instance.schema.json").read_text(encoding="utf-8"))


def fenced(word):
    return json.loads(re.search(rf"```json {word}\n(.*?)```", PAGE, re.DOTALL)[1])


def solved(word, **changed):
    instance = replace(instance_from(fenced(word)), **changed)
    result = solve(instance, iterations=20_000)
    assert verify(instance, result) == []
    return instance, result


def rows(result):
    return [[one.section, one.slot.space, one.slot.weekday, one.slot.start_min, one.slot.end_min, one.dates,
             one.of_dates] for one in result.grants]  # fmt: skip


def test_the_smallest_instance_is_one():
    _, result = solved("instance")
    assert rows(result) == [["judo-juniors", "gym", 0, 1020, 1080, 39, 39]]


def test_two_equals_are_told_apart_by_the_lot_and_the_rest_is_as_the_page_says():
    instance, result = solved("example")
    winner = next(one.section for one in result.grants if one.slot.start_min == 1080)
    told = [[winner if cell == "LOT" else cell for cell in row] for row in fenced("grants")]
    assert rows(result) == sorted(told)
    loser = {"yoga": "dance", "dance": "yoga"}[winner]
    explained = Explainer(instance, result).explain(loser)
    first, second = explained.reasons
    assert (first["code"], first["rule"], first["start_min"], first["end_min"], first["blockers"]) == (
        "higher_class", "3 § 1", 1020, 1110, 2,
    )  # fmt: skip
    assert (second["code"], second["start_min"], second["end_min"]) == ("lottery", 1080, 1140)
    assert explained.offers[0] == {
        "space": "hall-a", "weekday": 0, "start_min": 1080, "end_min": 1140,
        "difference": {"minutes": 0, "day": False, "space": True, "metres": 500, "shorter": False},
    }  # fmt: skip


def test_another_draw_may_give_it_to_the_other():
    held = {next(one.section for one in solved("example", public_draw=str(number))[1].grants
                 if one.slot.start_min == 1080) for number in range(8)}  # fmt: skip
    assert held == {"yoga", "dance"}


def test_who_asks_three_times_where_two_are_the_most_gets_two_on_two_days():
    instance, result = solved("capped")
    assert len({one.slot.weekday for one in result.grants}) == len(result.grants) == 2
    explained = Explainer(instance, result).explain("capoeira")
    assert {(one["code"], one.get("quota")) for one in explained.reasons} == {
        ("one_per_day", None), ("quota", "two-hours-each"),
    }  # fmt: skip


def test_the_published_schema_is_that_of_the_values():
    assert instance_schema() == SCHEMA
    Draft202012Validator.check_schema(SCHEMA)
    validator = Draft202012Validator(SCHEMA)
    for document in (fenced("instance"), fenced("example"), fenced("capped"), instance_to_json(generate("XS", 1))):
        assert list(validator.iter_errors(document)) == []
    assert list(validator.iter_errors(fenced("instance") | {"colour": "red"}))


@pytest.mark.parametrize(
    "kind",
    [Instance, PriorityClass, Space, Section, Window, Option, Held, Policy, Quota],
    ids=lambda kind: kind.__name__,
)
def test_every_key_is_on_the_page(kind):
    for name in kind.__dataclass_fields__:
        assert f"`{name}`" in PAGE or f'"{name}"' in PAGE, name


def test_every_code_is_on_the_page():
    checker = (DOCS.parent / "booking/core/allocation/verifying.py").read_text(encoding="utf-8")
    faults = set(re.findall(r'(?:Fault\(|yield )"([a-z_]+)"', checker))
    assert len(faults) > 20
    for code in {*faults, *REASONS}:
        assert f"`{code}`" in PAGE, code
