"""The list in force at a door, and the last one refused (door-protocol.md 7.4-7.6)."""

from typing import Any

from firmware_sim import memory, rules
from firmware_sim.codec import Envelope, list_hash
from firmware_sim.decide import AccessList, Belief, access_list
from firmware_sim.effects import Emit
from firmware_sim.store import FlashFull


class ListKeeper:
    """`held` decides; `applied` is what `reported.list` says; `refused` what `reported.refused` says."""

    def __init__(self, emit: Emit, found: dict[str, Any] | None, *, most_rights: int) -> None:
        self._emit = emit
        self._most_rights = most_rights
        self.held: AccessList | None = None
        self.applied: dict[str, Any] | None = None
        self.refused: dict[str, Any] | None = None
        if found is not None:
            self._hold(found["body"], applied_at=found["applied_at"])

    @property
    def name(self) -> dict[str, int] | None:
        """Epoch and version, as events say it."""
        return None if self.held is None else {"epoch": self.held.epoch, "version": self.held.version}

    def offer(self, envelope: Envelope, at: Belief) -> str:
        """`applied` (then it is in lasting memory), `repeated`, or a refusal code."""
        body = envelope.body
        offered = rules.ListIdentity(body["epoch"], body["version"], list_hash(body))
        verdict = rules.judge_list(
            self._identity(),
            offered,
            issued_at=envelope.iat,
            rights=len(body["rights"]),
            most_rights=self._most_rights,
            at=at,
        )
        if verdict == rules.APPLIED:
            try:
                self._emit(memory.save_list({"applied_at": at.now, "body": body}))
            except FlashFull:
                return rules.TOO_MANY_RIGHTS
            self._hold(body, applied_at=at.now)
            self.refused = None
        return verdict

    def refuse(self, name: dict[str, int] | None, code: str, now: int) -> None:
        """Remembered until a list is applied."""
        self.refused = {"at": now, "list": name, "reason": code}

    def _identity(self) -> rules.ListIdentity | None:
        if self.applied is None:
            return None
        return rules.ListIdentity(self.applied["epoch"], self.applied["version"], self.applied["hash"])

    def _hold(self, body: dict[str, Any], *, applied_at: int) -> None:
        self.held = access_list(body)
        self.applied = {
            "applied_at": applied_at,
            "epoch": body["epoch"],
            "hash": list_hash(body),
            "version": body["version"],
        }
