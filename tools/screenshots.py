"""Take the pictures of README.md from a running demo: `python -m tools.screenshots --base http://127.0.0.1:8080`.

It books an hour for the scout troop and shows a card at a simulated door, so use a fresh demo (`./run demo --fresh`).
Needs Chromium and the packages of the tests.
"""

from __future__ import annotations

import argparse
import struct
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Literal
from urllib.parse import urljoin

from playwright.sync_api import Browser, Page, ViewportSize, sync_playwright

from tests.fixtures_browser import QUIET, installed_chromium
from web.demo.people import PEOPLE
from web.i18n import FORMATS

DESK, TABLE = ViewportSize(width=1280, height=960), ViewportSize(width=1080, height=900)
PHONE = ViewportSize(width=390, height=844)
PARK = "Satula kindergarten and park"
HALL = "Kindergarten hall"
ASKED = "&".join(  # a scout troop's weekly evening, as /rules/try asks it
    (
        "applicant.kind=association",
        "applicant.domicile=Espoo",
        "applicant.purposes=scout",
        "activity.purpose=weekly_meeting",
        "audience.total=20",
        "audience.under_18=18",
        "audience.residents=20",
        "audience.targets_residents=yes",
        "space.kind=hall",
        "space.premises_kind=kindergarten",
        "time.booking_type=regular",
        "time.start=2026-11-24T18:00",
        "time.end=2026-11-24T19:30",
    )
)


@dataclass(frozen=True, slots=True)
class Camera:
    """A browser, the running demo and where the pictures go."""

    browser: Browser
    base: str
    out: Path

    @contextmanager
    def person(
        self, who: str, language: str, size: ViewportSize = DESK, scheme: Literal["light", "dark"] = "light"
    ) -> Iterator[Page]:
        """A page with one of the demo's people signed in ("": nobody)."""
        context = self.browser.new_context(
            viewport=size, color_scheme=scheme, reduced_motion="reduce", locale=FORMATS[language].replace("_", "-")
        )
        page = context.new_page()
        page.goto(f"{self.base}/dev/sign-in?lang={language}")
        if who:
            page.locator("li.ds-card", has_text=PEOPLE[who].name).get_by_role("button").click()
        yield page
        context.close()

    def take(self, page: Page, name: str, path: str | None = None, *, most_px: int = 1400) -> None:
        """The page from its top, as long as it is but `most_px` at the most."""
        if path is not None:
            page.goto(self.base + path)
        size = page.viewport_size or DESK
        tall = int(page.evaluate("document.documentElement.scrollHeight"))
        page.set_viewport_size(ViewportSize(width=size["width"], height=max(480, min(tall, most_px))))
        (self.out / f"{name}.png").write_bytes(packed(page.screenshot()))
        page.set_viewport_size(size)
        print(name, (self.out / f"{name}.png").stat().st_size // 1000, "kB")


def packed(png: bytes) -> bytes:
    """The same picture, its data compressed as small as deflate can."""
    chunks, at = [], 8
    while at < len(png):
        (size,) = struct.unpack(">I", png[at : at + 4])
        chunks.append((png[at + 4 : at + 8], png[at + 8 : at + 8 + size]))
        at += size + 12
    image = zlib.compress(zlib.decompress(b"".join(body for kind, body in chunks if kind == b"IDAT")), 9)
    kept = [(b"IHDR", chunks[0][1]), (b"IDAT", image), (b"IEND", b"")]
    return png[:8] + b"".join(
        struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body)) for kind, body in kept
    )


def calendars(camera: Camera, tomorrow: date) -> None:
    """The week that begins next, on its Tuesday where one day is shown."""
    monday = tomorrow + timedelta(days=-tomorrow.weekday() % 7)
    asked = f"w={monday:%G-W%V}&d={monday + timedelta(days=1)}"
    with camera.person("scout", "fi") as page:
        camera.take(page, "week", f"/week?{asked}", most_px=1200)
    with camera.person("", "en") as page:
        camera.take(page, "day", f"/day?{asked}", most_px=1100)
    with camera.person("scout", "fi", PHONE, "dark") as page:
        camera.take(page, "week-phone-dark", f"/week?{asked}", most_px=1100)


def one_booking(camera: Camera, tomorrow: date) -> None:
    """The story: find a free hour, see class, price and why, confirm, and see the doors take the right."""
    with camera.person("scout", "en", TABLE) as page:
        page.goto(f"{camera.base}/find")
        place = page.locator("select[name=premises] option", has_text=PARK).get_attribute("value")
        days, hours = f"first_on={tomorrow}&last_on={tomorrow + timedelta(days=5)}", "start=16:00&end=22:00&minutes=60"
        camera.take(page, "find", f"/find?{days}&{hours}&people=16&premises={place}")
        page.locator("main li, main article", has_text=HALL).locator("a[href*='/book?']").first.click()
        fill(page)
        page.locator("main form[method=post] button[type=submit]").first.click()
        page.wait_for_url("**/confirm")
        camera.take(page, "confirm")
        page.locator("main form button[type=submit]").first.click()
        page.wait_for_url("**/bookings/*")
        wait_for_doors(page)
        camera.take(page, "booking")


def fill(page: Page) -> None:
    answers = {"title": "Wolf cubs’ extra meeting", "people": "16", "under_18": "14", "residents": "16"}
    for name, value in (answers | {"under_18_residents": "14"}).items():
        if page.locator(f"[name={name}]").count():
            page.fill(f"[name={name}]", value)
    page.select_option("[name=purpose]", "weekly_meeting")
    for name, value in {"group": "children", "targets_residents": "yes", "entry_fee": "no"}.items():
        for choice in page.locator(f"[name={name}][value={value}]").all():
            choice.check()


def wait_for_doors(page: Page) -> None:
    """The doors confirm within a second or two."""
    for _ in range(20):
        page.reload()
        if "In the door" in page.locator("main").inner_text():
            return
        page.wait_for_timeout(500)


def those_who_keep_the_house(camera: Camera) -> None:
    with camera.person("", "en") as page:
        page.goto(f"{camera.base}/dev/bench")
        for door, who in (("park-outer", "scout"), ("park-cabin", "club"), ("school-outer", "swedish")):
            show_card(page, door, PEOPLE[who].card)
        camera.take(page, "bench", "/dev/bench", most_px=1250)
    with camera.person("caretaker", "en") as page:
        open_remotely(page, "The key was left at home")
        camera.take(page, "tonight", "/tonight", most_px=1000)
    with camera.person("auditor", "en") as page:
        camera.take(page, "audit", "/audit", most_px=1000)
        camera.take(page, "audit-log", "/audit/log", most_px=900)
    with camera.person("manager", "en") as page:
        page.goto(f"{camera.base}/premises")
        page.get_by_role("link", name=PARK).first.click()
        camera.take(page, "premises")
        page.goto(f"{page.url.partition('?')[0]}/edit")
        camera.take(page, "premises-editor")


def those_who_set_rules_and_send_bills(camera: Camera) -> None:
    with camera.person("", "en") as page:
        camera.take(page, "rules", "/rules", most_px=1000)
        camera.take(page, "rules-try", f"/rules/try?book=espoo-2025-01&other=espoo-2019-08&{ASKED}", most_px=1300)
    with camera.person("manager", "en") as page:
        page.goto(f"{camera.base}/rulemaking")
        page.locator("main a[href*='/rulemaking/']", has_text="2027").first.click()
        camera.take(page, "rules-draft", most_px=1200)
        draft = page.url.partition("?")[0]
        camera.take(page, "rules-difference", f"{draft.removeprefix(camera.base)}/difference", most_px=1000)
        page.goto(f"{draft}/whatif")
        page.locator("main a[href*='/rulemaking/trials/']").first.click()
        camera.take(page, "rules-what-if", most_px=1200)
        camera.take(page, "happened", "/happened", most_px=1000)
    with camera.person("billing", "en") as page:
        camera.take(page, "invoicing", "/invoicing", most_px=1000)
        page.goto(f"{camera.base}/invoicing/invoices")
        page.locator("main a[href*='/invoices/']").first.click()
        camera.take(page, "invoice", most_px=1100)
    with camera.person("administrator", "en") as page:
        camera.take(page, "register-desk", "/register-desk", most_px=1000)
        camera.take(page, "support", "/reports", most_px=900)


def those_who_mind_the_doors(camera: Camera) -> None:
    """Doors as the caretaker sees them at night, and as a manager fits and rules them."""
    with camera.person("caretaker", "en") as page:
        camera.take(page, "alarms", "/alarms", most_px=1000)
        camera.take(page, "doors-live", "/doors/live", most_px=900)
        camera.take(page, "doors-behind", "/doors/behind", most_px=1000)
    with camera.person("manager", "en") as page:
        page.goto(f"{camera.base}/doors")
        page.locator("main a[href*='/doors/']", has_text="hall").first.click()
        door = page.url.partition("?")[0].removeprefix(camera.base)
        camera.take(page, "door", door, most_px=1300)
        camera.take(page, "door-rules", f"{door}/rules", most_px=1200)
        camera.take(page, "door-free-times", f"{door}/free", most_px=1100)
        page.goto(f"{camera.base}/premises")
        page.get_by_role("link", name=PARK).first.click()
        place = page.url.partition("?")[0].removeprefix(camera.base)
        camera.take(page, "lockdown", f"{place}/door-modes", most_px=1000)
        camera.take(page, "door-fitting", f"{place}/doors/new", most_px=1200)
    with camera.person("manager", "en", PHONE) as page:
        camera.take(page, "door-test-phone", f"{door}/test", most_px=1100)


def season_rounds(camera: Camera) -> None:
    """The round open now as applicants see it; the one of this season as it was allocated and decided."""
    with camera.person("scout", "en", PHONE) as page:
        page.goto(f"{camera.base}/my-applications")
        page.locator("main a[href*='/applications/']").first.click()
        camera.take(page, "round-application", most_px=1500)
        camera.take(page, "round-my-slots", "/my-grants", most_px=1300)
    with camera.person("manager", "en") as page:
        camera.take(page, "annual-clock", "/annual-clock", most_px=1300)
        page.goto(f"{camera.base}/rounds")
        running = (
            page.locator("main tbody tr", has_text="decided")
            .locator("a", has_text="Autumn")
            .or_(page.locator("main tbody tr", has_text="decided").locator("a", has_text="Spring"))
        )
        running.first.click()
        round_ = page.url.partition("?")[0].removeprefix(camera.base)
        camera.take(page, "round", most_px=1300)
        camera.take(page, "round-criteria", f"{round_}/criteria", most_px=1300)
        page.goto(f"{camera.base}{round_}/scenarios")
        page.locator("main tbody a[href*='/scenarios/']").last.click()
        draft = page.url.partition("?")[0].removeprefix(camera.base)
        camera.take(page, "round-draft", most_px=1200)
        camera.take(page, "round-week", f"{draft}/grid", most_px=1200)
        camera.take(page, "round-unserved", f"{draft}/unserved", most_px=1000)
        camera.take(page, "round-calendar", f"{round_}/calendar", most_px=1000)
        camera.take(page, "left-overs", "/left-overs", most_px=1000)


def show_card(page: Page, door: str, card: str) -> None:
    tap = page.locator(f"#door-{door} form.tap")
    tap.locator("[name=card]").select_option(card)
    with page.expect_navigation():
        tap.get_by_role("button").click()


def open_remotely(page: Page, reason: str) -> None:
    """Open the first door of the board."""
    page.goto(urljoin(page.url, "/tonight"))
    page.get_by_role("link", name="Open remotely").first.click()
    page.fill("[name=reason]", reason)
    with page.expect_navigation():
        page.locator("main form[method=post] button[type=submit]").first.click()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--base", default="http://127.0.0.1:8080", help="where the demo runs")
    parser.add_argument("--out", type=Path, default=Path("docs/screenshots"))
    asked = parser.parse_args()
    today = datetime.now(UTC).date()  # noqa: TID251 - the demo lives today
    asked.out.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=installed_chromium(), args=QUIET)
        camera = Camera(browser, asked.base.rstrip("/"), asked.out)
        calendars(camera, today + timedelta(days=1))
        one_booking(camera, today + timedelta(days=1))
        those_who_keep_the_house(camera)
        those_who_set_rules_and_send_bills(camera)
        those_who_mind_the_doors(camera)
        season_rounds(camera)
        browser.close()


if __name__ == "__main__":
    main()
