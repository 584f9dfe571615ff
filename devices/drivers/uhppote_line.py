"""UDP to UHPPOTE boards: one question under way at a time, each from a port of its own, and an ear for what they push.

A port of its own for each question means that an answer belongs to it: one that comes late or twice finds nobody.
Nothing here waits; whoever asked looks for the answer.
"""

from __future__ import annotations

import logging
import socket
from dataclasses import dataclass, field

from devices.drivers.uhppote import LENGTH, PORT

log = logging.getLogger(__name__)


def address_of(text: str) -> tuple[str, int]:
    """The address of a board, as 192.168.1.30 or with a port of its own."""
    host, _colon, port = text.partition(":")
    return host, int(port or PORT)


@dataclass(slots=True)
class Question:
    """The wire to one board."""

    address: tuple[str, int]
    _socket: socket.socket | None = None

    def ask(self, packet: bytes) -> None:
        """Sends a packet; the question before it is over. What cannot be sent is as good as lost on the way."""
        self.close()
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.setblocking(False)
        try:
            self._socket.connect(self.address)
            self._socket.send(packet)
        except OSError as error:
            log.info("not sent board=%s:%s error=%s", *self.address, error)

    def answer(self) -> bytes | None:
        """What came from the board, if anything did yet."""
        if self._socket is None:
            return None
        try:
            return self._socket.recv(LENGTH * 2)
        except OSError:  # nothing yet, or its port is closed: the board may be starting
            return None

    def close(self) -> None:
        if self._socket is not None:
            self._socket.close()
            self._socket = None


@dataclass(slots=True)
class Ear:
    """Where boards push their events by themselves; each says which board it is from. What is heard is only a hint to
    look, so nobody gains by forging it."""

    _socket: socket.socket = field(init=False)

    def __post_init__(self) -> None:
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.setblocking(False)
        self._socket.bind(("0.0.0.0", 0))  # noqa: S104 - boards are in other networks than we can know

    def heard(self) -> list[bytes]:
        """All that came since."""
        packets: list[bytes] = []
        while len(packets) < 1000:
            try:
                packets.append(self._socket.recv(LENGTH * 2))
            except OSError:
                break
        return packets

    def place(self, board: tuple[str, int]) -> tuple[str, int]:
        """Our address and port as that board must send to. OSError without a way to it."""
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            probe.connect(board)
            return str(probe.getsockname()[0]), int(self._socket.getsockname()[1])

    def close(self) -> None:
        self._socket.close()
