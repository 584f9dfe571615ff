"""What use cost and what was charged: support by organisation, premises, class and year, and figures for well-being."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from flask import Blueprint, Response, abort, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from booking import organisations, premises, sheets
from booking.acts import Act, ActKind, tell
from booking.core.span import Span
from booking.ids import PremisesId
from booking.models import Organisation, Premises
from booking.reports import money_grants
from booking.reports.models import MoneyGrant, MoneyGrantKind
from booking.reports.money_grants import Given
from booking.reports.uses import Use, Wanted, uses
from booking.roles import Role
from web import auth, forms, support_tables, wellbeing
from web.auth import requires
from web.clock import HELSINKI, now, today
from web.db import reading, transaction
from web.support_tables import GROUPINGS, year_span
from web.workplaces import chosen, ids, workplaces

bp = Blueprint("reports", __name__, url_prefix="/reports")
READERS = (Role.MANAGER, Role.OPERATOR, Role.AUDITOR, Role.ADMINISTRATOR)
ITS_OWN = (Role.SECRETARY, Role.BOOKER)  # who may see what their organisation was given
FILES = ("csv", "xlsx")


@dataclass(frozen=True, slots=True)
class Asked:
    """A calendar year (None: this one), what to group by, and a premises' ref."""

    year: int | None
    by: str
    p: str

    @property
    def calendar_year(self) -> int:
        return self.year or today().year


class AskedForm(forms.FormSchema):
    makes = Asked
    year = forms.WholeUpTo(load_default=None, least=1990, most=2100)
    by = forms.Choice(GROUPINGS, load_default="organisation")
    p = forms.Text(load_default="")


def asked_for() -> Asked:
    """What the address asks; what makes no sense there is the usual."""
    form = forms.filled(AskedForm(), request.args)
    return form.wish if form.ok else Asked(None, "organisation", "")


def places_of(db: Session) -> list[Premises]:
    """The premises whose figures this person may see: an auditor and an administrator all of them."""
    if opens():
        return premises.all_premises(db)
    return workplaces(db, *READERS)


def wanted(year: int, shown: Sequence[PremisesId]) -> Wanted:
    return Wanted(year_span(year), shown)


@bp.get("")
@requires(*READERS)
def support() -> ResponseReturnValue:
    """Support of one year in groups."""
    asked = asked_for()
    with reading() as db:
        places = places_of(db)
        found = list(uses(db, wanted(asked.calendar_year, ids(chosen(places, asked.p))), now()))
        rows = support_tables.rows(found, asked.by, _grants(db, found, asked))
        whole = support_tables.all_of(rows)
        return render_template(
            "reports/support.html",
            asked=asked,
            places=places,
            rows=rows,
            whole=whole,
            groupings=GROUPINGS,
            opens=opens(),
        )


def opens() -> bool:
    """Whether this person may open the statement of any organisation."""
    return bool(auth.held() & {Role.AUDITOR, Role.ADMINISTRATOR})


def _grants(db: Session, found: list[Use], asked: Asked) -> dict[str, int]:
    if asked.by != "organisation":
        return {}
    refs = {use.organisation: use.organisation_ref for use in found}
    given_in = money_grants.by_organisation(db, [asked.calendar_year])
    return {refs[who]: cents for who, cents in given_in.items() if who in refs}


@bp.get("/support.<kind>")
@requires(*READERS)
def support_file(kind: str) -> ResponseReturnValue:
    """The same as a table file; taking it out is noted."""
    asked = asked_for()
    with transaction() as db:
        found = list(uses(db, wanted(asked.calendar_year, ids(chosen(places_of(db), asked.p))), now()))
        rows = support_tables.rows(found, asked.by, _grants(db, found, asked))
        tell(
            db,
            Act(
                ActKind.REPORT_EXPORTED,
                now(),
                g.person.id,
                f"support-{asked.calendar_year}",
                {"by": asked.by, "kind": kind},
            ),
        )
    cells = [support_tables.cells(row) for row in rows]
    name = f"vuoro-support-{asked.calendar_year}-{asked.by}"
    return table_file(kind, name, support_tables.heads(asked.by), cells)


def note_taken_out(db: Session, what: str, kind: str) -> None:
    tell(db, Act(ActKind.REPORT_EXPORTED, now(), g.person.id, what, {"kind": kind}))


def table_file(kind: str, name: str, heads: list[str], cells: list[list[sheets.Cell]]) -> Response:
    """A table as a file to download. Aborts with 404 for a kind that is not offered."""
    if kind not in FILES:
        abort(404)
    xlsx = kind == "xlsx"
    body = sheets.as_xlsx(name, heads, cells, HELSINKI) if xlsx else sheets.as_csv(heads, cells, HELSINKI)
    answer = Response(body, content_type=sheets.XLSX_TYPE if xlsx else sheets.CSV_TYPE)
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}.{kind}"'
    return answer


@bp.get("/wellbeing")
@requires(*READERS)
def wellbeing_page() -> ResponseReturnValue:
    """Hours, people reached by age group, the value of free use, and refused hours by class and district."""
    asked = asked_for()
    with reading() as db:
        places = places_of(db)
        tables = wellbeing.tables(db, year_span(asked.calendar_year), ids(chosen(places, asked.p)), now())
        return render_template("reports/wellbeing.html", asked=asked, places=places, tables=tables)


@bp.get("/wellbeing.<kind>")
@requires(*READERS)
def wellbeing_file(kind: str) -> ResponseReturnValue:
    asked = asked_for()
    with transaction() as db:
        tables = wellbeing.tables(db, year_span(asked.calendar_year), ids(chosen(places_of(db), asked.p)), now())
        note_taken_out(db, f"wellbeing-{asked.calendar_year}", kind)
    return table_file(kind, f"vuoro-wellbeing-{asked.calendar_year}", wellbeing.heads(), wellbeing.cells(tables))


# --- the statement of one organisation ---


def given(kind: str, euros: int, year: int, decision: str, decided_on: date) -> Given:
    return Given(MoneyGrantKind(kind), year, euros, decision, decided_on)


class GrantForm(forms.FormSchema):
    makes = given
    kind = forms.Choice(MoneyGrantKind, required=True)
    year = forms.WholeUpTo(required=True, least=1990, most=2200)
    euros = forms.Euros(required=True)
    decision = forms.Text(required=True)
    decided_on = forms.Day(required=True)


def statement_of(db: Session, ref: str) -> Organisation:
    """The organisation, when this person may see its statement. Raises NotFound, NotAllowed."""
    row = organisations.by_ref(db, ref)
    if Role.AUDITOR not in auth.held():
        auth.require_for(row.id, *ITS_OWN)
    return row


@bp.get("/organisations/<organisation_ref>")
@requires(*ITS_OWN, Role.AUDITOR)
def statement(organisation_ref: str) -> ResponseReturnValue:
    return statement_page(organisation_ref, forms.blank(year=str(today().year)))


def statement_page(organisation_ref: str, form: forms.Form[Given]) -> str:
    with reading() as db:
        row = statement_of(db, organisation_ref)
        found = list(uses(db, Wanted(last_years(5), None, row.id), now()))
        grants = money_grants.of(db, row.id)
        this_year = [use for use in found if use.year == today().year]
        return render_template(
            "reports/statement.html",
            row=row,
            form=form,
            years=support_tables.rows(found, "year", by_year(grants)),
            places=support_tables.rows(this_year, "premises"),
            grants=grants,
            gives=Role.ADMINISTRATOR in auth.held(),
        )


def last_years(count: int) -> Span:
    """This calendar year and those before it, so many in all."""
    return Span(year_span(today().year - count + 1).starts_at, year_span(today().year).ends_at)


def by_year(grants: Sequence[MoneyGrant]) -> dict[str, int]:
    sums: dict[str, int] = {}
    for one in grants:
        sums[str(one.year)] = sums.get(str(one.year), 0) + one.cents
    return sums


@bp.post("/organisations/<organisation_ref>/grants")
@requires(Role.ADMINISTRATOR)
def enter_grant(organisation_ref: str) -> ResponseReturnValue:
    form = forms.filled(GrantForm())
    if form.ok:
        with form.catching(), transaction() as db:
            money_grants.enter(db, organisations.by_ref(db, organisation_ref), form.wish, by=g.person.id, now=now())
    if not form.ok:
        return statement_page(organisation_ref, form), 422
    flash(_("The grant has been entered."), "success")
    return redirect(url_for("reports.statement", organisation_ref=organisation_ref))


@bp.post("/organisations/<organisation_ref>/grants/<money_grant_ref>/withdraw")
@requires(Role.ADMINISTRATOR)
def withdraw_grant(organisation_ref: str, money_grant_ref: str) -> ResponseReturnValue:
    with transaction() as db:
        row = organisations.by_ref(db, organisation_ref)
        money_grants.withdraw(db, row, money_grant_ref, by=g.person.id, now=now())
    flash(_("The grant has been withdrawn."), "success")
    return redirect(url_for("reports.statement", organisation_ref=organisation_ref))
