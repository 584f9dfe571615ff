"""A reader fresh from its box gets a key of its own on a bench; from then on nothing else counts."""

import secrets
from collections.abc import Iterator
from pathlib import Path

import pytest

from devices.drivers import osdp_bench
from devices.drivers.osdp import KEY_BYTES
from devices.drivers.osdp_bench import BenchFailed, BenchProblem, Provisioned, provision
from tests.devices.osdp_readers import ReaderBus, reader_bus

KEY = secrets.token_bytes(KEY_BYTES)


@pytest.fixture
def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ReaderBus]:
    for name in ("WAIT_S", "SETTLE_S", "CLEAR_S"):
        monkeypatch.setattr(osdp_bench, name, 0.3)
    with reader_bus(tmp_path / "bench") as made:
        yield made


def tried(bench: ReaderBus, key: bytes = KEY) -> Provisioned:
    return provision(str(bench.plug.path), 9600, 5, key)


def test_a_fresh_reader_is_given_its_key_and_proves_it(bench: ReaderBus) -> None:
    reader = bench.add(5, None, secure=False)
    assert tried(bench).given
    assert [each["data"] for each in reader.took(5)] == [KEY]


def test_one_that_has_its_key_is_not_given_it_again(bench: ReaderBus) -> None:
    """As after a power cut between the reader's taking it and our writing so."""
    reader = bench.add(5, KEY)
    assert tried(bench) == Provisioned(given=False, speaks_in_clear=False)
    assert reader.took(5) == []


def test_one_with_another_key_is_left_alone(bench: ReaderBus) -> None:
    reader = bench.add(5, secrets.token_bytes(KEY_BYTES))
    with pytest.raises(BenchFailed) as failed:
        tried(bench)
    assert failed.value.problem is BenchProblem.OTHER_KEY
    assert reader.took(5) == []


def test_nobody_there_is_told(bench: ReaderBus) -> None:
    bench.add(6, KEY)
    with pytest.raises(BenchFailed) as failed:
        tried(bench)
    assert failed.value.problem is BenchProblem.SILENT


def test_a_reader_that_talks_to_anybody_is_told(bench: ReaderBus) -> None:
    bench.add(5, KEY, secure=False)
    assert tried(bench).speaks_in_clear
