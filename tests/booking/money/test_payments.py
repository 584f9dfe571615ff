"""Payments and reminders: each payment once, to the invoice of its reference; late ones cost what the rulebook says."""

from datetime import date, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.core.invoicing import rf_reference, viitenumero
from booking.money import payments, reminders
from booking.money.balances import balances, debt
from booking.money.models import Charge, Payment
from booking.money.payments import Imported
from booking.refusals import BadInput, NotNow
from tests import make
from tests.booking.money import make as money

HEAD = "maksupäivä;summa;viite;maksaja;arkistointitunnus\n"
DUE = date(2026, 11, 2)
REFERENCE = viitenumero("1202600001")


def sent(session: Session, cents: int = 4000, **terms):
    """An invoice due on 2 November, with a reference of its own."""
    place, whose = make.premises(session), make.organisation(session)
    seller = money.invoicer(session, place)
    line = money.charge(session, whose, place, cents)
    sheet = money.sent_invoice(session, seller, [line], due_on=DUE, reference=REFERENCE, terms=terms)
    return seller, sheet, make.person(session)


def test_a_payment_by_file_finds_its_invoice_by_the_reference_and_counts_once(session: Session, now: datetime):
    seller, sheet, someone = sent(session)
    rows = payments.read_file((HEAD + f"1.11.2026;40,00;{REFERENCE};Kiipijät;A1\n").encode("utf-8-sig"))
    assert payments.take_in(session, seller, rows, by=someone.id, now=now) == Imported(1, 0, 0)
    assert payments.take_in(session, seller, rows, by=someone.id, now=now) == Imported(0, 1, 0)
    assert balances(session, [sheet]) == {sheet.id: 0}
    assert debt(session, sheet.organisation_id, date(2026, 12, 1)).cents == 0


def test_a_payment_that_fits_no_invoice_waits_without_one(session: Session, now: datetime):
    seller, sheet, someone = sent(session)
    rows = payments.read_file((HEAD + f"2026-11-01;40,00;{viitenumero('777')};Joku;A2\n").encode())
    assert payments.take_in(session, seller, rows, by=someone.id, now=now).unplaced == 1
    assert balances(session, [sheet]) == {sheet.id: 4000}


def ktl(cents: int, reference: str, bank_id: str, correction: str = "0") -> str:
    """A record of the banks' list of reference payments, 90 signs long."""
    record = (
        f"3{'12345600000785':>14}261103261101{bank_id:<16}{reference:>20}{'KIIPIJÄT':<12}10{cents:010d}{correction}J "
    )
    assert len(record) == 90
    return record


def test_the_list_of_reference_payments_of_the_banks_is_read(session: Session, now: datetime):
    seller, sheet, someone = sent(session)
    listed = "\n".join(["0" + " " * 89, ktl(5000, REFERENCE, "B1"), ktl(1000, REFERENCE, "B1", "1"), "9" + " " * 89])
    rows = payments.read_file(listed.encode("iso-8859-15"))
    assert [(row.paid_on, row.cents, row.payer) for row in rows] == [
        (date(2026, 11, 1), 5000, "KIIPIJÄT"),
        (date(2026, 11, 1), -1000, "KIIPIJÄT"),
    ]
    payments.take_in(session, seller, rows, by=someone.id, now=now)
    assert balances(session, [sheet]) == {sheet.id: 0}


def test_the_international_form_of_a_reference_is_the_same_reference():
    assert payments.plain_reference(rf_reference(REFERENCE)) == REFERENCE
    assert payments.plain_reference("0000" + REFERENCE) == REFERENCE


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"", "empty"),
        (b"a;b\n1;2\n", "columns"),
        (f"{HEAD}32.1.2026;1,00;{REFERENCE};x;1\n".encode(), "row"),
        (f"{HEAD}1.1.2026;paljon;{REFERENCE};x;1\n".encode(), "row"),
        (f"{HEAD}1.1.2026;1,00;12345;x;1\n".encode(), "row"),
        (f"{HEAD}1.1.2026;1,00;{REFERENCE};x;\n".encode(), "row"),
        (b"0\n3123", "row"),
    ],
)
def test_a_file_that_cannot_be_read_says_where(content: bytes, problem: str):
    with pytest.raises(BadInput) as refused:
        payments.read_file(content)
    assert refused.value.facts["problem"] == problem


def test_a_payment_by_hand_counts_once_however_often_the_form_is_sent(session: Session, now: datetime):
    _, sheet, someone = sent(session)
    told = {"cents": 1500, "paid_on": DUE, "said": "Käteisellä", "key": "form1", "by": someone.id, "now": now}
    assert payments.note(session, sheet, **told) is payments.note(session, sheet, **told)
    assert balances(session, [sheet]) == {sheet.id: 2500}
    with pytest.raises(BadInput):
        payments.note(session, sheet, **(told | {"cents": 0}))


def test_paying_late_costs_interest_where_the_rulebook_tells_a_rate(session: Session, now: datetime):
    _, sheet, someone = sent(session, 100_000, interest_percent="8.5")
    told = {"said": "", "key": "1", "by": someone.id, "now": now}
    payments.note(session, sheet, cents=100_000, paid_on=date(2026, 12, 2), **told)
    (owed,) = session.scalars(select(Charge).where(Charge.kind == "fee"))
    assert (owed.gross_cents, owed.vat_percent) == (699, None)  # 1000 € × 8.5 % × 30 / 365 = 6.986


def test_paying_on_the_due_day_costs_nothing_more(session: Session, now: datetime):
    _, sheet, someone = sent(session, 100_000, interest_percent="8.5")
    payments.note(session, sheet, cents=100_000, paid_on=DUE, said="", key="1", by=someone.id, now=now)
    assert session.scalars(select(Charge).where(Charge.kind == "fee")).all() == []


@given(st.integers(1, 10_000_000), st.integers(1, 400), st.integers(0, 400))
def test_interest_never_falls_with_time(cents: int, days: int, more: int):
    rate = Decimal("10.5")
    assert payments.interest_cents(cents, rate, days) <= payments.interest_cents(cents, rate, days + more)


def test_a_reminder_gives_a_new_day_and_its_fee_comes_only_after_a_fortnight(session: Session, now: datetime):
    _, sheet, someone = sent(session, reminder_cents=500)
    with pytest.raises(NotNow):
        reminders.remind(session, sheet, today=DUE, by=someone.id, now=now)
    first = reminders.remind(session, sheet, today=date(2026, 11, 15), by=someone.id, now=now)
    assert (first.number, first.due_on, first.open_cents) == (1, date(2026, 11, 29), 4000)
    assert session.scalars(select(Charge).where(Charge.kind == "fee")).all() == []
    with pytest.raises(NotNow):
        reminders.remind(session, sheet, today=date(2026, 11, 29), by=someone.id, now=now)
    reminders.remind(session, sheet, today=date(2026, 11, 30), by=someone.id, now=now)
    assert session.scalars(select(Charge.gross_cents).where(Charge.kind == "fee")).all() == [500]


def test_debt_goes_from_overdue_to_reminded_to_grace_over(session: Session, now: datetime):
    """Case A80: two months unpaid, then a month of grace, then the slots go."""
    _, sheet, someone = sent(session)
    stages = [debt(session, sheet.organisation_id, date(2026, 11, 15)).stage]
    reminders.remind(session, sheet, today=date(2026, 11, 15), by=someone.id, now=now)
    stages += [debt(session, sheet.organisation_id, day).stage for day in (date(2026, 11, 29), date(2026, 11, 30))]
    assert stages == ["overdue", "reminded", "grace_over"]


def test_more_than_the_invoice_leaves_money_to_give_back(session: Session, now: datetime):
    _, sheet, someone = sent(session)
    payments.note(session, sheet, cents=5000, paid_on=DUE, said="", key="1", by=someone.id, now=now)
    assert balances(session, [sheet]) == {sheet.id: -1000}
    assert session.scalars(select(Payment.cents)).all() == [5000]
