"""The databases the other tests stand on: migrated, apart from each other, and rolled back."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import Engine, inspect, select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session, sessionmaker

from booking.acts import Act, ActKind, tell
from booking.db import Base


@pytest.fixture
def act(now: datetime) -> Act:
    return Act(kind=ActKind.SPACE_CHANGED, at=now, actor=None, subject="a-space")


def test_every_table_of_the_models_is_there_after_migrating(engine: Engine) -> None:
    assert set(Base.metadata.tables) <= set(inspect(engine).get_table_names())


def test_a_test_with_a_database_of_its_own_really_commits(engine: Engine) -> None:
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE scratch (word TEXT)"))
    assert inspect(engine).has_table("scratch")


def test_what_another_test_committed_is_not_seen(engine: Engine) -> None:
    assert not inspect(engine).has_table("scratch")


@pytest.mark.parametrize("_turn", ["first", "again"])
def test_a_commit_in_the_rolled_back_session_is_gone_in_the_next_test(session: Session, _turn: str) -> None:
    assert not inspect(session.connection()).has_table("scribble")
    session.execute(text("CREATE TABLE scribble (word TEXT)"))
    session.commit()
    assert inspect(session.connection()).has_table("scribble")


def test_acts_are_kept_when_the_transaction_commits(
    sessions: sessionmaker[Session], act: Act, acts_kept: list[Act]
) -> None:
    with sessions.begin() as session:
        tell(session, act)
        assert acts_kept == []
    assert acts_kept == [act]


def test_acts_are_kept_in_the_rolled_back_session_too(session: Session, act: Act, acts_kept: list[Act]) -> None:
    tell(session, act)
    session.commit()
    assert acts_kept == [act]


def test_acts_of_a_transaction_that_failed_are_forgotten(
    sessions: sessionmaker[Session], act: Act, acts_kept: list[Act]
) -> None:
    with pytest.raises(DBAPIError), sessions.begin() as session:
        tell(session, act)
        session.execute(text("SELECT nothing FROM nowhere"))
    with sessions.begin() as session:
        session.execute(select(1))
    assert acts_kept == []


def test_now_is_a_moment_in_utc(now: datetime) -> None:
    assert now.astimezone(UTC).isoformat() == "2026-11-24T10:00:00+00:00"
