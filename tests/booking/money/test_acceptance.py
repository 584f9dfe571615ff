"""From the wish to the invoice: what was agreed is what is asked, and what happened to it is asked as well."""

from datetime import UTC, date, datetime

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from booking import bookings, moving
from booking.core.pattern import Pattern
from booking.life import incidents, no_shows
from booking.life.incidents import Incident
from booking.money import plans, runs
from booking.money.models import Charge, ChargeKind, Invoice
from booking.money.plans import Account
from booking.moving import NewTime
from booking.versions.known import forget
from booking.versions.models import RulebookVersion, VersionState
from booking.versions.written import digest_of
from tests import make
from tests.booking.life import make as life
from tests.booking.life import rules
from tests.booking.money import make as money

ADULTS = {"group": "adults", "targets_residents": False}
EARLY = make.at("2026-11-24", "12:00")
JANUARY = datetime(2027, 1, 2, 9, 0, tzinfo=UTC)


def asked(session: Session, place, now: datetime = JANUARY) -> dict[int, list[int]]:
    """Make the runs of a house that are due; what each organisation is asked, line by line."""
    account: Account = next(each for each in plans.accounts(session, now.date()) if place in each.premises)
    for period in runs.due(session, account, now):
        runs.make(session, account, period, by=None, now=now)
    found: dict[int, list[int]] = {}
    for row in session.scalars(select(Charge).where(Charge.invoice_id.is_not(None)).order_by(Charge.gross_cents)):
        found.setdefault(row.organisation_id, []).append(row.gross_cents or 0)
    return found


@pytest.mark.parametrize(
    ("pattern", "cents"),
    [
        (make.once("2026-12-12", "12:00", "16:00"), 6000),  # 4 h × 15 €
        (make.once("2026-12-12", "12:00", "14:00"), 4500),  # at least 3 h
    ],
)
def test_a_single_evening_in_a_kindergarten_is_asked_as_the_decision_says(session: Session, pattern: Pattern, cents):
    """M3: 15 € an hour and at least three hours for a single time."""
    hall = make.space(session)
    money.invoicer(session, hall.premises)
    firm = make.organisation(session, kind="company", purposes=[], facts={"for_profit": True, "complements": False})
    someone = make.person(session)
    booking = bookings.book(session, make.wish(hall, firm, someone, pattern, audience=ADULTS), by=someone.id, now=EARLY)
    assert booking.occurrences[0].state == "confirmed"
    assert asked(session, hall.premises) == {firm.id: [cents]}
    assert session.scalars(select(Charge.citation)).one()["table"] == "rates"


def test_a_seventy_minute_weekly_time_is_asked_as_two_started_hours(session: Session):
    """M3: a time of a whole season counts started hours: 30 €."""
    hall = make.space(session, grid_min=5)
    money.invoicer(session, hall.premises)
    firm = make.organisation(session, kind="company", purposes=[], facts={"for_profit": True, "complements": False})
    someone = make.person(session)
    pattern = Pattern(date(2026, 12, 1), date(2026, 12, 2), 18 * 60, 19 * 60 + 10, (1,))
    wish = make.wish(hall, firm, someone, pattern, audience=ADULTS, regular=True)
    bookings.book(session, wish, by=someone.id, now=EARLY)
    assert asked(session, hall.premises) == {firm.id: [3000]}


def house(session: Session):
    """A hall where the invented rules hold: 20 € an hour, the young free."""
    hall = make.space(session, rules.house(session))
    money.invoicer(session, hall.premises)
    return hall, make.organisation(session), make.person(session)


def dearer(session: Session, *, from_on: date) -> None:
    """A new price list: 50 € an hour from a day on, approved."""
    text = rules.TEXT.replace('version = "2026"', 'version = "2026-12"').replace('amount = "20.00"', 'amount = "50.00"')
    text = text.replace("valid_from = 2020-01-01", f"valid_from = {from_on.isoformat()}")
    old = session.scalars(select(RulebookVersion).where(RulebookVersion.family == rules.FAMILY)).one()
    names = ("family", "made_by", "made_at", "sent_by", "sent_at", "reviewed_by", "reviewed_at", "state")
    kept = {name: getattr(old, name) for name in names if hasattr(old, name)}
    session.add(RulebookVersion(**kept, version="2026-12", valid_from=from_on, text=text, digest=digest_of(text)))
    session.flush()
    forget(session)
    assert old.state == VersionState.APPROVED


def test_a_new_price_list_changes_no_confirmed_time_but_only_the_one_moved(session: Session):
    """M2: two evenings at the old price; the list changes; one of them is moved and takes the new price."""
    hall, club, someone = house(session)
    rows = [
        bookings.book(
            session,
            make.wish(hall, club, someone, make.once(day, "18:00", "20:00"), audience=ADULTS),
            by=someone.id,
            now=EARLY,
        ).occurrences[0]
        for day in ("2026-12-15", "2026-12-16")
    ]
    dearer(session, from_on=date(2026, 12, 1))
    assert [row.price_cents for row in rows] == [4000, 4000]
    booking = bookings.booking_of(session, rows[1].booking.ref)
    moving.move(session, booking, booking.occurrences, NewTime(1, 18 * 60, 20 * 60), by=someone.id, now=EARLY)
    assert asked(session, hall.premises) == {club.id: [4000, 10000]}


def test_a_no_show_of_a_free_user_and_of_a_paying_one_is_asked_once_in_group_1(session: Session):
    """M6: in place of the price, not on top of it."""
    hall, club, someone = house(session)
    free = life.over(session, club, hall, "2026-11-25", price_cents=0, normal_cents=3000, subsidy_cents=3000)
    free.booking.audience = {"group": "children"}
    paid = life.over(session, club, hall, "2026-11-26", price_cents=3000, normal_cents=3000, subsidy_cents=0)
    paid.booking.audience = ADULTS
    for row in (free, paid):
        found = no_shows.propose(session, row, {"doors": []}, row.ends_at)
        no_shows.confirm(session, found, decision="Ovea ei avattu", by=someone.id, now=row.ends_at)
    assert asked(session, hall.premises) == {club.id: [3000, 3000]}
    assert set(session.scalars(select(Charge.kind))) == {ChargeKind.NO_SHOW}


def test_a_free_user_who_leaves_a_mess_is_invoiced_for_it_alone(session: Session):
    """M5."""
    hall, club, someone = house(session)
    free = life.over(session, club, hall, "2026-11-25", price_cents=0)
    free.booking.audience = {"group": "children"}
    incidents.note(session, free, Incident("dirty", "Maalia", 12550), by=someone.id, now=free.ends_at)
    assert asked(session, hall.premises) == {club.id: [12550]}


def test_an_event_that_takes_over_a_paid_time_waives_its_price(session: Session):
    """M8: the time gave way before the run, so nothing is asked; after the run it is credited (test_runs)."""
    hall, club, _ = house(session)
    row = life.over(session, club, hall, "2026-11-25", price_cents=3000)
    row.state = "displaced"
    session.flush()
    assert asked(session, hall.premises) == {}
    assert session.scalars(select(Invoice)).all() == []
