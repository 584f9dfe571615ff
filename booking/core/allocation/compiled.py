"""How the few numeric kernels are compiled: once for a machine and a version of the program, and kept beside the code
or, where that cannot be written, with the user's or the system's passing files.

A kernel is laid into those that call it, and what is kept knows only the file of the caller: so each state of the
sources has a folder of its own."""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar, cast

Kernel = TypeVar("Kernel", bound=Callable[..., Any])
HERE = Path(__file__).parent
PREFIX = "allocation-"


def folders() -> Iterator[Path]:
    """Where compiled code may be kept, the best place first."""
    if told := os.environ.get("NUMBA_CACHE_DIR"):  # perhaps told by this very module in the process above
        yield Path(told).parent if Path(told).name.startswith(PREFIX) else Path(told)
    yield HERE / "__pycache__"
    yield Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "vuoro"
    yield Path(tempfile.gettempdir()) / f"vuoro-{os.getuid()}"


def writable(folder: Path) -> bool:
    """Whether files could be made in the folder, or in the nearest one above it that is there."""
    nearest = next((one for one in (folder, *folder.parents) if one.exists()), folder)
    return os.access(nearest, os.W_OK | os.X_OK)


def state_of_sources() -> str:
    """Changes with every change to any of the modules beside this one."""
    told = hashlib.sha256()
    for source in sorted(HERE.glob("*.py")):
        if b"compiled import" in (text := source.read_bytes()):
            told.update(text)
    return told.hexdigest()[:16]


def cache_folder() -> str:
    kept = next((folder for folder in folders() if writable(folder)), Path(tempfile.gettempdir()))
    return str(kept / f"{PREFIX}{state_of_sources()}")


os.environ["NUMBA_CACHE_DIR"] = cache_folder()

import numba  # noqa: E402 - the folder above must be told before numba looks for one


def kernel(function: Kernel) -> Kernel:
    """The function compiled at its first call and kept; it holds no lock of the interpreter while it runs."""
    return cast(Kernel, numba.njit(cache=True, nogil=True)(function))


def part(function: Kernel) -> Kernel:
    """A step of a kernel, laid into whatever calls it: handing over dozens of arrays costs more than most steps do."""
    return cast(Kernel, numba.njit(cache=True, nogil=True, forceinline=True)(function))
