"""What is charged for what happened: told before it is done, kept after, and taken back with the undo."""

from datetime import timedelta

import pytest

from booking import bookings
from booking.happenings.models import Happening
from booking.life import cancelling, incidents, no_shows
from booking.life.incidents import Incident
from booking.money import charges
from booking.money.models import ChargeKind, ChargeState
from booking.refusals import BadInput, NotNow
from tests import make
from tests.booking.life import make as life
from tests.booking.life import rules

ADULTS = {"group": "adults"}
CHILDREN = {"group": "children"}


@pytest.fixture
def hall(session):
    return make.space(session, rules.house(session))


@pytest.fixture
def club(session):
    return make.organisation(session)


@pytest.fixture
def row(session, hall, club):
    """Two hours of adults on 15 December, 40 euros."""
    someone = make.person(session)
    wish = make.wish(hall, club, someone, make.once("2026-12-15", "18:00", "20:00"), audience=ADULTS)
    return bookings.book(session, wish, by=someone.id, now=make.at("2026-11-24", "12:00")).occurrences[0]


def charge_of(session, found):
    return charges.by_key(session, f"happening:{found.key}")


@pytest.mark.parametrize(
    ("day", "fee"), [("2026-12-01", 0), ("2026-12-02", 2000), ("2026-12-13", 2000), ("2026-12-14", 4000)]
)
def test_the_fee_of_cancelling_grows_as_the_notice_shrinks(session, row, day, fee):
    asked = cancelling.fees(session, [row], make.at(day, "12:00"))
    assert asked.cents == fee
    assert row.state == "confirmed"


def test_the_fee_survives_the_cancelling_with_its_row(session, row):
    cancelling.cancel(session, [row], by=row.booking.holder_id, now=make.at("2026-12-10", "12:00"))
    found = session.query(Happening).one()
    charge = charge_of(session, found)
    assert (row.state, found.fee_cents, charge.gross_cents, charge.kind) == ("cancelled", 2000, 2000, "late_cancel")
    assert (charge.citation["row"], charge.occurrence_id) == ("cancel-half", row.id)
    bookings.readd(session, row, by=row.booking.holder_id, now=make.at("2026-12-11", "12:00"))
    assert charge_of(session, found).state == ChargeState.OPEN


def test_an_early_hand_back_costs_nothing_and_leaves_no_charge(session, row, hall, club):
    cancelling.cancel(session, [row], by=row.booking.holder_id, now=make.at("2026-11-25", "12:00"))
    assert session.query(Happening).count() == 0
    wish = make.wish(hall, make.organisation(session), make.person(session), make.once("2026-12-15", "18:00", "20:00"))
    assert bookings.book(session, wish, by=wish.holder, now=make.at("2026-11-25", "12:01")).occurrences[0].state


def test_undoing_the_cancelling_undoes_the_fee(session, row):
    now = make.at("2026-12-14", "12:00")
    cancelling.cancel(session, [row], by=row.booking.holder_id, now=now)
    cancelling.restore(session, row, by=row.booking.holder_id, now=now + timedelta(minutes=9))
    found = session.query(Happening).one()
    assert (row.state, found.state, charge_of(session, found).state) == ("confirmed", "dismissed", "void")


def test_cancelling_twice_with_an_undo_between_is_charged_once(session, row):
    now, by = make.at("2026-12-14", "12:00"), row.booking.holder_id
    cancelling.cancel(session, [row], by=by, now=now)
    cancelling.restore(session, row, by=by, now=now)
    cancelling.cancel(session, [row], by=by, now=now)
    owed = [charge_of(session, found).state for found in session.query(Happening).order_by("id")]
    assert owed == ["void", "open"]


def test_a_no_show_in_a_free_class_is_billed_in_price_group_1_with_its_proof(session, hall, club):
    """Acceptance M6."""
    free = life.over(session, club, hall, "2026-11-24", price_cents=0, normal_cents=3000, subsidy_cents=3000)
    free.booking.audience = CHILDREN
    evidence = {"doors": [{"door": "abc", "online": True}], "from": "…", "to": "…"}
    found = no_shows.propose(session, free, evidence, free.ends_at)
    no_shows.confirm(session, found, decision="Vahtimestari näki", by=make.person(session).id, now=free.ends_at)
    charge = charge_of(session, found)
    assert (charge.gross_cents, charge.kind, charge.instead_of_use) == (3000, ChargeKind.NO_SHOW, True)
    assert charge.trace["evidence"] == evidence
    assert charge.citation["row"] == "no-show-group-1"


def test_a_free_user_pays_for_the_mess(session, hall, club):
    """Acceptance M5."""
    free = life.over(session, club, hall, "2026-11-24", price_cents=0)
    free.booking.audience = CHILDREN
    noted = incidents.note(
        session, free, Incident("dirty", "Lattia täynnä maalia", 12550), by=make.person(session).id, now=free.ends_at
    )
    charge = charge_of(session, noted)
    assert (charge.gross_cents, charge.kind, charge.instead_of_use) == (12550, ChargeKind.EXTRA, False)


def test_a_mess_whose_cost_is_not_known_yet_is_owed_as_unknown_and_not_as_nothing(session, hall, club):
    free = life.over(session, club, hall)
    noted = incidents.note(session, free, Incident("dirty", "Maalia"), by=make.person(session).id, now=free.ends_at)
    assert (noted.fee_cents, charge_of(session, noted).gross_cents) == (None, None)


@pytest.mark.parametrize(("minutes", "fee"), [(15, None), (16, 3000)])
def test_leaving_exactly_a_quarter_late_is_no_breach(session, hall, club, minutes, fee):
    late = life.over(session, club, hall)
    incident = Incident("left", "Ovi auki", minutes_late=minutes)
    noted = incidents.note(session, late, incident, by=make.person(session).id, now=late.ends_at)
    charge = charge_of(session, noted)
    assert (charge and charge.gross_cents) == fee


def test_an_incident_needs_words_a_kind_that_is_known_and_a_time_that_has_begun(session, row, hall, club):
    by, now = make.person(session).id, make.at("2026-11-24", "12:00")
    past = life.over(session, club, hall, "2026-11-20")
    for time, incident in (
        (row, Incident("dirty", "Ennen aikojaan")),
        (past, Incident("dirty", " ")),
        (past, Incident("x", "y")),
    ):
        with pytest.raises(BadInput):
            incidents.note(session, time, incident, by=by, now=now)


def test_use_without_a_booking_costs_the_price_of_group_1_once(session, hall, club):
    span, by, now = make.span("2026-11-22", "10:00", "12:00"), make.person(session).id, make.at("2026-11-24", "12:00")
    for _ in range(2):
        noted = incidents.note_use(session, club, hall, span, note="Sali oli käytössä", by=by, now=now)
    assert charge_of(session, noted).gross_cents == 4000
    assert session.query(Happening).count() == 1


def test_a_confirmed_happening_cannot_be_confirmed_again(session, hall, club):
    free = life.over(session, club, hall)
    found = no_shows.propose(session, free, {}, free.ends_at)
    no_shows.confirm(session, found, decision="Näin", by=None, now=free.ends_at)
    with pytest.raises(NotNow):
        no_shows.confirm(session, found, decision="Uudelleen", by=None, now=free.ends_at)


def test_where_the_rules_say_nothing_nothing_is_charged(session, club):
    hall = make.space(session)
    someone = make.person(session)
    wish = make.wish(hall, club, someone, make.once("2026-12-15", "18:00", "20:00"))
    row = bookings.book(session, wish, by=someone.id, now=make.at("2026-11-24", "12:00")).occurrences[0]
    cancelling.cancel(session, [row], by=someone.id, now=make.at("2026-12-15", "12:00"))
    assert session.query(Happening).count() == 0
