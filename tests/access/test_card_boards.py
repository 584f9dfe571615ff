"""Cards of bookings in boards that decide alone, on both databases: proved in, proved out, whatever is lost."""

import random

import pytest
from sqlalchemy import select

from access import card_secrets, credentials
from access.keeping import keeper
from access.models import Credential, CredentialKey
from access.status import RightState
from tests import make
from tests.access.cellar import DAY, NUMBER, Cellar
from tests.access.make import VAULT, card
from tests.access.porch import UID, Porch


@pytest.fixture
def keep_acts():
    return keeper(VAULT)


@pytest.fixture
def porch(rolled_back, now):
    return Porch(rolled_back, now)


def test_the_board_lets_in_at_the_booked_time_and_the_log_says_who_and_for_what(porch):
    row = porch.book()
    for clock, access in (("17:44", "Expired"), ("17:45", "Always"), ("19:59", "Always")):
        porch.at(clock)
        decided, said = porch.esp.show(UID)
        assert decided == access
        porch.says(said)
    events = [(each.kind, each.reason, each.person_id, each.occurrence_id) for each in porch.told()]
    holder = porch.place.holder.id
    assert events == [
        ("denied", "too_early", holder, None),
        ("granted", "granted", holder, row.id),
        ("granted", "granted", holder, row.id),
    ]
    porch.at("20:00")
    assert porch.esp.files == {}
    assert UID not in repr([each.body for each in porch.told()])


def test_a_revoked_card_is_pending_until_the_board_said_that_it_is_out_and_its_number_goes_then(porch):
    row = porch.book()
    porch.at("17:50")
    porch.esp.deaf = 1
    with porch.place.sessions.begin() as session:
        ref = session.scalars(select(Credential.ref).where(Credential.kind == "card")).one()
        credentials.revoke(session, ref, by=None, now=porch.place.now, why="lost")
    porch.run(3)
    assert UID in porch.esp.files
    assert porch.state(row) is RightState.REVOCATION_PENDING
    with porch.place.sessions.begin() as session:
        assert card_secrets.forget(session) == 0
    porch.run(5)
    assert porch.esp.files == {}
    assert porch.state(row) in (RightState.REVOKED, RightState.NO_CREDENTIAL)
    with porch.place.sessions.begin() as session:
        assert card_secrets.forget(session) == 1
        assert session.scalars(select(CredentialKey).where(CredentialKey.number_sealed.is_not(None))).all() == []


@pytest.mark.parametrize("seed", [1])
def test_whatever_is_lost_the_board_ends_with_exactly_the_cards_of_the_moment(rolled_back, now, seed):
    dice, porch = random.Random(seed), Porch(rolled_back, now)
    with porch.place.sessions.begin() as session:
        people = [make.person(session, f"Esimerkki {n}") for n in range(4)]
        for n, each in enumerate(people):
            card(session, each, now, f"0A0B0C0D{n:02X}")
    rows = [porch.book(f"{12 + n}:00", f"{13 + n}:30", holder=person) for n, person in enumerate(people)]
    porch.run(30, lost=0.4, dice=dice)
    porch.cancel(rows[2])
    for clock in ("12:30", "13:40"):
        porch.place.now = make.at(DAY, clock)
        porch.says_time()
        porch.run(25, lost=0.4, dice=dice)
        if clock == "12:30":
            porch.place.start()
            porch.says(porch.esp.power_cut())
    porch.run(240, step=2)
    # 13.45: the first's time is over and the third's cancelled.
    assert sorted(porch.esp.files) == ["0a0b0c0d01", "0a0b0c0d03"]
    assert [porch.state(rows[n]) for n in (1, 3)] == [RightState.IN_DOOR] * 2


@pytest.fixture
def cellar(rolled_back, now):
    made = Cellar(rolled_back, now)
    yield made
    made.close()


def test_two_doors_of_a_board_share_the_record_of_a_card_and_each_has_its_own_right(cellar):
    first = cellar.book("18:00", "20:00", cellar.home.hall)
    second = cellar.book("18:30", "21:00", cellar.home.club)
    cellar.at("18:30")
    assert cellar.board.cards[NUMBER][2] == [1, 1, 0, 0]
    cellar.at("20:00")
    assert cellar.board.cards[NUMBER][2] == [0, 1, 0, 0]
    assert cellar.state(second, 1) is RightState.IN_DOOR
    assert cellar.state(first) is not RightState.REVOCATION_PENDING
    cellar.at("21:00")
    assert cellar.board.cards == {}


@pytest.mark.parametrize("seed", [0, 1])
def test_whatever_the_line_does_the_board_ends_right_and_every_event_is_told_once(rolled_back, now, seed):
    cellar = Cellar(rolled_back, now)
    try:
        with cellar.sessions.begin() as session:
            people = [make.person(session, f"Esimerkki {n}") for n in range(3)]
            for n, each in enumerate(people):
                card(session, each, now, f"62E30100{n:02X}")
        rows = [cellar.book(f"{12 + n}:00", f"{13 + n}:30", holder=person) for n, person in enumerate(people)]
        cellar.board.dice = random.Random(seed)
        cellar.board.loss, cellar.board.double = 0.3, 0.3
        swipes = 0
        for clock in ("12:00", "12:50", "13:40"):
            cellar.now = make.at(DAY, clock)
            for _ in range(5):
                cellar.board.swipe(999_999)
                swipes += 1
                cellar.run(3)
            if clock == "12:50":
                cellar.cancel(rows[1])
                cellar.board.power_cut()
                cellar.run(2)
                cellar.board.on = True
                cellar.start()
        cellar.board.loss = cellar.board.double = 0.0
        cellar.run(15)
        # 13.40: the first's time is over, the second's cancelled, the third's door opens at 13.45.
        assert cellar.board.cards == {}
        assert len(cellar.told()) == swipes
        cellar.at("13:46")
        assert list(cellar.board.cards) == [100_002]
    finally:
        cellar.close()
