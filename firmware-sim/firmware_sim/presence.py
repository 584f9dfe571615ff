"""The code a door shows to whoever stands before it, new every half minute (docs/credentials.md 4)."""

import hmac

STEP_S = 30
_LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


def shown(link_key: bytes, door: str, now_s: int) -> str:
    """Eight signs of five bits: the first 40 bits of an HMAC over prefix, door id and the number of the half minute."""
    text = f"vuoro-presence-v1\n{door}\n{now_s // STEP_S}".encode("ascii")
    first = hmac.digest(link_key, text, "sha256")[:5]
    bits = "".join(f"{byte:08b}" for byte in first)
    return "".join(_LETTERS[int(bits[at : at + 5], 2)] for at in range(0, 40, 5))
