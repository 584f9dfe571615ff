"""Scenario files are refused with what is wrong and where, and are the same each time they are played."""

import json
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware_sim import play, scenario, virtual
from firmware_sim.scenario import BadScenario, Scenario, Which

SITE = '[[sites]]\nname = "koulu"\ndoors = 3\n'


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("sead = 1", 'unknown key "sead"'),
        ('seed = "x"', '"seed" must be a whole number'),
        ("sites = 3", '"sites" must be tables'),
        ('[[sites]]\nname = "koulu"', 'sites 1: "doors" is missing'),
        (SITE + "drift_ppm = [1, 2, 3]", 'sites 1: "drift_ppm" must be a number or a range'),
        (SITE + "colour = 1", 'sites 1: unknown key "colour"'),
        ('[[faults]]\nkind = "earthquake"\nat_s = 1', 'faults 1: "kind" must be one of network, cut'),
        ('[[faults]]\nkind = "cut"\nat_s = 1\nloss = 0.5', 'faults 1: unknown key "loss"'),
        ('[[faults]]\nkind = "network"\nat_s = 1\nloss = 1.5', 'faults 1: "loss" must be a part, 0 to 1'),
        ('[[faults]]\nkind = "torn"\nat_s = 1', 'faults 1: "after" is missing'),
        ('[[faults]]\nkind = "cut"\nat_s = -1', 'faults 1: "at_s" must be seconds after the start'),
        ("[[taps]]\nat_s = 1", 'taps 1: either "card" or "pin"'),
        ('[[taps]]\nat_s = 1\ncard = "62E3086CED"\npin = "1234"', 'taps 1: either "card" or "pin"'),
        ("[[lists]]\nat_s = 1\nrights = [{}]", "lists 1, right 1: either"),
        ('[[serial]]\nname = "porch"\nreader = "pn532"', 'serial 1: "reader" must be "rdm6300"'),
        ("starts_at = 2026-01-01", '"starts_at" must be a date and time with its offset'),
        ("a = [", "scenario.toml: "),
    ],
)
def test_a_wrong_file_is_told_what_is_wrong_and_where(tmp_path: Path, text: str, says: str) -> None:
    written = tmp_path / "scenario.toml"
    written.write_text(text)
    with pytest.raises(BadScenario) as refused:
        scenario.read(written)
    assert str(refused.value).startswith("scenario.toml: ")
    assert says in str(refused.value)


@given(table=st.dictionaries(st.sampled_from([*scenario.TOP, "else"]), st.sampled_from([0, -1, 7, True, "", [], [{}]])))
def test_whatever_a_file_says_it_is_taken_or_refused(table: dict[str, Any]) -> None:
    with suppress(BadScenario):
        assert isinstance(scenario.scenario(table), Scenario)


@given(part=st.floats(0, 1), count=st.integers(0, 40))
def test_a_part_of_the_doors_is_that_part(part: float, count: int) -> None:
    doors = [f"a-{n}" for n in range(count)] + ["b-1"]
    drawn = Which("a-*", part).of(doors, play.random.Random(1))
    assert len(drawn) == round(part * count)
    assert drawn == [door for door in doors if door in drawn]


ROUGH = {
    "seed": 5,
    "ends_s": 700,
    "sites": [{"name": "koulu", "doors": 4, "drift_ppm": [-500, 500]}],
    "lists": [{"at_s": 1, "rights": [{"card": "62E3086CED"}]}],
    "taps": [{"at_s": 60, "card": "62E3086CED", "times": 20, "every_s": 10, "spread_s": 9}],
    "faults": [
        {"kind": "network", "at_s": 30, "for_s": 300, "duplicate": 1.0, "copies": 5, "reorder": 50, "loss": 0.2},
        {"kind": "cut", "at_s": 100, "for_s": 60, "part": 0.5},
        {"kind": "torn", "at_s": 120, "after": [0, 300]},
        {"kind": "power", "at_s": 200, "for_s": 5, "rtc_lost": True, "part": 0.25},
    ],
}


def played(table: dict[str, Any]) -> virtual.World:
    return virtual.run(scenario.scenario(table))


def test_a_scenario_is_the_same_each_time_for_its_seed_and_another_for_another() -> None:
    first, second, other = (played({**ROUGH, "seed": seed}) for seed in (5, 5, 6))
    assert json.dumps(first.journal) == json.dumps(second.journal)
    assert first.summary() == second.summary()
    assert json.dumps(first.journal) != json.dumps(other.journal)


def test_what_virtual_time_cannot_play_is_refused() -> None:
    with pytest.raises(BadScenario, match="ends_s"):
        played({"sites": ROUGH["sites"]})
    with pytest.raises(BadScenario, match="memory"):
        played({**ROUGH, "memory": "files"})


def test_keys_and_hardware_of_doors_come_from_the_seed() -> None:
    wanted = scenario.scenario({"sites": [{"name": "koulu", "doors": 2, "drift_ppm": [-40, 40], "flash": 30_000}]})
    first, again = (play.records(wanted, {"svc-1": "00" * 32}) for _ in range(2))
    assert first == again
    assert [entry["door"] for entry in first] == ["koulu-0001", "koulu-0002"]
    assert all(abs(entry["sim"]["drift_ppm"]) <= 40 and entry["sim"]["flash"] == 30_000 for entry in first)


def test_the_scenario_that_ships_can_be_played_and_loses_nothing() -> None:
    told = virtual.run(scenario.read(Path(__file__).parent.parent / "scenarios" / "rough-day.toml")).summary()
    assert told["doors"] == 8
    assert (told["conflicts"], told["chain_breaks"], told["not_yet_sent"]) == (0, 0, 0)
    assert told["taps"]["granted:granted"] > 100
