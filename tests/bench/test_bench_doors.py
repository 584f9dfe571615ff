"""`vuoro bench doors` runs everything for real, for a few taps, and prints well-formed figures."""

import json

import pytest
from click.testing import CliRunner

from bench import site
from bench.cli import bench

WAYS = [
    "card, decided by the door",
    "card, decided by the door, network unplugged",
    "card at a serial reader, decided by the service",
    "opened from afar: asked, sent, opened, answered",
]


@pytest.mark.postgres
@pytest.mark.mosquitto
@pytest.mark.slow
def test_every_way_is_measured_beside_the_echo_and_no_tap_is_lost(postgres_url):
    if site.mosquitto() is None:
        pytest.skip("mosquitto is not installed")
    options = ["doors", "--doors", "2", "--taps", "4", "--postgres", postgres_url, "--json"]
    ran = CliRunner().invoke(bench, options, catch_exceptions=False)
    assert ran.exit_code == 0, ran.output
    runs = json.loads(ran.stdout)["runs"]
    assert [run["database"] for run in runs] == ["sqlite", "postgresql"]
    for run in runs:
        assert [way["what"] for way in run["ways"]] == WAYS
        assert all(way["taken"]["n"] == 4 and way["of_echo"] > 0 for way in run["ways"])
        assert run["echo"]["p50_ms"] > 0
        assert run["events"] == run["taps"] == 18


def test_what_does_not_start_says_so(tmp_path):
    with pytest.raises(site.NotStarted, match="never"):
        site.wait_for(lambda: False, "never", seconds=0.1)
    with (
        pytest.raises(site.NotStarted, match="simulated doors"),
        site.simulator(["--config", "nowhere"], tmp_path / "x"),
    ):
        pass


def test_what_there_is_not_is_refused_by_name():
    ran = CliRunner().invoke(bench, ["doors", "--only", "taps,tides"])
    assert ran.exit_code == 2
    assert "there are taps, sizes, revocation, reconnect" in ran.output
