"""Who may open which page: every route says it with `requires`, and an app with a silent route does not start."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from enum import StrEnum
from typing import Any, TypeVar

from flask import Flask, current_app, g, redirect, request, session, url_for
from flask.typing import ResponseReturnValue

from booking import roles, visits
from booking.ids import GroupId, OrganisationId, PremisesId
from booking.models import Organisation, OrganisationKind, Person
from booking.refusals import NotAllowed
from booking.roles import Role
from web.clock import now, today
from web.db import reading

View = TypeVar("View", bound=Callable[..., Any])


class Access(StrEnum):
    """Doors that need no role."""

    PUBLIC = "public"
    SIGNED_IN = "signed_in"


Allowed = frozenset[Access | Role]
PUBLIC, SIGNED_IN = Access.PUBLIC, Access.SIGNED_IN
STAFF = (Role.MANAGER, Role.CARETAKER, Role.OPERATOR, Role.BILLING, Role.AUDITOR, Role.ADMINISTRATOR)
EVERYWHERE = frozenset({Role.ADMINISTRATOR})
DECLARED = "vuoro_declared"


class SignInNeeded(NotAllowed):
    """Nobody is signed in, and this page is for somebody."""

    code = "sign_in_needed"
    status = 401


class UndeclaredRoute(RuntimeError):
    """A route does not say who may use it."""


def requires(*anyone: Access | Role) -> Callable[[View], View]:
    """Declare who may use a view: PUBLIC, SIGNED_IN, or any of the roles. Where in the town the role must hold is for
    the view to ask, through `require_at` and `require_for`. The administrator passes wherever a role is asked for."""

    def declare(view: View) -> View:
        view.access = frozenset(anyone)  # type: ignore[attr-defined]
        return view

    return declare


def declare(app: Flask, endpoint: str, *anyone: Access | Role) -> None:
    """Declare for a route whose view is not ours, as the static files and the API's own pages."""
    app.extensions.setdefault(DECLARED, {})[endpoint] = frozenset(anyone)


def access_of(app: Flask, endpoint: str) -> Allowed | None:
    """Who may use the endpoint; None when it does not say."""
    declared: dict[str, Allowed] = app.extensions.get(DECLARED, {})
    found: Allowed | None = declared.get(endpoint) or getattr(app.view_functions[endpoint], "access", None)
    return found


def check_declarations(app: Flask) -> None:
    """Raises UndeclaredRoute naming every route that does not say who may use it."""
    silent = sorted({rule.rule for rule in app.url_map.iter_rules() if not access_of(app, rule.endpoint)})
    if silent:
        raise UndeclaredRoute(", ".join(silent))


def lets_in(allowed: Allowed, person: Person | None, held: Iterable[Role]) -> bool:
    """Whether a person with these roles somewhere may use a route declared so."""
    if Access.PUBLIC in allowed:
        return True
    if person is None:
        return False
    return Access.SIGNED_IN in allowed or not allowed.isdisjoint(held) or Role.ADMINISTRATOR in held


def recognise() -> None:
    """Before each request: who this is (g.person, g.grants), and for whom they act (g.acting_for)."""
    g.person, g.grants, g.acting_for = None, [], None
    if request.endpoint == "static" or "visit" not in session:
        return
    with reading() as looking:
        g.person = visits.person_of(looking, session["visit"], now=now())
        if g.person is not None:
            g.grants = roles.roles_of(looking, g.person.id, today(), at=now())
            looking.expunge_all()
    g.acting_for = _acting_for(organisations())


def _acting_for(choices: list[Organisation]) -> Organisation | None:
    """The chosen one; else the first group, for few sign in to book for themselves."""
    chosen = [one for one in choices if one.ref == session.get("acting_for")]
    groups = [one for one in choices if one.kind != OrganisationKind.PERSON]
    return next(iter(chosen or groups or choices), None)


def guard() -> ResponseReturnValue | None:
    """Before each request: lets in, sends to sign-in, or raises NotAllowed."""
    if request.endpoint is None:
        return None
    allowed = access_of(current_app, request.endpoint)
    if allowed and lets_in(allowed, g.person, held()):
        return None
    if g.person is None:
        return ask_to_sign_in()
    raise NotAllowed


def ask_to_sign_in() -> ResponseReturnValue:
    """People looking at a page are sent to sign in and come back after; programs get a 401."""
    if request.method not in {"GET", "HEAD"} or request.path.startswith("/api/"):
        raise SignInNeeded
    target = url_for("account.sign_in", next=request.full_path.rstrip("?"))
    if request.headers.get("HX-Request"):
        return "", 401, {"HX-Redirect": target}
    return redirect(target)


def held() -> set[Role]:
    """The roles this person holds today, anywhere."""
    return {Role(grant.role) for grant in g.grants}


def organisations(*as_any: Role) -> list[Organisation]:
    """Those this person acts for today in one of these roles (none given: in any), each once, in the order granted."""
    wanted = as_any or tuple(roles.OF_ORGANISATION)
    found = [grant.organisation for grant in g.grants if grant.organisation and grant.role in wanted]
    return list({one.id: one for one in found}.values())


def works_at(premises: PremisesId, *as_any: Role) -> bool:
    """Whether this person holds one of these roles at the premises. The administrator does everywhere."""
    return roles.works_at(g.grants, premises, as_any=frozenset(as_any) | EVERYWHERE)


def sees_duress(premises: PremisesId | None) -> bool:
    """Whether this person may see that somebody was forced to open a door: who runs the premises, and auditors."""
    runs = premises is not None and works_at(premises, Role.MANAGER, Role.OPERATOR)
    return runs or (g.person is not None and Role.AUDITOR in held())


def acts_for(organisation: OrganisationId, *as_any: Role, group: GroupId | None = None) -> bool:
    """Whether this person holds one of these roles in the organisation, or in this group of it. The administrator does
    in all."""
    mine = roles.acts_for(g.grants, organisation, as_any=frozenset(as_any), group=group)
    return mine or Role.ADMINISTRATOR in held()


def require_at(premises: PremisesId, *as_any: Role) -> None:
    """Raises NotAllowed unless `works_at`."""
    if not works_at(premises, *as_any):
        raise NotAllowed


def require_for(organisation: OrganisationId, *as_any: Role) -> None:
    """Raises NotAllowed unless `acts_for`."""
    if not acts_for(organisation, *as_any):
        raise NotAllowed


def signed_in() -> Person:
    """The person of this request, in a view that PUBLIC may not use. Raises SignInNeeded when there is none."""
    if g.person is None:
        raise SignInNeeded
    person: Person = g.person
    return person
