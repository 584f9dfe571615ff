"""The invented rulebook of these tests, put into the database as an approved version."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from sqlalchemy.orm import Session

from booking.models import Premises
from booking.versions.known import forget
from booking.versions.models import RulebookVersion, VersionState
from booking.versions.written import digest_of
from tests import make

TEXT = (Path(__file__).parent / "keksila.toml").read_text(encoding="utf-8")
FAMILY = "keksila"


def house(session: Session, **values: str) -> Premises:
    """Premises where the invented rules hold."""
    if not session.query(RulebookVersion).filter_by(family=FAMILY).count():
        session.add(approved(session))
        session.flush()
        forget(session)
    return make.premises(session, **({"rulebook": FAMILY, "municipality": "Keksilä"} | values))


def approved(session: Session) -> RulebookVersion:
    made, reviewed = make.person(session).id, make.person(session).id
    return RulebookVersion(
        family=FAMILY,
        version="2026",
        valid_from=date(2020, 1, 1),
        state=VersionState.APPROVED.value,
        text=TEXT,
        digest=digest_of(TEXT),
        made_by=made,
        made_at=make.LONG_AGO,
        sent_by=made,
        reviewed_by=reviewed,
        reviewed_at=make.LONG_AGO,
    )
