"""The checks that a rulebook language must pass, each by shipped rulebooks and decided cases."""

import json
from datetime import date
from pathlib import Path

import pytest
from click.testing import CliRunner

from booking.cli_rulebook import rulebook
from booking.core.rules.order import order
from booking.rulebook_requests import request_of
from booking.rulebooks import RULES, in_force, load, shipped
from tests.booking.told_cases import answer, answered, cases, plain, rows

# --- 2: the day of use picks the version ---


def test_one_request_under_two_dates_gets_two_answers_and_both_cite_their_decisions():
    meeting = cases()["A09"]["told"]  # 60 pensioners meet for two hours
    spring = answered(in_force(shipped(), "espoo", date(2019, 3, 12)), meeting)
    autumn = answered(in_force(shipped(), "espoo", date(2019, 10, 8)), meeting)
    assert (spring["price_cents"], autumn["price_cents"]) == (6000, 0)
    assert all(reason["decision"] for reason in (*spring["reasons"], *autumn["reasons"]))
    assert {reason["decision"] for reason in spring["reasons"]}.isdisjoint(
        {reason["decision"] for reason in autumn["reasons"]}
    )


def test_a_party_of_four_hours_was_two_blocks_of_three_and_is_three_hours_and_one():
    assert (answer("A16")["price_cents"], answer("A14")["price_cents"]) == (9000, 6000)


# --- 3: a price taken away is unknown, never nothing ---


@pytest.mark.parametrize(
    ("case", "file", "amount"),
    [
        ("A50", "tuusula-2023-08", '[["II", "12.00"], ["III", "24.00"]]'),
        ("A43", "laaksolahti-2013-01", '"15.00"'),
        ("A44", "laaksolahti-2013-01", '"1100.00"'),
        ("A67", "tampere-2025-04", '"22.30"'),
    ],
)
def test_a_price_taken_away_leaves_unknown(case, file, amount, tmp_path):
    known = (RULES / f"{file}.toml").read_text()
    assert amount in known
    path = tmp_path / f"{file}.toml"
    path.write_text(known.replace(amount, amount if amount[0] == "[" else '"unknown"').replace('"12.00"', '"unknown"'))
    found = answered(load(path), cases()[case]["told"])
    assert answer(case)["price_cents"] is not None
    assert (found["kind"], found["price_class"]) == (answer(case)["kind"], answer(case)["price_class"])
    assert (found["price_cents"], found["total_cents"], found["price_known"]) == (None, None, False)


# --- 4: boundaries ---


def test_exactly_half_is_not_more_than_half():
    assert answer("A04")["price_class"] == "III"
    assert answer("A04", audience={"residents": 11})["price_class"] == "II"


@pytest.mark.parametrize(("age", "price_class"), [(20, "1-junior"), (21, "1-adult")])
def test_a_junior_is_twenty_or_younger(age, price_class):
    assert answer("A67", audience={"people": [{"heads": 18, "age": age}]})["price_class"] == price_class


@pytest.mark.parametrize(("under_20", "price_class"), [(11, "I"), (10, "II")])
def test_under_twenties_are_more_than_half_of_a_group(under_20, price_class):
    assert answer("A48", audience={"total": 20, "under_20": under_20})["price_class"] == price_class


@pytest.mark.parametrize(("told_on", "valid"), [("2025-01-21", True), ("2025-01-22", False)])
def test_a_recall_with_exactly_fourteen_days_is_in_time(told_on, valid):
    assert answer("A38", event={"on": told_on})["event"]["valid"] is valid


@pytest.mark.parametrize(("late", "breach"), [(15, []), (16, ["left-after-quarter-past-ten"])])
def test_out_of_the_building_at_exactly_quarter_past_ten_is_no_breach(late, breach):
    assert rows(answer("A64", event={"minutes_late": late})["event"]["reasons"]) == breach


@pytest.mark.parametrize(("left_at", "breach"), [("22:15", []), ("22:16", ["left-after-quarter-past-ten"])])
def test_how_late_somebody_left_follows_from_when(left_at, breach):
    found = answer("A64", event={"minutes_late": None, "at": f"2024-01-10T{left_at}"})
    assert rows(found["event"]["reasons"]) == breach


@pytest.mark.parametrize(("end", "cents"), [("14:59", 4500), ("15:00", 4500), ("15:01", 6000)])
def test_exactly_three_hours_are_the_minimum_and_a_minute_more_is_the_fourth(end, cents):
    assert answer("A15", time={"end": f"2020-02-09T{end}"})["price_cents"] == cents


@pytest.mark.parametrize(("accrued", "now"), [(999, 0), (1000, 1000)])
def test_exactly_ten_euros_are_invoiced(accrued, now):
    assert answer("A25", event={"accrued_cents": accrued})["invoice"]["now_cents"] == now


# --- 5: what overlaps is reported ---


def overlapping(book: str) -> set[frozenset[str]]:
    shown = CliRunner().invoke(rulebook, ["overlaps", book, "--json"])
    assert shown.exit_code == 0, shown.output
    return {frozenset({pair["first"]["row"], pair["second"]["row"]}) for pair in json.loads(shown.stdout)["overlaps"]}


def test_the_overlap_report_lists_a_grant_holder_who_is_free_and_reduced():
    pairs = overlapping("espoo-2019-08")
    assert frozenset({"free-youth-sport-and-public-benefit", "reduced-grant-holders"}) in pairs


def test_the_overlap_report_lists_pensioners_who_are_free_and_at_a_quarter():
    assert frozenset({"free-pensioners", "quarter-pensioners"}) in overlapping("tuusula-2015-10")


# --- 7: tie-breaks order within a class, never across ---

ASKING = ("A48", "A50", "A52", "A53")  # third, third, fourth and fifth in Tuusula's order


@pytest.mark.parametrize("turned", [False, True])
def test_changing_the_tie_breaks_never_moves_a_request_across_classes(turned, tmp_path):
    breaks = [
        tie_break("audience.total", "asc" if turned else "desc"),
        tie_break("applicant.members_total", "desc" if turned else "asc"),
    ]
    path = tmp_path / "tuusula-2023-08.toml"
    written = (RULES / path.name).read_text() + "\n".join(reversed(breaks) if turned else breaks)
    path.write_text(written)
    book = load(path)
    requests = [
        (
            name,
            request_of(
                plain(cases()[name]["told"] | {"audience": {"total": n, "under_20": 0}}), book.words, book.own_facts
            ),
        )
        for n, name in enumerate(ASKING, start=1)
    ]
    placed = [each.id for each in order(book, requests, seed="1", on=date(2024, 1, 10))]
    assert placed == (["A48", "A50", "A52", "A53"] if turned else ["A50", "A48", "A52", "A53"])


def tie_break(by: str, order: str) -> str:
    return f"""
[[tie_breaks]]
id = "{by.replace(".", "-").replace("_", "-")}"
by = "{by}"
order = "{order}"
decision = "keksitty"
source = "T2"
text = {{ fi = "Keksitty.", sv = "Påhittad.", en = "Invented." }}
"""


# --- 6: a new municipality needs no code: test_rulebook_every_kind.py. 1 and 8: test_rulebook_cases.py ---


def test_no_municipality_is_named_in_the_program():
    code = Path(__file__).parents[2] / "booking"
    named = [
        path for path in code.rglob("*.py") for town in ("Espoo", "Tuusula", "Tampere") if town in path.read_text()
    ]
    assert named == []
