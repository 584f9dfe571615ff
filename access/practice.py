"""The decided numbers of door practice, read from practice.toml; none of them stands in code."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, fields
from datetime import timedelta
from functools import cache
from pathlib import Path

FILE = Path(__file__).with_name("practice.toml")


@dataclass(frozen=True, slots=True)
class Practice:
    """Units stand in the names; what each number means and who decided it stands in practice.toml."""

    pin_ratio: int
    pin_digits_min: int
    pin_digits_max: int
    pin_rest_days: int
    push_horizon_days: int
    list_valid_h: int
    list_renew_h: int
    list_kept_days: int
    alarm_before_start_min: int
    clock_alarm_s: int
    clock_set_s: int
    command_valid_s: int
    heartbeat_s: int
    unlock_s: int
    held_open_s: int
    rights_limit: int
    key_visit_days: int
    open_after_end_min: int
    open_after_end_look_h: int
    passages_kept_days: int
    witness_mail_h: int
    witness_post_min: int
    time_stamp_h: int
    visitor_codes_most: int
    card_showing_s: int
    presence_step_s: int
    phone_open_s: int
    phone_tries: int
    phone_tries_min: int
    key_reminder_days: int

    @property
    def push_horizon(self) -> timedelta:
        return timedelta(days=self.push_horizon_days)

    @property
    def key_visit(self) -> timedelta:
        return timedelta(days=self.key_visit_days)

    @property
    def pin_rest(self) -> timedelta:
        return timedelta(days=self.pin_rest_days)

    @property
    def list_valid(self) -> timedelta:
        return timedelta(hours=self.list_valid_h)

    @property
    def list_renew(self) -> timedelta:
        return timedelta(hours=self.list_renew_h)

    @property
    def alarm_before_start(self) -> timedelta:
        return timedelta(minutes=self.alarm_before_start_min)

    @property
    def command_valid(self) -> timedelta:
        return timedelta(seconds=self.command_valid_s)

    @property
    def heartbeat(self) -> timedelta:
        return timedelta(seconds=self.heartbeat_s)


@cache
def practice(path: Path = FILE) -> Practice:
    """The numbers in force. Raises KeyError or ValueError naming the entry that is missing or no whole number."""
    found = tomllib.loads(path.read_text("utf-8"))
    return Practice(**{field.name: _whole(field.name, found[field.name]) for field in fields(Practice)})


def _whole(name: str, entry: dict[str, object]) -> int:
    value = entry["value"]
    if not isinstance(value, int) or value < 1 or not entry.get("source") or not entry.get("since"):
        raise ValueError(f"practice.toml: {name}: a whole number above 0 with since and source is needed")
    return value
