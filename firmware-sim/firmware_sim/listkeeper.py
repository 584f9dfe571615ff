"""The list in force, one that still awaits its pages, and the last one refused (door-protocol.md 7.4 to 7.7)."""

from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from firmware_sim import memory, rules
from firmware_sim.codec import Envelope, list_hash
from firmware_sim.effects import Emit
from firmware_sim.held import AccessList, Belief, access_list
from firmware_sim.store import FlashFull

AWAITED = "awaited"
UNASKED = "unasked"
TOO_MANY_RIGHTS = "too_many_rights"


@dataclass
class _Awaited:
    """A list whose pages come one by one. Lost at a power cut: the broker keeps it."""

    body: dict[str, Any]
    identity: rules.ListIdentity
    parts: dict[int, list[dict[str, Any]]] = field(default_factory=dict)

    @property
    def whole(self) -> bool:
        return len(self.parts) == len(self.body["pages"])

    @property
    def rights(self) -> list[dict[str, Any]]:
        return [right for _, rights in sorted(self.parts.items()) for right in rights]


class ListKeeper:
    """`held` decides; `applied` is what `reported.list` says; `refused` what `reported.refused` says."""

    def __init__(self, emit: Emit, found: dict[str, Any] | None, *, most_rights: int) -> None:
        self._emit = emit
        self._most_rights = most_rights
        self._awaited: _Awaited | None = None
        self.held: AccessList | None = None
        self.applied: dict[str, Any] | None = None
        self.refused: dict[str, Any] | None = None
        if found is not None:
            self._hold(found["body"], found.get("rights"), applied_at=found["applied_at"])

    @property
    def name(self) -> dict[str, int] | None:
        """Epoch and version, as events say it."""
        return None if self.held is None else {"epoch": self.held.epoch, "version": self.held.version}

    def offer(self, envelope: Envelope, at: Belief) -> str:
        """`applied` (then it is in lasting memory), `repeated`, `awaited` (its pages are), or a refusal code."""
        body = envelope.body
        offered = rules.ListIdentity(body["epoch"], body["version"], list_hash(body))
        verdict = rules.judge_list(
            self._newest(),
            offered,
            issued_at=envelope.iat,
            rights=len(body["rights"]),
            most_rights=self._most_rights,
            at=at,
        )
        if verdict == rules.REPEATED and self._awaited is not None:
            return AWAITED
        if verdict != rules.APPLIED:
            return verdict
        if body["pages"] is not None:
            self._awaited = _Awaited(body, offered)
            return AWAITED
        return self._apply(body, None, at)

    def page(self, body: dict[str, Any], at: Belief) -> str:
        """`unasked` (no awaited list names it), `awaited`, `applied` (it was the last), or a refusal code (7.7)."""
        awaited = self._awaited
        if awaited is None or (body["epoch"], body["version"]) != awaited.identity[:2]:
            return UNASKED
        hashes = awaited.body["pages"]
        if body["page"] > len(hashes) or list_hash(body) != hashes[body["page"] - 1]:
            return "page_mismatch"
        awaited.parts[body["page"]] = body["rights"]
        rights = awaited.rights
        if len(rights) > self._most_rights:
            self._awaited = None
            return TOO_MANY_RIGHTS
        return self._apply(awaited.body, rights, at) if awaited.whole else AWAITED

    def refuse(self, name: dict[str, int] | None, code: str, now: int) -> None:
        """Remembered until a list is applied."""
        self.refused = {"at": now, "list": name, "reason": code}

    def _apply(self, body: dict[str, Any], rights: list[dict[str, Any]] | None, at: Belief) -> str:
        self._awaited = None
        if rights is not None and not all(a["id"] < b["id"] for a, b in pairwise(rights)):
            return "bad_body"
        paged = {} if rights is None else {"rights": rights}
        try:
            self._emit(memory.save_list({"applied_at": at.now, "body": body, **paged}))
        except FlashFull:
            return TOO_MANY_RIGHTS
        self._hold(body, rights, applied_at=at.now)
        self.refused = None
        return rules.APPLIED

    def _newest(self) -> rules.ListIdentity | None:
        if self._awaited is not None:
            return self._awaited.identity
        if self.applied is None:
            return None
        return rules.ListIdentity(self.applied["epoch"], self.applied["version"], self.applied["hash"])

    def _hold(self, body: dict[str, Any], rights: list[dict[str, Any]] | None, *, applied_at: int) -> None:
        self.held = access_list(body, rights)
        self.applied = {
            "applied_at": applied_at,
            "epoch": body["epoch"],
            "hash": list_hash(body),
            "version": body["version"],
        }
