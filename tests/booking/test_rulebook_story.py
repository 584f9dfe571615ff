"""What the rulebooks in force today say to the people of the story."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest

from booking.core.rulebook import (
    Activity,
    Applicant,
    Audience,
    Outcome,
    OutcomeKind,
    Place,
    Request,
    Timing,
    evaluate,
)
from booking.core.span import Span
from booking.rulebooks import in_force, shipped

HELSINKI = ZoneInfo("Europe/Helsinki")
SATURDAY = date(2026, 11, 28)


def at(start: int, end: int, booking_type: str = "single", day: date = SATURDAY) -> Timing:
    ends = [datetime(day.year, day.month, day.day, hour, tzinfo=HELSINKI) for hour in (start, end)]
    return Timing(booking_type=booking_type, span=Span(*ends), zone=HELSINKI)


def answer(family: str, **facts) -> Outcome:
    return evaluate(in_force(shipped(), family, SATURDAY), Request(**facts))


SCOUTS = Applicant(kind="association", domicile="Espoo", purposes=("scout",), registered=True)
FAMILY = Applicant(kind="person", domicile="Espoo", purposes=())
YOUNG = Audience(total=24, under_18=20, targets_residents=True)


def test_a_scout_troops_weekly_meeting_in_a_kindergarten_hall_is_free_and_third_in_line():
    found = answer(
        "espoo",
        applicant=SCOUTS,
        activity=Activity(purpose="weekly_meeting"),
        audience=YOUNG,
        space=Place(kind="hall", premises_kind="kindergarten", supervised=False),
        time=at(17, 19, "regular"),
    )
    assert (found.kind, found.priority_class, found.price_cents) == (OutcomeKind.GRANTED, "3", 0)
    assert (found.normal_cents, found.subsidy_cents) == (3000, 3000)
    assert "self-supervision-commitment" in [row.row for row in found.obligations]


def test_a_familys_saturday_party_in_a_resident_park_is_sixty_euros_and_fifth_in_line():
    found = answer(
        "espoo",
        applicant=FAMILY,
        activity=Activity(purpose="private_party"),
        audience=Audience(total=20),
        space=Place(kind="hall", premises_kind="resident_park"),
        time=at(12, 16),
    )
    assert (found.kind, found.priority_class, found.price_class) == (OutcomeKind.GRANTED, "5", "normal")
    assert (found.price_cents, found.normal_cents, found.subsidy_cents) == (6000, 6000, 0)
    assert found.formula == "4 h (min. 3 h) × 15.00 = 60.00"


def test_a_party_branch_is_refused_in_a_school_and_welcome_in_an_association_house():
    party = {
        "applicant": Applicant(kind="party_branch", domicile="Espoo", purposes=("political",)),
        "activity": Activity(purpose="members_meeting"),
        "time": at(18, 20),
    }
    school = answer("espoo", space=Place(kind="classroom", premises_kind="school"), **party)
    assert school.kind is OutcomeKind.REFUSED
    assert school.redirects == ("resident_park", "association_house")
    assert answer("generic", space=Place(kind="hall", premises_kind="association_house"), **party).price_cents == 0


def test_a_pensioner_associations_meeting_in_a_service_centre_is_free_and_the_rest_is_asked():
    def at_centre(purpose: str) -> Outcome:
        return answer(
            "espoo-service-centres",
            applicant=Applicant(kind="association", purposes=("pensioner",)),
            activity=Activity(purpose=purpose),
            space=Place(kind="hall", premises_kind="service_centre"),
            time=at(12, 14, "regular"),
        )

    assert (at_centre("members_meeting").price_cents, at_centre("members_meeting").normal_cents) == (0, None)
    asked = at_centre("hobby")
    assert (asked.kind, asked.decider, asked.price_cents) == (OutcomeKind.UNDETERMINED, "manager", None)


def test_a_clubs_under_20s_are_second_in_a_school_gym_and_its_price_is_unknown():
    found = answer(
        "espoo",
        applicant=Applicant(kind="association", domicile="Espoo", purposes=("sport",), registered=True),
        activity=Activity(purpose="sport"),
        audience=Audience(total=20, under_20=20, targets_residents=True),
        space=Place(kind="gym", premises_kind="school"),
        time=at(18, 20, "regular"),
    )
    assert (found.kind, found.priority_rank, found.price_cents) == (OutcomeKind.GRANTED, 2, None)


def test_a_private_hour_in_the_association_house_is_priced_by_the_minute():
    found = answer(
        "generic",
        applicant=FAMILY,
        activity=Activity(purpose="private_party"),
        space=Place(kind="hall", premises_kind="association_house"),
        time=Timing(
            booking_type="single",
            zone=HELSINKI,
            span=Span(datetime(2026, 11, 28, 12, tzinfo=HELSINKI), datetime(2026, 11, 28, 13, 20, tzinfo=HELSINKI)),
        ),
    )
    assert (found.price_cents, found.normal_cents, found.subsidy_cents) == (1333, 3333, 2000)


@pytest.mark.parametrize("family", ["espoo", "generic"])
def test_a_rulebook_told_nothing_says_what_it_needs_and_decides_nothing(family):
    found = answer(family)
    assert found.kind is OutcomeKind.UNDETERMINED
    assert "applicant.kind" in found.missing or "space.premises_kind" in found.missing
    assert found.price_cents is None


def test_a_night_across_the_clock_change_is_priced_by_elapsed_hours():
    night = Span(datetime(2026, 3, 28, 22, tzinfo=HELSINKI), datetime(2026, 3, 29, 6, tzinfo=HELSINKI))
    found = answer(
        "espoo",
        applicant=FAMILY,
        activity=Activity(purpose="private_party"),
        space=Place(kind="hall", premises_kind="resident_park"),
        time=Timing(booking_type="single", span=night, zone=HELSINKI),
    )
    assert found.price_cents == 7 * 1500


def test_every_row_of_every_shipped_rulebook_speaks_three_languages():
    for book in shipped():
        tables = (*book.exclusions.rows, *book.priority.rows, *book.price.rows, *book.obligations)
        for row in (*tables, *(rate.row for rate in book.rates)):
            assert set(row.citation.text) == {"fi", "sv", "en"}, (book.id, row.citation.row)
