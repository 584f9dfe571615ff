"""Giving one OSDP reader a key of its own, on a bench bus where nobody listens and no other reader hangs.

A fresh reader takes its first key over a channel made with the well-known one, which anybody on the wire can read: so
not at the door, and once. Afterwards only channels made with its own key count.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import osdp
import serial

from devices.drivers.osdp_frames import Decoder
from devices.failures import LinkLost

WAIT_S, SETTLE_S, CLEAR_S = 3.0, 1.0, 1.0
_TICK_S = 0.002


class BenchProblem(StrEnum):
    """Why a reader has no key now."""

    SILENT = "silent"  # nothing answers at this address and speed
    OTHER_KEY = "other_key"  # it has a key that is not ours: reset it


class BenchFailed(Exception):
    """The reader was not given its key."""

    def __init__(self, problem: BenchProblem) -> None:
        super().__init__(problem.value)
        self.problem = problem


@dataclass(frozen=True, slots=True)
class Provisioned:
    """The reader makes its channel with the key. `given`: just now; else it had it. `speaks_in_clear`: it talks to
    whoever asks without any key, too: its own switch for secure channels only is off."""

    given: bool
    speaks_in_clear: bool


def provision(path: str, baud: int, address: int, key: bytes) -> Provisioned:
    """Have the reader prove the key, giving it first where needed. Raises BenchFailed, LinkLost for the port."""
    try:
        with serial.Serial(path, baud, timeout=0, write_timeout=1, exclusive=True) as port:
            return _provision(port, address, key)
    except OSError as error:
        raise LinkLost(f"{path}: {error}") from error


def _provision(port: serial.Serial, address: int, key: bytes) -> Provisioned:
    had_it = _secure(port, address, key)
    if not had_it:
        _give(port, address, key)
        if not _secure(port, address, key):
            raise BenchFailed(BenchProblem.OTHER_KEY)
    return Provisioned(given=not had_it, speaks_in_clear=_Bench(port, address, None).stays_online(address))


def _secure(port: serial.Serial, address: int, key: bytes) -> bool:
    bench = _Bench(port, address, key, osdp.LibFlag.EnforceSecure)
    if bench.runs(lambda panel: bool(panel.is_sc_active(address)), WAIT_S):
        return True
    if not bench.heard:
        raise BenchFailed(BenchProblem.SILENT)
    return False


def _give(port: serial.Serial, address: int, key: bytes) -> None:
    """libosdp falls back on the well-known key and sends ours by KEYSET."""
    bench = _Bench(port, address, key)
    if bench.runs(lambda panel: bool(panel.is_sc_active(address)), WAIT_S):
        bench.runs(lambda _panel: False, SETTLE_S)


class _Bench(osdp.Channel):  # type: ignore[misc]
    """One reader on one port, for one try."""

    def __init__(self, port: serial.Serial, address: int, key: bytes | None, *flags: int) -> None:
        super().__init__()
        self.heard = False
        self._port = port
        self._decoder, self._whole = Decoder(), bytearray()
        info = osdp.PDInfo(address, self, scbk=key, flags=list(flags))
        self._panel = osdp.ControlPanel([info], log_level=osdp.LogLevel.Critical)
        self._panel.lock = contextlib.nullcontext()

    def read(self, max_bytes: int) -> bytes:
        came = bytes(self._port.read(self._port.in_waiting))
        self.heard = self.heard or bool(came)
        self._whole += b"".join(self._decoder.feed(came))
        piece = bytes(self._whole[:max_bytes])
        del self._whole[:max_bytes]
        return piece

    def write(self, buf: bytes) -> int:
        return int(self._port.write(bytes(buf)) or 0)

    def flush(self) -> None:
        self._port.reset_input_buffer()
        self._decoder.silence()
        self._whole.clear()

    def stays_online(self, address: int) -> bool:
        """Whoever wants secure channels only tells its name in clear, and refuses the first question after it."""
        self.runs(lambda _panel: False, CLEAR_S)
        return bool(self._panel.is_online(address))

    def runs(self, until: Callable[[Any], bool], seconds: float) -> bool:
        """Let it work for so long at most; whether it came to that."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self._panel.ctx.refresh()
            if until(self._panel):
                return True
            time.sleep(_TICK_S)
        return False
