"""The capability records say what the code does."""

import importlib
import re
from pathlib import Path

import pytest

from access.models import Driver
from devices import canonical, messages
from devices.drivers import nuki, zigbee2mqtt
from devices.drivers.registry import DRIVERS, AckKind, EventLoss, Latency

CODECS = {
    "rdm6300_relay": "rdm6300",
    "id12la_relay": "id12la",
    "pn532_relay": "pn532",
    "wiegand_text_relay": "wiegand_text",
}
DOCUMENT = (Path(__file__).parents[3] / "docs/drivers.md").read_text(encoding="utf-8")


def test_what_keeps_its_list_offline_proves_that_it_has_it() -> None:
    assert all(each.ack_kind is not AckKind.NONE for each in DRIVERS.values() if each.offline_decision)


def test_what_holds_nothing_decides_nothing_alone() -> None:
    assert all((each.holds_pin or each.holds_card) == each.offline_decision for each in DRIVERS.values())


def test_a_window_in_the_device_needs_a_clock_in_the_device() -> None:
    assert all(each.clock == "device" for each in DRIVERS.values() if each.window_in_device)


def test_a_pin_has_a_rule_where_it_is_held_and_nowhere_else() -> None:
    assert all((each.pin_rule is not None) == each.holds_pin for each in DRIVERS.values())


def test_a_door_asked_each_time_forgets_a_right_at_once() -> None:
    at_once = {name for name, each in DRIVERS.items() if each.revocation_latency is Latency.NEXT_DECISION}
    assert at_once == {name for name, each in DRIVERS.items() if not each.offline_decision}


def test_our_protocol_loses_no_event_and_holds_what_the_document_says() -> None:
    ours = DRIVERS["vuoro_mqtt"]
    assert ours.event_loss is EventLoss.NONE
    assert ours.max_credentials == messages.MOST_RIGHTS < canonical.LARGEST
    assert ours.pin_rule
    assert re.fullmatch(ours.pin_rule, "4938")


def test_a_plain_reader_claims_nothing_it_cannot_do() -> None:
    plain = DRIVERS["rdm6300_relay"]
    assert not any((plain.offline_decision, plain.window_in_device, plain.holds_card, plain.door_contact, plain.rex))


def test_only_what_the_doors_process_uses_can_be_chosen_for_a_door() -> None:
    assert {name for name, each in DRIVERS.items() if each.wired} == {driver.value for driver in Driver}


def test_the_records_of_pin_rules_are_the_codecs_own() -> None:
    assert DRIVERS["nuki_hub"].pin_rule == nuki.PIN_RULE
    assert DRIVERS["zigbee2mqtt"].pin_rule == zigbee2mqtt.PIN.pattern


@pytest.mark.parametrize("name", [name for name in DRIVERS if name != "vuoro_mqtt"])
def test_every_record_has_its_codec_and_its_row_in_the_document(name: str) -> None:
    importlib.import_module(f"devices.drivers.{CODECS.get(name, name)}")
    assert f"| `{name}` |" in DOCUMENT
