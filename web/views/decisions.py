"""The decision on a booking as a letter (PDF), for who asked and for who decides."""

from __future__ import annotations

from flask import Blueprint, Response
from flask.typing import ResponseReturnValue

from booking import bookings
from booking.refusals import NotFound
from web import paper
from web.auth import SIGNED_IN, requires
from web.booking_access import sees
from web.clock import now
from web.db import reading

bp = Blueprint("decisions", __name__, url_prefix="/bookings")


@bp.get("/<booking_ref>/decision.pdf")
@requires(SIGNED_IN)
def letter(booking_ref: str) -> ResponseReturnValue:
    with reading() as db:
        booking = bookings.booking_of(db, booking_ref)
        rows = [row for row in booking.occurrences if paper.decided(row)]
        if not rows or not sees(booking):
            raise NotFound(what="booking")
        content = paper.decision_pdf(booking, rows, at=now())
    name = f"paatos-{booking.ref}.pdf"
    return Response(content, mimetype="application/pdf", headers={"Content-Disposition": f'inline; filename="{name}"'})
