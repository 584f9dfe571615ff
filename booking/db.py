"""The database: one Base, the column types, engines for SQLite and PostgreSQL, and the session factory."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Connection,
    DateTime,
    Dialect,
    Engine,
    Integer,
    MetaData,
    String,
    create_engine,
    event,
)
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import DeclarativeBase, Session, sessionmaker
from sqlalchemy.types import TypeDecorator

from booking import ids
from booking.acts import KeepActs, keep_with

RowId = BigInteger().with_variant(Integer(), "sqlite")


class UtcDateTime(TypeDecorator[datetime]):
    """An aware UTC instant. Refuses naive datetimes; SQLite keeps text of 26 characters that sorts as time does."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a datetime without zone")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class DecimalText(TypeDecorator[Decimal]):
    """A Decimal kept as text: 25.5 comes back as 25.5 on every database."""

    impl = String
    cache_ok = True

    def process_bind_param(self, value: Decimal | None, dialect: Dialect) -> str | None:  # noqa: ARG002
        return None if value is None else str(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> Decimal | None:  # noqa: ARG002
        return None if value is None else Decimal(value)


COLUMN_TYPES: dict[Any, Any] = {
    datetime: UtcDateTime,
    Decimal: DecimalText,
    dict[str, Any]: JSON,
    list[Any]: JSON,
    str: String,
}
COLUMN_TYPES |= dict.fromkeys(ids.ALL, RowId)


class Base(DeclarativeBase):
    """Every table of Vuoro; constraint names are spelt out so that errors can be told apart on both databases."""

    metadata = MetaData(
        naming_convention={
            "pk": "%(table_name)s_pk",
            "fk": "%(table_name)s_%(column_0_name)s_fk",
            "uq": "%(table_name)s_%(column_0_N_name)s_key",
            "ix": "%(table_name)s_%(column_0_N_name)s_idx",
        }
    )
    type_annotation_map = COLUMN_TYPES


def make_engine(url: str) -> Engine:
    """An engine for `sqlite:///…` or `postgresql+psycopg://…`.

    SQLite: WAL, foreign keys, and BEGIN IMMEDIATE: a read that turns into a write would otherwise die as locked
    instead of waiting (ecosystem notes: 1 567 of 2 000 transactions did).
    """
    if url.startswith("sqlite"):
        engine = create_engine(url, connect_args={"timeout": 30, "check_same_thread": False})
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
        return engine
    return create_engine(url, pool_size=20, max_overflow=20, pool_pre_ping=True)


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    connection.isolation_level = None
    for pragma in (
        "journal_mode=WAL",
        "synchronous=FULL",
        "foreign_keys=ON",
        "busy_timeout=30000",
    ):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: Connection) -> None:
    reads_only = connection.get_execution_options().get("reads_only", False)
    connection.exec_driver_sql("BEGIN DEFERRED" if reads_only else "BEGIN IMMEDIATE")


@contextmanager
def reading(sessions: sessionmaker[Session]) -> Iterator[Session]:
    """A session for looking only: on SQLite it waits for no writer. What it changes is thrown away; what
    it loaded stays readable after the block."""
    with sessions() as session:
        session.connection(execution_options={"reads_only": True})
        yield session
        session.expunge_all()  # a rollback would empty what was read, and pages show it after
        session.rollback()


def make_sessions(engine: Engine, keep_acts: KeepActs) -> sessionmaker[Session]:
    """The session factory; it cannot be made without saying who keeps the acts told in its transactions (adr/0001)."""
    kept = type("KeptSession", (Session,), {})
    keep_with(kept, keep_acts)
    return sessionmaker(engine, class_=kept, expire_on_commit=False)


def constraint(error: DBAPIError) -> str:
    """The name of the constraint or trigger that refused, or "" when the database does not say."""
    diag = getattr(error.orig, "diag", None)
    if diag is not None:
        return str(diag.constraint_name or diag.message_primary or "")
    text = str(error.orig)
    return text.split(": ", 1)[1] if "constraint failed: " in text else text
