"""The one clock of the pages; tests set their own through app.config["CLOCK"]."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from flask import current_app

HELSINKI = ZoneInfo("Europe/Helsinki")


def wall_clock() -> datetime:
    return datetime.now(UTC)


def now() -> datetime:
    """This moment in UTC."""
    clock: Callable[[], datetime] = current_app.config["CLOCK"]
    return clock()


def today() -> date:
    """The day in the town's zone."""
    return now().astimezone(HELSINKI).date()
