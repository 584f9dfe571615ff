"""Who one is, for whom one acts, and the token that every change must carry."""

from __future__ import annotations

from typing import Any

from flask import g
from flask_wtf.csrf import generate_csrf
from marshmallow import Schema, fields
from sqlalchemy.orm import Session

from booking.models import RoleGrant
from booking.premises import all_premises
from web.api.problems import blueprint, problems
from web.api.shapes import WhoOut
from web.auth import SIGNED_IN, requires, signed_in
from web.db import reading

bp = blueprint("me", "The person who is signed in")


class RoleOut(Schema):
    """A role of today, in an organisation, at a premises, or (neither) everywhere."""

    role = fields.String(required=True)
    organisation = fields.Nested(WhoOut, allow_none=True)
    premises = fields.Nested(WhoOut, allow_none=True)
    last_on = fields.Date(allow_none=True)


class MeOut(Schema):
    """The person, their roles, and the CSRF token of this session."""

    ref = fields.String(required=True)
    name = fields.String(required=True)
    language = fields.String(required=True)
    acting_for = fields.Nested(
        WhoOut, allow_none=True, metadata={"description": "for whom one books when nobody is named"}
    )
    roles = fields.List(fields.Nested(RoleOut), required=True)
    csrf_token = fields.String(required=True, metadata={"description": "send it as X-CSRFToken with every POST"})


@bp.get("/me")
@requires(SIGNED_IN)
@bp.response(200, MeOut)
@problems(bp, (401,))
def me() -> dict[str, Any]:
    """The person of this session, and the token for changes."""
    person = signed_in()
    with reading() as db:
        return {
            "ref": person.ref,
            "name": person.name,
            "language": person.language,
            "acting_for": g.acting_for,
            "roles": roles_of(db, g.grants),
            "csrf_token": generate_csrf(),
        }


def roles_of(db: Session, grants: list[RoleGrant]) -> list[dict[str, Any]]:
    places = {place.id: {"ref": place.ref, "name": place.name_fi} for place in all_premises(db)}
    return [
        {
            "role": one.role,
            "organisation": one.organisation,
            "premises": places.get(one.premises_id) if one.premises_id else None,
            "last_on": one.last_on,
        }
        for one in grants
    ]
