"""The service keys a door trusts, oldest first, and how they change (door-protocol.md 10.9). No I/O."""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

AT_MOST = 3
REFUSALS = frozenset({"key_conflict", "key_in_use"})


class Key(NamedTuple):
    """An Ed25519 public key as 64 hexadecimal digits, by its kid."""

    kid: str
    key: str


def trust(held: tuple[Key, ...], new: Key, *, signer: str) -> tuple[str, tuple[Key, ...]]:
    """The code of the answer, and what is trusted then. A fourth drops the oldest that did not sign."""
    same = next((each for each in held if each.kid == new.kid), None)
    if same is not None:
        return ("trusted" if same == new else "key_conflict"), held
    dropped = next(each for each in held if each.kid != signer) if len(held) == AT_MOST else None
    return "trusted", (*(each for each in held if each != dropped), new)


def drop(held: tuple[Key, ...], kid: str, *, signer: str) -> tuple[str, tuple[Key, ...]]:
    """Never the one it is signed with, so that one always stays."""
    if kid == signer:
        return "key_in_use", held
    return "dropped", tuple(each for each in held if each.kid != kid)


def by_kid(held: Iterable[Key]) -> Mapping[str, bytes]:
    """As the codec wants them."""
    return {each.kid: bytes.fromhex(each.key) for each in held}
