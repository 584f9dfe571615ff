"""`vuoro rulebook check` and `explain`: JSON out, and exit code 2 with a clear message for anything wrong."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from booking.cli_rulebook import book_named, rulebook
from booking.core.rulebook import evaluate
from booking.core.rules.overlaps import overlaps
from booking.rulebook_requests import request_of
from booking.rulebooks import RULES, words
from tests.booking.hill import hill

REQUESTS = Path(__file__).parent / "cases" / "requests"


def run(*words: str) -> Result:
    return CliRunner().invoke(rulebook, [*words])


def explained(family: str, request: dict | str, folder: Path, *more: str) -> Result:
    path = folder / "request.json"
    path.write_text(request if isinstance(request, str) else json.dumps(request), encoding="utf-8")
    return run("explain", family, "--request", str(path), *more)


def party(**changes) -> dict:
    told = json.loads((REQUESTS / "A14.json").read_text())
    return told | changes


def test_explain_prints_priority_price_outcome_and_reasons_as_json():
    shown = run("explain", "espoo", "--request", str(REQUESTS / "A14.json"))
    assert shown.exit_code == 0, shown.output
    answer = json.loads(shown.stdout)
    assert (answer["kind"], answer["priority_class"], answer["price_cents"]) == ("granted", "5", 6000)
    assert answer["rulebook"] == "espoo-2019-08"
    assert [reason["row"] for reason in answer["reasons"]] == [
        "p5-other",
        "normal-the-rest",
        "rate-early-normal-single",
    ]
    assert answer["reasons"][2]["text"]["sv"].startswith("Normalpris 15")
    assert (answer["facts"]["activity.purpose"], answer["facts"]["time.minutes"]) == ("private_party", 240)


def test_an_unknown_price_is_null_and_said_to_be_unknown():
    answer = json.loads(run("explain", "espoo", "--request", str(REQUESTS / "A33.json")).stdout)
    assert (answer["price_cents"], answer["price_known"]) == (None, False)


def test_one_request_under_two_days_gives_two_versions(tmp_path):
    request = json.loads((REQUESTS / "A08.json").read_text()) | {
        "audience": {"total": 60, "residents": 60, "under_18": 0, "targets_residents": True}
    }
    old = json.loads(explained("espoo", request, tmp_path, "--on", "2019-07-31").stdout)
    new = json.loads(explained("espoo", request, tmp_path, "--on", "2019-08-01").stdout)
    assert (old["price_cents"], new["price_cents"]) == (6000, 0)
    assert (old["rulebook"], new["rulebook"]) == ("espoo-2019-01", "espoo-2019-08")


@pytest.mark.parametrize("name", ["espoo-2021-01", str(RULES / "espoo-2021-01.toml")])
def test_a_version_or_a_file_can_be_named_outright(tmp_path, name):
    assert json.loads(explained(name, party(), tmp_path).stdout)["rulebook"] == "espoo-2021-01"


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"activty": {}}, 'activty: unknown field; did you mean "activity"?'),
        ({"activity": {"purpos": "hobby"}}, 'activity: purpos: unknown field; did you mean "purpose"?'),
        ({"activity": {"purpose": "hoby"}}, 'activity: purpose: unknown "hoby"; did you mean "hobby"?'),
        ({"applicant": {"purposes": ["scouts"]}}, 'applicant: purposes: unknown "scouts"; did you mean "scout"?'),
        ({"activity": {"purpose": 3}}, "activity: purpose: Not a valid string."),
        ({"activity": {"non_profit": "yes"}}, "activity: non_profit: true or false, not 'yes'"),
        ({"audience": {"total": "20"}}, "audience: total: Not a valid integer."),
        ({"audience": {"total": -1}}, "audience: total: Must be greater than or equal to 0."),
        ({"audience": {"total": 5, "under_18": 6}}, "audience: under_18: 6 is more than the total 5"),
        ({"audience": []}, "audience: Invalid input type."),
        ({"time": {"start": "2026-11-28T12:00"}}, "time: end: a time needs both start and end"),
        ({"time": {"start": "2026-11-28T12:00", "end": "2026-11-28T12:00"}}, "time: end: must be after the start"),
        ({"time": {"start": "noon", "end": "2026-11-28T12:00"}}, "time: start: a time is written as 2026-11-28T12:00"),
        ({"time": {"start": "2026-03-29T03:30", "end": "2026-03-29T06:00"}}, "clocks jump over it"),
        ({"time": {"zone": "Europe/Espoo"}}, "time: zone: no zone named 'Europe/Espoo'"),
        ({"time": {"booking_type": "single"}}, "tell the day of use, or give --on DATE"),
        ({"time": {"start": "2001-11-28T12:00", "end": "2001-11-28T13:00"}},
         'no rulebook "espoo" in force on 2001-11-28'),
    ],
)  # fmt: skip
def test_a_request_told_wrongly_ends_with_two_and_says_what(tmp_path, changes, message):
    shown = explained("espoo", party(**changes), tmp_path)
    assert shown.exit_code == 2
    assert shown.stdout == ""
    assert f"error: {message}" in shown.stderr or message in shown.stderr
    assert "Traceback" not in shown.output


@pytest.mark.parametrize(
    ("written", "message"),
    [("{", "not JSON"), ("[]", "a request is a JSON object"), ("3", "a request is a JSON object")],
)
def test_what_is_no_json_object_is_refused(tmp_path, written, message):
    shown = explained("espoo", written, tmp_path)
    assert (shown.exit_code, message in shown.stderr) == (2, True)


def test_a_missing_request_file_an_unknown_rulebook_and_a_bad_day_are_told(tmp_path):
    missing = run("explain", "espoo", "--request", str(tmp_path / "none.json"))
    assert (missing.exit_code, "none.json: no such file" in missing.stderr) == (2, True)
    unknown = explained("esbo", party(), tmp_path)
    assert (unknown.exit_code, 'no rulebook "esbo"' in unknown.stderr) == (2, True)
    bad_day = explained("espoo", party(), tmp_path, "--on", "1.8.2019")
    assert (bad_day.exit_code, "--on: a day is written as" in bad_day.stderr) == (2, True)
    no_file = explained(str(tmp_path / "mine.toml"), party(), tmp_path)
    assert (no_file.exit_code, "mine.toml: no such file" in no_file.stderr) == (2, True)


def test_check_passes_what_comes_with_the_program_and_a_folder():
    shown = run("check")
    assert shown.exit_code == 0, shown.output
    assert "espoo-2025-01: from 2025-01-23" in shown.stdout
    assert run("check", str(RULES)).exit_code == 0


def test_check_ends_with_two_and_names_file_row_and_field(tmp_path):
    text = (RULES / "generic-2020-01.toml").read_text().replace('amount = "10.00"', 'amuont = "10.00"')
    (tmp_path / "generic-2020-01.toml").write_text(text)
    shown = run("check", str(tmp_path / "generic-2020-01.toml"))
    assert shown.exit_code == 2
    assert (
        shown.stderr
        == 'error: generic-2020-01.toml: rates: rate-resident: amuont: unknown field; did you mean "amount"?\n'
    )


def test_check_of_an_empty_folder_is_no_success(tmp_path):
    assert run("check", str(tmp_path)).exit_code == 2


@pytest.mark.parametrize(
    ("written", "message"),
    [
        ("[" * 100_000, "not JSON"),
        ('{"audience": {"total": ' + "9" * 5000 + "}}", "not JSON"),
        ('{"time": {"start": "0001-01-01T00:00", "end": "0001-01-01T01:00"}}', "time: start: lies outside the years"),
        (
            '{"time": {"start": "9999-12-31T23:00-05:00", "end": "9999-12-31T23:30-06:00"}}',
            "time: start: lies outside the years",
        ),
    ],
    ids=["bottomless", "a number of pages", "the first year", "the last hour"],
)
def test_a_request_beyond_all_bounds_is_told_and_not_a_trace(tmp_path, written, message):
    shown = explained("espoo", written, tmp_path)
    assert (shown.exit_code, message in shown.stderr) == (2, True), shown.output


def test_half_a_character_in_a_request_comes_back_escaped(tmp_path):
    request = party(applicant={"kind": "person", "domicile": "\ud800"})
    assert json.loads(explained("espoo", request, tmp_path).stdout)["facts"]["applicant.domicile"] == "\ud800"


def test_a_rulebook_name_that_no_file_can_have_is_an_unknown_one():
    shown = run("explain", "a" * 5000, "--request", str(REQUESTS / "A14.json"))
    assert (shown.exit_code, shown.stderr.startswith("error: no rulebook")) == (2, True)


@pytest.mark.parametrize("written", ["a = " + "[" * 100_000, "a = " + "9" * 5000])
def test_a_rulebook_beyond_all_bounds_is_told_and_not_a_trace(tmp_path, written):
    path = tmp_path / "mine.toml"
    path.write_text(written, encoding="utf-8")
    shown = run("check", str(path))
    assert (shown.exit_code, "mine.toml: not TOML" in shown.stderr) == (2, True), shown.output


def test_overlaps_names_the_two_rows_of_a23_with_an_example_in_which_both_hold():
    shown = run("overlaps", "espoo-2019-08", "--json")
    assert shown.exit_code == 0, shown.output
    found = {
        frozenset((pair["first"]["row"], pair["second"]["row"])): pair for pair in json.loads(shown.stdout)["overlaps"]
    }
    pair = found[frozenset(("free-youth-sport-and-public-benefit", "reduced-hobby-and-teaching"))]
    assert (pair["table"], pair["winner"], pair["certain"]) == ("price", "free-youth-sport-and-public-benefit", True)
    assert pair["first"]["effect"] == "class free"
    request = {group: {} for group in ("applicant", "activity", "audience", "space", "time")}
    for name, value in pair["facts"].items():
        group, field = name.split(".")
        request[group] |= {} if value is None else {field: value}
    answer = evaluate(book_named("espoo-2019-08", request, on=None), request_of(request, words()))
    assert {"free-youth-sport-and-public-benefit", "reduced-hobby-and-teaching"} <= {row.row for row in answer.matched}


def test_overlaps_of_rows_whose_conditions_exclude_each_other_are_none(tmp_path):
    rows = """
[[exclusions]]
result = "refused"
when = { all = [
  { fact = "audience.total", is = ">", value = 5 },
  { fact = "applicant.kind", is = "==", value = "person" },
] }
[[exclusions]]
result = "undetermined"
ask = "manager"
when = { any = [
  { fact = "audience.total", is = "<=", value = 5 },
  { not = { fact = "applicant.kind", is = "==", value = "person" } },
] }
[[exclusions]]
result = "redirected"
booking_type = "regular"
when = { fact = "audience.total", is = "==", value = 6 }
"""
    pairs = {(one.first.row, one.second.row) for one in overlaps(hill(rows)) if one.table == "exclusions"}
    assert ("exclusions-1", "exclusions-2") not in pairs
    assert {("exclusions-1", "exclusions-3"), ("exclusions-2", "exclusions-3")} <= pairs


def test_an_unknown_rulebook_has_no_overlaps_and_says_so():
    shown = run("overlaps", "espo")
    assert (shown.exit_code, 'did you mean "espoo"' in shown.stderr) == (2, True)
