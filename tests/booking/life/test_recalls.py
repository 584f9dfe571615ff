"""Taking times back: in time or not, whom it displaces, what is waived, and what is offered instead."""

from datetime import date, timedelta

import pytest

from booking.happenings.models import Happening
from booking.life import recalls, substitutes
from booking.life.recalls import Cause
from booking.models import ClosedDays, Occupancy
from booking.refusals import BadInput, NotNow, SpaceTaken, Untimely
from booking.search import Need, find
from tests import make
from tests.booking.life import rules

NOW = make.at("2026-11-24", "12:00")


@pytest.fixture
def place(session):
    return rules.house(session)


def booked(session, hall, day, **values):
    return make.occurrence(session, hall, make.span(day, "18:00", "20:00"), price_cents=4000, **values)


def recall(session, rows, override="", cause=Cause.OWN_NEED, reason="Koulun juhla"):
    by = make.person(session).id
    return recalls.recall(session, rows, cause=cause, reason=reason, override=override, by=by, now=NOW)


def test_fourteen_days_are_in_time_and_the_paid_slot_costs_nothing(session, place):
    """Acceptance M8: an event takes over a paid slot; compensation is recorded."""
    row = booked(session, make.space(session, place), "2026-12-08")
    done = recall(session, [row])
    noted = session.query(Happening).one()
    assert (row.state, row.reason, done.lost[0].notice_days) == ("displaced", "Koulun juhla", 14)
    assert (noted.kind, noted.state, noted.credit_cents) == ("recalled", "confirmed", 8000)
    assert noted.answer["compensation_cents"] == 4000
    assert session.query(Occupancy).filter_by(occurrence_id=row.id).count() == 0


def test_ten_days_when_fourteen_are_needed_are_refused_and_nothing_changes(session, place):
    row = booked(session, make.space(session, place), "2026-12-04")
    with pytest.raises(Untimely) as no:
        recall(session, [row], override="Pakko saada")
    assert (no.value.facts["problem"], no.value.facts["days"], row.state) == ("too_late", 10, "confirmed")


def test_where_the_rules_leave_it_to_the_manager_a_reason_is_needed_and_kept(session, place):
    row = booked(session, make.space(session, place, kind="classroom"), "2026-12-04")
    with pytest.raises(Untimely) as no:
        recall(session, [row])
    assert no.value.facts["problem"] == "needs_reason"
    recall(session, [row], override="Ylioppilaskirjoitukset siirtyivät")
    noted = session.query(Happening).one()
    assert noted.facts == {"notice_days": 10, "override": "Ylioppilaskirjoitukset siirtyivät"}


def test_what_cannot_be_helped_needs_no_notice(session, place):
    row = booked(session, make.space(session, place), "2026-11-25")
    recall(session, [row], cause=Cause.FORCE_MAJEURE)
    assert (row.state, session.query(Happening).one().kind) == ("displaced", "provider_cancelled")


def test_a_recall_needs_a_reason_and_a_booked_time(session, place):
    row = booked(session, make.space(session, place), "2026-12-20", state="cancelled")
    with pytest.raises(NotNow):
        recall(session, [row])
    with pytest.raises(BadInput):
        recalls.recall(
            session, [row], cause=Cause.OWN_NEED, reason=" ", override="", by=make.person(session).id, now=NOW
        )


def test_substitutes_are_free_at_the_same_time_large_enough_and_near(session, place):
    hall = make.space(session, place)
    taken, small, other_kind = (
        make.space(session, place),
        make.space(session, place, capacity=10),
        make.space(session, place, kind="classroom"),
    )
    booked(session, taken, "2026-12-08")
    near, far = make.space(session, place), make.space(session, rules.house(session))
    row = booked(session, hall, "2026-12-08")
    offers = recall(session, [row]).offers
    assert [one.space_id for one in offers] == [near.id, far.id]
    assert {small.id, other_kind.id}.isdisjoint(one.space_id for one in offers)


def test_one_click_books_the_substitute_at_the_old_price(session, place):
    row = booked(session, make.space(session, place), "2026-12-08")
    other = make.space(session, place)
    first, *_ = recall(session, [row]).offers
    substitutes.take(session, first, by=row.booking.holder_id, now=NOW)
    assert (row.state, row.space_id, row.price_cents) == ("confirmed", other.id, 4000)
    assert session.query(Occupancy).filter_by(occurrence_id=row.id, atom_id=other.id).count() == 1
    with pytest.raises(NotNow):
        substitutes.take(session, first, by=row.booking.holder_id, now=NOW)


def test_who_was_faster_has_the_substitute(session, place):
    row = booked(session, make.space(session, place), "2026-12-08")
    other = make.space(session, place)
    offers = recall(session, [row]).offers
    booked(session, other, "2026-12-08")
    with pytest.raises(SpaceTaken):
        substitutes.take(session, offers[0], by=row.booking.holder_id, now=NOW)
    assert row.state == "displaced"


def closed(place, first, last, **values):
    return ClosedDays(
        premises_id=place.id, first_on=date.fromisoformat(first), last_on=date.fromisoformat(last), **values
    )


def close(session, place, row, keep=(), override=""):
    by = make.person(session).id
    given = {"cause": Cause.OWN_NEED, "keep": keep, "override": override}
    return recalls.close(session, row, place, space=None, **given, by=by, now=NOW)


def test_closing_over_three_bookings_rejects_two_and_keeps_the_one_on_the_list(session, place):
    """Acceptance C9."""
    rows = [booked(session, make.space(session, place), "2026-12-15") for _ in range(3)]
    done = close(session, place, closed(place, "2026-12-15", "2026-12-15", name_fi="Vaalit"), keep={rows[1].ref})
    assert [row.state for row in rows] == ["displaced", "confirmed", "displaced"]
    assert {row.reason for row in done.rows} == {"Vaalit"}
    assert len(done.rows) == 2


def test_closing_too_late_changes_nothing(session, place):
    row = booked(session, make.space(session, place), "2026-12-01")
    with pytest.raises(Untimely):
        close(session, place, closed(place, "2026-12-01", "2026-12-01", name_fi="Vaalit"))
    assert row.state == "confirmed"
    close(session, place, closed(place, "2026-12-01", "2026-12-01", name_fi="Vaalit"), keep={row.ref})
    assert row.state == "confirmed"


def test_the_last_day_of_closed_days_is_closed_in_search_too(session, place):
    """Acceptance C10."""
    hall = make.space(session, place)
    close(session, place, closed(place, "2027-05-03", "2027-05-05", name_fi="Remontti"))
    need = Need(date(2027, 5, 5), date(2027, 5, 7), 8 * 60, 22 * 60, 60, premises=frozenset({place.ref}))
    found = {one.day: bool(one.starts) for one in find(session, need, NOW) if one.space.id == hall.id}
    assert (found[date(2027, 5, 5)], found[date(2027, 5, 7)]) == (False, True)  # the 6th is Ascension Day


def test_notice_is_counted_in_local_days_across_the_change_of_clocks(session, place):
    row = booked(session, make.space(session, place), "2027-04-04")
    assert recalls.notice_days(row, make.at("2027-03-21", "23:30")) == 14
    assert recalls.notice_days(row, make.at("2027-03-21", "23:30") + timedelta(minutes=30)) == 13
