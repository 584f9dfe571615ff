"""Figures: what was measured, its percentiles, and how it is printed."""

from __future__ import annotations

import math
import os
import platform
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import click


@dataclass(frozen=True, slots=True)
class Times:
    """How long something took, in milliseconds. `n`: how often it was measured."""

    n: int
    p50_ms: float
    p99_ms: float
    longest_ms: float


def times(taken_ms: Sequence[float]) -> Times:
    """The percentiles, by the nearest rank: each is a time that was really measured. Raises ValueError for none."""
    if not taken_ms:
        raise ValueError("nothing was measured")
    ranked = sorted(taken_ms)
    return Times(len(ranked), rounded(rank(ranked, 0.50)), rounded(rank(ranked, 0.99)), rounded(ranked[-1]))


def rank(ranked: Sequence[float], part: float) -> float:
    return ranked[max(0, math.ceil(part * len(ranked)) - 1)]


def rounded(value: float) -> float:
    """Three digits that say something."""
    return float(f"{value:.3g}")


def ratio(value: float, floor: float) -> float | None:
    """How many times the floor; None when there is none."""
    return rounded(value / floor) if floor else None


def machine() -> dict[str, Any]:
    """Where it was measured, as far as it matters for figures."""
    return {
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.machine()}",
        "cores": os.cpu_count(),
        "load_1_min": rounded(os.getloadavg()[0]),
    }


def plain(row: Any) -> dict[str, Any]:
    """A dataclass as JSON holds it."""
    return asdict(row)


def show(headings: Mapping[str, str], rows: Iterable[Mapping[str, Any]]) -> None:
    """A table on standard output; `headings` are the keys to show with their titles."""
    lines = [list(headings.values())]
    lines += [[written(row.get(key)) for key in headings] for row in rows]
    widths = [max(len(line[n]) for line in lines) for n in range(len(headings))]
    for line in lines:
        click.echo("  " + "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip())


def written(value: object) -> str:
    """A cell: numbers without digits that say nothing, a dash where there is none."""
    return "–" if value is None else f"{value:g}" if isinstance(value, float) else str(value)


def progress(said: str) -> None:
    """What is being measured now, on standard error, so that figures can be piped on."""
    click.echo(f"· {said}", err=True)
