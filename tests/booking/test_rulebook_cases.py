"""The decided cases A01–A80: the table an official wrote, and what the shipped rulebooks answer to each."""

import json
import re
from datetime import date

import pytest

from booking.core.rulebook import OutcomeKind, extra_sum, invoice_now
from booking.rulebooks import RULES, in_force, shipped
from booking.terms import terms
from tests.booking.told_cases import CASES, answer, cases, differences, rows

TABLE = {case["id"]: case for case in map(json.loads, (CASES / "rulebook_cases_A.jsonl").read_text().splitlines())}
CALENDAR = {"A34"}  # a question to the terms, not to a rulebook
ASKED = sorted(set(cases()) - CALENDAR)
PRICED = [name for name in ASKED if re.fullmatch(r"\d+\.\d\d €", TABLE[name]["price"])]
RANKED = [
    name
    for name in ASKED
    if re.match(r"\d( |$)", TABLE[name]["priority"]) and "priority_class" in cases()[name]["expect"]
]


def test_every_case_of_the_table_is_told_and_every_ambiguous_one_says_what_was_chosen():
    assert len(TABLE) == 80
    assert set(TABLE) == set(cases())
    chosen = {name for name, case in cases().items() if case.get("choice")}
    assert chosen == {name for name, case in TABLE.items() if case["ambiguous"]}


@pytest.mark.parametrize("name", ASKED)
def test_a_case_is_answered_as_it_is_told(name):
    assert differences(cases()[name]["expect"], answer(name)) == {}


@pytest.mark.parametrize("name", PRICED)
def test_the_sum_of_the_table_is_what_is_charged_invoiced_or_owed(name):
    euros, cents = re.match(r"(\d+)\.(\d\d)", TABLE[name]["price"]).groups()
    found = answer(name)
    sums = {
        found["price_cents"],
        (found.get("invoice") or {}).get("now_cents"),
        (found.get("event") or {}).get("fee_cents"),
    }
    assert int(euros) * 100 + int(cents) in sums


@pytest.mark.parametrize("name", RANKED)
def test_the_priority_of_the_table_is_the_class_of_the_answer(name):
    assert answer(name)["priority_class"].rsplit("-", 1)[-1] == TABLE[name]["priority"][0]


@pytest.mark.parametrize("name", ASKED)
def test_every_answer_cites_dated_rows_with_a_decision_and_a_source_in_three_languages(name):
    found = answer(name)
    reasons = [*found["reasons"], *(found.get("event") or {}).get("reasons", [])]
    assert reasons or found["missing"] or found.get("invoice")
    for reason in reasons:
        assert reason["decision"]
        assert reason["source"]
        assert date.fromisoformat(reason["valid_from"])
        assert all(reason["text"][language] for language in ("fi", "sv", "en"))


@pytest.mark.parametrize("name", ASKED)
def test_what_is_charged_and_what_is_supported_is_the_normal_price(name):
    found = answer(name)
    if found["price_cents"] is not None and found["normal_cents"] is not None:
        assert found["price_cents"] + found["subsidy_cents"] == found["normal_cents"]


@pytest.mark.parametrize("name", sorted(name for name, case in cases().items() if case.get("choice")))
def test_a_human_who_is_asked_is_asked_a_question(name):
    found = answer(name)
    if found["kind"] in ("needs_approval", "undetermined") and not found["missing"]:
        assert found["decider"]
        assert set(found["question"]) >= {"fi", "sv"}, rows(found["reasons"])


def test_the_same_meeting_cost_sixty_euros_in_march_and_nothing_in_october_of_2019():
    before, after = answer("A08"), answer("A09")
    assert (before["price_cents"], after["price_cents"]) == (6000, 0)
    assert {row["version"] for row in before["reasons"]}.isdisjoint({row["version"] for row in after["reasons"]})


def test_a_price_class_free_does_not_lift_a_pensioner_club_in_the_queue():
    found = answer("A19")
    assert (found["price_class"], found["priority_rank"]) == ("free", 4)


def test_a22_all_three_classes_that_could_fit_are_told():
    told = set(rows(answer("A22")["matched"]))
    assert {"free-or-not-unregistered-group", "reduced-civic-activity", "normal-the-rest"} <= told


def test_a23_both_fitting_rows_are_told():
    assert {"free-youth-sport-and-public-benefit", "reduced-hobby-and-teaching"} <= set(rows(answer("A23")["matched"]))


def test_a24_whom_the_activity_is_for_decides():
    assert answer("A24", audience={"targets_residents": True})["price_class"] == "free"
    assert answer("A24", audience={"targets_residents": False})["priority_class"] == "5"


@pytest.mark.parametrize(("accrued", "now", "carried"), [(750, 0, 750), (999, 0, 999), (1000, 1000, 0)])
def test_a25_a_sum_under_ten_euros_moves_to_the_next_of_two_runs(accrued, now, carried):
    book = in_force(shipped(), "espoo", date(2020, 4, 1))
    split = invoice_now(book, accrued)
    assert (split.now_cents, split.carried_cents) == (now, carried)
    assert book.invoicing.runs_per_term == 2


def test_a26_extra_cleaning_is_charged_to_a_user_of_the_free_class():
    extra = extra_sum(in_force(shipped(), "espoo", date(2020, 2, 12)), "cleaning", cost_cents=8340)
    assert "extra-cleaning-is-charged" in rows(answer("A26")["obligations"])
    assert (extra.cents, extra.citation.row) == (8340, "extra-cleaning-and-repair")


def test_a27_the_third_single_occasion_is_still_one():
    assert answer("A27", time={"occasion": 3})["kind"] == "granted"


def test_a28_the_principals_answer_decides_the_price():
    agreed = answer("A28", activity={"consents": ["principal"]})
    assert (agreed["kind"], agreed["price_class"], agreed["price_cents"]) == ("granted", "free", 0)
    declined = answer("A28", activity={"consents": []})
    assert (declined["kind"], declined["price_class"], declined["price_cents"]) == ("granted", "reduced", None)


def test_what_a_school_excludes_is_allowed_where_the_refusal_points():
    there = answer("A31", space={"kind": "hall", "premises_kind": "resident_park"})
    assert (there["kind"], there["price_cents"]) == ("granted", 7500)


def test_before_2021_nobody_excluded_a_party_branch():
    before = answer(
        "A29", time={"start": "2020-10-06T18:00", "end": "2020-10-06T20:00"}, audience={"targets_residents": True}
    )
    assert before["kind"] == OutcomeKind.GRANTED


def test_a33_the_towns_own_associations_come_before_others():
    assert answer("A33", applicant={"domicile": "Espoo"})["priority_rank"] < answer("A33")["priority_rank"]


@pytest.mark.parametrize("kind", ["company", "person", "area_group"])
def test_a33_accommodation_is_refused_to_companies_groups_and_persons(kind):
    assert answer("A33", applicant={"kind": kind})["kind"] == OutcomeKind.REFUSED


@pytest.mark.parametrize(
    ("applied", "kind"), [("2025-09-04", OutcomeKind.GRANTED), ("2025-09-05", OutcomeKind.REFUSED)]
)
def test_a33_accommodation_is_applied_for_a_month_before_counted_by_the_calendar(applied, kind):
    assert answer("A33", time={"applied_on": applied})["kind"] == kind


@pytest.mark.parametrize(
    ("day", "supervised", "open_"),
    [
        ("2025-12-04", True, True),
        ("2025-12-05", True, False),
        ("2025-12-05", False, True),
        ("2025-12-06", False, False),
        ("2025-12-12", False, True),
        ("2025-12-13", False, False),
        ("2026-04-03", True, False),
        ("2026-05-01", False, False),
        ("2026-05-15", False, True),
    ],
)
def test_a34_supervised_and_self_supervised_schools_have_terms_of_their_own(day, supervised, open_):
    calendar = terms(RULES / cases()["A34"]["book"])
    assert calendar.open_on(date.fromisoformat(day), supervised=supervised) is open_


def test_a34_the_terms_say_what_their_source_names_without_days():
    assert any("winter break" in line for line in terms(RULES / cases()["A34"]["book"]).left_out)


def test_a36_a_dated_decision_lifted_basic_arts_education_from_the_eighth_place_to_the_third():
    day_before = answer("A36", time={"start": "2025-01-22T18:00", "end": "2025-01-22T20:00"})
    day_of = answer("A36", time={"start": "2025-01-23T18:00", "end": "2025-01-23T20:00"})
    assert (day_before["priority_rank"], day_of["priority_rank"]) == (8, 3)


def test_a41_the_signed_commitment_opens():
    signed = answer("A41", applicant={"commitments": ["self_supervision"]})
    assert signed["access"]["allowed"] is True


def test_a44_a_booker_of_24_needs_a_responsible_person_of_30():
    alone = answer("A44", applicant={"responsible_age": 29})
    assert (alone["kind"], rows(alone["reasons"])[-1]) == ("refused", "booker-25-or-responsible-30")
    assert answer("A44", activity={"prepaid": True})["total_cents"] == 122000


def test_a44_extra_hours_go_only_with_packages_over_night():
    assert answer("A45", time={"extra_hours": "0"})["price_cents"] == 62000


def test_a61_a_free_slot_cancelled_late_costs_nothing():
    free = answer("A61", audience={"group": "children"})
    assert (free["price_class"], free["event"]["fee_cents"]) == ("I", 0)


def test_a76_an_overrun_of_training_costs_double_the_training():
    over = {
        "end": "2026-02-07T12:00",
        "parts": [{"phase": "training", "minutes": 60}, {"phase": "overrun", "minutes": 60}],
    }
    assert answer("A76", activity={"phase": "training"}, time=over)["price_cents"] == 3 * 1245


def test_a76_what_ran_over_is_the_longest_part_where_the_whole_is_not_told():
    assert answer("A76", activity={"phase": None})["price_cents"] == 9020


def test_a63_whether_it_was_a_holiday_is_asked():
    assert answer("A63", time={"in_school_holiday": None})["event"]["missing"] == ["time.in_school_holiday"]
    assert answer("A63", time={"in_school_holiday": False})["event"]["sanctions"] == []


def test_a79_outside_the_quarantine_the_party_is_not_excluded():
    assert answer("A79", activity={"in_election_quarantine": False})["kind"] == "granted"
    assert answer("A79", activity={"in_election_quarantine": None})["missing"] == ["activity.in_election_quarantine"]


def test_a80_before_the_month_is_over_nothing_is_lost_yet():
    asked = answer("A80", event={"grace_over": False, "age_months": 2})
    assert asked["event"]["slot"] == "may_be_cancelled"
    assert rows(asked["event"]["reasons"]) == ["debt-two-months"]
