"""Cards and PINs as a door knows them (door-protocol.md 8): one normal spelling, then a keyed hash. Pure."""

from __future__ import annotations

import hashlib
import hmac
import re

_FORMAT = re.compile(r"[a-z0-9]{1,16}")
_PIN = re.compile(r"[0-9]{4,10}")


def card(card_format: str, bits: int, value: int) -> str:
    """A card's normal spelling, as card:em4100:40:62e3086ced. ValueError for what cannot be a card."""
    if not _FORMAT.fullmatch(card_format) or not 1 <= bits <= 256 or not 0 <= value < 1 << bits:
        raise ValueError("no such card")
    return f"card:{card_format}:{bits}:{value:0{(bits + 3) // 4}x}"


def pin(digits: str) -> str:
    """A PIN's normal spelling; 4 to 10 ASCII digits, else ValueError."""
    if not _PIN.fullmatch(digits):
        raise ValueError("no such PIN")
    return f"pin:{digits}"


def credential_hash(credential_key: bytes, normal: str) -> str:
    """What lists and events carry in place of the card or PIN: HMAC-SHA256 with the key of one door, 64 hex digits."""
    return hmac.digest(credential_key, normal.encode("ascii"), hashlib.sha256).hex()
