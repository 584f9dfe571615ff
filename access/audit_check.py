"""Verifying the audit log where it lives: entries, bodies still kept, checkpoints, the head, the erasures."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, String, func, select, type_coerce
from sqlalchemy.orm import Session

from access import audit_chain, audit_fast, audit_tree, checkpoints
from access.audit_models import Audit, AuditCheckpoint, AuditHead, AuditPayload
from booking.acts import ActKind
from booking.db import Base

_EXPLAINING = frozenset({ActKind.PERSON_ERASED.value, ActKind.LOG_RAN_OUT.value})
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
    for bare in _pages(session):
        if not walk.page(bare):
            for entry in _rows(session, bare[0][0], bare[-1][0]):
                walk.step(entry)
        passed(len(bare))
    return walk.end(session)


_PAYLOAD = AuditPayload.seq.label("payload"), AuditPayload.salt, AuditPayload.body


def _pages(session: Session) -> Iterator[Sequence[Sequence[Any]]]:
    """All rows by number, a page at a time: no cursor is held open, and no page stays in memory. The database spells
    the instants: parsing and spelling them here would take as long as all hashes."""
    one, other = (Base.metadata.tables[table.__tablename__].c for table in (Audit, AuditPayload))
    at = _spelt(one.at, session.get_bind().dialect.name)
    entry = one.seq, at, one.kind, one.commitment, one.leaf_hash, one.chain_hash
    columns = select(*entry, other.seq, other.salt, other.body)
    page = columns.select_from(one.seq.table.outerjoin(other.seq.table, other.seq == one.seq)).order_by(one.seq)
    connection, last = session.connection(), 0
    while rows := connection.execute(page.where(one.seq > last).limit(audit_fast.PAGE)).all():
        yield rows
        last = rows[-1][0]


def _spelt(at: ColumnElement[datetime], dialect: str) -> ColumnElement[str]:
    if dialect == "sqlite":
        return func.replace(type_coerce(at, String), " ", "T") + "Z"
    return func.to_char(func.timezone("UTC", at), 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')


def _rows(session: Session, first: int, last: int) -> Sequence[checkpoints.EntryRow]:
    page = select(*checkpoints.ENTRY, *_PAYLOAD).outerjoin(AuditPayload, AuditPayload.seq == Audit.seq)
    return session.execute(page.where(Audit.seq.between(first, last)).order_by(Audit.seq)).all()


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

    def page(self, rows: Sequence[Sequence[Any]]) -> bool:
        """Take a page in the fast way; False when it must be looked at entry by entry. Pages are subtrees only while no
        number is missing."""
        base = self.verdict.entries
        if self._seq != base or base % audit_fast.PAGE:
            return False
        fast = audit_fast.page(rows, self._seq, self._chained, _EXPLAINING)
        if fast is None:
            return False
        for size in [size for size in self._ahead if base < size <= base + fast.entries]:
            self._compare(size, [*self._peaks, *fast.peaks(size - base)])
        self._take(fast, base)
        return True

    def _take(self, fast: audit_fast.Fast, base: int) -> None:
        self.verdict.entries += fast.entries
        self.verdict.erased += fast.erased
        self.verdict.explained += sum(int(json.loads(body)["facts"].get("entries", 0)) for body in fast.explaining)
        self._seq, self._chained = base + fast.entries, fast.chained
        if fast.entries == audit_fast.PAGE:
            root = fast.peaks(audit_fast.PAGE)[0]
            self._peaks = audit_tree.grown(self._peaks, base // audit_fast.PAGE, root)
        else:
            self._peaks += fast.peaks(fast.entries)

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
        self._compare(entry.seq, self._peaks)

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
        elif entry.kind in _EXPLAINING:
            self.verdict.explained += int(json.loads(entry.body)["facts"].get("entries", 0))

    def _compare(self, seq: int, peaks: Sequence[bytes]) -> None:
        for point, name in self._ahead.pop(seq, []):
            self.verdict.checkpoints += 1
            if point.root != audit_tree.root_of_peaks(peaks):
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
