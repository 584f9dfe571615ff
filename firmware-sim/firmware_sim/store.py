"""Lasting memory on disk: whole files replaced at once, one file appended to, all of it safe at any power cut."""

import hashlib
import os
from contextlib import suppress
from pathlib import Path

MARK = 65  # a SHA-256 in hexadecimal and a newline stand before the content of a replaced file
APPENDED = ".log"


class Disk:
    """The steps a file system does one by one. A test's disk stops between any two, or inside a write."""

    def __init__(self, *, sync: bool = True) -> None:
        """`sync` False: the machine's own power cut may lose data (for load tests), a killed process still cannot."""
        self._sync = sync

    def write(self, path: Path, content: bytes, *, append: bool = False) -> None:
        """Written, and on the medium when this returns."""
        with path.open("ab" if append else "wb") as file:
            file.write(content)
            file.flush()
            if self._sync:
                os.fsync(file.fileno())

    def link(self, path: Path, name: Path) -> None:
        """A second name for a file, in place of what had it."""
        name.unlink(missing_ok=True)
        with suppress(FileNotFoundError):
            name.hardlink_to(path)

    def rename(self, path: Path, target: Path) -> None:
        """At once, on the medium when this returns."""
        path.rename(target)
        if self._sync:
            folder = os.open(target.parent, os.O_RDONLY)
            try:
                os.fsync(folder)
            finally:
                os.close(folder)


class Store:
    """One door's folder."""

    def __init__(self, folder: Path, disk: Disk) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._disk = disk

    def load(self) -> dict[str, bytes]:
        """All files; where the newest content is not whole, the one before it."""
        names = {path.name.removesuffix(".prev") for path in self._folder.iterdir() if path.suffix != ".new"}
        found = {name: self._read(name) for name in names}
        return {name: content for name, content in found.items() if content is not None}

    def save(self, name: str, content: bytes) -> None:
        """Write a new file, fsync, keep the old one by another name, rename over it, fsync the directory (7.5)."""
        path = self._folder / name
        new = path.with_name(f"{name}.new")
        mark = b"" if name.endswith(APPENDED) else hashlib.sha256(content).hexdigest().encode() + b"\n"
        self._disk.write(new, mark + content)
        self._disk.link(path, path.with_name(f"{name}.prev"))
        self._disk.rename(new, path)

    def append(self, name: str, line: bytes) -> None:
        """One line; a power cut may tear it, and then it counts for nothing."""
        self._disk.write(self._folder / name, line + b"\n", append=True)

    def forget(self, name: str) -> None:
        """Both the file and the one before it."""
        for path in (self._folder / name, self._folder / f"{name}.prev"):
            path.unlink(missing_ok=True)

    def _read(self, name: str) -> bytes | None:
        for path in (self._folder / name, self._folder / f"{name}.prev"):
            content = path.read_bytes() if path.exists() else b""
            if name.endswith(APPENDED) and path.exists():
                return content
            mark, body = content[:MARK], content[MARK:]
            if mark == hashlib.sha256(body).hexdigest().encode() + b"\n":
                return body
        return None
