"""The ranked waiting list: who is asked first, what is held for them, and that nothing is ever asked of two or lost."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

from booking import bookings
from booking.bookings import book, booking_of, sweep_holds
from booking.holds import hold_once
from booking.models import ClosedDays, Occupancy
from booking.refusals import BadInput, NotNow, Refusal, SpaceTaken
from booking.rounds import handing_back, offering, waiting
from booking.rounds.grants import ahead_of, times_of
from booking.rounds.season_models import FreedSlot, SlotOffer, WaitingEntry
from booking.rounds.waiting import WaitingWish
from tests import make
from tests.booking.rounds.make_rounds import a_round, a_section, an_application
from tests.booking.rounds.make_season import NOW, a_grant

FROM = date(2027, 1, 11)
LATER = NOW + timedelta(days=5)


def wait(session, grant, title="Jonottajat", whose=None, **values):
    """Somebody who waits for a Tuesday evening hour and a half in the granted space, unless told."""
    whose, someone = whose or make.organisation(session), values.pop("someone", None) or make.person(session)
    audience = dict(make.wish(grant.space, whose, someone, make.once("2027-01-12", "18:00", "19:00")).audience)
    facts = {"windows": [(1, 1080, 1200)], "places": [{"space": grant.space.ref}], "min_minutes": 90, "people": 20}
    facts |= {"purpose": "weekly_meeting", "title": title, "audience": audience} | values
    at = facts.pop("at", NOW)
    wish = WaitingWish(organisation=whose.id, contact=someone.id, **facts)
    return waiting.join(session, grant.round, wish, by=someone.id, now=at)


def give_back(session, grant, now=NOW, last_on=None):
    by = grant.section.application.contact_id
    return handing_back.hand_back(session, grant, from_on=FROM, last_on=last_on, by=by, now=now)


def offers(session):
    return list(session.scalars(select(SlotOffer).order_by(SlotOffer.id)))


@pytest.fixture
def grant(session):
    """Tuesdays 18–21 for five weeks."""
    return a_grant(session)


class TestList:
    def test_class_goes_before_place_and_place_before_the_time_of_asking(self, session, grant):
        rows = [wait(session, grant, name, at=NOW - timedelta(days=n)) for n, name in enumerate("ABCD")]
        for row, rank, place in zip(rows, (2, 1, 1, None), (1, 2, 1, None), strict=True):
            row.class_rank, row.place_in_order = rank, place
        session.flush()
        assert [one.title for one in waiting.ranked(session, grant.round)] == ["C", "B", "A", "D"]

    def test_what_an_application_did_not_get_waits_with_its_place(self, session):
        hall = make.space(session)
        round_ = a_round(session, spaces=[hall], state="decided")
        section = a_section(
            events=2, options=[hall], windows=[(1, 1080, 1260)], priority_class="supported", place_in_order=3
        )
        application = an_application(session, round_, sections=[section])
        (row,) = waiting.join_unserved(session, application, by=application.contact_id, now=NOW)
        assert (row.wanted, row.place_in_order, row.asked_at) == (2, 3, application.sent_at)
        assert row.places == [{"space": hall.ref}]
        assert row.windows == [{"weekday": 1, "start_min": 1080, "end_min": 1260}]
        assert waiting.join_unserved(session, application, by=application.contact_id, now=NOW) == []

    def test_nothing_is_unserved_before_the_round_is_decided(self, session):
        application = an_application(session, a_round(session), sections=[a_section()])
        with pytest.raises(NotNow):
            waiting.join_unserved(session, application, by=application.contact_id, now=NOW)

    def test_only_those_who_agreed_wait_by_themselves(self, session):
        round_ = a_round(session, state="decided")
        yes, _no = (an_application(session, round_, sections=[a_section()]) for _ in range(2))
        waiting.consent(session, yes, yes=True, by=yes.contact_id, now=NOW)
        assert [one.id for one in waiting.consenting(session)] == [yes.id]

    def test_a_window_shorter_than_the_time_wished_is_refused(self, session, grant):
        with pytest.raises(BadInput):
            wait(session, grant, windows=[(1, 1080, 1140)], min_minutes=90)

    def test_an_equal_hall_in_the_same_district_stands_in_and_another_kind_or_a_smaller_one_does_not(self, session):
        home, near = (make.premises(session, district="Leppävaara") for _ in "12")
        far = make.premises(session, district="Espoonlahti")
        wished, close = make.space(session, home), make.space(session, near)
        others = [
            make.space(session, far),
            make.space(session, near, kind="classroom"),
            make.space(session, near, capacity=10),
        ]
        grant = a_grant(session, wished)
        wait(session, grant)
        for space in (wished, close):
            assert len(waiting.whom(session, grant.round, space.id, 1, (1080, 1260))) == 1
        for space in others:
            assert waiting.whom(session, grant.round, space.id, 1, (1080, 1260)) == []

    def test_a_time_that_leaves_too_little_of_the_window_suits_nobody(self, session, grant):
        wait(session, grant)  # 18–20, at least an hour and a half
        fits = [waiting.whom(session, grant.round, grant.space_id, 1, (start, 1260)) for start in (1080, 1110, 1111)]
        assert [[common for _, _, common in one] for one in fits] == [[(1080, 1200)], [(1110, 1200)], []]


class TestOffers:
    def test_a_slot_handed_back_is_held_for_the_first_and_free_for_nobody_else(self, session, grant):
        wait(session, grant, "Toiset", at=NOW)
        first = wait(session, grant, "Ensimmäiset", at=NOW - timedelta(days=1))
        back = give_back(session, grant)
        (offer,) = back.offers
        assert (offer.entry_id, offer.rank, len(offer.days)) == (first.id, 1, 5)
        assert (offer.start_min, offer.end_min) == (1080, 1200)
        someone = make.person(session)
        wish = make.wish(grant.space, make.organisation(session), someone, make.once("2027-01-12", "18:00", "19:00"))
        with pytest.raises(SpaceTaken):
            book(session, wish, by=someone.id, now=NOW)

    def test_accepting_books_the_dates_and_ends_the_waiting(self, session, grant):
        entry = wait(session, grant)
        (offer,) = give_back(session, grant).offers
        booking = offering.accept(session, offer.ref, by=entry.contact_id, now=NOW)
        assert [row.state for row in booking.occurrences] == ["confirmed"] * 5
        assert {(row.ends_at - row.starts_at) for row in booking.occurrences} == {timedelta(hours=2)}
        assert (entry.state, session.scalar(select(FreedSlot.state))) == ("served", "taken")
        with pytest.raises(NotNow):
            offering.accept(session, offer.ref, by=entry.contact_id, now=NOW)

    def test_who_waits_for_two_weekly_times_goes_on_waiting_for_the_second(self, session, grant):
        entry = wait(session, grant)
        entry.wanted = 2
        (offer,) = give_back(session, grant).offers
        offering.accept(session, offer.ref, by=entry.contact_id, now=NOW)
        assert (entry.state, entry.wanted) == ("waiting", 1)

    def test_a_no_passes_the_slot_to_the_next_at_once(self, session, grant):
        one, two = (wait(session, grant, at=NOW + timedelta(minutes=n)) for n in range(2))
        (offer,) = give_back(session, grant).offers
        following = offering.decline(session, offer.ref, by=one.contact_id, now=NOW)
        assert (following.entry_id, following.rank) == (two.id, 2)
        assert offering.decline(session, following.ref, by=two.contact_id, now=NOW) is None
        assert session.scalar(select(FreedSlot.state)) == "left_over"
        assert session.scalar(select(func.count()).select_from(Occupancy)) == 0

    def test_silence_passes_it_on_when_the_time_is_over_and_not_before(self, session, grant):
        one, two = (wait(session, grant, at=NOW + timedelta(minutes=n)) for n in range(2))
        (offer,) = give_back(session, grant).offers
        slot, just_before = offer.slot.ref, offer.until_at - timedelta(seconds=1)
        assert offering.due(session, just_before) == []
        assert offering.move_on(session, slot, just_before) is None
        assert offering.due(session, offer.until_at) == [slot]
        following = offering.move_on(session, slot, offer.until_at)
        assert following.entry_id == two.id
        assert [each.state for each in offers(session)] == ["lapsed", "open"]
        with pytest.raises(NotNow):
            offering.accept(session, offer.ref, by=one.contact_id, now=LATER)

    def test_holds_swept_late_lose_nothing(self, session, grant):
        one, two = (wait(session, grant, at=NOW + timedelta(minutes=n)) for n in range(2))
        (offer,) = give_back(session, grant).offers
        ref, slot = offer.ref, offer.slot.ref
        sweep_holds(session, offer.until_at)
        assert len(booking_of(session, offering.offer_of(session, ref).booking_ref).occurrences) == 5
        sweep_holds(session, LATER)
        assert offering.move_on(session, slot, LATER).entry_id == two.id
        assert one.id != two.id

    def test_what_its_holder_confirmed_on_the_page_of_the_booking_counts_as_accepted(self, session, grant):
        entry = wait(session, grant)
        (offer,) = give_back(session, grant).offers
        slot = offer.slot.ref
        bookings.confirm(session, offer.booking_ref, by=entry.contact_id, now=NOW)
        assert offering.move_on(session, slot, LATER) is None
        assert [each.state for each in offers(session)] == ["accepted"]

    def test_another_hold_of_the_same_person_lets_the_offer_be(self, session, grant):
        entry = wait(session, grant)
        (offer,) = give_back(session, grant).offers
        ref = offer.booking_ref
        pattern = make.once("2027-01-14", "18:00", "19:00")
        whose = make.organisation(session)
        someone = session.get(type(make.person(session)), entry.contact_id)
        hold_once(session, make.wish(grant.space, whose, someone, pattern), by=someone.id, now=NOW)
        assert booking_of(session, ref).occurrences[0].state == "held"

    def test_a_single_date_is_no_weekly_slot_and_free_for_all_at_once(self, session, grant):
        wait(session, grant)
        back = give_back(session, grant, last_on=date(2027, 1, 12))
        assert (len(back.rows), back.offers) == (1, ())
        assert (session.scalar(select(FreedSlot.state)), grant.state) == ("left_over", "booked")

    def test_an_offer_lasts_a_day_at_least_and_until_noon_of_the_next_working_day(self):
        tuesday, friday = make.at("2027-01-12", "09:00"), make.at("2027-01-15", "15:00")
        before_easter = make.at("2027-03-25", "16:00")
        found = [offering.until(at, make.HELSINKI) for at in (tuesday, friday, before_easter)]
        assert found == [make.at("2027-01-13", "12:00"), make.at("2027-01-18", "12:00"), make.at("2027-03-30", "12:00")]
        assert offering.until(make.at("2027-01-12", "15:00"), make.HELSINKI) == make.at("2027-01-13", "15:00")


class TestFreedOtherwise:
    def test_a_series_cancelled_on_its_own_page_is_found_once_it_cannot_be_undone(self, session, grant):
        wait(session, grant)
        rows = ahead_of(times_of(session, grant), NOW)
        bookings.cancel(session, rows, by=rows[0].booking.holder_id, now=NOW)
        assert handing_back.find_freed(session, NOW) == []
        later = NOW + timedelta(hours=1)
        (slot,) = handing_back.find_freed(session, later)
        assert (slot.why, len(slot.days)) == ("cancelled", 5)
        assert handing_back.find_freed(session, later) == []
        assert offering.move_on(session, slot.ref, later) is not None

    def test_what_was_handed_back_is_not_found_again(self, session, grant):
        give_back(session, grant)
        assert handing_back.find_freed(session, LATER) == []

    def test_a_declined_grant_frees_its_whole_season(self, session, grant):
        rows = ahead_of(times_of(session, grant), NOW)
        bookings.cancel(session, rows, by=rows[0].booking.holder_id, now=NOW)
        grant.booking_id, grant.state = None, "declined"
        session.flush()
        (slot,) = handing_back.find_freed(session, NOW)
        assert (slot.why, slot.days[0], slot.days[-1]) == ("declined", "2027-01-12", "2027-05-25")
        assert handing_back.find_freed(session, NOW) == []

    def test_a_closing_that_is_lifted_gives_the_times_back_to_whom_they_were_taken_from_first(self, session, grant):
        wait(session, grant)
        rows = ahead_of(times_of(session, grant), NOW)
        closed = ClosedDays(
            premises_id=grant.space.premises_id,
            first_on=FROM,
            last_on=date(2027, 2, 28),
            name_fi="Remontti",
        )
        session.add(closed)
        for row in rows:
            session.query(Occupancy).filter_by(occurrence_id=row.id).delete()
            row.state = "displaced"
        session.flush()
        assert handing_back.find_freed(session, NOW) == []
        session.delete(closed)
        session.flush()
        (slot,) = handing_back.find_freed(session, NOW)
        offer = offering.move_on(session, slot.ref, NOW)
        assert (slot.why, offer.entry.organisation_id) == ("opened", rows[0].booking.organisation_id)
        following = offering.decline(session, offer.ref, by=offer.entry.contact_id, now=NOW)
        assert following.entry.title == "Jonottajat"
        assert len(waiting.ranked(session, grant.round)) == 1


class TestHandingBack:
    def test_a_grant_handed_back_wholly_has_ended(self, session, grant):
        give_back(session, grant)
        assert (grant.state, grant.ended_at) == ("handed_back", NOW)
        with pytest.raises(NotNow):
            give_back(session, grant)

    def test_from_a_day_on_the_earlier_dates_stay(self, session, grant):
        rows, costs = handing_back.look(session, grant, from_on=date(2027, 1, 27), last_on=None, now=NOW)
        assert (len(rows), costs.costs) == (2, False)
        by = grant.section.application.contact_id
        handing_back.hand_back(session, grant, from_on=date(2027, 1, 27), last_on=None, by=by, now=NOW)
        assert (len(ahead_of(times_of(session, grant), NOW)), grant.state) == (3, "booked")

    def test_without_dates_there_is_nothing_to_give(self, session, grant):
        with pytest.raises(BadInput):
            handing_back.hand_back(session, grant, from_on=date(2027, 5, 1), last_on=None, by=1, now=NOW)


class TestAtOnce:
    """Real threads on a real database."""

    @pytest.fixture
    def scene(self, sessions):
        with sessions.begin() as session:
            grant = a_grant(session)
            entries = [wait(session, grant, f"Jono {n}", at=NOW + timedelta(minutes=n)) for n in range(6)]
            give_back(session, grant)
            slot = session.scalars(select(FreedSlot)).one()
            return slot.ref, [one.ref for one in entries]

    def test_one_slot_is_never_offered_to_two_nor_lost(self, sessions, scene):
        slot, _entries = scene

        def push(number):
            """Everybody at once: the jobs of two processes, and whoever is asked says no but the last."""
            try:
                with sessions.begin() as session:
                    open_now = session.scalar(select(SlotOffer.ref).where(SlotOffer.state == "open"))
                    if number % 2 and open_now:
                        offering.decline(session, open_now, by=1, now=NOW)
                    else:
                        offering.move_on(session, slot, NOW)
            except Refusal:
                return "late"
            return "done"

        with ThreadPoolExecutor(8) as pool:
            list(pool.map(push, range(24)))
        with sessions() as session:
            made = offers(session)
            assert len({one.entry_id for one in made}) == len(made)  # nobody is asked twice
            states = [one.state for one in made]
            assert states[:-1] == ["declined"] * (len(made) - 1)
            held = session.scalar(select(func.count()).select_from(Occupancy))
            last = session.scalars(select(FreedSlot)).one().state
            assert (states[-1], held, last) in [("open", 5, "offered"), ("declined", 0, "left_over")]

    @pytest.mark.usefixtures("scene")
    def test_of_many_who_accept_one_offer_one_has_it(self, sessions):
        with sessions() as session:
            offer = offers(session)[0].ref

        def take(_number):
            try:
                with sessions.begin() as session:
                    offering.accept(session, offer, by=1, now=NOW)
            except Refusal:
                return "late"
            return "booked"

        with ThreadPoolExecutor(8) as pool:
            assert sorted(pool.map(take, range(8))) == ["booked", *["late"] * 7]

    def test_accepting_and_lapsing_at_once_leave_one_holder(self, sessions, scene):
        slot, _entries = scene
        with sessions() as session:
            first = offers(session)[0]
            offer, lapses = first.ref, first.until_at

        def act(number):
            try:
                with sessions.begin() as session:
                    if number % 2:
                        offering.accept(session, offer, by=1, now=lapses - timedelta(seconds=1))
                    else:
                        offering.move_on(session, slot, lapses)
            except Refusal:
                pass

        with ThreadPoolExecutor(8) as pool:
            list(pool.map(act, range(8)))
        with sessions() as session:
            assert sum(one.state in ("open", "accepted") for one in offers(session)) == 1
            assert session.scalar(select(func.count()).select_from(Occupancy)) == 5


@given(order=st.permutations(range(6)), ranks=st.lists(st.none() | st.integers(1, 3), min_size=6, max_size=6))
def test_the_order_is_the_same_whatever_order_they_are_read_in(order, ranks):
    rows = [
        WaitingEntry(id=n, class_rank=rank, place_in_order=None, asked_at=NOW + timedelta(hours=n % 3))
        for n, rank in enumerate(ranks)
    ]
    found = sorted((rows[n] for n in order), key=waiting.rank)
    assert [one.id for one in found] == [one.id for one in sorted(rows, key=waiting.rank)]
    known = [one.class_rank for one in found if one.class_rank is not None]
    assert known == sorted(known)
    assert all(one.class_rank is None for one in found[len(known) :])


def test_one_section_waits_once(session, grant):
    entry = wait(session, grant)
    entry.section_id = grant.section_id
    session.flush()
    again = wait(session, grant)
    again.section_id = grant.section_id
    with pytest.raises(IntegrityError, match=r"waiting_entry|section_id"):
        session.flush()
