"""The invented people and organisations of the demo, their roles and cards."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from access.credentials import enrol
from access.keys import Vault
from booking import people, roles
from booking.ids import PersonId
from booking.models import Organisation, Person
from booking.people import DEMO_DOMAIN, Profile
from booking.refusals import AlreadyThere
from booking.register import commitments
from booking.register.decided import season_on
from booking.roles import Role
from web.demo.town import Built


@dataclass(frozen=True, slots=True)
class DemoOrganisation:
    """A register entry of the demo; numbers are invented and valid in form only."""

    name: str
    kind: str
    purposes: tuple[str, ...] = ()
    domicile: str = "Espoo"
    facts: Mapping[str, Any] = field(default_factory=dict)
    registration_number: str | None = None
    purpose: str = ""
    members: tuple[int, int, int] | None = None  # all, under 18, residents


NON_PROFIT = {"for_profit": False, "complements": True}
ORGANISATIONS = {
    "town": DemoOrganisation("Keksilän kaupunki", "municipal_unit", facts={"relation": "city_unit"}),
    "education": DemoOrganisation(
        "Keksilän kasvatus ja oppiminen", "municipal_unit", facts={"relation": "education_unit"}
    ),
    "umbrella": DemoOrganisation("Haavelinnan yhdistykset ry", "association", ("public_benefit",), facts=NON_PROFIT),
    "scouts": DemoOrganisation(
        "Partiolippukunta Keksijät",
        "association",
        ("scout", "youth"),
        facts=NON_PROFIT,
        purpose="Partiotoimintaa lapsille ja nuorille",
        members=(86, 71, 84),
    ),
    "pensioners": DemoOrganisation(
        "Tarulan Eläkkeensaajat ry", "association", ("pensioner",), facts=NON_PROFIT, members=(140, 0, 132)
    ),
    "ball": DemoOrganisation(
        "Keksilän Pallo ry", "association", ("sport", "youth"), facts=NON_PROFIT, members=(420, 290, 401)
    ),
    "choir": DemoOrganisation("Kuorotar ry", "association", ("culture",), facts=NON_PROFIT, members=(34, 0, 30)),
    "village": DemoOrganisation(
        "Satulan kaupunginosayhdistys ry", "association", ("district",), facts=NON_PROFIT, members=(210, 0, 210)
    ),
    "swedish": DemoOrganisation(
        "Folkets Hitt i Esbo rf", "association", ("culture", "children"), facts=NON_PROFIT, members=(60, 25, 58)
    ),
    "disability": DemoOrganisation(
        "Esteetön Elo ry", "association", ("disability",), facts=NON_PROFIT, members=(75, 4, 70)
    ),
    "partner": DemoOrganisation(
        "Koulunkulman kerho ry", "association", facts={"for_profit": False, "relation": "partner"}
    ),
    "street": DemoOrganisation("Keksikujan katujuhlatoimikunta", "area_group", facts={"for_profit": False}),
    "arts": DemoOrganisation("Musiikkiopisto Sointula", "arts_institute", ("culture",), facts=NON_PROFIT),
    "dance": DemoOrganisation("Tanssi Oy Tepsutus", "company", ("business",), facts={"for_profit": True}),
    "party": DemoOrganisation("Keksitty Puolue, Keksilän osasto", "party_branch", ("political",)),
}


@dataclass(frozen=True, slots=True)
class DemoPerson:
    """A person of the demo: roles as (role, organisation key or premises key or ""), and a card if they have one."""

    name: str
    address: str
    language: str = "fi"
    roles: tuple[tuple[Role, str], ...] = ()
    card: str = ""


PEOPLE = {
    "scout": DemoPerson(
        "Sini Keksijä", "sini.partio", roles=((Role.SECRETARY, "scouts"), (Role.BOOKER, "scouts")), card="0F12ABCD01"
    ),
    "leader": DemoPerson("Lumi Luotsi", "lumi.luotsi", roles=((Role.KEY_HOLDER, "scouts"),), card="0F12ABCD02"),
    "volunteer": DemoPerson("Veikko Vapaaehtoinen", "veikko.72", roles=((Role.BOOKER, "pensioners"),)),
    "club": DemoPerson(
        "Kaisa Kerhola", "kaisa.kerho", roles=((Role.SECRETARY, "ball"), (Role.BOOKER, "choir")), card="0F12ABCD03"
    ),
    "swedish": DemoPerson("Saga Påhitt", "saga.pahitt", "sv", roles=((Role.SECRETARY, "swedish"),), card="0F12ABCD04"),
    "family": DemoPerson("Pirjo Perhe", "pirjo.perhe"),
    "dancer": DemoPerson("Tiina Tepsuttaja", "tiina.tepsuttaja", roles=((Role.PAYER, "dance"),)),
    "party": DemoPerson("Pontus Puolue", "pontus.puolue", roles=((Role.BOOKER, "party"),)),
    "manager": DemoPerson("Maija Vastaava", "maija.vastaava", roles=((Role.MANAGER, ""),)),
    "second": DemoPerson("Sirkka Sijainen", "sirkka.sijainen", roles=((Role.MANAGER, ""),)),  # four eyes need two
    "operator": DemoPerson(
        "Otso Operaattori", "otso.operaattori", roles=((Role.OPERATOR, "house"), (Role.SECRETARY, "umbrella"))
    ),
    "caretaker": DemoPerson("Ville Vahti", "ville.vahti", roles=((Role.CARETAKER, ""),), card="0F12ABCD05"),
    "principal": DemoPerson("Reetta Keksijä", "reetta.rehtori", roles=((Role.DECIDER, "school"),)),
    "billing": DemoPerson("Laila Laskuttaja", "laila.laskuttaja", roles=((Role.BILLING, ""),)),
    "auditor": DemoPerson("Aura Tarkastaja", "aura.tarkastaja", roles=((Role.AUDITOR, ""),)),
    "administrator": DemoPerson("Ahti Ylläpito", "ahti.yllapito", "en", roles=((Role.ADMINISTRATOR, ""),)),
}
PREMISES_ROLES = (Role.MANAGER, Role.CARETAKER, Role.OPERATOR, Role.DECIDER, Role.BILLING)


def organisations(session: Session, now: datetime) -> dict[str, Organisation]:
    """The demo's register entries, by key."""
    made = {}
    for key, one in ORGANISATIONS.items():
        total, young, local = one.members or (None, None, None)
        made[key] = Organisation(
            name=one.name,
            kind=one.kind,
            purposes=list(one.purposes),
            domicile=one.domicile,
            facts=dict(one.facts),
            purpose=one.purpose,
            members_total=total,
            members_under_18=young,
            members_resident=local,
            created_at=now,
        )
        session.add(made[key])
    session.flush()
    return made


def register(session: Session, now: datetime, first_on: date) -> dict[str, Person]:
    """The demo's people, by key; each may book for themselves."""
    return {
        key: people.register(
            session,
            Profile(one.name, "+358 50 000 0000", one.language),
            email=f"{one.address}{DEMO_DOMAIN}",
            by=None,
            now=now,
            first_on=first_on,
        )
        for key, one in PEOPLE.items()
    }


def give_roles(
    session: Session,
    persons: Mapping[str, Person],
    whose: Mapping[str, Organisation],
    built: Built,
    *,
    by: PersonId,
    now: datetime,
    first_on: date,
) -> None:
    """Everybody's roles, from a first day on."""
    for key, one in PEOPLE.items():
        for role, scope in one.roles:
            roles.grant(
                session,
                person=persons[key].id,
                role=role,
                by=by,
                now=now,
                first_on=first_on,
                organisation=whose[scope].id if scope in whose else None,
                premises=built.houses[scope].id if role in PREMISES_ROLES and scope else None,
                decides_as=key if role is Role.DECIDER else None,
            )


UNSIGNED = "Koulunkulman kerho ry"  # whose door does not open before they sign


def sign_commitments(session: Session, *, by: PersonId, now: datetime, days: Iterable[date]) -> None:
    """Everybody's commitment to look after unsupervised spaces, for the seasons of these days; one has not signed."""
    for season in {season.id: season for season in map(season_on, days)}.values():
        for organisation in session.scalars(select(Organisation).where(Organisation.name != UNSIGNED)):
            with suppress(AlreadyThere):
                commitments.sign(
                    session, organisation, "self_supervision", season, premises=None, language="fi", by=by, now=now
                )


def give_cards(
    session: Session, vault: Vault, persons: Mapping[str, Person], *, by: PersonId, now: datetime
) -> list[dict[str, str]]:
    """Enrol the demo's cards. Returns their numbers for the bench page: real numbers are never kept anywhere."""
    cards = []
    for key, one in PEOPLE.items():
        if one.card:
            enrol(session, vault, persons[key].id, one.card, by=by, now=now, label=f"… {one.card[-2:]}")
            cards.append({"person": one.name, "card": one.card, "note": key})
    return [*cards, {"person": "?", "card": "0FDEADBEEF", "note": "unknown"}]
