"""Verifying the audit log where it lives: entries, bodies still kept, checkpoints, the head, the erasures."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field

from sqlalchemy import select
from sqlalchemy.orm import Session

from access import audit_chain, audit_tree, checkpoints
from access.audit_models import Audit, AuditCheckpoint, AuditHead, AuditPayload
from booking.acts import ActKind

PAGE = 2000
_HASH = re.compile(r"[0-9a-f]{64}\Z")
_SALT = re.compile(r"([0-9a-f]{2})+\Z")


@dataclass(frozen=True, slots=True)
class Finding:
    """Something wrong at an entry; 0 when it is about the log as a whole."""

    seq: int
    problem: str

    def __str__(self) -> str:
        return f"entry {self.seq}: {self.problem}" if self.seq else self.problem


@dataclass(slots=True)
class Verdict:
    """What a walk through the log found. Sound when `findings` is empty."""

    entries: int = 0
    erased: int = 0
    explained: int = 0
    checkpoints: int = 0
    findings: list[Finding] = field(default_factory=list)

    @property
    def sound(self) -> bool:
        return not self.findings

    def found(self, seq: int, problem: str) -> None:
        self.findings.append(Finding(seq, problem))


def size(session: Session) -> int:
    """How many entries the head promises."""
    return session.execute(select(AuditHead.seq)).scalar_one()


def verify(
    session: Session,
    *,
    keys: Collection[bytes],
    held: str | None = None,
    passed: Callable[[int], None] = lambda entries: None,
) -> Verdict:
    """Walk through the whole log. `keys`: the public keys of its checkpoints; `held`: a checkpoint that the caller kept
    elsewhere, without which a log cut and signed anew cannot be told from the true one. `passed` hears of progress."""
    walk = _Walk(session, keys, held)
    for entry in _rows(session):
        walk.step(entry)
        passed(1)
    return walk.end(session)


def _rows(session: Session) -> Iterator[checkpoints.EntryRow]:
    """All rows by number, a page at a time: no cursor is held open, and no page stays in memory."""
    payload = AuditPayload.seq.label("payload"), AuditPayload.salt, AuditPayload.body
    page = select(*checkpoints.ENTRY, *payload).outerjoin(AuditPayload, AuditPayload.seq == Audit.seq)
    seq = 0
    while rows := session.execute(page.where(Audit.seq > seq).order_by(Audit.seq).limit(PAGE)).all():
        yield from rows
        seq = rows[-1].seq


class _Walk:
    """The state between two entries: where we are, the chain so far, the tree so far, the checkpoints still ahead."""

    def __init__(self, session: Session, keys: Collection[bytes], held: str | None) -> None:
        self.verdict = Verdict()
        self._seq, self._chained = 0, audit_chain.NO_HASH
        self._peaks: list[bytes] = []
        self._keys, self._signed_until = keys, 0
        self._origin = checkpoints.origin(session)
        notes = [(note, "checkpoint") for note in session.scalars(select(AuditCheckpoint.note))]
        self._ahead: dict[int, list[tuple[checkpoints.Checkpoint, str]]] = {}
        for note, name in [*notes, *([(held, "the checkpoint held elsewhere")] if held is not None else [])]:
            self._expect(note, name)

    def _expect(self, note: str, name: str) -> None:
        try:
            point = checkpoints.read(note, self._keys)
        except checkpoints.BadNote as error:
            self.verdict.found(0, f"{name} {_second_line(note)}: {error}")
            return
        if point.origin != self._origin:
            self.verdict.found(0, f"{name} is of another log, {point.origin}")
        self._ahead.setdefault(point.size, []).append((point, name))

    def step(self, entry: checkpoints.EntryRow) -> None:
        for missing in range(self._seq + 1, min(entry.seq, self._seq + 101)):
            self.verdict.found(missing, "missing")
        self._open(entry)
        if _HASH.match(entry.leaf_hash) and _HASH.match(entry.chain_hash):
            self._follow(entry, gap=entry.seq != self._seq + 1)
            self._peaks = audit_tree.grown(self._peaks, self.verdict.entries, bytes.fromhex(entry.leaf_hash))
            self._chained = entry.chain_hash
        else:
            self.verdict.found(entry.seq, "a hash is not 64 hex digits")
        self._seq = entry.seq
        self.verdict.entries += 1
        self._compare(entry.seq)

    def _follow(self, entry: checkpoints.EntryRow, *, gap: bool) -> None:
        try:
            checkpoints.follow(entry, entry.seq, self._chained)
        except checkpoints.ChainBroken as broken:
            if not gap or "follow" not in broken.problem:
                self.verdict.found(broken.seq, broken.problem)

    def _open(self, entry: checkpoints.EntryRow) -> None:
        if entry.payload is None:
            self.verdict.found(entry.seq, "its payload row is missing")
        elif entry.body is None or entry.salt is None:
            self.verdict.erased += 1
        elif not _SALT.match(entry.salt) or entry.commitment != audit_chain.commitment(
            bytes.fromhex(entry.salt), entry.body
        ):
            self.verdict.found(entry.seq, "its body was changed: it does not match the commitment")
        elif entry.kind in (ActKind.PERSON_ERASED, ActKind.LOG_RAN_OUT):
            self.verdict.explained += int(json.loads(entry.body)["facts"].get("entries", 0))

    def _compare(self, seq: int) -> None:
        for point, name in self._ahead.pop(seq, []):
            self.verdict.checkpoints += 1
            if point.root != audit_tree.root_of_peaks(self._peaks):
                between = f"between entries {self._signed_until + 1} and {seq}"
                self.verdict.found(0, f"{name} of {seq} entries has another root: something {between} is not as signed")
            self._signed_until = seq

    def end(self, session: Session) -> Verdict:
        head = session.execute(select(AuditHead.seq, AuditHead.chain_hash)).one()
        if head.seq != self._seq:
            self.verdict.found(0, f"the head says {head.seq} entries, the last entry is {self._seq}")
        elif head.chain_hash != self._chained:
            self.verdict.found(head.seq, "the head has another chain hash")
        for ahead in sorted(self._ahead):
            for _, name in self._ahead[ahead]:
                self.verdict.found(0, f"{name} of {ahead} entries: the log ends at {self._seq}, its tail was cut off")
        if self.verdict.erased != self.verdict.explained:
            counts = f"{self.verdict.erased} bodies are gone, acts of erasure explain {self.verdict.explained}"
            self.verdict.found(0, counts)
        return self.verdict


def _second_line(note: str) -> str:
    return f"of {note.splitlines()[1]} entries" if note.count("\n") > 1 else "without a size"
