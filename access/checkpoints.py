"""Signed checkpoints of the audit log: C2SP tlog-checkpoint in a signed note, Ed25519 (docs/audit-format.md 4)."""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypeAlias

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from sqlalchemy import Row, select
from sqlalchemy.orm import Session

from access import audit_chain, audit_tree
from access.audit_models import Audit, AuditCheckpoint, AuditHead

EVERY = timedelta(minutes=5)
EVERY_ENTRIES = 1000
ENTRY = (Audit.seq, Audit.at, Audit.kind, Audit.commitment, Audit.leaf_hash, Audit.chain_hash)
EntryRow: TypeAlias = Row[*tuple[Any, ...]]  # with the columns of ENTRY by name
_ED25519 = b"\x01"  # the algorithm byte of signed notes (c2sp.org/signed-note)


class ChainBroken(Exception):
    """Entries do not follow from each other, so nothing is signed. `seq`: the first wrong one."""

    def __init__(self, seq: int, problem: str) -> None:
        super().__init__(f"entry {seq}: {problem}")
        self.seq, self.problem = seq, problem


class BadNote(ValueError):
    """The text is no checkpoint in the form of docs/audit-format.md 4, or is not signed with the key."""


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """What a note says: the first `size` entries of the log `origin` have this Merkle root."""

    origin: str
    size: int
    root: bytes


def signing_key(master_key: str) -> Ed25519PrivateKey:
    """The key of the log, from VUORO_MASTER_KEY by HKDF-SHA256; the same master key gives the same key."""
    derived = HKDF(SHA256(), 32, salt=None, info=b"vuoro audit checkpoint signing v1").derive(master_key.encode())
    return Ed25519PrivateKey.from_private_bytes(derived)


def public_hex(key: Ed25519PrivateKey) -> str:
    """The public key as the auditor keeps it: 64 hex digits."""
    return key.public_key().public_bytes_raw().hex()


def key_hash(origin: str, public: bytes) -> bytes:
    """Four bytes that tell keys of one name apart (signed-note)."""
    return hashlib.sha256(origin.encode() + b"\n" + _ED25519 + public).digest()[:4]


def verifier_key(origin: str, public: bytes) -> str:
    """The key as Go's sumdb/note and other tools read it."""
    encoded = base64.b64encode(_ED25519 + public).decode()
    return f"{origin}+{key_hash(origin, public).hex()}+{encoded}"


def origin(session: Session) -> str:
    """The name of this log, the same for ever."""
    return f"vuoro.audit/{session.execute(select(AuditHead.log_id)).scalar_one()}"


def sign(key: Ed25519PrivateKey, point: Checkpoint, at: datetime) -> str:
    """The note, newline at the end. The instant of signing is an extension line under the signature."""
    root = base64.b64encode(point.root).decode()
    text = f"{point.origin}\n{point.size}\n{root}\ntime: {audit_chain.instant(at)}\n"
    return signed(key, point.origin, text)


def signed(key: Ed25519PrivateKey, name: str, text: str) -> str:
    """The text as a signed note; it must end with a newline."""
    blob = key_hash(name, key.public_key().public_bytes_raw()) + key.sign(text.encode())
    return f"{text}\n\N{EM DASH} {name} {base64.b64encode(blob).decode()}\n"


def read(note: str, keys: Collection[bytes]) -> Checkpoint:
    """The checkpoint of a note signed with one of these public keys. Raises BadNote."""
    text, _, signatures = note.rpartition("\n\n")
    try:
        name, size, root, *_ = [*text.split("\n"), "", ""]
        if not re.fullmatch("[0-9]{1,15}", size):
            raise BadNote("this is no checkpoint")
        point = Checkpoint(name, int(size), base64.b64decode(root, validate=True))
        _check_signature(signatures, f"{text}\n", point.origin, keys)
    except (ValueError, binascii.Error) as error:
        raise BadNote(str(error)) from error
    return point


def _check_signature(signatures: str, text: str, name: str, keys: Collection[bytes]) -> None:
    known = {key_hash(name, public): public for public in keys}
    start = f"\N{EM DASH} {name} "
    for line in signatures.splitlines():
        blob = base64.b64decode(line.removeprefix(start), validate=True) if line.startswith(start) else b""
        if public := known.get(blob[:4]):
            return _verify(public, blob[4:], text)
    raise BadNote("not signed with a key we were given")


def _verify(public: bytes, signature: bytes, text: str) -> None:
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, text.encode())
    except InvalidSignature as error:
        raise BadNote("the signature does not fit the text") from error


def latest(session: Session) -> AuditCheckpoint | None:
    """The newest checkpoint."""
    return session.scalar(select(AuditCheckpoint).order_by(AuditCheckpoint.size.desc()).limit(1))


def checkpoint_if_due(session: Session, now: datetime, key: Ed25519PrivateKey) -> AuditCheckpoint | None:
    """Sign the log when five minutes or a thousand entries have passed and it has grown; the jobs process asks often.

    Raises ChainBroken when what was added since the last checkpoint does not hold together.
    """
    size = session.execute(select(AuditHead.seq)).scalar_one()
    last = latest(session)
    new = size - (last.size if last else 0)
    if new == 0 or (last and new < EVERY_ENTRIES and now - last.at < EVERY):
        return None
    return checkpoint(session, now, key)


def checkpoint(session: Session, now: datetime, key: Ed25519PrivateKey) -> AuditCheckpoint | None:
    """Sign the whole log as it stands; None for an empty log, the last checkpoint when nothing was added since."""
    size = session.execute(select(AuditHead.seq).with_for_update()).scalar_one()
    last = latest(session)
    if size == 0 or (last and last.size == size):
        return last
    peaks = _peaks(session, last, size)
    note = sign(key, Checkpoint(origin(session), size, audit_tree.root_of_peaks(peaks)), now)
    made = AuditCheckpoint(
        size=size, at=now, note=note, public_key=public_hex(key), peaks=[peak.hex() for peak in peaks]
    )
    session.add(made)
    session.flush()
    return made


def _peaks(session: Session, last: AuditCheckpoint | None, size: int) -> list[bytes]:
    peaks = _peaks_of(last) if last else []
    seq, chained = _last_signed(session, last)
    for row in _rows(session, seq, size):
        seq += 1
        chained = follow(row, seq, chained)
        peaks = audit_tree.grown(peaks, seq - 1, bytes.fromhex(row.leaf_hash))
    if seq != size:
        raise ChainBroken(size, "missing")
    return peaks


def _rows(session: Session, seq: int, size: int) -> Iterator[EntryRow]:
    page = select(*ENTRY).where(Audit.seq <= size).order_by(Audit.seq).limit(EVERY_ENTRIES)
    while rows := session.execute(page.where(Audit.seq > seq)).all():
        yield from rows
        seq = rows[-1].seq


def _peaks_of(last: AuditCheckpoint) -> list[bytes]:
    peaks = [bytes.fromhex(peak) for peak in last.peaks]
    if read(last.note, [bytes.fromhex(last.public_key)]).root != audit_tree.root_of_peaks(peaks):
        raise ChainBroken(last.size, "the last checkpoint does not fit its own tree")
    return peaks


def _last_signed(session: Session, last: AuditCheckpoint | None) -> tuple[int, str]:
    if last is None:
        return 0, audit_chain.NO_HASH
    chained = session.scalar(select(Audit.chain_hash).where(Audit.seq == last.size))
    if chained is None:
        raise ChainBroken(last.size, "missing")
    return last.size, chained


def follow(row: EntryRow, seq: int, chained: str) -> str:
    """The chain hash of the row that must be number `seq` after `chained`. Raises ChainBroken when it does not fit."""
    if row.seq != seq:
        raise ChainBroken(seq, "missing")
    at = audit_chain.instant(row.at)
    leaf = audit_chain.leaf_hash(seq=seq, at=at, kind=row.kind, commitment=row.commitment)
    if leaf != row.leaf_hash:
        raise ChainBroken(seq, "changed: its leaf hash is another")
    if audit_chain.chain_hash(chained, leaf) != row.chain_hash:
        raise ChainBroken(seq, "does not follow from the entry before it")
    return str(row.chain_hash)
