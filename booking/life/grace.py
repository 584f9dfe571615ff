"""The short grace in which staff set yesterday right (acceptance E7); users change nothing that has begun."""

from __future__ import annotations

from datetime import timedelta

from booking.practice import practice


def grace(*, staff: bool) -> timedelta:
    """How long after its start a time may still be moved or cancelled."""
    return timedelta(hours=practice("staff_grace_h")) if staff else timedelta(0)
