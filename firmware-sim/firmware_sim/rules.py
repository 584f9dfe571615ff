"""Lists and commands: what is taken and what is refused after the envelope was right (door-protocol.md 7.4, 10.3)."""

from dataclasses import dataclass
from typing import NamedTuple

from firmware_sim.held import Belief

LIST_AHEAD_S = 300
COMMAND_LIFE_S = 30

APPLIED = "applied"
REPEATED = "repeated"
TOO_MANY_RIGHTS = "too_many_rights"


class ListIdentity(NamedTuple):
    """Which list this is: (epoch, version) order it, the hash tells whether it is the same."""

    epoch: int
    version: int
    hash: str


def judge_list(
    held: ListIdentity | None, offered: ListIdentity, *, issued_at: int, rights: int, most_rights: int, at: Belief
) -> str:
    """`applied`, `repeated`, or the refusal code of the first rule of 7.4 that fits."""
    if at.state == "synced" and issued_at > at.now + LIST_AHEAD_S:
        return "future_iat"
    if rights > most_rights:
        return TOO_MANY_RIGHTS
    if held is None or offered[:2] > held[:2]:
        return APPLIED
    if offered[:2] < held[:2]:
        return "lower_version"
    return REPEATED if offered.hash == held.hash else "version_conflict"


class ModeIdentity(NamedTuple):
    """Which mode this is: (epoch, version) order it."""

    epoch: int
    version: int
    mode: str


def judge_mode(held: ModeIdentity | None, offered: ModeIdentity, *, issued_at: int, at: Belief) -> str:
    """`applied`, `repeated`, or the refusal code (7.12)."""
    if at.state == "synced" and issued_at > at.now + LIST_AHEAD_S:
        return "future_iat"
    if held is None or offered[:2] > held[:2]:
        return APPLIED
    if offered[:2] < held[:2]:
        return "lower_version"
    return REPEATED if offered.mode == held.mode else "version_conflict"


@dataclass(frozen=True, slots=True)
class Sent:
    """What the rules of 10.3 look at in a command. Times in Unix seconds."""

    cmd: str
    counter: int
    iat: int
    exp: int
    nonce: str


def refusal_of(sent: Sent, *, last_counter: int, challenges: tuple[str, ...], at: Belief) -> str | None:
    """The refusal code of the first rule of 10.3 that fits, None when the command is accepted."""
    if sent.counter <= last_counter:
        return "old_counter"
    if sent.cmd == "set_time" or at.state == "unknown":
        return None if sent.nonce in challenges else "bad_challenge"
    u = at.u or 0
    if sent.exp - sent.iat > COMMAND_LIFE_S or at.now >= sent.exp + u or sent.iat < at.now - COMMAND_LIFE_S - u:
        return "expired"
    return "future_iat" if sent.iat > at.now + COMMAND_LIFE_S + u else None
