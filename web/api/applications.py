"""Applying for a season by program: drafts with their sections, changed, sent, by the rules of the pages."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import g, url_for
from sqlalchemy.orm import Session

from booking.refusals import BadInput, NotFound
from booking.rounds import applying, listing
from booking.rounds.models import Application
from booking.rounds.sections import SectionWish
from web import application_access as access
from web import application_letters, auth, section_page
from web.api.application_shapes import ApplicationIn, ApplicationOut, ChangesIn, shown
from web.api.problems import CHANGING, SEEING, blueprint, problems
from web.auth import SIGNED_IN, requires, signed_in
from web.clock import now
from web.db import reading, transaction

bp = blueprint("applications", "Applications for a season")
Asked = Sequence[tuple[str, SectionWish]]


@bp.get("/rounds/<ref:round_ref>/applications")
@requires(SIGNED_IN)
@bp.response(200, ApplicationOut(many=True))
@problems(bp, SEEING)
def list_applications(round_ref: str) -> list[dict[str, Any]]:
    """The applications in a round of the organisations one acts for."""
    with reading() as db:
        round_ = listing.seen_round(db, round_ref, g.grants)
        mine = [one.id for one in auth.organisations(*access.READS)]
        return [told(db, row) for row in applying.of_organisations(db, mine) if row.round_id == round_.id]


def told(db: Session, row: Application) -> dict[str, Any]:
    may = access.open_now(row)
    return shown(row, applying.lacking(db, row) if may else {}, editable=may)


@bp.post("/rounds/<ref:round_ref>/applications")
@requires(SIGNED_IN)
@bp.arguments(ApplicationIn)
@bp.response(201, ApplicationOut)
@problems(bp, CHANGING)
def begin(asked: dict[str, Any], round_ref: str) -> Any:
    """Begin the application of an organisation, or go on with the one that is there, and perhaps send it. After the
    deadline it is a late one."""
    by: dict[str, Any] = {"by": signed_in().id, "now": now()}
    with transaction() as db:
        round_ = listing.seen_round(db, round_ref, g.grants)
        whose, answers, phoned = access.applicant(db, round_, asked["organisation"])
        row = applying.start(db, round_, whose, contact=answers, on_behalf=phoned, **by)
        answer = changed(db, row, asked)
    place = url_for("api_applications.show", round_ref=round_ref, application_ref=answer["ref"])
    return answer, 201, {"Location": place}


@bp.get("/rounds/<ref:round_ref>/applications/<ref:application_ref>")
@requires(SIGNED_IN)
@bp.response(200, ApplicationOut)
@problems(bp, SEEING)
def show(round_ref: str, application_ref: str) -> dict[str, Any]:
    """An application of an organisation one acts for, or one sent to a round that one runs."""
    with reading() as db:
        return told(db, seen(db, round_ref, application_ref))


@bp.patch("/rounds/<ref:round_ref>/applications/<ref:application_ref>")
@requires(SIGNED_IN)
@bp.arguments(ChangesIn)
@bp.response(200, ApplicationOut)
@problems(bp, CHANGING)
def change(asked: dict[str, Any], round_ref: str, application_ref: str) -> dict[str, Any]:
    """Change sections, add some, remove some, and perhaps send. Somebody else's change since `revision` is never
    written over: 409 changed_meanwhile."""
    with transaction() as db:
        row = access.require_edits(seen(db, round_ref, application_ref))
        applying.claim(db, row, asked["revision"], now=now())
        return changed(db, row, asked)


def seen(db: Session, round_ref: str, ref: str) -> Application:
    """Raises NotFound also for one that is not for this person's eyes."""
    row = applying.application_of(db, ref)
    if row.round.ref != round_ref or not access.sees(row):
        raise NotFound(what="application")
    return row


def changed(db: Session, row: Application, asked: dict[str, Any]) -> dict[str, Any]:
    by: dict[str, Any] = {"by": signed_in().id, "now": now()}
    for ref in asked.get("remove", ()):
        section = applying.section_of(row, ref)
        applying.delete_section(db, row, section, revision=section.revision, **by)
    keep(db, row, asked["sections"])
    if asked["note"] is not None or asked["waits"] is not None:
        applying.change_details(db, row, details(row, asked), **by)
    if asked["send"]:
        applying.send(db, row, revision=row.revision, **by)
        application_letters.received(db, applying.application_of(db, row.ref), now())
    return told(db, applying.application_of(db, row.ref))


def details(row: Application, asked: dict[str, Any]) -> applying.Details:
    """What is not told stays as it is."""
    note, waits = asked["note"], asked["waits"]
    return applying.Details(row.contact_id, row.note if note is None else note, row.waits if waits is None else waits)


def keep(db: Session, row: Application, sections: Asked) -> None:
    """Raises BadInput with `section`, the number of the section from 0, in its facts."""
    by: dict[str, Any] = {"by": signed_in().id, "now": now()}
    for number, (ref, asked) in enumerate(sections):
        wish = section_page.named(db, row, asked)
        try:
            if ref:
                there = applying.section_of(row, ref)
                applying.save_section(db, row, there, wish, revision=there.revision, **by)
            else:
                applying.add_section(db, row, wish, **by)
        except BadInput as wrong:
            wrong.facts["section"] = number
            raise
