"""Letters of the register: a role given, a proof that runs out, times released, times that one has taken over."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

from flask import current_app, render_template, url_for
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from booking import mail, organisations
from booking.bookings import booking_of
from booking.departing import Released
from booking.models import Booking, Group, OccurrenceState, Organisation, Person, RoleGrant
from booking.register import proofs
from booking.register.models import ActivityReport, Proof
from booking.roles import Role
from web import i18n, letters, words
from web.words_of_register import proof_name


def site(endpoint: str, **values: Any) -> str:
    """The address of a page as it stands in letters."""
    base: str = current_app.config["SETTINGS"].base_url
    return base + url_for(endpoint, **values)


def secretaries(session: Session, organisation: Organisation, *, on: date, now: datetime) -> list[Person]:
    """Those who run the entry, each once."""
    grants = organisations.members(session, organisation, on=on, at=now)
    found = {grant.person_id: grant.person for grant in grants if grant.role == Role.SECRETARY}
    return list(found.values())


def role_given(session: Session, organisation: Organisation, grant: RoleGrant, person: Person, now: datetime) -> None:
    """Tell a person of the role they were given, and how to give it up."""
    with i18n.speaking(person.language):
        role = words.role_name(grant.role)
        subject = _("You are now %(role)s of %(name)s", role=role, name=organisation.name)
        values = {"organisation": organisation, "grant": grant, "person": person, "url": site("account.profile")}
        values["group"] = session.get(Group, grant.group_id) if grant.group_id is not None else None
        body = render_template("organisations/role_letter.txt", **values)
    mail.write(session, person, subject=subject, body=body, now=now)


def warn_of_proofs(session: Session, *, on: date, now: datetime) -> int:
    """Write to the organisations whose proof of registration runs out, at the decided days before. Gives how many."""
    due = proofs.to_warn(session, on)
    for proof in due:
        for person in secretaries(session, proof.organisation, on=on, now=now):
            _warn(session, proof, person, now)
        proofs.note_warned(session, proof, on=on, now=now)
    return len(due)


def _warn(session: Session, proof: Proof, person: Person, now: datetime) -> None:
    with i18n.speaking(person.language):
        assert proof.valid_until is not None, "only what runs out is warned of"
        day = i18n.day(proof.valid_until, "plain")
        told = {"document": proof_name(proof.kind), "name": proof.organisation.name, "day": day}
        subject = _("%(document)s of %(name)s runs out on %(day)s", **told)
        url = site("proofs.show", organisation_ref=proof.organisation.ref)
        body = render_template("proofs/warning_letter.txt", proof=proof, person=person, day=day, url=url)
    mail.write(session, person, subject=subject, body=body, now=now)


def reopened(session: Session, report: ActivityReport, *, on: date, now: datetime) -> None:
    """Tell the secretaries that their report was opened again, and why."""
    for person in secretaries(session, report.organisation, on=on, now=now):
        with i18n.speaking(person.language):
            subject = _("The report of %(year)s can be corrected", year=report.year)
            url = site("activity_reports.show", organisation_ref=report.organisation.ref, year=str(report.year))
            body = render_template("activity_reports/reopened_letter.txt", report=report, person=person, url=url)
        mail.write(session, person, subject=subject, body=body, now=now)


def released(session: Session, found: Iterable[Released], now: datetime) -> None:
    """Tell the holders that the times of a dissolved organisation were released."""
    for one in found:
        with i18n.speaking(one.booking.holder.language):
            said = _("The organisation is dissolved, so its times to come were released.")
        letters.send(session, one.booking, one.rows, "cancelled", now, said=said)


def handed_over(session: Session, bookings: Iterable[Booking], now: datetime) -> None:
    """Tell the new holders what they now answer for."""
    for booking in [booking_of(session, one.ref) for one in bookings]:
        rows = [row for row in booking.occurrences if row.ends_at > now and row.state == OccurrenceState.CONFIRMED]
        letters.send(session, booking, rows, "handed_over", now)
