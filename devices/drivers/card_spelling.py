"""How boards of other makers spell a card that we know in its normal spelling, and back again. Pure.

Only spellings that tell every two cards apart: an ESP-RFID with a PN532 reader drops zeros inside, so 01 23 and 12 03
are one card to it, and such a reader is not offered.
"""

from __future__ import annotations

import re
from enum import StrEnum

from devices import credentials
from devices.drivers.wiegand import with_parity

_NORMAL = re.compile(r"card:([a-z0-9]{1,16}):([0-9]{1,3}):([0-9a-f]+)\Z")
_UHPPOTE_FACILITY = 100_000  # 26 bits are shown by these boards as facility and five digits, as on the card


class Spelling(StrEnum):
    """What the board's reader makes of a card."""

    RDM6300 = "rdm6300"  # ten lower-case hex digits
    MFRC522 = "mfrc522"  # UID, two hex digits a byte
    WIEGAND_HEX = "wiegand_hex"  # the number without parity, no zeros in front
    WIEGAND_DECIMAL = "wiegand_decimal"
    UHPPOTE = "uhppote"


def spelt(spelling: Spelling, normal: str) -> str | None:
    """The card as the board spells it; None for one that its reader cannot see as this."""
    found = _NORMAL.match(normal)
    if found is None:
        return None
    family, bits, value = found[1], int(found[2]), int(found[3], 16)
    match spelling, family, bits:
        case Spelling.RDM6300, "em4100", 40:
            return f"{value:010x}"
        case Spelling.MFRC522, "iso14443a", 32 | 56:
            return f"{value:0{bits // 4}x}"
        case ((Spelling.WIEGAND_HEX | Spelling.WIEGAND_DECIMAL | Spelling.UHPPOTE), "wiegand", 26 | 34):
            return _of_number(spelling, bits, _number(value, bits))
    return None


def normal(spelling: Spelling, text: str, *, bits: int = 26) -> str | None:
    """The normal spelling of what a board said; `bits` of its Wiegand reader with parity. None for what is no card."""
    text = text.strip().lower()
    if spelling is Spelling.RDM6300:
        return credentials.card("em4100", 40, int(text, 16)) if re.fullmatch("[0-9a-f]{10}", text) else None
    if spelling is Spelling.MFRC522:
        fits = re.fullmatch("[0-9a-f]{8}|[0-9a-f]{14}", text)
        return credentials.card("iso14443a", len(text) * 4, int(text, 16)) if fits else None
    number = _to_number(spelling, text, bits)
    if number is None or number >= 1 << (bits - 2):
        return None
    return credentials.card("wiegand", bits, with_parity(number, bits - 2))


def _number(value: int, bits: int) -> int:
    return value >> 1 & ((1 << bits - 2) - 1)


def _of_number(spelling: Spelling, bits: int, number: int) -> str:
    if spelling is Spelling.WIEGAND_HEX:
        return f"{number:x}"
    if spelling is Spelling.UHPPOTE and bits == 26:
        return str((number >> 16) * _UHPPOTE_FACILITY + (number & 0xFFFF))
    return str(number)


def _to_number(spelling: Spelling, text: str, bits: int) -> int | None:
    if spelling is Spelling.WIEGAND_HEX:
        return int(text, 16) if re.fullmatch("[0-9a-f]{1,8}", text) else None
    if not re.fullmatch("[0-9]{1,10}", text):
        return None
    if spelling is Spelling.UHPPOTE and bits == 26:
        facility, number = divmod(int(text), _UHPPOTE_FACILITY)
        return facility << 16 | number if facility < 1 << 8 and number < 1 << 16 else None
    return int(text)
