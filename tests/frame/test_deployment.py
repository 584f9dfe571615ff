"""docker-compose.yml, the Dockerfile and the broker's settings: checked here as far as a machine without Docker can."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from queue import Empty, Queue
from typing import Any

import paho.mqtt.client as mqtt
import pytest
from paho.mqtt.enums import CallbackAPIVersion
from ruamel.yaml import YAML

from tests.brokers import MOSQUITTO, mosquitto

ROOT = Path(__file__).resolve().parent.parent.parent
COMPOSE = ROOT / "docker-compose.yml"
Services = dict[str, dict[str, Any]]
PASSWORD = "open-in-tests-only"


@pytest.fixture(scope="module")
def services() -> Services:
    found: Services = YAML(typ="safe").load(COMPOSE.read_text(encoding="utf-8"))["services"]
    return found


def test_the_compose_file_obeys_the_published_schema() -> None:
    check = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.compose-spec", str(COMPOSE)]
    answer = subprocess.run(check, capture_output=True, text=True, check=False)
    assert answer.returncode == 0, answer.stdout + answer.stderr


def test_the_compose_file_names_every_part_of_the_system(services: Services) -> None:
    assert {"postgres", "mosquitto", "web", "doors", "jobs", "simulator"} <= set(services)


def options(words: list[str]) -> list[str]:
    return [word for word in words if word.startswith("--")]


def test_every_command_of_the_compose_file_exists(services: Services) -> None:
    from click.testing import CliRunner

    from web.cli import main

    wanted = [service["command"] for service in services.values() if service.get("command", [""])[0] == "vuoro"]
    assert len(wanted) == 4
    for command in wanted:
        bare = [word for word in command[1:] if word.isalpha()]
        answer = CliRunner().invoke(main, [*bare, "--help"])
        assert answer.exit_code == 0, answer.output
        assert [option for option in options(command) if option not in answer.output] == []


def test_the_simulator_knows_the_options_the_compose_file_gives_it(services: Services) -> None:
    command = services["simulator"]["command"]
    answer = subprocess.run([sys.executable, *command[1:3], "--help"], capture_output=True, text=True, check=True)
    assert [option for option in options(command) if option not in answer.stdout] == []


def test_no_secret_stands_in_the_compose_file(services: Services) -> None:
    given = [(name, value) for s in services.values() for name, value in s.get("environment", {}).items()]
    secret = [(name, value) for name, value in given if name.endswith(("PASSWORD", "KEY"))]
    assert secret
    assert [name for name, value in secret if not value.startswith("${")] == []


def test_what_the_dockerfile_copies_and_runs_is_there() -> None:
    text = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    ignored = (ROOT / ".dockerignore").read_text(encoding="utf-8").split()
    for needed in ("requirements.lock", "firmware-sim", "web"):
        assert needed in text
        assert (ROOT / needed).exists()
        assert needed not in ignored


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """mosquitto with the settings of deploy/, on a free port of this machine; yields the port."""
    if MOSQUITTO is None:
        pytest.skip("mosquitto is not installed")
    folder = tmp_path_factory.mktemp("broker")
    settings = (ROOT / "deploy/mosquitto.conf").read_text(encoding="utf-8").replace("listener 1883\n", "")
    settings = settings.replace("/mosquitto/data", str(folder)).replace("/mosquitto/config", str(ROOT / "deploy"))
    (folder / "passwords").touch(mode=0o600)
    for account in ("vuoro-service", "hall-a", "hall-b"):
        subprocess.run(["mosquitto_passwd", "-b", folder / "passwords", account, PASSWORD], check=True)
    with mosquitto(folder, settings=settings) as port:
        yield port


class Client:
    """A client of the broker under one account, which keeps what it hears."""

    def __init__(self, port: int, account: str, *, password: str = PASSWORD) -> None:
        self.heard: Queue[str] = Queue()
        self.answers: Queue[Any] = Queue()
        self.mqtt = mqtt.Client(CallbackAPIVersion.VERSION2, client_id=account)
        self.mqtt.username_pw_set(account, password)
        self.mqtt.on_connect = lambda *given: self.answers.put(given[3])
        self.mqtt.on_subscribe = lambda *given: self.answers.put(given[3])
        self.mqtt.on_message = lambda _client, _given, message: self.heard.put(message.topic)
        self.mqtt.connect("127.0.0.1", port)
        self.mqtt.loop_start()
        self.accepted = not self.answers.get(timeout=5).is_failure

    def listen(self, topic: str) -> None:
        self.mqtt.subscribe(topic, qos=1)
        self.answers.get(timeout=5)

    def say(self, topic: str) -> None:
        self.mqtt.publish(topic, b"{}", qos=1).wait_for_publish(5)

    def hears(self) -> str | None:
        try:
            return self.heard.get(timeout=0.5)
        except Empty:
            return None

    def close(self) -> None:
        self.mqtt.disconnect()
        self.mqtt.loop_stop()


@pytest.fixture
def client(broker: int) -> Iterator[object]:
    opened: list[Client] = []

    def connect(account: str, **given: str) -> Client:
        opened.append(Client(broker, account, **given))
        return opened[-1]

    yield connect
    for one in opened:
        one.close()


@pytest.mark.mosquitto
def test_a_door_hears_its_own_list(client) -> None:
    door, service = client("hall-a"), client("vuoro-service")
    door.listen("vuoro/v1/d/hall-a/desired")
    service.say("vuoro/v1/d/hall-a/desired")
    assert door.hears() == "vuoro/v1/d/hall-a/desired"


@pytest.mark.mosquitto
@pytest.mark.parametrize("wanted", ["vuoro/v1/d/hall-b/desired", "vuoro/v1/d/+/desired", "#"])
def test_a_door_does_not_hear_the_list_of_another(client, wanted: str) -> None:
    door, service = client("hall-a"), client("vuoro-service")
    door.listen(wanted)
    service.say("vuoro/v1/d/hall-b/desired")
    assert door.hears() is None


@pytest.mark.mosquitto
@pytest.mark.parametrize("topic", ["vuoro/v1/d/hall-b/ev", "vuoro/v1/d/hall-a/desired", "vuoro/v1/d/hall-a/cmd"])
def test_a_door_cannot_speak_for_another_nor_for_the_service(client, topic: str) -> None:
    door, service = client("hall-a"), client("vuoro-service")
    service.listen("vuoro/v1/#")
    door.say(topic)
    assert service.hears() is None


@pytest.mark.mosquitto
def test_the_service_hears_every_door(client) -> None:
    door, service = client("hall-b"), client("vuoro-service")
    service.listen("vuoro/v1/d/+/ev")
    door.say("vuoro/v1/d/hall-b/ev")
    assert service.hears() == "vuoro/v1/d/hall-b/ev"


@pytest.mark.mosquitto
def test_a_wrong_password_is_refused(client) -> None:
    assert not client("hall-a", password="guessed").accepted
