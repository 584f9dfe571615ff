"""How the few numeric kernels are compiled: once for a machine, kept beside the code or, where that cannot be written,
in a folder of the user's or of the system for temporary files."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar, cast

Kernel = TypeVar("Kernel", bound=Callable[..., Any])
HERE = Path(__file__).parent


def cache_folder() -> str | None:
    """Where compiled code goes when neither the program's own folder nor the user's home can be written."""
    if "NUMBA_CACHE_DIR" in os.environ:
        return None
    home = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    nearest = next((folder for folder in (home, *home.parents) if folder.exists()), home)
    if os.access(HERE, os.W_OK) or os.access(nearest, os.W_OK):
        return None
    return str(Path(tempfile.gettempdir()) / f"vuoro-compiled-{os.getuid()}")


folder = cache_folder()
if folder is not None:
    os.environ["NUMBA_CACHE_DIR"] = folder

import numba  # noqa: E402 - the folder above must be told before numba looks for one


def kernel(function: Kernel) -> Kernel:
    """The function compiled at its first call and kept; it holds no lock of the interpreter while it runs."""
    return cast(Kernel, numba.njit(cache=True, nogil=True)(function))
