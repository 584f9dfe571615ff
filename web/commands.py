"""`vuoro web`, `vuoro jobs` and `vuoro db`."""

from __future__ import annotations

import logging
import signal
import threading

import click
from alembic.util.exc import CommandError
from environs import EnvError

from access.keeping import keeper
from access.keys import Vault
from booking.db import make_engine, make_sessions
from booking.settings import Settings, read_settings
from web import database
from web.jobs import jobs_for, run
from web.serving import serve


def settings_or_exit() -> Settings:
    """The settings from the environment; exit 2 with the name of what is missing."""
    try:
        return read_settings()
    except EnvError as error:
        raise click.UsageError(f"settings: {error}") from error


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", default=8080, show_default=True, type=click.IntRange(1, 65535))
@click.option("--threads", default=8, show_default=True, type=click.IntRange(1, 64))
def web(host: str, port: int, threads: int) -> None:
    """Serve the pages and the API."""
    serve(settings_or_exit(), host=host, port=port, threads=threads)


@click.command()
def jobs() -> None:
    """Send letters, sweep run-out holds, sign the audit log, mind no-shows and debts."""

    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s %(message)s")
    settings = settings_or_exit()
    sessions = make_sessions(make_engine(settings.database_url), keeper(Vault(settings.master_key)))
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda _number, _frame: stop.set())
    run(jobs_for(settings, sessions), stop)


@click.group()
def db() -> None:
    """The database named by VUORO_DATABASE_URL."""


@db.command()
def upgrade() -> None:
    """Bring the database to the newest form."""

    database.upgrade(settings_or_exit().database_url)
    click.echo("the database is in its newest form")


@db.command()
def check() -> None:
    """Exit 1 when the models hold what no migration makes."""

    try:
        database.check(settings_or_exit().database_url)
    except CommandError as error:
        raise click.ClickException(str(error)) from error
    click.echo("models and migrations agree")
