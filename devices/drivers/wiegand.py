"""Wiegand cards: bits as they came over the wire, bit 0 first, checked by their parity. Pure.

The normal spelling keeps every bit, parity too (card:wiegand:26:…): a card of 24 data bits would else collide with the
lower half of a longer one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from devices.credentials import card
from devices.drivers.told import CardShown, Garbled, KeyPressed


@dataclass(frozen=True, slots=True)
class Parity:
    """Bit `at` makes the number of ones among itself and `over` even, or odd."""

    at: int
    over: frozenset[int]
    odd: int


@dataclass(frozen=True, slots=True)
class Layout:
    """One length of card; facility and number are half-open bit ranges, facility empty where there is none."""

    name: str
    facility: tuple[int, int]
    number: tuple[int, int]


def _run(first: int, last: int) -> frozenset[int]:
    return frozenset(range(first, last + 1))


PARITIES: Mapping[int, tuple[Parity, ...]] = {
    26: (Parity(0, _run(1, 12), 0), Parity(25, _run(13, 24), 1)),
    34: (Parity(0, _run(1, 16), 0), Parity(33, _run(17, 32), 1)),
    35: (
        Parity(1, frozenset(i for i in range(2, 34) if i % 3 != 1), 0),
        Parity(34, frozenset(i for i in range(1, 33) if i % 3 != 0), 1),
        Parity(0, _run(1, 34), 1),
    ),
    37: (Parity(0, _run(1, 18), 0), Parity(36, _run(18, 35), 1)),
}
LAYOUTS: Mapping[str, tuple[int, Layout]] = {
    "h10301": (26, Layout("h10301", (1, 9), (9, 25))),
    "h10306": (34, Layout("h10306", (1, 17), (17, 33))),
    "c1000": (35, Layout("c1000", (2, 14), (14, 34))),
    "h10302": (37, Layout("h10302", (1, 1), (1, 36))),
    "h10304": (37, Layout("h10304", (1, 17), (17, 36))),
}
_KEYS = {0x0A: "*", 0x0B: "#", 0x0E: "*", 0x0F: "#"}  # both habits met: 0A/0B and 0E/0F


def read(bits: str) -> CardShown | KeyPressed | Garbled:
    """What these bits are: a card whose parity holds, a key (4 or 8 bits), or Garbled."""
    if set(bits) - {"0", "1"} or not bits:
        return Garbled("digit")
    if len(bits) in (4, 8):
        return _key(bits)
    if len(bits) not in PARITIES:
        return Garbled("length")
    return CardShown(card("wiegand", len(bits), int(bits, 2))) if parity_holds(bits) else Garbled("parity")


def parity_holds(bits: str) -> bool:
    """Whether all parity bits of a card of a known length are right."""
    return all(bits[each.at] == _due(bits, each) for each in PARITIES[len(bits)])


def compose(layout: str, facility: int, number: int) -> str:
    """The bits a card of this layout sends. ValueError for numbers that do not fit."""
    length, fields = LAYOUTS[layout]
    bits = ["0"] * length
    for value, (start, end) in ((facility, fields.facility), (number, fields.number)):
        if not 0 <= value < 1 << (end - start):
            raise ValueError("does not fit")
        if end > start:
            bits[start:end] = f"{value:0{end - start}b}"
    return _with_parities(bits)


def with_parity(value: int, bits: int) -> int:
    """A card of 24 or 32 data bits with the parity bits of H10301 or H10306 around them."""
    return int(_with_parities(["0", *f"{value:0{bits}b}", "0"]), 2)


def fields(layout: str, bits: str) -> tuple[int, int]:
    """Facility (0 where there is none) and number in the bits of a card of this layout."""
    _length, each = LAYOUTS[layout]
    return int(bits[slice(*each.facility)] or "0", 2), int(bits[slice(*each.number)], 2)


def _with_parities(bits: Iterable[str]) -> str:
    made = list(bits)
    for parity in PARITIES[len(made)]:
        made[parity.at] = _due("".join(made), parity)
    return "".join(made)


def _due(bits: str, parity: Parity) -> str:
    ones = sum(bits[i] == "1" for i in parity.over)
    return str((ones + parity.odd) % 2)


def _key(bits: str) -> KeyPressed | Garbled:
    """Four bits are the key; eight are its inverse and itself."""
    key = int(bits[-4:], 2)
    if len(bits) == 8 and int(bits[:4], 2) != key ^ 0xF:
        return Garbled("parity")
    name = str(key) if key <= 9 else _KEYS.get(key)
    return KeyPressed(name) if name else Garbled("digit")
