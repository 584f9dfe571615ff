"""A real mosquitto with the access rules of the protocol, and simulated doors on it."""

import getpass
import json
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import pytest
from paho.mqtt.client import Client, MQTTMessage, MQTTv311
from paho.mqtt.enums import CallbackAPIVersion

from firmware_sim.api import ControlServer
from firmware_sim.codec import Envelope, open_from_door, topic_of
from firmware_sim.lines import TcpLines
from firmware_sim.provisioning import Broker
from firmware_sim.site import Site, in_folders
from sim_tests.make import LINK_KEY, a_record, desired, signed

MOSQUITTO = shutil.which("mosquitto") or shutil.which("mosquitto", path="/usr/sbin")


def eventually(holds: Callable[[], Any], *, within_s: float = 10.0) -> Any:
    """The first true answer; fails when there is none in time."""
    end = time.monotonic() + within_s
    while time.monotonic() < end:
        if answer := holds():
            return answer
        time.sleep(0.02)
    raise AssertionError("not in time")


class TestBroker:
    """mosquitto on a free port; stop and start it as a fault."""

    __test__ = False

    def __init__(self, folder: Path) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = int(free.getsockname()[1])
        self._config = folder / "mosquitto.conf"
        rights = ["mode", "desired", "desired/+", "cmd", "ev/ack"], ["cmd/rsp", "ev", "reported", "online"]
        (folder / "acl").write_text(
            "".join(f"pattern read vuoro/v1/d/%u/{ending}\n" for ending in rights[0])
            + "".join(f"pattern write vuoro/v1/d/%u/{ending}\n" for ending in rights[1])
            + "user vuoro-service\ntopic readwrite vuoro/v1/#\n"
        )
        lines = [
            f"user {getpass.getuser()}",
            f"listener {self.port} 127.0.0.1",
            "allow_anonymous true",
            "set_tcp_nodelay true",
            f"acl_file {folder / 'acl'}",
        ]
        self._config.write_text("\n".join(lines) + "\n")
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        assert MOSQUITTO is not None
        self._process = subprocess.Popen([MOSQUITTO, "-c", str(self._config)], stderr=subprocess.DEVNULL)
        try:
            eventually(self._answers)
        except AssertionError:
            self.stop()
            raise

    def stop(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def _answers(self) -> bool:
        with socket.socket() as line:
            return line.connect_ex(("127.0.0.1", self.port)) == 0


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[TestBroker]:
    if MOSQUITTO is None:
        pytest.skip("mosquitto is not installed")
    made = TestBroker(tmp_path)
    made.start()
    yield made
    made.stop()


class Service:
    """Stands in for the service on the broker: keeps what doors say, acknowledges events when told to."""

    def __init__(self, port: int) -> None:
        self.heard: list[tuple[Envelope, bool]] = []
        self.acknowledges = True
        self._ready = threading.Event()
        self._client = Client(CallbackAPIVersion.VERSION2, client_id="vuoro-service", protocol=MQTTv311)
        self._client.username_pw_set("vuoro-service")
        self._client.on_connect = lambda client, *_: client.subscribe("vuoro/v1/d/#", qos=1)
        self._client.on_subscribe = lambda *_: self._ready.set()
        self._client.on_message = self._hear
        self._client.reconnect_delay_set(1, 1)
        self._client.connect("127.0.0.1", port)
        self._client.loop_start()
        assert self._ready.wait(10)

    def stop(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()

    def publish(self, door: str, ending: str, payload: bytes, *, retain: bool = False) -> None:
        """At the broker when this returns."""
        self._client.publish(topic_of(door, ending), payload, qos=1, retain=retain).wait_for_publish(10)

    def give(self, door: str, body: dict[str, Any]) -> None:
        self.publish(door, "desired", desired(body, topic=topic_of(door, "desired")), retain=True)

    def command(self, door: str, body: dict[str, Any], **fields: Any) -> None:
        now = int(time.time())
        envelope = {"counter": time.time_ns() // 1_000_000, "iat": now, "exp": now + 10, **fields}
        self.publish(door, "cmd", signed("cmd", body, topic=topic_of(door, "cmd"), **envelope))

    def said(self, door: str, ending: str) -> list[dict[str, Any]]:
        return [message.body for message, _ in list(self.heard) if message.topic == topic_of(door, ending)]

    def events(self, door: str) -> list[dict[str, Any]]:
        """Each once, in order of arrival."""
        found: dict[tuple[int, int], dict[str, Any]] = {}
        for body in self.said(door, "ev"):
            for event in body["events"]:
                found.setdefault((event["boot_epoch"], event["seq"]), event)
        return list(found.values())

    def _hear(self, _client: Client, _user: Any, message: MQTTMessage) -> None:
        ending = message.topic.split("/", 4)[4]
        if ending.partition("/")[0] in ("mode", "desired") or ending in ("cmd", "ev/ack") or not message.payload:
            return
        envelope = open_from_door(
            bytes(message.payload), message.topic, retained=message.retain, keys={"link-1": LINK_KEY}
        )
        self.heard.append((envelope, message.retain))
        if ending == "ev" and self.acknowledges:
            last = envelope.body["events"][-1]
            topic = message.topic.replace("/ev", "/ev/ack")
            up_to = {"boot_epoch": last["boot_epoch"], "seq": last["seq"]}
            self._client.publish(topic, signed("ev/ack", up_to, topic=topic), qos=1)


@pytest.fixture
def service(broker: TestBroker) -> Iterator[Service]:
    made = Service(broker.port)
    yield made
    made.stop()


class Control:
    """The control API as its users see it."""

    def __init__(self, port: int) -> None:
        self.port = port

    def get(self, path: str) -> dict[str, Any]:
        status, answer = self.ask("GET", path)
        assert status == 200, answer
        return answer

    def post(self, path: str, **body: Any) -> dict[str, Any]:
        status, answer = self.ask("POST", path, json.dumps(body))
        assert status == 200, answer
        return answer

    def ask(
        self, method: str, path: str, body: str | None = None, kind: str = "application/json", host: str | None = None
    ) -> tuple[int, dict[str, Any]]:
        line = HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            headers = {"Content-Type": kind, "Host": host or f"127.0.0.1:{self.port}"}
            line.request(method, path, None if body is None else body.encode(), headers)
            answer = line.getresponse()
            return answer.status, json.loads(answer.read())
        finally:
            line.close()


DOORS = ("hall-a", "hall-b")


@pytest.fixture
def site(broker: TestBroker, tmp_path: Path) -> Iterator[Site]:
    made = Site(
        [a_record(door) for door in DOORS],
        in_folders(tmp_path / "state"),
        TcpLines(Broker("127.0.0.1", broker.port)),
        seed=1,
    )
    made.start()
    yield made
    made.stop()


@pytest.fixture
def control(site: Site) -> Iterator[Control]:
    server = ControlServer(site, 0)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    yield Control(server.server_address[1])
    server.shutdown()
    server.server_close()
    thread.join()
