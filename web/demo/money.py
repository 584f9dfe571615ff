"""The demo’s money: a run of an earlier term, its invoices paid, credited and overdue, and what waits for the next."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from booking.ids import PersonId
from booking.models import Occurrence, OccurrenceState, Organisation, Person, Space
from booking.money import accounts, crediting, issuing, payments, plans, reminders, runs
from booking.money.charges import Owed, owe
from booking.money.models import ChargeKind, Invoice
from booking.money.plans import Account
from web.demo.town import Built

EXAMPLE_IBAN = "FI2112345600000785"  # the banks' own example, nobody's account
EARLIER = timedelta(days=60)
# whose, cents, what for, words in the three languages
OLD = (
    ("dance", 9000, ChargeKind.USE, ("Tanssitunnit", "Danslektioner", "Dance lessons")),
    ("dance", 6000, ChargeKind.USE, ("Tanssikilpailu", "Danstävling", "Dance contest")),
    ("ball", 4500, ChargeKind.NO_SHOW, ("Vuoroa ei peruttu", "Turen avbokades inte", "Not used, not cancelled")),
    ("choir", 12000, ChargeKind.USE, ("Konsertti", "Konsert", "Concert")),
    ("swedish", 2250, ChargeKind.EXTRA, ("Ylimääräinen siivous", "Extra städning", "Extra cleaning")),
    ("village", 750, ChargeKind.USE, ("Kokous", "Möte", "Meeting")),
)


def fill(
    session: Session,
    built: Built,
    persons: Mapping[str, Person],
    whose: Mapping[str, Organisation],
    *,
    now: datetime,
) -> None:
    """An open debt, a credit note, a paid invoice and a carried sum; and charges that wait for the next run."""
    by = persons["billing"].id
    for key in ("town", "umbrella"):
        address = accounts.Address("Keksitie 1", "02770", "Keksilä", "laskutus@keksila.example")
        accounts.set_invoicer(
            session, whose[key], iban=EXAMPLE_IBAN, bic="NDEAFIHH", phone="", address=address, by=by, now=now
        )
    then = now - EARLIER
    account = next(each for each in plans.accounts(session, then.date()) if each.invoicer.organisation == whose["town"])
    _earlier_run(session, account, whose, by, then)
    _since(session, account, by, now)
    _waiting(session, built, by, now)


def _earlier_run(
    session: Session, account: Account, whose: Mapping[str, Organisation], by: PersonId, then: datetime
) -> None:
    """What was used in an earlier term, made, sent and known to the payers."""
    period = runs.due(session, account, then)[0]
    for number, (key, cents, kind, (fi, sv, en)) in enumerate(OLD):
        day = period.until_on - timedelta(days=10 + number)
        place = account.premises[number % len(account.premises)].id
        text = {"fi": fi, "sv": sv, "en": en}
        owe(session, Owed(f"demo:{number}", kind, whose[key].id, place, day, cents, text), by=by, now=then)
    runs.make(session, account, period, by=by, now=then)
    batch = issuing.prepare(session, account.invoicer, by=by, now=then, early=True)
    assert batch is not None
    batch.done_at = then


def _since(session: Session, account: Account, by: PersonId, now: datetime) -> None:
    """The choir has paid, a cleaning was credited, the dancers were reminded, the ball club just owes."""
    sent = {row.buyer["name"]: row for row in session.scalars(select(Invoice).where(Invoice.number.is_not(None)))}
    paid, credited, reminded = (_named(sent, name) for name in ("Kuorotar", "Folkets", "Tanssi"))
    assert paid.issued_on is not None
    on = paid.issued_on + timedelta(days=5)
    payments.note(session, paid, cents=paid.gross_cents or 0, paid_on=on, said="", key="demo", by=by, now=now)
    crediting.credit_whole(session, credited, reason="Sali oli siivottu", by=by, now=now)
    note = issuing.prepare(session, account.invoicer, by=by, now=now)
    assert note is not None
    note.done_at = now
    reminders.remind(session, reminded, today=now.date() - timedelta(days=20), by=by, now=now)


def _named(sent: Mapping[str, Invoice], start: str) -> Invoice:
    return next(row for name, row in sent.items() if name.startswith(start))


def _waiting(session: Session, built: Built, by: PersonId, now: datetime) -> None:
    """Cleaning after two evenings: one whose bill has come, one whose bill has not."""
    said = {"fi": "Ylimääräinen siivous", "sv": "Extra städning", "en": "Extra cleaning"}
    for row, cents in zip(past_times(session, list(built.spaces.values()), now), (8550, None), strict=False):
        key, whose, place = f"demo:cleaning:{row.ref}", row.booking.organisation_id, row.space.premises_id
        owed = Owed(key, ChargeKind.EXTRA, whose, place, row.starts_at.date(), cents, said, occurrence=row.id)
        owe(session, owed, by=by, now=now)


def past_times(session: Session, places: Sequence[Space], now: datetime) -> list[Occurrence]:
    """The booked times of these spaces that are over, latest first, with their places and bookings."""
    query = (
        select(Occurrence)
        .where(Occurrence.space_id.in_([place.id for place in places]), Occurrence.ends_at <= now)
        .where(Occurrence.state == OccurrenceState.CONFIRMED.value)
        .options(joinedload(Occurrence.space).joinedload(Space.premises), joinedload(Occurrence.booking))
        .order_by(Occurrence.starts_at.desc(), Occurrence.id)
    )
    return list(session.scalars(query))
