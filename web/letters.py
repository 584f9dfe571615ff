"""Letters about bookings, in the reader's language, with a calendar file; never a door code beside a name."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from itertools import groupby
from zoneinfo import ZoneInfo

from flask import current_app, render_template, url_for
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from booking import mail
from booking.calendar_file import CalendarEntry, calendar_file
from booking.core.span import Span
from booking.deciders import deciders
from booking.deciding import decider_of
from booking.door_changes import note_told
from booking.door_practice import practices
from booking.models import OCCUPYING, Booking, Occurrence, OccurrenceState, Person
from booking.settings import Settings
from web import i18n
from web.explained import explained, total
from web.ways_in import way_of


def booked(session: Session, booking: Booking, now: datetime) -> None:
    """What was booked, or now waits for a decision: then those who may decide are told, too."""
    rows = [row for row in booking.occurrences if row.state in OCCUPYING]
    send(session, booking, rows, "booked", now)
    asked(session, booking, rows, now)


def moved(session: Session, booking: Booking, rows: Sequence[Occurrence], now: datetime) -> None:
    send(session, booking, rows, "moved", now)
    asked(session, booking, rows, now)


def cancelled(session: Session, booking: Booking, rows: Sequence[Occurrence], now: datetime) -> None:
    send(session, booking, rows, "cancelled", now)


def decided(
    session: Session, booking: Booking, rows: Sequence[Occurrence], now: datetime, *, said: str, conditions: str = ""
) -> None:
    """A person granted or refused what waited; `said` is why, `conditions` what a grant depends on."""
    granted = bool(rows) and rows[0].state == OccurrenceState.CONFIRMED
    send(session, booking, rows, "granted" if granted else "refused", now, said=said, conditions=conditions)


def asked(session: Session, booking: Booking, rows: Sequence[Occurrence], now: datetime) -> None:
    """A letter to everybody who may decide on those of the times that wait, one for each role that is asked."""
    waiting = sorted((row for row in rows if row.state == OccurrenceState.PENDING), key=_role_of)
    for _role, some in groupby(waiting, key=_role_of):
        times = list(some)
        place, day = times[0].space.premises, now.astimezone(zone_of(times)).date()
        for person in deciders(session, place.id, decider_of(times[0]), booking, day).may:
            ask(session, booking, times, person, now)


def _role_of(row: Occurrence) -> str:
    return decider_of(row) or ""


def ask(session: Session, booking: Booking, rows: Sequence[Occurrence], person: Person, now: datetime) -> None:
    with i18n.speaking(person.language):
        values = {"booking": booking, "rows": rows, "first": rows[0], "zone": zone_of(rows)}
        values |= {"told": explained(rows[0].trace), "url": address("deciding.show", booking)}
        subject = _("A request waits for your decision: %(title)s", title=booking.title)
        mail.write(session, person, subject=subject, body=render_template("deciding/letter.txt", **values), now=now)


def way_in(session: Session, rows: Sequence[Occurrence], now: datetime) -> None:
    """The way in of these times of one booking is another than was told: a letter to its holder, once."""
    booking = rows[0].booking
    with i18n.speaking(booking.holder.language):
        way = way_of(practices(session, [rows[0].id], now)[rows[0].id], rows[0])
        values = {"booking": booking, "rows": rows, "first": rows[0], "zone": zone_of(rows), "way": way}
        subject = _("The way in changes: %(title)s", title=booking.title)
        values |= {"url": address("booking.show", booking)}
        body = render_template("booking/way_in.txt", **values)
        mail.write(session, booking.holder, subject=subject, body=body, now=now)
    note_told(session, rows, now)


def send(
    session: Session,
    booking: Booking,
    rows: Sequence[Occurrence],
    kind: str,
    now: datetime,
    *,
    said: str = "",
    conditions: str = "",
) -> None:
    """Put the letter of this kind to the holder of the booking into the outbox."""
    if not rows:
        return
    with i18n.speaking(booking.holder.language):
        values = {
            "booking": booking,
            "rows": rows,
            "kind": kind,
            "said": said,
            "conditions": conditions,
            "sum": total(rows),
        }
        values |= {"zone": zone_of(rows), "url": address("booking.show", booking), "first": rows[0]}
        mail.write(
            session,
            booking.holder,
            subject=f"{subjects()[kind]}: {booking.title}, {i18n.moment(rows[0].starts_at, zone_of(rows))}",
            body=render_template("booking/letter.txt", **values),
            attachment=file_of(booking, rows, now, gone=kind in {"cancelled", "refused"}),
            now=now,
        )


def subjects() -> dict[str, str]:
    return {
        "booked": _("Booked"),
        "moved": _("Moved"),
        "cancelled": _("Cancelled"),
        "granted": _("Granted"),
        "refused": _("Refused"),
        "handed_over": _("Handed over to you"),
    }


def zone_of(rows: Sequence[Occurrence]) -> ZoneInfo:
    return ZoneInfo(rows[0].space.premises.zone)


def address(endpoint: str, booking: Booking) -> str:
    """The address of a page as it stands in letters and calendar files."""
    settings: Settings = current_app.config["SETTINGS"]
    return settings.base_url + url_for(endpoint, booking_ref=booking.ref)


def entry(row: Occurrence, booking: Booking, *, summary: str, gone: bool = False) -> CalendarEntry:
    """One time as an event of a calendar file."""
    place = row.space.premises
    return CalendarEntry(
        ref=row.ref,
        span=Span(row.starts_at, row.ends_at),
        summary=summary,
        place=f"{row.space.name(i18n.language())}, {place.name(i18n.language())}, {place.address}",
        sequence=row.sequence,
        cancelled=gone,
        tentative=row.state == OccurrenceState.PENDING,
        url=address("booking.show", booking),
    )


def file_of(booking: Booking, rows: Sequence[Occurrence], now: datetime, *, gone: bool) -> str:
    """The calendar file of these times as text."""
    entries = [entry(row, booking, summary=booking.title, gone=gone) for row in rows]
    file = calendar_file(
        entries, name=booking.title, zone=zone_of(rows), now=now, method="CANCEL" if gone else "PUBLISH"
    )
    return file.decode()
