"""What a booking must keep to, and the rules of the door: exactly at a limit is kept, an untold fact stops nothing."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from marshmallow import ValidationError

from booking.core.rules.limiting import first_day_for, last_day_before, months_later
from booking.core.rules.limits import LimitUnit
from tests.booking.hill import ask, hill

TOLD = {
    "activity": {"purpose": "hobby"},
    "audience": {"total": 9, "under_18": 9},
    "space": {"premises_kind": "library"},
}
LOCAL = {"kind": "association", "domicile": "Hill"}


LATE = {"applied_on": "2026-05-02", "use_on": "2026-05-15"}


def limit(text: str, **groups: dict):
    found = ask(hill(f"[[limits]]\n{text}"), **{**TOLD, "applicant": LOCAL} | groups)
    return found, found.limits[0] if found.limits else None


def lead(applied: str, use: str) -> dict:
    return {"applied_on": applied, "use_on": use}


@pytest.mark.parametrize(
    ("unit", "value", "applied", "use", "status", "deadline"),
    [
        ("days", 14, "2026-05-01", "2026-05-15", "kept", date(2026, 5, 1)),
        ("days", 14, "2026-05-02", "2026-05-15", "broken", date(2026, 5, 1)),
        ("weeks", 2, "2026-05-01", "2026-05-15", "kept", date(2026, 5, 1)),
        ("months", 1, "2026-01-31", "2026-02-28", "kept", date(2026, 1, 31)),
        ("months", 1, "2026-02-01", "2026-02-28", "broken", date(2026, 1, 31)),
        ("months", 1, "2026-02-28", "2026-03-31", "kept", date(2026, 2, 28)),
        ("months", 1, "2026-03-01", "2026-03-31", "broken", date(2026, 2, 28)),
        ("months", 1, "2028-01-30", "2028-02-29", "kept", date(2028, 1, 31)),
    ],
)
def test_a_lead_is_counted_in_local_days_and_months_end_with_their_last_day(
    unit, value, applied, use, status, deadline
):
    found, verdict = limit(f'kind = "lead_min"\nvalue = {value}\nunit = "{unit}"', time=lead(applied, use))
    assert (verdict.status, verdict.deadline) == (status, deadline)
    assert found.kind == ("granted" if status == "kept" else "refused")
    assert ("limits-1" in {reason.row for reason in found.reasons}) == (status == "broken")


@given(st.dates(date(2000, 1, 1), date(2100, 1, 1)), st.integers(0, 30))
def test_the_last_day_to_apply_is_the_last_one_that_is_early_enough(use_on, months):
    last = last_day_before(use_on, months, LimitUnit.MONTHS)
    assert months_later(last, months) <= use_on
    assert months_later(date.fromordinal(last.toordinal() + 1), months) > use_on
    first = first_day_for(use_on, months, LimitUnit.MONTHS)
    assert months_later(first, months) >= use_on > months_later(date.fromordinal(first.toordinal() - 1), months)


@pytest.mark.parametrize(
    ("applied", "status"), [("2025-11-15", "kept"), ("2025-11-14", "broken"), ("2026-05-15", "kept")]
)
def test_a_use_can_be_too_far_ahead(applied, status):
    _, verdict = limit('kind = "lead_max"\nvalue = 6\nunit = "months"', time=lead(applied, "2026-05-15"))
    assert (verdict.status, verdict.deadline) == (status, date(2025, 11, 15))


def test_the_last_year_of_the_calendar_has_no_first_day_to_apply():
    _, verdict = limit('kind = "lead_max"\nvalue = 1\nunit = "months"', time=lead("9999-12-01", "9999-12-31"))
    assert verdict.deadline is None


def test_hours_of_lead_are_counted_to_the_minute():
    text = 'kind = "lead_min"\nvalue = 24\nunit = "hours"'
    use = {"start": "2026-05-15T18:00", "end": "2026-05-15T19:00"}
    assert limit(text, time=use | {"applied_at": "2026-05-14T18:00"})[1].status == "kept"
    assert limit(text, time=use | {"applied_at": "2026-05-14T18:01"})[1].status == "broken"
    assert limit(text, time=use)[1].status == "unknown"


@pytest.mark.parametrize(
    ("text", "groups", "status"),
    [
        ('kind = "length_min"\nvalue = 1\nunit = "hours"', {"time": {"minutes": 59}}, "broken"),
        ('kind = "length_max"\nvalue = 120\nunit = "minutes"', {"time": {"minutes": 120}}, "kept"),
        ('kind = "length_max"\nvalue = 120\nunit = "minutes"', {"time": {"minutes": 121}}, "broken"),
        ('kind = "occasions"\nvalue = 3', {"time": {"occasion": 3}}, "kept"),
        ('kind = "occasions"\nvalue = 3', {"history": {"singles_in_season": 3}}, "broken"),
        ('kind = "occasions"\nvalue = 3', {}, "unknown"),
        ('kind = "booker_age"\nvalue = 25\nor_responsible = 30', {"applicant": LOCAL | {"booker_age": 25}}, "kept"),
        ('kind = "booker_age"\nvalue = 25\nor_responsible = 30',
         {"applicant": LOCAL | {"booker_age": 24, "responsible_age": 30}}, "kept"),
        ('kind = "booker_age"\nvalue = 25\nor_responsible = 30',
         {"applicant": LOCAL | {"booker_age": 24, "responsible_age": 29}}, "broken"),
        ('kind = "booker_age"\nvalue = 25\nor_responsible = 30', {"applicant": LOCAL | {"booker_age": 24}}, "unknown"),
        ('kind = "heads_max"\nvalue = 9', {}, "kept"),
        ('kind = "heads_max"\nvalue = 8', {}, "broken"),
        ('kind = "heads_min"\nvalue = 10', {}, "broken"),
        ('kind = "commitment"\ncommitment = "terms"', {"applicant": LOCAL | {"commitments": []}}, "broken"),
        ('kind = "commitment"\ncommitment = "terms"', {"applicant": LOCAL | {"commitments": ["terms"]}}, "kept"),
        ('kind = "prepayment"', {"activity": {"purpose": "hobby", "prepaid": False}}, "broken"),
        ('kind = "verified"', {"applicant": LOCAL | {"verified": True}}, "kept"),
        ('kind = "no_ban"', {"applicant": LOCAL | {"bans": ["holidays"]}}, "kept"),
        ('kind = "no_ban"', {"applicant": LOCAL | {"bans": ["all"]}}, "broken"),
        ('kind = "no_ban"\nbans = ["holidays"]', {"applicant": LOCAL | {"bans": ["holidays"]}}, "broken"),
        ('kind = "no_debt"', {"applicant": LOCAL | {"debt_cents": 0}}, "kept"),
        ('kind = "no_debt"', {"applicant": LOCAL | {"debt_cents": 1}}, "broken"),
        ('kind = "no_debt"\nvalue = 2\nunit = "months"', {"applicant": LOCAL | {"debt_months": 2}}, "kept"),
        ('kind = "no_debt"\nvalue = 2\nunit = "months"', {"applicant": LOCAL | {"debt_months": 3}}, "broken"),
        ('kind = "notify"\nwhom = "Rescue"\nvalue = 14\nunit = "days"', {"time": LATE}, "broken"),
        ('kind = "decide_before"\nvalue = 2\nunit = "weeks"', {"time": LATE}, "unknown"),
        ('kind = "confirm_by"\nby = "08-15"\notherwise = "lapse"', {"event": {"kind": "not_confirmed"}}, "broken"),
        ('kind = "confirm_by"\nby = "08-15"\notherwise = "accepted"', {"event": {"kind": "not_confirmed"}}, "kept"),
        ('kind = "requires"\nmust = { fact = "applicant.knows_terms", is = "==", value = true }',
         {"applicant": LOCAL | {"knows_terms": False}}, "broken"),
    ],
)  # fmt: skip
def test_a_limit_is_kept_broken_or_unknown(text, groups, status):
    found, verdict = limit(text, **groups)
    assert verdict.status == status
    assert (found.kind == "refused") == (status == "broken")
    assert bool(verdict.missing) <= (status == "unknown")


QUOTA = 'id = "q"\nkind = "quota"\ncount = "minutes"\nvalue = 10\nunit = "hours"\nper = "organisation"\nwindow = "week"'


@pytest.mark.parametrize(("used", "status", "told"), [(540, "kept", 10), (541, "broken", 11), (None, "unknown", None)])
def test_a_quota_counts_what_was_used_and_this_booking(used, status, told):
    history = {} if used is None else {"used": {"q": used}}
    _, verdict = limit(QUOTA, history=history, time={"minutes": 60})
    assert (verdict.status, verdict.told) == (status, told)


def test_a_quota_of_bookings_counts_only_those_it_speaks_of():
    text = ('id = "q"\nkind = "quota"\ncount = "bookings"\nvalue = 2\nper = "person"\nwindow = "ahead"\n'
            'of = { fact = "time.start_minute", is = ">=", value = 1020 }')  # fmt: skip
    assert limit(text, history={"used": {"q": 2}}, time={"start_minute": 1020})[1].status == "broken"
    assert limit(text, history={"used": {"q": 2}}, time={"start_minute": 1019})[1].status == "kept"


def test_a_broken_limit_can_ask_or_point_elsewhere_instead():
    asked, _ = limit('kind = "heads_max"\nvalue = 5\nresult = "needs_approval"\nask = "caretaker"')
    assert (asked.kind, asked.decider, asked.priority_class) == ("needs_approval", "caretaker", "1")
    pointed, _ = limit('kind = "occasions"\nvalue = 3\nresult = "redirected"\nbooking_type = "supplementary_regular"',
                       time={"occasion": 4})  # fmt: skip
    assert (pointed.kind, pointed.booking_type) == ("redirected", "supplementary_regular")


def test_what_access_needs_does_not_stop_a_booking():
    found, verdict = limit('kind = "commitment"\ncommitment = "key"\nneeded_for = "access"',
                           applicant=LOCAL | {"commitments": []})  # fmt: skip
    assert (found.kind, verdict.status) == ("granted", "broken")


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ('kind = "lead_min"\nvalue = 2', "unit: a limit of the kind lead_min needs it"),
        ('kind = "lead_min"\nvalue = 2\nunit = "people"', "unit: a limit of the kind lead_min counts days, hours"),
        ('kind = "quota"\nvalue = 2', "count: a limit of the kind quota needs it"),
        ('kind = "confirm_by"\notherwise = "lapse"', 'by: give a day as by = "08-15"'),
        ('kind = "leadmin"', "kind: Must be one of: lead_min"),
        ('kind = "heads_max"\nvalue = 99999999999999999999', "value: Must be less than"),
    ],
)
def test_a_limit_that_says_too_little_is_told(text, fault):
    with pytest.raises((AssertionError, ValidationError)) as raised:
        limit(text)
    messages = str(raised.value)
    assert fault.split(": ", 1)[1] in messages


# --- doors ---

DOOR = """
[[access]]
id = "tags"
mode = "tag"
before_minutes = 15
needs = ["commitment:self_supervision", "no_ban"]
revoke_on = ["misuse"]
lost_key = "85.00"
scope.supervised = false
[[access]]
id = "supervisor"
mode = "supervisor_opens"
"""
SIGNED = LOCAL | {"commitments": ["self_supervision"], "bans": []}


def door(**groups: dict):
    return ask(
        hill(DOOR), **{**TOLD, "applicant": SIGNED, "space": {"premises_kind": "library", "supervised": False}} | groups
    ).access


def test_the_first_rule_of_doors_that_holds_counts():
    assert (door().row.row, door().rule.before_minutes, door().allowed) == ("tags", 15, True)
    assert door(space={"premises_kind": "library", "supervised": True}).row.row == "supervisor"
    assert door(space={"premises_kind": "library"}).missing == ("space.supervised",)


@pytest.mark.parametrize(
    ("groups", "allowed", "because"),
    [
        ({"applicant": SIGNED | {"commitments": []}}, False, ("commitment:self_supervision",)),
        ({"applicant": SIGNED | {"bans": ["all"]}}, False, ("no_ban",)),
        ({"applicant": LOCAL | {"bans": []}}, None, ("commitment:self_supervision",)),
        ({"event": {"kind": "misuse"}}, False, ("event:misuse",)),
        ({"activity": {"purpose": "private_party"}, "space": {"premises_kind": "school", "supervised": False}}, False,
         ("no-parties-in-schools",)),
    ],
)  # fmt: skip
def test_nobody_is_let_in_before_everything_is_in_order(groups, allowed, because):
    found = door(**groups)
    assert (found.allowed, found.because) == (allowed, because)
