"""Documents of proof: what an organisation has sent, and the staff that checks them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

from flask import Blueprint, Response, flash, g, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from booking.models import Organisation
from booking.refusals import NotFound
from booking.register import proofs
from booking.register.decided import most_bytes, proof_kinds
from booking.register.models import Proof
from booking.register.proofs import ProofWish
from booking.roles import Role
from web import auth, forms
from web.auth import requires
from web.clock import now, today
from web.db import reading, transaction
from web.files_taken import keep_proof, proof_content, takes_files
from web.i18n import language
from web.views.organisations import seen

bp = Blueprint("proofs", __name__, url_prefix="/organisations/<organisation_ref>/proofs")


class ProofForm(forms.FormSchema):
    makes: ClassVar[Callable[..., Any]] = ProofWish
    kind = forms.Choice(proof_kinds, required=True)
    reference = forms.Text(load_default="", longest=200)
    received_on = forms.Day(required=True)
    valid_until = forms.Day(load_default=None)


class CheckForm(forms.FormSchema):
    valid_until = forms.Day(load_default=None)


class RefuseForm(forms.FormSchema):
    why = forms.Lines(load_default="", longest=500)


def own(db: Session, ref: str) -> Organisation:
    """The entry, for those who run it. Raises NotFound, NotAllowed."""
    row = seen(db, ref)
    auth.require_for(row.id, Role.SECRETARY)
    return row


def proof_of(db: Session, row: Organisation, ref: str) -> Proof:
    """A document of this entry. Raises NotFound."""
    proof = proofs.by_ref(db, ref)
    if proof.organisation_id != row.id:
        raise NotFound(what="proof")
    return proof


@bp.get("")
@requires(Role.SECRETARY)
def show(organisation_ref: str) -> ResponseReturnValue:
    return page(organisation_ref, forms.blank(received_on=today().isoformat()))


def page(ref: str, form: forms.Form[Any]) -> ResponseReturnValue:
    with reading() as db:
        row = own(db, ref)
        values = {"proofs": proofs.of_organisation(db, row), "standing": proofs.standing(db, row, today())}
    kinds = [(kind.id, kind.name[language()]) for kind in proof_kinds().values() if kind.fits(row.kind)]
    values |= {"kinds": kinds, "today": today(), "megabytes": most_bytes() // 1_000_000}
    return render_template("proofs/show.html", row=row, form=form, **values), 422 if form.errors else 200


@bp.post("")
@requires(Role.SECRETARY)
@takes_files(most_bytes())
def add(organisation_ref: str) -> ResponseReturnValue:
    form = forms.filled(ProofForm())
    with reading() as db:
        own(db, organisation_ref)
    if form.ok:
        with form.catching(), transaction() as db:
            file = keep_proof("file")
            proofs.add(db, own(db, organisation_ref), form.wish, by=g.person.id, now=now(), today=today(), file=file)
            flash(_("The document has been received and waits to be checked."), "success")
            return redirect(url_for("proofs.show", organisation_ref=organisation_ref))
    return page(organisation_ref, form)


@bp.post("/<proof_ref>/check")
@requires(Role.ADMINISTRATOR)
def check(organisation_ref: str, proof_ref: str) -> ResponseReturnValue:
    form = forms.filled(CheckForm())
    with transaction() as db:
        proof = proof_of(db, own(db, organisation_ref), proof_ref)
        until = form.wish["valid_until"] if form.ok else proof.valid_until
        proofs.check(db, proof, by=g.person.id, now=now(), valid_until=until)
    flash(_("The document has been checked."), "success")
    return redirect(url_for("proofs.show", organisation_ref=organisation_ref))


@bp.post("/<proof_ref>/refuse")
@requires(Role.ADMINISTRATOR)
def refuse(organisation_ref: str, proof_ref: str) -> ResponseReturnValue:
    form = forms.filled(RefuseForm())
    with transaction() as db:
        proof = proof_of(db, own(db, organisation_ref), proof_ref)
        proofs.refuse(db, proof, by=g.person.id, now=now(), why=form.wish["why"] if form.ok else "")
    flash(_("The document counts no more."), "success")
    return redirect(url_for("proofs.show", organisation_ref=organisation_ref))


@bp.get("/<proof_ref>/file")
@requires(Role.SECRETARY)
def file(organisation_ref: str, proof_ref: str) -> ResponseReturnValue:
    with reading() as db:
        proof = proof_of(db, own(db, organisation_ref), proof_ref)
    answer = Response(proof_content(proof.file_key), mimetype=proof.file_type)
    answer.headers.set("Content-Disposition", "attachment", filename=proof.file_name)
    return answer
