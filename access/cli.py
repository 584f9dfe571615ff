"""`vuoro doors`: the doors process, and what an administrator does with doors by hand."""

from __future__ import annotations

import json
import logging
import os
import re
import signal
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any

import click
from environs import EnvError
from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from access import board, key_rotation, metrics, register, service_keys
from access.doors import DoorService
from access.keeping import keeper
from access.keys import Vault
from access.models import Door, Driver
from access.osdp_bench import BenchWish, give
from access.watch import Watch
from booking.acts import Act, ActKind, tell
from booking.db import make_engine, make_sessions, reading
from booking.refusals import BadInput
from booking.settings import Settings, read_settings
from devices.mqtt import Broker, Tls

_EXIT_BAD_INPUT = 2


def now() -> datetime:
    return datetime.now(UTC)


def service(settings: Settings, name: str = "service") -> DoorService:
    """A doors process for these settings, not yet running. Several share the doors, each under a name of its own."""
    vault = Vault(settings.master_key)
    engine = make_engine(settings.database_url)
    sessions = make_sessions(engine, keeper(vault))
    broker = Broker(
        settings.broker_host,
        settings.broker_port,
        # Stable, so that the broker keeps for us what came while we were away (door-protocol.md 3.3).
        client_id=f"vuoro-{name}",
        username=settings.broker_user or None,
        password=settings.broker_password or None,
        tls=Tls(Path(settings.broker_ca)) if settings.broker_ca else None,
        longest_wait_s=10.0,
    )
    made = DoorService(sessions, vault, broker, now, Watch(engine, sessions), name=name)
    made.upkeep.aside = True
    return made


def _a_name(_context: click.Context, _parameter: click.Parameter, value: str) -> str:
    if not re.fullmatch(r"[a-z0-9-]{1,16}", value):
        raise click.BadParameter("1 to 16 of a-z, 0-9 and -")
    return value


@click.group(invoke_without_command=True)
@click.pass_context
def doors(context: click.Context) -> None:
    """Run the doors process (or one of the commands below)."""
    if context.invoked_subcommand is None:
        context.invoke(run)


@doors.command()
@click.option("--name", default="service", show_default=True, callback=_a_name, help="Of this one among several.")
def run(name: str) -> None:
    """Speak with doors until stopped: lists and openings out, events in. Several share the doors among them."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    stop = threading.Event()
    for sign in (signal.SIGINT, signal.SIGTERM):
        signal.signal(sign, lambda *_: stop.set())
    settings = given_settings()
    running = service(settings, name)
    click.echo(f"doors process: broker {running.broker.host}:{running.broker.port}, pid {os.getpid()}", err=True)
    silent = metrics.serve(running, settings.metrics_port, settings.metrics_host)
    running.run(stop)
    silent()


@doors.command()
@click.option("--out", type=click.File("w"), default="-", help="Where the JSON Lines go; they are secret.")
@click.option("--broker/--no-broker", default=True, help="Whether records name the broker.")
def provision(out: IO[str], broker: bool) -> None:  # noqa: FBT001 - click gives flags so
    """Write what each controller must be given, one JSON object a line (docs/door-protocol.md 2.4). Leaves an act."""
    settings = given_settings()
    vault = Vault(settings.master_key)
    at = broker_record(settings) if broker else None
    with database(settings) as sessions, sessions.begin() as session:
        for door in session.scalars(select(Door).where(Door.driver == Driver.VUORO_MQTT.value).order_by(Door.id)):
            record = register.provisioning(vault, door, at, kids=service_keys.live(session))
            out.write(json.dumps(record) + "\n")
            body = {"controller_record": "shown"}
            tell(session, Act(ActKind.DOOR_CHANGED, now(), None, door.ref, body, door.premises_id))


@doors.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def list_doors(as_json: bool) -> None:  # noqa: FBT001 - click gives flags so
    """Show every door: online, the list it should have and the one it confirmed, its clock, open alarms."""
    with database(given_settings()) as sessions, reading(sessions) as session:
        rows = [_line(health) for health in board.door_health(session, None)]
    if as_json:
        click.echo(json.dumps(rows, indent=1))
        return
    for row in rows:
        click.echo("  ".join(f"{key}={value}" for key, value in row.items()))


@doors.command("osdp-provision")
@click.option("--port", required=True, help="The port of the bench bus, where only this reader hangs.")
@click.option("--address", required=True, type=click.IntRange(0, 126), help="The reader's address.")
@click.option("--door", help="The controller's name of its door, where several doors have this address.")
@click.option("--baud", type=int, help="The reader's speed, if it is not yet that of its door.")
@click.option("--anew", is_flag=True, help="The reader was exchanged or reset: make another key.")
def osdp_provision(port: str, address: int, door: str | None, baud: int | None, anew: bool) -> None:  # noqa: FBT001 - click gives flags so
    """Give an OSDP reader on a bench a key of its own; from then on it is spoken to with that key only."""
    settings = given_settings()
    wish = BenchWish(port, address, baud, door, anew)
    with database(settings) as sessions:
        click.echo(give(sessions, Vault(settings.master_key), wish, now))


@doors.command("raise-epoch")
@click.confirmation_option(prompt="Was the database restored from a backup?")
def raise_epoch() -> None:
    """After restoring the database from a backup: make our lists newer than what doors hold. Kept in the audit log."""
    with database(given_settings()) as sessions, sessions.begin() as session:
        found = register.lock(session, list(session.scalars(select(Door.id))))
        for door in found:
            door.epoch, door.version = door.epoch + 1, door.version + 1
            tell(session, Act(ActKind.DOOR_CHANGED, now(), None, door.ref, {"epoch": door.epoch}, door.premises_id))
    click.echo(f"{len(found)} doors")


@doors.command("rotate-key")
def rotate_key() -> None:
    """Make the next signing key of the service. Each door is told to trust it when it is heard, then signed to with it;
    the old one is dropped when all doors have changed. Kept in the audit log."""
    with database(given_settings()) as sessions, sessions.begin() as session:
        try:
            kid = service_keys.rotate(session, now())
        except BadInput:
            click.echo("a rotation goes on: see `vuoro doors keys`", err=True)
            sys.exit(_EXIT_BAD_INPUT)
        for door in session.scalars(select(Door).where(Door.driver == Driver.VUORO_MQTT.value)):
            tell(session, Act(ActKind.DOOR_CHANGED, now(), None, door.ref, {"service_key": kid}, door.premises_id))
    click.echo(kid)


@doors.command("keys")
def keys() -> None:
    """Show the service's signing keys and how many doors trust each."""
    with database(given_settings()) as sessions, reading(sessions) as session:
        for row in key_rotation.progress(session):
            click.echo("  ".join(f"{key}={value}" for key, value in row.items()))


def given_settings() -> Settings:
    try:
        return read_settings()
    except EnvError as error:
        click.echo(f"settings: {error}", err=True)
        sys.exit(_EXIT_BAD_INPUT)


@contextmanager
def database(settings: Settings) -> Iterator[sessionmaker[Session]]:
    engine = make_engine(settings.database_url)
    try:
        yield make_sessions(engine, keeper(Vault(settings.master_key)))
    finally:
        engine.dispose()


def broker_record(settings: Settings) -> Mapping[str, Any]:
    return {
        "host": settings.broker_host,
        "port": settings.broker_port,
        "tls": bool(settings.broker_ca),
        "password": None,
    }


def _line(health: board.DoorHealth) -> dict[str, Any]:
    return {
        "door": health.door.ref,
        "controller": health.door.controller_id,
        "online": health.online,
        "wanted": health.wanted_version,
        "confirmed": health.confirmed_version,
        "clock": health.clock_state,
        "offset_ms": health.clock_offset_ms,
        "queue": health.queue_length,
        "alarms": [alarm.kind for alarm in health.alarms],
    }
