"""Instances and results out of JSON, strictly: every fault with its path, or the value whole."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from booking.core.allocation import shapes
from booking.core.allocation.consistency import inconsistencies
from booking.core.allocation.instance import Instance
from booking.core.allocation.result import Result
from booking.core.allocation.writing import INSTANCE_FORMAT, RESULT_FORMAT, canonical

TOO_DEEP = "(the whole): is nested too deep"


class InstanceError(Exception):
    """What is given is not an instance (or a result); `lines`: each `path: message`."""

    def __init__(self, lines: Iterable[str]) -> None:
        self.lines = list(lines)
        super().__init__("\n".join(self.lines))


def instance_from(document: Any) -> Instance:
    """The instance that this JSON says, in its canonical order. Raises InstanceError with every fault."""
    faults: list[str] = []
    try:
        instance = shapes.read(Instance, _without_format(document, INSTANCE_FORMAT, faults), faults)
        faults.extend(inconsistencies(document))
    except RecursionError:
        raise InstanceError([TOO_DEEP]) from None
    if faults:
        raise InstanceError(faults)
    return canonical(instance)


def result_from(document: Any) -> Result:
    """The result that this JSON says. Raises InstanceError with every fault."""
    faults: list[str] = []
    result: Result = shapes.read(Result, _without_format(document, RESULT_FORMAT, faults), faults)
    if faults:
        raise InstanceError(faults)
    return result


def document_of(text: str | bytes) -> Any:
    """JSON as it is written, with no key twice and no number that JSON does not know. Raises InstanceError."""
    try:
        return json.loads(text, object_pairs_hook=_once, parse_constant=_no_constant)
    except InstanceError:
        raise
    except UnicodeDecodeError:
        raise InstanceError(["(the whole): is not UTF-8"]) from None
    except json.JSONDecodeError as error:
        raise InstanceError([f"line {error.lineno} column {error.colno}: is not JSON: {error.msg}"]) from None
    except RecursionError:
        raise InstanceError([TOO_DEEP]) from None


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        twice = sorted({name for name in names if names.count(name) > 1})
        raise InstanceError([f"{name}: stands twice in one object" for name in twice])
    return found


def _no_constant(name: str) -> Any:
    raise InstanceError([f"(the whole): {name} is not JSON"])


def _without_format(document: Any, wanted: str, faults: list[str]) -> Any:
    """The document without its key `format`, which may be left out but not be another."""
    if not isinstance(document, dict) or "format" not in document:
        return document
    if document["format"] != wanted:
        shapes.fault(faults, "format", f"must be {wanted}")
    return {key: value for key, value in document.items() if key != "format"}
