"""The page at the control address in a real browser: doors are tapped, pulled and broken, by mouse and by keyboard."""

import threading
from collections.abc import Iterator
from typing import Any

import pytest

from firmware_sim import scenario, virtual
from firmware_sim.api import ControlServer

LIST = {"at_s": 1, "rights": [{"card": "62E3086CED"}]}
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


@pytest.fixture
def address() -> Iterator[str]:
    """Three doors in virtual time that has come so far that they have their lists."""
    table = {"seed": 3, "sites": [{"name": "koulu", "doors": 3}], "lists": [LIST]}
    world = virtual.World(scenario.scenario(table))
    world.run(10)
    server = ControlServer(world.site, 0)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}/"
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def page(chromium: Any, axe_source: str, address: str) -> Iterator[Any]:
    context = chromium.new_context(viewport={"width": 360, "height": 740})
    context.add_init_script(axe_source)
    shown = context.new_page()
    shown.errors = []
    shown.on("console", lambda said: shown.errors.append(said.text) if said.type == "error" else None)
    shown.goto(address)
    shown.get_by_role("heading", name="koulu-0003").wait_for()
    yield shown
    context.close()


def door(page: Any, name: str) -> Any:
    return page.get_by_role("listitem").filter(has_text=name)


def test_doors_are_tapped_pulled_and_broken(page: Any) -> None:
    first = door(page, "koulu-0001")
    first.get_by_role("button", name="Tap").press("Enter")
    page.get_by_text("koulu-0001: granted").wait_for()
    first.get_by_text("unlocked").wait_for()
    second = door(page, "koulu-0002")
    second.get_by_role("button", name="Network out").press("Space")
    second.get_by_text("unplugged").wait_for()
    second.get_by_role("button", name="Door open", exact=True).click()
    second.get_by_text("locked, open").wait_for()
    second.get_by_role("button", name="Fire alarm").click()
    second.get_by_text("fire active").wait_for()
    assert second.get_by_role("button", name="Fire alarm").get_attribute("aria-pressed") == "true"
    page.get_by_role("button", name="Pull all plugs").click()
    page.get_by_text("3 unplugged").wait_for()
    page.get_by_label("Name, * for anything").fill("*-0003")
    page.get_by_text("1 shown").wait_for()
    page.get_by_label("Card, hexadecimal").fill("zz")
    door(page, "koulu-0003").get_by_role("button", name="Tap").click()
    page.get_by_role("status").get_by_text("koulu-0003: ").wait_for()
    assert [error for error in page.errors if "422" not in error] == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_page_has_no_barriers_and_fits_a_phone(page: Any, scheme: str) -> None:
    page.emulate_media(color_scheme=scheme)
    found = page.evaluate("(tags) => axe.run(document, {runOnly: {type: 'tag', values: tags}})", TAGS)
    assert [(one["id"], [node["html"] for node in one["nodes"]]) for one in found["violations"]] == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
