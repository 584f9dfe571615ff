"""Only in the demo: signing in as one of the invented people with one click."""

from __future__ import annotations

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from booking import people, roles, signin
from web.auth import PUBLIC, requires
from web.clock import now, today
from web.db import reading, transaction
from web.views.account import let_in

DEMO_ONLY = True
bp = Blueprint("dev", __name__)


@bp.get("/dev/sign-in")
@requires(PUBLIC)
def sign_in() -> ResponseReturnValue:
    with reading() as db:
        invented = [(person, roles.roles_of(db, person.id, today(), at=now())) for person in people.of_demo(db)]
        return render_template("dev/sign_in.html", people=invented)


@bp.post("/dev/sign-in/<person_ref>")
@requires(PUBLIC)
def sign_in_as(person_ref: str) -> ResponseReturnValue:
    with transaction() as db:
        person = people.found(people.by_ref(db, person_ref))
        people.must_be_of_demo(person)
        signin.note_in(db, person, now=now(), how="demo")
    return let_in(person)
