"""`vuoro bench`: figures with the floor under them, measured in the same run."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any

import click

from bench import allocation as seasons
from bench import booking as bookings
from bench import cli_online
from bench import osdp_cable as cables
from bench import rulebook as rules
from bench import simulate as trials
from bench.cli_audit import audit
from bench.cli_doors import doors, reliability
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
PACES = {"what": "what", "rulebook": "rulebook", "rows": "rows", "answers_per_s": "answers/s", "us_each": "µs each",
         "of_floor": "of floor"}  # fmt: skip
TRIALS = {"database": "database", "occurrences": "occurrences", "seconds": "seconds", "processor_s": "processor s",
          "per_s": "occurrences/s",           "of_read": "of reading"}  # fmt: skip
SEASONS = {"size": "size", "way": "way", "seconds": "s", "memory_mb": "MB", "events": "events", "asked": "of",
           "more": "+ %", "served": "served %", "fully": "fully %", "tenth": "10th org", "contested": "contested",
           "gap": "gap %", "same_again": "same again"}  # fmt: skip
CROWDS = {"alone": "one alone", "apart": "{} in halls of their own", "one_slot": "{} after one slot"}


@click.group()
def bench() -> None:
    """Measure bookings, doors and rules, beside what no program could do without."""


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


@bench.command()
@click.option("--seconds", default=2.0, show_default=True, type=click.FloatRange(0.05, 60), help="For each figure.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def rulebook(seconds: float, as_json: bool) -> None:  # noqa: FBT001 - click's flag
    """Answers a second of the largest rulebook on one core, beside facts and one look-up."""
    paces = [plain(pace) for pace in rules.measure(seconds)]
    if as_json:
        click.echo(json.dumps({"machine": machine(), "seconds": seconds, "paces": paces}, indent=1))
        return
    show(PACES, paces)


@bench.command()
@click.option("--occurrences", default=50_000, show_default=True, type=click.IntRange(40, 1_000_000))
@click.option("--postgres", metavar="URL", help="A server one may make databases on; else one from the wheel.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def simulate(occurrences: int, postgres: str | None, as_json: bool) -> None:  # noqa: FBT001 - click's flag
    """A draft run against a season of bookings, beside the same rows read and not judged."""
    kinds, missing = backends(postgres)
    found: list[dict[str, Any]] = []
    for kind in kinds:
        with tempfile.TemporaryDirectory(prefix="vuoro-bench-") as folder:
            found += [plain(one) for one in trials.measure(kind, Path(folder), postgres, occurrences=occurrences)]
    if as_json:
        click.echo(json.dumps({"machine": machine(), "missing": missing, "trials": found}, indent=1))
        return
    show(TRIALS, found)
    if missing:
        progress(missing)


@bench.command()
@click.option("--sizes", default="S,M,L", show_default=True, help="Of the invented city: XS, S, M, L.")
@click.option("--seconds", default=30, show_default=True, type=click.IntRange(0, 3600), help="Turned into moves.")
@click.option("--again", is_flag=True, help="Solve each once more and compare the grants.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def allocation(sizes: str, seconds: int, again: bool, as_json: bool) -> None:  # noqa: FBT001 - click's flags
    """Season rounds of an invented city: what everybody gets, the proven gap, time and memory, beside the officer."""
    wanted = [size.strip().upper() for size in sizes.split(",") if size.strip()]
    if not set(wanted) <= {"XS", "S", "M", "L"}:
        raise click.BadParameter("sizes are XS, S, M and L")
    rows = [plain(row) for row in seasons.measure(wanted, seconds, again=again)]
    if as_json:
        click.echo(json.dumps({"machine": machine(), "seconds": seconds, "rounds": rows}, indent=1))
        return
    show(SEASONS, rows)
    for row in rows:
        if row["gaps"]:
            click.echo(f"  {row['size']}: gap % by class: " + ", ".join(f"{k} {v:g}" for k, v in row["gaps"].items()))


@bench.command("osdp-cable")
@click.option("--out-s", default=20.0, show_default=True, type=click.FloatRange(4, 600), help="How long it is out.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def osdp_cable(out_s: float, as_json: bool) -> None:  # noqa: FBT001 - click's flag
    """An OSDP reader's cable out and in again: when it is told, when it is back, what of a card shown meanwhile."""
    progress(f"{out_s:g} s")
    row = plain(cables.measure(out_s))
    if as_json:
        click.echo(json.dumps({"machine": machine(), "out_s": out_s, "cable": row}, indent=1))
        return
    show({name: name for name in row}, [row])


bench.add_command(doors)
bench.add_command(reliability)
bench.add_command(audit)
bench.add_command(cli_online.command)
