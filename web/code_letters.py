"""Letters about keys and codes: one evening given to somebody else or taken back, and metal keys that are overdue."""

from __future__ import annotations

from datetime import datetime

from flask import render_template
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from access.code_models import StandIn
from access.metal_key_models import KeyLoan
from booking import mail
from web import i18n, letters
from web.life_letters import address


def stand_in(session: Session, row: StandIn, kind: str, now: datetime) -> None:
    """To who stands in and to the holder; `kind`: given, withdrawn."""
    time = row.occurrence
    for person in (row.person, time.booking.holder):
        with i18n.speaking(person.language):
            subject = _("A time given to you") if kind == "given" else _("A time taken back")
            if person.id != row.person_id:
                subject = _("Stand-in: %(name)s", name=row.person.name)
            values = {"row": row, "time": time, "kind": kind, "zone": letters.zone_of([time]), "person": person}
            values["url"] = address("stand_ins.show", stand_in_ref=row.ref)
            if person.id != row.person_id:
                values["url"] = address("stand_ins.listing", booking_ref=time.booking.ref)
            body = render_template("stand_ins/letter.txt", **values)
            mail.write(session, person, subject=f"{subject}: {time.booking.title}", body=body, now=now)


def key_overdue(session: Session, loan: KeyLoan, now: datetime) -> None:
    """The key should be back."""
    with i18n.speaking(loan.person.language):
        subject = _("Bring the key back: %(number)s", number=loan.key.number)
        body = render_template("metal_keys/letter.txt", loan=loan, key=loan.key, place=loan.key.premises)
        mail.write(session, loan.person, subject=subject, body=body, now=now)
