"""Every page in every language, light and dark, wide and narrow: no axe violation, nothing sideways or too small."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page
from sqlalchemy.orm import Session

from booking.models import Person
from booking.roles import OF_ORGANISATION, OF_PREMISES, Role
from tests import make
from tests.web.conftest import LiveApp
from tests.web.samples import SAMPLES
from tests.web.test_permissions import address, methods
from tests.web.town import Town

RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
# Answers that are no pages: files, data, and addresses that only lead on.
NO_PAGES = {"static", "site.home", "site.healthz", "site.readyz", "account.export", "account.link", "outbox.attachment"}
# Smaller than 24 px in either direction, hidden and screen-reader-only ones left out.
SMALL = """() => [...document.querySelectorAll('a, button, summary, input:not([type=hidden]), select')].filter(one => {
    const box = one.getBoundingClientRect();
    return box.width > 1 && box.height > 1 && (box.height < 24 || box.width < 24);
}).map(one => one.outerHTML.slice(0, 120))"""


def pages(app: Flask, town: Town) -> Iterator[str]:
    """The address of every page that can be looked at."""
    for rule in app.url_map.iter_rules():
        data = rule.rule.startswith("/api/") or "." in rule.rule
        if "GET" in methods(rule) and rule.endpoint not in NO_PAGES and not data:
            yield address(app, rule, town)


def person_of_all_roles(session: Session, town: Town) -> Person:
    """Somebody who may open everything."""
    someone = make.person(session, "Kaikki Kaikkonen", "kaikki@demo.example")
    for role in Role:
        scope: dict[str, Any] = {"organisation_id": town.organisation.id} if role in OF_ORGANISATION else {}
        make.role(session, someone, role, **scope | ({"premises_id": town.premises.id} if role in OF_PREMISES else {}))
    return someone


@pytest.fixture
def open_town(live_app: LiveApp) -> LiveApp:
    """The live app with samples for every page, and a person of all roles to sign in as."""
    with live_app.sessions.begin() as session:
        made = {name: sample(session, live_app.town) for name, sample in SAMPLES.items()}
        live_app.town.samples |= made | {"person_ref": person_of_all_roles(session, live_app.town).ref}
    return live_app


def signed_in(chromium: Browser, live: LiveApp, language: str) -> Page:
    page = chromium.new_context(base_url=live.url, bypass_csp=True).new_page()
    page.goto(f"/dev/sign-in?lang={language}")
    page.locator(f"form[action$='{live.town.samples['person_ref']}'] button").click()
    return page


def violations(page: Page, rules: str) -> list[str]:
    ran = page.evaluate(f"axe.run({{{rules}}})")
    return [f"{one['id']}: {one['nodes'][0]['html'][:160]}" for one in ran["violations"]]


def flaws(page: Page, axe_source: str) -> list[str]:
    """What is wrong with the page now open: wide and light, then dark, then as narrow as WCAG asks for."""
    page.set_viewport_size({"width": 1280, "height": 800})
    page.emulate_media(color_scheme="light")
    page.evaluate(axe_source)
    found = violations(page, f"runOnly: {RULES}, resultTypes: ['violations']")
    page.emulate_media(color_scheme="dark")
    found += [f"dark {one}" for one in violations(page, "runOnly: ['color-contrast'], resultTypes: ['violations']")]
    page.set_viewport_size({"width": 320, "height": 800})
    found += [f"too small: {html}" for html in page.evaluate(SMALL)]
    if page.evaluate("document.documentElement.scrollWidth > window.innerWidth"):
        found.append("scrolls sideways")
    return found


@pytest.mark.browser
@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
@pytest.mark.parametrize("language", ["fi", "sv", "en"])
def test_every_page_is_accessible(open_town: LiveApp, chromium: Browser, axe_source: str, language: str) -> None:
    page = signed_in(chromium, open_town, language)
    errors: list[str] = []
    page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
    found = []
    for url in pages(open_town.app, open_town.town):
        answer = page.goto(url)
        assert answer is not None
        if "<html" in answer.text():  # not a piece of a page, fetched by one
            said = errors if answer.ok else []  # a browser calls every 404 an error
            found += [f"{url} ({answer.status}): {one}" for one in [*flaws(page, axe_source), *said]]
        errors.clear()
    page.context.close()
    if found:
        pytest.fail("\n".join(found))
