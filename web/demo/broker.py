"""The demo's broker on loopback: mosquitto where it is installed, else the embedded one (which leaks retained messages
to whoever connects and must never serve real doors: devices/embedded_broker.py)."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path


def mosquitto() -> str | None:
    """Where mosquitto is; Debian keeps it out of a user's PATH."""
    return shutil.which("mosquitto", path=os.environ.get("PATH", "") + ":/usr/sbin:/usr/local/sbin")


def broker_command(folder: Path, port: int, *, embedded: bool = False) -> tuple[str, list[str]]:
    """The broker's name and how to start it on this loopback port; `embedded`: also where mosquitto is installed."""
    found = None if embedded else mosquitto()
    if found is None:
        return "amqtt", [sys.executable, "-m", "devices.embedded_broker", "--port", str(port)]
    config = folder / "mosquitto.conf"
    # set_tcp_nodelay: 44 ms less for each message over a connection that waits for more to send (door-protocol.md)
    config.write_text(
        f"listener {port} 127.0.0.1\nallow_anonymous true\nset_tcp_nodelay true\npersistence true\n"
        f"persistence_location {folder}/\npersistence_file mosquitto.db\nautosave_interval 30\nlog_type error\n"
        f"log_type warning\nuser {'root' if os.geteuid() == 0 else ''}\n".replace("user \n", ""),
        encoding="utf-8",
    )
    return "mosquitto", [found, "-c", str(config)]
