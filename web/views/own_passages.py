"""My passages: what doors told of the person who is signed in."""

from __future__ import annotations

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from access import own_passages
from web.auth import SIGNED_IN, requires, signed_in
from web.db import reading

bp = Blueprint("own_passages", __name__)


@bp.get("/me/passages")
@requires(SIGNED_IN)
def show() -> ResponseReturnValue:
    with reading() as db:
        return render_template("account/passages.html", rows=own_passages.of_person(db, signed_in().id))
