"""Our bus of OSDP readers against libosdp's own readers, over a pseudo-terminal."""

import os
import secrets
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import osdp
import pytest

from devices.drivers.line_runner import Hold, Release
from devices.drivers.osdp import KEY_BYTES, Kind, Light, Member, Times
from devices.drivers.osdp_bus import OsdpBus, Show
from devices.drivers.told import (
    Acknowledged,
    CardShown,
    ContactSaid,
    EndDown,
    EndUp,
    ExitPressed,
    PinTyped,
    Told,
    Warned,
)
from tests.devices.osdp_readers import ABILITIES, H10301, INPUTS, Reader, ReaderBus, reader_bus

KEY = secrets.token_bytes(KEY_BYTES)
SHORT = Times(silent=250, answer=100, probe=40, secure=250, first_rest=60, longest_rest=120, grace=80, stale=0)
CARD = CardShown("card:wiegand:26:0ca1fff")
UP, INSECURE = EndUp("reader"), Warned("reader_insecure")


class Panel:
    """Our end, and what it told of each door."""

    def __init__(self, bus: ReaderBus, members: dict[str, Member], times: Times) -> None:
        self.told: list[tuple[str, Told]] = []
        self.bus = OsdpBus(str(bus.plug.path), 115_200, members, self._tell, times=times)
        self.bus.start()

    def _tell(self, door: str, told: Told, _mono_ms: int) -> None:
        self.told.append((door, told))

    def of(self, door: str) -> list[Told]:
        return [told for name, told in self.told if name == door]

    def until(self, told: Told, *, door: str = "a", times: int = 1, within: float = 5) -> float:
        """Seconds until this was told so often."""
        began = time.monotonic()
        wait(lambda: self.of(door).count(told) >= times, within, lambda: self.told)
        return time.monotonic() - began

    def is_down(self, door: str = "a") -> bool:
        lines = [told for told in self.of(door) if isinstance(told, EndUp | EndDown)]
        return not lines or isinstance(lines[-1], EndDown)


def wait(condition: Callable[[], bool], within: float = 5, seen: Callable[[], object] = lambda: None) -> None:
    end = time.monotonic() + within
    while not condition():
        assert time.monotonic() < end, f"did not happen in time: {seen()}"
        time.sleep(0.002)


Start = Callable[..., Panel]


@pytest.fixture
def bus(tmp_path: Path) -> Iterator[ReaderBus]:
    with reader_bus(tmp_path / "bus") as made:
        yield made


@pytest.fixture
def start(bus: ReaderBus) -> Iterator[Start]:
    begun: list[Panel] = []

    def begin(members: dict[str, Member] | None = None, times: Times = SHORT) -> Panel:
        begun.append(Panel(bus, members or {"a": Member(5, KEY)}, times))
        return begun[-1]

    yield begin
    for each in begun:
        each.bus.stop()


def test_a_card_and_a_pin_come_over_the_secure_channel(bus: ReaderBus, start: Start) -> None:
    reader, panel = bus.add(5, KEY), start()
    panel.until(UP)
    reader.card(H10301)
    panel.until(CARD)
    reader.keys(b"49")
    reader.keys(b"38\x0d")
    panel.until(PinTyped("4938"))


def outputs(reader: Reader) -> list[tuple[int, int, int]]:
    return [(each["output_no"], each["control_code"], each["timer_count"]) for each in reader.took(Kind.OUTPUT)]


def test_a_short_opening_is_ended_by_the_reader_itself(bus: ReaderBus, start: Start) -> None:
    reader, panel = bus.add(5, KEY), start({"a": Member(5, KEY, output=2)})
    panel.until(UP)
    panel.bus.order(Release("a", 5, "x"))
    panel.until(Acknowledged("x", ok=True))
    assert outputs(reader) == [(1, 1, 0), (1, 5, 50)]  # a channel just made: off


def test_thirty_seconds_are_thirty_and_not_four(bus: ReaderBus, start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    """DA16: by our own timer; the binding keeps eight bits of tenths, and 300 would be 44."""
    reader, panel = bus.add(5, KEY), start()
    panel.until(UP)
    panel.bus.order(Release("a", 30, "x"))
    panel.until(Acknowledged("x", ok=True))
    assert outputs(reader)[1:] == [(0, 2, 0)]
    panel.bus._by_door["a"].strike.until_ms -= 29_900  # type: ignore[operator] - the rest of the time passes
    wait(lambda: outputs(reader)[1:] == [(0, 2, 0), (0, 1, 0)], 1)


def test_a_door_held_open_is_on_until_it_is_told_otherwise(bus: ReaderBus, start: Start) -> None:
    reader, panel = bus.add(5, KEY), start()
    panel.until(UP)
    panel.bus.order(Hold("a", on=True))
    wait(lambda: outputs(reader)[-1:] == [(0, 2, 0)])
    panel.bus.order(Hold("a", on=False))
    wait(lambda: outputs(reader)[-1:] == [(0, 1, 0)])


def test_leaving_shuts_the_lock(bus: ReaderBus, start: Start) -> None:
    reader, panel = bus.add(5, KEY), start()
    panel.until(UP)
    panel.bus.order(Release("a", 300, "x"))
    panel.until(Acknowledged("x", ok=True))
    panel.bus.stop()
    assert outputs(reader)[-1] == (0, 1, 0)
    panel.bus = start().bus


@pytest.mark.parametrize(
    ("light", "colour", "beeps"), [(Light.GRANTED, 2, 1), (Light.DENIED, 1, 3), (Light.PENDING, 3, 1)]
)
def test_the_person_before_the_reader_sees_and_hears_the_answer(
    bus: ReaderBus, start: Start, light: Light, colour: int, beeps: int
) -> None:
    reader, panel = bus.add(5, KEY), start()
    panel.until(UP)
    panel.bus.order(Show("a", light))
    wait(lambda: bool(reader.took(Kind.BUZZER)))
    assert [each["on_color"] for each in reader.took(Kind.LED)] == [colour]
    assert [each["rep_count"] for each in reader.took(Kind.BUZZER)] == [beeps]


def test_the_lock_opens_before_the_lights_come_on(bus: ReaderBus, start: Start) -> None:
    reader, panel = bus.add(5, KEY), start()
    panel.until(UP)
    wait(lambda: bool(outputs(reader)))
    time.sleep(0.05)
    panel.bus.order(Release("a", 5, "x"))
    panel.bus.order(Show("a", Light.GRANTED))
    wait(lambda: bool(reader.took(Kind.BUZZER)))
    assert [each["command"] for _at, each in reader.did][1:] == [Kind.OUTPUT, Kind.LED, Kind.BUZZER]


def test_a_reader_is_sent_nothing_that_it_cannot_do(bus: ReaderBus, start: Start) -> None:
    """libosdp parks a reader for 300 s after a NAK."""
    reader = bus.add(5, KEY, abilities=[each for each in ABILITIES if each[0] == osdp.Capability.OutputControl])
    panel = start({"a": Member(5, KEY, output=2), "b": Member(6, KEY, output=9)})
    panel.until(UP)
    panel.bus.order(Show("a", Light.DENIED))
    panel.bus.order(Release("a", 5, "x"))
    panel.until(Acknowledged("x", ok=True))
    assert {each["command"] for _at, each in reader.did} == {Kind.OUTPUT}
    assert not panel.is_down()


def test_an_output_that_is_not_there_opens_nothing_and_says_so(bus: ReaderBus, start: Start) -> None:
    bus.add(5, KEY)
    panel = start({"a": Member(5, KEY, output=7)})
    panel.until(UP)
    panel.bus.order(Release("a", 5, "x"))
    panel.until(Acknowledged("x", ok=False))
    assert not panel.is_down()


def test_contact_and_exit_button_come_from_the_readers_inputs(bus: ReaderBus, start: Start) -> None:
    reader = bus.add(5, KEY, abilities=[*ABILITIES, INPUTS])
    panel = start({"a": Member(5, KEY, contact=1, exit=2)})
    panel.until(UP)
    # libosdp's own reader answers the first question with NAK; it is not asked again, and back at once.
    wait(lambda: bool(reader.took(Kind.STATUS)))
    wait(lambda: panel.bus._by_door["a"].refused == {Kind.STATUS})
    wait(lambda: reader.device.is_sc_active() and panel.bus._by_door["a"].reach.refused == 0)
    time.sleep(0.2)
    for on in ((1, 0, 0, 0), (1, 1, 0, 0), (0, 1, 0, 0), (0, 0, 0, 0), (1, 0, 0, 0)):
        reader.inputs(*on)
        time.sleep(0.03)
    panel.until(ContactSaid(open=False), times=2)
    seen = [told for told in panel.of("a") if isinstance(told, ContactSaid | ExitPressed)]
    assert seen == [ContactSaid(open=False), ExitPressed(), ContactSaid(open=True), ContactSaid(open=False)]
    assert len(reader.took(Kind.STATUS)) == 1


def test_a_cable_out_is_told_and_mends_by_itself(bus: ReaderBus, start: Start) -> None:
    """R14 with shorter times; libosdp alone would notice after 8 s and come back after 300. The figures: test_osdp."""
    reader, panel = bus.add(5, KEY), start()
    panel.until(UP)
    reader.lead.cut = True
    panel.until(EndDown("reader", "silent"))
    time.sleep(0.1)
    reader.lead.cut = False
    panel.until(UP, times=2)
    reader.card(H10301)
    panel.until(CARD)


def test_a_card_shown_during_an_outage_opens_nothing_afterwards(bus: ReaderBus, start: Start) -> None:
    reader = bus.add(5, KEY)
    panel = start(times=replace(SHORT, stale=250))
    panel.until(UP)
    reader.lead.cut = True
    time.sleep(0.03)
    reader.card(H10301)
    panel.until(EndDown("reader", "silent"))
    reader.lead.cut = False
    panel.until(Warned("stale_read"))
    time.sleep(0.3)
    reader.card(H10301)
    panel.until(CARD)
    assert panel.of("a").count(CARD) == 1


def test_a_reader_that_comes_back_without_its_key_stays_out(bus: ReaderBus, start: Start) -> None:
    """DA15. A keyless reader would else be given a key through the well-known one, and talk on."""
    bus.add(5, KEY)
    panel = start()
    panel.until(UP)
    keyless = bus.add(5, None, secure=False)
    keyless.card(H10301)
    panel.until(INSECURE)
    assert panel.is_down()
    assert CARD not in panel.of("a")
    assert keyless.took(5) == []  # no KEYSET was sent
    bus.add(5, KEY)
    panel.until(UP, times=2)


def test_a_reader_with_another_key_is_tried_less_and_less_often(bus: ReaderBus, start: Start) -> None:
    bus.add(5, secrets.token_bytes(KEY_BYTES))
    panel = start()
    panel.until(INSECURE)
    assert UP not in panel.of("a")
    wait(lambda: panel.bus._by_door["a"].reach._rest_ms == SHORT.longest_rest)


def test_readers_of_one_bus_are_told_apart_and_one_that_is_gone_takes_nobody_along(
    bus: ReaderBus, start: Start
) -> None:
    keys = {address: secrets.token_bytes(KEY_BYTES) for address in (1, 2, 100)}
    readers = {address: bus.add(address, key) for address, key in keys.items()}
    panel = start({str(address): Member(address, key) for address, key in keys.items()})
    for door in ("1", "2", "100"):
        panel.until(UP, door=door)
    readers[2].lead.cut = True
    panel.until(EndDown("reader", "silent"), door="2")
    readers[100].card(H10301)
    panel.until(CARD, door="100")
    panel.bus.order(Release("1", 3, "x"))
    panel.until(Acknowledged("x", ok=True), door="1")
    assert [panel.is_down(door) for door in ("1", "2", "100")] == [False, True, False]
    assert CARD not in panel.of("1")


def test_an_adapter_pulled_and_plugged_in_under_another_name_is_found(bus: ReaderBus, start: Start) -> None:
    reader, panel = bus.add(5, KEY), start()
    panel.until(UP)
    with bus.lock:
        bus.plug.pull()
        panel_down = time.monotonic()
        wait(panel.is_down, 2)
        bus.plug.plug_in()
        reader.lead.master = bus.plug.master
    assert panel.until(UP, times=2) < 2
    assert time.monotonic() - panel_down < 4


def test_noise_on_the_bus_loses_no_card(bus: ReaderBus, start: Start) -> None:
    reader, panel = bus.add(5, KEY), start()
    panel.until(UP)
    for number in range(8):
        os.write(bus.plug.master, os.urandom(6))
        reader.card(f"{number + 1:032b}")
        panel.until(CardShown(f"card:wiegand:32:{number + 1:08x}"))


def test_answers_torn_anywhere_or_said_twice_lose_no_card(bus: ReaderBus, start: Start) -> None:
    reader = bus.add(5, KEY)
    reader.lead.torn = True
    panel = start()
    panel.until(UP)
    for number in range(6):
        reader.lead.doubled = number > 3
        reader.card(f"{number + 1:032b}")
        panel.until(CardShown(f"card:wiegand:32:{number + 1:08x}"))
    assert not panel.is_down()


def test_a_power_cut_of_the_reader_mends_itself_and_leaves_the_lock_shut(bus: ReaderBus, start: Start) -> None:
    bus.add(5, KEY)
    panel = start()
    panel.until(UP)
    again = bus.add(5, KEY)
    wait(lambda: outputs(again) == [(0, 1, 0)])
    again.card(H10301)
    panel.until(CARD)


def test_our_own_power_cut_finds_the_lock_as_it_was_and_shuts_it(bus: ReaderBus, start: Start) -> None:
    reader, panel = bus.add(5, KEY), start()
    panel.until(UP)
    panel.bus.order(Release("a", 60, "x"))
    panel.until(Acknowledged("x", ok=True))
    panel.bus._by_door["a"].strike.written = None  # no farewell
    panel.bus._by_door["a"].strike.until_ms = None
    panel.bus._panel = None
    panel.bus.stop()
    start().until(UP)
    wait(lambda: outputs(reader)[-2:] == [(0, 2, 0), (0, 1, 0)])


def test_an_opening_asked_of_a_lost_reader_fails_and_does_not_happen_later(bus: ReaderBus, start: Start) -> None:
    reader, panel = bus.add(5, KEY), start()
    panel.until(UP)
    reader.lead.cut = True
    panel.bus.order(Release("a", 20, "x"))
    panel.until(Acknowledged("x", ok=False))
    reader.lead.cut = False
    panel.until(UP, times=2)
    wait(lambda: len(outputs(reader)) == 2)
    assert outputs(reader) == [(0, 1, 0), (0, 1, 0)]
