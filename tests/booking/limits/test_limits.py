"""Limits of the rules, enforced where one books: each refusal names its row, its number and the last day."""

from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import func, select

from booking import moving
from booking.acts import ActKind
from booking.bookings import book, booking_of, cancel, confirm, hold, readd, restore
from booking.core.pattern import Pattern
from booking.limits.models import LimitOverride
from booking.moving import NewTime
from booking.refusals import RuleLimits, RuleRefuses
from booking.wishes import quotes
from tests import make
from tests.booking.own_rules import Raw, limit, row, rules
from tests.make import once


@pytest.fixture
def place(session):
    return make.space(session)


@pytest.fixture
def troop(session):
    return make.organisation(session)


@pytest.fixture
def leader(session):
    return make.person(session)


@pytest.fixture
def ask(session, place, troop, leader):
    def made(pattern, **values):
        return make.wish(place, troop, leader, pattern, **values)

    return made


def weekly(first, last, start=18 * 60, end=19 * 60):
    day = date.fromisoformat(first)
    return Pattern(day, date.fromisoformat(last), start, end, (day.weekday(),))


def refused(session, wish, now):
    with pytest.raises(RuleLimits) as no:
        book(session, wish, by=wish.holder, now=now)
    return no.value.facts


class TestLead:
    def test_exactly_two_weeks_before_is_kept_and_a_day_less_is_not(self, session, place, ask, leader, now):
        rules(session, place.premises, limit("two-weeks", "lead_min", value=14, unit="days"))
        assert book(session, ask(once("2026-12-08", "18:00", "19:00")), by=leader.id, now=now)
        facts = refused(session, ask(once("2026-12-07", "18:00", "19:00")), now)
        assert (facts["row"], facts["kind"], facts["value"], facts["unit"], facts["told"]) == (
            "two-weeks",
            "lead_min",
            14,
            "days",
            13,
        )
        assert facts["deadline"] == date(2026, 11, 23)

    @pytest.mark.parametrize(
        ("asked", "kept"),
        # acceptance T16: clocks change on 28/29 March and 25 October 2026, so 14 days are not 1 209 600 s
        [("2026-03-15T21:30", True), ("2026-03-16T00:30", False), ("2026-10-11T23:30", True)],
    )
    def test_two_weeks_are_counted_in_local_dates_over_the_change_of_clocks(self, session, place, ask, asked, kept):
        rules(session, place.premises, limit("two-weeks", "lead_min", value=14, unit="days"))
        month = "03-29" if asked.startswith("2026-03") else "10-25"
        now = datetime.fromisoformat(asked).replace(tzinfo=make.HELSINKI).astimezone(UTC)
        [quote] = quotes(session, ask(once(f"2026-{month}", "18:00", "19:00")), now)
        assert quote.possible is kept
        [verdict] = quote.outcome.limits
        assert verdict.told == (14 if kept else 13)

    def test_the_horizon_of_the_rules_stands_before_the_technical_one(self, session, place, ask, leader, now):
        rules(session, place.premises, limit("half-a-year", "lead_max", value=6, unit="months"))
        facts = refused(session, ask(once("2027-05-25", "18:00", "19:00")), now)
        assert (facts["kind"], facts["deadline"]) == ("lead_max", date(2026, 11, 25))
        assert book(session, ask(once("2027-05-24", "18:00", "19:00")), by=leader.id, now=now)


class TestQuota:
    def test_the_third_in_a_week_is_refused_and_the_next_week_is_not(self, session, place, ask, leader, now):
        rules(session, place.premises, self.two_a_week())
        for day in ("2026-12-01", "2026-12-05"):  # Tuesday and Saturday of one week
            book(session, ask(once(day, "18:00", "19:00")), by=leader.id, now=now)
        facts = refused(session, ask(once("2026-12-03", "18:00", "19:00")), now)
        assert (facts["row"], facts["value"], facts["told"]) == ("two-a-week", 2, 3)
        assert book(session, ask(once("2026-12-07", "18:00", "19:00")), by=leader.id, now=now)

    def two_a_week(self, **values):
        return limit(
            "two-a-week", "quota", **{"value": 2, "count": "bookings", "per": "organisation", "window": "week"} | values
        )

    def test_a_series_counts_its_own_earlier_dates(self, session, place, ask, leader, now):
        rules(session, place.premises, self.two_a_week(value=2, window="month"))
        wish = ask(weekly("2026-12-01", "2027-01-12"), regular=True)
        assert [quote.possible for quote in quotes(session, wish, now)] == [True, True, *[False] * 3, True, True]
        booking = book(session, wish, by=leader.id, now=now)
        assert [(one.state, one.reason) for one in booking.occurrences] == [
            ("confirmed", ""),
            ("confirmed", ""),
            *[("refused", "rule_limit")] * 3,
            ("confirmed", ""),
            ("confirmed", ""),
        ]
        [over] = [one for one in booking.occurrences[2].trace["limits"] if one["status"] == "broken"]
        assert (over["row"]["row"], over["row"]["decision"], over["told"]) == ("two-a-week", "Keksitty 4 §", 3)

    def test_minutes_count_elapsed_time_and_exactly_the_limit_is_kept(self, session, place, ask, leader, now):
        rules(session, place.premises, self.two_a_week(count="minutes", value=3, unit="hours", window="day"))
        book(session, ask(once("2026-12-01", "10:00", "11:30")), by=leader.id, now=now)
        book(session, ask(once("2026-12-01", "12:00", "13:30")), by=leader.id, now=now)
        assert refused(session, ask(once("2026-12-01", "14:00", "15:00")), now)["told"] == 4

    def test_only_what_the_row_speaks_of_is_counted(self, session, place, ask, leader, now):
        evening = Raw('{ band = ["18:00", "22:00"], is = "starts_in" }')
        rules(session, place.premises, self.two_a_week(value=1, of=evening))
        book(session, ask(once("2026-12-01", "10:00", "11:00")), by=leader.id, now=now)
        book(session, ask(once("2026-12-02", "18:00", "19:00")), by=leader.id, now=now)
        assert refused(session, ask(once("2026-12-03", "18:00", "19:00")), now)["told"] == 2
        assert book(session, ask(once("2026-12-03", "10:00", "11:00")), by=leader.id, now=now)

    def test_another_organisation_has_a_quota_of_its_own_and_a_person_one_for_all(
        self, session, place, ask, leader, now
    ):
        rules(session, place.premises, self.two_a_week(value=1), self.per_person())
        other = make.organisation(session)
        book(session, ask(once("2026-12-01", "18:00", "19:00")), by=leader.id, now=now)
        someone = make.person(session)
        assert book(
            session,
            make.wish(place, other, someone, once("2026-12-02", "18:00", "19:00")),
            by=someone.id,
            now=now,
        )
        third = make.organisation(session)
        facts = refused(session, make.wish(place, third, leader, once("2026-12-03", "18:00", "19:00")), now)
        assert facts["row"] == "one-each"

    def per_person(self):
        return limit("one-each", "quota", value=1, count="bookings", per="person", window="week")

    def test_what_lies_ahead_is_counted_whenever_it_is(self, session, place, ask, leader, now):
        rules(session, place.premises, self.two_a_week(window="ahead"))
        for day in ("2026-12-01", "2027-03-06"):
            book(session, ask(once(day, "18:00", "19:00")), by=leader.id, now=now)
        assert refused(session, ask(once("2027-06-03", "18:00", "19:00")), now)["told"] == 3
        later = now + timedelta(days=20)
        assert book(session, ask(once("2027-06-03", "18:00", "19:00")), by=leader.id, now=later)

    def test_a_time_moved_within_its_week_does_not_count_twice(self, session, place, ask, leader, now):
        rules(session, place.premises, self.two_a_week())
        book(session, ask(once("2026-12-01", "18:00", "19:00")), by=leader.id, now=now)
        booking = book(session, ask(once("2026-12-02", "18:00", "19:00")), by=leader.id, now=now)
        moving.move(session, booking, booking.occurrences, NewTime(1, 18 * 60, 19 * 60), by=leader.id, now=now)
        assert booking.occurrences[0].starts_at == make.at("2026-12-03", "18:00")

    def test_a_move_into_a_full_week_is_refused(self, session, place, ask, leader, now):
        rules(session, place.premises, self.two_a_week(value=1))
        book(session, ask(once("2026-12-01", "18:00", "19:00")), by=leader.id, now=now)
        booking = book(session, ask(once("2026-12-08", "18:00", "19:00")), by=leader.id, now=now)
        with pytest.raises(RuleLimits):
            moving.move(session, booking, booking.occurrences, NewTime(-6, 18 * 60, 19 * 60), by=leader.id, now=now)

    def test_a_series_moves_as_a_whole_by_a_week(self, session, place, ask, leader, now):
        rules(session, place.premises, self.two_a_week(value=1))
        booking = book(session, ask(weekly("2026-12-01", "2026-12-15"), regular=True), by=leader.id, now=now)
        moving.move(session, booking, booking.occurrences, NewTime(7, 18 * 60, 19 * 60), by=leader.id, now=now)
        assert booking.occurrences[-1].starts_at == make.at("2026-12-22", "18:00")

    def test_a_refused_date_comes_back_when_there_is_room_again(self, session, place, ask, leader, now):
        rules(session, place.premises, self.two_a_week(value=1))
        first = book(session, ask(once("2026-12-01", "18:00", "19:00")), by=leader.id, now=now)
        series = book(session, ask(weekly("2026-12-03", "2026-12-10"), regular=True), by=leader.id, now=now)
        refused_row, kept = series.occurrences
        assert (refused_row.state, kept.state) == ("refused", "confirmed")
        with pytest.raises(RuleLimits):
            readd(session, refused_row, by=leader.id, now=now)
        cancel(session, first.occurrences, by=leader.id, now=now)
        readd(session, refused_row, by=leader.id, now=now)
        assert refused_row.state == "confirmed"
        with pytest.raises(RuleLimits):
            restore(session, first.occurrences[0], by=leader.id, now=now)

    def test_a_hold_counts_too_until_it_runs_out(self, session, place, ask, leader, now):
        rules(session, place.premises, self.two_a_week(value=1))
        hold(session, ask(once("2026-12-01", "18:00", "19:00")), by=leader.id, now=now)
        refused(session, ask(once("2026-12-02", "18:00", "19:00")), now)
        later = now + timedelta(minutes=11)
        assert book(session, ask(once("2026-12-02", "18:00", "19:00")), by=leader.id, now=later)


class TestHistory:
    def test_who_had_the_same_slot_a_year_ago_held_it_last_season(self, session, place, ask, troop, now):
        make.occurrence(session, place, make.span("2025-12-02", "18:00", "19:00"), whose=troop)  # also a Tuesday
        held = Raw('{ fact = "history.last_season_held", is = "==", value = true }')
        rules(session, place.premises, limit("held", "requires", must=held))
        times = [("2026-12-01", "18:00"), ("2026-12-01", "19:00"), ("2026-12-02", "18:00")]
        asked = [quotes(session, ask(once(day, start, "20:00")), now)[0].possible for day, start in times]
        assert asked == [True, False, False]

    def test_bookings_ahead_are_counted(self, session, place, ask, leader, now):
        few = Raw('{ fact = "history.bookings_ahead", is = "<", value = 1 }')
        rules(session, place.premises, limit("few", "requires", must=few))
        book(session, ask(once("2026-12-01", "18:00", "19:00")), by=leader.id, now=now)
        refused(session, ask(once("2026-12-02", "18:00", "19:00")), now)

    def test_a_limit_broken_between_hold_and_confirmation_is_told(self, session, place, ask, leader, now):
        held = hold(session, ask(once("2026-12-08", "18:00", "19:00")), by=leader.id, now=now)
        rules(session, place.premises, limit("two-weeks", "lead_min", value=15, unit="days"))
        with pytest.raises(RuleLimits):
            confirm(session, held.ref, by=leader.id, now=now)


class TestOthers:
    def test_an_age_or_a_responsible_person(self, session, place, ask, leader, now):
        rules(session, place.premises, limit("eighteen", "booker_age", value=18, unit="years", or_responsible=30))
        young = {"applicant.booker_age": 17, "applicant.responsible_age": 29}
        assert refused(session, ask(once("2026-12-01", "18:00", "19:00"), audience=young), now)["told"] == 17
        old = young | {"applicant.responsible_age": 30}
        assert book(session, ask(once("2026-12-01", "18:00", "19:00"), audience=old), by=leader.id, now=now)

    def test_too_many_people_for_booking_by_oneself(self, session, place, ask, leader, now):
        rules(session, place.premises, limit("phone-us", "heads_max", value=20, unit="people"))
        assert refused(session, ask(once("2026-12-01", "18:00", "19:00"), people=21), now)["value"] == 20
        assert book(session, ask(once("2026-12-01", "18:00", "19:00"), people=20), by=leader.id, now=now)

    def test_a_length(self, session, place, ask, leader, now):
        rules(session, place.premises, limit("three-hours", "length_max", value=3, unit="hours"))
        assert book(session, ask(once("2026-12-01", "18:00", "21:00")), by=leader.id, now=now)
        assert refused(session, ask(once("2026-12-02", "18:00", "21:15")), now)["kind"] == "length_max"

    def test_who_has_shown_no_proof_of_register_books_nothing_new_and_keeps_what_there_is(
        self, session, place, ask, leader, now
    ):  # acceptance S12
        booking = book(session, ask(once("2026-12-01", "18:00", "19:00")), by=leader.id, now=now)
        rules(session, place.premises, limit("proof", "verified"))
        assert refused(session, ask(once("2026-12-02", "18:00", "19:00")), now)["row"] == "proof"
        assert booking_of(session, booking.ref).occurrences[0].state == "confirmed"

    def test_a_limit_may_ask_a_person_instead(self, session, place, ask, leader, now):
        question = Raw('{ fi = "Sallitaanko?", sv = "Tillåts det?", en = "Allowed?" }')
        values = {"value": 2, "unit": "hours", "result": "needs_approval", "ask": "principal", "question": question}
        rules(session, place.premises, limit("long", "length_max", **values))
        [row_made] = book(session, ask(once("2026-12-01", "18:00", "21:00")), by=leader.id, now=now).occurrences
        assert (row_made.state, row_made.trace["decider"]) == ("pending", "principal")
        assert row_made.trace["question"]["en"] == "Allowed?"

    def test_an_exclusion_goes_before_a_limit(self, session, place, ask, leader, now):
        shut = row("exclusions", "no-clubs", result="refused", when=Raw("{ always = true }"))
        rules(session, place.premises, shut, limit("two-weeks", "lead_min", value=14, unit="days"))
        with pytest.raises(RuleRefuses) as no:
            hold(session, ask(once("2026-12-01", "18:00", "19:00")), by=leader.id, now=now)
        assert not isinstance(no.value, RuleLimits)


class TestOverride:  # acceptance C12
    def test_staff_may_exceed_a_limit_only_with_a_reason_that_is_kept(self, session, place, ask, now, acts_kept):
        rules(session, place.premises, limit("two-weeks", "lead_min", value=14, unit="days"))
        staff = make.person(session)
        wish = ask(once("2026-12-01", "18:00", "19:00"), exceeding="Vesivahinko toisessa talossa")
        booking = book(session, wish, by=staff.id, now=now)
        [over] = session.scalars(select(LimitOverride))
        assert (over.booking_id, over.by_id, over.reason) == (booking.id, staff.id, "Vesivahinko toisessa talossa")
        [one] = booking.occurrences
        assert (one.state, one.price_cents) == ("confirmed", 1000)
        [verdict] = one.trace["limits"]
        assert verdict["status"] == "broken"
        session.commit()
        [act] = [act for act in acts_kept if act.kind is ActKind.LIMIT_EXCEEDED]
        assert act.body["decision"] == "Vesivahinko toisessa talossa"
        assert act.body["limits"] == {one.ref: ["two-weeks"]}

    def test_a_reason_where_no_limit_is_broken_tells_nothing(self, session, place, ask, leader, now, acts_kept):
        rules(session, place.premises, limit("two-weeks", "lead_min", value=14, unit="days"))
        book(session, ask(once("2026-12-21", "18:00", "19:00"), exceeding="varmuuden vuoksi"), by=leader.id, now=now)
        session.commit()
        assert not [act for act in acts_kept if act.kind is ActKind.LIMIT_EXCEEDED]

    def test_a_hold_that_exceeds_is_confirmed_so_and_given_up_without_a_trace(self, session, place, ask, leader, now):
        rules(session, place.premises, limit("two-weeks", "lead_min", value=14, unit="days"))
        wish = ask(once("2026-12-01", "18:00", "19:00"), exceeding="sovittu")
        held = hold(session, wish, by=leader.id, now=now)
        assert confirm(session, held.ref, by=leader.id, now=now).occurrences[0].state == "confirmed"

    def test_a_move_needs_a_reason_of_its_own(self, session, place, ask, leader, now):
        rules(session, place.premises, limit("two-weeks", "lead_min", value=14, unit="days"))
        booking = book(session, ask(once("2026-12-01", "18:00", "19:00"), exceeding="sovittu"), by=leader.id, now=now)
        there = NewTime(1, 18 * 60, 19 * 60)
        with pytest.raises(RuleLimits):
            moving.move(session, booking, booking.occurrences, there, by=leader.id, now=now)
        session.rollback()

    def test_no_reason_exceeds_an_exclusion(self, session, place, ask, leader, now):
        shut = row("exclusions", "no-clubs", result="refused", when=Raw("{ always = true }"))
        rules(session, place.premises, shut)
        with pytest.raises(RuleRefuses):
            hold(session, ask(once("2026-12-01", "18:00", "19:00"), exceeding="x"), by=leader.id, now=now)
        assert session.scalar(select(func.count()).select_from(LimitOverride)) == 0
