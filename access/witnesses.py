"""Checkpoints leave the house: mailed, signed by a witness, stamped with the time. Rows first, the network after."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import func, select
from sqlalchemy.orm import Session, sessionmaker

from access import audit_tree, checkpoints, witness_wire
from access.audit_models import Audit, AuditCheckpoint
from access.evidence_models import Witnessing, WitnessKind
from access.practice import practice
from booking.models import Letter
from booking.settings import Settings

LEASE = timedelta(minutes=5)
LONGEST_WAIT = timedelta(hours=12)
MOST_TRIES = 40
MAIL_LANGUAGE = "en"


@dataclass(frozen=True, slots=True)
class Parcel:
    """One checkpoint on its way, as it was when it was claimed. `old`, `proof`: from what the witness signed last."""

    id: int
    kind: WitnessKind
    address: str
    note: str
    old: int
    proof: tuple[bytes, ...]


def addresses(settings: Settings) -> dict[tuple[WitnessKind, str], timedelta]:
    """Where checkpoints go by these settings, and how far apart."""
    mail = [one.strip() for one in settings.witness_mail.split(",") if one.strip()]
    found = {(WitnessKind.MAIL, one): timedelta(hours=practice().witness_mail_h) for one in mail}
    if settings.witness_url and settings.witness_key:
        found[WitnessKind.COSIGNED, settings.witness_url] = timedelta(minutes=practice().witness_post_min)
    if settings.tsa_url and settings.tsa_roots:
        found[WitnessKind.TIME_STAMP, settings.tsa_url] = timedelta(hours=practice().time_stamp_h)
    return found


def plan(session: Session, settings: Settings, now: datetime) -> int:
    """Put the newest checkpoint on its way wherever one is due; gives how many rows that made."""
    newest, made = checkpoints.latest(session), 0
    if newest is None:
        return 0
    for (kind, address), every in addresses(settings).items():
        if _due(session, kind, address, newest, every):
            session.add(Witnessing(size=newest.size, kind=kind.value, address=address, due_at=now))
            made += 1
    session.flush()
    return made


def _due(session: Session, kind: WitnessKind, address: str, newest: AuditCheckpoint, every: timedelta) -> bool:
    """None is on its way, and the last one that went is old enough."""
    mine = Witnessing.kind == kind.value, Witnessing.address == address
    waits = select(func.count()).where(*mine, Witnessing.done_at.is_(None), Witnessing.tries < MOST_TRIES)
    if session.scalar(waits):
        return False
    sent = select(func.max(AuditCheckpoint.at)).join(Witnessing, Witnessing.size == AuditCheckpoint.size)
    last = session.scalar(sent.where(*mine))
    return last is None or newest.at >= last + every


def send(sessions: sessionmaker[Session], settings: Settings, now: datetime) -> tuple[int, int]:
    """Send what is due; gives how many were answered and how many failed. Nothing is locked while others answer."""
    with sessions.begin() as session:
        plan(session, settings, now)
    with sessions.begin() as session:
        parcels = claim(session, now)
    done = failed = 0
    for parcel in parcels:
        try:
            answer, token = _ask(parcel, settings)
        except witness_wire.NoWitness as error:
            failed += 1
            with sessions.begin() as session:
                note_failed(session, parcel.id, error, now)
            continue
        with sessions.begin() as session:
            row = session.get_one(Witnessing, parcel.id)
            row.done_at, row.answer, row.token = now, answer, token
        done += 1
    return done, failed


def claim(session: Session, now: datetime) -> list[Parcel]:
    """Take what is due, for LEASE; what goes by mail is a letter at once and done."""
    query = select(Witnessing).where(Witnessing.done_at.is_(None), Witnessing.due_at <= now)
    rows = query.where(Witnessing.tries < MOST_TRIES).order_by(Witnessing.id).with_for_update(skip_locked=True)
    parcels = []
    for row in session.scalars(rows):
        row.due_at, row.tries = now + LEASE, row.tries + 1
        note = session.get_one(AuditCheckpoint, row.size).note
        if row.kind == WitnessKind.MAIL:
            session.add(_letter(row.address, note, now))
            row.done_at = now
        else:
            parcels.append(_parcel(session, row, note))
    return parcels


def _parcel(session: Session, row: Witnessing, note: str) -> Parcel:
    old = _known(session, row) if row.kind == WitnessKind.COSIGNED else 0
    proof: tuple[bytes, ...] = ()
    if 0 < old < row.size:
        leaves = session.scalars(select(Audit.leaf_hash).where(Audit.seq <= row.size).order_by(Audit.seq))
        tree = audit_tree.Tree(bytes.fromhex(leaf) for leaf in leaves)
        proof = tuple(tree.consistency(old, row.size))
    return Parcel(row.id, WitnessKind(row.kind), row.address, note, old, proof)


def _known(session: Session, row: Witnessing) -> int:
    """The size the witness knows: what it said when it disagreed, else the last it signed for us."""
    if row.failure.startswith("knows "):
        return int(row.failure.removeprefix("knows "))
    signed = select(func.max(Witnessing.size)).where(Witnessing.kind == row.kind, Witnessing.address == row.address)
    return session.scalar(signed.where(Witnessing.done_at.is_not(None))) or 0


def _ask(parcel: Parcel, settings: Settings) -> tuple[str, bytes | None]:
    if parcel.kind is WitnessKind.TIME_STAMP:
        return "", witness_wire.ask_time(parcel.address, parcel.note, Path(settings.tsa_roots))
    key = witness_wire.witness_key(settings.witness_key)
    return witness_wire.ask_witness(parcel.address, parcel.old, parcel.proof, parcel.note, key), None


def note_failed(session: Session, parcel: int, error: witness_wire.NoWitness, now: datetime) -> None:
    """Tried again later and later; at once when the witness only knew another size."""
    row = session.get_one(Witnessing, parcel)
    row.failure = f"knows {error.size}" if error.size is not None else str(error)[:200]
    wait = timedelta(minutes=1) * 2 ** min(row.tries, 10)
    row.due_at = now if error.size is not None and row.tries < 3 else now + min(wait, LONGEST_WAIT)


def _letter(address: str, note: str, now: datetime) -> Letter:
    """To an address that is no person of ours. The note names nobody."""
    body = f"{MAIL_WORDS}\n\n{note}"
    subject = f"Vuoro audit checkpoint: {note.splitlines()[1]} entries"
    to = {"person_id": None, "address": address, "language": MAIL_LANGUAGE}
    return Letter(**to, subject=subject, body=body, written_at=now, due_at=now)


MAIL_WORDS = """Keep this. It proves later that the audit log of Vuoro only grew since now, and names nobody.
What follows between the lines is the checkpoint, to be saved as a text file exactly as it is:"""


@dataclass(frozen=True, slots=True)
class Witnessed:
    """What stands outside about one checkpoint."""

    kind: str
    address: str
    size: int
    done_at: datetime | None
    failure: str


def latest(session: Session, *, most: int = 20) -> list[Witnessed]:
    """The newest of them, for the auditor's page."""
    rows = session.scalars(select(Witnessing).order_by(Witnessing.id.desc()).limit(most))
    return [Witnessed(row.kind, row.address, row.size, row.done_at, row.failure) for row in rows]


def evidence(session: Session, size: int) -> list[Mapping[str, object]]:
    """What an export carries of the checkpoints up to this size: lines of witnesses and time stamps, newest of each."""
    newest = select(func.max(Witnessing.id)).where(Witnessing.done_at.is_not(None), Witnessing.size <= size)
    answered = Witnessing.kind != WitnessKind.MAIL.value
    ids = newest.where(answered).group_by(Witnessing.kind, Witnessing.address)
    query = select(Witnessing, AuditCheckpoint.note).join(AuditCheckpoint, AuditCheckpoint.size == Witnessing.size)
    rows = session.execute(query.where(Witnessing.id.in_(ids)).order_by(Witnessing.id))
    return [_shown(row, note) for row, note in rows]


def _shown(row: Witnessing, note: str) -> Mapping[str, object]:
    told: dict[str, object] = {"kind": row.kind, "address": row.address, "size": row.size, "note": note}
    return told | {"line": row.answer, "token": row.token.hex() if row.token else ""}


@dataclass(slots=True)
class Outside:
    """What checking the answers of witnesses again found: how many hold, and which do not."""

    checked: int = 0
    findings: list[str] = field(default_factory=list)


def check(session: Session, settings: Settings) -> Outside:
    """Every kept answer against its checkpoint, as far as the settings tell a key or roots to check it with."""
    query = select(Witnessing, AuditCheckpoint.note).join(AuditCheckpoint, AuditCheckpoint.size == Witnessing.size)
    found = Outside()
    for row, note in session.execute(query.where(Witnessing.done_at.is_not(None)).order_by(Witnessing.id)):
        try:
            found.checked += _holds(row, note, settings)
        except (witness_wire.NoWitness, ValueError, OSError) as error:
            found.findings.append(f"{row.kind} of {row.size} entries by {row.address}: {error}")
    return found


def _holds(row: Witnessing, note: str, settings: Settings) -> bool:
    if row.kind == WitnessKind.COSIGNED and settings.witness_key:
        witness_wire.cosigned_at(row.answer, note, witness_wire.witness_key(settings.witness_key))
        return True
    if row.kind == WitnessKind.TIME_STAMP and settings.tsa_roots and row.token:
        witness_wire.check_time(row.token, note, Path(settings.tsa_roots))
        return True
    return False
