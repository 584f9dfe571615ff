"""Card numbers in the forms people meet them, and what each kind of reader sees of one (door-protocol.md 8.1). Pure.

An EM4100 card holds 40 bits. Printed on it are often only the lower 32 as ten decimal digits, or the lower 24 as
facility and number: what a reader sees beyond them cannot be guessed, so a door whose reader sees more does not know
the card until the first bits of its batch are given, or the card is shown.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from booking.refusals import BadInput
from devices import credentials
from devices.drivers.pn532 import is_random
from devices.drivers.wiegand import with_parity

EM_BITS = 40
READER_FORMATS = ("em4100", "em4100-32", "wiegand26", "wiegand34", "iso14443a")
_HEX = re.compile(r"[0-9A-Fa-f]{10}\Z")
_DECIMAL = re.compile(r"[0-9]{10}\Z")
_FACILITY = re.compile(r"([0-9]{1,3}),([0-9]{1,5})\Z")
_UID = re.compile(r"(?:uid:)([0-9A-Fa-f]{8}|[0-9A-Fa-f]{14}|[0-9A-Fa-f]{20})\Z")
_BOTH = re.compile(r"([0-9]{10})\s+([0-9]{3},[0-9]{5})\Z")  # many cards have both printed
_WIEGAND = re.compile(r"(?:[wW]?(26|34)[ :]+)?([0-9]{1,5})[/-]([0-9]{1,5})\Z")
_BATCH = re.compile(r"(?:[0-9A-Fa-f]{2}){1,2}\Z")


@dataclass(frozen=True, slots=True)
class CardNumber:
    """The lowest `bits` bits of a card, as far as they are known; `family` is em4100 or iso14443a."""

    family: str
    bits: int
    value: int


def card_number(text: str, *, batch: str = "") -> CardNumber:
    """The number in what somebody typed: ten hex digits with a letter among them, `hex:` and ten hex digits, ten
    decimal digits, `facility,number`, `26 facility/number` or `34 facility/number` as of a Wiegand card of that length
    (26 where none is told), or `uid:` and hex. `batch`: the first two or four of the ten hex digits if known.

    Raises BadInput(field=card or batch).
    """
    if wiegand := _WIEGAND.match(text.strip()):
        known = _by_length(int(wiegand[1] or 26), facility=int(wiegand[2]), number=int(wiegand[3]))
        return _with_batch(known, batch) if batch else known
    if both := _BOTH.match(text.strip()):
        return _with_both(both[1], both[2], batch)
    text = text.strip().replace(" ", "").replace("-", "")
    if uid := _UID.match(text):
        if is_random(bytes.fromhex(uid[1])):
            raise BadInput(field="card", problem="random")
        return CardNumber("iso14443a", len(uid[1]) * 4, int(uid[1], 16))
    known = _em4100(text.removeprefix("hex:"), as_hex=text.startswith("hex:"))
    return _with_batch(known, batch) if batch else known


def canonical(card: CardNumber) -> str:
    """The number as we read it, for people to compare: what is known of the ten digits, `..` for what is not."""
    if card.family == "iso14443a":
        return f"uid:{card.value:0{card.bits // 4}X}"
    return f"{card.value:0{card.bits // 4}X}".rjust(EM_BITS // 4, ".")


def seen_by(reader_format: str, card: CardNumber) -> str | None:
    """The normal spelling of the card at such a reader; None where the reader sees bits that are not known."""
    if reader_format == "iso14443a" or card.family == "iso14443a":
        fits = reader_format == card.family
        return credentials.card("iso14443a", card.bits, card.value) if fits else None
    if reader_format == "em4100":
        return credentials.card("em4100", EM_BITS, card.value) if card.bits == EM_BITS else None
    if reader_format == "em4100-32":  # ESPHome's and Tasmota's RDM6300 drop the first byte
        low = card.value % (1 << 32)
        return credentials.card("em4100", 32, low) if card.bits >= 32 else None
    number_bits = {"wiegand26": 24, "wiegand34": 32}[reader_format]
    if card.bits < number_bits:
        return None
    return credentials.card("wiegand", number_bits + 2, with_parity(card.value % (1 << number_bits), number_bits))


def number_of(normal: str) -> CardNumber | None:
    """The number behind the spelling a reader gave; None where other readers would not know it by that."""
    _card, family, bits, digits = normal.split(":")
    value, length = int(digits, 16), int(bits)
    if family == "wiegand" and length in (26, 34):  # without its two parity bits
        return CardNumber("em4100", length - 2, value >> 1 & (1 << length - 2) - 1)
    return CardNumber(family, length, value) if family in ("em4100", "iso14443a") else None


def _em4100(text: str, *, as_hex: bool) -> CardNumber:
    if found := _FACILITY.match(text):
        facility, number = int(found[1]), int(found[2])
        if facility < 1 << 8 and number < 1 << 16:
            return CardNumber("em4100", 24, facility << 16 | number)
    elif _DECIMAL.match(text) and not as_hex:
        if int(text) < 1 << 32:
            return CardNumber("em4100", 32, int(text))
    elif _HEX.match(text):
        return CardNumber("em4100", EM_BITS, int(text, 16))
    raise BadInput(field="card", problem="form")


def _with_both(long: str, short: str, batch: str) -> CardNumber:
    known = _em4100(long, as_hex=False)
    if known.value % (1 << 24) != _em4100(short, as_hex=False).value:
        raise BadInput(field="card", problem="form")
    return _with_batch(known, batch) if batch else known


def _by_length(bits: int, *, facility: int, number: int) -> CardNumber:
    """The lower bits of the card: 8 + 16 of 26 bits, 16 + 16 of 34; the two others are parity."""
    facility_bits = bits - 2 - 16
    if facility >= 1 << facility_bits or number >= 1 << 16:
        raise BadInput(field="card", problem="form")
    return CardNumber("em4100", bits - 2, facility << 16 | number)


def _with_batch(card: CardNumber, batch: str) -> CardNumber:
    missing = EM_BITS - card.bits
    if not _BATCH.match(batch) or len(batch) * 4 != missing:
        raise BadInput(field="batch", problem="form", digits=missing // 4)
    return CardNumber("em4100", EM_BITS, int(batch, 16) << card.bits | card.value)
