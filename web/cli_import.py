"""`vuoro import organisations FILE`: the register's import from the command line; faults end it with exit code 2."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click
from sqlalchemy.orm import Session

from access.keeping import keeper
from access.keys import Vault
from booking import people, roles
from booking.db import make_engine, make_sessions
from booking.ids import PersonId
from booking.importing import taking_in
from booking.importing.plan import Change, ChangeKind, Plan, RowFault
from booking.refusals import BadInput
from booking.roles import Role
from web import register_letters, words_of_register
from web.app import create_app
from web.clock import HELSINKI, wall_clock
from web.commands import settings_or_exit
from web.errors import sentence


@click.group("import")
def import_group() -> None:
    """Take files in."""


@import_group.command("organisations")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--dry-run", is_flag=True, help="Show what would change, and change nothing.")
@click.option("--json", "as_json", is_flag=True, help="What was done or would be, as JSON.")
@click.option("--by", "email", metavar="E-MAIL", help="The administrator who does it; needed unless --dry-run.")
def take_organisations(file: Path, *, dry_run: bool, as_json: bool, email: str | None) -> None:
    """Take a CSV, XLSX or JSON FILE into the register of organisations (docs/register.md 6).

    All rows or none: a row with a fault ends it with exit code 2, and nothing is changed.
    """
    with speaking() as session:
        plan = planned(session, file)
        report(file, plan, as_json=as_json)
        if plan.faults:
            raise SystemExit(2)
        if not dry_run and not plan.empty:
            do(session, plan, file, by=administrator(session, email))


@contextmanager
def speaking() -> Iterator[Session]:
    """A transaction in which letters can be written."""
    settings = settings_or_exit()
    engine = make_engine(settings.database_url)
    sessions = make_sessions(engine, keeper(Vault(settings.master_key)))
    app = create_app(settings, sessions)
    try:
        with app.test_request_context(base_url=settings.base_url, query_string="lang=en"), sessions.begin() as session:
            yield session
    finally:
        engine.dispose()


def planned(session: Session, file: Path) -> Plan:
    """What the file would do; exit 2 when it cannot be read at all."""
    try:
        return taking_in.planned_of(session, file.name, file.read_bytes())
    except BadInput as bad:
        raise click.UsageError(f"{file}: {sentence(bad)}") from bad


def administrator(session: Session, email: str | None) -> PersonId:
    """Who does it. Exit 2 for anybody who is not an administrator."""
    person = people.by_email(session, email) if email else None
    now = wall_clock()
    held = roles.roles_of(session, person.id, now.astimezone(HELSINKI).date(), at=now) if person else []
    if person is None or not any(grant.role == Role.ADMINISTRATOR for grant in held):
        raise click.UsageError("--by: the e-mail address of an administrator")
    return person.id


def do(session: Session, plan: Plan, file: Path, *, by: PersonId) -> None:
    now = wall_clock()
    done = taking_in.apply(session, plan, of=file.name, by=by, now=now, today=now.astimezone(HELSINKI).date())
    register_letters.released(session, done.released, now)


def report(file: Path, plan: Plan, *, as_json: bool) -> None:
    """What would change and what is wrong: for people on two streams, or as one JSON object."""
    if as_json:
        click.echo(json.dumps(as_facts(file, plan), indent=1, ensure_ascii=False, default=str))
        return
    for change in plan.changes:
        if change.kind != ChangeKind.SAME:
            click.echo(told(change))
    counts = ", ".join(f"{plan.count(kind)} {kind.value}" for kind in ChangeKind)
    click.echo(f"{file}: {counts}, {len(plan.faults)} with faults")
    if plan.unknown:
        click.echo(f"{file}: columns left out: {', '.join(plan.unknown)}")
    for fault in plan.faults:
        click.echo(f"{file}: row {fault.row}: {fault.column}: {_said(fault)}", err=True)


def told(change: Change) -> str:
    pairs = ", ".join(f"{name} {before!r} → {after!r}" for name, (before, after) in change.fields.items())
    return f"row {change.row}: {change.kind.value}: {change.name}" + (f": {pairs}" if change.ref else "")


def _said(fault: RowFault) -> str:
    found = f" ({fault.found})" if fault.found else ""
    return words_of_register.fault_text(fault) + found


def as_facts(file: Path, plan: Plan) -> dict[str, Any]:
    return {
        "file": str(file),
        "counts": {kind.value: plan.count(kind) for kind in ChangeKind},
        "changes": [
            {"row": one.row, "kind": one.kind.value, "name": one.name, "ref": one.ref, "fields": dict(one.fields)}
            for one in plan.changes
            if one.kind != ChangeKind.SAME
        ],
        "faults": [
            {"row": one.row, "column": one.column, "problem": one.problem, "found": one.found, "message": _said(one)}
            for one in plan.faults
        ],
        "unknown_columns": list(plan.unknown),
    }
