"""`vuoro round`: files in, files out, exit codes, and faults in a line each."""

import json
from dataclasses import replace

import pytest
from click.testing import CliRunner

from booking.core.allocation.differing import by_class, difference
from booking.core.allocation.generating import generate
from booking.core.allocation.reading import instance_from
from booking.core.allocation.replaying import replay
from booking.core.allocation.solving import solve
from booking.core.allocation.tiers import lot
from booking.core.allocation.writing import instance_to_json
from tests.booking.allocation.by_hand import filled
from tests.booking.allocation.small import group, town
from tests.booking.allocation.test_format_docs import fenced
from web.cli import main


def first_of(seed):
    return lot(seed, "yoga") > lot(seed, "dance")


OTHER_LOT = next(seed for seed in map(str, range(99)) if first_of(seed) != first_of("7"))


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """The round of the format's page, and its result as solved on the command line."""
    folder = tmp_path_factory.mktemp("round")
    town_file, result = folder / "town.json", folder / "result.json"
    town_file.write_text(json.dumps(instance_to_json(instance_from(fenced("example")))))
    assert ran("solve", town_file, "--iterations", "2000", "--seed", "7", "--out", result).exit_code == 0
    return town_file, result


def ran(*words):
    return CliRunner().invoke(main, ["round", *map(str, words)], catch_exceptions=False)


def changed(path, folder, change):
    document = json.loads(path.read_text())
    change(document)
    other = folder / "changed.json"
    other.write_text(json.dumps(document))
    return other


def test_a_solved_round_is_verified_explained_and_run_again(files):
    city, result = files
    checked = ran("verify", city, result)
    assert (checked.exit_code, checked.stdout.splitlines()[-1].endswith(" 0 faults")) == (0, True)
    again = ran("replay", city, result)
    assert again.exit_code == 0
    assert again.stdout.splitlines()[-1].startswith("identical: plan ")
    assert "the seed was told" in again.stdout
    told = json.loads(ran("explain", city, result, "--json").stdout)
    assert told["unmet"] == len(told["sections"]) > 0
    assert told["with_offers"] >= 0.9 * told["unmet"]
    section = told["sections"][0]["section"]
    lines = ran("explain", city, result, "--section", section).stdout.splitlines()
    assert lines[0].startswith(f"{section}: ")
    assert "unmet: " in ran("explain", city, result, "--all").stdout


def test_the_printed_result_is_the_written_one(files, tmp_path):
    city, result = files
    printed = ran("solve", city, "--iterations", "2000", "--seed", "7", "--json").stdout
    assert json.loads(printed) == json.loads(result.read_text())


def test_faults_are_listed_and_the_exit_is_one(files, tmp_path):
    city, result = files
    bad = changed(result, tmp_path, lambda told: told["grants"][0].update(dates=1))
    checked = ran("verify", city, bad)
    assert checked.exit_code == 1
    assert checked.stdout.startswith("wrong_dates: ")
    (fault,) = json.loads(ran("verify", city, bad, "--json").stdout)["faults"]
    assert (fault["code"], fault["facts"]["declared"][0]) == ("wrong_dates", 1)


def test_bad_input_is_told_line_by_line_and_nothing_is_written(files, tmp_path):
    def spoil(told):
        told["sections"][0]["events"] = 9
        told["sections"][1]["options"][0]["space"] = "moon"

    bad, out = changed(files[0], tmp_path, spoil), tmp_path / "out.json"
    refused = ran("solve", bad, "--out", out)
    assert (refused.exit_code, refused.stdout, out.exists()) == (2, "", False)
    assert refused.stderr.splitlines() == [
        "sections[0].events: must be 1–7, not 9",
        "sections[1].options[0].space: no space moon",
    ]


@pytest.mark.parametrize("command", ["solve", "verify", "explain", "replay", "diff"])
def test_a_file_that_is_not_there_or_no_json_is_bad_input(command, files, tmp_path):
    broken = tmp_path / "broken.json"
    broken.write_text("{")
    rest = [] if command == "solve" else [files[1]]
    for path, line in ((tmp_path / "none.json", "No such file"), (broken, "is not JSON"), (tmp_path, "Is a directory")):
        refused = ran(command, path, *rest)
        assert (refused.exit_code, line in refused.stderr) == (2, True)


def test_nobody_of_that_name_and_nowhere_to_write(files, tmp_path):
    city, result = files
    assert ran("explain", city, result, "--section", "nobody").exit_code == 2
    nowhere = ran("generate", "--size", "XS", "--seed", "1", "--out", tmp_path / "none" / "city.json")
    assert (nowhere.exit_code, "No such file" in nowhere.stderr) == (2, True)


def test_a_city_is_printed_where_no_file_is_told():
    assert json.loads(ran("generate", "--size", "XS", "--seed", "5").stdout) == instance_to_json(generate("XS", 5))


def test_a_difference_says_who_gains_and_who_loses(files, tmp_path):
    city, result = files
    gone = json.loads(result.read_text())["grants"][0]["section"]

    def drop(told):
        told["grants"] = [one for one in told["grants"] if one["section"] != gone]

    less = changed(result, tmp_path, drop)
    found = ran("diff", result, less, "--instance", city).stdout
    assert f"loses: {gone}: " in found
    assert "0 gain, 1 lose, 0 are moved" in found
    told = json.loads(ran("diff", less, result, "--json", "--instance", city).stdout)
    assert [one["section"] for one in told["gains"]] == [gone]
    assert sum(one["gains"] for one in told["classes"].values()) == 1
    assert "0 gain, 0 lose, 0 are moved" in ran("diff", result, result).stdout


def moved(told):
    told["grants"][0]["start_min"] += 30
    told["grants"][0]["end_min"] += 30


@pytest.mark.parametrize(
    ("what", "change"),
    [
        ("engine", lambda told: told["run"].update(engine="other-engine-1")),
        ("input_hash", lambda told: told["run"].update(input_hash="0" * 64)),
        ("plan_hash", lambda told: told.update(plan_hash="0" * 64)),
        ("method", lambda told: told["run"].update(method="prayer")),
        ("method", lambda told: told["run"].update(stopped=True)),
        ("first differing grant", lambda told: told["run"].update(seed=OTHER_LOT)),
        ("first differing grant", lambda told: told["grants"].pop()),
        ("first differing grant", moved),
    ],
)
def test_run_again_it_says_what_differs(what, change, files, tmp_path):
    bad = changed(files[1], tmp_path, change)
    again = ran("replay", files[0], bad)
    assert again.exit_code == 1
    assert f"{what}: kept " in again.stdout
    assert again.stdout.splitlines()[-1] == "differs"
    rows = json.loads(ran("replay", files[0], bad, "--json").stdout)["differences"]
    assert what in [one["what"] for one in rows]


def test_a_stopped_run_stops_at_the_same_place_again():
    heard = []
    city = generate("XS", 5)
    result = solve(city, iterations=100_000, tell=lambda progress: heard.append(progress) or len(heard) < 4)
    assert result.run.stopped
    again = replay(city, result)
    assert (again.identical, again.differences) == (True, ())
    assert any("stopped" in remark for remark in again.remarks)


def test_another_instance_is_found_by_its_hash(files, tmp_path):
    other = changed(files[0], tmp_path, lambda told: told["sections"][0].update(people=1))
    assert "input_hash: kept " in ran("replay", other, files[1]).stdout


def test_two_equals_and_one_slot_are_told_apart_by_the_draw_and_by_nothing_else():
    drawn = {}
    for number in range(12):
        instance = town(group("one"), group("two"), public_draw=str(number))
        result = solve(instance)
        assert solve(instance) == result
        assert replay(instance, result).identical
        drawn[number] = result.grants[0].section
    assert set(drawn.values()) == {"one", "two"}
    turned = town(group("two"), group("one"), public_draw="3")
    assert solve(turned).grants[0].section == drawn[3]


def test_before_the_draw_the_rulebooks_order_decides():
    policy = replace(town().policy, tiers=("coverage", "order"))
    for number in range(6):
        instance = town(group("one", order=2), group("two", order=1), policy=policy, public_draw=str(number))
        assert [one.section for one in solve(instance).grants] == ["two"]


def test_who_is_moved_is_told_apart_from_who_loses():
    city = generate("XS", 6)
    one, other = filled(city), filled(replace(city, sections=tuple(reversed(city.sections))))
    found = difference(one, other)
    back = difference(other, one)
    assert [change.section for change in found.gains] == [change.section for change in back.loses]
    assert sum(change.events for change in (*found.gains, *found.loses)) == len(other.grants) - len(one.grants)
    assert sum(row["moved"] for row in by_class(city, found).values()) == len(found.moved)
    assert found.gains
    assert found.moved
