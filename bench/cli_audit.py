"""`vuoro bench audit`: the log measured: appending, signing, verifying, exporting."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

import click

from bench import audit as logs
from bench.databases import backends
from bench.figures import machine, plain, progress, show

LOG = {
    "database": "database",
    "what": "what",
    "n": "entries",
    "seconds": "s",
    "per_s": "entries/s",
    "processor_s": "processor s",
    "per_processor_s": "per processor s",
    "memory_mb": "peak grew MB",
}


@click.command()
@click.option("--entries", default=200_000, show_default=True, type=click.IntRange(1000, 10_000_000))
@click.option("--singly", default=2000, show_default=True, type=click.IntRange(1, 100_000), help="One commit each.")
@click.option("--database", "which", type=click.Choice(["sqlite", "postgresql"]), help="Only this one; else both.")
@click.option("--postgres", metavar="URL", help="A server one may make databases on; else one from the wheel.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def audit(entries: int, singly: int, which: str | None, postgres: str | None, as_json: bool) -> None:  # noqa: FBT001
    """Acts chained a second, entries verified a second, and the export of all of them, with the memory it takes."""
    kinds, missing = backends(postgres)
    found: list[logs.Speed] = []
    for kind in [which] if which else kinds:
        with tempfile.TemporaryDirectory(prefix="vuoro-bench-") as folder:
            found += logs.measure(kind, Path(folder), postgres, entries=entries, singly=singly)
    rows = [plain(speed) for speed in found]
    if as_json:
        click.echo(json.dumps({"machine": machine(), "missing": missing, "log": rows}, indent=1))
        return
    show(LOG, rows)
    if missing:
        progress(missing)
