"""The account: signing in and out, registering, the profile, whom one acts for, and taking one's data along."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar
from urllib.parse import urlsplit

from flask import Blueprint, current_app, flash, g, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from access import own_records
from booking import mail, people, premises, roles, signin, visits
from booking.models import Person
from booking.people import Profile
from booking.refusals import LinkSpent, NotFound
from booking.signin import Asked
from web import auth, forms, i18n, words
from web.auth import PUBLIC, SIGNED_IN, requires
from web.clock import now, today
from web.db import reading, transaction
from web.limits import limiter

bp = Blueprint("account", __name__)
LONGEST_NEXT = 1500  # it waits in the session's cookie, of which browsers keep 4096 bytes


class AddressForm(forms.FormSchema):
    email = forms.Email(required=True, longest=254)


class CodeForm(AddressForm):
    code = forms.Text(required=True, longest=20)


class ProfileForm(forms.FormSchema):
    makes: ClassVar[Callable[..., Any]] = Profile
    name = forms.Text(required=True, longest=100)
    phone = forms.Text(load_default="", longest=40)
    language = forms.Choice(i18n.LANGUAGES, required=True)


class RegisterForm(ProfileForm):
    makes = dict
    email = forms.Email(required=True, longest=254)


class ActingForm(forms.FormSchema):
    organisation = forms.Choice(lambda: [one.ref for one in auth.organisations()], required=True)


def sign_in_key() -> bytes:
    key: bytes = current_app.config["SIGN_IN_KEY"]
    return key


def safe_next(target: str) -> str:
    """An address of this site to go on to; anything else becomes the front page, and so does what no cookie holds."""
    if len(target) > LONGEST_NEXT:
        return url_for("site.home")
    parts = urlsplit(target.replace("\\", "/"))
    inside = target.startswith("/") and not parts.scheme and not parts.netloc and not target.startswith("//")
    return target if inside else url_for("site.home")


def let_in(person: Person) -> ResponseReturnValue:
    """A fresh session for the person, then on to where they were going."""
    target = safe_next(session.get("next", ""))
    language = session.get("language")
    session.clear()
    with transaction() as db:
        session["visit"] = visits.begin(db, person.id, now=now())
    session["language"] = language or person.language
    return redirect(target)


@bp.get("/sign-in")
@requires(PUBLIC)
def sign_in() -> ResponseReturnValue:
    if request.args.get("next"):
        session["next"] = safe_next(request.args["next"])
    return render_template("account/sign_in.html", form=forms.blank())


@bp.post("/sign-in")
@requires(PUBLIC)
@limiter.limit("10 per 10 minutes; 300 per day")
def ask() -> ResponseReturnValue:
    """The same answer whether or not the address is known."""
    form = forms.filled(AddressForm())
    if not form.ok:
        return render_template("account/sign_in.html", form=form), 422
    with transaction() as db:
        if asked := signin.ask(db, form.wish["email"], key=sign_in_key(), now=now()):
            send_sign_in(db, asked)
    session["email"] = form.wish["email"]
    return redirect(url_for("account.code"))


def send_sign_in(db: Session, asked: Asked) -> None:
    """The letter with the link and the code, in the reader's language."""
    link = current_app.config["SETTINGS"].base_url + url_for("account.link", token=asked.token)
    with i18n.speaking(asked.person.language):
        subject = _("Your sign-in link")
        body = render_template("account/sign_in_letter.txt", person=asked.person, link=link, code=asked.code)
    mail.write(db, asked.person, subject=subject, body=body, now=now())


@bp.get("/sign-in/code")
@requires(PUBLIC)
def code() -> ResponseReturnValue:
    return render_template("account/code.html", form=forms.blank(email=session.get("email")))


@bp.post("/sign-in/code")
@requires(PUBLIC)
@limiter.limit("10 per 10 minutes; 300 per day")
def enter_code() -> ResponseReturnValue:
    form = forms.filled(CodeForm())
    if form.ok:
        digits = form.wish["code"].replace(" ", "")
        with transaction() as db:
            person = signin.by_code(db, form.wish["email"], digits, key=sign_in_key(), now=now())
        if person:
            return let_in(person)
        form.refuse(LinkSpent(field="code"))
    return render_template("account/code.html", form=form), 422


@bp.get("/sign-in/link/<token>")
@requires(PUBLIC)
def link(token: str) -> ResponseReturnValue:
    """A button: programs that look into mail follow links, but do not press buttons."""
    with reading() as db:
        if not signin.is_good(db, token, key=sign_in_key(), now=now()):
            raise LinkSpent
    return render_template("account/confirm.html")


@bp.post("/sign-in/link/<token>")
@requires(PUBLIC)
@limiter.limit("20 per 10 minutes")
def follow_link(token: str) -> ResponseReturnValue:
    with transaction() as db:
        person = signin.by_token(db, token, key=sign_in_key(), now=now())
    if person is None:
        raise LinkSpent
    return let_in(person)


@bp.get("/register")
@requires(PUBLIC)
def register() -> ResponseReturnValue:
    return render_template("account/register.html", form=forms.blank(language=i18n.language()))


@bp.post("/register")
@requires(PUBLIC)
@limiter.limit("5 per 10 minutes; 100 per day")
def sign_up() -> ResponseReturnValue:
    """A known address gets a sign-in letter instead, with the same answer on the page."""
    form = forms.filled(RegisterForm())
    if not form.ok:
        return render_template("account/register.html", form=form), 422
    given = dict(form.wish)
    email = given.pop("email")
    with transaction() as db:
        if people.by_email(db, email) is None:
            people.register(db, Profile(**given), email=email, by=None, now=now(), first_on=today())
        if asked := signin.ask(db, email, key=sign_in_key(), now=now()):
            send_sign_in(db, asked)
    session["email"] = email
    return redirect(url_for("account.code"))


@bp.post("/sign-out")
@requires(PUBLIC)
def sign_out() -> ResponseReturnValue:
    if g.person is not None:
        with transaction() as db:
            visits.end(db, session["visit"], now=now())
            signin.note_out(db, g.person, now=now())
    language = i18n.language()
    session.clear()
    session["language"] = language
    flash(_("You have signed out."), "success")
    return redirect(url_for("site.home"))


@bp.get("/me")
@requires(SIGNED_IN)
def profile() -> ResponseReturnValue:
    me = auth.signed_in()
    return profile_page(forms.blank(name=me.name, phone=me.phone, language=me.language))


def profile_page(form: forms.Form[Any]) -> str:
    with reading() as db:
        places = {place.id: place.name(i18n.language()) for place in premises.all_premises(db)}
        elsewhere = visits.others(db, auth.signed_in().id, but=session["visit"], now=now())
    return render_template("account/profile.html", form=form, grants=g.grants, places=places, elsewhere=elsewhere)


@bp.post("/me/sign-out-elsewhere")
@requires(SIGNED_IN)
def sign_out_elsewhere() -> ResponseReturnValue:
    with transaction() as db:
        me = myself(db)
        if visits.end_others(db, me.id, but=session["visit"], now=now()):
            signin.note_out(db, me, now=now())
    flash(_("You are signed out of all other browsers."), "success")
    return redirect(url_for("account.profile"))


@bp.post("/me")
@requires(SIGNED_IN)
def change_profile() -> ResponseReturnValue:
    form = forms.filled(ProfileForm())
    if not form.ok:
        return profile_page(form), 422
    with transaction() as db:
        people.change(db, myself(db), form.wish, now=now())
    session["language"] = form.wish.language
    flash(_("Your details have been saved."), "success")
    return redirect(url_for("account.profile"))


def myself(db: Session) -> Person:
    """The signed-in person, in this transaction."""
    return people.found(people.by_ref(db, auth.signed_in().ref))


@bp.get("/me/export")
@requires(SIGNED_IN)
def export() -> ResponseReturnValue:
    """Everything kept about oneself, as a JSON file."""
    with transaction() as db:
        me = myself(db)
        everything = people.everything_about(db, me, now=now()) | own_records.kept_about(db, me.id)
    return everything, 200, {"Content-Disposition": 'attachment; filename="vuoro-my-data.json"'}


@bp.get("/acting-for")
@requires(SIGNED_IN)
def choose() -> ResponseReturnValue:
    mine: dict[str, list[str]] = {one.ref: [] for one in auth.organisations()}
    for grant in g.grants:
        if grant.organisation is not None and grant.organisation.ref in mine:
            group = f" {grant.group.name}" if grant.group else ""
            mine[grant.organisation.ref].append(words.role_name(grant.role) + group)
    return render_template("account/acting_for.html", choices=auth.organisations(), mine=mine)


@bp.post("/acting-for")
@requires(SIGNED_IN)
def act_for() -> ResponseReturnValue:
    form = forms.filled(ActingForm())
    if not form.ok:
        raise NotFound(what="organisation")
    session["acting_for"] = form.wish["organisation"]
    return redirect(safe_next(request.form.get("next", "")))


@bp.post("/me/roles/<grant_ref>/decline")
@requires(SIGNED_IN)
def decline(grant_ref: str) -> ResponseReturnValue:
    """Give up a role in an organisation that one was given: it ends at once."""
    me = auth.signed_in()
    with transaction() as db:
        grant = roles.by_ref(db, grant_ref)
        if grant.person_id != me.id or grant.organisation_id is None:
            raise NotFound(what="role")
        roles.end_at(db, grant, at=now(), on=today(), by=me.id, now=now(), why="declined")
    flash(_("You have given up the role."), "success")
    return redirect(url_for("account.profile"))
