"""The staff’s desk of the register: what waits and runs out, who signed, what is likely the same, and its files."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import Blueprint, Response, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from booking import departing, organisations
from booking.acts import Act, ActKind, tell
from booking.bookings import booking_of
from booking.ids import PremisesId
from booking.models import Booking, Organisation, Person
from booking.people import note_listed
from booking.refusals import BadInput
from booking.register import commitments, merging, proofs, reports
from booking.register.decided import season_on
from booking.register.duplicates import likely
from booking.roles import Role
from booking.sheets import CSV_TYPE, XLSX_TYPE, Cell, as_csv, as_xlsx
from web import forms, register_letters, register_table
from web.auth import held, require_at, requires
from web.clock import HELSINKI, now, today
from web.db import reading, transaction

bp = Blueprint("register", __name__, url_prefix="/register-desk")
LOOKS = (Role.MANAGER, Role.AUDITOR)
DECIDES = (Role.MANAGER, Role.OPERATOR)


@bp.get("")
@requires(*LOOKS)
def desk() -> ResponseReturnValue:
    season, year = season_on(today()), today().year - 1
    with reading() as db:
        values = {
            "waiting": proofs.waiting(db),
            "running_out": proofs.running_out(db, today()),
            "signed": commitments.in_season(db, season),
            "reports": reports.sent_in(db, year),
            "likely": likely(db),
            "without": departing.without_holder(db, my_premises(), now(), today()),
        }
    return render_template("register/desk.html", season=season, year=year, today=today(), **values)


def my_premises() -> list[PremisesId] | None:
    """The premises I decide for; None for all of them."""
    everywhere = {Role.ADMINISTRATOR, Role.AUDITOR} & held()
    mine = [one for one in g.grants if one.role in DECIDES]
    if everywhere or any(one.premises_id is None for one in mine):
        return None
    return [one.premises_id for one in mine if one.premises_id is not None]


@bp.get("/organisations.csv")
@requires(*LOOKS)
def export_csv() -> ResponseReturnValue:
    """The register as CSV."""
    return file(as_csv(register_table.heads(), taken_out("csv"), HELSINKI), "csv", CSV_TYPE)


@bp.get("/organisations.xlsx")
@requires(*LOOKS)
def export_xlsx() -> ResponseReturnValue:
    """The register as XLSX."""
    rows = taken_out("xlsx")
    return file(as_xlsx(register_table.title(), register_table.heads(), rows, HELSINKI), "xlsx", XLSX_TYPE)


def taken_out(form: str) -> list[Sequence[Cell]]:
    """The rows; that they were taken out is noted."""
    with transaction() as db:
        rows = register_table.rows(db, today())
        tell(db, Act(ActKind.REGISTER_EXPORTED, now(), g.person.id, "register", {"rows": len(rows), "form": form}))
    return rows


def file(body: bytes, form: str, content_type: str) -> Response:
    answer = Response(body, content_type=content_type)
    answer.headers.set("Content-Disposition", "attachment", filename=f"vuoro-organisations.{form}")
    return answer


class MergeForm(forms.FormSchema):
    gone = forms.Text(required=True)
    stays = forms.Text(required=True)
    sure = forms.Tick()


@bp.get("/merge")
@requires(Role.ADMINISTRATOR)
def merge() -> ResponseReturnValue:
    """Choose two entries; with both in the address, what merging them would move."""
    given = {name: request.args[name] for name in ("gone", "stays") if request.args.get(name)}
    return merge_page(forms.blank(**given))


def merge_page(form: forms.Form[Any]) -> ResponseReturnValue:
    with reading() as db:
        choices = [(one.ref, f"{one.name} ({one.registration_number or '–'})") for one in organisations.listed(db)]
        gone, stays, found = None, None, None
        if form["gone"] and form["stays"]:
            with form.catching():
                gone, stays = pair(db, form["gone"], form["stays"])
                found = merging.preview(db, gone, stays)
    values = {"gone": gone, "stays": stays, "preview": found}
    answer = render_template("register/merge.html", form=form, choices=choices, **values)
    return answer, 422 if form.errors else 200


def pair(db: Session, gone: str, stays: str) -> tuple[Organisation, Organisation]:
    return organisations.by_ref(db, gone), organisations.by_ref(db, stays)


@bp.post("/merge")
@requires(Role.ADMINISTRATOR)
def do_merge() -> ResponseReturnValue:
    form = forms.filled(MergeForm())
    if form.ok:
        with form.catching(), transaction() as db:
            gone, stays = pair(db, form.wish["gone"], form.wish["stays"])
            merging.merge(db, gone, stays, sure=form.wish["sure"], by=g.person.id, now=now())
            flash(_("Merged. The old entry leads to the one that stays."), "success")
            return redirect(url_for("organisations.show", organisation_ref=stays.ref))
    return merge_page(form)


class HolderForm(forms.FormSchema):
    holder = forms.Text(load_default="")


@bp.get("/holders")
@requires(*DECIDES)
def holders() -> ResponseReturnValue:
    """Times to come whose holder has left: the officer names another, or cancels on the page of the booking."""
    with transaction() as db:
        found = [(one, heirs(db, one)) for one in departing.without_holder(db, my_premises(), now(), today())]
        ids = [booking.holder_id for booking, _people in found]
        note_listed(db, ids, by=g.person.id, now=now(), where="holders")
        return render_template("register/holders.html", found=found, now=now())


def heirs(db: Session, booking: Booking) -> list[tuple[str, str]]:
    """Those of the organisation who may hold the booking."""
    grants = organisations.members(db, booking.organisation, on=today(), at=now())
    return list({one.person.ref: one.person.name for one in grants if one.person.erased_at is None}.items())


@bp.post("/holders/<booking_ref>")
@requires(*DECIDES)
def give(booking_ref: str) -> ResponseReturnValue:
    form = forms.filled(HolderForm())
    with transaction() as db:
        booking = booking_of(db, booking_ref)
        for row in booking.occurrences:
            require_at(row.space.premises_id, *DECIDES)
        heir = next((one for one in members(db, booking) if form.ok and one.ref == form.wish["holder"]), None)
        if heir is None:
            raise BadInput(field="holder", problem="not_one_of")
        departing.give_to(db, booking, heir, by=g.person.id, now=now(), today=today())
        register_letters.handed_over(db, [booking], now())
    flash(_("The booking has a new holder, and a letter tells them."), "success")
    return redirect(url_for("register.holders"))


def members(db: Session, booking: Booking) -> list[Person]:
    return [grant.person for grant in organisations.members(db, booking.organisation, on=today(), at=now())]
