"""What follows when something happens to a booking: fees, slots, sanctions, and what a human decides."""

import pytest

from booking.core.rules.facts import facts_of
from booking.rulebook_answers import as_json
from booking.rulebook_requests import request_of
from booking.rulebooks import words
from tests.booking.hill import ask, hill

RULES = """
[[consequences]]
id = "in-time"
fee = "none"
when = { all = [
  { fact = "event.kind", is = "==", value = "cancelled" },
  { fact = "event.notice_days", is = ">=", value = 14 },
] }
[[consequences]]
id = "half"
fee = "percent"
percent = "50"
when = { all = [
  { fact = "event.kind", is = "==", value = "cancelled" },
  { fact = "event.notice_days", is = ">=", value = 1 },
] }
[[consequences]]
id = "late"
fee = "price"
less_relet = true
when = { fact = "event.kind", is = "==", value = "cancelled" }
[[consequences]]
id = "no-show"
fee = "class"
class = "paid"
times = "2"
slot = "may_be_cancelled"
when = { fact = "event.kind", is = "==", value = "no_show" }
[[consequences]]
id = "ban"
topic = "ladder"
slot = "lost"
sanction = { kind = "ban", months = 6, after = 3 }
when = { fact = "event.kind", is = "in", value = ["no_show", "misuse"] }
[[consequences]]
id = "recall-late"
topic = "recall"
valid = false
when = { all = [
  { fact = "event.kind", is = "==", value = "recalled" },
  { fact = "event.notice_days", is = "<", value = 14 },
] }
[[consequences]]
id = "recall"
topic = "recall"
charge = "waived"
substitute = true
compensation = "price"
when = { fact = "event.kind", is = "==", value = "recalled" }
[[consequences]]
id = "debt"
topic = "debt"
deadline_months = 1
result = "undetermined"
ask = "administrator"
when = { fact = "event.kind", is = "==", value = "debt" }
[[consequences]]
id = "guard"
fee = "actual_cost"
when = { fact = "event.kind", is = "==", value = "overrun" }
"""
COMPANY = {"kind": "company", "domicile": "Vik"}
LOCAL = {"kind": "association", "domicile": "Hill"}


def happened(*, applicant: dict | None = None, use: str = "2026-05-15", **event):
    found = ask(
        hill(RULES),
        applicant=applicant or COMPANY,
        activity={"purpose": "hobby"},
        audience={"total": 9, "under_18": 0},
        space={"kind": "classroom"},
        time={"start": f"{use}T18:00", "end": f"{use}T20:00"},
        event=event,
    )
    return found.event


@pytest.mark.parametrize(
    ("on", "row", "fee"),
    [
        ("2026-05-01", "in-time", 0),
        ("2026-05-02", "half", 950),
        ("2026-05-14", "half", 950),
        ("2026-05-15", "late", None),
    ],
)
def test_a_fee_grows_with_the_lateness_of_a_cancelling(on, row, fee):
    found = happened(kind="cancelled", on=on)
    assert ([reason.row for reason in found.reasons], found.fee_cents, found.fee_known) == ([row], fee, fee is not None)


def test_letting_the_time_again_takes_its_income_off_the_fee():
    assert happened(kind="cancelled", on="2026-05-15", relet=False).fee_cents == 1900
    assert happened(kind="cancelled", on="2026-05-15", relet=True, relet_cents=500).fee_cents == 1400
    assert happened(kind="cancelled", on="2026-05-15", relet=True, relet_cents=5000).fee_cents == 0


def test_a_free_user_owes_nothing_for_cancelling_and_the_dearest_class_for_not_coming():
    assert happened(applicant=LOCAL, kind="cancelled", on="2026-05-15", relet=False).fee_cents == 0
    assert happened(applicant=LOCAL, kind="no_show").fee_cents == 3800


@pytest.mark.parametrize(("repeat", "bans"), [(2, 0), (3, 1), (None, 0)])
def test_a_ban_comes_with_the_third_time_and_the_worse_of_two_slots_counts(repeat, bans):
    found = happened(kind="no_show", **({} if repeat is None else {"repeat": repeat}))
    assert (len(found.sanctions), found.slot) == (bans, "lost")
    assert (found.missing == ("event.repeat",)) == (repeat is None)


@pytest.mark.parametrize(("on", "valid"), [("2026-05-01", None), ("2026-05-02", False)])
def test_the_owner_recalls_with_fourteen_days_notice_or_not_at_all(on, valid):
    found = happened(kind="recalled", on=on)
    assert found.valid is valid
    paid = (1900, 1900, True) if valid is None else (0, 0, False)
    assert (found.credit_cents, found.compensation_cents, found.substitute) == paid


def test_notice_in_days_and_hours_follows_from_the_moment_it_was_told():
    told = {"time": {"start": "2026-03-30T06:00", "end": "2026-03-30T07:00"}, "event": {"at": "2026-03-28T23:30"}}
    facts = facts_of(request_of(told, words()))
    assert (facts["event.notice_days"], facts["event.notice_hours"]) == (2, 29)  # an hour less: clocks go forward


def test_a_deadline_counts_from_the_day_it_happened_and_a_human_is_named():
    found = happened(kind="debt", on="2026-01-31")
    assert (str(found.deadline), found.result, found.ask) == ("2026-02-28", "undetermined", "administrator")


def test_an_actual_cost_that_nobody_told_is_unknown_and_never_nothing():
    assert (happened(kind="overrun").fee_cents, happened(kind="overrun").fee_known) == (None, False)
    assert happened(kind="overrun", cost_cents=12345).fee_cents == 12345


def test_what_no_row_speaks_of_has_an_unknown_fee():
    found = happened(kind="damage")
    assert (found.fee_cents, found.fee_known, found.reasons) == (None, False, ())


def test_the_answer_as_json_has_the_event_with_its_sanctions():
    found = ask(hill(RULES), event={"kind": "misuse", "repeat": 3})
    event = as_json(found)["event"]
    assert event["sanctions"] == [{"kind": "ban", "scope": "all", "months": 6, "after": 3}]
    assert (event["kind"], event["slot"], event["fee_known"]) == ("misuse", "lost", False)


def test_all_rows_of_a_topic_count_where_the_policy_says_so():
    every = '[policy]\npriority = "first_match"\nprice = "most_favourable"\nconsequences = "all"\n' + RULES
    time, event = {"use_on": "2026-05-15", "minutes": 60}, {"kind": "recalled", "on": "2026-05-10"}
    found = ask(hill(every), applicant=COMPANY, time=time, event=event)
    assert [reason.row for reason in found.event.reasons] == ["recall-late", "recall"]
