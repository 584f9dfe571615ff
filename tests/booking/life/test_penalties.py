"""The ladder and the debt procedure: proposed by rule, given by a person, in force to their last day."""

from datetime import date

import pytest

from access import upcoming
from booking.acts import told
from booking.bookings import book
from booking.core.pattern import Pattern
from booking.happenings.models import Sanction, SanctionKind
from booking.life import debts, incidents, penalties
from booking.life.debts import StepKind
from booking.life.incidents import Incident
from booking.life.penalties import Measure
from booking.refusals import BadInput, Banned, NotNow
from tests import make
from tests.booking.life import make as life
from tests.booking.life import rules

NOW = make.at("2026-11-24", "12:00")


@pytest.fixture
def hall(session):
    return make.space(session, rules.house(session))


@pytest.fixture
def club(session):
    return make.organisation(session)


def measure(kind=SanctionKind.BAN, **values):
    facts = {"scope": "all", "first_on": date(2026, 12, 1), "last_on": date(2026, 12, 31), "reason": "Toistuva häiriö"}
    return Measure(kind, **(facts | values))


def ban(session, hall, club, **values):
    by = make.person(session).id
    return penalties.give_new(session, club, hall.premises_id, measure(**values), by=by, now=NOW)


def ask(session, hall, club, day):
    someone = make.person(session)
    return book(session, make.wish(hall, club, someone, make.once(day, "18:00", "20:00")), by=someone.id, now=NOW)


def test_what_the_rules_name_is_proposed_and_waits_for_the_manager(session, hall, club):
    row = life.over(session, club, hall, "2026-10-14")
    seen = Incident("unauthorised_use", "Sali oli käytössä syyslomalla")
    incidents.note(session, row, seen, by=make.person(session).id, now=NOW)
    found = session.query(Sanction).one()
    assert (found.kind, found.scope, found.state) == ("ban", "holidays", "proposed")
    assert (found.first_on, found.last_on) == (date(2026, 10, 14), date(2027, 1, 13))
    given = measure(scope="holidays", first_on=date(2026, 11, 24), last_on=date(2027, 2, 23))
    penalties.give(session, found, given, by=make.person(session).id, now=NOW)
    assert (found.state, found.last_on) == ("given", date(2027, 2, 23))
    with pytest.raises(NotNow):
        penalties.give(session, found, given, by=make.person(session).id, now=NOW)


def test_a_ban_refuses_its_days_and_no_others(session, hall, club):
    ban(session, hall, club)
    with pytest.raises(Banned):
        ask(session, hall, club, "2026-12-31")
    assert ask(session, hall, club, "2027-01-02")
    assert ask(session, hall, make.organisation(session), "2026-12-15")


def test_of_a_series_only_the_banned_dates_are_refused(session, hall, club):
    ban(session, hall, club, last_on=date(2026, 12, 8))
    someone = make.person(session)
    pattern = Pattern(date(2026, 12, 1), date(2026, 12, 15), 18 * 60, 19 * 60, (1,))
    booking = book(session, make.wish(hall, club, someone, pattern, regular=True), by=someone.id, now=NOW)
    assert [row.state for row in booking.occurrences][:2] == ["refused", "refused"]
    assert booking.occurrences[0].reason == "banned"
    assert booking.occurrences[2].state != "refused"


def test_a_ban_takes_the_right_at_the_doors_and_its_end_gives_it_back(session, hall, club):
    row = make.occurrence(session, hall, make.span("2026-12-15", "18:00", "20:00"), whose=club)
    assert [use.occurrence for use in upcoming.uses(session, [row.id], NOW)] == [row.id]
    given = ban(session, hall, club)
    assert upcoming.uses(session, [row.id], NOW) == []
    penalties.end(session, given, reason="Sovittu", by=make.person(session).id, now=NOW)
    assert [use.occurrence for use in upcoming.uses(session, [row.id], NOW)] == [row.id]


def test_the_act_of_a_ban_names_the_times_whose_rights_change(session, hall, club):
    row = make.occurrence(session, hall, make.span("2026-12-15", "18:00", "20:00"), whose=club)
    ban(session, hall, club)
    act = next(act for act in told(session) if act.kind == "sanction.given")
    assert act.occurrences == (row.id,)


def test_a_sanction_needs_a_reason_and_days_in_order(session, hall, club):
    for wrong in ({"reason": " "}, {"last_on": date(2026, 11, 30)}, {"scope": "moon"}):
        with pytest.raises(BadInput):
            ban(session, hall, club, **wrong)


@pytest.fixture
def debtor(session, hall, club):
    """A club with a time to come that owes 120 euros since 30 September."""
    make.occurrence(session, hall, make.span("2027-01-12", "18:00", "20:00"), whose=club)
    life.unpaid(session, club, hall.premises, due_on=date(2026, 9, 30), cents=12000)
    return club


def mind(session, day):
    return debts.mind(session, today=day, now=make.at(day.isoformat(), "06:00"))


def test_the_debt_procedure_goes_step_by_step_on_its_days(session, hall, debtor):
    """A80: two months, one month to pay, then every slot, and applying anew after paying."""
    assert mind(session, date(2026, 11, 29)) == []
    noticed = mind(session, date(2026, 11, 30))
    case = noticed[0].case
    assert [done.step for done in noticed] == [StepKind.NOTICE]
    assert (case.deadline_on, case.owed_cents) == (date(2026, 12, 30), 12000)
    assert mind(session, date(2026, 12, 30)) == []
    cancelled = mind(session, date(2026, 12, 31))
    assert [(done.step, len(done.cancelled)) for done in cancelled] == [(StepKind.SLOTS_CANCELLED, 1)]
    assert (cancelled[0].cancelled[0].state, cancelled[0].cancelled[0].reason) == ("displaced", "debt")
    with pytest.raises(Banned):
        ask(session, hall, debtor, "2027-01-13")
    assert mind(session, date(2027, 1, 1)) == []
    life.paid(session, debtor, date(2027, 1, 5))
    assert [done.step for done in mind(session, date(2027, 1, 5))] == [StepKind.REAPPLY]
    assert ask(session, hall, debtor, "2027-01-13")
    assert [step.done_at is not None for step in debts.steps(case)] == [True, True, True, True]


def test_who_pays_in_time_loses_nothing(session, hall, debtor):
    mind(session, date(2026, 11, 30))
    life.paid(session, debtor, date(2026, 12, 20))
    assert [done.step for done in mind(session, date(2026, 12, 20))] == [StepKind.REAPPLY]
    assert mind(session, date(2027, 1, 5)) == []
    assert session.query(Sanction).count() == 0
