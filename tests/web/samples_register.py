"""Samples for the pages of the register: documents, groups, memberships, commitments, a file to be taken in."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

from sqlalchemy.orm import Session

from booking.importing import taking_in
from booking.models import Group
from booking.register import commitments, groups, proofs
from booking.register.decided import season_on
from booking.register.proofs import ProofWish
from booking.roles import Role
from tests import make
from tests.web.town import NOW, Town

TODAY = date(2026, 11, 24)


def proof(session: Session, town: Town) -> str:
    wish = ProofWish("register_extract", date(2026, 1, 15), "PRH 1/2026")
    by = town.people[Role.SECRETARY].id
    return proofs.add(session, town.organisation, wish, by=by, now=NOW, today=TODAY).ref


def group(session: Session, town: Town) -> str:
    row = Group(organisation_id=town.organisation.id, name="Sudenpennut", age_group="children")
    session.add(row)
    session.flush()
    return row.ref


def member(session: Session, town: Town) -> str:
    club = make.organisation(session, name="Jäsenkerho ry")
    by = town.people[Role.SECRETARY].id
    return groups.take_in(session, town.organisation, club, first_on=date(2026, 1, 1), by=by, now=NOW).ref


def commitment(session: Session, town: Town) -> str:
    by = town.people[Role.KEY_HOLDER].id
    season = season_on(TODAY)
    row = commitments.sign(
        session, town.organisation, "self_supervision", season, premises=town.premises, language="fi", by=by, now=NOW
    )
    return row.ref


def file(session: Session, town: Town) -> str:
    by = town.people[Role.ADMINISTRATOR].id
    text = "Nimi;Laji;Rekisterinumero;Kotipaikka\nUusi Kerho ry;ry;123.123;Espoo\nVirhe ry;ry;12345678;Espoo\n"
    return taking_in.keep(session, "yhdistykset.csv", text.encode(), by=by, now=NOW).ref


SAMPLES: dict[str, Callable[[Session, Town], str]] = {
    "proof_ref": proof,
    "group_ref": group,
    "member_ref": member,
    "commitment_ref": commitment,
    "import_ref": file,
    "year": lambda session, town: "2025",
}
