"""The decision letter of an applicant as PDF, for who acts for it and for who runs the round."""

from __future__ import annotations

from flask import Blueprint
from flask.typing import ResponseReturnValue

from booking.refusals import NotFound
from booking.rounds import letters
from web import round_papers
from web.auth import requires
from web.db import reading
from web.round_access import APPLICANT, READS, require_seeing
from web.views.round_decisions import pdf_answer

bp = Blueprint("decision_letters", __name__, url_prefix="/decision-letters")


@bp.get("/<decision_letter_ref>.pdf")
@requires(*APPLICANT, *READS)
def pdf(decision_letter_ref: str) -> ResponseReturnValue:
    """From the facts frozen when it was written: the same file every time."""
    with reading() as db:
        row = letters.letter_of(db, decision_letter_ref)
        require_seeing(row.application, row.decision.round)
        if row.facts is None or row.sent_at is None:
            raise NotFound(what="letter")
        content = round_papers.letter_pdf(row.facts, at=row.sent_at)
    return pdf_answer(content, f"paatos-{decision_letter_ref}.pdf")
