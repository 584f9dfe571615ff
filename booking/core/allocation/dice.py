"""Dice of our own: whole numbers from a seed, the same on every machine and in every version (SplitMix64)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TypeVar

T = TypeVar("T")
MASK = 2**64 - 1


class Dice:
    """Numbers drawn one after the other from a seed."""

    def __init__(self, seed: int) -> None:
        self.state = seed & MASK

    def below(self, most: int) -> int:
        """0 to most - 1."""
        self.state = (self.state + 0x9E3779B97F4A7C15) & MASK
        mixed = ((self.state ^ (self.state >> 30)) * 0xBF58476D1CE4E5B9) & MASK
        mixed = ((mixed ^ (mixed >> 27)) * 0x94D049BB133111EB) & MASK
        return ((mixed ^ (mixed >> 31)) * most) >> 64

    def between(self, least: int, most: int) -> int:
        """Both ends included."""
        return least + self.below(most - least + 1)

    def percent(self, share: int) -> bool:
        return self.below(100) < share

    def one(self, rows: Sequence[T]) -> T:
        return rows[self.below(len(rows))]

    def weighted(self, weights: Sequence[int]) -> int:
        """The place of one, likelier the more it weighs."""
        at = self.below(sum(weights))
        for place, weight in enumerate(weights):
            at -= weight
            if at < 0:
                return place
        raise AssertionError("weights add up")

    def some(self, rows: Sequence[T], count: int) -> list[T]:
        """That many different ones, in the order drawn."""
        return list(self.drawn(rows, count))

    def drawn(self, rows: Sequence[T], count: int) -> Iterator[T]:
        """As `some`, drawn one by one."""
        left = list(rows)
        for _ in range(min(count, len(left))):
            yield left.pop(self.below(len(left)))
