"""Letters to those whose booked times had to give way: to each in their own language, with what is free instead."""

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
from booking.happenings.models import Substitute
from booking.models import ClosedDays, Occurrence, Person, Premises
from web import i18n


@dataclass(frozen=True, slots=True)
class Told:
    """How many letters were written, and who has no address: name and phone number."""

    letters: int
    without_address: tuple[str, ...]


def write(
    db: Session,
    place: Premises,
    reason: ClosedDays | str,
    displaced: Sequence[Occurrence],
    *,
    now: datetime,
    offers: Sequence[Substitute] = (),
) -> Told:
    """The letters, in the transaction of what displaced them, with the substitutes offered."""
    theirs: dict[Person, list[Occurrence]] = defaultdict(list)
    for occurrence in displaced:
        theirs[occurrence.booking.holder].append(occurrence)
    silent = [person for person in theirs if person.email is None]
    for person, lost in theirs.items():
        mine = [one for one in offers if one.occurrence in lost]
        _write(db, place, reason, person, lost, mine, now)
    return Told(len(theirs) - len(silent), tuple(f"{one.name} {one.phone}".strip() for one in silent))


def _write(
    db: Session,
    place: Premises,
    reason: ClosedDays | str,
    person: Person,
    lost: list[Occurrence],
    offers: list[Substitute],
    now: datetime,
) -> None:
    closed = isinstance(reason, ClosedDays)
    with i18n.speaking(person.language):
        subject = _("Your booking had to give way: %(premises)s", premises=place.name(person.language))
        body = render_template(
            "opening/displaced_letter.txt",
            person=person,
            place=place,
            lost=lost,
            offers=offers,
            closed=closed,
            reason=reason.name(person.language) if isinstance(reason, ClosedDays) else reason,
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
