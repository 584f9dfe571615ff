"""The yearly report of an organisation: written and sent by its secretary, opened again or accepted by the staff."""

from __future__ import annotations

import re
from typing import Any

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from booking.models import Organisation
from booking.premises import home_municipality
from booking.refusals import BadInput
from booking.register import reports
from booking.register.decided import age_groups
from booking.register.models import ActivityReport
from booking.register.reports import Told
from booking.roles import Role
from booking.rulebooks import words as rule_words
from web import auth, forms, register_letters
from web.auth import requires
from web.clock import now, today
from web.db import reading, transaction
from web.views.organisations import seen

bp = Blueprint("activity_reports", __name__, url_prefix="/organisations/<organisation_ref>/reports")
HOME = re.compile(r"^(?P<town>.+?)[:\s]+(?P<count>\d{1,7})$")
AGE = "age_"


class ReportForm(forms.FormSchema):
    """The ages' fields are added below; homes are lines of a municipality and a number."""

    homes = forms.Lines(load_default="", longest=2000)
    activity = forms.Lines(load_default="", longest=4000)
    grants = forms.Choices(rule_words()["board"], load_default=())


def schema() -> ReportForm:
    made = ReportForm()
    ages: dict[str, Any] = {f"{AGE}{one.id}": forms.Whole(load_default=None) for one in age_groups()}
    made.declared_fields |= ages
    made._init_fields()  # noqa: SLF001 - marshmallow has no other way to add fields to one schema
    return made


class ReopenForm(forms.FormSchema):
    why = forms.Lines(load_default="", longest=500)


def told(wish: dict[str, Any]) -> Told:
    """The report as sent. Raises BadInput for a line of homes that is not a town and a number."""
    members = {one.id: wish[f"{AGE}{one.id}"] for one in age_groups() if wish.get(f"{AGE}{one.id}") is not None}
    return Told(members, homes(wish["homes"]), wish["activity"], wish["grants"])


def homes(lines: str) -> dict[str, int]:
    found: dict[str, int] = {}
    for line in filter(None, map(str.strip, lines.splitlines())):
        match = HOME.match(line)
        if match is None:
            raise BadInput(field="homes", problem="home_line", found=line[:60])
        town = match["town"].strip(" :,")
        found[town] = found.get(town, 0) + int(match["count"])
    return found


def own(db: Session, ref: str) -> Organisation:
    """The entry, for those who run it. Raises NotFound, NotAllowed."""
    row = seen(db, ref)
    auth.require_for(row.id, Role.SECRETARY)
    return row


def report_of(db: Session, ref: str, year: int) -> ActivityReport:
    return reports.found(reports.of_year(db, own(db, ref).id, year))


@bp.get("")
@requires(Role.SECRETARY)
def listed(organisation_ref: str) -> ResponseReturnValue:
    with reading() as db:
        row = own(db, organisation_ref)
        found = reports.of_organisation(db, row.id)
    years = [today().year, today().year - 1]
    return render_template("activity_reports/list.html", row=row, reports=found, years=years)


@bp.get("/<int:year>")
@requires(Role.SECRETARY)
def show(organisation_ref: str, year: int) -> ResponseReturnValue:
    return page(organisation_ref, year, None)


def page(ref: str, year: int, form: forms.Form[Any] | None) -> ResponseReturnValue:
    with reading() as db:
        row = own(db, ref)
        report = reports.of_year(db, row.id, year)
        counts = reports.heads(report, home_municipality(db)) if report else None
    form = form or as_form(report)
    values = {"report": report, "heads": counts, "ages": age_groups(), "year": year}
    return render_template("activity_reports/show.html", row=row, form=form, **values), 422 if form.errors else 200


def as_form(report: ActivityReport | None) -> forms.Form[Any]:
    if report is None:
        return forms.blank()
    lines = "\n".join(f"{town}: {count}" for town, count in report.homes.items())
    ages = {f"{AGE}{name}": count for name, count in report.members.items()}
    return forms.blank(homes=lines, activity=report.activity, grants=report.grants, **ages)


@bp.post("/<int:year>")
@requires(Role.SECRETARY)
def write(organisation_ref: str, year: int) -> ResponseReturnValue:
    """Keep the draft; with the other button also send it."""
    form = forms.filled(schema())
    with reading() as db:
        own(db, organisation_ref)
    if form.ok:
        with form.catching(), transaction() as db:
            written(db, own(db, organisation_ref), year, form.wish)
            return redirect(url_for("activity_reports.show", organisation_ref=organisation_ref, year=year))
    return page(organisation_ref, year, form)


def written(db: Session, row: Organisation, year: int, wish: dict[str, Any]) -> None:
    report = reports.write(db, row, year, told(wish), by=g.person.id, now=now(), today=today())
    if "send" in request.form:
        reports.send(db, report, municipality=home_municipality(db), by=g.person.id, now=now())
        flash(_("The report has been sent."), "success")
    else:
        flash(_("The draft has been kept."), "success")


@bp.post("/<int:year>/reopen")
@requires(Role.ADMINISTRATOR)
def reopen(organisation_ref: str, year: int) -> ResponseReturnValue:
    form = forms.filled(ReopenForm())
    with transaction() as db:
        report = report_of(db, organisation_ref, year)
        reports.reopen(db, report, why=form.wish["why"] if form.ok else "", by=g.person.id, now=now())
        register_letters.reopened(db, report, on=today(), now=now())
    flash(_("The report can be corrected, and a letter tells why."), "success")
    return redirect(url_for("activity_reports.show", organisation_ref=organisation_ref, year=year))


@bp.post("/<int:year>/accept")
@requires(Role.ADMINISTRATOR)
def accept(organisation_ref: str, year: int) -> ResponseReturnValue:
    with transaction() as db:
        reports.accept(db, report_of(db, organisation_ref, year), by=g.person.id, now=now())
    flash(_("The grants told are now facts for the rules."), "success")
    return redirect(url_for("activity_reports.show", organisation_ref=organisation_ref, year=year))
