"""Letters about what happened to times: questions, proposals, fees, sanctions, debt, swaps."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from flask import current_app, render_template, url_for
from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from booking import mail
from booking.happenings.models import DebtCase, Happening, HappeningState, Sanction, Swap
from booking.ids import OrganisationId
from booking.life.debts import Done, StepKind
from booking.life.recording import objects_until
from booking.models import Occurrence, Organisation, Person, RoleGrant
from booking.roles import Role
from booking.settings import Settings
from web import i18n
from web.clock import HELSINKI
from web.follows import follows
from web.words_of_life import life_word


def address(endpoint: str, **values: Any) -> str:
    """The address of a page as it stands in letters."""
    settings: Settings = current_app.config["SETTINGS"]
    return settings.base_url + url_for(endpoint, **values)


def people_of(session: Session, organisation: OrganisationId, now: datetime) -> list[Person]:
    """Who hears of what concerns the whole organisation: its secretaries, else its bookers, or the person it is."""
    day = now.astimezone(HELSINKI).date()
    query = select(RoleGrant).where(RoleGrant.organisation_id == organisation).options(joinedload(RoleGrant.person))
    grants = [
        one for one in session.scalars(query) if one.first_on <= day and (one.last_on is None or day <= one.last_on)
    ]
    for role in (Role.SECRETARY, Role.BOOKER):
        if found := [one.person for one in grants if one.role == role]:
            return list(dict.fromkeys(found))
    own = session.get_one(Organisation, organisation).person_id
    return [session.get_one(Person, own)] if own is not None else []


def asked(session: Session, row: Happening, now: datetime) -> None:
    """While the time runs: are you coming?"""
    assert row.occurrence is not None
    person = row.occurrence.booking.holder
    with i18n.speaking(person.language):
        subject = _("Are you coming? %(title)s", title=row.occurrence.booking.title)
        _about(session, row, person, subject, "asked", now)


def proposed(session: Session, row: Happening, now: datetime) -> None:
    """Doors saw nobody: it is proposed as a no-show, and this is how to object."""
    assert row.occurrence is not None
    person = row.occurrence.booking.holder
    with i18n.speaking(person.language):
        subject = _("Nobody came? %(title)s", title=row.occurrence.booking.title)
        _about(session, row, person, subject, "proposed", now)


def decided(session: Session, row: Happening, now: datetime) -> None:
    """It is settled: what follows, by which decision."""
    readers = people_of(session, row.organisation_id, now)
    if row.occurrence is not None:
        readers = list(dict.fromkeys([row.occurrence.booking.holder, *readers]))
    confirmed = row.state == HappeningState.CONFIRMED
    for person in readers:
        with i18n.speaking(person.language):
            subject = f"{life_word(row.kind, 'happening')}: {life_word(row.state, 'happening_state')}"
            _about(session, row, person, subject, "confirmed" if confirmed else "dismissed", now)


def _about(session: Session, row: Happening, person: Person, subject: str, kind: str, now: datetime) -> None:
    body = render_template(
        "happened/letter.txt",
        row=row,
        person=person,
        kind=kind,
        told=follows(row.answer),
        zone=ZoneInfo(row.premises.zone),
        until=objects_until(row),
        url=address("noted.show", happening_ref=row.ref),
    )
    mail.write(session, person, subject=subject, body=body, now=now)


def sanctioned(session: Session, row: Sanction, now: datetime) -> None:
    """A sanction given or lifted, with its days and how to ask for a review."""
    for person in people_of(session, row.organisation_id, now):
        with i18n.speaking(person.language):
            subject = f"{life_word(row.kind, 'sanction')}: {row.organisation.name}"
            body = render_template("sanctions/letter.txt", row=row, person=person, why=follows(_cited(row)).deciding)
            mail.write(session, person, subject=subject, body=body, now=now)


def _cited(row: Sanction) -> dict[str, object]:
    return {"reasons": [row.citation] if row.citation else []}


def debt_step(session: Session, done: Done, now: datetime) -> None:
    """The notice with its deadline, the cancelling of all slots, or the end of it."""
    case: DebtCase = done.case
    for person in people_of(session, case.organisation_id, now):
        with i18n.speaking(person.language):
            subject = {
                StepKind.NOTICE: _("Unpaid invoices: pay by %(day)s", day=_day(case)),
                StepKind.SLOTS_CANCELLED: _("Your slots have been cancelled because of unpaid invoices"),
            }.get(done.step, _("Your invoices are paid"))
            told = follows(case.answer)
            body = render_template("debts/letter.txt", done=done, case=case, person=person, told=told)
            mail.write(session, person, subject=subject, body=body, now=now)


def _day(case: DebtCase) -> str:
    return i18n.day(case.deadline_on, "plain") if case.deadline_on else "–"


def swap(session: Session, row: Swap, kind: str, now: datetime) -> None:
    """To both holders: asked (the other side), done, or declined."""
    times = {"asked": [row.other], "done": [row.one, row.other], "declined": [row.one, row.other]}[kind]
    for time in times:
        person = time.booking.holder
        other = row.one if time is row.other else row.other
        with i18n.speaking(person.language):
            subject = {"asked": _("Somebody would swap times with you"), "done": _("The times are swapped")}.get(
                kind, _("The swap was declined")
            )
            values = {"swap": row, "mine": time, "theirs": other, "kind": kind, "person": person}
            values["url"] = address("swaps.show", swap_ref=row.ref)
            mail.write(session, person, subject=subject, body=render_template("swaps/letter.txt", **values), now=now)


def released(session: Session, rows: Sequence[Occurrence], now: datetime) -> None:
    """The rest of a time nobody came to is free for others."""
    for row in rows:
        person = row.booking.holder
        with i18n.speaking(person.language):
            zone = ZoneInfo(row.space.premises.zone)
            subject = _("The rest of your time was freed: %(title)s", title=row.booking.title)
            body = render_template("happened/released.txt", row=row, person=person, zone=zone)
            mail.write(session, person, subject=subject, body=body, now=now)
