"""Commitments: signed for a season in words that are kept; and what ties a decider to an applicant."""

from __future__ import annotations

from datetime import date

import pytest

from booking.refusals import AlreadyThere, BadInput
from booking.register.commitments import commitments, end, sign
from booking.register.decided import season_on
from booking.register.interests import interests
from booking.register.models import UmbrellaMember
from booking.roles import Role, end_at
from tests import make

DAY = date(2026, 11, 24)


def signed(session, club, now, premises=None, language="fi"):
    by = make.person(session).id
    season = season_on(DAY)
    return sign(session, club, "self_supervision", season, premises=premises, language=language, by=by, now=now)


@pytest.mark.parametrize(
    ("day", "season"),
    [(date(2026, 7, 31), "2025-26"), (date(2026, 8, 1), "2026-27"), (date(2027, 7, 31), "2026-27")],
)
def test_a_season_begins_in_august(day, season):
    assert season_on(day).id == season


def test_a_commitment_holds_for_its_season_only(session, now):
    club = make.organisation(session)
    assert commitments(session, club.id, DAY) == frozenset()
    signed(session, club, now)
    assert commitments(session, club.id, DAY) == {"self_supervision"}
    assert commitments(session, club.id, date(2027, 8, 1)) == frozenset()


def test_one_signed_for_a_school_holds_at_that_school(session, now):
    club, school, other = make.organisation(session), make.premises(session), make.premises(session)
    signed(session, club, now, premises=school)
    assert commitments(session, club.id, DAY) == frozenset()
    assert commitments(session, club.id, DAY, premises=school.id) == {"self_supervision"}
    assert commitments(session, club.id, DAY, premises=other.id) == frozenset()


def test_the_words_signed_are_kept_in_the_language_they_were_read_in(session, now):
    row = signed(session, make.organisation(session), now, language="sv")
    assert row.text.startswith("Föreningen ansvarar")


def test_nothing_is_signed_twice_and_nothing_unknown(session, now):
    club = make.organisation(session)
    signed(session, club, now)
    with pytest.raises(AlreadyThere):
        signed(session, club, now)
    with pytest.raises(BadInput):
        by = make.person(session).id
        sign(session, club, "obedience", season_on(DAY), premises=None, language="fi", by=by, now=now)


def test_a_commitment_declared_void_holds_no_more_and_can_be_signed_again(session, now):
    club = make.organisation(session)
    row = signed(session, club, now)
    row.organisation = club
    end(session, row, why="Ovi jätettiin auki kolmesti", by=row.signed_by, now=now)
    assert commitments(session, club.id, DAY) == frozenset()
    signed(session, club, now)
    assert commitments(session, club.id, DAY) == {"self_supervision"}


def test_who_has_a_role_in_the_applicant_is_flagged(session):
    club, decider = make.organisation(session), make.person(session)
    assert interests(session, decider.id, club.id, on=DAY) == ()
    make.role(session, decider, Role.SECRETARY, organisation_id=club.id)
    (found,) = interests(session, decider.id, club.id, on=DAY)
    assert (found.role, found.umbrella) == ("secretary", False)


def test_a_role_that_ended_within_a_year_still_ties_and_an_older_one_does_not(session):
    club, decider = make.organisation(session), make.person(session)
    row = make.role(session, decider, Role.BOOKER, organisation_id=club.id)
    row.last_on = date(2025, 11, 24)
    assert len(interests(session, decider.id, club.id, on=DAY)) == 1
    assert interests(session, decider.id, club.id, on=date(2026, 11, 25)) == ()


def test_a_role_that_was_declined_ties_nobody(session, now):
    club, decider = make.organisation(session), make.person(session)
    row = make.role(session, decider, Role.BOOKER, organisation_id=club.id)
    end_at(session, row, at=now, on=DAY, by=decider.id, now=now, why="declined")
    assert interests(session, decider.id, club.id, on=DAY) == ()


def test_a_role_in_the_umbrella_of_the_applicant_ties_too(session):
    club, above, decider = make.organisation(session), make.organisation(session), make.person(session)
    session.add(UmbrellaMember(umbrella_id=above.id, member_id=club.id, first_on=date(2020, 1, 1)))
    make.role(session, decider, Role.SECRETARY, organisation_id=above.id)
    (found,) = interests(session, decider.id, club.id, on=DAY)
    assert found.umbrella
    assert found.organisation is above
