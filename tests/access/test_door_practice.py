"""The rulebook's door practice at the doors: when exactly, how, and only when what it needs is in order."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from access import board, rights
from access.keeping import keeper
from access.models import Credential, Right
from access.status import RightState, overall, right_status
from booking.acts import Act, ActKind, tell, told
from booking.door_practice import practices
from booking.models import Organisation
from booking.refusals import NotNow
from booking.register import commitments
from booking.register.decided import season_on
from booking.roles import Role
from tests import make
from tests.access.make import VAULT, card, house
from tests.access.make import turn as booked
from tests.booking.own_rules import Raw, limit, row, rules

DAY = "2026-11-24"


@pytest.fixture
def keep_acts():
    return keeper(VAULT)


@pytest.fixture
def home(session, now):
    return house(session, now)


@pytest.fixture
def holder(session, now):
    someone = make.person(session)
    card(session, someone, now)
    return someone


@pytest.fixture
def evening(session, home, holder):
    def made(start="18:00", end="22:00", day=DAY, **values):
        return booked(session, home.hall, make.span(day, start, end), holder=holder, **values)

    return made


def access(name="doors", **values):
    return row("access", name, **{"mode": "pin"} | values)


def live(session, occurrence):
    query = select(Right).where(Right.out_version.is_(None), Right.occurrence_id == occurrence.id)
    return list(session.scalars(query))


def settle(session, occurrence, now):
    rights.refresh(session, [occurrence.id], now, vault=VAULT)
    return live(session, occurrence)


def second(clock):
    return datetime.fromisoformat(f"{DAY}T{clock}").replace(tzinfo=make.HELSINKI).astimezone(UTC)


def practice_of(session, turn, now):
    return practices(session, [turn.id], now)[turn.id]


def window(found):
    return {(right.valid_from, right.valid_until) for right in found}


class TestWhen:
    @pytest.mark.parametrize(
        ("ends", "opens_at", "closes_at"),
        [
            ({}, "17:50:00", "22:15:00"),  # the first second is inside, the last is not
            ({"end": "closed"}, "17:50:00", "22:15:01"),  # exactly 22:15 is still inside
            ({"start": "open"}, "17:50:01", "22:15:00"),  # exactly 17:50 is not yet
        ],
    )
    def test_the_window_has_the_minutes_and_the_ends_of_the_row(
        self, session, home, evening, now, ends, opens_at, closes_at
    ):
        rules(session, home.premises, access(before_minutes=10, after_minutes=15, **ends))
        assert window(settle(session, evening(), now)) == {(second(opens_at), second(closes_at))}

    def test_without_a_row_the_space_keeps_its_own_lead(self, session, home, evening, now):
        rules(session, home.premises)
        assert window(settle(session, evening(), now)) == {(make.at(DAY, "17:45"), make.at(DAY, "22:00"))}

    def test_minutes_are_elapsed_over_the_change_of_clocks(self, session, home, holder):
        # acceptance T7: a slot from 04:10 on 29 March 2026, 15 minutes before: 02:55, in elapsed time
        now = datetime(2026, 3, 28, 10, 0, tzinfo=UTC)
        rules(session, home.premises, access(before_minutes=15))
        early = booked(session, home.hall, make.span("2026-03-29", "04:10", "06:00"), holder=holder)
        assert {right.valid_from for right in settle(session, early, now)} == {make.at("2026-03-29", "02:55")}

    def test_in_mid_series_the_way_in_changes_on_its_day(self, session, home, evening):
        """D12: the earlier date the old way, the later the new."""
        now = datetime(2026, 12, 30, 10, 0, tzinfo=UTC)
        old = access("keys", mode="supervisor_opens", last_on=Raw("2026-12-31"))
        new = access("codes", mode="pin", first_on=Raw("2027-01-01"), before_minutes=5)
        rules(session, home.premises, old, new)
        before, after = evening(day="2026-12-31"), evening(day="2027-01-01")
        assert settle(session, before, now) == []
        assert {right.valid_from for right in settle(session, after, now)} == {make.at("2027-01-01", "17:55")}
        assert [practice_of(session, one, now).rule.mode.value for one in (before, after)] == [
            "supervisor_opens",
            "pin",
        ]

    def test_leaving_has_a_time_of_its_own(self, session, home, evening, now):
        rules(session, home.premises, access(leave_by_minutes=15))
        found = practice_of(session, evening(), now)
        assert (found.leave_by, found.closes_at) == (make.at(DAY, "22:15"), make.at(DAY, "22:00"))


@pytest.mark.parametrize("mode", ["supervisor_opens", "contact_hands_over", "open"])
def test_where_people_or_keys_open_the_door_no_right_is_made(session, home, evening, now, mode):
    rules(session, home.premises, access(mode=mode))
    turn = evening()
    assert settle(session, turn, now) == []
    assert overall(right_status(session, turn.id, now)) is RightState.BY_HAND


def test_whose_key_it_is_opens_the_readers_door_by_card_in_the_spaces_own_window(session, home, evening, now):
    rules(session, home.premises, access(mode="own_key"))
    assert window(settle(session, evening(), now)) == {(make.at(DAY, "17:45"), make.at(DAY, "22:00"))}


def test_a_tag_is_a_card_and_no_code_is_made(session, home, evening, now):
    rules(session, home.premises, access(mode="tag", before_minutes=10))
    assert {right.valid_from for right in settle(session, evening(), now)} == {make.at(DAY, "17:50")}
    other = booked(session, home.hall, make.span(DAY, "08:00", "09:00"), holder=make.person(session))
    assert settle(session, other, now) == []
    assert session.scalar(select(Credential.id).where(Credential.booking_id == other.booking_id)) is None


def test_where_no_code_belongs_none_can_be_asked_for(session, home, evening, holder, now):
    rules(session, home.premises, access(mode="contact_hands_over"))
    turn = evening()
    with pytest.raises(NotNow):
        rights.ask_pin(session, VAULT, turn.booking.ref, by=holder.id, now=now)


def test_a_row_for_the_holder_only_gives_key_holders_nothing(session, home, evening, now):
    rules(session, home.premises, access(who="holder"))
    turn = evening()
    other = make.person(session)
    theirs = card(session, other, now)
    make.role(session, other, Role.KEY_HOLDER, organisation_id=turn.booking.organisation_id)
    assert theirs.id not in {right.credential_id for right in settle(session, turn, now)}


class TestNeeds:
    def sign(self, session, turn, holder, now):
        whose = session.get_one(Organisation, turn.booking.organisation_id)
        season = season_on(now.date())
        return commitments.sign(
            session, whose, "self_supervision", season, premises=None, language="fi", by=holder.id, now=now
        )

    def keep_up(self, session):
        return rights.keep_up(session, told(session), vault=VAULT)

    @pytest.mark.parametrize(
        "need",
        [
            access(needs=["commitment:self_supervision"]),
            limit("sign-first", "commitment", commitment="self_supervision", needed_for="access"),
        ],
        ids=["need", "limit"],
    )
    def test_no_right_before_the_commitment_is_signed_and_one_at_once_after(
        self, session, home, evening, holder, now, need
    ):
        rules(session, home.premises, need)
        turn = evening()
        assert settle(session, turn, now) == []
        assert overall(right_status(session, turn.id, now)) is RightState.SHUT
        signed = self.sign(session, turn, holder, now)
        self.keep_up(session)
        assert len(live(session, turn)) == 2
        commitments.end(session, signed, why="erehdys", by=holder.id, now=now)
        self.keep_up(session)
        assert live(session, turn) == []

    def test_reconciling_finds_it_too(self, session, home, evening, holder, now):
        rules(session, home.premises, access(needs=["commitment:self_supervision"]))
        turn = evening()
        settle(session, turn, now)
        self.sign(session, turn, holder, now)
        rights.reconcile(session, home.premises.id, now + timedelta(minutes=1), vault=VAULT)
        assert len(live(session, turn)) == 2

    def test_a_need_says_what_is_not_in_order(self, session, home, evening, now):
        needs = ["commitment:self_supervision", "no_ban", "no_debt"]
        rules(session, home.premises, access(needs=needs))
        assert practice_of(session, evening(), now).because == ("commitment:self_supervision",)

    def test_what_must_be_paid_first_opens_no_door_before_it_is(self, session, home, evening, now):
        rules(session, home.premises, access(needs=["prepayment"]))
        turn = evening(price_cents=2000)
        assert settle(session, turn, now) == []
        free = evening("12:00", "13:00", price_cents=0)
        assert len(settle(session, free, now)) == 2

    def test_an_untold_price_opens_nothing_that_must_be_paid_first(self, session, home, evening, now):
        rules(session, home.premises, access(needs=["prepayment"]))
        assert settle(session, evening(price_cents=None), now) == []

    def test_a_limit_on_booking_that_came_later_shuts_no_door(self, session, home, evening, now):
        rules(session, home.premises, access(), limit("two-weeks", "lead_min", value=14, unit="days"))
        assert len(settle(session, evening(), now)) == 2

    def test_the_board_says_which_sessions_do_not_open_yet(self, session, home, evening, now):
        rules(session, home.premises, access(needs=["commitment:self_supervision"]))
        turn = evening("12:30", "14:00")
        settle(session, turn, now)
        [shown] = board.tonight(session, [home.premises.id], now)
        assert (shown.state, shown.at_risk, shown.practice.because) == (
            RightState.SHUT,
            True,
            ("commitment:self_supervision",),
        )


def test_an_act_of_another_organisation_changes_nothing_here(session, home, evening, holder, now):
    rules(session, home.premises, access(needs=["commitment:self_supervision"]))
    turn = evening()
    other = make.organisation(session)
    body = {"organisation": other.ref}
    tell(session, Act(ActKind.COMMITMENT_SIGNED, now, holder.id, "x", body, None, (holder.id,)))
    assert turn.id not in rights.upcoming.touched(session, told(session)[-1:], now)
