"""The register for programs: entries, how each is proved, and the groups of one."""

from __future__ import annotations

from typing import Any

from marshmallow import Schema, fields, validate
from sqlalchemy.orm import Session

from booking import organisations
from booking.ids import OrganisationId
from booking.models import Organisation, OrganisationKind
from booking.register import groups, proofs
from booking.register.commitments import commitments
from booking.register.merging import survivor
from booking.register.proofs import ProofState
from web import auth
from web.api.problems import SEEING, blueprint, problems
from web.api.shapes import Line, WhoOut
from web.auth import SIGNED_IN, requires
from web.clock import today
from web.db import reading
from web.views.organisations import seen, sees_people

bp = blueprint("organisations", "The register of organisations")
KINDS = [kind.value for kind in OrganisationKind if kind != OrganisationKind.PERSON]


class SeekIn(Schema):
    """A part of a name, or a whole number; a kind."""

    q = Line(longest=100, load_default="")
    kind = fields.String(validate=validate.OneOf(KINDS), load_default=None)


class OrganisationOut(Schema):
    """An entry of the register, as everybody signed in may know it."""

    ref = fields.String(required=True)
    name = fields.String(required=True)
    kind = fields.String(required=True)
    registration_number = fields.String(allow_none=True)
    business_id = fields.String(allow_none=True)
    domicile = fields.String(required=True)
    purposes = fields.List(fields.String(), required=True)
    registered_on = fields.Date(allow_none=True)
    dissolved_on = fields.Date(allow_none=True)


class GroupOut(WhoOut):
    """A group of an organisation."""

    age_group = fields.String(required=True)


class WholeOut(OrganisationOut):
    """An entry with what hangs on it. The last four are told to its own people and administrators only, else null."""

    umbrellas = fields.List(fields.Nested(WhoOut), required=True)
    members = fields.List(fields.Nested(WhoOut), required=True)
    proof = fields.Enum(ProofState, by_value=True, allow_none=True)
    proved_until = fields.Date(allow_none=True)
    commitments = fields.List(fields.String(), allow_none=True)
    groups = fields.List(fields.Nested(GroupOut), allow_none=True)


@bp.get("/organisations")
@requires(SIGNED_IN)
@bp.arguments(SeekIn, location="query")
@bp.response(200, OrganisationOut(many=True))
@problems(bp, SEEING)
def list_organisations(asked: dict[str, Any]) -> list[Organisation]:
    """Entries by name, 200 at most, without private persons and without those merged into others."""
    with reading() as db:
        return organisations.listed(db, seek=asked["q"], kind=asked["kind"])


@bp.get("/organisations/<ref:organisation_ref>")
@requires(SIGNED_IN)
@bp.response(200, WholeOut)
@problems(bp, SEEING)
def show(organisation_ref: str) -> dict[str, Any]:
    """One entry. The ref of an entry that was merged gives the one that holds everything now."""
    with reading() as db:
        row = survivor(db, seen(db, organisation_ref))
        return plain(row) | above(db, row.id) | inside(db, row)


def plain(row: Organisation) -> dict[str, Any]:
    return {name: getattr(row, name) for name in OrganisationOut().fields}


def above(db: Session, row: OrganisationId) -> dict[str, Any]:
    members = [one.member for one in groups.members_of(db, row, on=today())]
    return {"umbrellas": groups.umbrellas_of(db, row, on=today()), "members": members}


def inside(db: Session, row: Organisation) -> dict[str, Any]:
    if not sees_people(row) and not auth.acts_for(row.id):
        return {"proof": None, "proved_until": None, "commitments": None, "groups": None}
    standing = proofs.standing(db, row, today())
    signed = sorted(commitments(db, row.id, today()))
    found = groups.of_organisation(db, row.id, on=today())
    return {"proof": standing.state, "proved_until": standing.until, "commitments": signed, "groups": found}
