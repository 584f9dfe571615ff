"""What lasting memory is made of: a folder of the machine, memory of the process, and one whose power is cut inside a
write. Each does the steps that a file system does one by one."""

import os
from contextlib import suppress
from pathlib import Path
from typing import Protocol


class PowerCut(Exception):
    """The power went here; what was not on the medium is gone."""


class Flash(Protocol):
    """One door's files, by name."""

    def names(self) -> list[str]:
        """Of all files."""

    def read(self, name: str) -> bytes | None:
        """None: there is none."""

    def write(self, name: str, content: bytes, *, append: bool = False) -> None:
        """Written, and on the medium when this returns."""

    def link(self, name: str, other: str) -> None:
        """A second name for a file, in place of what had it; nothing when there is no such file."""

    def rename(self, name: str, target: str) -> None:
        """At once, on the medium when this returns."""

    def remove(self, name: str) -> None:
        """If it is there."""


class FolderFlash:
    """A folder of this machine, made at the first write."""

    __slots__ = ("_folder", "_made", "_sync")

    def __init__(self, folder: Path, *, sync: bool = True) -> None:
        """`sync` False: the machine's own power cut may lose data (for load tests), a killed process still cannot."""
        self._folder = folder
        self._sync = sync
        self._made = False

    def names(self) -> list[str]:
        return [path.name for path in self._folder.iterdir()] if self._folder.exists() else []

    def read(self, name: str) -> bytes | None:
        try:
            return (self._folder / name).read_bytes()
        except FileNotFoundError:
            return None

    def write(self, name: str, content: bytes, *, append: bool = False) -> None:
        if not self._made:
            self._folder.mkdir(parents=True, exist_ok=True)
            self._made = True
        with (self._folder / name).open("ab" if append else "wb") as file:
            file.write(content)
            file.flush()
            if self._sync:
                os.fsync(file.fileno())

    def link(self, name: str, other: str) -> None:
        self.remove(other)
        with suppress(FileNotFoundError):
            (self._folder / other).hardlink_to(self._folder / name)

    def rename(self, name: str, target: str) -> None:
        (self._folder / name).rename(self._folder / target)
        if self._sync:
            folder = os.open(self._folder, os.O_RDONLY)
            try:
                os.fsync(folder)
            finally:
                os.close(folder)

    def remove(self, name: str) -> None:
        (self._folder / name).unlink(missing_ok=True)


class RamFlash:
    """Files in this process: they outlive a door's power cut, not the process. `files` may be looked at.

    A cut inside a write is asked for by `cut_in`: after so many more bytes (a link or a rename is one) PowerCut is
    raised. Of a rename under way the new name is not on the medium yet."""

    __slots__ = ("_left", "files")

    def __init__(self, files: dict[str, bytes] | None = None) -> None:
        self.files: dict[str, bytes | bytearray] = dict(files or {})
        self._left: int | None = None

    def cut_in(self, steps: int | None) -> None:
        """None: no cut."""
        self._left = steps

    def names(self) -> list[str]:
        return list(self.files)

    def read(self, name: str) -> bytes | None:
        found = self.files.get(name)
        return None if found is None else bytes(found)

    def write(self, name: str, content: bytes, *, append: bool = False) -> None:
        done = content if self._left is None else content[: self._left]
        if append:
            found = self.files.get(name, b"")
            self.files[name] = found if isinstance(found, bytearray) else bytearray(found)
            self.files[name] += done
        else:
            self.files[name] = done
        self._spend(len(content))

    def link(self, name: str, other: str) -> None:
        self._spend(1)
        self.remove(other)
        self._spend(1)
        if name in self.files:
            self.files[other] = self.files[name]

    def rename(self, name: str, target: str) -> None:
        self._spend(1)
        self.files[target] = self.files.pop(name)

    def remove(self, name: str) -> None:
        self.files.pop(name, None)

    def _spend(self, steps: int) -> None:
        if self._left is None:
            return
        self._left -= steps
        if self._left < 0:
            self._left = None
            raise PowerCut
