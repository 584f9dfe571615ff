"""Real brokers for tests, each on a free port of loopback: `with mosquitto(tmp_path) as port:`."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

MOSQUITTO = shutil.which("mosquitto", path=os.environ.get("PATH", "") + ":/usr/sbin:/usr/local/sbin")


def free_port() -> int:
    """A port of loopback that nobody used a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def mosquitto(folder: Path, *, port: int | None = None, settings: str = "") -> Iterator[int]:
    """mosquitto with TCP_NODELAY; `settings` take the place of anonymous access. Skips where it is missing."""
    if MOSQUITTO is None:
        pytest.skip("mosquitto is not installed")
    port = port or free_port()
    config = folder / f"mosquitto-{port}.conf"
    user = "user root\n" if os.geteuid() == 0 else ""  # else it becomes `mosquitto`, who may not read our folder
    config.write_text(
        f"{user}listener {port} 127.0.0.1\nset_tcp_nodelay true\nmessage_size_limit 262144\nmax_keepalive 60\n"
        + (settings or "allow_anonymous true\n")
    )
    with _running([MOSQUITTO, "-c", str(config)], port):
        yield port


@contextmanager
def amqtt_broker(*, port: int | None = None) -> Iterator[int]:
    """The demo's embedded broker in a process of its own."""
    port = port or free_port()
    with _running([sys.executable, "-m", "devices.embedded_broker", "--port", str(port)], port):
        yield port


@contextmanager
def _running(command: list[str], port: int) -> Iterator[None]:
    broker = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        _wait_until_open(port, broker)
        yield
    finally:
        broker.send_signal(signal.SIGTERM)
        try:
            broker.wait(timeout=10)
        except subprocess.TimeoutExpired:
            broker.kill()
            broker.wait()


def _wait_until_open(port: int, broker: "subprocess.Popen[bytes]") -> None:
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        if broker.poll() is not None:
            raise RuntimeError(f"the broker stopped with {broker.returncode}")
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.02)
    raise TimeoutError("the broker did not open its port")
