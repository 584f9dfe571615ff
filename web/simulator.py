"""The control API of the simulated doors (firmware-sim/README.md), as the demo's bench page asks it."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

PATIENCE_S = 4
State = dict[str, Any]


class BenchSilent(Exception):
    """The simulator is not there."""


class BenchRefuses(Exception):
    """The simulator says why not, in English."""


def doors(url: str) -> list[State]:
    """Every simulated door as it is. Raises BenchSilent, BenchRefuses."""
    found: list[State] = _ask(url, "doors", None)["doors"]
    return found


def tap(url: str, door: str, credential: Mapping[str, str]) -> State:
    """Show a card or type a PIN: the decision. Raises BenchSilent, BenchRefuses."""
    return _ask(url, f"doors/{quote(door, safe='')}/tap", credential)


def act(url: str, door: str, what: str, body: Mapping[str, Any]) -> State:
    """Pull a plug, cut the power, move the leaf or the clock: the state after it. Raises BenchSilent, BenchRefuses."""
    return _ask(url, f"doors/{quote(door, safe='')}/{what}", body)


def _ask(url: str, path: str, body: Mapping[str, Any] | None) -> State:
    if not url.startswith("http://127.0.0.1:"):
        raise BenchSilent("no address")
    sent = None if body is None else json.dumps(body).encode()
    kind = {"Content-Type": "application/json"}
    request = urllib.request.Request(f"{url}/{path}", sent, kind)  # noqa: S310 - loopback only, as checked above
    try:
        with urllib.request.urlopen(request, timeout=PATIENCE_S) as answer:  # noqa: S310
            said: State = json.load(answer)
    except urllib.error.HTTPError as error:
        with error:
            raise BenchRefuses(_why(error.read())) from error
    except (OSError, ValueError) as error:
        raise BenchSilent(str(error)) from error
    return said


def _why(body: bytes) -> str:
    try:
        return str(json.loads(body)["error"])
    except (ValueError, KeyError, TypeError):
        return "?"
