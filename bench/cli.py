"""`vuoro bench`: figures with the floor under them, measured in the same run."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any

import click

from bench import booking as bookings
from bench.databases import backends
from bench.figures import machine, plain, progress, show

SPEEDS = {
    "database": "database",
    "what": "what",
    "crowd": "crowd",
    "won_per_s": "got/s",
    "answered_per_s": "answers/s",
    "p50_ms": "p50 ms",
    "p99_ms": "p99 ms",
    "of_bare": "of bare",
}
CROWDS = {"alone": "one alone", "apart": "{} in halls of their own", "one_slot": "{} after one slot"}


@click.group()
def bench() -> None:
    """Measure bookings and doors, beside what no program could do without."""


@bench.command()
@click.option("--seconds", default=3.0, show_default=True, type=click.FloatRange(0.05, 60), help="For each figure.")
@click.option("--threads", default=8, show_default=True, type=click.IntRange(2, 32))
@click.option("--postgres", metavar="URL", help="A server one may make databases on; else one from the wheel.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def booking(seconds: float, threads: int, postgres: str | None, as_json: bool) -> None:  # noqa: FBT001 - click's flag
    """Bookings a second, contended and not, on both databases, beside the bare INSERT into occupancy."""
    kinds, missing = backends(postgres)
    found: list[bookings.Speed] = []
    for kind in kinds:
        with tempfile.TemporaryDirectory(prefix="vuoro-bench-") as folder:
            found += bookings.measure(kind, Path(folder), postgres, seconds=seconds, threads=threads)
    rows = [plain(speed) for speed in found]
    if as_json:
        answer = {"machine": machine(), "seconds": seconds, "missing": missing, "bookings": rows}
        click.echo(json.dumps(answer, indent=1))
        return
    show(SPEEDS, [speed_line(row) for row in rows])
    click.echo("  got: slots won. After one slot: all want the same one at once, then the next. One commit an answer.")
    if missing:
        progress(missing)


def speed_line(row: dict[str, Any]) -> dict[str, Any]:
    crowd = CROWDS[row["crowding"]].format(row["threads"])
    return {**row, **row["answer"], "crowd": crowd}
