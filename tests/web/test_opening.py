"""Weekly hours, terms and closed days as the manager writes them."""

from __future__ import annotations

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from booking.acts import Act, ActKind
from booking.models import ClosedDays, Letter, Occurrence, OpeningHours, Term
from booking.roles import Role
from tests import make
from tests.web.conftest import ClientAs
from tests.web.town import Town

CLOSING = {"first_on": "2026-11-24", "last_on": "2026-11-24", "supervision": "all", "name_fi": "Vesivahinko"}
CLOSING |= {"name_sv": "Vattenskada"}


def hours_of(rolled_back: sessionmaker[Session], town: Town, weekday: int) -> list[tuple[int, int]]:
    with rolled_back() as session:
        query = select(OpeningHours).where(
            OpeningHours.premises_id == town.premises.id, OpeningHours.weekday == weekday
        )
        return sorted((row.opens_min, row.closes_min) for row in session.scalars(query))


def test_hours_may_end_at_midnight_run_past_it_and_pause(
    town: Town, client_as: ClientAs, rolled_back: sessionmaker[Session], acts_kept: list[Act]
) -> None:
    typed = {"monday": "8-12, 13.30–24", "friday": "18–2"}
    assert client_as(Role.MANAGER).post(f"/premises/{town.premises.ref}/hours", data=typed).status_code == 302
    assert hours_of(rolled_back, town, 0) == [(480, 720), (810, 1440)]
    assert hours_of(rolled_back, town, 4) == [(1080, 1560)]
    assert hours_of(rolled_back, town, 6) == []
    assert ActKind.HOURS_CHANGED in [act.kind for act in acts_kept]
    page = client_as(None, language="fi").get(f"/premises/{town.premises.ref}").text
    assert "8–12, 13.30–24" in page


@pytest.mark.parametrize("wrong", ["eight", "8", "8–25", "24–2", "8.75–9", "8–12 13–14"])
def test_hours_that_are_none_are_told_beside_their_day(town: Town, client_as: ClientAs, wrong: str) -> None:
    answer = client_as(Role.MANAGER).post(f"/premises/{town.premises.ref}/hours", data={"tuesday": wrong})
    assert answer.status_code == 422
    assert 'id="e-tuesday"' in answer.text
    assert f'value="{wrong}"' in answer.text


def test_a_space_may_have_hours_of_its_own(town: Town, client_as: ClientAs, rolled_back: sessionmaker[Session]) -> None:
    address = f"/premises/{town.premises.ref}/hours?space={town.space.ref}"
    assert client_as(Role.MANAGER).post(address, data={"tuesday": "17–21"}).status_code == 302
    assert hours_of(rolled_back, town, 1) == [(480, 1320), (1020, 1260)]
    assert 'value="17:00–21:00"' in client_as(Role.MANAGER).get(address).text


def test_a_term_is_added_and_removed(town: Town, client_as: ClientAs, rolled_back: sessionmaker[Session]) -> None:
    manager, address = client_as(Role.MANAGER), f"/premises/{town.premises.ref}/terms"
    days = {"first_on": "2026-08-11", "last_on": "18.12.2026", "supervision": "supervised"}
    typed = days | {"name_fi": "Syyskausi", "source": "Sivistyslautakunta 12.3.2026 § 14"}
    assert manager.post(address, data=typed).status_code == 302
    assert "Sivistyslautakunta 12.3.2026 § 14" in manager.get(address).text
    assert manager.post(f"{address}/remove", data=days | {"last_on": "2026-12-18"}).status_code == 302
    with rolled_back() as session:
        assert session.scalars(select(Term)).all() == []


def test_the_last_day_of_a_term_before_its_first_is_told(town: Town, client_as: ClientAs) -> None:
    typed = {"first_on": "2026-08-11", "last_on": "2026-08-10", "supervision": "all", "name_fi": "Syyskausi"}
    answer = client_as(Role.MANAGER).post(f"/premises/{town.premises.ref}/terms", data=typed)
    assert answer.status_code == 422
    assert 'id="e-last_on"' in answer.text


def test_the_preview_names_whom_closing_displaces_and_changes_nothing(
    town: Town, client_as: ClientAs, rolled_back: sessionmaker[Session], acts_kept: list[Act]
) -> None:
    page = client_as(Role.MANAGER).get(f"/premises/{town.premises.ref}/closed-days/preview", query_string=CLOSING)
    assert page.status_code == 200
    assert "Kuusikon Kiipijät ry" in page.text
    assert town.booker.name in page.text
    assert (acts_kept[-1].kind, acts_kept[-1].persons) == (ActKind.PERSON_VIEWED, (town.booker.id,))
    with rolled_back() as session:
        assert session.get_one(Occurrence, town.occurrence.id).state == "confirmed"


def test_closing_displaces_and_writes_to_the_holder_in_their_language(
    town: Town, client_as: ClientAs, rolled_back: sessionmaker[Session], acts_kept: list[Act]
) -> None:
    with rolled_back.begin() as session:
        session.merge(town.booker).language = "sv"
    answer = client_as(Role.MANAGER).post(
        f"/premises/{town.premises.ref}/closed-days", data=CLOSING | {"displaces": "1"}
    )
    assert answer.status_code == 302
    with rolled_back() as session:
        assert session.get_one(Occurrence, town.occurrence.id).state == "displaced"
        letter = session.scalars(select(Letter).where(Letter.address == town.booker.email)).one()
        assert "Vattenskada" in letter.body
        assert "18.00–19.30" in letter.body
        assert "METHOD:CANCEL" in (letter.attachment or "")
    kinds = [act.kind for act in acts_kept]
    assert ActKind.CLOSED_DAYS_CHANGED in kinds
    assert ActKind.OCCURRENCE_DISPLACED in kinds


def test_closing_asks_again_when_the_bookings_changed_meanwhile(
    town: Town, client_as: ClientAs, rolled_back: sessionmaker[Session]
) -> None:
    answer = client_as(Role.MANAGER).post(
        f"/premises/{town.premises.ref}/closed-days", data=CLOSING | {"displaces": "0"}
    )
    assert answer.status_code == 422
    assert "changed while you looked" in answer.text
    with rolled_back() as session:
        assert session.get_one(Occurrence, town.occurrence.id).state == "confirmed"


def test_who_has_no_address_is_named_to_be_called(
    town: Town, client_as: ClientAs, rolled_back: sessionmaker[Session]
) -> None:
    with rolled_back.begin() as session:
        person = session.merge(town.booker)
        person.email, person.phone = None, "050 000 0000"
    manager = client_as(Role.MANAGER)
    page = manager.post(
        f"/premises/{town.premises.ref}/closed-days", data=CLOSING | {"displaces": "1"}, follow_redirects=True
    )
    assert f"{town.booker.name} 050 000 0000" in page.text


def test_closing_only_supervised_spaces_lets_the_others_be(
    town: Town, client_as: ClientAs, rolled_back: sessionmaker[Session]
) -> None:
    typed = CLOSING | {"supervision": "supervised", "displaces": "0"}
    assert client_as(Role.MANAGER).post(f"/premises/{town.premises.ref}/closed-days", data=typed).status_code == 302
    with rolled_back() as session:
        assert session.get_one(Occurrence, town.occurrence.id).state == "confirmed"


def test_closed_days_are_taken_back(town: Town, client_as: ClientAs, rolled_back: sessionmaker[Session]) -> None:
    address = f"/premises/{town.premises.ref}/closed-days/{town.samples['closed_ref']}/open"
    assert client_as(Role.MANAGER).post(address).status_code == 302
    with rolled_back() as session:
        assert session.scalars(select(ClosedDays)).all() == []


def test_a_closed_whole_closes_its_parts_and_a_closed_part_the_whole(rolled_back: sessionmaker[Session]) -> None:
    from datetime import date

    from booking.availability import opening_rules

    with rolled_back.begin() as session:
        place = make.premises(session)
        hall = make.space(session, place)
        half, other = (make.space(session, place, parent_id=hall.id) for _ in range(2))
        for space, day in ((hall, 1), (half, 2)):
            on = date(2026, 12, day)
            session.add(
                ClosedDays(premises_id=place.id, space_id=space.id, first_on=on, last_on=on, name_fi="Remontti")
            )
        session.flush()
        rules = opening_rules(session, [hall, half, other])
        closed = {space.id: [days.first_on.day for days in rules[space.id].closed] for space in (hall, half, other)}
        assert closed == {hall.id: [1, 2], half.id: [1, 2], other.id: [1]}


def test_other_premises_stay_as_they_are(town: Town, client_as: ClientAs) -> None:
    manager, base = client_as(Role.MANAGER, stranger=True), f"/premises/{town.premises.ref}"
    for address in ("hours", "terms", "closed-days", "closed-days/preview"):
        assert manager.get(f"{base}/{address}").status_code == 403
    for address in ("hours", "terms", "terms/remove", "closed-days", f"closed-days/{town.samples['closed_ref']}/open"):
        assert manager.post(f"{base}/{address}", data=CLOSING).status_code == 403
