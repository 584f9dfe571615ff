"""Lasting memory: whole files replaced at once, one file appended to, all of it safe at any power cut."""

import hashlib
from collections.abc import Iterator

from firmware_sim.flash import Flash

MARK = 65  # a SHA-256 in hexadecimal and a newline stand before the content of a replaced file
APPENDED = ".log"
NEW, PREVIOUS = ".new", ".prev"
SPARE = 512  # bytes: a file as small as this always has room


class FlashFull(Exception):
    """There is no room for it; what was there is as before."""


class Store:
    """One door's files. `room`: bytes of all files together, None: no end.

    A file being rewritten and the one before it do not count: every controller keeps a spare area for them."""

    __slots__ = ("_flash", "_room", "_used")

    def __init__(self, flash: Flash, room: int | None = None) -> None:
        self._flash = flash
        self._room = room
        self._used: dict[str, int] = {}

    def load(self) -> dict[str, bytes]:
        """All files; where the newest content is not whole, the one before it."""
        names = {name.removesuffix(PREVIOUS) for name in self._flash.names() if not name.endswith(NEW)}
        found = {name: self._read(name) for name in names}
        whole = {name: content for name, content in found.items() if content is not None}
        self._used = {name: len(content) for name, content in whole.items()}
        return whole

    def save(self, name: str, content: bytes) -> None:
        """Write a new file, fsync, keep the old one by another name, rename over it, fsync the directory (7.5)."""
        if len(content) > SPARE:
            self._charge(name, len(content), before=self._used.get(name, 0))
        mark = b"" if name.endswith(APPENDED) else hashlib.sha256(content).hexdigest().encode() + b"\n"
        self._flash.write(name + NEW, mark + content)
        self._flash.link(name, name + PREVIOUS)
        self._flash.rename(name + NEW, name)
        self._used[name] = len(content)

    def append(self, name: str, line: bytes) -> None:
        """One line; a power cut may tear it, and then it counts for nothing."""
        self._charge(name, len(line) + 1, before=0)
        self._flash.write(name, line + b"\n", append=True)
        self._used[name] = self._used.get(name, 0) + len(line) + 1

    def forget(self, name: str) -> None:
        """Both the file and the one before it."""
        self._used.pop(name, None)
        for each in (name, name + PREVIOUS):
            self._flash.remove(each)

    @property
    def used(self) -> int:
        """Bytes."""
        return sum(self._used.values())

    def limit(self, room: int | None) -> None:
        """From now on."""
        self._room = room

    def _charge(self, name: str, size: int, *, before: int) -> None:
        if self._room is not None and size > before and self.used - before + size > self._room:
            raise FlashFull(name)

    def _read(self, name: str) -> bytes | None:
        for content in self._copies(name):
            if name.endswith(APPENDED):
                return content
            mark, body = content[:MARK], content[MARK:]
            if mark == hashlib.sha256(body).hexdigest().encode() + b"\n":
                return body
        return None

    def _copies(self, name: str) -> Iterator[bytes]:
        """Newest first."""
        for each in (name, name + PREVIOUS):
            content = self._flash.read(each)
            if content is not None:
                yield content
