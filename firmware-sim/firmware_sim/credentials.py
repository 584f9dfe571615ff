"""Cards and PINs (door-protocol.md 8): one text for each, and its keyed hash, the only form a controller keeps."""

import hmac
import re


class BadCredential(ValueError):
    """Not a card or PIN that the protocol can carry."""


_FORMAT = re.compile(r"[a-z0-9]{1,16}")


def card_text(value_hex: str, *, form: str = "em4100", bits: int = 40) -> str:
    """`card:em4100:40:62e3086ced`. Leading zeros are kept; too many or too few digits raise BadCredential."""
    digits = value_hex.lower()
    if not _FORMAT.fullmatch(form) or not 1 <= bits <= 256:
        raise BadCredential("format or bit length")
    if not re.fullmatch(r"[0-9a-f]+", digits) or len(digits) != (bits + 3) // 4:
        raise BadCredential(f"a card of {bits} bits has {(bits + 3) // 4} hexadecimal digits")
    if int(digits, 16) >> bits:
        raise BadCredential(f"more than {bits} bits")
    return f"card:{form}:{bits}:{digits}"


def pin_text(digits: str) -> str:
    """`pin:493817`. Raises BadCredential unless 4 to 10 digits."""
    if not re.fullmatch(r"[0-9]{4,10}", digits):
        raise BadCredential("a PIN has 4 to 10 digits")
    return f"pin:{digits}"


def credential_hash(key: bytes, text: str) -> str:
    """8.2: 64 hexadecimal digits, different at each door."""
    return hmac.digest(key, text.encode("ascii"), "sha256").hex()
