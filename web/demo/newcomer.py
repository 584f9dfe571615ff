"""A controller of the demo that was prepared and plugged in, and is no door yet: to be claimed by its label's code."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from access import newcomers
from access.keys import Vault
from access.newcomer_models import PreparedController
from booking.db import reading

LABEL = "label.json"


def prepare(sessions: sessionmaker[Session], vault: Vault, folder: Path, *, now: datetime) -> None:
    """Made once for each new demo; its label lies beside the data, as it would be glued on the box."""
    if (folder / LABEL).exists():
        return
    with sessions.begin() as session:
        (made,) = newcomers.prepare(session, vault, 1, None, now=now)
    (folder / LABEL).touch(mode=0o600)
    (folder / LABEL).write_text(json.dumps({"code": made.code, "record": made.record}), encoding="utf-8")


def label(folder: Path) -> tuple[str, dict[str, Any]]:
    """The code and the record."""
    found = json.loads((folder / LABEL).read_text(encoding="utf-8"))
    return found["code"], found["record"]


def waits(sessions: sessionmaker[Session], controller: str) -> bool:
    """Whether it is still no door."""
    with reading(sessions) as session:
        query = select(PreparedController.id).where(PreparedController.controller_id == controller)
        return session.scalar(query.where(PreparedController.claimed_at.is_(None))) is not None
