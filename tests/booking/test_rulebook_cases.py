"""The decided cases A01–A34, read from the table an official wrote, each with the request told as facts."""

import json
import re
from datetime import date
from pathlib import Path

import pytest

from booking.cli_rulebook import book_named
from booking.core.rulebook import Outcome, OutcomeKind, evaluate, extra_sum, invoice_now
from booking.rulebook_requests import request_of
from booking.rulebooks import RULES, in_force, shipped
from booking.terms import terms

CASES = Path(__file__).parent / "cases"
TABLE = {case["id"]: case for case in map(json.loads, (CASES / "rulebook_cases_A.jsonl").read_text().splitlines())}
CLEAR = {name for name, case in TABLE.items() if not case["ambiguous"]}
CLASSES = {
    "group I": "I",
    "group II": "II",
    "group III": "III",
    "single price": "single",
    "free": "free",
    "free always": "free",
    "reduced": "reduced",
    "reduced (hobby and club activity)": "reduced",
    "reduced (civic activity)": "reduced",
    "normal": "normal",
}
# Cases whose whole row can be read off: a priority number, a price class and an amount.
PRICED = [name for name, case in TABLE.items() if case["price_category"] in CLASSES and "€" in case["price"]]
CHOSEN = {"A01", "A13", "A16", "A17"}  # ambiguous, and decided as the table says: docs/rulebook.md tells why
# Cases whose answer is no price, or not a price alone: each has its own test below.
OTHERS = {"A25", "A26", "A27", "A28", "A29", "A30", "A31", "A32", "A33", "A34"}


def told(name: str) -> dict:
    return json.loads((CASES / "requests" / f"{name}.json").read_text())


def outcome(name: str, **more: dict) -> Outcome:
    written = told(name)
    for group, facts in more.items():
        written[group] |= facts
    book = book_named("espoo", written, on=None)
    return evaluate(book, request_of(written, book.words))


def cents_in(price: str) -> int:
    euros, cents = re.match(r"(\d+)\.(\d\d) €", price).groups()
    return int(euros) * 100 + int(cents)


def rows(citations) -> list[str]:
    return [citation.row for citation in citations]


def test_no_clear_case_is_left_untested():
    assert len(TABLE) == 34
    assert CLEAR.issubset({*PRICED, *OTHERS})
    assert {name for name in PRICED if name not in CLEAR} == CHOSEN


@pytest.mark.parametrize("name", PRICED)
def test_a_case_gets_the_priority_class_and_price_of_the_table(name):
    case, found = TABLE[name], outcome(name)
    assert found.kind is OutcomeKind.GRANTED, found.missing
    assert found.priority_class == case["priority"][0]
    assert found.price_class == CLASSES[case["price_category"]]
    assert found.price_cents == cents_in(case["price"])


@pytest.mark.parametrize("name", PRICED)
def test_every_case_cites_a_dated_row_with_a_decision_and_a_source_in_two_languages(name):
    reasons = outcome(name).reasons
    assert [reason.table for reason in reasons] == ["priority", "price", "rates"]
    for reason in reasons:
        assert reason.decision
        assert reason.source.startswith("http")
        assert all(reason.text[language] for language in ("fi", "sv", "en"))
        assert isinstance(reason.valid_from, date)


def test_the_same_meeting_cost_sixty_euros_in_march_and_nothing_in_october_of_2019():
    before, after = outcome("A08"), outcome("A09")
    assert (before.price_cents, after.price_cents) == (6000, 0)
    assert {reason.version for reason in before.reasons}.isdisjoint({reason.version for reason in after.reasons})


def test_a_price_class_free_does_not_lift_a_pensioner_club_in_the_queue():
    found = outcome("A19")
    assert (found.price_class, found.priority_rank) == ("free", 4)


def test_a22_a_human_decides_about_an_unregistered_residents_group():
    found = outcome("A22")
    assert found.kind is OutcomeKind.UNDETERMINED
    assert found.decider == "manager"
    assert (found.price_class, found.price_cents) == (None, None)
    assert {"free-or-not-unregistered-group", "reduced-civic-activity", "normal-the-rest"} <= set(rows(found.matched))


def test_a23_the_most_favourable_of_two_fitting_classes_wins_and_both_are_told():
    found = outcome("A23")
    assert (found.priority_class, found.price_class, found.price_cents) == ("4", "free", 0)
    assert {"free-youth-sport-and-public-benefit", "reduced-hobby-and-teaching"} <= set(rows(found.matched))


def test_a24_whom_the_activity_is_for_must_be_told():
    found = outcome("A24")
    assert found.kind is OutcomeKind.UNDETERMINED
    assert found.missing == ("audience.targets_residents",)
    assert outcome("A24", audience={"targets_residents": True}).price_class == "free"
    assert outcome("A24", audience={"targets_residents": False}).priority_class == "5"


@pytest.mark.parametrize(("accrued", "now", "carried"), [(750, 0, 750), (999, 0, 999), (1000, 1000, 0)])
def test_a25_a_sum_under_ten_euros_moves_to_the_next_of_two_runs(accrued, now, carried):
    assert told("A25")["accrued_cents"] == 750
    book = in_force(shipped(), "espoo", date(2020, 4, 1))
    split = invoice_now(book, accrued)
    assert (split.now_cents, split.carried_cents) == (now, carried)
    assert book.invoicing.runs_per_term == 2
    assert split.citation.row == "invoicing-small-sums"


def test_a26_extra_cleaning_is_charged_to_a_user_of_the_free_class():
    book = in_force(shipped(), "espoo", date(2020, 2, 12))
    extra = extra_sum(book, "cleaning", cost_cents=8340)
    assert outcome("A26").price_cents == 0
    assert "extra-cleaning-is-charged" in rows(outcome("A26").obligations)
    assert extra.cents == 8340
    assert extra.citation.row == "extra-cleaning-and-repair"


def test_a27_the_fourth_single_occasion_is_no_single_slot_any_more():
    found = outcome("A27")
    assert (found.kind, found.booking_type) == (OutcomeKind.REDIRECTED, "supplementary_regular")
    assert outcome("A27", time={"occasion": 3}).kind is OutcomeKind.GRANTED


def test_a28_the_principal_is_asked_and_the_answer_decides_the_price():
    asked = outcome("A28")
    assert (asked.kind, asked.decider, asked.priority_class) == (OutcomeKind.NEEDS_APPROVAL, "principal", "3")
    agreed = outcome("A28", activity={"consents": ["principal"]})
    assert (agreed.kind, agreed.price_class, agreed.price_cents) == (OutcomeKind.GRANTED, "free", 0)
    declined = outcome("A28", activity={"consents": []})
    assert (declined.kind, declined.price_class, declined.price_cents) == (OutcomeKind.GRANTED, "reduced", None)


@pytest.mark.parametrize(
    ("name", "row", "instead"),
    [
        ("A29", "school-not-political", "resident_park"),
        ("A30", "school-not-religious", "association_house"),
        ("A31", "school-no-private-occasions", "resident_park"),
    ],
)
def test_an_excluded_purpose_is_refused_with_the_row_and_where_to_go_instead(name, row, instead):
    found = outcome(name)
    assert (found.kind, rows(found.reasons), found.redirect_to) == (OutcomeKind.REFUSED, [row], instead)
    assert (found.priority_class, found.price_class, found.price_cents) == (None, None, None)


def test_what_a_school_excludes_is_allowed_where_the_refusal_points():
    there = outcome("A31", space={"kind": "hall", "premises_kind": "resident_park"})
    assert (there.kind, there.price_cents) == (OutcomeKind.GRANTED, 7500)


def test_before_2021_nobody_excluded_a_party_branch():
    before = outcome(
        "A29", time={"start": "2020-10-06T18:00", "end": "2020-10-06T20:00"}, audience={"targets_residents": True}
    )
    assert before.kind is OutcomeKind.GRANTED


def test_a32_a_youth_party_is_pointed_to_a_youth_room():
    found = outcome("A32")
    assert (found.kind, found.redirect_to) == (OutcomeKind.REDIRECTED, "youth_room")


def test_a33_accommodation_comes_after_the_towns_own_associations_and_by_contract():
    found, own = outcome("A33"), outcome("A33", applicant={"domicile": "Espoo"})
    assert (found.kind, found.price_class, found.price_cents) == (OutcomeKind.GRANTED, "contract", None)
    assert own.priority_rank < found.priority_rank
    assert "accommodation-rescue-department" in rows(found.obligations)


@pytest.mark.parametrize("kind", ["company", "person", "area_group"])
def test_a33_accommodation_is_refused_to_companies_groups_and_persons(kind):
    assert outcome("A33", applicant={"kind": kind}).kind is OutcomeKind.REFUSED


@pytest.mark.parametrize(
    ("applied", "kind"), [("2025-09-04", OutcomeKind.GRANTED), ("2025-09-05", OutcomeKind.REFUSED)]
)
def test_a33_accommodation_is_applied_for_a_month_before_counted_by_the_calendar(applied, kind):
    assert outcome("A33", time={"applied_on": applied}).kind is kind


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
    calendar = terms(RULES / told("A34")["terms"])
    assert calendar.open_on(date.fromisoformat(day), supervised=supervised) is open_


def test_a34_the_terms_say_what_their_source_names_without_days():
    assert any("winter break" in line for line in terms(RULES / told("A34")["terms"]).left_out)
