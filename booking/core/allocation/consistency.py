"""What an instance's parts must be to one another, told of the JSON itself, so that one fault never hides another.

What is not of its right shape (a text for a number) is passed over here: `shapes` tells it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from itertools import pairwise
from typing import Any

from booking.core.allocation.instance import Tier

GRIDS = (5, 10, 15, 30, 60)
MOST_DAYS = 1100
MOST_PAIRS = (("start_min", "end_min", True), ("first_on", "last_on", False), ("min_minutes", "max_minutes", False))


def inconsistencies(document: Any) -> Iterator[str]:
    """Each `path: message`."""
    if not isinstance(document, dict):
        return
    yield from _wrong_way_round(document, "")
    yield from _grid(document)
    yield from _season(document)
    yield from _twice(document)
    yield from _classes(document)
    yield from _policy(document)
    yield from _unknown_names(document)


def rows_of(document: Any, key: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """The objects of a list with their paths."""
    rows = document.get(key) if isinstance(document, dict) else None
    for at, row in enumerate(rows if isinstance(rows, list) else ()):
        if isinstance(row, dict):
            yield f"{key}[{at}]", row


def texts(rows: Any) -> list[str]:
    return [one for one in rows if isinstance(one, str)] if isinstance(rows, list) else []


def _wrong_way_round(value: Any, path: str) -> Iterator[str]:
    """Wherever an object has both ends of something, they are in order; an exclusion's ends have defaults."""
    if isinstance(value, list):
        for at, one in enumerate(value):
            yield from _wrong_way_round(one, f"{path}[{at}]")
    elif isinstance(value, dict):
        for first, last, strictly in MOST_PAIRS:
            if first in value or last in value:
                yield from _pair(value, first, last, strictly=strictly, path=path)
        for name, one in value.items():
            if isinstance(one, list | dict):
                yield from _wrong_way_round(one, f"{path}.{name}" if path else name)


def _pair(value: Mapping[str, Any], first: str, last: str, *, strictly: bool, path: str) -> Iterator[str]:
    low, high = value.get(first, 0 if first == "start_min" else None), value.get(last)
    if first == "first_on":
        low, high = _ordinal(low), _ordinal(high)
    if type(low) is int and type(high) is int and (low > high or (strictly and low == high)):
        yield f"{path}.{last}".lstrip(".") + f": must be {'after' if strictly else 'no less than'} {first}"


def _ordinal(value: Any) -> int | None:
    found = day(value)
    return found.toordinal() if found else None


def _grid(document: Mapping[str, Any]) -> Iterator[str]:
    grid = document.get("grid_min")
    if type(grid) is int and grid not in GRIDS:
        yield f"grid_min: must be one of {', '.join(map(str, GRIDS))}"


def day(value: Any) -> date | None:
    try:
        return date.fromisoformat(value)
    except (TypeError, ValueError):
        return None


def _season(document: Mapping[str, Any]) -> Iterator[str]:
    season = document.get("season")
    if not isinstance(season, dict):
        return
    first, last = day(season.get("first_on")), day(season.get("last_on"))
    if first and last and (last - first).days >= MOST_DAYS:
        yield f"season: at most {MOST_DAYS} days"


def _twice(document: Mapping[str, Any]) -> Iterator[str]:
    for key in ("classes", "spaces", "sections", "quotas"):
        seen: dict[Any, str] = {}
        for path, row in rows_of(document, key):
            name = row.get("id")
            if isinstance(name, str) and seen.setdefault(name, path) != path:
                yield f"{path}.id: {name} is also the id of {seen[name]}"
    for path, space in rows_of(document, "spaces"):
        if len(atoms := texts(space.get("atoms"))) > len(set(atoms)):
            yield f"{path}.atoms: one stands twice"
        if space.get("atoms") == []:
            yield f"{path}.atoms: at least one"


def _classes(document: Mapping[str, Any]) -> Iterator[str]:
    ranks: dict[int, str] = {}
    for path, row in rows_of(document, "classes"):
        rank = row.get("rank")
        if type(rank) is int and ranks.setdefault(rank, path) != path:
            yield f"{path}.rank: is also that of {ranks[rank]}"


def _policy(document: Mapping[str, Any]) -> Iterator[str]:
    policy = document.get("policy")
    if not isinstance(policy, dict):
        return
    tiers = policy.get("tiers")
    if isinstance(tiers, list):
        if tiers[:1] != [Tier.COVERAGE.value]:
            yield "policy.tiers: the first must be coverage"
        if len(texts(tiers)) > len(set(texts(tiers))):
            yield "policy.tiers: one stands twice"
    yield from _need_curve(document, policy.get("need_curve"))


def _need_curve(document: Mapping[str, Any], curve: Any) -> Iterator[str]:
    if not isinstance(curve, list) or not all(type(one) is int for one in curve):
        return
    if not curve or curve[0] <= 0 or any(low > high for high, low in pairwise(curve)):
        yield "policy.need_curve: must start above 0 and never rise"
    asked = [events for _, row in rows_of(document, "sections") if type(events := row.get("events")) is int]
    if asked and 7 >= max(asked) > len(curve):
        yield f"policy.need_curve: has {len(curve)} numbers, but a section asks for {max(asked)} events"


def _unknown_names(document: Mapping[str, Any]) -> Iterator[str]:
    known = {key: {row["id"] for _, row in rows_of(document, key) if isinstance(row.get("id"), str)}
             for key in ("spaces", "sections", "classes")}  # fmt: skip
    for path, row in rows_of(document, "sections"):
        yield from _unknown(path, row, known, classes="class_id")
        for inner, option in rows_of(row, "options"):
            yield from _unknown(f"{path}.{inner}", option, known, spaces="space")
            if not any(option.get(name) for name in ("space", "kind", "premises", "district")):
                yield f"{path}.{inner}: must name a space, kind, premises or district"
    for key in ("pins", "exclusions", "incumbent"):
        for path, row in rows_of(document, key):
            yield from _unknown(path, row, known, spaces="space", sections="section")
    yield from _quotas(document, known)


def _unknown(path: str, row: Mapping[str, Any], known: Mapping[str, set[str]], **keys: str) -> Iterator[str]:
    for kind, key in keys.items():
        name = row.get(key)
        if isinstance(name, str) and name and name not in known[kind]:
            yield f"{path}.{key}: no {kind.removesuffix('es') if kind == 'classes' else kind[:-1]} {name}"


def _quotas(document: Mapping[str, Any], known: Mapping[str, set[str]]) -> Iterator[str]:
    for path, row in rows_of(document, "quotas"):
        if row.get("most_minutes") is None and row.get("most_percent") is None:
            yield f"{path}: must have most_minutes or most_percent"
        yield from _strangers(path, row, "classes", known["classes"])
        yield from _strangers(path, row, "spaces", known["spaces"])


def _strangers(path: str, row: Mapping[str, Any], key: str, known: Iterable[str]) -> Iterator[str]:
    one = "class" if key == "classes" else key[:-1]
    for name in sorted(set(texts(row.get(key))) - set(known)):
        yield f"{path}.{key}: no {one} {name}"
