"""Which rulebooks the program judges by, noted in the audit log whenever they change: rules are files, that they
came into force is an act."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from access.audit_models import Audit, AuditPayload
from booking.acts import Act, ActKind, tell

SUBJECT = "rulebooks"


def digests(paths: Sequence[Path]) -> dict[str, str]:
    """SHA-256 of each rulebook file, by its name without ending."""
    return {path.stem: hashlib.sha256(path.read_bytes()).hexdigest() for path in paths}


def note_rulebooks(session: Session, paths: Sequence[Path], now: datetime) -> bool:
    """Tell an act when these rulebook files are others than at the last noting. Returns whether they were."""
    found: Mapping[str, str] = digests(paths)
    if found == _last(session):
        return False
    tell(session, Act(ActKind.RULEBOOK_IN_FORCE, now, None, SUBJECT, {"sha256": dict(found)}))
    return True


def _last(session: Session) -> Mapping[str, str] | None:
    query = (
        select(AuditPayload.body)
        .join(Audit, Audit.seq == AuditPayload.seq)
        .where(Audit.kind == ActKind.RULEBOOK_IN_FORCE.value)
        .order_by(Audit.seq.desc())
        .limit(1)
    )
    body = session.scalar(query)
    noted: Mapping[str, str] | None = json.loads(body)["facts"]["sha256"] if body else None
    return noted
