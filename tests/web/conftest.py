"""The pages in tests: an app on a database that is rolled back, or one that really serves."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session, sessionmaker
from werkzeug.serving import make_server

from booking.models import Person
from booking.roles import Role
from booking.settings import Settings
from tests.web import town as towns
from tests.web.samples import OF_ROUNDS, SAMPLES
from tests.web.town import Clock, Town
from web.app import create_app

QUIET = {"TESTING": True, "WTF_CSRF_ENABLED": False, "RATELIMIT_ENABLED": False}
ClientAs = Callable[..., FlaskClient]


@pytest.fixture
def clock() -> Clock:
    """The app's clock: Tuesday 24.11.2026 12.00 in Helsinki until a test moves it."""
    return Clock()


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(
        database_url="sqlite://",
        secret_key="a secret that only tests know",
        master_key="a master key that only tests know",
        demo=True,
        data_dir=tmp_path,
    )


@pytest.fixture
def app(rolled_back: sessionmaker[Session], settings: Settings, clock: Clock) -> Flask:
    """The app on the rolled-back database, without CSRF tokens and rate limits (they have tests of their own)."""
    return create_app(settings, rolled_back, QUIET | {"CLOCK": clock})


@pytest.fixture
def town(rolled_back: sessionmaker[Session]) -> Town:
    """A small town in the rolled-back database."""
    with rolled_back.begin() as session:
        made = towns.build(session)
        made.samples |= {name: make(session, made) for name, make in SAMPLES.items()}
    made.samples = towns.Samples(made, rolled_back, OF_ROUNDS)
    return made


@pytest.fixture
def client_as(app: Flask, town: Town) -> ClientAs:
    """A browser with somebody signed in: client_as(Role.BOOKER), client_as(a_person), client_as(None) for nobody;
    `stranger=True` takes the person who holds the role elsewhere in town; `language` is "en" unless told."""

    def make(who: Role | Person | None, *, stranger: bool = False, language: str = "en") -> FlaskClient:
        if isinstance(who, Role):
            who = (town.strangers if stranger else town.people)[who]
        return towns.client(app, who, language)

    return make


@dataclass
class LiveApp:
    """A running server with its own database; `url` is its address."""

    url: str
    app: Flask
    sessions: sessionmaker[Session]
    town: Town


@pytest.fixture
def live_app(sessions: sessionmaker[Session], settings: Settings, clock: Clock) -> Iterator[LiveApp]:
    """The app behind a real threaded server on 127.0.0.1; sign in through /dev/sign-in/<ref> or `town` people."""
    app = create_app(settings, sessions, {"CLOCK": clock, "RATELIMIT_ENABLED": False})
    town = towns.committed(sessions)
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield LiveApp(f"http://127.0.0.1:{server.server_port}", app, sessions, town)
    server.shutdown()
    thread.join()
    server.server_close()
