"""Runs: what is asked now, what is carried and why; made once, by what was agreed when the time was confirmed."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from booking.core.rules.invoices import BelowMinimum, InvoicingRule, LastRun, RunEvery, RunWhen
from booking.core.rules.invoices import InvoiceRun as RunRule
from booking.core.rules.rows import Citation
from booking.core.runs import Fate, Period, Plan, due_periods, periods, split
from booking.models import Occurrence
from booking.money import crediting, plans, runs
from booking.money.charges import fill, owe
from booking.money.models import Charge, ChargeKind, ChargeState, Invoice, InvoiceRun
from booking.refusals import NotNow
from tests import make
from tests.booking.money import make as money

CITED = Citation("x", "1", "invoicing", "small-sums", "§ 1", "", date(2020, 1, 1), {"fi": "Pienet summat"})
APRIL = datetime(2026, 4, 2, 9, 0, tzinfo=UTC)
SCHOOL = ((1, 5), (8, 12))


def by_rule(*rules: RunRule, minimum_cents: int = 1000, **told) -> Plan:
    """The plan of a rulebook that says so, with ten euros as its minimum unless told otherwise."""
    return plans.plan(InvoicingRule(citation=CITED, runs=rules, minimum_cents=minimum_cents, **told))


def run_rule(**values) -> RunRule:
    return RunRule(name="run", **values)


def names(rule: RunRule, on: str) -> list[str]:
    return [found.name for found in due_periods(by_rule(rule), date.fromisoformat(on))]


def test_a_monthly_run_is_made_after_its_month():
    assert names(run_rule(), "2026-11-30") == ["2026-10"]
    assert names(run_rule(), "2026-12-01") == ["2026-11"]


def test_two_runs_a_term_are_made_in_april_and_june_and_in_november_and_january():
    rule = run_rule(every=RunEvery.TERM, per=2)
    assert names(rule, "2026-03-31") == ["2025-08/2"]
    assert names(rule, "2026-04-01") == ["2026-01/1"]
    assert names(rule, "2026-06-01") == ["2026-01/2"]
    assert names(rule, "2026-11-01") == ["2026-08/1"]
    assert names(rule, "2027-01-01") == ["2026-08/2"]


def test_runs_in_may_and_december_ask_for_what_has_happened_by_the_day_they_are_made():
    rule = run_rule(every=RunEvery.YEAR, months=(5, 12))
    may = next(each for each in periods(rule, SCHOOL, date(2026, 5, 20)) if each.name == "2026-05")
    late = next(each for each in periods(rule, SCHOOL, date(2026, 8, 1)) if each.name == "2026-05")
    assert (may.from_on, may.until_on, may.last_of_term) == (date(2026, 5, 1), date(2026, 5, 19), False)
    assert late.until_on == date(2026, 5, 31)
    assert names(rule, "2026-11-30") == ["2026-05"]
    assert names(rule, "2026-12-01") == ["2026-12"]


def test_a_run_in_advance_asks_for_the_month_to_come():
    rule = run_rule(when=RunWhen.IN_ADVANCE)
    asked = due_periods(by_rule(rule), date(2026, 11, 24))
    assert [(each.name, each.until_on) for each in asked] == [("2026-12", date(2026, 12, 31))]


def test_a_run_at_booking_asks_for_what_is_booked_by_today():
    found = due_periods(by_rule(run_rule(when=RunWhen.AT_BOOKING)), date(2026, 11, 24))
    assert [(each.name, each.when) for each in found] == [("2026-11-24", RunWhen.AT_BOOKING)]


@pytest.mark.parametrize(
    ("owed", "below", "last", "fate"),
    [
        (1000, BelowMinimum.CARRY, False, Fate.INVOICE),  # exactly the limit
        (999, BelowMinimum.CARRY, False, Fate.CARRIED),
        (999, BelowMinimum.RAISE, False, Fate.RAISED),
        (999, BelowMinimum.WAIVE, False, Fate.WAIVED),
        (0, BelowMinimum.RAISE, False, Fate.NOTHING),
        (-500, BelowMinimum.CARRY, True, Fate.NOTHING),
    ],
)
def test_a_sum_under_the_limit_is_treated_as_the_rule_says(owed: int, below: BelowMinimum, *, last: bool, fate: Fate):
    assert split(by_rule(below_minimum=below), owed, last_of_term=last).fate is fate


@pytest.mark.parametrize(
    ("rule", "fate"),
    [
        (LastRun.INVOICE, Fate.INVOICE),
        (LastRun.CARRY, Fate.CARRIED),
        (LastRun.WAIVE, Fate.WAIVED),
        (LastRun.ASK, Fate.ASKED),
    ],
)
def test_in_the_last_run_of_a_term_the_rule_decides_what_becomes_of_small_sums(rule: LastRun, fate: Fate):
    assert split(by_rule(last_run=rule), 750, last_of_term=True).fate is fate


@given(
    st.lists(st.tuples(st.integers(0, 3000), st.booleans()), min_size=1, max_size=20),
    st.sampled_from(BelowMinimum),
    st.sampled_from(LastRun),
)
def test_what_is_invoiced_carried_and_waived_over_any_runs_is_what_was_owed(accrued, below, last_run):
    plan, carried, asked, waived = by_rule(below_minimum=below, last_run=last_run), 0, 0, 0
    for more, last in accrued:
        done = split(plan, carried + more, last_of_term=last)
        assert done.invoiced_cents + done.carried_cents + done.waived_cents == carried + more
        assert done.raised_cents == 0 or done.invoiced_cents + done.raised_cents == 1000
        carried, asked, waived = done.carried_cents, asked + done.invoiced_cents, waived + done.waived_cents
    assert asked + carried + waived == sum(more for more, _ in accrued)


def used(session: Session, place, whose, day: str, cents: int | None, **values) -> Occurrence:
    """A time of an hour, booked and priced."""
    hall = make.space(session, place)
    return make.occurrence(session, hall, make.span(day, "18:00", "19:00"), whose=whose, price_cents=cents, **values)


def town(session: Session):
    """Premises with an invoicer by the rules of Espoo: twice a term, under ten euros is carried."""
    place, whose = make.premises(session), make.organisation(session)
    money.invoicer(session, place)
    (account,) = plans.accounts(session, date(2026, 4, 2))
    return place, whose, account


def made(session: Session, account, now: datetime = APRIL) -> InvoiceRun:
    (period,) = due_periods(account.plan, now.date())
    return runs.make(session, account, period, by=None, now=now)


def totals(session: Session) -> list[int]:
    query = select(func.sum(Charge.gross_cents)).where(Charge.invoice_id.is_not(None)).group_by(Charge.invoice_id)
    return sorted(session.scalars(query))


def test_a_run_asks_for_past_times_with_a_price_and_for_nothing_else(session: Session):
    place, whose, account = town(session)
    used(session, place, whose, "2026-03-03", 1500)
    used(session, place, whose, "2026-03-10", 0)
    used(session, place, whose, "2026-03-17", 1500, state="cancelled")
    used(session, place, whose, "2026-04-07", 1500)
    unknown = used(session, place, whose, "2026-03-24", None)
    run = made(session, account)
    assert (totals(session), run.carried) == ([1500], [])
    assert session.scalars(select(Charge.occurrence_id).where(Charge.gross_cents.is_(None))).all() == [unknown.id]


def test_seven_fifty_is_carried_to_june_and_asked_with_what_has_come_since(session: Session):
    """Case A25: Espoo 2019, two runs a term."""
    place, whose, account = town(session)
    used(session, place, whose, "2026-03-03", 750)
    run = made(session, account)
    assert totals(session) == []
    carried = {"organisation": whose.ref, "cents": 750, "fate": "carried", "row": "invoicing-small-sums"}
    assert run.carried == [carried]
    used(session, place, whose, "2026-05-05", 250)
    made(session, account, datetime(2026, 6, 1, 9, 0, tzinfo=UTC))
    assert totals(session) == [1000], "exactly the limit is invoiced"


def test_a_run_made_twice_makes_nothing_new(session: Session):
    place, whose, account = town(session)
    used(session, place, whose, "2026-03-03", 1500)
    first = made(session, account)
    used(session, place, whose, "2026-03-04", 2500)
    assert made(session, account) is first
    assert totals(session) == [1500]
    assert runs.due(session, account, APRIL) == []


def test_a_preview_writes_nothing_and_says_what_the_run_then_does(session: Session):
    place, whose, account = town(session)
    used(session, place, whose, "2026-03-03", 1500)
    (period,) = runs.due(session, account, APRIL)
    seen = runs.preview(session, account, period, APRIL)
    assert session.scalar(select(func.count()).select_from(Charge)) == 0
    assert [(sheet.organisation.id, sheet.split.invoiced_cents) for sheet in seen.sheets] == [(whose.id, 1500)]
    made(session, account)
    assert totals(session) == [seen.invoiced_cents]


def test_a_price_told_by_hand_is_asked_in_the_next_run(session: Session):
    place, whose, account = town(session)
    used(session, place, whose, "2026-03-03", None)
    made(session, account)
    (row,) = session.scalars(select(Charge))
    fill(session, row, gross_cents=1200, reason="Sovittu", by=make.person(session).id, now=APRIL)
    made(session, account, datetime(2026, 6, 1, 9, 0, tzinfo=UTC))
    assert totals(session) == [1200]


def test_the_price_agreed_at_confirmation_is_asked_whatever_the_list_says_later(session: Session):
    """M2: net, VAT and price come from the occurrence; the rulebook is not asked again."""
    place, whose, account = town(session)
    row = used(session, place, whose, "2026-03-03", 1240, vat_percent=Decimal(24), net_cents=1000, vat_cents=240)
    made(session, account)
    (charge,) = session.scalars(select(Charge))
    assert (charge.gross_cents, charge.net_cents, charge.vat_cents, charge.vat_percent) == (
        1240,
        1000,
        240,
        Decimal(24),
    )
    assert charge.key == f"use:{row.ref}"


def test_add_ons_are_lines_of_their_own_also_for_a_free_user(session: Session):
    """M5: the price is nothing, the technician is not."""
    place, whose, account = town(session)
    add_on = {"kind": "add_on", "row": "technician", "cents": 5000, "text": {"fi": "Teknikko", "sv": "Tekniker"}}
    used(session, place, whose, "2026-03-03", 0, lines=[add_on])
    made(session, account)
    (charge,) = session.scalars(select(Charge))
    assert (charge.kind, charge.gross_cents) == (ChargeKind.EXTRA, 5000)
    assert charge.text["sv"].startswith("Tekniker, ")


def test_a_fee_asked_instead_of_the_price_leaves_the_price_out(session: Session):
    """M6: a no-show pays price group 1, and not the ordinary price as well."""
    place, whose, account = town(session)
    row = used(session, place, whose, "2026-03-03", 0)
    paid = used(session, place, whose, "2026-03-10", 1500)
    for each in (row, paid):
        fee = money.owed(
            whose,
            place,
            3000,
            key=f"no_show:{each.ref}",
            kind=ChargeKind.NO_SHOW,
            occurrence=each.id,
            happened_on=date(2026, 3, 10),
            instead_of_use=True,
        )
        owe(session, fee, by=None, now=APRIL)
    made(session, account)
    assert totals(session) == [6000]


def test_a_paid_time_that_had_to_give_way_is_credited_by_itself(session: Session):
    """M8, after the invoice was sent: the fee is waived without anybody asking for it."""
    place, whose, account = town(session)
    row = used(session, place, whose, "2026-03-03", 1500)
    made(session, account)
    (sheet,) = session.scalars(select(Invoice))
    money.issue(session, sheet)
    row.state = "displaced"
    session.flush()
    made(session, account, datetime(2026, 6, 1, 9, 0, tzinfo=UTC))
    (note,) = session.scalars(select(Invoice).where(Invoice.credits_id == sheet.id))
    lines = list(session.scalars(select(Charge).where(Charge.invoice_id == note.id)))
    assert [(line.kind, line.gross_cents, line.reason) for line in lines] == [("credit", -1500, "not_booked")]


def test_a_time_cancelled_before_its_draft_was_sent_leaves_the_draft(session: Session):
    place, whose, account = town(session)
    row, kept = used(session, place, whose, "2026-03-03", 1500), used(session, place, whose, "2026-03-04", 1700)
    made(session, account)
    row.state = "displaced"
    session.flush()
    made(session, account, datetime(2026, 6, 1, 9, 0, tzinfo=UTC))
    assert totals(session) == [1700]
    states = {each.occurrence_id: each.state for each in session.scalars(select(Charge))}
    assert states == {row.id: ChargeState.VOID, kept.id: ChargeState.INVOICED}


def test_a_minimum_invoice_is_raised_by_a_line_that_says_so(session: Session):
    """Case A43: at least 30 € for each invoice."""
    place, whose, account = town(session)
    used(session, place, whose, "2026-03-03", 1500)
    raised = replace(account, plan=by_rule(minimum_cents=3000, below_minimum=BelowMinimum.RAISE))
    runs.make(session, raised, Period("x", date(2026, 4, 1), date(2026, 3, 31), RunWhen.AFTER_USE), by=None, now=APRIL)
    assert totals(session) == [3000]
    assert sorted(session.scalars(select(Charge.kind))) == ["fee", "use"]


def test_a_line_corrected_on_a_draft_changes_it_and_one_corrected_after_is_credited(session: Session):
    place, whose, account = town(session)
    someone = make.person(session)
    used(session, place, whose, "2026-03-03", 1500)
    made(session, account)
    (sheet,), (line,) = session.scalars(select(Invoice)), session.scalars(select(Charge))
    assert crediting.correct(session, line, gross_cents=1200, reason="Lyhyempi", by=someone.id, now=APRIL) is line
    assert totals(session) == [1200]
    money.issue(session, sheet)
    after = crediting.correct(session, line, gross_cents=900, reason="Vielä", by=someone.id, now=APRIL)
    assert (after.kind, after.gross_cents, after.state) == (ChargeKind.CORRECTION, 900, ChargeState.OPEN)
    assert totals(session) == [-1200, 1200]
    made(session, account, datetime(2026, 6, 1, 9, 0, tzinfo=UTC))
    assert totals(session) == [-1200, 1200], "nine euros are carried, and the use is not asked again"


def test_a_credited_invoice_and_its_credit_note_come_to_nothing(session: Session):
    place, whose, account = town(session)
    someone = make.person(session)
    for day, cents in (("2026-03-03", 1500), ("2026-03-04", 333)):
        used(session, place, whose, day, cents)
    made(session, account)
    (sheet,) = session.scalars(select(Invoice))
    money.issue(session, sheet)
    crediting.credit_whole(session, sheet, reason="Väärä maksaja", by=someone.id, now=APRIL)
    assert sum(totals(session)) == 0
    with pytest.raises(NotNow):
        crediting.credit_whole(session, sheet, reason="Taas", by=someone.id, now=APRIL)


def test_the_price_of_a_whole_season_is_asked_once_for_a_series(session: Session):
    place, whose, account = town(session)
    first = used(session, place, whose, "2026-03-03", 10000, trace={"whole_season": True})
    second = used(session, place, whose, "2026-03-10", 10000, trace={"whole_season": True}, key="second")
    second.booking_id = first.booking_id
    session.flush()
    made(session, account)
    assert totals(session) == [10000]


AMOUNTS = st.sampled_from([None, 0, 333, 750, 1000, 1500])
USES = st.lists(st.tuples(st.integers(0, 200), AMOUNTS, st.booleans()), max_size=12)
LATER = st.lists(st.integers(60, 420), min_size=1, max_size=4)


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(uses=USES, days=LATER)
def test_over_any_runs_each_use_is_asked_once_and_nothing_is_lost(session: Session, uses, days):
    """Invoiced + waiting = owed; a past time that is booked at a known price has one charge, any other has none."""
    with session.begin_nested() as undone:
        place, whose, account = town(session)
        first = date(2026, 1, 7)
        rows = [
            used(session, place, whose, (first + timedelta(days=day)).isoformat(), cents, state=state(booked))
            for day, cents, booked in uses
        ]
        for day in sorted(days):
            now = datetime(2026, 1, 7, 9, 0, tzinfo=UTC) + timedelta(days=day)
            for period in runs.due(session, account, now):
                last = runs.make(session, account, period, by=None, now=now)
        charges = list(session.scalars(select(Charge)))
        seen = {
            row.id for row in rows if row.state == "confirmed" and row.price_cents != 0 and due_by(row, last.until_on)
        }
        assert sorted(charge.occurrence_id for charge in charges) == sorted(seen)
        known = sum(row.price_cents or 0 for row in rows if row.id in seen)
        assert sum(charge.gross_cents or 0 for charge in charges) == known
        carried = sum(charge.gross_cents or 0 for charge in charges if charge.invoice_id is None)
        assert carried < 1000, "more than the minimum never waits"
        undone.rollback()
    session.expire_all()


def state(booked) -> str:
    return "confirmed" if booked else "cancelled"


def due_by(row: Occurrence, until: date) -> bool:
    return row.starts_at.date() <= until
