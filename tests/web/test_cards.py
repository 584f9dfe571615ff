"""Cards: enrolled by any printed form, blocked everywhere, kept by those who may."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from access import credentials
from access.models import Credential, CredentialKey
from booking.acts import Act, ActKind
from booking.roles import Role, roles_of
from tests import make
from tests.web import samples_staff
from tests.web.conftest import ClientAs
from tests.web.town import NOW, Town


def cards(rolled_back: sessionmaker[Session], town: Town, role: Role) -> list[Credential]:
    with rolled_back() as session:
        return list(credentials.cards_of(session, town.people[role].id))


def test_a_key_holder_enrols_a_card_and_never_sees_its_number_again(
    town: Town, client_as: ClientAs, rolled_back: sessionmaker[Session]
) -> None:
    holder = client_as(Role.KEY_HOLDER)
    address = "/cards"
    typed = {"card": "hex:0006542114", "label": "Punainen avainnauha"}
    page = holder.post(address, data=typed, follow_redirects=True).text
    assert "The card has been enrolled" in page
    assert "Punainen avainnauha" in holder.get("/cards").text
    assert "0006542114" not in holder.get("/cards").text
    assert len(cards(rolled_back, town, Role.KEY_HOLDER)) == 1


@pytest.mark.parametrize(
    ("card", "batch", "field"),
    [
        ("12", "", "card"),
        ("3808980205", "", "batch"),
        ("3808980205", "6", "batch"),
        ("099,53998", "", "batch"),
        ("", "", "card"),
    ],
)
def test_what_is_missing_of_a_number_is_told_beside_its_field(
    town: Town, client_as: ClientAs, card: str, batch: str, field: str
) -> None:
    address = "/cards"
    answer = client_as(Role.KEY_HOLDER).post(address, data={"card": card, "batch": batch})
    assert answer.status_code == 422
    assert f'id="e-{field}"' in answer.text
    assert f'value="{card}"' in answer.text


@pytest.mark.parametrize(("card", "batch"), [("62E3 086C EE", ""), ("3808980206", "01"), ("099,53999", "62E3")])
def test_every_printed_form_is_understood(
    town: Town, client_as: ClientAs, rolled_back: sessionmaker[Session], card: str, batch: str
) -> None:
    address = "/cards"
    assert client_as(Role.KEY_HOLDER).post(address, data={"card": card, "batch": batch}).status_code == 302
    assert len(cards(rolled_back, town, Role.KEY_HOLDER)) == 1


def test_somebody_elses_card_is_refused(town: Town, client_as: ClientAs) -> None:
    address = "/cards"
    answer = client_as(Role.KEY_HOLDER).post(address, data={"card": samples_staff.CARD})
    assert answer.status_code == 422
    assert "belongs to somebody already" in answer.text


def test_a_lost_card_is_blocked_at_every_door_in_one_act(
    town: Town, client_as: ClientAs, rolled_back: sessionmaker[Session], acts_kept: list[Act]
) -> None:
    address = f"/cards/{town.samples['card_ref']}/block"
    assert "Sininen kortti" in client_as(Role.BOOKER).get(address).text
    assert client_as(Role.BOOKER).post(address, data={"why": "lost"}).status_code == 302
    assert cards(rolled_back, town, Role.BOOKER) == []
    with rolled_back() as session:
        assert all(key.retired_at for key in session.scalars(select(CredentialKey)))
    assert acts_kept[-1].kind is ActKind.CREDENTIAL_REVOKED


def test_who_runs_the_premises_keeps_the_cards_and_looking_is_noted(
    town: Town, client_as: ClientAs, acts_kept: list[Act]
) -> None:
    manager = client_as(Role.MANAGER)
    assert town.booker.ref in manager.get("/cards").text
    assert "Sininen kortti" in manager.get(f"/cards/of/{town.booker.ref}").text
    assert acts_kept[-1].kind is ActKind.PERSON_VIEWED
    assert manager.post(f"/cards/of/{town.booker.ref}", data={"card": "62E3086CEF"}).status_code == 302


def test_giving_somebody_a_role_in_ones_own_group_does_not_open_their_cards(
    town: Town, client_as: ClientAs, rolled_back: sessionmaker[Session]
) -> None:
    attacker = client_as(Role.SECRETARY, stranger=True)
    with rolled_back.begin() as session:
        own = next(
            one.organisation_id
            for one in roles_of(session, town.strangers[Role.SECRETARY].id, date(2026, 11, 24), at=NOW)
        )
        make.role(session, town.booker, Role.KEY_HOLDER, organisation_id=own)
    of_victim = f"/cards/of/{town.booker.ref}"
    assert attacker.get(of_victim).status_code == 403
    assert attacker.post(of_victim, data={"card": "62E3086CEF"}).status_code == 403
    assert attacker.post(f"{of_victim}/{town.samples['card_ref']}/block", data={"why": "lost"}).status_code == 403
    assert len(cards(rolled_back, town, Role.BOOKER)) == 1


def test_the_manager_keeps_the_cards_of_those_who_come_there(town: Town, client_as: ClientAs) -> None:
    assert client_as(Role.MANAGER).get(f"/cards/of/{town.booker.ref}").status_code == 200
    assert client_as(Role.MANAGER).get(f"/cards/of/{town.people[Role.KEY_HOLDER].ref}").status_code == 200


def test_nobody_else_does(town: Town, client_as: ClientAs, rolled_back: sessionmaker[Session]) -> None:
    block = f"/cards/of/{town.booker.ref}/{town.samples['card_ref']}/block"
    for who, stranger in (
        (Role.SECRETARY, False),
        (Role.MANAGER, True),
        (Role.KEY_HOLDER, False),
        (Role.CARETAKER, False),
    ):
        client = client_as(who, stranger=stranger)
        assert client.get(f"/cards/of/{town.booker.ref}").status_code == 403
        assert client.post(f"/cards/of/{town.booker.ref}", data={"card": "62E3086CF0"}).status_code == 403
        assert client.post(block, data={"why": "lost"}).status_code == 403
    assert len(cards(rolled_back, town, Role.BOOKER)) == 1


def test_a_card_of_one_is_not_found_below_another(
    town: Town, client_as: ClientAs, rolled_back: sessionmaker[Session]
) -> None:
    own = f"/cards/{town.samples['card_ref']}/block"
    assert client_as(Role.KEY_HOLDER).post(own, data={"why": "lost"}).status_code == 404
    kept = f"/cards/of/{town.people[Role.KEY_HOLDER].ref}/{town.samples['card_ref']}/block"
    assert client_as(Role.MANAGER).post(kept, data={"why": "lost"}).status_code == 404
