"""`vuoro bench audit`: how fast acts are chained, the log is verified, and a part of it exported."""

from __future__ import annotations

import hashlib
import resource
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import perf_counter, process_time

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy.orm import Session

from access import audit_check, audit_export, checkpoints
from access.audit_export import ExportWish
from bench.databases import Database, database
from bench.figures import progress, rounded
from booking.acts import Act, ActKind, tell
from booking.core.span import Span

BEGAN = datetime(2026, 11, 24, tzinfo=UTC)
IN_ONE = 1000  # acts of one commit when the log is filled


@dataclass(frozen=True, slots=True)
class Speed:
    """`n` entries in so many seconds, of which the processor worked `processor_s`; `per_processor_s`: entries for each
    second of its work, whoever else had the machine. `memory_mb`: by how much the process grew at its peak."""

    database: str
    what: str
    n: int
    seconds: float
    per_s: float
    processor_s: float
    per_processor_s: float
    memory_mb: float


def measure(kind: str, folder: Path, postgres: str | None, *, entries: int, singly: int) -> list[Speed]:
    """Append one by one and in batches, sign, verify all, export all."""
    with database(kind, folder, postgres) as place:
        progress(f"{kind}: {singly} entries, one commit each")
        found = [_timed(place, "append, one commit each", singly, lambda: _one_by_one(place, singly))]
        rest = max(0, entries - singly)
        progress(f"{kind}: {rest} entries, {IN_ONE} in a commit")
        found.append(_timed(place, f"append, {IN_ONE} in a commit", rest, lambda: _in_batches(place, singly, rest)))
        key = checkpoints.signing_key(place.vault.master_key)
        progress(f"{kind}: signing, verifying, exporting")
        found.append(_timed(place, "sign a checkpoint over all", entries, lambda: _signed(place, key)))
        found.append(_timed(place, "bare: four SHA-256 an entry", entries, lambda: _hashes(entries)))
        found.append(_timed(place, "verify all where it lives", entries, lambda: _verified(place, key)))
        found.append(_timed(place, "export all as a ZIP", entries, lambda: _exported(place, key, folder)))
    return found


def _timed(place: Database, what: str, n: int, act: Callable[[], object]) -> Speed:
    before, began, worked = _peak_mb(), perf_counter(), process_time()
    act()
    seconds, worked = perf_counter() - began, process_time() - worked
    pace = rounded(n / seconds), rounded(worked), rounded(n / worked)
    return Speed(place.name, what, n, rounded(seconds), *pace, rounded(_peak_mb() - before))


def _hashes(count: int) -> None:
    """What no verifier can do without: three hashes for each entry and one for the tree, of about the same length."""
    sha256, entry, found = hashlib.sha256, b"x" * 260, b""
    for _ in range(count):
        found = sha256(sha256(sha256(sha256(entry).digest() + entry[:120]).digest() + found).digest()).digest()


def _peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _act(number: int) -> Act:
    body = {"event": f"{number:016x}", "kind": "granted", "boot_epoch": 1, "seq": number, "hash": "0" * 64}
    return Act(ActKind.DOOR_EVENT, BEGAN + timedelta(milliseconds=number), None, "door", body)


def _one_by_one(place: Database, count: int) -> None:
    for number in range(count):
        with place.sessions.begin() as session:
            tell(session, _act(number))


def _in_batches(place: Database, first: int, count: int) -> None:
    for start in range(first, first + count, IN_ONE):
        with place.sessions.begin() as session:
            for number in range(start, min(start + IN_ONE, first + count)):
                tell(session, _act(number))


def _signed(place: Database, key: Ed25519PrivateKey) -> None:
    with place.sessions.begin() as session:
        checkpoints.checkpoint(session, BEGAN, key)


def _verified(place: Database, key: Ed25519PrivateKey) -> None:
    with place.sessions() as session:
        _reads(session)
        verdict = audit_check.verify(session, keys=[bytes.fromhex(checkpoints.public_hex(key))])
    assert verdict.sound, verdict.findings[:3]


def _reads(session: Session) -> None:
    session.connection(execution_options={"reads_only": True})


def _exported(place: Database, key: Ed25519PrivateKey, folder: Path) -> None:
    span = Span(BEGAN, BEGAN + timedelta(days=30))
    with (folder / "export.zip").open("wb") as out, place.sessions.begin() as session:
        audit_export.export_to(out, session, ExportWish(span), by=None, now=BEGAN + timedelta(days=31), key=key)
