"""OSDP readers on a pseudo-terminal: libosdp's own peripheral devices, several on one bus, with a cable to pull."""

import contextlib
import os
import select
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import osdp

from tests.devices.pseudo_terminals import Plug

ABILITIES = [
    (osdp.Capability.OutputControl, 1, 2),
    (osdp.Capability.LEDControl, 1, 1),
    (osdp.Capability.AudibleControl, 1, 1),
    (osdp.Capability.Readers, 1, 1),
    (osdp.Capability.CommunicationSecurity, 1, 1),
]
INPUTS = (osdp.Capability.ContactStatusMonitoring, 1, 4)
H10301 = "00110010100001111111111111"  # facility 101, card 4095


class _Lead(osdp.Channel):  # type: ignore[misc]
    def __init__(self, master: int) -> None:
        super().__init__()
        self.master, self.held, self.cut = master, bytearray(), False
        self.torn = self.doubled = False
        self._at = 0

    def read(self, max_bytes: int) -> bytes:
        piece = bytes(self.held[:max_bytes])
        del self.held[:max_bytes]
        return piece

    def write(self, buf: bytes) -> int:
        if not self.cut:
            with contextlib.suppress(OSError):
                self._send(bytes(buf) * (1 + self.doubled))
        return len(buf)

    def _send(self, piece: bytes) -> None:
        """Torn: in two, each time one byte later than the last."""
        self._at = (self._at + 1) % len(piece) if self.torn else 0
        for part in (piece[: self._at], piece[self._at :]):
            if part:
                os.write(self.master, part)
                time.sleep(0.003 if self.torn else 0)

    def flush(self) -> None:
        self.held.clear()


class Reader:
    """One reader. `did`: the commands it took, with the moment of each."""

    def __init__(self, master: int, address: int, key: bytes | None, *, secure: bool, abilities: list[Any]) -> None:
        self.lead = _Lead(master)
        self.did: list[tuple[float, dict[str, Any]]] = []
        flags = [osdp.LibFlag.EnforceSecure] if secure else []
        self.device = osdp.PeripheralDevice(
            osdp.PDInfo(address, self.lead, scbk=key, flags=flags),
            osdp.PDCapabilities(abilities),
            log_level=osdp.LogLevel.Critical,
            command_handler=self._took,
        )
        self.device.lock = contextlib.nullcontext()

    def _took(self, command: dict[str, Any]) -> tuple[int, None]:
        self.did.append((time.monotonic(), command))
        return 0, None

    def took(self, kind: int) -> list[dict[str, Any]]:
        return [command for _at, command in self.did if command["command"] == kind]

    def card(self, bits: str, card_format: int = osdp.CardFormat.Wiegand) -> None:
        padded = bits.ljust(-(-len(bits) // 8) * 8, "0")
        self._tell(event=1, direction=0, format=card_format, length=len(bits), data=_octets(padded))

    def keys(self, typed: bytes) -> None:
        self._tell(event=2, data=typed)

    def inputs(self, *on: int) -> None:
        self._tell(event=4, type=osdp.StatusReportType.Input, report=bytes(on))

    def _tell(self, **event: Any) -> None:
        self.device.submit_event({"reader_no": 0, **event})


def _octets(bits: str) -> bytes:
    return int(bits, 2).to_bytes(len(bits) // 8, "big")


class ReaderBus:
    """Readers on one plug. A thread carries bytes to all of them and lets them work."""

    def __init__(self, path: Path) -> None:
        self.plug = Plug(path)
        self.plug.plug_in()
        self.readers: dict[int, Reader] = {}
        self.lock = threading.Lock()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def add(
        self, address: int, key: bytes | None, *, secure: bool = True, abilities: list[Any] | None = None
    ) -> Reader:
        """A reader with this address; in place of the one that had it, as after a power cut or an exchange."""
        made = Reader(self.plug.master, address, key, secure=secure, abilities=abilities or ABILITIES)
        with self.lock:
            self.readers[address] = made
        return made

    def stop(self) -> None:
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stop.is_set():
            if select.select([self.plug.master], [], [], 0.002)[0]:
                with contextlib.suppress(OSError):
                    piece = os.read(self.plug.master, 4096)
                    for reader in list(self.readers.values()):
                        reader.lead.held += b"" if reader.lead.cut else piece
            with self.lock:
                for reader in self.readers.values():
                    reader.device.ctx.refresh()


@contextlib.contextmanager
def reader_bus(path: Path) -> Iterator[ReaderBus]:
    made = ReaderBus(path)
    yield made
    made.stop()
