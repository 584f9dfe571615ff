"""Drafts of rulebooks: copied from a version or read from a file, changed row by row, thrown away."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from booking.acts import Act, ActKind, tell
from booking.db import constraint
from booking.ids import PersonId
from booking.refusals import AlreadyThere, BadInput, NotFound, NotNow
from booking.rulebook_merge import Document
from booking.rulebook_row_schemas import ROW_ID
from booking.rulebooks import RulebookError
from booking.versions.known import documents
from booking.versions.models import OPEN, RulebookStep, RulebookVersion, StepKind, VersionState
from booking.versions.written import (
    Checked,
    check,
    dated,
    digest_of,
    document_from,
    parsed,
    shipped_documents,
    text_of,
)


def version_of(session: Session, ref: str) -> RulebookVersion:
    """The version kept in the database. Raises NotFound."""
    found = session.scalar(select(RulebookVersion).where(RulebookVersion.ref == ref))
    if found is None:
        raise NotFound(what="rulebook")
    return found


def kept_versions(session: Session) -> list[RulebookVersion]:
    """Every version ever made here, open ones first, then the newest."""
    rows = session.scalars(select(RulebookVersion).order_by(RulebookVersion.id.desc()))
    return sorted(rows, key=lambda row: row.state not in OPEN)


def document_of(row: RulebookVersion) -> Document:
    return parsed(row.text)


def checked(row: RulebookVersion) -> Checked:
    """The version compiled, or what is wrong with it."""
    return check(document_of(row))


def copy(
    session: Session, based_on: str, *, version: str, valid_from: date, by: PersonId, now: datetime
) -> RulebookVersion:
    """A draft that begins as the version `based_on` (family-version), each of its rows keeping since when it holds.

    Raises NotFound, BadInput, AlreadyThere."""
    known = documents(session)
    if based_on not in known:
        raise NotFound(what="rulebook")
    document = dated(known[based_on]) | {"version": version, "valid_from": valid_from}
    document.pop("valid_to", None)
    return keep(session, document, based_on=based_on, by=by, now=now)


def read_in(session: Session, text: str, *, by: PersonId, now: datetime) -> RulebookVersion:
    """A draft from the text of a file. Raises BadInput with the lines of what is wrong with its head, AlreadyThere."""
    try:
        document = document_from(text, documents(session))
    except RulebookError as error:
        raise BadInput(field="file", problem="rulebook", lines="; ".join(error.lines)) from error
    return keep(session, document, based_on="", by=by, now=now)


def keep(session: Session, document: Document, *, based_on: str, by: PersonId, now: datetime) -> RulebookVersion:
    """A new draft of this document. Raises BadInput, AlreadyThere."""
    family, version, valid_from = headed(document)
    if f"{family}-{version}" in shipped_documents():
        raise AlreadyThere(what="rulebook", field="version")
    text = text_of(document)
    row = RulebookVersion(
        family=family,
        version=version,
        valid_from=valid_from,
        text=text,
        digest=digest_of(text),
        based_on=based_on,
        made_by=by,
        made_at=now,
    )
    session.add(row)
    flush(session)
    note(session, row, StepKind.MADE, by=by, now=now, said=based_on)
    return row


def headed(document: Mapping[str, Any]) -> tuple[str, str, date]:
    """Family, version and first day. Raises BadInput naming the one that is missing or no good."""
    family, version, first = document.get("family"), document.get("version"), document.get("valid_from")
    for field, value in (("family", family), ("version", version)):
        if not isinstance(value, str) or not ROW_ID.match(value):
            raise BadInput(field=field, problem="row_id")
    if not isinstance(first, date):
        raise BadInput(field="valid_from", problem="not_a_day")
    return str(family), str(version), first


def flush(session: Session) -> None:
    try:
        session.flush()
    except IntegrityError as error:
        if constraint(error) in {"rulebook_version_one", "rulebook_version.family, rulebook_version.version"}:
            raise AlreadyThere(what="rulebook", field="version") from error
        raise


def change(
    session: Session,
    row: RulebookVersion,
    document: Document,
    *,
    by: PersonId,
    now: datetime,
    revision: int | None = None,
) -> None:
    """Write a draft anew. `revision`: the one that was looked at. Raises NotNow when it is no draft any more or
    somebody else has changed it since, BadInput, AlreadyThere."""
    if row.state != VersionState.DRAFT:
        raise NotNow(state=row.state)
    if revision is not None and revision != row.revision:
        raise NotNow(state=row.state, reason="changed_since")
    text = text_of(document)
    if text == row.text:
        return
    row.family, row.version, row.valid_from = headed(document)
    if row.name in shipped_documents():
        raise AlreadyThere(what="rulebook", field="version")
    row.text, row.digest, row.revision = text, digest_of(text), row.revision + 1
    flush(session)
    note(session, row, StepKind.CHANGED, by=by, now=now)


def edit(
    session: Session,
    row: RulebookVersion,
    turn: Callable[[Document], Document],
    *,
    by: PersonId,
    now: datetime,
    revision: int | None = None,
) -> None:
    """Change a draft by a function of its document (booking.rulemaking.tables). Raises what `change` raises."""
    change(session, row, turn(document_of(row)), by=by, now=now, revision=revision)


def note(
    session: Session, row: RulebookVersion, kind: StepKind, *, by: PersonId, now: datetime, said: str = ""
) -> RulebookStep:
    """Keep a step, and tell it."""
    step = RulebookStep(version_id=row.id, kind=kind.value, at=now, by=by, note=said, digest=row.digest)
    session.add(step)
    session.flush()
    drafting = kind in (StepKind.MADE, StepKind.CHANGED)
    body = {"step": kind.value, "rulebook": row.name, "digest": row.digest, "decision": row.decision, "note": said}
    tell(session, Act(ActKind.RULEBOOK_DRAFT if drafting else ActKind.RULEBOOK_STEP, now, by, row.ref, body))
    return step


def steps(session: Session, row: RulebookVersion) -> list[RulebookStep]:
    """What happened to a version, the oldest first."""
    query = select(RulebookStep).where(RulebookStep.version_id == row.id).order_by(RulebookStep.id)
    return list(session.scalars(query))
