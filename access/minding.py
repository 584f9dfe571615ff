"""What time brings to doors: silence, rights that are not there, doors left open, keys that must change."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from access import key_rotation, left_open, reports
from access.keys import Vault


def mind(session: Session, vault: Vault, now: datetime) -> None:
    """Every ten seconds or so."""
    reports.mind_silence(session, now)
    reports.mind_missing(session, now)
    left_open.mind_left_open(session, now)
    key_rotation.mind(session, vault, now)
