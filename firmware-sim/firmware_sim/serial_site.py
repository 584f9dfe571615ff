"""A reader and a relay board on two pseudo-terminals, written from what their vendors say.

Reader RDM6300, 9600 8N1: 02, ten ASCII hexadecimal digits, two digits of checksum (XOR of the five bytes), 03.
Reader ID-12LA, 9600 8N1: the same, with carriage return and line feed between checksum and 03.
Wiegand as text, as bridge boards print it, 9600 8N1: `26:` and the 26 bits with both parities in hexadecimal, CR LF.
Relay board (LC, one channel), 9600 8N1: A0 01 01 A2 switches on, A0 01 00 A1 off; it never answers.
"""

import json
import os
import re
import select
import signal
import sys
import threading
import time
import tty
from collections.abc import Callable
from functools import reduce
from operator import xor
from typing import Any

from firmware_sim.credentials import BadCredential

RDM6300 = "rdm6300"
ON = bytes.fromhex("A00101A2")
OFF = bytes.fromhex("A00100A1")
COMMAND_BYTES = 4
REMEMBERED = 20
LOOK_S = 0.2


def rdm6300(card: str) -> bytes:
    """The fourteen bytes for ten hexadecimal digits. Raises BadCredential."""
    if not re.fullmatch(r"[0-9A-Fa-f]{10}", card):
        raise BadCredential("a card at this reader has ten hexadecimal digits")
    checksum = reduce(xor, bytes.fromhex(card))
    return b"\x02" + card.upper().encode() + b"%02X" % checksum + b"\x03"


def id12la(card: str) -> bytes:
    """The sixteen bytes for ten hexadecimal digits. Raises BadCredential."""
    frame = rdm6300(card)
    return frame[:-1] + b"\r\n" + frame[-1:]


def wiegand_text(card: str) -> bytes:
    """The line for six hexadecimal digits: 8 bits of facility, 16 of number. Raises BadCredential."""
    if not re.fullmatch(r"[0-9A-Fa-f]{6}", card):
        raise BadCredential("a card at this reader has six hexadecimal digits")
    value = int(card, 16)
    even, odd = (value >> 12).bit_count() & 1, 1 - ((value & 0xFFF).bit_count() & 1)
    return b"26:%07X\r\n" % (even << 25 | value << 1 | odd)


FRAMES: dict[str, Callable[[str], bytes]] = {RDM6300: rdm6300, "id12la": id12la, "wiegand-text": wiegand_text}


class RelayBytes:
    """Finds commands in a byte stream, however it is cut, and skips what is none."""

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, received: bytes) -> list[bool]:
        """True for each "on", False for each "off", in order."""
        self._rest += received
        found = []
        while len(self._rest) >= COMMAND_BYTES:
            head = self._rest[:COMMAND_BYTES]
            known = head in (ON, OFF)
            if known:
                found.append(head == ON)
            self._rest = self._rest[COMMAND_BYTES if known else 1 :]
        return found


class SerialBench:
    """Both devices. The pseudo-terminals live as long as this does."""

    def __init__(self, name: str = "serial", reader: str = RDM6300) -> None:
        """`reader`: a key of FRAMES."""
        self.name = name
        self.kind = reader
        self._reader, self._reader_device = _terminal()
        self._board, self._board_device = _terminal()
        self.reader_path = os.ttyname(self._reader_device)
        self.relay_path = os.ttyname(self._board_device)
        self._changed = threading.Condition()
        self._on = False
        self._switched_ns = 0
        self._taps: list[dict[str, Any]] = []
        self._going = True
        self._thread = threading.Thread(target=self._listen, name="relay", daemon=True)
        self._thread.start()

    @property
    def devices(self) -> dict[str, str]:
        """What the service is told to open."""
        return {"reader": self.reader_path, "relay": self.relay_path}

    def tap(self, card: str, *, wait_ms: int) -> dict[str, Any]:
        """Holds a card to the reader, and waits for the relay: who decides is the service. Raises BadCredential."""
        frame = FRAMES[self.kind](card)
        with self._changed:
            was_on = self._on
            start_ns = time.monotonic_ns()
            os.write(self._reader, frame)
            self._changed.wait_for(lambda: self._switched_ns >= start_ns and self._on, wait_ms / 1000)
            opened = self._on and self._switched_ns >= start_ns
        ms = (self._switched_ns if opened else time.monotonic_ns()) - start_ns
        seen = {"unlocked": opened, "was_on": was_on, "relay": "on" if self._on else "off", "ms": ms / 1e6}
        self._taps = [{**seen, "decision": "granted" if opened else "no_answer"}, *self._taps][:REMEMBERED]
        return {"door": self.name, **self._taps[0]}

    def view(self) -> dict[str, Any]:
        """For the control API's GET /doors."""
        state = "unlocked" if self._on else "locked"
        relay = "on" if self._on else "off"
        return {
            "door": self.name,
            "kind": "serial",
            "reader": self.kind,
            "devices": self.devices,
            "relay": relay,
            "lock": state,
            "decisions": self._taps,
        }

    def close(self) -> None:
        """Both devices vanish, as when their cables are pulled."""
        self._going = False
        self._thread.join()
        for end in (self._reader, self._reader_device, self._board, self._board_device):
            os.close(end)

    def _listen(self) -> None:
        commands = RelayBytes()
        while self._going:
            if not select.select([self._board], [], [], LOOK_S)[0]:
                continue
            received = os.read(self._board, 64)
            with self._changed:
                for on in commands.feed(received):
                    self._on, self._switched_ns = on, time.monotonic_ns()
                    self._changed.notify_all()


def _terminal() -> tuple[int, int]:
    ours, theirs = os.openpty()
    tty.setraw(theirs)
    return ours, theirs


def main() -> None:
    """Prints the device paths as one line of JSON and runs until stopped; lines on stdin are cards to tap."""
    bench = SerialBench()
    print(json.dumps(bench.devices), flush=True)
    signal.signal(signal.SIGTERM, lambda _signal, _frame: sys.exit(0))
    for line in sys.stdin:
        try:
            print(json.dumps(bench.tap(line.strip(), wait_ms=1000)), flush=True)
        except BadCredential as error:
            print(json.dumps({"error": str(error)}), flush=True)
    signal.pause()


if __name__ == "__main__":
    main()
