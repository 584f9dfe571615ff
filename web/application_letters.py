"""Letters about applications: the receipt with its summary, and that one was withdrawn."""

from __future__ import annotations

from datetime import datetime

from flask import render_template
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from booking import mail
from booking.models import Person
from booking.rounds.models import Application
from web import i18n
from web.clock import today
from web.register_letters import secretaries, site


def received(session: Session, application: Application, now: datetime) -> None:
    """The receipt, to the secretaries and to who answers for it."""
    for person in readers(session, application, now):
        with i18n.speaking(person.language):
            subject = _("Application received: %(round)s", round=application.round.name(i18n.language()))
            _write(session, application, person, subject, "applications/receipt.txt", now)


def withdrawn(session: Session, application: Application, now: datetime) -> None:
    for person in readers(session, application, now):
        with i18n.speaking(person.language):
            subject = _("Application withdrawn: %(round)s", round=application.round.name(i18n.language()))
            _write(session, application, person, subject, "applications/withdrawn.txt", now)


def readers(session: Session, application: Application, now: datetime) -> list[Person]:
    """Those written to, each once; who has no e-mail gets no letter."""
    found = [*secretaries(session, application.organisation, on=today(), now=now), application.contact]
    return list({one.id: one for one in found}.values())


def _write(
    session: Session, application: Application, person: Person, subject: str, template: str, now: datetime
) -> None:
    url = site("applications.show", application_ref=application.ref)
    body = render_template(template, row=application, person=person, url=url)
    mail.write(session, person, subject=subject, body=body, now=now)
