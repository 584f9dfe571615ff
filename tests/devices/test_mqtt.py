"""The MQTT transport against real brokers."""

import re
import socket
import statistics
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from queue import Queue
from typing import Any, TypeVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices.failures import LinkLost
from devices.mqtt import Arrival, Arrived, Broker, Connected, Disconnected, MqttTransport, Will, pause_s
from tests.brokers import amqtt_broker, free_port, mosquitto

pytestmark = pytest.mark.mosquitto
T = TypeVar("T")
EV = "vuoro/v1/d/hall-a/ev"


@pytest.fixture(params=["mosquitto", "amqtt"])
def port(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[int]:
    with mosquitto(tmp_path) if request.param == "mosquitto" else amqtt_broker() as port:
        yield port


@contextmanager
def client(
    port: int, name: str, *subscriptions: str, will: Will | None = None, **settings: Any
) -> Iterator[MqttTransport]:
    inbox: Queue[Arrival] = Queue()
    broker = Broker("127.0.0.1", port, name, longest_wait_s=0.2, **settings)
    transport = MqttTransport(broker, subscriptions, inbox, will=will)
    transport.start()
    try:
        yield transport
    finally:
        transport.stop()


def next_of(transport: MqttTransport, kind: type[T], timeout: float = 10) -> T:
    deadline = time.monotonic() + timeout
    while time.monotonic() < deadline:
        got = transport.inbox.get(timeout=timeout)
        if isinstance(got, kind):
            return got
    raise TimeoutError(kind.__name__)


def settle() -> None:
    """SUBSCRIBE is under way when `Connected` comes; the broker needs a moment."""
    time.sleep(0.2)


def test_a_message_travels_from_one_client_to_another(port: int) -> None:
    with client(port, "service", "vuoro/v1/d/+/ev") as service, client(port, "hall-a") as door:
        next_of(service, Connected)
        next_of(door, Connected)
        settle()
        door.publish(EV, b'{"a":1}')
        got = next_of(service, Arrived)
    assert (got.topic, got.payload, got.retained) == (EV, b'{"a":1}', False)


def test_a_retained_message_comes_with_its_flag(port: int) -> None:
    with client(port, "service") as service:
        next_of(service, Connected)
        service.publish("vuoro/v1/d/hall-a/desired", b"{}", retain=True)
        settle()
        with client(port, "hall-a", "vuoro/v1/d/hall-a/desired", clean_session=True) as door:
            assert next_of(door, Arrived).retained


def test_the_largest_list_fits(port: int) -> None:
    topic = "vuoro/v1/d/hall-a/desired"
    with client(port, "hall-a", topic) as door:
        next_of(door, Connected)
        settle()
        door.publish(topic, b"x" * 262_000)
        assert len(next_of(door, Arrived).payload) == 262_000


def test_a_round_trip_does_not_wait_for_nagle(port: int) -> None:
    with client(port, "echo", EV) as echo:
        next_of(echo, Connected)
        settle()
        took = []
        for _ in range(20):
            began = time.monotonic()
            echo.publish(EV, b"{}")
            next_of(echo, Arrived)
            took.append(time.monotonic() - began)
    assert statistics.median(took) < 0.03  # 0.044 at best with Nagle at one end


def test_what_came_while_we_were_away_waits_for_a_stable_client(tmp_path: Path) -> None:
    with mosquitto(tmp_path) as port, client(port, "hall-a") as door:
        next_of(door, Connected)
        with client(port, "service", EV) as service:
            next_of(service, Connected)
            settle()
        for number in range(5):
            door.publish(EV, b"%d" % number)
        settle()
        with client(port, "service", EV) as service:
            got = [next_of(service, Arrived).payload for _ in range(5)]
    assert got == [b"0", b"1", b"2", b"3", b"4"]


def test_what_was_not_acknowledged_comes_again(tmp_path: Path) -> None:
    with mosquitto(tmp_path) as port, client(port, "hall-a") as door:
        next_of(door, Connected)
        with client(port, "service", EV, manual_ack=True) as service:
            next_of(service, Connected)
            settle()
            door.publish(EV, b"first")
            door.publish(EV, b"second")
            service.acknowledge(next_of(service, Arrived))
            next_of(service, Arrived)
            settle()
        with client(port, "service", EV, manual_ack=True) as service:
            assert next_of(service, Arrived).payload == b"second"


def test_a_stopped_broker_is_found_again(tmp_path: Path) -> None:
    port = free_port()
    with client(port, "service") as service:
        next_of(service, Disconnected)
        with pytest.raises(LinkLost):
            service.publish(EV, b"{}")
        for _ in range(2):
            with mosquitto(tmp_path, port=port):
                next_of(service, Connected)
                assert service.connected
            next_of(service, Disconnected)


def test_the_will_speaks_for_a_door_that_vanished(tmp_path: Path) -> None:
    will = Will("vuoro/v1/d/hall-a/online", b"gone")
    with mosquitto(tmp_path) as port, client(port, "service", "vuoro/v1/d/+/online") as service:
        next_of(service, Connected)
        settle()
        with client(port, "hall-a", will=will) as door:
            next_of(door, Connected)
            cable = door._client.socket()
            assert cable is not None
            cable.shutdown(socket.SHUT_RDWR)  # type: ignore[attr-defined]
            assert next_of(service, Arrived).payload == b"gone"


def documents_rules(folder: Path) -> str:
    """Settings of mosquitto with the access rules of door-protocol.md 14.1."""
    document = (Path(__file__).parents[2] / "docs" / "door-protocol.md").read_text()
    (rules_text,) = re.findall(r"```\n(pattern read.*?)```", document, re.DOTALL)
    rules = folder / "acl"
    rules.write_text(rules_text.replace("user vuoro-service", "\nuser vuoro-service"))
    return f"allow_anonymous true\nacl_file {rules}\n"


def test_with_the_documents_rules_a_door_can_use_only_its_own_topics(tmp_path: Path) -> None:
    with (
        mosquitto(tmp_path, settings=documents_rules(tmp_path)) as port,
        client(port, "service", "vuoro/v1/#", username="vuoro-service") as service,
    ):
        next_of(service, Connected)
        settle()
        with client(port, "hall-a", username="hall-a") as door:
            next_of(door, Connected)
            door.publish("vuoro/v1/d/hall-b/ev", b"forged")
            door.publish("vuoro/v1/d/hall-a/desired", b"forged")
            door.publish(EV, b"own")
            assert next_of(service, Arrived).payload == b"own"


def test_with_the_documents_rules_a_door_gets_no_list_of_another(tmp_path: Path) -> None:
    with (
        mosquitto(tmp_path, settings=documents_rules(tmp_path)) as port,
        client(port, "service", username="vuoro-service") as service,
        client(port, "hall-a", "vuoro/v1/d/+/desired", username="hall-a") as door,
    ):
        next_of(service, Connected)
        next_of(door, Connected)
        settle()
        service.publish("vuoro/v1/d/hall-b/desired", b"of b", retain=True)
        service.publish("vuoro/v1/d/hall-a/desired", b"of a", retain=True)
        assert next_of(door, Arrived).payload == b"of a"


def test_a_wrong_password_is_told_and_tried_again(tmp_path: Path) -> None:
    nobody = tmp_path / "passwords"
    nobody.write_text("")
    nobody.chmod(0o600)
    settings = f"allow_anonymous false\npassword_file {nobody}\n"
    with (
        mosquitto(tmp_path, settings=settings) as port,
        client(port, "hall-a", username="hall-a", password="guess") as door,
    ):
        for _ in range(2):
            assert "uthori" in next_of(door, Disconnected).reason
        assert not door.connected


@given(failures=st.integers(0, 10_000))
def test_a_pause_is_never_longer_than_allowed(failures: int) -> None:
    """D4: tried again with back-off and jitter."""
    assert 0.0 <= pause_s(failures, 60.0) <= min(60.0, 2.0 ** min(failures, 16))


def test_pauses_grow_and_differ_so_that_a_thousand_do_not_come_back_at_once() -> None:
    """D4: back-off, and jitter over the whole of it."""
    drawn = [sorted(pause_s(failures, 60.0) for _ in range(200)) for failures in (1, 4, 9)]
    assert all(len(set(each)) > 150 for each in drawn)
    assert [each[-1] > 0.8 * top for each, top in zip(drawn, (2, 16, 60), strict=True)] == [True] * 3
    assert [each[0] < 0.2 * top for each, top in zip(drawn, (2, 16, 60), strict=True)] == [True] * 3
