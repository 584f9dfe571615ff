"""`vuoro bench doors` and `vuoro bench reliability`: a site of real processes, measured and hurt."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from bench import crowd
from bench import doors as ways
from bench import reliability as trouble
from bench.databases import backends
from bench.figures import machine, plain, progress, show
from bench.reliability_table import SCENARIOS
from bench.site import NotStarted

WAYS = {
    "database": "database",
    "what": "what",
    "doors": "doors",
    "n": "n",
    "p50_ms": "p50 ms",
    "p99_ms": "p99 ms",
    "longest_ms": "longest ms",
    "of_echo": "× echo",
}
STORMS = {
    "database": "database",
    "doors": "doors",
    "jitter_s": "jitter s",
    "up_s": "all on line s",
    "converged_s": "all converged s",
    "errors": "errors",
    "service_s": "service s",
    "simulator_s": "simulator s",
    "broker_s": "broker s",
    "simulator_mb": "simulator MB",
    "kb_a_door": "kB a door",
}
PARTS = ("taps", "sizes", "revocation", "reconnect")
SIZES = [1, 10, 100, 1000]


@click.command()
@click.option("--only", default="taps", show_default=True, metavar="taps,sizes", help=f"Of: {', '.join(PARTS)}.")
@click.option("--doors", default=10, show_default=True, type=click.IntRange(1, 20_000), help="Simulated controllers.")
@click.option("--taps", default=200, show_default=True, type=click.IntRange(1, 100_000), help="For each way.")
@click.option(
    "--jitter", default=30.0, show_default=True, type=click.FloatRange(0, 600), help="For reconnect, seconds."
)
@click.option("--database", "which", type=click.Choice(["sqlite", "postgresql"]), help="Only this one; else both.")
@click.option("--postgres", metavar="URL", help="A server one may make databases on; else one from the wheel.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def doors(
    only: str,
    doors: int,
    taps: int,
    jitter: float,
    which: str | None,
    postgres: str | None,
    as_json: bool,  # noqa: FBT001 - click's flag
) -> None:
    """From a card to an open door by every way; beside many doors; revocations; all doors of a city coming back."""
    wanted = {part.strip() for part in only.split(",") if part.strip()}
    if not wanted <= set(PARTS):
        raise click.BadParameter(f"there are {', '.join(PARTS)}", param_hint="--only")
    kinds, missing = backends(postgres)
    kinds = [kind for kind in kinds if which in (None, kind)]
    answer: dict[str, Any] = {"machine": machine(), "doors": doors, "missing": missing, "runs": [], "many": []}
    for kind in kinds:
        with tempfile.TemporaryDirectory(prefix="vuoro-bench-") as folder:
            try:
                if "taps" in wanted:
                    answer["runs"].append(plain(ways.measure(kind, Path(folder), postgres, doors=doors, taps=taps)))
                answer["many"] += many(wanted, kind, Path(folder), postgres, doors, jitter)
            except NotStarted as error:
                raise click.ClickException(str(error)) from error
    tell_doors(answer, as_json=as_json)


def many(
    wanted: set[str], kind: str, folder: Path, postgres: str | None, count: int, jitter_s: float
) -> Iterator[dict[str, Any]]:
    """What is asked for beside the taps, as rows."""
    if "sizes" in wanted:
        yield from (at(kind, line) for line in crowd.sizes(kind, folder, postgres, SIZES))
    if "revocation" in wanted:
        yield at(kind, crowd.revocations(kind, folder, postgres, count))
    if "reconnect" in wanted:
        yield at(kind, crowd.reconnect(kind, folder, postgres, count, jitter_s=jitter_s))


def at(kind: str, row: Any) -> dict[str, Any]:
    progress(f"{kind}: {row}")
    return {"database": kind, **plain(row)}


def tell_doors(answer: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps(answer, indent=1))
        return
    lines = [line for run in answer["runs"] for line in way_lines(run)]
    lines += [{**row, **row["taken"]} for row in answer["many"] if "taken" in row]
    if lines:
        show(WAYS, lines)
    storms = [row for row in answer["many"] if "converged_s" in row]
    if storms:
        show(STORMS, storms)
    for run in answer["runs"]:
        click.echo(f"  {run['database']}: {run['events']} of {run['taps']} taps at simulated doors are in the database")
    if answer["missing"]:
        progress(answer["missing"])


def way_lines(run: dict[str, Any]) -> list[dict[str, Any]]:
    floor = {"what": "bare echo, 180 bytes there and back", "taken": run["echo"], "of_echo": 1}
    return [{**way, **way["taken"], "database": run["database"]} for way in (floor, *run["ways"])]


@click.command()
@click.option("--only", metavar="R1,R5", help="These scenarios; else all.")
@click.option("--doors", default=50, show_default=True, type=click.IntRange(2, 1000), help="Simulated controllers.")
@click.option("--database", "which", type=click.Choice(["sqlite", "postgresql"]), help="Only this one; else both.")
@click.option("--full", is_flag=True, help="Outages as long as the scenarios say, hours in all; else scaled down.")
@click.option("--postgres", metavar="URL", help="A server one may make databases on; else one from the wheel.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def reliability(
    only: str | None,
    doors: int,
    which: str | None,
    full: bool,  # noqa: FBT001 - click's flag
    postgres: str | None,
    as_json: bool,  # noqa: FBT001 - click's flag
) -> None:
    """What a site must survive, done to real processes on both databases: expected, observed, and whether it holds."""
    wanted = [code.strip().upper() for code in only.split(",")] if only else list(SCENARIOS)
    unknown = sorted(set(wanted) - SCENARIOS.keys())
    if unknown:
        raise click.BadParameter(f"{', '.join(unknown)}: there are {', '.join(SCENARIOS)}", param_hint="--only")
    chosen = {code: SCENARIOS[code] for code in wanted}
    kinds, missing = backends(postgres)
    kinds = [kind for kind in kinds if which in (None, kind)]
    with tempfile.TemporaryDirectory(prefix="vuoro-bench-") as folder:
        try:
            played = trouble.measure(chosen, kinds, Path(folder), postgres, doors=doors, full=full)
            found = [told(outcome, as_json=as_json) for outcome in played]
        except NotStarted as error:
            raise click.ClickException(str(error)) from error
    tests = {code: each for code, each in chosen.items() if isinstance(each, trouble.AsTest)}
    if as_json:
        answer = {"machine": machine(), "doors": doors, "full": full, "missing": missing}
        outcomes = [plain(outcome) for outcome in found]
        click.echo(
            json.dumps({**answer, "outcomes": outcomes, "tests": {c: plain(t) for c, t in tests.items()}}, indent=1)
        )
    else:
        tell_tests(tests)
    raise SystemExit(0 if all(outcome.holds for outcome in found) else 1)


def told(outcome: trouble.Outcome, *, as_json: bool) -> trouble.Outcome:
    """Said as soon as it is known: all of them take minutes, at full length hours."""
    if not as_json:
        click.echo(f"{outcome.code}  {outcome.title}  ({outcome.database}, {outcome.seconds} s)")
        click.echo(f"    expected  {outcome.expected}")
        click.echo(f"    observed  {outcome.observed}")
        click.echo(f"    {'holds' if outcome.holds else 'DOES NOT HOLD'}")
    return outcome


def tell_tests(tests: dict[str, trouble.AsTest]) -> None:
    for code, each in tests.items():
        click.echo(f"{code}  {each.title}\n    expected  {each.expected}\n    see       {each.tests}")
