"""The reader and the relay board on pseudo-terminals, as their vendors describe them."""

import os
import threading
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware_sim.credentials import BadCredential
from firmware_sim.serial_site import OFF, ON, RelayBytes, SerialBench, rdm6300


def test_the_reader_sends_the_vendors_fourteen_bytes() -> None:
    assert rdm6300("62e3086ced") == b"\x0262E3086CED08\x03"


@pytest.mark.parametrize("card", ["", "62E3086CE", "62E3086CEDA", "62E3086CEG"])
def test_what_is_no_card_is_not_sent(card: str) -> None:
    with pytest.raises(BadCredential):
        rdm6300(card)


@given(orders=st.lists(st.booleans()), cuts=st.lists(st.integers(1, 7)))
def test_relay_orders_are_the_same_however_the_bytes_are_cut(orders: list[bool], cuts: list[int]) -> None:
    stream = b"".join(ON if on else OFF for on in orders)
    relay, found = RelayBytes(), []
    for cut in [*cuts, len(stream)]:
        found += relay.feed(stream[:cut])
        stream = stream[cut:]
    assert found == orders


@given(noise=st.binary(max_size=20).filter(lambda noise: b"\xa0" not in noise))
def test_noise_on_the_line_switches_nothing_and_hides_nothing(noise: bytes) -> None:
    assert RelayBytes().feed(noise + ON + noise + OFF + noise + b"\x00" * 4) == [True, False]


@pytest.fixture
def bench() -> Iterator[SerialBench]:
    made = SerialBench()
    yield made
    made.close()


def test_a_tap_waits_for_the_relay_that_the_service_switches(bench: SerialBench) -> None:
    reader, relay = (os.open(path, os.O_RDWR | os.O_NOCTTY) for path in (bench.reader_path, bench.relay_path))

    def service() -> None:
        frame = b""
        while len(frame) < 14:
            frame += os.read(reader, 14 - len(frame))
        os.write(relay, ON)

    thread = threading.Thread(target=service)
    thread.start()
    tapped = bench.tap("62E3086CED", wait_ms=5000)
    thread.join(10)
    os.close(reader)
    os.close(relay)
    assert (tapped["decision"], tapped["unlocked"], tapped["relay"]) == ("granted", True, "on")
    assert bench.view()["lock"] == "unlocked"


def test_without_a_service_a_tap_has_no_answer(bench: SerialBench) -> None:
    tapped = bench.tap("62E3086CED", wait_ms=50)
    assert (tapped["decision"], tapped["unlocked"]) == ("no_answer", False)
