"""Checking a page of the log in one tight loop: pure. It says only that all is as it should be, or that the slow way of
audit_check must look at this page, which then names what is wrong."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from access import audit_tree
from access.audit_chain import FORMAT
from access.audit_tree import WIDE

PAGE = 2048  # a power of two: a full page is a full subtree
_HASH = re.compile(r"[0-9a-f]{64}\Z")
_KIND = re.compile(r"[a-z0-9_.]+\Z")
_INSTANTS = re.compile(r"[0-9T:.Z-]+\Z")  # nothing that JSON would spell otherwise


class _Odd(Exception):
    """Something is not as it should be; what, the slow way says."""


@dataclass(frozen=True, slots=True)
class Fast:
    """What a page came to: the levels of its tree, the chain after it, how many bodies are gone, which explain why."""

    levels: tuple[bytearray, ...]
    entries: int
    chained: str
    erased: int
    explaining: tuple[str, ...]

    def peaks(self, first: int) -> list[bytes]:
        """The peaks of the first so many leaves of the page."""
        found, offset = [], 0
        for level in range(len(self.levels) - 1, -1, -1):
            if first >> level & 1:
                at = (offset >> level) * WIDE
                found.append(bytes(self.levels[level][at : at + WIDE]))
                offset += 1 << level
        return found


def page(rows: Sequence[Sequence[Any]], seq: int, chained: str, explaining: frozenset[str]) -> Fast | None:
    """The page that follows entry `seq` with chain hash `chained`; None when anything at all is not as expected.

    A row: number, instant (text, as audit_chain spells it), kind, commitment, leaf hash, chain hash, the number of its
    payload, salt, body. `explaining`: kinds whose bodies tell how many were emptied."""
    try:
        erased = _bodies(rows)
        leaves, last = _chain(rows, seq, bytes.fromhex(chained))
    except (_Odd, ValueError, TypeError, AttributeError):
        return None
    kinds = {row[2] for row in rows}
    if not all(map(_KIND.match, kinds)) or not _INSTANTS.match("".join([row[1] for row in rows])):
        return None
    told = [row[8] for row in rows if row[2] in explaining and row[8] is not None] if kinds & explaining else []
    return Fast(tuple(audit_tree.levels(leaves)), len(rows), last.hex(), erased, tuple(told))


def _bodies(rows: Sequence[Sequence[Any]]) -> int:
    """Every body still kept fits its commitment; how many are gone. Raises _Odd."""
    sha256, fromhex, prefix, gone = hashlib.sha256, bytes.fromhex, FORMAT.encode() + b"\x00", 0
    for _number, _at, _kind, commitment, _leaf, _chain, payload, salt, body in rows:
        if body is not None and salt:
            if sha256(prefix + fromhex(salt) + body.encode()).hexdigest() != commitment:
                raise _Odd
        elif payload is None or body is not None or not _HASH.match(commitment):
            raise _Odd
        else:
            gone += 1
    return gone


def _chain(rows: Sequence[Sequence[Any]], seq: int, before: bytes) -> tuple[bytearray, bytes]:
    """The leaves side by side, and the last chain hash: every row is the next one and follows. Raises _Odd."""
    sha256, start, leaves = hashlib.sha256, b'\x00["' + FORMAT.encode() + b'",', bytearray()
    for number, at, kind, commitment, leaf_hash, chain_hash, *_payload in rows:
        seq += 1
        leaf = sha256(start + f'{seq},"{at}","{kind}","{commitment}"]'.encode()).digest()
        before = sha256(b"\x02" + before + leaf).digest()
        if number != seq or leaf.hex() != leaf_hash or before.hex() != chain_hash:
            raise _Odd
        leaves += leaf
    return leaves, before
