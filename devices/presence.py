"""The code a door shows to whoever stands before it, new every half minute (docs/credentials.md 4). Pure.

Both ends reckon it from the door's link key, so nothing travels, and a door that is offline shows it all the same."""

from __future__ import annotations

import hmac
from hashlib import sha256

LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # 32 signs, none that is read as another
LENGTH = 8
_PREFIX = b"vuoro-presence-v1"


def step_at(now_s: int, step_s: int) -> int:
    """The number of the half minute that an instant lies in."""
    return now_s // step_s


def code(link_key: bytes, door: str, step: int) -> str:
    """Eight signs: the first 40 bits of HMAC-SHA256 over prefix, door id and step, divided by line feeds."""
    text = b"\n".join((_PREFIX, door.encode("ascii"), str(step).encode("ascii")))
    bits = int.from_bytes(hmac.digest(link_key, text, sha256)[:5], "big")
    return "".join(LETTERS[bits >> 5 * place & 31] for place in reversed(range(LENGTH)))


def read(typed: str) -> str:
    """What was typed as a code: capitals, without blanks and hyphens, letters that look like digits as those."""
    plain = "".join(one for one in typed.upper() if one.isalnum())
    return plain.translate(str.maketrans("OIL", "011"))


def matching(link_key: bytes, door: str, typed: str, *, now_step: int) -> int | None:
    """The step whose code this is: the current or the one before; None for any other."""
    given = read(typed).encode("ascii", "replace")
    for step in (now_step, now_step - 1):
        if hmac.compare_digest(code(link_key, door, step).encode(), given):
            return step
    return None
