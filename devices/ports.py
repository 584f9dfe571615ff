"""The serial ports of this machine, by the names that stay when another thing is plugged in."""

from __future__ import annotations

from pathlib import Path

from serial.tools import list_ports

_BY_ID = Path("/dev/serial/by-id")


def ports_here() -> list[str]:
    """Lasting names first, then what the system calls them."""
    lasting = sorted(str(each) for each in _BY_ID.iterdir()) if _BY_ID.is_dir() else []
    return lasting + sorted(each.device for each in list_ports.comports())
