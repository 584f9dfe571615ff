"""What every page carries: the strict policy, CSRF, languages, errors in words, limits, caching."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from flask import Flask
from flask.testing import FlaskClient

from booking.refusals import Refusal
from booking.roles import Role
from tests.web.conftest import QUIET, ClientAs
from tests.web.town import Clock, Town
from web import errors
from web.app import create_app


def refusals(kind: type[Refusal] = Refusal) -> list[type[Refusal]]:
    return [kind, *(found for below in kind.__subclasses__() for found in refusals(below))]


def by_code(kind: type[Refusal]) -> str:
    return kind.code


EVERY: list[type[Refusal]] = sorted(refusals(), key=by_code)


@pytest.mark.parametrize("refusal", EVERY, ids=by_code)
def test_every_refusal_has_a_sentence(refusal: type[Refusal]) -> None:
    assert refusal.code in errors.SENTENCES


def test_the_policy_allows_nothing_inline_and_nobody_else(client_as: ClientAs) -> None:
    policy = client_as(None).get("/help").headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "http" not in policy


@pytest.mark.parametrize("url", ["/help", "/sign-in", "/me", "/organisations", "/nowhere", "/dev/mail"])
def test_pages_hold_no_inline_code_and_nothing_from_elsewhere(client_as: ClientAs, url: str) -> None:
    page = client_as(Role.SECRETARY).get(url).text
    assert not re.search(r"\sstyle=|<style|\son[a-z]+=|javascript:", page)
    assert not re.search(r"<script(?![^>]*\ssrc=)", page)
    assert not re.findall(r'(?:src|href)="(?:https?:)?//', page.replace("xmlns", ""))


def test_static_files_are_kept_for_ever_under_an_address_that_follows_their_content(client_as: ClientAs) -> None:
    client = client_as(None)
    address = re.findall(r'href="(/static/app\.css\?v=\w+)"', client.get("/help").text)[0]
    kept = client.get(address, buffered=True)
    assert "immutable" in kept.headers["Cache-Control"]
    stale = client.get("/static/app.css?v=000000000000", buffered=True)
    assert stale.headers["Cache-Control"] == "no-cache"


def test_pages_of_people_are_not_kept_by_anybody(client_as: ClientAs) -> None:
    assert "no-store" in client_as(Role.BOOKER).get("/me").headers["Cache-Control"]


def test_the_session_cookie_is_closed_to_scripts_and_other_sites(app: Flask) -> None:
    cookie = app.test_client().get("/help?lang=sv").headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie


def test_over_https_the_cookie_is_secure_and_the_browser_told_to_stay(settings, rolled_back) -> None:
    from dataclasses import replace

    app = create_app(replace(settings, base_url="https://tilat.esimerkki.example"), rolled_back)
    answer = app.test_client().get("/help?lang=sv", base_url="https://tilat.esimerkki.example")
    assert "Secure" in answer.headers["Set-Cookie"]
    assert answer.headers["Set-Cookie"].startswith("__Host-vuoro=")
    assert "max-age" in answer.headers["Strict-Transport-Security"]


@pytest.fixture
def guarded(rolled_back, settings, clock: Clock) -> Flask:
    """The app with CSRF tokens and limits, as it serves people."""
    return create_app(
        settings, rolled_back, QUIET | {"CLOCK": clock, "WTF_CSRF_ENABLED": True, "RATELIMIT_ENABLED": True}
    )


def test_a_form_without_its_token_changes_nothing_and_says_so(guarded: Flask) -> None:
    answer = guarded.test_client().post("/sign-in?lang=en", data={"email": "maija@example.fi"})
    assert answer.status_code == 400
    assert "Nothing was changed" in answer.text


def test_a_form_with_its_token_is_taken(guarded: Flask) -> None:
    client = guarded.test_client()
    assert send_email(client).status_code == 302


def send_email(client: FlaskClient):
    token = re.findall(r'name="csrf_token" value="([^"]+)"', client.get("/sign-in").text)[0]
    return client.post("/sign-in", data={"email": "maija@example.fi", "csrf_token": token})


def test_a_form_on_somebody_elses_page_is_refused(client_as: ClientAs) -> None:
    answer = client_as(Role.BOOKER).post("/sign-out", headers={"Sec-Fetch-Site": "cross-site"})
    assert answer.status_code == 403


def test_asking_for_letters_without_end_is_stopped(guarded: Flask) -> None:
    client = guarded.test_client()
    answers = [send_email(client).status_code for _ in range(11)]
    assert answers == [302] * 10 + [429]


@pytest.mark.parametrize(("asked", "expected"), [("fi", "Ohjeet"), ("sv", "Hjälp"), ("en", "Help")])
def test_a_language_asked_for_stays(client_as: ClientAs, asked: str, expected: str) -> None:
    client = client_as(None)
    assert f'<h1 class="ds-heading" data-size="lg">{expected}</h1>' in client.get(f"/help?lang={asked}").text
    assert f'<html lang="{asked}"' in client.get("/privacy").text


def test_finnish_unless_a_browser_prefers_swedish(app: Flask) -> None:
    client = app.test_client()
    assert '<html lang="fi"' in client.get("/help", headers={"Accept-Language": "en-US,en"}).text
    assert '<html lang="sv"' in client.get("/help", headers={"Accept-Language": "sv-FI,sv,fi;q=0.5"}).text


def test_the_language_switch_keeps_the_page_and_its_choices(client_as: ClientAs) -> None:
    page = client_as(Role.BOOKER).get("/organisations?q=kuusikko&kind=association").text
    switch = re.findall(r'href="([^"]+)" lang="sv"', page)[0]
    assert {"q=kuusikko", "kind=association", "lang=sv"} == set(switch.partition("?")[2].split("&amp;"))


def test_an_unknown_page_and_a_wrong_method_say_so_in_words(client_as: ClientAs) -> None:
    client = client_as(None, language="fi")
    assert "Sivua ei löytynyt" in client.get("/nowhere").text
    wrong = client.post("/help")
    assert wrong.status_code == 405
    assert "GET" in wrong.headers["Allow"]


def test_programs_get_errors_as_json(client_as: ClientAs) -> None:
    answer = client_as(None).get("/api/nowhere")
    assert answer.status_code == 404
    assert set(answer.get_json()) == {"code", "message", "facts"}


def test_a_thing_too_large_is_refused(client_as: ClientAs) -> None:
    answer = client_as(None).post("/sign-in", data={"email": "x" * 1_100_000})
    assert answer.status_code == 413


def test_our_own_fault_is_told_without_details(app: Flask, client_as: ClientAs) -> None:
    from web.auth import PUBLIC, requires

    @requires(PUBLIC)
    def broken() -> str:
        raise RuntimeError("a secret detail")

    app.add_url_rule("/broken", "broken", broken)
    app.config |= {"TESTING": False, "PROPAGATE_EXCEPTIONS": False}
    answer = client_as(None).get("/broken")
    assert answer.status_code == 500
    assert "Our fault" in answer.text
    assert "secret" not in answer.text


def test_a_missing_person_of_a_wrong_role_sees_why(client_as: ClientAs) -> None:
    answer = client_as(Role.BOOKER).get("/people")
    assert answer.status_code == 403
    assert "You do not have the right" in answer.text


def test_health_says_ok_and_readiness_names_its_checks(client_as: ClientAs, town: Town) -> None:
    client = client_as(None)
    assert client.get("/healthz").json == {"status": "ok"}
    ready = client.get("/readyz")
    assert ready.status_code == 200
    assert set(ready.get_json()["checks"]) >= {"database", "migrations", "letters"}


def test_large_pages_are_compressed(client_as: ClientAs) -> None:
    answer = client_as(None).get("/help", headers={"Accept-Encoding": "br"})
    assert answer.headers["Content-Encoding"] == "br"


def test_a_real_server_answers_several_at_once(live_app) -> None:
    from concurrent.futures import ThreadPoolExecutor
    from urllib.request import urlopen

    def fetch(_n: int) -> int:
        with urlopen(f"{live_app.url}/help") as answer:
            return int(answer.status)

    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(fetch, range(16))) == {200}


def test_help_is_where_the_settings_say_and_nowhere_when_they_are_silent(settings, rolled_back) -> None:
    silent = create_app(settings, rolled_back, QUIET).test_client().get("/help?lang=en").text
    assert "Ask us" not in silent
    assert "Help by phone" not in silent
    told = replace(settings, help_phone="09 000 1234", help_email="apua@esimerkki.example", help_hours="9–15")
    client = create_app(told, rolled_back, QUIET).test_client()
    page = client.get("/help?lang=en").text
    assert "By phone: 09 000 1234." in page
    assert "We answer on working days at 9–15." in page
    assert "Help by phone: 09 000 1234" in page
    for url in ("/help", "/saavutettavuus"):
        assert "mailto:apua@esimerkki.example" in client.get(url).text
