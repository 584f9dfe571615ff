"""`vuoro bench online`."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any

import click

from bench import online
from bench.databases import backends
from bench.figures import machine, plain, progress, show
from bench.site import NotStarted

COLUMNS = {
    "database": "database",
    "doors": "doors",
    "echo_ms": "echo p50 ms",
    "p50_ms": "p50 ms",
    "p99_ms": "p99 ms",
    "of_echo": "× echo",
    "a_second": "decisions/s",
    "memory_mb": "MB",
    "kept": "on record",
    "shown": "of",
}


@click.command("online")
@click.option("--doors", default="1,100,1000", show_default=True, help="How many readers, several after commas.")
@click.option("--taps", default=300, show_default=True, type=click.IntRange(1, 100_000), help="One after the other.")
@click.option("--seconds", default=5.0, show_default=True, type=click.FloatRange(0.1, 120), help="Of many at once.")
@click.option("--postgres", metavar="URL", help="A server one may make databases on; else one from the wheel.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def command(doors: str, taps: int, seconds: float, postgres: str | None, as_json: bool) -> None:  # noqa: FBT001 - click
    """Cards at readers that ask the service: time to the relay, beside the bare echo, and decisions a second."""
    kinds, missing = backends(postgres)
    runs = [_measured(kind, number, postgres, taps, seconds) for kind in kinds for number in _numbers(doors)]
    if as_json:
        click.echo(json.dumps({"machine": machine(), "missing": missing, "runs": runs}, indent=1))
        return
    show(COLUMNS, [{**run, **run["taken"], "echo_ms": run["echo"]["p50_ms"]} for run in runs])
    click.echo("  Each decision is committed before the relay is told; the last columns count the rows afterwards.")
    if missing:
        progress(missing)


def _numbers(text: str) -> list[int]:
    try:
        found = [int(part) for part in text.split(",")]
    except ValueError as error:
        raise click.BadParameter("numbers after commas", param_hint="--doors") from error
    if not all(1 <= number <= 10_000 for number in found):
        raise click.BadParameter("1 to 10000", param_hint="--doors")
    return found


def _measured(kind: str, doors: int, postgres: str | None, taps: int, seconds: float) -> dict[str, Any]:
    with tempfile.TemporaryDirectory(prefix="vuoro-bench-") as folder:
        try:
            return plain(online.measure(kind, Path(folder), postgres, doors=doors, taps=taps, seconds=seconds))
        except NotStarted as error:
            raise click.ClickException(str(error)) from error
