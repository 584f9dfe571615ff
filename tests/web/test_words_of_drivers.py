"""The page of a door says what its hardware can and cannot do, in the reader's language."""

from __future__ import annotations

import pytest
from flask import Flask

from booking.roles import Role
from devices.drivers.registry import DRIVERS
from tests.web.conftest import ClientAs
from tests.web.town import Town
from web.words_of_drivers import abilities


def said(driver: str, *, can: bool) -> str:
    return " ".join(text for half, texts in abilities(driver) if half is can for text in texts)


@pytest.mark.parametrize(
    ("language", "head", "sentence"),
    [
        ("fi", "Mitä ovi osaa ja mitä ei", "Ovi todistaa, mikä oikeusluettelo sillä on."),
        ("sv", "Vad dörren kan och inte kan", "Dörren bevisar vilken rättighetslista den har."),
        ("en", "What this door can and cannot do", "It proves which list of rights it holds."),
    ],
)
def test_the_page_of_a_door_says_what_it_can_and_cannot(
    town: Town, client_as: ClientAs, language: str, head: str, sentence: str
) -> None:
    page = client_as(Role.CARETAKER, language=language).get(f"/doors/{town.samples['door_ref']}").text
    assert head in page
    assert sentence in page


def test_a_plain_reader_hides_no_weakness(app: Flask) -> None:
    with app.test_request_context("/?lang=en"):
        cannot = said("rdm6300_relay", can=False)
    assert "only while the network and this service run" in cannot
    assert "cannot prove that it opened" in cannot
    assert "stays open until the service is back" in cannot
    assert "its history has holes" in cannot


def test_every_kind_of_hardware_can_something_and_cannot_something(app: Flask) -> None:
    with app.test_request_context("/?lang=en"):
        assert all(said(driver, can=True) and said(driver, can=False) for driver in DRIVERS)
