"""What a door's hardware can and cannot do, in sentences: the records of devices/drivers, nothing softened."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from jinja2 import Environment, pass_context
from jinja2.runtime import Context

from access.models import Driver
from devices.drivers.registry import DRIVERS, AckKind, Capabilities, EventLoss, Latency, of_door
from devices.drivers.settings import Setting, settings_of
from web.words_of_doors import door_word

Said = tuple[bool, str]

# The topic of a make, as its own pages name it.
TOPICS: Mapping[str, Any] = {
    "shelly": _l("The MQTT prefix in the relay’s settings, for example shellyplus1-a8032abe54dc."),
    "ha_lock": _l("As the lock announces itself, without /config: homeassistant/lock/porch/front."),
    "nuki": _l("nuki/ and the lock’s id, for example nuki/3A4B5C6D."),
    "nuki_hub": _l("The MQTT path in Nuki Hub’s settings, for example nuki."),
    "zigbee2mqtt": _l("zigbee2mqtt/ and the name the lock has there, for example zigbee2mqtt/porch."),
    "tasmota": _l("The device’s topic in Tasmota’s MQTT settings, for example porch-reader."),
    "by_template": _l("What all its topics begin with, for example esphome-porch. Below, ~ stands for it."),
    "esp_rfid": _l("The topic in the board’s MQTT settings."),
}
# What a make asks beside: label and hint by the setting’s name, or by make and name where they differ.
SETTINGS: Mapping[str, tuple[Any, Any]] = {
    "relay": (_l("Relay of the device"), _l("The number it has there, from 0 or 1 as the maker counts.")),
    "contact": (_l("Door contact on input"), _l("A number, or none. Closed circuit means a closed door.")),
    "board": (_l("Relay board"), _l("lc: LC boards with a CH340 chip. modbus: Modbus RTU boards, 9600 8N1.")),
    "unit": (_l("Address of the Modbus board"), _l("1 to 247, as set on the board. Other boards: leave it.")),
    "keeps_time": (_l("The Modbus board ends the opening itself"), _l("no: boards without a flash command.")),
    "exit": (_l("Exit button on input"), _l("Of the Modbus board, else of the OSDP reader.")),
    "contact_closed": (_l("The contact’s input while the door is closed"), _l("on: closed circuit means closed.")),
    "address": (_l("Address of the reader on its bus"), _l("0 to 126, as set in the reader; each reader its own.")),
    "baud": (_l("Speed of the bus"), _l("The same in all readers of the bus; 9600 as they are delivered.")),
    "lock": (_l("Where the lock hangs"), _l("reader: on the reader’s own output. lc, modbus: on a relay board.")),
    "osdp.keypad": (_l("The reader has a keypad"), _l("yes: bookings get PINs for it; # ends a PIN.")),
    "wiegand_text_relay.keypad": (_l("The reader has a keypad"), _l("yes: bookings get PINs for it; # ends a PIN.")),
    "keypad": (_l("Where its keypad topics lie"), _l("lock/keypad since Nuki Hub 9, keypad before.")),
    "release_topic": (_l("Topic that opens"), _l("What is sent there opens for a moment; the device itself closes.")),
    "release_payload": (_l("What is sent to open"), _l("{seconds} stands for how long.")),
    "state_topic": (_l("Topic of the relay’s state"), _l("none where it tells none.")),
    "unlocked_payload": (_l("What it says when open"), ""),
    "locked_payload": (_l("What it says when locked"), ""),
    "card_topic": (_l("Topic of cards shown"), _l("none where it has no reader.")),
    "card_path": (_l("Where the card stands in its JSON"), _l("Names with points between: tag.uid. none: no JSON.")),
    "card_form": (_l("How it writes a card"), ""),
    "doorip": (_l("The board’s address"), _l("Its own IPv4 address, for example 192.168.1.20. It must not change.")),
    "wiegand": (_l("How it writes Wiegand cards"), _l("As in the board’s own settings.")),
    "strangers": (_l("Cards on it that nobody here gave"), _l("They are an alarm in any case.")),
    "heartbeat_s": (_l("Its heartbeat, seconds"), _l("As in the board’s own settings.")),
    "uhppote.address": (_l("The board’s address"), _l("For example 192.168.1.30; its port is 60000.")),
    "uhppote.serial": (_l("Serial number of the board"), _l("On its label, nine digits.")),
    "board_door": (_l("Door on the board"), _l("Where the lock is wired: 1 to 4.")),
    "online_topic": (_l("Topic of being there"), _l("Its last will. none: it counts as there when it speaks.")),
    "online_payload": (_l("What it says when it is there"), ""),
    "offline_payload": (_l("What is said when it is gone"), ""),
}
# What can be chosen, where it is no word of the maker’s own.
CHOICES: Mapping[str, Any] = {
    "report": _l("they stay"),
    "delete": _l("they are taken out"),
    "hex": _l("hexadecimal"),
    "decimal": _l("decimal"),
}
# For the list of kinds: what is easiest to live with first.
ORDER = ("vuoro_mqtt", "uhppote", "esp_rfid", "osdp", "nuki_hub", "zigbee2mqtt")


@dataclass(frozen=True, slots=True)
class SettingField:
    """One setting on a form. `choices` empty: a text."""

    name: str
    label: str
    hint: str
    required: bool
    choices: list[tuple[str, str]]


def start(jinja: Environment) -> None:
    jinja.filters["abilities"] = _abilities


def abilities(driver: str, settings: Mapping[str, str] | None = None) -> list[tuple[bool, list[str]]]:
    """What hardware of this kind, with these settings, can, then what it cannot; an empty half is left out."""
    said = list(sentences(DRIVERS[driver] if settings is None else of_door(driver, settings)))
    halves = [(can, [text for good, text in said if good is can]) for can in (True, False)]
    return [half for half in halves if half[1]]


def kinds() -> list[tuple[str, str, list[tuple[bool, list[str]]]]]:
    """Every kind of hardware in use: its word, its name, and what it can and cannot."""
    listed = sorted(Driver, key=lambda each: (ORDER + tuple(Driver)).index(each.value))
    return [(each.value, door_word(each, "driver"), abilities(each.value)) for each in listed]


def setting_fields(driver: str) -> list[SettingField]:
    """What this make asks for beside the fields every door has."""
    return [_field(driver, each) for each in settings_of(driver)]


def setting_words(driver: str, name: str) -> tuple[Any, Any]:
    """Label and hint of a setting; one without words shows by its name."""
    return SETTINGS.get(f"{driver}.{name}") or SETTINGS.get(name) or (name, "")


def topic_hint(driver: str) -> str:
    return str(TOPICS.get(driver, ""))


def _field(driver: str, asked: Setting) -> SettingField:
    label, hint = setting_words(driver, asked.name)
    choices = [(one, str(CHOICES.get(one, one))) for one in asked.choices]
    return SettingField(f"setting_{asked.name}", str(label), str(hint), asked.usual is None, choices)


def sentences(record: Capabilities) -> Iterator[Said]:
    """Each ability as a sentence, with whether it is one."""
    yield from _deciding(record)
    yield _proof(record)
    if record.takes_cards or record.pin_rule is not None:
        yield _forgetting(record)
    else:
        yield False, _("No card or PIN opens it here: it is only opened from afar.")
    yield _telling(record)
    yield from _seeing(record)


def _deciding(record: Capabilities) -> Iterator[Said]:
    if record.offline_decision:
        yield True, _("It decides by itself, also without the network.")
    else:
        yield False, _("It opens only while the network and this service run.")
    if record.told_cards:
        yield (
            False,
            _("It must be told the card itself: its number is kept here, sealed, as long as the card is in use."),
        )
    if record.whole_days:
        yield (
            False,
            _(
                "It knows whole days, no hours: a card is put in when its time begins and taken out when it ends. If "
                "this service stops meanwhile, the card opens until midnight."
            ),
        )
    if record.one_window:
        yield False, _("It keeps one time of a card: the next one is put in when that has ended.")
    if record.holds_pin and not record.window_in_device:
        yield False, _("It keeps no times: a code is put in when a time begins and taken out when it ends.")
    if record.max_credentials is not None:
        yield True, _("It has room for %(count)s rights or codes at a time.", count=record.max_credentials)
    if not record.closes_itself:
        yield False, _("If this service stops while the lock is open, the lock stays open until the service is back.")


def _proof(record: Capabilities) -> Said:
    if record.ack_kind is AckKind.LIST_VERSION:
        return True, _("It proves which list of rights it holds.")
    if record.ack_kind is AckKind.COMMAND and record.holds_card:
        return True, _("It proves each card that it takes or forgets.")
    if record.ack_kind is AckKind.COMMAND and record.holds_pin:
        return True, _("It says that it took a code. Some locks of this kind do not: their codes stay unproven here.")
    if record.ack_kind is AckKind.COMMAND:
        return True, _("It answers each order, so an opening is shown as done only when it was.")
    if record.holds_pin:
        return False, _("This door cannot prove that it got the code.")
    return False, _("This door cannot prove that it opened: that the order was sent is all we know.")


def _forgetting(record: Capabilities) -> Said:
    if record.revocation_latency is Latency.NEXT_DECISION:
        return True, _("A right that is taken away stops opening at once.")
    if record.revocation_latency is Latency.ON_DELIVERY:
        return False, _("A right that is taken away opens until the door has its new list; offline, that can be days.")
    if record.holds_card:
        return False, _("A card that is taken away opens until the device has proved that it forgot it.")
    return False, _("A code that is taken away opens until the lock says that it forgot it.")


def _telling(record: Capabilities) -> Said:
    if record.event_loss is EventLoss.NONE:
        return True, _("It tells afterwards what happened while it was offline.")
    return False, _("What happens while it is offline is never told: its history has holes.")


def _seeing(record: Capabilities) -> Iterator[Said]:
    if record.door_contact:
        yield True, _("It can tell whether the leaf is open, where a contact is fitted.")
    else:
        yield False, _("It does not know whether the leaf is open.")
    if not record.rex:
        yield (
            False,
            _("It sees no exit button: somebody who leaves is not told apart from somebody who forces the door."),
        )
    if not record.supports_lockdown:
        yield False, _("It knows no lockdown.")


@pass_context
def _abilities(
    _context: Context, driver: str, settings: Mapping[str, str] | None = None
) -> list[tuple[bool, list[Any]]]:
    """As a filter; it takes the context for the reader's language (words_of_doors)."""
    return list(abilities(driver, settings))
