"""Whether a change of the rules concerns an organisation that somebody acts for: then they may not decide about it.

An organisation is concerned when what was booked for it in the year before would get another class, price or answer
by the draft. Everybody's own register entry as a private person does not count: rules concern everybody.
"""

from __future__ import annotations

from datetime import date, timedelta

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from booking.core.rulebook import Rulebook
from booking.core.whatif import Tallies
from booking.ids import OrganisationId, PersonId
from booking.models import Organisation, RoleGrant
from booking.rulemaking.simulate import Run, in_force_then, scope_of
from booking.versions.known import books

YEAR = timedelta(days=365)


def acted_for(session: Session, person: PersonId, on: date) -> list[Organisation]:
    """The organisations somebody holds a role in that day, without their own entry as a private person."""
    query = (
        select(Organisation)
        .join(RoleGrant, RoleGrant.organisation_id == Organisation.id)
        .where(RoleGrant.person_id == person, RoleGrant.first_on <= on)
        .where(or_(RoleGrant.last_on.is_(None), RoleGrant.last_on >= on))
        .where(or_(Organisation.person_id.is_(None), Organisation.person_id != person))
        .order_by(Organisation.name)
    )
    return list(session.scalars(query).unique())


def concerned(session: Session, draft: Rulebook, person: PersonId, on: date) -> list[Organisation]:
    """Those of the person's organisations for which the draft would change what their past year's bookings got."""
    found = acted_for(session, person, on)
    if not found:
        return []
    changed = changed_organisations(session, draft, tuple(one.id for one in found), on)
    return [one for one in found if one.ref in changed]


def changed_organisations(
    session: Session, draft: Rulebook, organisations: tuple[OrganisationId, ...], on: date
) -> frozenset[str]:
    scope = scope_of(session, draft.family, on - YEAR, on + YEAR)
    limited = type(scope)(scope.first_on, scope.last_on, scope.premises, organisations)
    run = Run(session, draft, in_force_then(books(session)), limited)
    for _counted in run.whole():
        pass
    return touched(run.tallies)


def touched(tallies: Tallies) -> frozenset[str]:
    """The organisations for which something changes, the sum to pay included."""
    return frozenset(
        move.organisation for move, tally in tallies.items() if move.changes or tally["dearer"] or tally["cheaper"]
    )
