"""The debt procedure as staff sees it: who is in it, each step with its day, and what was done."""

from __future__ import annotations

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from booking.life import debts
from web.auth import requires
from web.clock import today
from web.db import reading
from web.follows import follows
from web.workplaces import KEEPERS, ids, workplaces

bp = Blueprint("debts", __name__, url_prefix="/debts")


@bp.get("")
@requires(*KEEPERS)
def listing() -> ResponseReturnValue:
    with reading() as db:
        cases = debts.cases(db, ids(workplaces(db, *KEEPERS)))
        shown = [(case, debts.steps(case), follows(case.answer)) for case in cases]
        return render_template("debts/list.html", cases=shown, today=today())
