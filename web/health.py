"""Whether the parts the pages lean on are well."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path

from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import func, inspect, select, text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from access.models import DoorState
from booking.models import Letter

ROOT = Path(__file__).resolve().parent.parent
OLDEST_LETTER = timedelta(minutes=30)


@dataclass(frozen=True, slots=True)
class Check:
    """One part: well or not. Parts that are not vital do not stop the pages."""

    name: str
    ok: bool
    vital: bool = True
    detail: str = ""

    @property
    def shown(self) -> dict[str, object]:
        return {"ok": self.ok, "vital": self.vital} | ({"detail": self.detail} if self.detail else {})


def checks(session: Session, *, now: datetime) -> list[Check]:
    try:
        session.execute(text("SELECT 1"))
        return [Check("database", ok=True), _migrated(session), _letters(session, now), _doors(session)]
    except SQLAlchemyError as error:
        return [Check("database", ok=False, detail=type(error).__name__)]


@cache
def newest_revision() -> str | None:
    """The newest migration in the code, None where the migrations are not at hand."""
    if not (ROOT / "migrations" / "env.py").exists():
        return None
    config = Config()
    config.set_main_option("script_location", str(ROOT / "migrations"))
    return ScriptDirectory.from_config(config).get_current_head()


def _migrated(session: Session) -> Check:
    if not inspect(session.connection()).has_table("alembic_version"):
        return Check("migrations", ok=newest_revision() is None, detail="never migrated")
    held = session.scalar(text("SELECT version_num FROM alembic_version"))
    return Check("migrations", ok=held == newest_revision(), detail=str(held))


def _letters(session: Session, now: datetime) -> Check:
    """Mail that waits too long is a worry, not a reason to stop."""
    oldest = session.scalar(select(func.min(Letter.written_at)).where(Letter.sent_at.is_(None)))
    waits = int((now - oldest).total_seconds()) if oldest else 0
    return Check("letters", ok=waits <= OLDEST_LETTER.total_seconds(), vital=False, detail=f"oldest waits {waits} s")


def _doors(session: Session) -> Check:
    """Doors decide alone while they are offline; the caretaker's board tells which ones."""
    states = list(session.scalars(select(DoorState.online)))
    return Check("doors", ok=all(states), vital=False, detail=f"{sum(states)} of {len(states)} online")
