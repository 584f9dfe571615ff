"""Groups inside the granted times of their organisation: one occupancy, doors open to each during its session."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import func, select

from access import pin_codes, rights
from access.keeping import keeper
from access.models import Right
from access.wanted import Inner, KeyHolder, Use
from booking import bookings
from booking.acts import ActKind, told
from booking.models import Occupancy
from booking.moving import NewTime, move
from booking.refusals import BadInput, NotAllowed, NotNow, SpaceTaken
from booking.roles import Role
from booking.rounds import inside
from booking.rounds.grants import ahead_of, times_of
from booking.rounds.inside import SessionWish
from tests import make
from tests.access.make import VAULT, card, house
from tests.booking.rounds.make_season import FIRST, LAST, NOW, a_coach, a_grant, a_group, roles_of

SIX, SEVEN, HALF_SEVEN, EIGHT, NINE = 1080, 1140, 1170, 1200, 1260
TUESDAY = date(2027, 1, 12)
ON_THE_DAY = make.at("2027-01-12", "08:00")


@pytest.fixture
def keep_acts():
    return keeper(VAULT)


@pytest.fixture
def club(session):
    return make.organisation(session)


@pytest.fixture
def grant(session, club):
    """Tuesdays 18–21 for five weeks."""
    return a_grant(session, whose=club)


@pytest.fixture
def ask(session, club):
    """A wish for a group with a coach of its own, on all dates unless told."""

    def make_wish(name="P12", start=SIX, end=SEVEN, **values):
        group = values.pop("group", None) or a_group(session, club, name)
        coach = values.pop("coach", None) or a_coach(session, group)
        facts = {"first_on": FIRST, "last_on": LAST, "start_min": start, "end_min": end} | values
        return SessionWish(group=group, coach=coach.id, **facts)

    return make_wish


def setting(session, grant, wish, now=NOW):
    return inside.set_sessions(session, grant, wish, by=wish.coach, now=now)


def live(session, occurrence):
    query = select(Right).where(Right.out_version.is_(None), Right.occurrence_id == occurrence.id)
    return list(session.scalars(query))


class TestSetting:
    def test_a_weekly_session_lies_in_every_granted_time_and_occupies_nothing(self, session, grant, ask):
        before = session.scalar(select(func.count()).select_from(Occupancy))
        made = setting(session, grant, ask())
        assert [f"{one.starts_at:%d.%m. %H}" for one in made] == [f"{day:02}.{month}. 16" for day, month in DAYS]
        assert session.scalar(select(func.count()).select_from(Occupancy)) == before
        assert [act.kind for act in told(session)][-1] == ActKind.GROUP_SESSION_SET

    def test_two_groups_share_an_evening_and_a_third_finds_no_room(self, session, grant, ask):
        setting(session, grant, ask("P12", SIX, HALF_SEVEN))
        setting(session, grant, ask("T11", HALF_SEVEN, NINE))
        with pytest.raises(SpaceTaken):
            setting(session, grant, ask("P10", SEVEN, EIGHT))

    def test_every_second_week_leaves_the_others_to_another_group(self, session, grant, ask):
        assert len(setting(session, grant, ask("P12", every_weeks=2))) == 3
        other = ask("T11")
        assert [one.problem for one in inside.plan(session, grant, other, NOW)] == ["taken", "", "taken", "", "taken"]
        assert len(setting(session, grant, other)) == 2

    def test_a_minute_outside_the_granted_time_is_outside(self, session, grant, ask):
        with pytest.raises(BadInput) as refused:
            setting(session, grant, ask(start=SIX - 1))
        assert refused.value.facts["problem"] == "outside_grant"

    def test_days_without_granted_times_are_told(self, session, grant, ask):
        with pytest.raises(BadInput) as refused:
            setting(session, grant, ask(first_on=date(2027, 5, 1)))
        assert refused.value.facts["problem"] == "no_granted_dates"

    def test_two_groups_at_once_in_different_parts_of_the_hall_but_not_in_one(self, session, club, ask):
        hall = make.space(session)
        half_a, half_b = (make.space(session, hall.premises, parent_id=hall.id) for _ in "AB")
        grant = a_grant(session, hall, club)
        assert [one.id for one in inside.parts(session, grant.space)] == [half_a.id, half_b.id]
        setting(session, grant, ask("P12", part=half_a))
        setting(session, grant, ask("T11", part=half_b))
        with pytest.raises(SpaceTaken):
            setting(session, grant, ask("P10", part=half_a))
        with pytest.raises(SpaceTaken):
            setting(session, grant, ask("P9"))

    def test_a_group_of_another_organisation_is_kept_out(self, session, grant, ask):
        # acceptance S11, on the domain; tests/web/test_inside.py does it through the pages
        theirs = a_group(session, make.organisation(session))
        wish = replace(ask(), group=theirs)
        with pytest.raises(NotAllowed):
            setting(session, grant, wish)

    def test_a_coach_is_somebody_of_the_organisation_or_of_the_group(self, session, grant, club, ask):
        with pytest.raises(BadInput):
            setting(session, grant, ask(coach=make.person(session)))
        with pytest.raises(BadInput):
            setting(session, grant, ask("T9", coach=a_coach(session, a_group(session, club, "T8"))))


DAYS = ((12, "01"), (19, "01"), (26, "01"), (2, "02"), (9, "02"))


class TestLife:
    def test_a_cancelled_time_takes_its_sessions_with_it_and_gives_them_back_when_undone(self, session, grant, ask):
        made = setting(session, grant, ask())
        row = ahead_of(times_of(session, grant), NOW)[0]
        bookings.cancel(session, [row], by=row.booking.holder_id, now=NOW)
        assert len(inside.of_grant(session, grant, NOW)) == len(made) - 1
        assert inside.fallen(session, NOW) == []
        bookings.restore(session, row, by=row.booking.holder_id, now=NOW)
        assert len(inside.of_grant(session, grant, NOW)) == len(made)

    def test_what_cannot_be_undone_any_more_is_cancelled_for_good(self, session, grant, ask):
        made = setting(session, grant, ask())
        row = ahead_of(times_of(session, grant), NOW)[0]
        bookings.cancel(session, [row], by=row.booking.holder_id, now=NOW, reason="sick")
        later = NOW + timedelta(hours=1)
        assert [one.ref for one in inside.fallen(session, later)] == [made[0].ref]
        assert (made[0].cancelled_at, made[0].cancelled_why) == (later, "sick")
        assert inside.fallen(session, later) == []

    def test_a_moved_time_takes_its_sessions_along(self, session, grant, ask):
        setting(session, grant, ask("P12", SEVEN, EIGHT))
        row = ahead_of(times_of(session, grant), NOW)[0]
        move(session, row.booking, [row], NewTime(1, SIX - 60, NINE - 60), by=row.booking.holder_id, now=NOW)
        assert inside.of_grant(session, grant, NOW)[0].starts_at == make.at("2027-01-13", "18:00")

    def test_one_session_or_all_that_follow_are_cancelled_and_the_time_stays(self, session, grant, ask):
        made = setting(session, grant, ask())
        by = made[0].coach_id
        inside.cancel(session, grant, [made[0]], by=by, now=NOW)
        assert [one.ref for one in inside.series_of(session, grant, made[2], NOW)] == [one.ref for one in made[2:]]
        inside.cancel(session, grant, inside.series_of(session, grant, made[2], NOW), by=by, now=NOW)
        assert [one.ref for one in inside.of_grant(session, grant, NOW)] == [made[1].ref]
        assert len(ahead_of(times_of(session, grant), NOW)) == 5
        with pytest.raises(NotNow):
            inside.cancel(session, grant, [made[0]], by=by, now=NOW)


class TestDoors:
    @pytest.fixture
    def home(self, session):
        return house(session, NOW)

    @pytest.fixture
    def evening(self, session, home, club):
        """A granted Tuesday in the club room behind two doors, and what opens them."""
        silent, home.premises.rulebook = home.premises.rulebook, "espoo"
        grant = a_grant(session, home.club, club)
        home.premises.rulebook = silent  # of doors, so that they open as without rules
        session.flush()
        return grant, ahead_of(times_of(session, grant), NOW)[0]

    def clocks(self, session, row, mine):
        rights.refresh(session, [row.id], ON_THE_DAY, vault=VAULT)
        found = {
            (f"{one.valid_from.astimezone(make.HELSINKI):%H:%M}", f"{one.valid_until.astimezone(make.HELSINKI):%H:%M}")
            for one in live(session, row)
            if one.credential_id == mine.id
        }
        return sorted(found)

    def test_the_people_of_a_group_pass_during_their_session_only(self, session, evening, ask):
        grant, row = evening
        wish = ask("P12", SEVEN, EIGHT)
        player = a_coach(session, wish.group)
        mine, coachs = card(session, player, NOW), card(session, session.get(type(player), wish.coach), NOW)
        assert self.clocks(session, row, mine) == []
        setting(session, grant, wish)
        assert self.clocks(session, row, mine) == [("19:00", "20:00")]
        assert self.clocks(session, row, coachs) == [("19:00", "20:00")]

    def test_at_the_ends_of_the_granted_time_its_own_window_counts(self, session, evening, ask):
        grant, row = evening
        wish = ask("P12", SIX, NINE)
        mine = card(session, a_coach(session, wish.group), NOW)
        setting(session, grant, wish)
        assert self.clocks(session, row, mine) == [("17:45", "21:00")]

    def test_a_coach_of_two_groups_with_a_gap_between_is_let_in_twice(self, session, evening, ask, club):
        grant, row = evening
        coach = make.person(session)
        make.role(session, coach, Role.BOOKER, organisation_id=club.id)
        mine = card(session, coach, NOW)
        setting(session, grant, ask("P12", SIX, SEVEN, coach=coach))
        setting(session, grant, ask("T11", EIGHT, NINE, coach=coach))
        assert self.clocks(session, row, mine) == [("17:45", "19:00"), ("20:00", "21:00")]

    def test_the_organisations_own_key_holders_get_in_as_before(self, session, evening, ask, club):
        grant, row = evening
        keyed = make.person(session)
        make.role(session, keyed, Role.KEY_HOLDER, organisation_id=club.id)
        mine = card(session, keyed, NOW)
        setting(session, grant, ask("P12", SEVEN, EIGHT))
        assert self.clocks(session, row, mine) == [("17:45", "21:00")]

    def test_a_coach_without_a_card_gets_a_code_for_the_session(self, session, evening, ask):
        grant, row = evening
        wish = ask("P12", SEVEN, EIGHT)
        setting(session, grant, wish)
        rights.refresh(session, [row.id], ON_THE_DAY, vault=VAULT)
        assert pin_codes.pin_of(session, VAULT, row.booking.ref, by=wish.coach, now=ON_THE_DAY)
        pin = pin_codes.live_pin(session, row.booking_id, wish.coach)
        assert self.clocks(session, row, pin) == [("19:00", "20:00")]

    def test_a_cancelled_session_lets_nobody_in(self, session, evening, ask):
        grant, row = evening
        wish = ask("P12", SEVEN, EIGHT)
        mine = card(session, a_coach(session, wish.group), NOW)
        made = setting(session, grant, wish)
        assert self.clocks(session, row, mine) != []
        inside.cancel(session, grant, made, by=wish.coach, now=NOW)
        assert self.clocks(session, row, mine) == []

    def test_a_coach_who_left_the_group_opens_nothing(self, session, evening, ask):
        grant, row = evening
        wish = ask("P12", SEVEN, EIGHT)
        coach = session.get(type(make.person(session)), wish.coach)
        mine = card(session, coach, NOW)
        setting(session, grant, wish)
        for one in roles_of(session, coach):
            one.last_on = date(2027, 1, 1)
        session.flush()
        assert self.clocks(session, row, mine) == []


@given(
    starts=st.integers(0, 170),
    length=st.integers(1, 180),
    lead=st.integers(0, 60),
)
def test_a_session_never_lets_in_outside_the_window_of_its_time(starts, length, lead):
    begins = make.at("2027-01-12", "18:00")
    ends = begins + timedelta(hours=3)
    session_ends = min(ends, begins + timedelta(minutes=starts + length))
    inner = Inner(7, 9, 1, begins + timedelta(minutes=starts), session_ends)
    use = Use(1, 1, 1, 8, 1, begins, ends, lead, date(2027, 1, 12), inner=(inner,))
    window = KeyHolder(5, 1, date(2020, 1, 1), None, group=7).windows(use)[0]
    assert use.opens_at <= window.starts_at < window.ends_at <= use.closes_at
    assert window.starts_at >= inner.starts_at or inner.starts_at == use.starts_at
    assert KeyHolder(5, 1, date(2020, 1, 1), None, group=8).windows(use) == []
