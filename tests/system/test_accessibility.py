"""Every page in three languages, light and dark, wide and narrow: no fault that a machine can find."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pytest
from playwright.sync_api import Browser
from playwright.sync_api import Page as Tab

from booking.settings import Settings
from tests.fixtures_databases import migrate
from tests.system.eyes import Eyes, enter, eyes
from tests.system.pages import FORMS, NOT_PAGES, NOT_PAGES_OF, PAGES, Page
from tests.system.samples import samples
from tests.system.town import Town, running_town
from web.app import create_app
from web.demo.people import PEOPLE

pytestmark = [pytest.mark.system, pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(400)]
LANGUAGES = ("fi", "sv", "en")
VISITORS = tuple(dict.fromkeys(page.who for page in PAGES))
SPOIL = """() => {
  document.documentElement.lang = "xx";
  document.querySelector("main").insertAdjacentHTML("beforeend", `<p class="bad">pale</p>
    <img src="/static/icon.svg"><button class="tiny" aria-label="tiny"></button><div class="wide">wide</div>
    <i style="color: red">inline style</i>`);
  const set = (name, values) => Object.assign(document.querySelector(name).style, values);
  set(".bad", {color: "#888", background: "#999"});
  set(".tiny", {width: "10px", height: "10px", minHeight: 0, padding: 0, border: 0, display: "block"});
  set(".wide", {width: "900px", marginLeft: "-16px"});
}"""
# The element that has the focus, and whether that can be seen; null when the focus has left the page.
STOP = """() => {
  const here = document.activeElement;
  if (!here || here === document.body) return null;
  const style = getComputedStyle(here);
  const outlined = style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2;
  return {what: here.outerHTML.slice(0, 120), href: here.getAttribute("href"), marked: outlined};
}"""
CELL = """() => {
  const cell = document.activeElement.closest("td");
  return {row: cell?.parentNode.rowIndex, column: cell?.cellIndex};
}"""


@dataclass(frozen=True, slots=True)
class Open:
    """The running town with what its addresses need. Only SQLite: what pages look like does not depend on it."""

    town: Town
    samples: Mapping[str, str]

    def path(self, page: Page) -> str:
        return page.path.format_map(self.samples)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Open]:
    folder = tmp_path_factory.mktemp("pages")
    url = f"sqlite:///{folder / 'vuoro.sqlite'}"
    migrate(url)
    with running_town(url, folder) as town:
        yield Open(town, samples(town))


def name_of(who: str) -> str:
    return PEOPLE[who].name if who else ""


def told(faults: Mapping[str, list[str]]) -> str:
    return "\n".join(f"{path}: {fault}" for path, found in faults.items() for fault in found)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("who", VISITORS, ids=lambda who: who or "nobody")
def test_no_page_has_a_fault_a_machine_can_find(
    place: Open, chromium: Browser, axe_source: str, who: str, language: str
) -> None:
    with eyes(chromium, axe_source, place.town.base_url, language, name_of(who)) as looking:
        mine = [page for page in PAGES if page.who == who]
        faults = {page.path: looking.look(place.path(page), page.status) for page in mine}
    assert not any(faults.values()), told(faults)


@pytest.mark.parametrize("who", tuple(dict.fromkeys(page.who for page in FORMS)), ids=lambda who: who or "nobody")
def test_a_form_sent_empty_comes_back_without_a_fault(
    place: Open, chromium: Browser, axe_source: str, who: str
) -> None:
    with eyes(chromium, axe_source, place.town.base_url, "fi", name_of(who)) as looking:
        faults = {page.path: _sent_empty(looking, place.path(page)) for page in FORMS if page.who == who}
    assert not any(faults.values()), told(faults)


def _sent_empty(looking: Eyes, path: str) -> list[str]:
    looking.tab.goto(looking.base_url + path)
    if looking.tab.locator("main form[method=post]").count() == 0:
        return ["the page has no form to send"]
    wrong = looking.send_empty(path)
    focused = looking.tab.evaluate("document.activeElement.id")
    return wrong if focused == "errors" else [*wrong, f"the focus is on {focused!r}, not on the summary of errors"]


def test_the_looking_finds_what_is_wrong(place: Open, chromium: Browser, axe_source: str) -> None:
    """A measure that finds nothing anywhere measures nothing."""
    with eyes(chromium, axe_source, place.town.base_url, "fi") as looking:
        looking.tab.goto(f"{place.town.base_url}/help")
        looking.tab.evaluate(SPOIL)
        wrong = " ".join(looking.judge(200, 200))
    for sign in ("color-contrast", "image-alt", "says it is in xx", "320 px: page is 900 px wide", "small: 10x10"):
        assert sign in wrong
    assert "Content Security Policy" in wrong


def test_every_page_of_the_app_is_looked_at(place: Open) -> None:
    """A new page is put into pages.py, or among what is no page."""
    app = create_app(Settings("sqlite://", "a secret that only tests know", "a key that only tests know", demo=True))
    adapter = app.url_map.bind("localhost")
    seen = {adapter.match(place.path(page).partition("?")[0])[0] for page in PAGES if page.status != 404}
    pages = {rule.endpoint for rule in app.url_map.iter_rules() if "GET" in (rule.methods or ())}
    unseen = {one for one in pages - seen - NOT_PAGES if not one.startswith(NOT_PAGES_OF)}
    assert not unseen, f"put into tests/system/pages.py: {sorted(unseen)}"


@pytest.mark.parametrize("path", ["/week", "/find", "/book"])
def test_the_keyboard_alone_goes_through_a_page_and_shows_where_it_is(
    place: Open, chromium: Browser, axe_source: str, path: str
) -> None:
    with eyes(chromium, axe_source, place.town.base_url, "fi", name_of("scout")) as looking:
        looking.tab.goto(place.town.base_url + path)
        stops: list[dict[str, Any]] = []
        while (stop := _next_stop(looking.tab)) is not None and len(stops) < 400:
            stops.append(stop)
        unmarked = [one["what"] for one in stops if not one["marked"]]
    assert stops[0]["href"] == "#main", "the first stop is not the way past the menu"
    assert 20 < len(stops) < 400, "the keyboard is caught, or gets nowhere"
    assert not unmarked


def _next_stop(tab: Tab) -> dict[str, Any] | None:
    tab.keyboard.press("Tab")
    stop: dict[str, Any] | None = tab.evaluate(STOP)
    return stop


def test_arrow_keys_move_between_the_days_and_rooms_of_the_week(
    place: Open, chromium: Browser, axe_source: str
) -> None:
    with eyes(chromium, axe_source, place.town.base_url, "fi", name_of("scout")) as looking:
        looking.tab.goto(f"{place.town.base_url}/week?d={place.samples['day_after']}")
        looking.tab.locator(".wk td a").first.focus()
        before = looking.tab.evaluate(CELL)
        looking.tab.keyboard.press("ArrowRight")
        beside = looking.tab.evaluate(CELL)
    assert (beside["row"], beside["column"]) == (before["row"], before["column"] + 1)


def test_the_main_pages_work_without_javascript(place: Open, chromium: Browser) -> None:
    """Find a free hour, book it and see it, with scripts switched off."""
    context = chromium.new_context(java_script_enabled=False)
    tab = context.new_page()
    enter(tab, place.town.base_url, "en", name_of("scout"))
    for path in ("/week", "/day", "/list"):
        tab.goto(place.town.base_url + path)
        assert tab.locator("main a[href*='/book']").count(), f"{path} has no way on to booking"
    tab.goto(f"{place.town.base_url}/find?first_on={place.samples['day_after']}&people=20&minutes=60")
    tab.locator("main a[href*='/book?']").first.click()
    _fill(tab)
    tab.locator("main form[method=post] button[type=submit]").first.click()
    assert "/confirm" in tab.url, tab.locator("main").inner_text()
    tab.locator("main form[action*='confirm'] button[type=submit], main form:not([action]) button").first.click()
    assert "/bookings/" in tab.url
    assert "confirm" not in tab.url
    context.close()


def _fill(tab: Tab) -> None:
    """What the booking form asks beyond the time that came with the address."""
    tab.locator("[name=title]").fill("Ilman skriptejä")
    tab.locator("[name=people]").fill("10")
    tab.locator("[name=purpose]").select_option("weekly_meeting")
