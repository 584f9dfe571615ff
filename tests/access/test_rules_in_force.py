"""That the rules changed is in the audit log, though rules are files."""

import pytest
from sqlalchemy import func, select

from access.audit_models import Audit
from access.keeping import keep_acts as audited
from access.rules_in_force import note_rulebooks
from booking.rulebooks import rulebook_paths


@pytest.fixture
def keep_acts():
    return audited


def test_rulebooks_are_noted_once_and_again_when_they_change(sessions, now, tmp_path):
    for expected in (True, False):
        with sessions.begin() as session:
            assert note_rulebooks(session, rulebook_paths(), now) is expected
    changed = tmp_path / "espoo-2030-01.toml"
    changed.write_text("family = 'espoo'")
    with sessions.begin() as session:
        assert note_rulebooks(session, [changed], now)
    with sessions() as session:
        noted = select(func.count()).select_from(Audit).where(Audit.kind == "rulebook.in_force")
        assert session.scalar(noted) == 2
