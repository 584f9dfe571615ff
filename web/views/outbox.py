"""Only in the demo: the letters the system has written, to be read here instead of in a mail box."""

from __future__ import annotations

from flask import Blueprint, Response, render_template
from flask.typing import ResponseReturnValue

from booking import mail
from web.auth import PUBLIC, requires
from web.db import reading

DEMO_ONLY = True
bp = Blueprint("outbox", __name__)


@bp.get("/dev/mail")
@requires(PUBLIC)
def show_all() -> ResponseReturnValue:
    with reading() as db:
        return render_template("outbox/list.html", letters=mail.newest(db, most=50))


@bp.get("/dev/mail/<letter_ref>")
@requires(PUBLIC)
def show(letter_ref: str) -> ResponseReturnValue:
    with reading() as db:
        return render_template("outbox/letter.html", letter=mail.by_ref(db, letter_ref))


@bp.get("/dev/mail/<letter_ref>.ics")
@requires(PUBLIC)
def attachment(letter_ref: str) -> ResponseReturnValue:
    with reading() as db:
        return Response(mail.by_ref(db, letter_ref).attachment or "", mimetype="text/calendar")
