"""A part of the audit log as a ZIP that an auditor verifies alone: entries, proofs, keys and the verifier itself."""

from __future__ import annotations

import hashlib
import io
import json
import re
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import IO, Any, TypeVar

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import Row, Select, func, select
from sqlalchemy.orm import Session

from access import audit_chain, audit_tree, audit_verifier, checkpoints, witnesses
from access.audit_models import Audit, AuditCheckpoint, AuditPayload, AuditPerson
from booking.acts import Act, ActKind, tell
from booking.core.span import Span
from booking.ids import PersonId, PremisesId
from booking.models import Person, Premises
from booking.refusals import BadInput, NotFound

EXPORT_FORMAT = "vuoro-audit-export-v1"
NEWEST = 500  # so many checkpoints, and the last of every day before them, can be compared with an export

README = """This is a part of the audit log of Vuoro, and the program that verifies it.

    python3 verify.py EXPORT.zip --key HEX --checkpoint FILE

Unpack verify.py first, or better use one you already hold. HEX is the public key of the log, FILE a checkpoint you were
given earlier; both must come to you by another way than this file, else you only learn that the file fits itself.

events.jsonl  one entry a line; "erased": who and what were erased by law; "withheld": outside what was asked for
proof.json    the signed checkpoint of the log at the time of the export, and proofs that each entry is in it
              with what witnesses signed and time stamps (hex) of earlier checkpoints
keys.json     the public keys of the log, for comparison with the one you hold
manifest.txt  the hashes of all these files, signed
verify.py     one file of Python without anything else; its source is access/audit_verifier.py of Vuoro

The forms are described in docs/audit-format.md of Vuoro.
"""


@dataclass(frozen=True, slots=True)
class ExportWish:
    """What to export: the acts of a span, of one premises or of all, of one person or of everybody; `held` is a
    checkpoint the auditor already has."""

    span: Span
    premises: PremisesId | None = None
    held: str | None = None
    person: PersonId | None = None

    @property
    def complete(self) -> bool:
        """Whether every number of a run is asked for; else only chosen entries, each with its proof."""
        return self.premises is None and self.person is None


@dataclass(frozen=True, slots=True)
class Export:
    """The file, how many entries it holds, and the size of the log it was made from."""

    zipped: bytes
    entries: int
    size: int


def export(session: Session, wish: ExportWish, *, by: PersonId | None, now: datetime, key: Ed25519PrivateKey) -> Export:
    """`export_to` in memory."""
    out = io.BytesIO()
    entries, size = export_to(out, session, wish, by=by, now=now, key=key)
    return Export(out.getvalue(), entries, size)


def export_to(
    out: IO[bytes], session: Session, wish: ExportWish, *, by: PersonId | None, now: datetime, key: Ed25519PrivateKey
) -> tuple[int, int]:
    """Write the file, and keep an act that it was made; gives how many entries it has, and the size of the log. Entries
    pass through memory a page at a time. Hand the file out only after the commit.

    Raises NotFound for unknown premises, BadInput for a held checkpoint that is not of this log, and BadInput for an
    empty log. Raises checkpoints.ChainBroken when the log does not hold together.
    """
    premises = _premises_ref(session, wish.premises)
    end = checkpoints.checkpoint(session, now, key)
    if end is None:
        raise BadInput(field="from", problem="empty_log")
    numbers = session.scalars(_asked(session, select(Audit.seq), wish, end.size)).all()
    proof = _proof(session, wish, premises, numbers, _tree(session, end.size), end)
    entries = session.execute(_asked(session, select(*ENTRY), wish, end.size), execution_options=A_PAGE)
    files: dict[str, Iterable[str]] = {
        "README.txt": [README],
        "events.jsonl": (f"{audit_chain.canonical(_event(row, wish))}\n" for row in entries),
        "keys.json": [_keys(session, checkpoints.origin(session))],
        "proof.json": [json.dumps(proof, indent=1, sort_keys=True) + "\n"],
        "verify.py": [Path(audit_verifier.__file__).read_text(encoding="utf-8")],
    }
    _zip(out, files, checkpoints.origin(session), key, now)
    tell(session, _act(wish, by, now, premises, len(numbers), end.size))
    return len(numbers), end.size


def _premises_ref(session: Session, premises: PremisesId | None) -> str | None:
    if premises is None:
        return None
    ref = session.scalar(select(Premises.ref).where(Premises.id == premises))
    if ref is None:
        raise NotFound(what="premises")
    return ref


def _person_ref(session: Session, person: PersonId | None) -> str | None:
    return None if person is None else session.get_one(Person, person).ref


def _act(wish: ExportWish, by: PersonId | None, now: datetime, premises: str | None, entries: int, size: int) -> Act:
    body: dict[str, Any] = {"from": wish.span.starts_at, "to": wish.span.ends_at, "premises": premises}
    of = () if wish.person is None else (wish.person,)
    body |= {"entries": entries, "size": size, "of_one_person": wish.person is not None}
    return Act(ActKind.LOG_EXPORTED, now, by, "audit", body, wish.premises, of)


Entry = Row[int, datetime, str, str, str, str | None, str | None]
ENTRY = (Audit.seq, Audit.at, Audit.kind, Audit.commitment, Audit.leaf_hash, AuditPayload.salt, AuditPayload.body)
A_PAGE = {"yield_per": 2000}
Wanted = TypeVar("Wanted", bound=Select[*tuple[Any, ...]])


def _asked(session: Session, columns: Wanted, wish: ExportWish, size: int) -> Wanted:
    """The chosen entries in the span; of a whole log the whole run of numbers that the span touches."""
    span = Audit.seq <= size, Audit.at >= wish.span.starts_at, Audit.at < wish.span.ends_at
    query = columns.join(AuditPayload, AuditPayload.seq == Audit.seq).order_by(Audit.seq)
    if wish.complete:
        first, last = session.execute(select(func.min(Audit.seq), func.max(Audit.seq)).where(*span)).one()
        return query.where(Audit.seq.between(first or 0, last or -1))
    if wish.premises is not None:
        query = query.where(AuditPayload.premises_id == wish.premises)
    if wish.person is not None:
        mine = select(AuditPerson.seq).where(AuditPerson.person_id == wish.person)
        query = query.where(Audit.seq.in_(mine))
    return query.where(*span)


def _event(row: Entry, wish: ExportWish) -> dict[str, Any]:
    if not wish.span.holds(row.at):
        return {"seq": row.seq, "leaf": row.leaf_hash, "withheld": True}
    clear = {"seq": row.seq, "at": audit_chain.instant(row.at), "kind": row.kind}
    clear |= {"commitment": row.commitment, "leaf": row.leaf_hash}
    if row.body is None:
        return {**clear, "erased": True}
    return {**clear, "salt": row.salt, "body": json.loads(row.body)}


def _tree(session: Session, size: int) -> audit_tree.Tree:
    query = select(Audit.leaf_hash).where(Audit.seq <= size).order_by(Audit.seq)
    leaves = session.scalars(query, execution_options=A_PAGE)
    return audit_tree.Tree(bytes.fromhex(leaf) for leaf in leaves)


def _proof(
    session: Session,
    wish: ExportWish,
    premises: str | None,
    numbers: Sequence[int],
    tree: audit_tree.Tree,
    end: AuditCheckpoint,
) -> dict[str, Any]:
    first, last = (numbers[0], numbers[-1]) if numbers else (0, -1)
    start = _start(session, first) if numbers else None
    complete = wish.complete
    span = {"from": audit_chain.instant(wish.span.starts_at), "to": audit_chain.instant(wish.span.ends_at)}
    return {
        "format": EXPORT_FORMAT,
        "scope": {**span, "premises": premises, "person": _person_ref(session, wish.person)},
        "complete": complete,
        "entries": len(numbers),
        "first": first,
        "last": last,
        "start": start.note if start else None,
        "end": end.note,
        "witnesses": witnesses.evidence(session, end.size),
        "consistency": _consistency(session, wish, tree, start, end),
        "around": _hex(tree.around(first - 1, last, end.size)) if complete and numbers else [],
        "inclusion": {} if complete else {str(seq): _hex(tree.inclusion(seq - 1, end.size)) for seq in numbers},
    }


def _hex(hashes: Sequence[bytes]) -> list[str]:
    return [one.hex() for one in hashes]


def _start(session: Session, first: int) -> AuditCheckpoint | None:
    before = select(AuditCheckpoint).where(AuditCheckpoint.size < first)
    return session.scalar(before.order_by(AuditCheckpoint.size.desc()).limit(1))


def _consistency(
    session: Session,
    wish: ExportWish,
    tree: audit_tree.Tree,
    start: AuditCheckpoint | None,
    end: AuditCheckpoint,
) -> dict[str, list[str]]:
    """From every checkpoint the auditor is likely to hold to the one at the end."""
    older = session.execute(select(AuditCheckpoint.size, AuditCheckpoint.at).order_by(AuditCheckpoint.size)).all()
    sizes = {*{row.at.date(): row.size for row in older}.values(), *(row.size for row in older[-NEWEST:])}
    sizes |= {int(str(one["size"])) for one in witnesses.evidence(session, end.size)}
    sizes |= ({start.size} if start else set()) | ({_held_size(session, wish.held)} if wish.held is not None else set())
    return {str(size): _hex(tree.consistency(size, end.size)) for size in sorted(sizes) if 0 < size < end.size}


def _held_size(session: Session, held: str) -> int:
    lines = held.split("\n")
    if lines[0] != checkpoints.origin(session) or not lines[1:] or not re.fullmatch("[0-9]{1,15}", lines[1]):
        raise BadInput(field="held", problem="other_log")
    return int(lines[1])


def _keys(session: Session, origin: str) -> str:
    """Every key that ever signed a checkpoint; that they are listed here proves nothing, see README.txt."""
    publics = sorted(session.scalars(select(AuditCheckpoint.public_key).distinct()))
    keys = [
        {"origin": origin, "ed25519": public, "vkey": checkpoints.verifier_key(origin, bytes.fromhex(public))}
        for public in publics
    ]
    return json.dumps({"keys": keys}, indent=1) + "\n"


def _zip(
    out: IO[bytes], files: Mapping[str, Iterable[str]], origin: str, key: Ed25519PrivateKey, now: datetime
) -> None:
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        hashes = {name: _added(archive, name, files[name], now) for name in sorted(files)}
        _added(archive, "manifest.txt", [_manifest(hashes, origin, key)], now)


def _added(archive: zipfile.ZipFile, name: str, parts: Iterable[str], now: datetime) -> str:
    """Write a member part by part; its SHA-256."""
    member, digest = zipfile.ZipInfo(name, now.timetuple()[:6]), hashlib.sha256()
    member.compress_type, member.external_attr = zipfile.ZIP_DEFLATED, 0o644 << 16
    with archive.open(member, "w", force_zip64=True) as written:
        for part in parts:
            written.write(part.encode())
            digest.update(part.encode())
    return digest.hexdigest()


def _manifest(hashes: Mapping[str, str], origin: str, key: Ed25519PrivateKey) -> str:
    """A signed note with the hash of every other file. Its second line keeps it from being read as a checkpoint."""
    lines = "".join(f"{digest}  {name}\n" for name, digest in hashes.items())
    return checkpoints.signed(key, origin, f"{origin}\n{EXPORT_FORMAT}\n{lines}")
