"""A database restored from a backup (DA42): doors keep today's revocations until a signed act raises the epoch."""

import pytest
from click.testing import CliRunner
from sqlalchemy import delete, select, update

from access import credentials
from access.cli import doors as doors_command
from access.keeping import keeper
from access.models import AccessList, Credential, CredentialKey, Door, DoorAlarm, DoorState, Right
from tests.access.make import VAULT
from tests.access.site import CARD, made_site

RESTORED = (Door, DoorState, Credential, CredentialKey, Right)
NEWER = (AccessList, Right, CredentialKey, Credential)  # in the order in which they can go


@pytest.fixture
def keep_acts():
    return keeper(VAULT)


@pytest.fixture
def site(engine, sessions, now):
    return made_site(engine, sessions, now)


@pytest.fixture
def environment(database_url, monkeypatch):
    monkeypatch.setenv("VUORO_DATABASE_URL", database_url)
    monkeypatch.setenv("VUORO_SECRET_KEY", "a secret key of tests")
    monkeypatch.setenv("VUORO_MASTER_KEY", VAULT.master_key)


def backup(site):
    """The rows as they are now, by table."""
    with site.sessions() as session:
        tables = {table.__table__ for table in (*RESTORED, *NEWER)}
        return {table: session.execute(select(table)).mappings().all() for table in tables}


def restore(site, kept):
    """The rows as they were; what came after them is gone."""
    with site.sessions.begin() as session:
        for model in NEWER:
            key = model.__table__.c.id
            session.execute(delete(model.__table__).where(key.not_in([row["id"] for row in kept[model.__table__]])))
        for model in RESTORED:
            table = model.__table__
            key = table.c.door_id if model is DoorState else table.c.id
            for row in kept[table]:
                session.execute(update(table).where(key == row[key.name]).values(**row))


def test_da42_a_restored_backup_brings_back_no_revoked_card_until_a_signed_act(site, environment):
    """DA42: lower versions refused, today's revocations kept, until the epoch is raised by a signed act."""
    site.book("18:00", "20:00")
    site.settle()
    kept = backup(site)
    with site.sessions.begin() as session:
        card = session.scalars(select(Credential.ref).where(Credential.kind == "card")).one()
        credentials.revoke(session, card, by=None, now=site.now, why="lost")
    site.settle()
    site.at("18:30")
    assert not site.outer.show(CARD).granted
    held = site.outer.version
    restore(site, kept)
    site.restart_service()
    site.settle()
    assert site.outer.version == held, "the door keeps the newer list"
    assert not site.outer.show(CARD).granted
    with site.sessions() as session:
        kinds = set(session.scalars(select(DoorAlarm.kind).where(DoorAlarm.door_id == site.home.outer.id)))
    assert kinds & {"list_refused", "list_mismatch"}
    assert CliRunner().invoke(doors_command, ["raise-epoch", "--yes"]).exit_code == 0
    site.settle()
    assert site.outer.version.epoch == held.epoch + 1
    assert site.outer.show(CARD).granted, "as the restored bookings say, now that somebody answers for them"
