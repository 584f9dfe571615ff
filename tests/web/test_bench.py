"""The bench of simulated doors: the page against the real simulator, and without it."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy.orm import Session, sessionmaker

from access.keys import Vault
from access.register import provisioning
from booking.settings import Settings
from tests.fixtures_databases import ROOT
from tests.web import samples_staff
from tests.web.conftest import QUIET, ClientAs
from tests.web.town import Clock, Town, client
from web.app import create_app


@pytest.fixture
def simulator(town: Town, rolled_back: sessionmaker[Session], tmp_path: Path) -> Iterator[str]:
    """The simulator with the door of the town's hall and a serial bench, without a broker; its address."""
    with rolled_back() as session:
        record = provisioning(Vault(samples_staff.VAULT.master_key), samples_staff.door_of(session, town))
    (tmp_path / "doors.json").write_text(json.dumps(record) + "\n")
    (tmp_path / "demo-cards.json").write_text(json.dumps([{"person": "Keksi", "card": "62E3086CED", "note": "x"}]))
    command = [sys.executable, "-m", "firmware_sim", "--config", str(tmp_path / "doors.json"), "--serial"]
    command += ["--broker", "127.0.0.1:9", "--state", str(tmp_path / "doors"), "--control", "0"]
    running = subprocess.Popen(command, cwd=ROOT / "firmware-sim", stdout=subprocess.PIPE, text=True)
    assert running.stdout is not None
    yield json.loads(running.stdout.readline())["control"]
    running.terminate()
    running.wait(10)
    running.stdout.close()


@pytest.fixture
def bench(
    simulator: str, rolled_back: sessionmaker[Session], settings: Settings, clock: Clock, tmp_path: Path
) -> Flask:
    return create_app(replace(settings, bench_url=simulator, data_dir=tmp_path), rolled_back, QUIET | {"CLOCK": clock})


def test_the_bench_shows_every_simulated_door_under_its_premises(bench: Flask, town: Town) -> None:
    page = client(bench, None, "fi").get("/dev/bench").text
    assert town.premises.name_fi in page
    assert "Salin ovi" in page
    assert '<option value="62E3086CED">Keksi</option>' in page
    assert 'id="door-serial"' in page


def test_a_card_is_shown_and_the_decision_said_in_words(bench: Flask, town: Town) -> None:
    browser = client(bench, None)
    page = browser.post("/dev/bench/town-hall/tap", data={"card": "62E3086CED"}, follow_redirects=True).text
    assert "Hall door: stays shut: the door has no list of rights yet" in page
    page = browser.post("/dev/bench/town-hall/tap", data={"typed": "493817"}, follow_redirects=True).text
    assert "stays shut" in page


def test_a_card_that_is_none_is_refused_by_the_simulator(bench: Flask, town: Town) -> None:
    page = client(bench, None).post("/dev/bench/town-hall/tap", data={"typed": "not a card"}, follow_redirects=True)
    assert "The simulator refuses" in page.text


def test_plugs_power_clock_and_leaf_are_moved(bench: Flask, town: Town) -> None:
    browser = client(bench, None)
    for what, seen in (
        ("unplug", "network: plug pulled"),
        ("set_clock", "clock: set"),
        ("slow", "40.0 s slow"),
        ("lose_clock", "clock: not known"),
        ("open", "leaf: open"),
        ("cut", "network: plug pulled"),
    ):
        browser.post("/dev/bench/town-hall/do", data={"what": what})
        assert seen in browser.get("/dev/bench").text, what


def test_the_lamps_alone_come_as_pieces_of_the_page(bench: Flask, town: Town) -> None:
    pieces = client(bench, None).get("/dev/bench/lamps").text
    assert 'id="lamps-town-hall" hx-swap-oob="true"' in pieces
    assert "<html" not in pieces


def test_without_the_simulator_the_page_says_so(town: Town, client_as: ClientAs) -> None:
    browser = client_as(None)
    assert "do not answer" in browser.get("/dev/bench").text
    page = browser.post("/dev/bench/town-hall/tap", data={"card": "62E3086CED"}, follow_redirects=True).text
    assert "do not answer" in page
    assert browser.get("/dev/bench/lamps").status_code == 200


def test_a_bench_that_is_not_on_loopback_is_never_asked(
    rolled_back: sessionmaker[Session], settings: Settings, town: Town
) -> None:
    from web import simulator

    with pytest.raises(simulator.BenchSilent):
        simulator.doors("http://192.0.2.1:80")
