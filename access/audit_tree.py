"""The Merkle tree of RFC 6962 over the leaves of the audit log: pure; hashes are bytes of SHA-256."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence

WIDE = 32  # bytes of a hash


def node(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\x01" + left + right).digest()


def grown(peaks: Sequence[bytes], size: int, leaf: bytes) -> list[bytes]:
    """The peaks after one more leaf. Peaks are the roots of the full subtrees of a tree of `size`, largest first."""
    rest, last = list(peaks), leaf
    while size % 2:
        last = node(rest.pop(), last)
        size //= 2
    return [*rest, last]


def root_of_peaks(peaks: Sequence[bytes]) -> bytes:
    """The root of the tree with these peaks; of no peaks, the hash of nothing (RFC 6962 2.1)."""
    if not peaks:
        return hashlib.sha256(b"").digest()
    root = peaks[-1]
    for peak in reversed(peaks[:-1]):
        root = node(peak, root)
    return root


def split(size: int) -> int:
    """The largest power of two smaller than size (at least 2): where RFC 6962 divides a tree."""
    return 1 << ((size - 1).bit_length() - 1)


def levels(leaves: bytearray) -> list[bytearray]:
    """The leaves side by side, and above them the nodes over each full pair, up to the last."""
    found = [leaves]
    while len(below := found[-1]) > WIDE:
        found.append(_above(below))
    return found


def _above(below: bytearray) -> bytearray:
    """The nodes over each pair of one level."""
    above = bytearray()
    for at in range(0, len(below) - 2 * WIDE + 1, 2 * WIDE):
        above += hashlib.sha256(b"\x01" + below[at : at + 2 * WIDE]).digest()
    return above


class Tree:
    """All leaves in memory with every full subtree above them: 64 bytes a leaf, a million take a second or two."""

    def __init__(self, leaves: Iterable[bytes]) -> None:
        level = bytearray()
        for leaf in leaves:
            level += leaf
        self._levels = levels(level)

    def root(self, size: int) -> bytes:
        """The root of the first `size` leaves, one at least."""
        return self._subtree(0, size)

    def _subtree(self, first: int, end: int) -> bytes:
        size = end - first
        if size & (size - 1) == 0:
            at = first // size * WIDE
            return bytes(self._levels[size.bit_length() - 1][at : at + WIDE])
        middle = first + split(size)
        return node(self._subtree(first, middle), self._subtree(middle, end))

    def inclusion(self, index: int, size: int) -> list[bytes]:
        """PATH(index, D[size]) of RFC 6962 2.1.1, from the leaf upwards; index counts from 0."""
        return self._path(index, 0, size)

    def _path(self, index: int, first: int, end: int) -> list[bytes]:
        if end - first == 1:
            return []
        middle = first + split(end - first)
        if index < middle:
            return [*self._path(index, first, middle), self._subtree(middle, end)]
        return [*self._path(index, middle, end), self._subtree(first, middle)]

    def consistency(self, old: int, new: int) -> list[bytes]:
        """PROOF(old, D[new]) of RFC 6962 2.1.2: that the first `old` leaves are the beginning of the first `new`."""
        return self._subproof(old, 0, new, from_root=True)

    def _subproof(self, old: int, first: int, end: int, *, from_root: bool) -> list[bytes]:
        if old == end:
            return [] if from_root else [self._subtree(first, end)]
        middle = first + split(end - first)
        if old <= middle:
            return [*self._subproof(old, first, middle, from_root=from_root), self._subtree(middle, end)]
        return [*self._subproof(old, middle, end, from_root=False), self._subtree(first, middle)]

    def around(self, first: int, end: int, size: int) -> list[bytes]:
        """The subtrees outside leaves [first, end), left to right: with those leaves they give the root of `size`."""
        return self._outside(first, end, 0, size)

    def _outside(self, first: int, end: int, low: int, high: int) -> list[bytes]:
        if first <= low and high <= end:
            return []
        if high <= first or end <= low:
            return [self._subtree(low, high)]
        middle = low + split(high - low)
        return [*self._outside(first, end, low, middle), *self._outside(first, end, middle, high)]
