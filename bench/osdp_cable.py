"""R14 by hand: an OSDP reader, its cable pulled out and plugged in again, a card shown meanwhile; in real time.

The reader is libosdp's own, on a pseudo-terminal; our end is the one `vuoro doors` runs.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import select
import threading
import time
import tty
from dataclasses import dataclass, field
from typing import Any

import osdp

from bench.figures import rounded
from devices.drivers.osdp import KEY_BYTES, Member, Times
from devices.drivers.osdp_bus import OsdpBus
from devices.drivers.told import CardShown, EndDown, EndUp, Told, Warned

CARD = bytes.fromhex("3287FFC0")  # H10301, facility 101, card 4095
ADDRESS = 5


@dataclass(frozen=True, slots=True)
class Cable:
    """Seconds: from the cable out to the door said to be offline; from plugged in to online again. From a card shown
    to heard, ms. Cards of the outage that came late, and those let through as if shown now (there must be none)."""

    secure_after_s: float
    told_offline_s: float
    back_s: float
    card_ms: float
    stale: int
    let_through: int


class _Lead(osdp.Channel):  # type: ignore[misc]
    def __init__(self, master: int) -> None:
        super().__init__()
        self.master, self.out = master, False

    def read(self, max_bytes: int) -> bytes:
        piece = os.read(self.master, max_bytes) if select.select([self.master], [], [], 0)[0] else b""
        return b"" if self.out else piece

    def write(self, buf: bytes) -> int:
        return len(buf) if self.out else os.write(self.master, bytes(buf))

    def flush(self) -> None:
        """Nothing is held here."""


@dataclass
class _Site:
    """A reader and our end of its bus."""

    limits: Times
    key: bytes = field(default_factory=lambda: secrets.token_bytes(KEY_BYTES))
    told: list[tuple[float, Told]] = field(default_factory=list)
    over: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        master, slave = os.openpty()
        tty.setraw(slave)
        self.lead = _Lead(master)
        info = osdp.PDInfo(ADDRESS, self.lead, scbk=self.key, flags=[osdp.LibFlag.EnforceSecure])
        able = osdp.PDCapabilities([(osdp.Capability.CommunicationSecurity, 1, 1)])
        self.reader: Any = osdp.PeripheralDevice(info, able, log_level=osdp.LogLevel.Critical)
        self.reader.lock = contextlib.nullcontext()
        self.bus = OsdpBus(os.ttyname(slave), 115_200, {"a": Member(ADDRESS, self.key)}, self._tell, times=self.limits)
        threading.Thread(target=self._work, daemon=True).start()

    def _tell(self, _door: str, told: Told, _mono_ms: int) -> None:
        self.told.append((time.monotonic(), told))

    def _work(self) -> None:
        while not self.over.is_set():
            self.reader.ctx.refresh()
            time.sleep(0.002)

    def shows(self) -> None:
        self.reader.submit_event({"event": 1, "reader_no": 0, "direction": 0, "format": 1, "length": 26, "data": CARD})

    def waits(self, kind: type[Told], since: float, longest_s: float = 60) -> float:
        """Seconds from `since` until this was told."""
        while time.monotonic() < since + longest_s:
            at = next((at for at, told in self.told if at >= since and isinstance(told, kind)), None)
            if at is not None:
                return at - since
            time.sleep(0.001)
        raise TimeoutError(kind.__name__)

    def count(self, kind: type[Told]) -> int:
        return sum(isinstance(told, kind) for _at, told in self.told)


def measure(out_s: float, *, settle_s: float = 2.0, limits: Times | None = None) -> Cable:
    """Pull, wait, plug in; `settle_s` of calm before and after. Raises TimeoutError where nothing comes of it."""
    site = _Site(limits or Times())
    began = time.monotonic()
    site.bus.start()
    secure_after_s = site.waits(EndUp, began)
    time.sleep(settle_s)
    pulled = time.monotonic()
    site.lead.out = True
    site.shows()
    told_offline_s = site.waits(EndDown, pulled)
    time.sleep(max(0.0, pulled + out_s - time.monotonic()))
    plugged = time.monotonic()
    site.lead.out = False
    back_s = site.waits(EndUp, plugged)
    time.sleep(settle_s)
    stale, let_through = site.count(Warned), site.count(CardShown)
    shown = time.monotonic()
    site.shows()
    card_ms = site.waits(CardShown, shown) * 1000
    site.bus.stop()
    site.over.set()
    return Cable(
        secure_after_s=rounded(secure_after_s),
        told_offline_s=rounded(told_offline_s),
        back_s=rounded(back_s),
        card_ms=rounded(card_ms),
        stale=stale,
        let_through=let_through,
    )
