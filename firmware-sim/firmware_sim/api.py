"""The control API of the bench on loopback HTTP: look at the doors, tap cards, pull plugs. Described in README.md."""

import json
import re
from collections.abc import Callable, Mapping
from fnmatch import fnmatchcase
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, TypeVar
from urllib.parse import parse_qs

from firmware_sim import crowd, pages
from firmware_sim.credentials import BadCredential
from firmware_sim.door import Door, NoPower
from firmware_sim.flash import PowerCut
from firmware_sim.scenario import HOW, BadScenario, Which, check, faults
from firmware_sim.serial_site import SerialBench
from firmware_sim.site import Bench, Site
from firmware_sim.weather import CALM

LONGEST_BODY = 4096
LOCAL = re.compile(r"(127\.0\.0\.1|localhost|\[::1\])(:\d+)?")


class BadRequest(Exception):
    """`status` and a sentence for whoever wrote the request."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


T = TypeVar("T")
Body = Mapping[str, Any]
Act = Callable[[Door, Body], dict[str, Any] | None]


def answer(site: Site, method: str, path: str, body: Body) -> dict[str, Any]:
    """What a request is answered with. Raises BadRequest."""
    place, _, query = path.partition("?")
    parts = [part for part in place.split("/") if part]
    if parts == ["summary"]:
        _only(method, "GET")
        return crowd.summary(site)
    if parts[:1] == ["all"] and len(parts) == 2:
        _only(method, "POST")
        return _all(site, parts[1], body)
    if parts[:1] != ["doors"] or len(parts) > 3:
        raise BadRequest(404, "no such page; there are /doors, /summary and /all")
    if len(parts) == 1:
        _only(method, "GET")
        return {"doors": [_ask(site, bench, bench.view) for bench in _wanted(site, query)]}
    bench = site.benches.get(parts[1])
    if bench is None:
        raise BadRequest(404, f"no door {parts[1]!r} here")
    if len(parts) == 2:
        _only(method, "GET")
        return _ask(site, bench, bench.view)
    return _one(site, bench, method, parts[2], body)


def _wanted(site: Site, query: str) -> list[Bench]:
    """All; or those whose name fits `?doors=pattern`, at most `count` of them."""
    asked = parse_qs(query)
    pattern, count = asked.get("doors", ["*"])[-1], asked.get("count", [""])[-1]
    found = [bench for name, bench in site.benches.items() if fnmatchcase(name, pattern)]
    return found[: int(count)] if count.isascii() and count.isdecimal() else found


def _all(site: Site, what: str, body: Body) -> dict[str, Any]:
    act = ACTS.get(what)
    if act is None:
        raise BadRequest(404, f"no {what!r}; there are {', '.join(ACTS)}")
    part, seed = body.get("part", 1), body.get("seed", 1)
    if isinstance(part, bool) or not isinstance(part, int | float) or not 0 <= part <= 1 or not _whole(seed):
        raise BadRequest(422, '"part" is 0 to 1 and "seed" a whole number')
    which = Which(_text(body, "doors") if "doors" in body else "*", part)
    rest = {key: value for key, value in body.items() if key not in ("doors", "part", "seed")}
    try:
        return crowd.act(site, which, seed, lambda door: act(door, rest))
    except BadCredential as error:
        raise BadRequest(422, str(error)) from error


def _one(site: Site, bench: Bench, method: str, what: str, body: Body) -> dict[str, Any]:
    if isinstance(bench, SerialBench):
        if what != "tap":
            raise BadRequest(404, "a serial bench has only tap")
        _only(method, "POST")
        return _serial_tap(bench, body)
    if not isinstance(bench, Door):
        raise BadRequest(404, "nothing to do there")
    if what == "events":
        _only(method, "GET")
        return {"events": _ask(site, bench, bench.events)}
    act = ACTS.get(what)
    if act is None:
        raise BadRequest(404, f"no {what!r}; there are events, {', '.join(ACTS)}")
    _only(method, "POST")
    done = _ask(site, bench, lambda: act(bench, body))
    return done if done is not None else _ask(site, bench, bench.view)


def _ask(site: Site, bench: Bench, job: Callable[[], T]) -> T:
    try:
        return site.loop.call(job) if isinstance(bench, Door) else job()
    except NoPower as error:
        raise BadRequest(409, f"{error} has no power") from error
    except PowerCut as error:
        raise BadRequest(409, "its power went in the middle of a write") from error
    except BadCredential as error:
        raise BadRequest(422, str(error)) from error


def _tap(door: Door, body: Body) -> dict[str, Any]:
    _keys(body, "card", "pin", "format", "bits", "reader")
    if ("card" in body) == ("pin" in body):
        raise BadRequest(422, 'either "card" or "pin"')
    if "pin" in body:
        _keys(body, "pin", "reader")
        return door.pin(_text(body, "pin"), reader=_side(body))
    form, bits = body.get("format", "em4100"), body.get("bits", 40)
    if not isinstance(form, str) or not _whole(bits):
        raise BadRequest(422, '"format" is text and "bits" a whole number')
    return door.card(_text(body, "card"), form=form, bits=bits, reader=_side(body))


def _side(body: Body) -> str:
    side = body.get("reader", "in")
    if side not in ("in", "out"):
        raise BadRequest(422, '"reader" is in or out')
    return str(side)


def _inputs(door: Door, body: Body) -> None:
    _keys(body, "fire", "interlock", "rex")
    fire, interlock, rex = (_flag(body, key) if key in body else None for key in ("fire", "interlock", "rex"))
    door.inputs(fire=fire, interlock=interlock, rex=bool(rex))


def _serial_tap(bench: SerialBench, body: Body) -> dict[str, Any]:
    _keys(body, "card", "wait_ms")
    wait_ms = body.get("wait_ms", 1000)
    if not _whole(wait_ms) or not 0 <= wait_ms <= 10_000:
        raise BadRequest(422, '"wait_ms" is 0 to 10000')
    try:
        return bench.tap(_text(body, "card"), wait_ms=wait_ms)
    except BadCredential as error:
        raise BadRequest(422, str(error)) from error


def _network(door: Door, body: Body) -> None:
    _keys(body, "plugged")
    door.plug(plugged=_flag(body, "plugged"))


def _weather(door: Door, body: Body) -> None:
    try:
        check("", body, HOW["network"])
    except BadScenario as error:
        raise BadRequest(422, str(error)) from error
    door.weather(faults(body) if body else CALM)


def _contact(door: Door, body: Body) -> None:
    _keys(body, "open")
    door.move(opened=_flag(body, "open"))


def _power(door: Door, body: Body) -> None:
    _keys(body, "off_s", "rtc_lost")
    off_s = body.get("off_s", 0)
    if isinstance(off_s, bool) or not isinstance(off_s, int | float) or not 0 <= off_s <= 86400:
        raise BadRequest(422, '"off_s" is seconds, 0 to 86400')
    door.power_cut(off_s=off_s, rtc_lost=_flag(body, "rtc_lost") if "rtc_lost" in body else False)


def _clock(door: Door, body: Body) -> None:
    _keys(body, "offset_s", "jump_s", "state", "age_s")
    if not body.keys() & {"offset_s", "jump_s", "state"}:
        raise BadRequest(422, 'one of "offset_s", "jump_s", "state"')
    offset_ms, jump_ms = _milliseconds(body, "offset_s"), _milliseconds(body, "jump_s")
    state, age_s = body.get("state", ""), body.get("age_s", 86400)
    if "state" in body and state not in ("synced", "holdover", "unknown"):
        raise BadRequest(422, '"state" is synced, holdover or unknown')
    if not _whole(age_s) or not 86400 <= age_s <= 10 * 365 * 86400:
        raise BadRequest(422, '"age_s" is whole seconds, at least 86400')
    if offset_ms is not None:
        door.clock_off_by(offset_ms)
    if jump_ms is not None:
        door.clock_jump(jump_ms)
    if state:
        door.clock_state(state, age_s)


ACTS: Mapping[str, Act] = {
    "tap": _tap,
    "network": _network,
    "weather": _weather,
    "contact": _contact,
    "power": _power,
    "clock": _clock,
    "inputs": _inputs,
}


def _only(method: str, allowed: str) -> None:
    if method != allowed:
        raise BadRequest(405, f"only {allowed} here")


def _keys(body: Body, *allowed: str) -> None:
    unknown = sorted(body.keys() - set(allowed))
    if unknown:
        raise BadRequest(422, f"unknown field {unknown[0]!r}; there are: {', '.join(allowed)}")


def _text(body: Body, key: str) -> str:
    found = body.get(key)
    if not isinstance(found, str):
        raise BadRequest(422, f'"{key}" must be text')
    return found


def _flag(body: Body, key: str) -> bool:
    found = body.get(key)
    if not isinstance(found, bool):
        raise BadRequest(422, f'"{key}" must be true or false')
    return found


def _whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _milliseconds(body: Body, key: str) -> int | None:
    found = body.get(key)
    if found is None and key not in body:
        return None
    if isinstance(found, bool) or not isinstance(found, int | float) or not abs(found) <= 10 * 365 * 86400:
        raise BadRequest(422, f'"{key}" is seconds, at most ten years')
    return int(found * 1000)


class _Requests(BaseHTTPRequestHandler):
    """JSON in, JSON out. Only requests made to this machine by name are taken, so no web page elsewhere taps."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: "ControlServer"

    def do_GET(self) -> None:
        """Looks; or the page for people."""
        shown = pages.find(self.path)
        if shown is not None and LOCAL.fullmatch(self.headers.get("Host", "")):
            self._answer(200, *shown, pages.HEADERS)
        else:
            self._take("GET")

    def do_POST(self) -> None:
        """Acts."""
        self._take("POST")

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name in the standard library
        """Silent: requests carry cards and PINs."""

    def _take(self, method: str) -> None:
        try:
            body = self._body(method)
            self._send(200, answer(self.server.site, method, self.path, body))
        except BadRequest as refused:
            self._send(refused.status, {"error": str(refused)})

    def _body(self, method: str) -> Body:
        length = self.headers.get("Content-Length", "0")
        if not length.isdecimal() or int(length) > LONGEST_BODY:
            self.close_connection = True
            raise BadRequest(413, f"at most {LONGEST_BODY} bytes")
        raw = self.rfile.read(int(length))
        if not LOCAL.fullmatch(self.headers.get("Host", "")):
            raise BadRequest(403, "ask for 127.0.0.1 or localhost")
        if method == "GET":
            return {}
        if self.headers.get_content_type() != "application/json":
            raise BadRequest(415, "Content-Type must be application/json")
        return _object(raw)

    def _send(self, status: int, body: Body) -> None:
        self._answer(status, "application/json", json.dumps(body).encode(), {})

    def _answer(self, status: int, kind: str, content: bytes, more: Mapping[str, str]) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content)))
        for name, value in more.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)


def _object(raw: bytes) -> Body:
    try:
        found = json.loads(raw or b"{}")
    except (ValueError, RecursionError) as error:
        raise BadRequest(400, "the body is not JSON") from error
    if not isinstance(found, dict):
        raise BadRequest(400, "the body must be a JSON object")
    return found


class ControlServer(ThreadingHTTPServer):
    """On 127.0.0.1 only; port 0 takes a free one."""

    daemon_threads = True

    def __init__(self, site: Site, port: int) -> None:
        self.site = site
        super().__init__(("127.0.0.1", port), _Requests)
