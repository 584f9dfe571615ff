"""The capability records say what the code does."""

import re

from devices import canonical, messages
from devices.drivers.registry import DRIVERS, AckKind, EventLoss


def test_only_hardware_that_proves_its_list_decides_offline() -> None:
    assert all((each.ack_kind is AckKind.LIST_VERSION) == each.offline_decision for each in DRIVERS.values())


def test_our_protocol_loses_no_event_and_holds_what_the_document_says() -> None:
    ours = DRIVERS["vuoro_mqtt"]
    assert ours.event_loss is EventLoss.NONE
    assert ours.max_credentials == messages.MOST_RIGHTS < canonical.LARGEST
    assert ours.pin_rule
    assert re.fullmatch(ours.pin_rule, "4938")


def test_a_plain_reader_claims_nothing_it_cannot_do() -> None:
    plain = DRIVERS["rdm6300_relay"]
    assert not any((plain.offline_decision, plain.window_in_device, plain.holds_card, plain.door_contact, plain.rex))
