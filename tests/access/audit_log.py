"""What the tests of the audit log share: a key, a log of some acts, and the means to break it as an attacker would."""

import io
import subprocess
import sys
import zipfile
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

from access import audit_verifier, checkpoints
from access.audit_ddl import BY_DIALECT
from booking.acts import Act, ActKind, tell
from booking.models import Organisation, Person, Premises

KEY = checkpoints.signing_key("master key of the tests")
PUBLIC = bytes.fromhex(checkpoints.public_hex(KEY))


def add_person(session, now, name="Maija Esimerkki", email=None):
    person = Person(name=name, email=email, created_at=now)
    session.add(person)
    session.flush()
    return person


def add_premises(session, now, name="Esimerkkikoulu"):
    owner = Organisation(name=f"{name} ry", kind="association", created_at=now)
    session.add(owner)
    session.flush()
    premises = Premises(
        name_fi=name,
        kind="school",
        owner_id=owner.id,
        operator_id=owner.id,
        manager_id=owner.id,
        contact_name="Kaisa Esimerkki",
        address="Esimerkkitie 1",
        municipality="Esimerkkilä",
        rulebook="example",
    )
    session.add(premises)
    session.flush()
    return premises


def write_log(sessions, now, entries, *, kind=ActKind.BOOKING_MADE, **more):
    """Add entries one second apart, the first at `now`, in one transaction."""
    with sessions.begin() as session:
        for n in range(entries):
            tell(
                session,
                Act(
                    kind,
                    now + timedelta(seconds=n),
                    more.get("actor"),
                    f"s{n}",
                    {"n": n},
                    more.get("premises"),
                    more.get("persons", ()),
                ),
            )


def signed(sessions, now):
    """Sign the log as it stands; the note."""
    with sessions.begin() as session:
        return checkpoints.checkpoint(session, now, KEY).note


@contextmanager
def unguarded(engine):
    """A connection for one who owns the database: the triggers are gone."""
    with engine.begin() as connection:
        for statement in BY_DIALECT[engine.dialect.name]:
            if "CREATE TRIGGER" in statement:
                name, table = statement.split()[2], statement.split(" ON ")[1].split()[0]
                on = "" if engine.dialect.name == "sqlite" else f" ON {table}"
                connection.exec_driver_sql(f"DROP TRIGGER {name}{on}")
        yield connection


def tamper(engine, *statements):
    with unguarded(engine) as connection:
        for statement in statements:
            connection.exec_driver_sql(statement)


def run_verifier(tmp_path, zipped, *options):
    """The stand-alone verifier as an auditor runs it, outside the project: its exit code and lines."""
    alone = tmp_path / "alone"
    alone.mkdir(exist_ok=True)
    (alone / "EXPORT.zip").write_bytes(zipped)
    (alone / "verify.py").write_bytes(Path(audit_verifier.__file__).read_bytes())
    command = [sys.executable, "-I", "-S", "verify.py", "EXPORT.zip", *options]
    run = subprocess.run(command, cwd=alone, capture_output=True, text=True, timeout=60, check=False)
    assert run.stderr == ""
    return run.returncode, run.stdout.splitlines()


def files_of(zipped):
    with zipfile.ZipFile(io.BytesIO(zipped)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def zip_of(files):
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return made.getvalue()
