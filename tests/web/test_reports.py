"""Reports on pages: support in groups and as files, well-being, the statement of an organisation, open data."""

from __future__ import annotations

import io

import pytest
from flask import Flask
from openpyxl import load_workbook
from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from booking.acts import Act
from booking.models import Occurrence
from booking.roles import Role
from tests import make
from tests.web.conftest import ClientAs
from tests.web.town import Town

MORNING = make.span("2026-03-10", "10:00", "11:30")


@pytest.fixture(autouse=True)
def used(town: Town, rolled_back: sessionmaker[Session]) -> None:
    """The town's organisation had its hall for an hour and a half, free, at a normal price of 22.50."""
    with rolled_back.begin() as session:
        money = {"normal_cents": 2250, "price_cents": 0, "subsidy_cents": 2250}
        named = {"priority_name": {"fi": "Lapset", "en": "Children"}, "price_name": {"fi": "Maksuton", "en": "Free"}}
        session.add(
            Occurrence(
                booking_id=town.occurrence.booking_id,
                space_id=town.space.id,
                key="2026-03-10",
                starts_at=MORNING.starts_at,
                ends_at=MORNING.ends_at,
                state="confirmed",
                priority_class="3",
                price_class="free",
                trace={"rulebook": "espoo-2019-08", **named},
                **money,
            )
        )


@pytest.mark.parametrize(
    ("by", "seen"),
    [("organisation", "€22.50"), ("priority", "Children (espoo-2019-08)"), ("price", "Free"), ("month", "2026-03")],
)
def test_support_is_shown_in_groups(client_as: ClientAs, by: str, seen: str) -> None:
    page = client_as(Role.MANAGER).get(f"/reports?year=2026&by={by}").text
    assert seen in page
    assert "€22.50" in page


def test_a_manager_sees_only_the_premises_of_their_own(client_as: ClientAs, town: Town, app: Flask) -> None:
    from tests.web.town import client

    assert "€22.50" not in client(app, town.strangers[Role.MANAGER]).get("/reports?year=2026").text


def test_what_makes_no_sense_in_the_address_is_the_usual(client_as: ClientAs) -> None:
    assert client_as(Role.MANAGER).get("/reports?year=abc&by=shoe").status_code == 200


def test_support_goes_out_as_a_table_and_that_is_noted(client_as: ClientAs, acts_kept: list[Act], town: Town) -> None:
    answer = client_as(Role.MANAGER).get("/reports/support.csv?year=2026")
    assert answer.headers["Content-Disposition"] == 'attachment; filename="vuoro-support-2026-organisation.csv"'
    line = answer.data.decode("utf-8-sig").splitlines()[1]
    assert line == f"{town.organisation.name};1;1,50;22,5;0;22,5;900;0;20;;0"
    assert [act.kind.value for act in acts_kept if act.kind.value.startswith("report")] == ["report.exported"]
    book = load_workbook(io.BytesIO(client_as(Role.MANAGER).get("/reports/support.xlsx?year=2026").data))
    assert book.active["F2"].value == 22.5
    assert client_as(Role.MANAGER).get("/reports/support.exe").status_code == 404


def test_well_being_tells_hours_and_the_value_of_free_use(client_as: ClientAs) -> None:
    page = client_as(Role.MANAGER).get("/reports/wellbeing?year=2026").text
    assert "Value of free use at normal prices" in page
    assert "22.5" in page
    lines = client_as(Role.MANAGER).get("/reports/wellbeing.csv?year=2026").data.decode("utf-8-sig").splitlines()
    assert any(line.startswith("Hours used, by kind of organisation;registered association;1,50") for line in lines)


def test_an_organisation_sees_what_it_was_given(client_as: ClientAs, town: Town) -> None:
    page = client_as(Role.SECRETARY).get(f"/reports/organisations/{town.organisation.ref}").text
    assert "€22.50" in page
    assert "Enter a grant of money" not in page


def test_a_grant_of_money_is_entered_shown_and_withdrawn(
    client_as: ClientAs, town: Town, rolled_back: sessionmaker[Session]
) -> None:
    from booking.reports.models import MoneyGrant

    browser, url = client_as(Role.ADMINISTRATOR), f"/reports/organisations/{town.organisation.ref}"
    sent = {"kind": "space", "year": "2026", "euros": "1 200,50", "decision": "Board § 3", "decided_on": "1.2.2026"}
    assert browser.post(f"{url}/grants", data=sent).status_code == 302
    assert "€1,200.50" in browser.get(url).text
    with rolled_back() as session:
        ref = session.scalars(select(MoneyGrant.ref).where(MoneyGrant.cents == 120_050)).one()
    assert browser.post(f"{url}/grants/{ref}/withdraw").status_code == 302
    assert "€1,200.50" not in browser.get(url).text
    assert browser.post(f"{url}/grants/{ref}/withdraw").status_code == 409


@pytest.mark.parametrize(
    "wrong", [{"euros": "0"}, {"euros": "many"}, {"year": "26"}, {"kind": "gift"}, {"decision": " "}]
)
def test_a_grant_that_makes_no_sense_is_refused_in_words(
    client_as: ClientAs, town: Town, wrong: dict[str, str]
) -> None:
    sent = {"kind": "space", "year": "2026", "euros": "10", "decision": "Board § 3", "decided_on": "1.2.2026"}
    url = f"/reports/organisations/{town.organisation.ref}"
    answer = client_as(Role.ADMINISTRATOR).post(f"{url}/grants", data=sent | wrong)
    assert answer.status_code == 422
    assert "ds-validation-message" in answer.text


def test_open_data_names_nobody_and_no_money_of_a_single_user(client_as: ClientAs, town: Town) -> None:
    page = client_as(None).get("/open-data?year=2026").text
    assert town.premises.name_fi in page
    assert town.organisation.name not in page
    assert "22.50" not in page
    told = client_as(None).get("/open-data/use.json?year=2026").get_json()
    assert [(line["times"], line["support_cents"]) for line in told["use"]] == [(1, None)]
    assert client_as(None).get("/open-data/use.csv").data.decode("utf-8-sig").splitlines()[0].startswith("month;")
    assert client_as(None).get("/open-data/use.txt").status_code == 404
