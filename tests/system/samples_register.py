"""What stands in the addresses of the register's pages: found in the seeded town, or made as its people would."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.importing import taking_in
from booking.models import Group, Organisation, RoleGrant
from booking.register.models import Commitment
from booking.roles import end_at
from tests.make import HELSINKI
from tests.system.town import Town
from web.demo.people import ORGANISATIONS
from web.demo.register import TWIN

FILE = "Nimi;Laji;Rekisterinumero;Kotipaikka\nUusi Kerho ry;ry;123.123;Espoo\nVirhe ry;ry;12345678;Espoo\n"


def samples(town: Town, now: datetime) -> dict[str, str]:
    """A group, a commitment, an umbrella, two entries that are one, a file, and times whose holder has left."""
    with town.sessions.begin() as session:
        scouts = _entry(session, "scouts")
        group = session.scalars(select(Group).where(Group.organisation_id == scouts.id)).first()
        signed = session.scalars(select(Commitment).where(Commitment.organisation_id == scouts.id)).first()
        assert group is not None
        assert signed is not None
        by = town.person("Ahti").id
        made = {"group_ref": group.ref, "commitment_ref": signed.ref, "umbrella_ref": _entry(session, "umbrella").ref}
        made["import_ref"] = taking_in.keep(session, "yhdistykset.csv", FILE.encode(), by=by, now=now).ref
        made["ball_ref"] = _entry(session, "ball").ref
        made["twin_ref"] = session.scalars(select(Organisation.ref).where(Organisation.name == TWIN.name)).one()
        _leave(session, town, now)
    year = now.astimezone(HELSINKI).year
    return made | {"this_year": str(year), "last_year": str(year - 1)}


def _entry(session: Session, key: str) -> Organisation:
    return session.scalars(select(Organisation).where(Organisation.name == ORGANISATIONS[key].name)).one()


def _leave(session: Session, town: Town, now: datetime) -> None:
    """The booker of the pensioners leaves, and nobody is there to take over."""
    veikko = town.person("Veikko").id
    whose = _entry(session, "pensioners").id
    grants = select(RoleGrant).where(RoleGrant.person_id == veikko, RoleGrant.organisation_id == whose)
    for row in session.scalars(grants).all():
        end_at(session, row, at=now, on=now.astimezone(HELSINKI).date(), by=veikko, now=now)
