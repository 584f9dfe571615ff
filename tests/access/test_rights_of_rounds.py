"""Doors and season slots: one card opens at all granted times; undoing shuts the doors before anything else."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from access.audit_models import Audit
from access.keeping import keeper
from access.models import Right
from booking.models import Occupancy, Occurrence, Person
from booking.refusals import BadInput, NotNow
from booking.rounds import granted, into_calendar, proposing, undoing
from booking.rounds.decision_models import RoundDecision, RoundUndo
from booking.rounds.models import Round
from booking.rounds.plan_models import GrantState, SlotGrant
from tests import make
from tests.access.make import VAULT, card, house
from tests.booking.rounds.make_decided import DECIDED, decided, small

RUNNING = make.at("2027-01-26", "18:30")  # a Tuesday of the season, in the middle of the dancers' time


@pytest.fixture
def keep_acts():
    return keeper(VAULT)


def live(session):
    return session.scalars(select(Right).where(Right.out_version.is_(None)).order_by(Right.valid_from)).all()


def in_calendar(sessions, now, at=DECIDED):
    """A house with doors, and a decided round of two groups led by one person with one card, in the calendar."""
    with sessions.begin() as session:
        home = house(session, now)
        made = small(session, hall=home.club)
        card(session, _leader(session, made), now)
        home.premises.rulebook = "olari"
        decided(session, made)
        into_calendar.begin(session, made.round, by=made.other.id, now=at)
    while into_calendar.work(sessions, at):
        pass
    return made


def _leader(session, made):
    """Both groups are led by the scouts' contact."""
    made.dancers.contact_id = made.scouts.contact_id
    session.flush()
    return session.get_one(Person, made.scouts.contact_id)


def test_one_card_opens_at_the_times_of_all_grants(sessions, now):
    in_calendar(sessions, now, at=make.at("2027-01-10", "12:00"))
    with sessions() as session:
        rights = live(session)
        assert len({one.credential_id for one in rights}) == 1, "one credential"
        days = {one.valid_until.date().isoformat() for one in rights}
        assert {"2027-01-11", "2027-01-12", "2027-01-18", "2027-01-19"} <= days, (
            "both groups, every week that doors hold"
        )


def begun(sessions, made, at=RUNNING):
    with sessions.begin() as session:
        round_ = session.get_one(Round, made.round.id)
        undoing.begin(session, round_, reason="Päätös kumottiin oikaisussa", by=made.other.id, now=at)


def test_undoing_shuts_doors_first_then_cancels_then_undoes_and_leaves_the_past(sessions, now):
    # acceptance S9
    made = in_calendar(sessions, now, at=make.at("2027-01-10", "12:00"))
    begun(sessions, made)
    undoing.work(sessions, RUNNING)
    with sessions() as session:
        coming = [one for one in live(session) if one.valid_from > RUNNING]
        assert coming == [], "no door opens for what is being undone"
        booked = session.scalar(select(func.count()).where(Occurrence.state == "confirmed"))
        assert booked == 39, "and nothing else has been touched yet"
        assert {one.state for one in session.scalars(select(SlotGrant))} == {"booked"}
    while undoing.work(sessions, RUNNING):
        pass
    with sessions() as session:
        kept = session.scalars(select(Occurrence).where(Occurrence.state == "confirmed")).all()
        assert sorted(one.key for one in kept) == [
            "2027-01-11",
            "2027-01-12",
            "2027-01-18",
            "2027-01-19",
            "2027-01-25",
            "2027-01-26",
        ]
        assert session.scalar(select(func.count()).select_from(Occupancy)) == len(kept)
        assert {one.state for one in session.scalars(select(SlotGrant))} == {"undone"}
        assert session.scalars(select(RoundDecision.state)).all() == ["undone"]
        assert session.get_one(Round, made.round.id).state == "allocating"


def test_undoing_goes_on_where_it_was_killed(sessions, now):
    made = in_calendar(sessions, now)
    begun(sessions, made, DECIDED)
    stages = []
    for _turn in range(20):
        with sessions() as session:  # each slice is first killed before its commit, then done
            if ids := undoing.open_ones(session):
                undoing.slice_of(session, ids[0], DECIDED)
                session.rollback()
        undoing.work(sessions, DECIDED)
        with sessions() as session:
            stages.append(session.scalars(select(RoundUndo.stage)).one())
    order = ["doors", "sessions", "grants", "round", "done"]
    assert [order.index(stage) for stage in stages] == sorted(order.index(stage) for stage in stages)
    assert stages[-1] == "done"
    with sessions() as session:
        assert session.scalar(select(func.count()).select_from(Occupancy)) == 0
        assert session.scalar(select(func.count()).where(Occurrence.state == "cancelled")) == 39


def test_the_log_keeps_every_step_of_it(sessions, now):
    made = in_calendar(sessions, now)
    begun(sessions, made, DECIDED)
    while undoing.work(sessions, DECIDED):
        pass
    with sessions() as session:
        kinds = list(session.scalars(select(Audit.kind).order_by(Audit.seq)))
    assert kinds.count("round.undo_step") >= 6
    assert kinds.index("grant.filed") < kinds.index("round.undo_step") < kinds.index("booking.cancelled")


def test_undoing_needs_a_reason_and_something_to_undo(session):
    made = small(session)
    with pytest.raises(NotNow):
        undoing.begin(session, made.round, reason="Virhe", by=made.other.id, now=DECIDED)
    decided(session, made)
    with pytest.raises(BadInput):
        undoing.begin(session, made.round, reason=" ", by=made.other.id, now=DECIDED)
    undoing.begin(session, made.round, reason="Virhe", by=made.other.id, now=DECIDED)
    with pytest.raises(NotNow):
        undoing.begin(session, made.round, reason="Virhe", by=made.other.id, now=DECIDED)


def test_nothing_goes_into_the_calendar_while_it_is_undone_and_all_can_be_proposed_anew(session):
    made = small(session)
    decided(session, made)
    into_calendar.begin(session, made.round, by=made.other.id, now=DECIDED)
    undo = undoing.begin(session, made.round, reason="Virhe", by=made.other.id, now=DECIDED)
    assert into_calendar.next_ones(session, most=10) == []
    while undo.stage != "done":
        undoing.slice_of(session, undo.id, DECIDED)
    found = proposing.propose(
        session, made.round, answer_by_at=DECIDED + timedelta(days=14), by=made.official.id, now=DECIDED
    )
    assert len(found.new) == 2
    assert granted.counts(session, made.round) == {GrantState.PROPOSED: 2}
