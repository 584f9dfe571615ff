"""Letters about grants in their season: offers from the waiting list, swaps of slots, sessions that fell."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from zoneinfo import ZoneInfo

from flask import render_template
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from booking import mail
from booking.rounds.grants import organisation_of
from booking.rounds.season_models import GrantSwap, GroupSession, SlotOffer
from web import i18n
from web.life_letters import address, people_of
from web.words_of_season import minutes_said, weekday_said


def offered(session: Session, offer: SlotOffer, now: datetime) -> None:
    """A slot is held for you until then: yes or no. To the contact, once."""
    person = offer.entry.contact
    days = [date.fromisoformat(day) for day in offer.days]
    with i18n.speaking(person.language):
        when = f"{weekday_said(offer.slot.weekday)} {minutes_said((offer.start_min, offer.end_min))}"
        body = render_template(
            "offers/letter.txt",
            offer=offer,
            person=person,
            days=days,
            zone=ZoneInfo(offer.slot.space.premises.zone),
            url=address("offers.show", offer_ref=offer.ref),
        )
        mail.write(session, person, subject=_("A time became free for you: %(when)s", when=when), body=body, now=now)
    offer.told_at = now


def grant_swap(session: Session, swap: GrantSwap, kind: str, now: datetime) -> None:
    """Asked: to the other side; done or declined: to both."""
    both = [(swap.other, swap.one), (swap.one, swap.other)]
    for mine, theirs in both[:1] if kind == "asked" else both:
        for person in people_of(session, organisation_of(mine).id, now):
            with i18n.speaking(person.language):
                subject = {"asked": _("Somebody would swap slots with you"), "done": _("The slots are swapped")}.get(
                    kind, _("The swap of slots was declined")
                )
                values = {"swap": swap, "mine": mine, "theirs": theirs, "kind": kind, "person": person}
                values |= {"whose": organisation_of(theirs)}
                values["url"] = address("grant_swaps.show", grant_swap_ref=swap.ref)
                body = render_template("grant_swaps/letter.txt", **values)
                mail.write(session, person, subject=subject, body=body, now=now)


def fallen(session: Session, rows: Sequence[GroupSession], now: datetime) -> None:
    """The granted time was cancelled, and the session in it with it: to its coach."""
    for row in rows:
        person, zone = row.coach, ZoneInfo(row.occurrence.space.premises.zone)
        with i18n.speaking(person.language):
            when = i18n.moment(row.starts_at, zone)
            subject = _("Cancelled: %(group)s, %(when)s", group=row.group.name, when=when)
            body = render_template("inside/letter.txt", row=row, person=person, zone=zone)
            mail.write(session, person, subject=subject, body=body, now=now)
