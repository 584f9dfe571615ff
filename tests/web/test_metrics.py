"""What Prometheus reads: of the pages and of the doors process."""

from __future__ import annotations

import re
import socket
from dataclasses import replace
from queue import Queue
from urllib.request import urlopen

import pytest
from flask import Flask
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy.orm import Session, sessionmaker

from access import counted, metrics
from access.alarms import AlarmKind
from booking.settings import Settings
from devices.events import EventKind
from tests.web import samples_staff
from tests.web.conftest import QUIET, ClientAs
from tests.web.town import NOW, Clock, Town
from web.app import create_app


def read(text: str) -> dict[str, float]:
    """Each series with its value; Prometheus's own parser must understand it."""
    found = {}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            found[sample.name + "".join(f"[{value}]" for value in sample.labels.values())] = sample.value
    return found


def test_the_pages_tell_how_things_stand(town: Town, client_as: ClientAs, rolled_back: sessionmaker[Session]) -> None:
    with rolled_back.begin() as session:
        samples_staff.online(session, town)
    found = read(client_as(None).get("/metrics").text)
    assert found["vuoro_database_up"] == 1
    assert (found["vuoro_doors"], found["vuoro_doors_online"]) == (1, 1)
    assert found["vuoro_alarms[forced]"] == 1
    assert found["vuoro_alarms[offline]"] == 0
    assert {f"vuoro_alarms[{kind.value}]" for kind in AlarmKind} <= set(found), "every kind, so alerts can compare"


def test_nothing_in_them_tells_of_a_person_a_door_or_a_house(town: Town, client_as: ClientAs) -> None:
    text = client_as(None).get("/metrics").text
    for told in (town.booker.name, town.samples["door_ref"], town.premises.ref, "Salin ovi", "town-hall"):
        assert told not in text


@pytest.mark.parametrize(
    ("headers", "address", "code"),
    [
        ({}, "127.0.0.1", 200),
        ({}, "::1", 200),
        ({}, "192.0.2.7", 403),
        ({"X-Forwarded-For": "192.0.2.7"}, "127.0.0.1", 403),
    ],
)
def test_without_a_token_only_this_machine_may_look(
    app: Flask, town: Town, headers: dict[str, str], address: str, code: int
) -> None:
    client = app.test_client()
    answer = client.get("/metrics", headers=headers, environ_base={"REMOTE_ADDR": address})
    assert answer.status_code == code


def test_with_a_token_who_shows_it_may_look_from_anywhere(
    rolled_back: sessionmaker[Session], settings: Settings, clock: Clock
) -> None:
    client = create_app(replace(settings, metrics_token="secret"), rolled_back, QUIET | {"CLOCK": clock}).test_client()
    assert client.get("/metrics").status_code == 403
    assert client.get("/metrics", headers={"Authorization": "Bearer wrong"}).status_code == 403
    shown = client.get(
        "/metrics", headers={"Authorization": "Bearer secret"}, environ_base={"REMOTE_ADDR": "192.0.2.7"}
    )
    assert shown.status_code == 200


class Wire:
    connected = True


class Running:
    """As much of a doors process as is asked."""

    def __init__(self, sessions: sessionmaker[Session]) -> None:
        self.sessions, self.clock = sessions, lambda: NOW
        self.inbox: Queue[object] = Queue()
        self.transport = Wire()


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
        return port


def test_the_doors_process_answers_on_a_port_of_its_own(rolled_back: sessionmaker[Session]) -> None:
    port = free_port()
    stop = metrics.serve(Running(rolled_back), port, "127.0.0.1")
    try:
        counted.message("events")
        counted.message("nonsense")
        counted.stored([EventKind.GRANTED, EventKind.DENIED])
        with counted.DECISION.time():
            pass
        text = urlopen(f"http://127.0.0.1:{port}/metrics").read().decode()
    finally:
        stop()
    found = read(text)
    assert found["vuoro_doors_events_total[granted]"] >= 1
    assert "vuoro_doors_messages_total[nonsense]" not in found
    assert found["vuoro_doors_decision_seconds_count"] >= 1
    assert (found["vuoro_doors_inbox_length"], found["vuoro_doors_broker_connected"]) == (0, 1)
    assert found["vuoro_database_up"] == 1
    assert not re.search("[0-9a-f]{32}", text)
