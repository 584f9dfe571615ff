"""Who may look at an application and who may change it; and for whom somebody may apply."""

from __future__ import annotations

from flask import g
from sqlalchemy.orm import Session

from booking import organisations
from booking.ids import PersonId
from booking.models import Organisation, OrganisationKind, Person
from booking.refusals import BadInput, NotAllowed
from booking.roles import Role, works_at
from booking.rounds.applying import application_of, editable
from booking.rounds.models import Application, ApplicationState, Round
from booking.rounds.staff import RUNS, premises_ids, sees_round
from web import auth, on_behalf
from web.clock import now, today

READS = (Role.SECRETARY, Role.BOOKER)
EDITS = (Role.SECRETARY,)
ANYBODY = (*READS, Role.MANAGER, Role.OPERATOR, Role.AUDITOR)  # somewhere in town; who for, is asked below
ANY_EDITOR = (*EDITS, Role.MANAGER, Role.OPERATOR)


def is_own(application: Application) -> bool:
    """Whether this person acts for the organisation itself."""
    return any(grant.organisation_id == application.organisation_id and grant.role in READS for grant in g.grants)


def files_for(round_: Round) -> bool:
    """Whether this person files applications for those who phone: who runs premises of the round."""
    if Role.ADMINISTRATOR in auth.held():
        return True
    return any(works_at(g.grants, house, as_any=RUNS) for house in premises_ids(round_))


def edits(application: Application) -> bool:
    """A secretary of the organisation; staff only what it filed for somebody who phoned."""
    return auth.acts_for(application.organisation_id, *EDITS) or (
        application.on_behalf and files_for(application.round)
    )


def sees(application: Application) -> bool:
    """Its own officials, who may edit it, and once it was sent the staff of the round."""
    if auth.acts_for(application.organisation_id, *READS) or edits(application):
        return True
    sent = application.state != ApplicationState.DRAFT or application.on_behalf
    return sent and sees_round(g.grants, application.round)


def seen(db: Session, ref: str) -> Application:
    """The application, if this person may see it. Raises NotFound, NotAllowed."""
    found = application_of(db, ref)
    if not sees(found):
        raise NotAllowed
    return found


def edited(db: Session, ref: str) -> Application:
    """The application, if this person may change it. Raises NotFound, NotAllowed."""
    return require_edits(application_of(db, ref))


def require_edits(application: Application) -> Application:
    """Raises NotAllowed."""
    if not edits(application):
        raise NotAllowed
    return application


def open_now(application: Application) -> bool:
    """Whether this person can change it at this moment."""
    return edits(application) and editable(application, now())


def applicant(db: Session, round_: Round, ref: str) -> tuple[Organisation, PersonId, bool]:
    """For whom an application is begun: the organisation, who answers for it, and whether staff files it for somebody
    who phoned. Raises BadInput, NotAllowed."""
    mine = auth.organisations(*EDITS)
    own = next((one for one in mine if one.ref == ref), None)
    if own is not None:
        return own, auth.signed_in().id, False
    if not ref:
        raise BadInput(field="organisation", problem="missing")
    if not files_for(round_):
        raise NotAllowed
    other = organisations.by_ref(db, ref)
    answers = on_behalf.people_of(db, other)
    if not answers:
        raise BadInput(field="organisation", problem="nobody_answers")
    return other, answers[0].id, True


def officials(db: Session, application: Application) -> list[Person]:
    """Those who share the application: secretaries and bookers of the organisation, or the private person."""
    if application.organisation.kind == OrganisationKind.PERSON:
        return on_behalf.people_of(db, application.organisation)
    grants = organisations.members(db, application.organisation, on=today(), at=now())
    return list({one.person_id: one.person for one in grants if one.role in READS}.values())


def contact(db: Session, application: Application, ref: str) -> PersonId:
    """Who is to answer for it, by ref; as it is for "". Raises BadInput for somebody else's person."""
    if ref in ("", application.contact.ref):
        return application.contact_id
    found = next((one.id for one in officials(db, application) if one.ref == ref), None)
    if found is None:
        raise BadInput(field="contact", problem="not_one_of")
    return found
