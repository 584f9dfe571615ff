"""The floor under every door: one message of 180 bytes through the broker and one back, QoS 1, one in flight."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from queue import Queue
from typing import Any

from paho.mqtt.client import Client, ConnectFlags, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from bench.figures import Times, times

THERE, BACK = "bench/there", "bench/back"
PAYLOAD_BYTES = 180
WARM_UP = 20
PATIENCE_S = 10.0


def client(port: int, topic: str, arrived: Queue[Any]) -> Client:
    """A client that listens to one topic; the queue gets None when it does, and then each message's payload."""
    made = Client(CallbackAPIVersion.VERSION2, protocol=MQTTProtocolVersion.MQTTv311, client_id="")

    def on_connect(
        ours: Client, _userdata: Any, _flags: ConnectFlags, _reason: ReasonCode, _properties: Properties | None
    ) -> None:
        ours.subscribe(topic, qos=1)

    def on_message(_ours: Client, _userdata: Any, message: MQTTMessage) -> None:
        arrived.put((time.perf_counter(), message.topic, bytes(message.payload)))

    made.on_socket_open = at_once
    made.on_connect = on_connect
    made.on_subscribe = lambda *_: arrived.put(None)
    made.on_message = on_message
    made.connect("127.0.0.1", port)
    made.loop_start()
    return made


def at_once(_ours: Client, _userdata: Any, sock: Any) -> None:
    """Without this each message waits 44 ms for more to send (door-protocol.md 14.2)."""
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


@contextmanager
def listening(port: int, topic: str) -> Iterator[tuple[Client, Queue[Any]]]:
    """A client that is subscribed, and its messages."""
    arrived: Queue[Any] = Queue()
    ours = client(port, topic, arrived)
    arrived.get(timeout=PATIENCE_S)
    yield ours, arrived
    ours.disconnect()
    ours.loop_stop()


def measure(port: int, rounds: int) -> Times:
    """Round trips to another process, as between the service and a door."""
    command = [sys.executable, "-m", "bench.echo", str(port)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as other:
        try:
            if other.stdout is None or other.stdout.readline() != "ready\n":
                raise RuntimeError("the echo did not start")
            with listening(port, BACK) as (ours, arrived):
                taken = [once(ours, arrived) for _ in range(WARM_UP + rounds)]
        finally:
            other.terminate()
    return times(taken[WARM_UP:])


def once(ours: Client, arrived: Queue[Any]) -> float:
    """Milliseconds there and back."""
    began = time.perf_counter()
    ours.publish(THERE, b"v" * PAYLOAD_BYTES, qos=1)
    came_at, _topic, _payload = arrived.get(timeout=PATIENCE_S)
    return float((came_at - began) * 1000)


def main() -> None:
    """Send back whatever comes, until stopped."""
    port = int(sys.argv[1])
    with listening(port, THERE) as (ours, arrived):
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        while True:
            _came_at, _topic, payload = arrived.get()
            ours.publish(BACK, payload, qos=1)


if __name__ == "__main__":
    main()
