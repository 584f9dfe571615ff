"""Letters about bookings, in the reader's language, with a calendar file; never a door code beside a name."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from flask import current_app, render_template, url_for
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from booking import mail
from booking.calendar_file import CalendarEntry, calendar_file
from booking.core.span import Span
from booking.models import OCCUPYING, Booking, Occurrence, OccurrenceState
from booking.settings import Settings
from web import i18n
from web.explained import total


def booked(session: Session, booking: Booking, now: datetime) -> None:
    """What was booked, or now waits for a decision."""
    rows = [row for row in booking.occurrences if row.state in OCCUPYING]
    send(session, booking, rows, "booked", now)


def moved(session: Session, booking: Booking, rows: Sequence[Occurrence], now: datetime) -> None:
    send(session, booking, rows, "moved", now)


def cancelled(session: Session, booking: Booking, rows: Sequence[Occurrence], now: datetime) -> None:
    send(session, booking, rows, "cancelled", now)


def decided(session: Session, booking: Booking, rows: Sequence[Occurrence], now: datetime, *, said: str) -> None:
    """A person of the house granted or refused what waited; `said` is why."""
    granted = rows[0].state == OccurrenceState.CONFIRMED
    send(session, booking, rows, "granted" if granted else "refused", now, said=said)


def send(
    session: Session, booking: Booking, rows: Sequence[Occurrence], kind: str, now: datetime, *, said: str = ""
) -> None:
    """Put the letter of this kind to the holder of the booking into the outbox."""
    if not rows:
        return
    with i18n.speaking(booking.holder.language):
        values = {"booking": booking, "rows": rows, "kind": kind, "said": said, "sum": total(rows)}
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
        url=address("booking.show", booking),
    )


def file_of(booking: Booking, rows: Sequence[Occurrence], now: datetime, *, gone: bool) -> str:
    """The calendar file of these times as text."""
    entries = [entry(row, booking, summary=booking.title, gone=gone) for row in rows]
    file = calendar_file(
        entries, name=booking.title, zone=zone_of(rows), now=now, method="CANCEL" if gone else "PUBLISH"
    )
    return file.decode()
