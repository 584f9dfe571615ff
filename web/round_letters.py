"""Letters to those who applied in a round: its days moved, or it was closed; to each in their own language."""

from __future__ import annotations

from datetime import datetime

from flask import current_app, render_template
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from booking import mail
from booking.models import Person
from booking.rounds.models import Round
from booking.rounds.publishing import applicants
from web import i18n


def postponed(db: Session, round_: Round, note: str, now: datetime) -> int:
    """Returns how many letters were written: one for each person."""
    return _write(db, round_, note, "postponed", now)


def closed(db: Session, round_: Round, reason: str, now: datetime) -> int:
    return _write(db, round_, reason, "closed", now)


def _write(db: Session, round_: Round, note: str, kind: str, now: datetime) -> int:
    people = {person.id: person for _application, person in applicants(db, round_)}
    letters = [_letter(db, round_, note, kind, person, now) for person in people.values()]
    return sum(letters)


def _letter(db: Session, round_: Round, note: str, kind: str, person: Person, now: datetime) -> bool:
    base_url = current_app.config["SETTINGS"].base_url
    with i18n.speaking(person.language):
        name = round_.name(person.language)
        subjects = {
            "postponed": _("The days of the round have moved: %(round)s", round=name),
            "closed": _("The round has been closed: %(round)s", round=name),
        }
        body = render_template(
            f"round_publishing/{kind}_letter.txt", person=person, row=round_, name=name, note=note, base_url=base_url
        )
        return mail.write(db, person, subject=subjects[kind], body=body, now=now) is not None
