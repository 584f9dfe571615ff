"""`vuoro demo`: broker, simulated doors, pages, doors and jobs in one process tree, with an invented town in SQLite."""

from __future__ import annotations

import json
import secrets
import shutil
import signal
import sys
import urllib.request
from datetime import UTC, datetime
from pathlib import Path

import click
from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from access.keeping import keeper
from access.keys import Vault
from access.models import Door, Driver
from access.register import provisioning
from booking.db import make_engine, make_sessions, reading
from web import database
from web.clock import HELSINKI
from web.demo import newcomer
from web.demo.broker import broker_command
from web.demo.people import PEOPLE
from web.demo.processes import Household, NotStarted, answers, free_port, wait_for
from web.demo.seed import seed
from web.demo.town import SERIAL_READER, SERIAL_RELAY

BROKEN_DOOR = "service-hall"  # so that the caretaker's board has something to tell


@click.command()
@click.option(
    "--port", default=8080, show_default=True, type=click.IntRange(0, 65535), help="The next free one if taken."
)
@click.option("--host", default="127.0.0.1", show_default=True, help="0.0.0.0 lets other machines in: for a classroom.")
@click.option("--fresh", is_flag=True, help="Forget everything and seed anew.")
@click.option("--embedded-broker", "embedded", is_flag=True, help="Use it also where mosquitto is installed.")
@click.option(
    "--folder",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("var/demo"),
    show_default=True,
    help="Where the demo keeps its data.",
)
def demo(port: int, host: str, fresh: bool, embedded: bool, folder: Path) -> None:  # noqa: FBT001 - click's flags
    """Start Vuoro with an invented town, print its address and log-ins. Ctrl-C stops everything."""
    folder = folder.absolute()
    if fresh:
        shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True, exist_ok=True)
    environment = surroundings(folder, host, free_port(host, port))
    household = Household(folder, environment)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda _number, _frame: setattr(household, "stopping", True))
    try:
        run(household, environment, folder, host, embedded=embedded)
    except NotStarted as error:
        raise click.ClickException(f"{error}; see the .log files in {folder}") from error
    finally:
        household.stop()


def surroundings(folder: Path, host: str, port: int) -> dict[str, str]:
    """The settings of every process, with keys made once and kept readable to this user only."""
    keys = folder / "keys.json"
    if not keys.exists():
        keys.touch(mode=0o600)
        keys.write_text(
            json.dumps({"secret": secrets.token_hex(32), "master": secrets.token_hex(32)}), encoding="utf-8"
        )
    made = json.loads(keys.read_text(encoding="utf-8"))
    shown = "127.0.0.1" if host in ("0.0.0.0", "::") else host  # noqa: S104 - shown, not bound
    return {
        "VUORO_DATABASE_URL": f"sqlite:///{folder / 'vuoro.sqlite'}",
        "VUORO_SECRET_KEY": made["secret"],
        "VUORO_MASTER_KEY": made["master"],
        "VUORO_BASE_URL": f"http://{shown}:{port}",
        "VUORO_DATA_DIR": str(folder),
        "VUORO_BROKER_HOST": "127.0.0.1",
        "VUORO_BROKER_PORT": str(free_port("127.0.0.1", 0)),
        "VUORO_BENCH_URL": f"http://127.0.0.1:{free_port('127.0.0.1', 0)}",
        "VUORO_DEMO": "true",
        "VUORO_TOWN_NAME": "Keksilä",
        "VUORO_HELP_PHONE": "09 000 0000",
        "VUORO_HELP_EMAIL": "apua@esimerkki.example",
        "VUORO_HELP_HOURS": "9–15",
        "PYTHONUNBUFFERED": "1",
    }


def run(household: Household, environment: dict[str, str], folder: Path, host: str, *, embedded: bool) -> None:
    """Start everything, say where it is, and wait."""
    broker, times = start(household, environment, folder, host, embedded=embedded)
    greet(environment["VUORO_BASE_URL"], folder, broker, times)
    ended = household.watch()
    if ended != "stopped":
        raise NotStarted(f"{ended} ended by itself")
    click.echo("\nstopping …")


def start(
    household: Household, environment: dict[str, str], folder: Path, host: str, *, embedded: bool = False
) -> tuple[str, int]:
    """Start everything in order. Returns the broker's name and how many times were seeded."""
    broker_port = int(environment["VUORO_BROKER_PORT"])
    broker, command = broker_command(folder, broker_port, embedded=embedded)
    household.start("broker", command)
    port = int(environment["VUORO_BASE_URL"].rsplit(":", 1)[1])
    vuoro = [sys.executable, "-m", "web.cli"]
    household.start("web", [*vuoro, "web", "--host", host, "--port", str(port)])  # loads while the database is made
    times = prepare(environment, folder)
    wait_for(lambda: answers("127.0.0.1", broker_port), "the broker", household.children["broker"])
    start_site(household, environment, folder)
    household.start("doors", [*vuoro, "doors", "run"])
    household.start("jobs", [*vuoro, "jobs"])
    wait_for(lambda: is_up(environment["VUORO_BASE_URL"]), "the web server", household.children["web"])
    return broker, times


def prepare(environment: dict[str, str], folder: Path) -> int:
    """Migrate and seed the database, and write what the simulated doors must be given."""
    url = environment["VUORO_DATABASE_URL"]
    database.upgrade(url)
    vault = Vault(environment["VUORO_MASTER_KEY"])
    engine = make_engine(url)
    sessions = make_sessions(engine, keeper(vault))
    now = datetime.now(UTC)
    times = seed(sessions, vault, folder, now=now, today=now.astimezone(HELSINKI).date())
    newcomer.prepare(sessions, vault, folder, now=now)
    write_doors(sessions, vault, folder)
    engine.dispose()
    return times


def write_doors(sessions: sessionmaker[Session], vault: Vault, folder: Path) -> None:
    """The records of the simulated doors, and of the controller that is none yet."""
    with reading(sessions) as session:
        doors = session.scalars(select(Door).where(Door.driver == Driver.VUORO_MQTT.value).order_by(Door.id))
        records = [provisioning(vault, door) for door in doors]
    _code, record = newcomer.label(folder)
    if newcomer.waits(sessions, record["door"]):
        records.append(record)
    path = folder / "doors.json"
    path.touch(mode=0o600)
    path.write_text("".join(f"{json.dumps(each)}\n" for each in records), encoding="utf-8")


def start_site(household: Household, environment: dict[str, str], folder: Path) -> None:
    """The simulated doors and the serial bench, whose pseudo-terminals get names that stay."""
    control = environment["VUORO_BENCH_URL"]

    def link_serial(line: str) -> None:
        try:
            said = json.loads(line)
        except ValueError as error:
            raise NotStarted(f"the simulated doors said: {line.strip()}") from error
        for name, device in ((SERIAL_READER, said["serial"]["reader"]), (SERIAL_RELAY, said["serial"]["relay"])):
            (folder / name).unlink(missing_ok=True)
            (folder / name).symlink_to(device)

    command = [sys.executable, "-m", "firmware_sim", "--config", str(folder / "doors.json"), "--serial"]
    command += ["--broker", f"127.0.0.1:{environment['VUORO_BROKER_PORT']}", "--state", str(folder / "doors")]
    household.start("site", [*command, "--control", control.rsplit(":", 1)[1]], link_serial)
    if not (folder / "unplugged").exists():
        unplug(control, BROKEN_DOOR)
        (folder / "unplugged").touch()


def unplug(control: str, door: str) -> None:
    request = urllib.request.Request(  # noqa: S310 - our own simulator on loopback
        f"{control}/doors/{door}/network", b'{"plugged":false}', {"Content-Type": "application/json"}, method="POST"
    )
    with urllib.request.urlopen(request, timeout=5):  # noqa: S310
        pass


def is_up(base_url: str) -> bool:
    try:
        with urllib.request.urlopen(f"{base_url}/healthz", timeout=2) as answer:  # noqa: S310
            return bool(answer.status == 200)
    except OSError:
        return False


def greet(base_url: str, folder: Path, broker: str, times: int) -> None:
    """Say where everything is."""
    click.echo(f"\n  Vuoro runs: {base_url}\n")
    click.echo(f"  One-click log-ins: {base_url}/dev/sign-in")
    for key, person in PEOPLE.items():
        click.echo(f"    {person.name:24} {key}")
    click.echo(f"  Letters sent: {base_url}/dev/mail     Simulated doors: {base_url}/dev/bench")
    click.echo(f"  Data, keys and logs: {folder} (SQLite, broker {broker}; --fresh forgets them)")
    click.echo(f"  A new controller waits to be claimed: {base_url}/doors/claim?code={newcomer.label(folder)[0]}")
    if times:
        click.echo(f"  Seeded {times} booked times around today.")
    if broker == "amqtt":
        click.echo("  The embedded broker is for this demo only: it never serves real doors.")
    click.echo("  Ctrl-C stops everything.\n")
