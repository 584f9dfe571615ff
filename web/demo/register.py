"""The register of the demo: proofs checked and run out, groups, an umbrella, reports, a likely duplicate."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from datetime import date, datetime, timedelta

from sqlalchemy.orm import Session

from booking import organisations
from booking.models import Group, Organisation, Person
from booking.organisations import Entry
from booking.refusals import AlreadyThere
from booking.register import commitments, groups, proofs, reports
from booking.register.decided import season_on
from booking.register.groups import GroupWish
from booking.register.proofs import ProofWish
from booking.register.reports import Told
from web.demo.town import Built

# whose, kind of proof, how many days ago it was received, for how many days from today it is good, checked or not
PROOFS = (
    ("scouts", "register_extract", 200, 165, True),
    ("scouts", "rules", 380, None, True),
    ("ball", "register_extract", 330, 30, True),
    ("choir", "register_extract", 400, -12, True),
    ("pensioners", "register_extract", 90, 275, True),
    ("swedish", "register_extract", 3, None, False),
    ("umbrella", "register_extract", 120, 245, True),
    ("village", "register_extract", 60, 305, True),
    ("disability", "register_extract", 45, 320, True),
    ("street", "founding_note", 20, 345, True),
)
TEAMS = (
    ("scouts", "Sudenpennut", "scout"),
    ("ball", "P13", "club"),
    ("ball", "T11", "club"),
    ("ball", "Aikuiset", "club"),
)
MEMBERS = ("scouts", "pensioners", "choir", "swedish", "disability", "village")
TWIN = Entry("Keksilän pallo", "area_group", domicile="Espoo", purposes=("sport",), for_profit=False)


def fill(
    session: Session,
    built: Built,
    persons: Mapping[str, Person],
    whose: Mapping[str, Organisation],
    *,
    today: date,
    now: datetime,
) -> None:
    """All of it, as its people and the staff would have made it."""
    by = persons["administrator"].id
    for key, kind, ago, until, checked in PROOFS:
        wish = ProofWish(
            kind,
            today - timedelta(days=ago),
            "PRH 1/2026",
            None if until is None else today + timedelta(days=until),
        )
        row = proofs.add(session, whose[key], wish, by=by, now=now, today=today)
        if checked:
            row.organisation = whose[key]
            proofs.check(session, row, by=by, now=now, valid_until=row.valid_until)
    for key, name, contact in TEAMS:
        _team(session, whose[key], name, persons[contact], today, now)
    for key in MEMBERS:
        first_on = today - timedelta(days=300)
        groups.take_in(session, whose["umbrella"], whose[key], first_on=first_on, by=by, now=now)
    organisations.enter(session, TWIN, by=by, now=now)
    _commitments(session, built, persons, whose, today, now)
    _reports(session, persons, whose, today, now)


def _team(session: Session, whose: Organisation, name: str, contact: Person, today: date, now: datetime) -> Group:
    wish = GroupWish(name, "adults" if name == "Aikuiset" else "children", contact.ref)
    return groups.add(session, whose, wish, by=contact.id, now=now, today=today)


def _commitments(
    session: Session,
    built: Built,
    persons: Mapping[str, Person],
    whose: Mapping[str, Organisation],
    today: date,
    now: datetime,
) -> None:
    signers = (("scouts", "scout", None), ("ball", "club", built.houses["school"]))
    for key, who, place in signers:
        with suppress(AlreadyThere):
            commitments.sign(
                session,
                whose[key],
                "self_supervision",
                season_on(today),
                premises=place,
                language="fi",
                by=persons[who].id,
                now=now,
            )


def _reports(
    session: Session, persons: Mapping[str, Person], whose: Mapping[str, Organisation], today: date, now: datetime
) -> None:
    """Last year’s: one sent, one still a draft."""
    ages = {"under_7": 4, "7_12": 38, "13_17": 29, "18_19": 3, "20_64": 12, "65_up": 0}
    told = Told(ages, {"Espoo": 84, "Kauniainen": 2}, "Viikkokokoukset, kaksi leiriä, laulukilpailu")
    year = today.year - 1
    report = reports.write(session, whose["scouts"], year, told, by=persons["scout"].id, now=now, today=today)
    reports.send(session, report, municipality="Espoo", by=persons["scout"].id, now=now)
    draft = Told({"7_12": 120, "13_17": 170}, {}, "Kausiharjoittelua, turnaus marraskuussa")
    reports.write(session, whose["ball"], year, draft, by=persons["club"].id, now=now, today=today)
