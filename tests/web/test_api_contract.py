"""The API does what its OpenAPI document says, whatever it is sent: schemathesis tries on both databases."""

from __future__ import annotations

from typing import Any

import pytest
import schemathesis
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from booking.roles import Role
from tests.web.conftest import ClientAs
from tests.web.town import Town

CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
FEW = settings(
    max_examples=12,
    database=None,
    deadline=None,
    suppress_health_check=[*HealthCheck],
)
Headers = dict[str, str]
METHODS = {"GET", "POST", "PUT", "PATCH", "DELETE"}


@pytest.fixture
def document(app: Flask) -> Any:
    """The API's own description of itself."""
    return schemathesis.openapi.from_wsgi("/api/openapi.json", app)


@pytest.fixture
def cookie(client_as: ClientAs) -> Headers:
    """The session of somebody who may book."""
    cookie = client_as(Role.BOOKER).get_cookie("vuoro")
    assert cookie is not None
    return {"Cookie": f"vuoro={cookie.value}", "Accept-Encoding": "identity"}


def really(case: Any, town: Town) -> None:
    """Things that exist in the place of the invented ones: else every try would end at a 404."""
    case.path_parameters = {name: town.samples[name] for name in case.path_parameters or {}}
    if isinstance(case.body, dict) and "space" in case.body:
        case.body["space"] = town.space.ref
    if isinstance(case.body, dict) and "key" in case.body:
        case.body["key"] = town.occurrence.key


def test_every_operation_answers_as_the_document_says(document: Any, cookie: Headers, town: Town) -> None:
    for found in document.get_all_operations():
        operation = found.ok()

        @FEW
        @given(case=operation.as_strategy(), real=st.booleans())
        def answers(case: Any, real: bool) -> None:
            if real:
                really(case, town)
            case.call_and_validate(headers=cookie, checks=CHECKS)

        answers()


def test_every_operation_answers_wrong_input_as_the_document_says(document: Any, cookie: Headers, town: Town) -> None:
    for found in document.get_all_operations():
        operation = found.ok()
        if operation.method == "get" and not operation.query:
            continue  # nothing is sent that could be wrong
        wrong = operation.as_strategy(generation_mode=schemathesis.GenerationMode.NEGATIVE)

        @FEW
        @given(case=wrong)
        def answers(case: Any) -> None:
            case.call_and_validate(headers=cookie, checks=CHECKS)

        answers()


def test_a_method_that_an_address_does_not_know_gets_a_405_that_says_which_it_knows(
    document: Any, app: Flask, town: Town
) -> None:
    browser = app.test_client()
    for path, operations in document.raw_schema["paths"].items():
        known = {method.upper() for method in operations} & METHODS
        address = path.format(**town.samples)
        for method in METHODS - known:
            answer = browser.open(address, method=method)
            assert (answer.status_code, known <= set(answer.headers["Allow"].split(", "))) == (405, True), address
