"""Changes of a written condition by the place of its parts: "1.0" is the first part of the second part. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from booking.refusals import NotFound

Spec = dict[str, Any]
ALWAYS: Spec = {"always": True}


def group_key(spec: Any) -> str:
    """Under which name a group holds its parts; "" for what is no group."""
    if not isinstance(spec, Mapping):
        return ""
    found = next((key for key in ("all", "any", "not") if key in spec), "")
    return found or ("of" if "at_least" in spec else "")


def parts(spec: Any) -> list[Any]:
    key = group_key(spec)
    if not key:
        return []
    held = spec[key]
    return [held] if key == "not" else list(held if isinstance(held, list) else [])


def with_parts(spec: Spec, inner: list[Any]) -> Spec | None:
    """A group with other parts; None when none is left."""
    key = group_key(spec)
    if not inner:
        return None
    return spec | {key: inner[0] if key == "not" else inner}


def places(path: str) -> list[int]:
    """Raises NotFound for a path that is none."""
    steps = path.split(".") if path else []
    if not all(step.isdigit() for step in steps):
        raise NotFound(what="rule")
    return [int(step) for step in steps]


def node(spec: Any, path: str) -> Any:
    """The part at a path. Raises NotFound."""
    for place in places(path):
        inner = parts(spec)
        if place >= len(inner):
            raise NotFound(what="rule")
        spec = inner[place]
    return spec


def put(spec: Any, path: str, new: Any) -> Any:
    """The condition with another part at a path; None takes the part out, and with it a group that holds no other."""
    node(spec, path)
    return _put(spec, places(path), new)


def _put(spec: Any, steps: list[int], new: Any) -> Any:
    if not steps:
        return new
    inner = parts(spec)
    changed = _put(inner[steps[0]], steps[1:], new)
    kept = [*inner[: steps[0]], *([] if changed is None else [changed]), *inner[steps[0] + 1 :]]
    return with_parts(spec, kept)


def added(spec: Any, path: str, new: Any) -> tuple[Any, str]:
    """The condition with a part more in the group at a path, and where that part stands. What is no group of several
    becomes one: both must hold."""
    there = node(spec, path) if spec is not None else None
    if there in (None, ALWAYS):
        return (new, path) if spec in (None, ALWAYS) else (put(spec, path, new), path)
    several = group_key(there) in ("all", "any", "of")
    group = there if several else {"all": [there]}
    grown = with_parts(group, [*parts(group), new])
    place = str(len(parts(group)))
    return put(spec, path, grown), f"{path}.{place}" if path else place


def wrapped(spec: Any, path: str, kind: str) -> Any:
    """The part at a path inside a new group: all, any, or not."""
    there = node(spec, path)
    return put(spec, path, {"not": there} if kind == "not" else {kind: [there]})
