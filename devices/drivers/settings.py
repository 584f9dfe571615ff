"""What each make must be told of one door: which of the door's own fields, and named texts with a form. Pages ask for
these, and for nothing else of that make."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass


class BadSetting(ValueError):
    """`name` is the setting that is missing, unknown or not in its form."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting. `form`: a regular expression of the whole text; `usual`: what stands when nothing is given, None
    where something must be."""

    name: str
    form: str
    usual: str | None = None

    @property
    def choices(self) -> tuple[str, ...]:
        """The texts to choose from, where the form is nothing but a list of them."""
        return tuple(self.form.split("|")) if re.fullmatch(r"[\w/-]+(\|[\w/-]+)+", self.form) else ()


_SERIAL = ("reader_format", "reader_path", "relay_path", "relay_channel")
# Fields of the door itself that a make asks for; a make not listed asks for the reader's way of seeing a card.
FIELDS: Mapping[str, tuple[str, ...]] = {
    **dict.fromkeys(("rdm6300_relay", "id12la_relay", "pn532_relay", "wiegand_text_relay", "osdp"), _SERIAL),
    **dict.fromkeys(("shelly", "ha_lock", "nuki", "nuki_hub", "zigbee2mqtt"), ("device_topic",)),
    **dict.fromkeys(("tasmota", "by_template", "esp_rfid"), ("device_topic", "reader_format")),
}
# How the readers of a make see cards, where not in every way that we know.
FORMATS: Mapping[str, tuple[str, ...]] = {"uhppote": ("wiegand26", "wiegand34")}
_TOPIC = r"(?:~|[A-Za-z0-9_.:-]+)(?:/[A-Za-z0-9_.:-]+){0,9}"
_TEMPLATE = (
    Setting("release_topic", _TOPIC, "~/switch/lock/command"),
    Setting("release_payload", ".{1,200}", "ON"),
    Setting("state_topic", _TOPIC, "~/switch/lock/state"),
    Setting("unlocked_payload", ".{1,60}", "ON"),
    Setting("locked_payload", ".{1,60}", "OFF"),
    Setting("card_topic", _TOPIC, "none"),
    Setting("card_path", r"[\w-]+(?:\.[\w-]+){0,5}", "none"),
    Setting("card_form", "em4100-hex|em4100-dec32|wiegand26-dec|wiegand34-dec|uid-hex", "em4100-hex"),
    Setting("online_topic", _TOPIC, "~/status"),
    Setting("online_payload", ".{1,60}", "online"),
    Setting("offline_payload", ".{1,60}", "offline"),
)
_BYTE = r"(?:25[0-5]|2[0-4][0-9]|1?[0-9]?[0-9])"
_IPV4 = rf"(?:{_BYTE}\.){{3}}{_BYTE}"
_INPUT = "none|1|2|3|4|5|6|7|8"
# The relay board of a reader on wires, and what hangs on its inputs.
_BOARD = (
    Setting("board", "lc|modbus", "lc"),
    Setting("unit", "[1-9][0-9]?|1[0-9][0-9]|2[0-3][0-9]|24[0-7]", "1"),
    Setting("keeps_time", "yes|no", "yes"),
    Setting("contact", _INPUT, "none"),
    Setting("exit", _INPUT, "none"),
    Setting("contact_closed", "on|off", "on"),
)
_OSDP = (
    Setting("address", "[0-9]|[1-9][0-9]|1[01][0-9]|12[0-6]"),
    Setting("baud", "9600|19200|38400|57600|115200|230400", "9600"),
    Setting("lock", "reader|lc|modbus", "reader"),
    Setting("keypad", "no|yes", "no"),
    *(each for each in _BOARD if each.name != "board"),
)

SETTINGS: Mapping[str, tuple[Setting, ...]] = {
    **dict.fromkeys(("rdm6300_relay", "id12la_relay", "pn532_relay"), _BOARD),
    "wiegand_text_relay": (*_BOARD, Setting("keypad", "no|yes", "no")),
    "osdp": _OSDP,
    "shelly": (Setting("relay", "[0-3]", "0"), Setting("contact", "none|[0-3]", "none")),
    "tasmota": (Setting("relay", "[1-8]", "1"),),
    "by_template": _TEMPLATE,
    "nuki_hub": (Setting("keypad", "lock/keypad|keypad", "lock/keypad"),),
    "esp_rfid": (
        Setting("doorip", _IPV4),
        Setting("wiegand", "hex|decimal", usual="hex"),
        Setting("strangers", "report|delete", usual="report"),
        Setting("heartbeat_s", "[1-9][0-9]{1,3}", usual="180"),
    ),
    "uhppote": (
        Setting("address", rf"{_IPV4}(?::[1-9][0-9]{{0,4}})?"),
        Setting("serial", "[1-9][0-9]{5,9}"),
        Setting("board_door", "1|2|3|4"),
        Setting("strangers", "report|delete", usual="report"),
    ),
}


def fields_of(driver: str) -> tuple[str, ...]:
    """Which of the door's own fields this make needs."""
    return FIELDS.get(driver, ("reader_format",))


def settings_of(driver: str) -> tuple[Setting, ...]:
    """What this make asks for, in the order to ask."""
    return SETTINGS.get(driver, ())


def checked(driver: str, given: Mapping[str, str]) -> dict[str, str]:
    """The settings as they are kept, each with a text. Raises BadSetting."""
    asked = {each.name: each for each in settings_of(driver)}
    if unknown := sorted(given.keys() - asked.keys()):
        raise BadSetting(unknown[0])
    return {name: _fitting(each, given.get(name, "").strip()) for name, each in asked.items()}


def _fitting(setting: Setting, text: str) -> str:
    found = text or setting.usual
    if found is None or not re.fullmatch(setting.form, found):
        raise BadSetting(setting.name)
    return found
