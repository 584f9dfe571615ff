"""The applications of a round for who runs it: a list that is searched, and the same as a file."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, g, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from booking.acts import Act, ActKind, tell
from booking.refusals import NotAllowed, NotFound
from booking.roles import Role
from booking.rounds import finding, listing
from booking.rounds.finding import Sought
from booking.rounds.models import ApplicationState, Round
from booking.rounds.staff import sees_round
from booking.sheets import as_csv, as_xlsx
from web import application_access as access
from web import application_table, forms
from web.auth import requires, signed_in
from web.clock import HELSINKI, now
from web.db import reading, transaction
from web.views.section_files import file_answer
from web.words_of_applying import STATES

bp = Blueprint("round_applications", __name__, url_prefix="/rounds/<round_ref>")
STAFF = (Role.MANAGER, Role.OPERATOR, Role.AUDITOR)
ANY = "any"


class SeekForm(forms.FormSchema):
    q = forms.Text(load_default="", longest=100)
    state = forms.Choice((*(one.value for one in ApplicationState), ANY), load_default=ApplicationState.SENT.value)
    premises = forms.Text(load_default="", longest=40)
    organisation = forms.Text(load_default="", longest=40)
    late = forms.Tick()
    page = forms.WholeUpTo(least=1, most=100_000, load_default=1)


def sought_of(args: Any) -> Sought:
    """What the address asks for; what cannot be understood counts as not asked."""
    form = forms.filled(SeekForm(), args)
    if not form.ok:
        return Sought()
    told = dict(form.wish)
    told["state"] = "" if told["state"] == ANY else told["state"]
    return Sought(**told, priority_class=args.get("class", ""))


def asked() -> dict[str, str]:
    """The filters of the address, for links to other pages of the list."""
    return {name: value for name, value in request.args.items() if value and name not in ("page", "lang")}


def looked_at(db: Session, ref: str) -> Round:
    """The round, for its staff. Raises NotFound, NotAllowed."""
    found = listing.round_of(db, ref)
    if not sees_round(g.grants, found):
        raise NotAllowed
    return found


@bp.get("/applications")
@requires(*STAFF)
def show(round_ref: str) -> ResponseReturnValue:
    sought = sought_of(request.args)
    states = [(state.value, STATES[state]) for state in ApplicationState] + [(ANY, _("All"))]
    with reading() as db:
        round_ = looked_at(db, round_ref)
        values = {"found": finding.found(db, round_, sought), "premises": finding.premises_in(db, round_)}
        values |= {"classes": finding.classes(db, round_), "files": access.files_for(round_), "states": states}
        return render_template("round_applications/list.html", round=round_, sought=sought, asked=asked(), **values)


@bp.get("/applications.<kind>")
@requires(*STAFF)
def file(round_ref: str, kind: str) -> ResponseReturnValue:
    """Everything that is sought as a file; that it was taken is told."""
    if kind not in ("csv", "xlsx"):
        raise NotFound(what="file")
    with transaction() as db:
        round_ = looked_at(db, round_ref)
        rows = application_table.rows(finding.every(db, round_, sought_of(request.args)))
        body = {"kind": kind, "rows": len(rows)}
        tell(db, Act(ActKind.APPLICATIONS_EXPORTED, now(), signed_in().id, round_.ref, body))
        heads = application_table.heads()
    content = as_csv(heads, rows, HELSINKI) if kind == "csv" else as_xlsx(_("Applications"), heads, rows, HELSINKI)
    return file_answer(content, kind, "hakemukset")
