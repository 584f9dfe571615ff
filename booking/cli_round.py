"""`vuoro round`: a season's round as files, solved, checked, explained, compared, run again."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterable
from dataclasses import asdict, replace
from pathlib import Path
from time import monotonic
from typing import Any, NoReturn

import click

from booking.cli_round_told import (
    difference_json,
    difference_lines,
    explained_lines,
    fault_json,
    fault_line,
    summary,
)
from booking.core.allocation import reading, writing
from booking.core.allocation.differing import by_class, difference
from booking.core.allocation.explaining import Explained, Explainer
from booking.core.allocation.figures import figures
from booking.core.allocation.generating import SIZES, generate
from booking.core.allocation.instance import Instance
from booking.core.allocation.replaying import replay as run_again
from booking.core.allocation.result import Progress, Result
from booking.core.allocation.solving import solve as solved
from booking.core.allocation.verifying import verify as faults_of

FILE = click.Path(path_type=Path)
BAD_INPUT = 2


@click.group("round")
def round_group() -> None:
    """A season's round as files: solve, verify, explain, compare, run again."""


@round_group.command()
@click.argument("instance_file", metavar="INSTANCE", type=FILE)
@click.option("--seconds", type=click.IntRange(1, 3600), default=60, show_default=True, help="How long to search.")
@click.option("--iterations", type=click.IntRange(1), help="How many steps to search; goes before --seconds.")
@click.option("--restarts", type=click.IntRange(1, 16), default=1, show_default=True, help="The best of so many runs.")
@click.option("--seed", help="Instead of the one that follows from the round and its public draw.")
@click.option("--out", type=FILE, help="Where to write the result.")
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
def solve(
    instance_file: Path, *, seconds: int, iterations: int | None, restarts: int, seed: str | None, out: Path | None,
    as_json: bool,
) -> None:  # fmt: skip
    """Grant the slots of a round; how far it is goes to standard error."""
    instance = _instance(instance_file)
    tell = Teller()
    result = solved(instance, seed=seed, seconds=seconds, iterations=iterations, restarts=restarts, tell=tell)
    result = replace(result, figures=figures(instance, result))
    document = writing.result_to_json(result)
    if out:
        _write(out, document)
    click.echo(_json(document) if as_json else "\n".join(summary(result)))


@round_group.command()
@click.argument("instance_file", metavar="INSTANCE", type=FILE)
@click.argument("result_file", metavar="RESULT", type=FILE)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def verify(instance_file: Path, result_file: Path, *, as_json: bool) -> None:
    """Check a result apart from the solver; exit 1 with every fault on a line."""
    instance, result = _instance(instance_file), _result(result_file)
    begun = monotonic()
    faults = faults_of(instance, result)
    if as_json:
        click.echo(_json({"faults": [fault_json(one) for one in faults], "seconds": round(monotonic() - begun, 3)}))
    else:
        for one in faults:
            click.echo(fault_line(one))
        click.echo(f"{len(result.grants)} grants, {len(faults)} faults")
    raise click.exceptions.Exit(1 if faults else 0)


@round_group.command()
@click.argument("instance_file", metavar="INSTANCE", type=FILE)
@click.argument("result_file", metavar="RESULT", type=FILE)
@click.option("--section", help="Only this section; otherwise all that got less than they asked.")
@click.option("--all", "every", is_flag=True, help="Only how many, and how long it took.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def explain(instance_file: Path, result_file: Path, *, section: str | None, every: bool, as_json: bool) -> None:
    """Why each wish was not granted, and what is free instead."""
    instance, result = _instance(instance_file), _result(result_file)
    begun = monotonic()
    explainer = Explainer(instance, result)
    if section is not None and section not in explainer.truth.sections:
        _refuse([f"--section: no section {section}"])
    told = [explainer.explain(section)] if section is not None else list(explainer.explain_all())
    unmet = [one for one in told if section is not None or one.granted < one.asked]
    counts = _counts(unmet) | {"seconds": round(monotonic() - begun, 3)}
    if as_json:
        click.echo(_json(counts | {"sections": [asdict(one) for one in unmet]}))
    elif every:
        click.echo("\n".join(f"{name}: {value}" for name, value in counts.items()))
    else:
        click.echo("\n".join(line for one in unmet for line in explained_lines(one)))


def _counts(unmet: list[Explained]) -> dict[str, Any]:
    return {
        "unmet": len(unmet),
        "with_offers": sum(bool(one.offers) for one in unmet),
        "reasons": sum(len(one.reasons) for one in unmet),
    }


@round_group.command()
@click.argument("before_file", metavar="RESULT", type=FILE)
@click.argument("after_file", metavar="RESULT", type=FILE)
@click.option("--instance", "instance_file", type=FILE, help="Counts by class as well.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def diff(before_file: Path, after_file: Path, *, instance_file: Path | None, as_json: bool) -> None:
    """Who gains, who loses and who is moved from the first result to the second."""
    found = difference(_result(before_file), _result(after_file))
    classes = by_class(_instance(instance_file), found) if instance_file else {}
    if as_json:
        click.echo(_json(difference_json(found) | ({"classes": classes} if classes else {})))
        return
    click.echo("\n".join(difference_lines(found)))
    for name, counts in classes.items():
        click.echo(f"class {name}: " + ", ".join(f"{count} {kind}" for kind, count in counts.items()))


@round_group.command()
@click.argument("instance_file", metavar="INSTANCE", type=FILE)
@click.argument("result_file", metavar="RESULT", type=FILE)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def replay(instance_file: Path, result_file: Path, *, as_json: bool) -> None:
    """Run a result again as it was run; exit 1 and say what differs, if anything does."""
    instance, result = _instance(instance_file), _result(result_file)
    found = run_again(instance, result)
    if as_json:
        rows = [{"what": what, "kept": kept, "now": now} for what, kept, now in found.differences]
        click.echo(_json({"identical": found.identical, "differences": rows, "remarks": list(found.remarks)}))
    else:
        for what, kept, now in found.differences:
            click.echo(f"{what}: kept {kept}, now {now}")
        for remark in found.remarks:
            click.echo(f"note: {remark}")
        click.echo(f"identical: plan {found.plan_hash}" if found.identical else "differs")
    raise click.exceptions.Exit(0 if found.identical else 1)


@round_group.command("generate")
@click.option("--size", type=click.Choice(list(SIZES)), required=True, help="Spaces, sections, organisations by size.")
@click.option("--seed", type=click.IntRange(0), required=True, help="The same seed gives the same city.")
@click.option("--ratio", type=click.FloatRange(0.1, 10), default=1.6, show_default=True, help="Peak asked so often.")
@click.option("--out", type=FILE, help="Where to write it; otherwise it is printed.")
def generate_city(size: str, seed: int, ratio: float, out: Path | None) -> None:
    """A round of an invented city."""
    document = writing.instance_to_json(generate(size, seed, ratio))
    if out:
        _write(out, document)
    else:
        click.echo(_json(document))


class Teller:
    """Tells on standard error how far a run is: each new stage or class, and every twentieth of the whole."""

    def __init__(self) -> None:
        self.told: tuple[str, str | None, int] | None = None

    def __call__(self, progress: Progress) -> bool:
        here = (progress.stage, progress.class_id, int(progress.share * 20))
        if here != self.told:
            self.told = here
            gap = "" if progress.gap_percent is None else f" gap {progress.gap_percent:.2f} %"
            left = "" if progress.left_s is None else f" {progress.left_s:.0f} s left"
            of_class = f" class {progress.class_id}" if progress.class_id else ""
            click.echo(f"{progress.share:4.0%} {progress.stage}{of_class}{gap}{left}", err=True)
        return True


# --- files


def _instance(path: Path) -> Instance:
    try:
        return reading.instance_from(reading.document_of(_bytes(path)))
    except reading.InstanceError as error:
        _refuse(error.lines)


def _result(path: Path) -> Result:
    try:
        return reading.result_from(reading.document_of(_bytes(path)))
    except reading.InstanceError as error:
        _refuse(error.lines)


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        _refuse([f"{path}: {error.strerror}"])


def _refuse(lines: Iterable[str]) -> NoReturn:
    for line in lines:
        click.echo(line, err=True)
    raise click.exceptions.Exit(BAD_INPUT)


def _json(document: Any) -> str:
    return json.dumps(document, ensure_ascii=False, indent=1)


def _write(path: Path, document: Any) -> None:
    """Whole or not at all."""
    try:
        with tempfile.NamedTemporaryFile("w", dir=path.parent, delete=False, encoding="utf-8") as half:
            half.write(_json(document) + "\n")
        Path(half.name).chmod(0o644)
        Path(half.name).replace(path)
    except OSError as error:
        _refuse([f"{path}: {error.strerror}"])
