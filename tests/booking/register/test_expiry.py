"""A proof that runs out in mid-season (acceptance S12), and what a yearly report tells the rules."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from booking.bookings import book
from booking.known_facts import of_standing
from booking.refusals import RuleLimits
from booking.register import proofs, reports
from booking.register.proofs import ProofWish
from booking.register.reports import Told
from tests import make
from tests.booking.own_rules import limit, rules
from tests.make import once

LAST = date(2026, 12, 31)


def proved(session, club, by, now, *, received_on, until):
    wish = ProofWish("register_extract", received_on, "PRH", until)
    row = proofs.add(session, club, wish, by=by.id, now=now, today=received_on)
    row.organisation = club
    proofs.check(session, row, by=by.id, now=now, valid_until=until)
    return row


def test_times_booked_stay_new_ones_wait_and_the_organisation_was_warned(session, now):
    place, club, holder = make.space(session), make.organisation(session), make.person(session)
    rules(session, place.premises, limit("extract", "verified"))
    row = proved(session, club, holder, now, received_on=date(2026, 1, 15), until=LAST)

    def ask(day):
        return make.wish(place, club, holder, once(day, "18:00", "19:00"))

    booked = book(session, ask("2027-02-02"), by=holder.id, now=now)
    assert proofs.to_warn(session, LAST - timedelta(days=14)) == [row]
    later = make.at("2027-01-02", "12:00")
    with pytest.raises(RuleLimits) as no:
        book(session, ask("2027-02-03"), by=holder.id, now=later)
    assert no.value.facts["row"] == "extract"
    assert [one.state for one in booked.occurrences] == ["confirmed"]
    proved(session, club, holder, later, received_on=date(2027, 1, 2), until=date(2027, 12, 31))
    assert book(session, ask("2027-02-03"), by=holder.id, now=later)


def test_a_report_sent_tells_the_rules_how_many_are_under_twenty(session, now):
    place, club, by = make.space(session), make.organisation(session), make.person(session)
    today, asked = date(2026, 11, 24), frozenset({"applicant.members_under_20"})
    ages = {"under_7": 1, "7_12": 2, "13_17": 3, "18_19": 4, "20_64": 5, "65_up": 6}
    report = reports.write(session, club, 2025, Told(ages, {"Espoo": 7}), by=by.id, now=now, today=today)
    assert of_standing(session, club, place, today, asked) == {}
    reports.send(session, report, municipality="Espoo", by=by.id, now=now)
    assert of_standing(session, club, place, today, asked) == {"applicant.members_under_20": 10}
    assert reports.facts(session, club.id, today, municipality="ESPOO") == {
        "members_total": 21,
        "members_under_18": 6,
        "members_under_20": 10,
        "members_residents": 7,
    }


def test_what_a_report_leaves_out_is_not_told_and_not_nought(session, now):
    club, by, today = make.organisation(session), make.person(session), date(2026, 11, 24)
    report = reports.write(session, club, 2025, Told({"7_12": 3}), by=by.id, now=now, today=today)
    found = reports.heads(report, "Espoo")
    assert (found.total, found.under_18, found.residents) == (None, None, None)
    told = reports.write(session, club, 2025, Told({}, {"Kauniainen": 3}), by=by.id, now=now, today=today)
    assert reports.heads(told, "Espoo").residents == 0
