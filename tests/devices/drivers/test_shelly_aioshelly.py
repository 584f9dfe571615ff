"""Shelly against aioshelly, the library of others that Home Assistant speaks to these relays with: what it asks of a
relay and how it reads one is what our codec does."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

import pytest
from aioshelly.exceptions import RpcCallError
from aioshelly.rpc_device.wsrpc import RPCCall, RPCSource, SessionData, WsRPC

from devices.drivers.shelly import Shelly
from devices.drivers.told import Acknowledged, ContactSaid, LockSaid, LockState, Told

OURS = "vuoro/answers/porch"
T = TypeVar("T")


def in_a_loop(work: Coroutine[Any, Any, T]) -> T:
    """In a thread of its own: a browser that other tests keep open has a loop running in this one."""
    with ThreadPoolExecutor(1) as aside:
        return aside.submit(asyncio.run, work).result()


def shelly() -> Shelly:
    return Shelly("porch", OURS, contact=0)


def asked_by_others(method: str, params: dict[str, Any], call_id: int) -> dict[str, Any]:
    """The frame that aioshelly would send for this call."""

    async def frame() -> dict[str, Any]:
        session = SessionData(src=OURS, dst=None, auth_data=None)
        call = RPCCall(call_id, method, params, session, asyncio.get_running_loop().create_future())
        return call.build_request_frame()

    return in_a_loop(frame())


def read_by_others(frame: dict[str, Any]) -> tuple[str, Any]:
    """What aioshelly makes of an answer: its result, or the error it raises."""
    if "error" not in frame:
        return "result", frame["result"]
    _error, code, message = WsRPC._parse_rpc_error(frame)
    return "error", RpcCallError(code, message).code


def heard_by_others(frame: dict[str, Any]) -> list[tuple[RPCSource, str, Any]]:
    """What aioshelly tells its user of a notification."""
    told: list[tuple[RPCSource, str, Any]] = []

    async def hear() -> None:
        rpc = WsRPC("porch", lambda source, method, params: told.append((source, method, params)))
        rpc.handle_frame(RPCSource.CLIENT, frame)

    in_a_loop(hear())
    return told


def say(body: dict[str, Any], topic: str) -> tuple[Told, ...]:
    return shelly().feed(topic, json.dumps(body).encode(), retained=False, mono_ms=0)


@pytest.mark.parametrize(
    ("method", "params"),
    [
        ("Switch.Set", {"id": 0, "on": True, "toggle_after": 5}),
        (
            "Switch.SetConfig",
            {"id": 0, "config": {"auto_off": True, "auto_off_delay": 5, "initial_state": "off"}},
        ),
        ("Switch.GetStatus", {"id": 0}),
    ],
)
def test_our_calls_are_framed_as_aioshelly_frames_them(method: str, params: dict[str, Any]) -> None:
    codec = shelly()
    calls = {"Switch.Set": codec.release(7, 5), "Switch.SetConfig": codec.safety_net(7, 5)}
    ours = calls.get(method) or codec.ask(7)
    assert json.loads(ours.payload) == asked_by_others(method, params, 7)


@pytest.mark.parametrize(
    "frame",
    [
        {"id": 7, "src": "shellyplus1-a8032abe54dc", "dst": OURS, "result": {"was_on": False}},
        {"id": 7, "src": "shellyplus1-a8032abe54dc", "dst": OURS, "error": {"code": -105, "message": "not found"}},
    ],
)
def test_an_answer_means_to_us_what_it_means_to_aioshelly(frame: dict[str, Any]) -> None:
    kind, value = read_by_others(frame)
    code = str(value) if kind == "error" else ""
    assert say(frame, f"{OURS}/rpc") == (Acknowledged("7", kind == "result", code),)


def test_a_notification_is_heard_as_aioshelly_hears_it() -> None:
    params = {"ts": 1700000005.2, "switch:0": {"id": 0, "output": True, "source": "MQTT"}, "input:0": {"state": False}}
    frame = {"src": "shellyplus1-a8032abe54dc", "dst": "porch/events", "method": "NotifyStatus", "params": params}
    assert heard_by_others(frame) == [(RPCSource.CLIENT, "NotifyStatus", params)]
    assert say(frame, "porch/events/rpc") == (LockSaid(LockState.UNLOCKED), ContactSaid(open=True))
