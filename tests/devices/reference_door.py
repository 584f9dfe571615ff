"""What a door must answer, read off the tables of docs/door-protocol.md: the vectors are tried on it."""

from dataclasses import dataclass, field
from typing import Any


def judge_list(held: dict[str, Any] | None, offered: dict[str, Any], door: dict[str, Any]) -> str:
    """7.4."""
    if door["clock"] == "synced" and offered["iat"] > door["now"] + 300:
        return "future_iat"
    if offered["rights"] > door["most_rights"]:
        return "too_many_rights"
    if held is None:
        return "applied"
    old, new = ((each["epoch"], each["version"]) for each in (held, offered))
    if new < old:
        return "lower_version"
    if new == old:
        return "repeated" if held["hash"] == offered["hash"] else "version_conflict"
    return "applied"


def judge_command(door: dict[str, Any], sent: dict[str, Any]) -> str:
    """10.3."""
    now, u = door["now"], door["uncertainty_s"]
    if sent["counter"] <= door["last_counter"]:
        return "old_counter"
    if sent["cmd"] == "set_time" or door["clock"] == "unknown":
        fresh = (door["challenge"], door["previous_challenge"])
        return "accepted" if sent["nonce"] in fresh else "bad_challenge"
    if sent["exp"] - sent["iat"] > 30 or now >= sent["exp"] + u or sent["iat"] < now - 30 - u:
        return "expired"
    return "future_iat" if sent["iat"] > now + 30 + u else "accepted"


@dataclass
class Keypad:
    """9.3."""

    wrong_at: list[int] = field(default_factory=list)
    locked_until: int = -1

    def tried(self, what: str, mono_ms: int) -> str:
        if what == "card":
            return "granted"
        if mono_ms < self.locked_until:
            return "locked_out"
        return self._looked_at(what, mono_ms)

    def _looked_at(self, what: str, mono_ms: int) -> str:
        if what == "early":
            return "too_early"
        if what == "right":
            self.wrong_at.clear()
            return "granted"
        self.wrong_at = [*(at for at in self.wrong_at if mono_ms - at <= 300_000), mono_ms]
        if len(self.wrong_at) == 5:
            self.wrong_at, self.locked_until = [], mono_ms + 60_000
        return "unknown_credential"
