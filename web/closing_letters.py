"""Letters to those whose booked times had to give way to closed days: one to each, in their own language."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from flask import current_app, render_template
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from booking import mail
from booking.calendar_file import CalendarEntry, calendar_file
from booking.core.span import Span
from booking.models import ClosedDays, Occurrence, Person, Premises
from web import i18n


@dataclass(frozen=True, slots=True)
class Told:
    """How many letters were written, and who has no address: name and phone number."""

    letters: int
    without_address: tuple[str, ...]


def write(db: Session, place: Premises, row: ClosedDays, displaced: Sequence[Occurrence], *, now: datetime) -> Told:
    """The letters, in the transaction of the closing."""
    theirs: dict[Person, list[Occurrence]] = defaultdict(list)
    for occurrence in displaced:
        theirs[occurrence.booking.holder].append(occurrence)
    silent = [person for person in theirs if person.email is None]
    for person, lost in theirs.items():
        _write(db, place, row, person, lost, now)
    return Told(len(theirs) - len(silent), tuple(f"{one.name} {one.phone}".strip() for one in silent))


def _write(
    db: Session, place: Premises, row: ClosedDays, person: Person, lost: list[Occurrence], now: datetime
) -> None:
    with i18n.speaking(person.language):
        subject = _("Your booking had to give way: %(premises)s", premises=place.name(person.language))
        body = render_template(
            "opening/displaced_letter.txt",
            person=person,
            place=place,
            lost=lost,
            reason=row.name(person.language),
            zone=ZoneInfo(place.zone),
            base_url=current_app.config["SETTINGS"].base_url,
        )
        mail.write(db, person, subject=subject, body=body, attachment=_cancelling(place, lost, now), now=now)


def _cancelling(place: Premises, lost: list[Occurrence], now: datetime) -> str:
    """A calendar file that takes the times out of the reader's calendar."""
    entries = [
        CalendarEntry(
            ref=one.ref,
            span=Span(one.starts_at, one.ends_at),
            summary=one.booking.title,
            place=f"{place.name(i18n.language())}, {place.address}",
            sequence=one.sequence,
            cancelled=True,
        )
        for one in lost
    ]
    return calendar_file(
        entries, name=place.name(i18n.language()), zone=ZoneInfo(place.zone), now=now, method="CANCEL"
    ).decode()
