"""Instances are read strictly: every fault is told with its path, and what is read is what was written."""

import copy
import json
from dataclasses import replace
from datetime import date

import pytest

from booking.core.allocation.generating import generate
from booking.core.allocation.instance import BlockedDay, Exclusion, Held, Pin, Quota
from booking.core.allocation.reading import InstanceError, document_of, instance_from, result_from
from booking.core.allocation.writing import canonical, input_hash, instance_to_json, result_to_json
from tests.booking.allocation.by_hand import filled
from tests.booking.allocation.small import GYM, HALL, HALVES, group, monday, town

PLAIN = instance_to_json(town(group("one"), group("two", of_class="children")))


def faults_of(change, document=PLAIN):
    changed = copy.deepcopy(document)
    change(changed)
    with pytest.raises(InstanceError) as told:
        instance_from(changed)
    return told.value.lines


def put(path, value):
    def change(document):
        *way, last = path
        for step in way:
            document = document[step]
        document[last] = value

    return change


@pytest.mark.parametrize(
    ("path", "value", "line"),
    [
        (["colour"], "red", "colour: unknown key"),
        (["sections", 0, "eventz"], 1, "sections[0].eventz: unknown key; did you mean events?"),
        (["sections", 0, "windows", 0, "end_min"], 1441, "sections[0].windows[0].end_min: must be 1–1440, not 1441"),
        (["sections", 0, "windows", 0, "start_min"], 1080, "sections[0].windows[0].end_min: must be after start_min"),
        (["sections", 0, "windows", 0, "start_min"], "17:00",
         "sections[0].windows[0].start_min: must be a whole number"),
        (["sections", 0, "windows", 0, "start_min"], 17.5, "sections[0].windows[0].start_min: must be a whole number"),
        (["sections", 0, "windows", 0, "weekday"], 7, "sections[0].windows[0].weekday: must be 0–6, not 7"),
        (["sections", 0, "windows", 0, "weekday"], True, "sections[0].windows[0].weekday: must be a whole number"),
        (["sections", 0, "options", 0, "space"], "moon", "sections[0].options[0].space: no space moon"),
        (["sections", 0, "options", 0], {"rank": 1},
         "sections[0].options[0]: must name a space, kind, premises or district"),
        (["sections", 0, "class_id"], "elders", "sections[0].class_id: no class elders"),
        (["sections", 1, "id"], "one", "sections[1].id: one is also the id of sections[0]"),
        (["sections", 0, "events"], 8, "sections[0].events: must be 1–7, not 8"),
        (["sections", 0, "max_minutes"], 30, "sections[0].max_minutes: must be no less than min_minutes"),
        (["sections", 0, "weeks"], "C", "sections[0].weeks: must be one of every, A, B"),
        (["sections", 0, "id"], "", "sections[0].id: must have 1–200 characters"),
        (["sections", 0, "same_space"], "yes", "sections[0].same_space: must be true or false"),
        (["sections", 0, "shared"], "Kim", "sections[0].shared: must be a list"),
        (["sections", 0, "place"], [1], "sections[0].place: must be a list of 2 whole numbers"),
        (["sections", 0], "one", "sections[0]: must be an object"),
        (["spaces", 1, "atoms"], [], "spaces[1].atoms: at least one"),
        (["spaces", 1, "closed"], [{"first_on": "2026-12-24", "last_on": "2026-12-20"}],
         "spaces[1].closed[0].last_on: must be no less than first_on"),
        (["season", "first_on"], "31.8.2026", "season.first_on: must be a day such as 2026-08-31"),
        (["season", "last_on"], "2031-05-30", "season: at most 1100 days"),
        (["grid_min"], 7, "grid_min: must be one of 5, 10, 15, 30, 60"),
        (["classes", 1, "rank"], 0, "classes[1].rank: is also that of classes[0]"),
        (["policy"], {"tiers": ["fairness"]}, "policy.tiers: the first must be coverage"),
        (["policy"], {"tiers": ["coverage", "beauty"]},
         "policy.tiers[1]: must be one of coverage, order, fairness, preference, history, duration"),
        (["policy"], {"need_curve": [10, 20]}, "policy.need_curve: must start above 0 and never rise"),
        (["quotas"], [{"id": "q"}], "quotas[0]: must have most_minutes or most_percent"),
        (["quotas"], [{"id": "q", "most_minutes": 60, "spaces": ["moon"]}], "quotas[0].spaces: no space moon"),
        (["pins"], [{"section": "nobody", "space": "gym", "weekday": 0, "start_min": 60, "end_min": 120}],
         "pins[0].section: no section nobody"),
        (["pins"], [{"section": "one", "weekday": 0, "start_min": 60, "end_min": 120}], "pins[0].space: missing"),
        (["incumbent"], [{"section": "one", "space": "moon", "weekday": 0, "start_min": 60, "end_min": 120}],
         "incumbent[0].space: no space moon"),
        (["exclusions"], [{"space": "moon"}], "exclusions[0].space: no space moon"),
        (["format"], "vuoro-allocation-instance-9", "format: must be vuoro-allocation-instance-1"),
    ],
)  # fmt: skip
def test_a_fault_is_told_with_its_path(path, value, line):
    assert faults_of(put(path, value)) == [line]


def test_all_faults_are_told_at_once():
    def change(document):
        document["sections"][0]["options"][0]["space"] = "moon"
        document["sections"][1]["windows"][0]["end_min"] = 2000
        del document["season"]

    assert faults_of(change) == [
        "season: missing",
        "sections[1].windows[0].end_min: must be 1–1440, not 2000",
        "sections[0].options[0].space: no space moon",
    ]


def test_a_section_that_asks_more_than_the_curve_has_is_a_fault():
    asked = instance_to_json(town(group("one", events=3)))
    assert faults_of(put(["policy"], {"need_curve": [10, 5]}), asked) == [
        "policy.need_curve: has 2 numbers, but a section asks for 3 events"
    ]


@pytest.mark.parametrize("whole", [None, 3, "round", [], True])
def test_what_is_no_object_is_no_instance(whole):
    with pytest.raises(InstanceError, match="must be an object"):
        instance_from(whole)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ('{"id": }', "line 1 column 8: is not JSON: Expecting value"),
        ('{"id": 1, "id": 2}', "id: stands twice in one object"),
        ('{"id": NaN}', "(the whole): NaN is not JSON"),
        (b"\xff{}", "(the whole): is not UTF-8"),
        ("[" * 100_000, "(the whole): is nested too deep"),
    ],
)
def test_what_is_not_json_is_told_where(text, line):
    with pytest.raises(InstanceError) as told:
        document_of(text)
    assert told.value.lines == [line]


def everything():
    """An instance with something in every key."""
    quota = Quota(id="q", most_percent=40, each_organisation=True, classes=frozenset({"adults"}), times=HALL.open[:2])
    section = group("one", history=(Held("gym", 0, 1020, 1080, 70),), shared=("Kim",), place=(-5, 9))
    gym = replace(GYM, blocked_days=(BlockedDay(date(2026, 12, 6), 0, 1440),), closed=(town().season,))
    return town(
        section,
        group("two"),
        spaces=(HALL, *HALVES, gym),
        quotas=(quota,),
        pins=(Pin("one", monday(), "as agreed"),),
        exclusions=(Exclusion(organisation="org-two", weekday=2),),
        incumbent=(("two", monday(600)),),
    )


def test_everything_is_read_back_as_it_was_written():
    written = json.dumps(instance_to_json(everything()))
    assert instance_from(document_of(written)) == canonical(everything())


def test_the_order_of_lists_and_keys_and_what_is_left_out_change_no_hash():
    one = town(group("one"), group("two"))
    other = town(group("two"), group("one"), spaces=(GYM, *reversed(HALVES), HALL))
    written = instance_to_json(one)
    explicit = dict(reversed(written.items())) | {"quotas": [], "policy": {"least_use_percent": 80}}
    assert input_hash(one) == input_hash(other) == input_hash(instance_from(explicit))
    assert input_hash(one) != input_hash(town(group("one"), group("two", people=11)))


def test_a_result_is_read_back_as_it_was_written():
    result = filled(generate("XS", 1))
    assert result_from(document_of(json.dumps(result_to_json(result)))) == result


def test_a_result_with_a_fault_is_refused_with_its_path():
    written = result_to_json(filled(town(group("one"))))
    written["grants"][0]["origin"] = "god"
    del written["run"]["seed"]
    with pytest.raises(InstanceError) as told:
        result_from(written)
    assert told.value.lines == ["run.seed: missing", "grants[0].origin: must be one of solver, pin, history"]
