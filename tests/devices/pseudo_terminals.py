"""Serial devices that are plugged into a pseudo-terminal under a lasting name, as /dev/serial/by-id has."""

import os
import select
import time
import tty
from pathlib import Path


class Plug:
    """The device's end of a serial port; `path` is a link that always points to the present terminal."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._master = self._slave = -1

    def plug_in(self) -> None:
        self._master, self._slave = os.openpty()
        tty.setraw(self._slave)
        fresh = self.path.with_suffix(".new")
        fresh.symlink_to(os.ttyname(self._slave))
        fresh.replace(self.path)

    def pull(self) -> None:
        os.close(self._slave)
        os.close(self._master)
        self.path.unlink()

    @property
    def master(self) -> int:
        """The device's own end."""
        return self._master

    def send(self, piece: bytes) -> None:
        os.write(self._master, piece)

    def got(self, length: int, timeout: float = 5) -> bytes:
        """The next bytes that the host wrote, as many as asked or those that came in time."""
        found, deadline = b"", time.monotonic() + timeout
        while len(found) < length and select.select([self._master], [], [], max(0, deadline - time.monotonic()))[0]:
            found += os.read(self._master, length - len(found))
        return found
