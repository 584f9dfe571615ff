"""A file kept while its preview is looked at, and done when somebody says so: all good rows, or nothing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from booking import organisations
from booking.acts import Act, ActKind, tell
from booking.departing import Released, dissolve
from booking.ids import PersonId
from booking.importing.layout import FileFault, read
from booking.importing.plan import Change, ChangeKind, Plan, plan
from booking.models import Organisation
from booking.refusals import BadInput, NotFound, NotNow
from booking.register.models import RegisterImport

KEPT = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Done:
    """What was done, and the times released because their organisation is dissolved, for letters."""

    new: int
    changed: int
    dissolved: int
    released: tuple[Released, ...]


def keep(session: Session, name: str, content: bytes, *, by: PersonId, now: datetime) -> RegisterImport:
    """Keep a file for its preview. Raises BadInput(file) when it cannot be read at all. Old ones are forgotten."""
    session.execute(delete(RegisterImport).where(RegisterImport.made_at < now - KEPT))
    planned = planned_of(session, name, content)
    row = RegisterImport(
        file_name=name[-200:], content=content, fingerprint=planned.fingerprint, made_by=by, made_at=now
    )
    session.add(row)
    session.flush()
    return row


def planned_of(session: Session, name: str, content: bytes) -> Plan:
    """What a file would do now. Raises BadInput(file)."""
    try:
        return plan(session, read(name, content))
    except FileFault as fault:
        raise BadInput(field="file", problem=fault.problem, found=fault.found) from fault


def kept(session: Session, ref: str) -> RegisterImport:
    """Raises NotFound."""
    row = session.scalar(select(RegisterImport).where(RegisterImport.ref == ref))
    if row is None:
        raise NotFound(what="import")
    return row


def preview(session: Session, row: RegisterImport) -> Plan:
    """What the kept file would do now; and from now on that is what may be confirmed. Raises NotNow when it is done."""
    if row.applied_at is not None:
        raise NotNow(state="applied", reason="applied")
    planned = planned_of(session, row.file_name, row.content)
    row.fingerprint = planned.fingerprint
    session.flush()
    return planned


def confirm(session: Session, row: RegisterImport, *, by: PersonId, now: datetime, today: date) -> Done:
    """Do what the preview showed. Raises NotNow when it is done already, or when the register changed since."""
    if row.applied_at is not None:
        raise NotNow(state="applied", reason="applied")
    planned = planned_of(session, row.file_name, row.content)
    if planned.fingerprint != row.fingerprint:
        raise NotNow(state="changed", reason="register_changed")
    row.applied_at, row.content = now, b""
    return apply(session, planned, of=row.file_name, by=by, now=now, today=today)


def apply(session: Session, planned: Plan, *, of: str, by: PersonId, now: datetime, today: date) -> Done:
    """Do every good row of a plan."""
    released: list[Released] = []
    for change in planned.changes:
        if change.kind != ChangeKind.SAME:
            released += _apply(session, change, by=by, now=now, today=today)
    done = Done(
        planned.count(ChangeKind.NEW),
        planned.count(ChangeKind.CHANGED),
        planned.count(ChangeKind.DISSOLVED),
        tuple(released),
    )
    body = {"file": of, "new": done.new, "changed": done.changed, "dissolved": done.dissolved}
    tell(session, Act(ActKind.REGISTER_IMPORTED, now, by, "register", body | {"faults": len(planned.faults)}))
    return done


def _apply(session: Session, change: Change, *, by: PersonId, now: datetime, today: date) -> list[Released]:
    row = _entry(session, change, by=by, now=now)
    if change.registered_on is not None:
        row.registered_on = change.registered_on
    session.flush()
    if "dissolved_on" in change.fields and change.dissolved_on is not None:
        return dissolve(session, row, on=change.dissolved_on, by=by, now=now, today=today)
    return []


def _entry(session: Session, change: Change, *, by: PersonId, now: datetime) -> Organisation:
    if change.ref is None:
        return organisations.enter(session, change.entry, by=by, now=now)
    row = organisations.by_ref(session, change.ref)
    organisations.change(session, row, change.entry, by=by, now=now)
    return row
