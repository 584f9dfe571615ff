"""Charges: once for each thing, unknown stays unknown, and what is on a sent invoice stays as it was sent."""

from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import delete, func, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from booking.core.invoicing import months_between
from booking.core.money import vat_within
from booking.db import constraint
from booking.money import charges
from booking.money.balances import debt
from booking.money.charges import owe
from booking.money.models import Charge, ChargeState, Invoice, Payment
from booking.refusals import BadInput, NotNow
from booking.register.merging import merge
from tests import make
from tests.booking.money import make as money


def test_the_same_thing_is_charged_once(session: Session, now: datetime):
    place, whose = make.premises(session), make.organisation(session)
    sum_owed = money.owed(whose, place, 1500, key="no_show:abc")
    first, second = owe(session, sum_owed, by=None, now=now), owe(session, sum_owed, by=None, now=now)
    assert first is second
    assert session.scalar(select(func.count()).select_from(Charge)) == 1


def test_vat_is_inside_the_sum_and_not_told_stays_not_told(session: Session):
    place, whose = make.premises(session), make.organisation(session)
    with_vat = money.charge(session, whose, place, 1255, vat_percent=Decimal("25.5"))
    without = money.charge(session, whose, place, 1255)
    assert (with_vat.net_cents, with_vat.vat_cents, with_vat.vat_percent) == (1000, 255, Decimal("25.5"))
    assert (without.net_cents, without.vat_cents) == (None, None)


def test_an_unknown_amount_is_told_once_and_with_a_reason(session: Session, now: datetime):
    place, whose, someone = make.premises(session), make.organisation(session), make.person(session)
    row = money.charge(session, whose, place, None)
    assert charges.unknown(session) == [row]
    with pytest.raises(BadInput):
        charges.fill(session, row, gross_cents=900, reason=" ", by=someone.id, now=now)
    charges.fill(session, row, gross_cents=900, reason="Siivousliikkeen lasku", by=someone.id, now=now)
    assert (row.gross_cents, charges.unknown(session)) == (900, [])
    with pytest.raises(NotNow):
        charges.fill(session, row, gross_cents=1, reason="taas", by=someone.id, now=now)


def test_a_waived_charge_stays_in_the_books(session: Session, now: datetime):
    place, whose, someone = make.premises(session), make.organisation(session), make.person(session)
    row = money.charge(session, whose, place, 1500)
    charges.waive(session, row, reason="Tila oli kylmä", by=someone.id, now=now)
    assert (row.state, row.gross_cents, row.reason) == (ChargeState.WAIVED, 1500, "Tila oli kylmä")
    with pytest.raises(NotNow):
        charges.withdraw(session, row, reason="sittenkin", by=someone.id, now=now)


@pytest.mark.parametrize(
    ("statement", "name"),
    [
        (lambda line, sheet: update(Charge).where(Charge.id == line).values(gross_cents=1), "charge_stays"),
        (lambda line, sheet: delete(Charge).where(Charge.id == line), "charge_stays"),
        (lambda line, sheet: update(Invoice).where(Invoice.id == sheet).values(gross_cents=1), "invoice_stays"),
        (lambda line, sheet: update(Invoice).where(Invoice.id == sheet).values(number=99), "invoice_stays"),
    ],
)
def test_the_database_refuses_to_change_what_was_sent(session: Session, statement, name: str):
    place, whose = make.premises(session), make.organisation(session)
    line = money.charge(session, whose, place, 1500)
    sheet = money.sent_invoice(session, money.invoicer(session, place), [line], due_on=date(2026, 11, 16))
    with pytest.raises(IntegrityError) as refused, session.begin_nested():
        session.execute(statement(line.id, sheet.id))
    assert name in constraint(refused.value)


def test_debt_is_what_is_overdue_and_unpaid(session: Session):
    place, whose = make.premises(session), make.organisation(session)
    seller = money.invoicer(session, place)
    money.sent_invoice(session, seller, [money.charge(session, whose, place, 4000)], due_on=date(2026, 9, 30))
    partly = money.sent_invoice(session, seller, [money.charge(session, whose, place, 1000)], due_on=date(2026, 11, 23))
    session.add(
        Payment(
            key="x", invoicer_id=seller.id, invoice_id=partly.id, paid_on=partly.due_on, cents=400, made_at=money.NOON
        )
    )
    session.flush()
    owing = debt(session, whose.id, date(2026, 11, 30))
    assert (owing.cents, owing.oldest_due_on, owing.days, owing.months) == (4600, date(2026, 9, 30), 61, 2)
    assert owing.stage == "overdue"
    assert debt(session, whose.id, date(2026, 9, 30)).cents == 0, "the due day itself is in time"
    assert debt(session, make.organisation(session).id, date(2026, 11, 30)).stage == "none"


def test_two_entries_made_one_owe_together(session: Session, now: datetime):
    place, twin, whole = make.premises(session), make.organisation(session), make.organisation(session)
    seller = money.invoicer(session, place)
    money.sent_invoice(session, seller, [money.charge(session, twin, place, 4000)], due_on=date(2026, 9, 30))
    merge(session, twin, whole, sure=True, by=make.person(session).id, now=now)
    assert debt(session, whole.id, date(2026, 11, 30)).cents == 4000
    assert debt(session, twin.id, date(2026, 11, 30)).cents == 0


@pytest.mark.parametrize(
    ("first", "last", "months"),
    [
        ("2026-01-31", "2026-02-27", 0),
        ("2026-01-31", "2026-02-28", 1),
        ("2026-01-15", "2026-03-14", 1),
        ("2026-01-15", "2026-03-15", 2),
        ("2025-12-31", "2026-12-31", 12),
    ],
)
def test_months_are_counted_by_the_day_of_the_month(first: str, last: str, months: int):
    assert months_between(date.fromisoformat(first), date.fromisoformat(last)) == months


@given(st.integers(-10_000_000, 10_000_000), st.sampled_from(["0", "10", "13.5", "14", "24", "25.5"]))
def test_vat_is_never_more_than_half_a_cent_off(gross: int, percent: str):
    vat, exact = vat_within(gross, Fraction(percent)), Decimal(gross) * Decimal(percent) / (100 + Decimal(percent))
    assert abs(vat - exact) <= Decimal("0.5")
    assert vat_within(-gross, Fraction(percent)) == -vat, "a credit takes back exactly what was asked"
