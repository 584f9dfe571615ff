"""Compile the allocation's kernels once, before tests that run side by side would each do it and run out of time."""

from __future__ import annotations

from dataclasses import replace

from booking.core.allocation.generating import generate
from booking.core.allocation.solving import solve


def main() -> None:
    """A small round solved, and repaired."""
    instance = generate("XS", 1)
    slots = tuple((grant.section, grant.slot) for grant in solve(instance, iterations=1).grants)
    solve(replace(instance, incumbent=slots, policy=replace(instance.policy, stability=50)), iterations=1)


if __name__ == "__main__":
    main()
