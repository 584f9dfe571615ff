"""Looking at pages as other eyes, hands and devices do: axe in both colour schemes, and our own measures."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, ViewportSize
from playwright.sync_api import Page as Tab

TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
# The rules whose answer depends on the colours; all others answer the same in both schemes.
OF_COLOUR = ["color-contrast", "link-in-text-block"]
# The rules whose answer depends on the words: a page has the same elements and colours in every language.
OF_WORDS = [
    "aria-input-field-name",
    "button-name",
    "document-title",
    "duplicate-id-aria",
    "empty-heading",
    "empty-table-header",
    "html-has-lang",
    "image-alt",
    "label",
    "landmark-unique",
    "link-name",
    "page-has-heading-one",
    "select-name",
    "summary-name",
    "valid-lang",
]
WIDE, NARROW = ViewportSize(width=1280, height=900), ViewportSize(width=320, height=640)
FIRST_LANGUAGE = "fi"
LEAST_TARGET_PX = 24  # WCAG 2.2, success criterion 2.5.8

AXE = """async (only) => {
  const found = await axe.run(document, {runOnly: only, resultTypes: ["violations"]});
  const why = node => (node.any[0] ?? node.all[0] ?? node.none[0])?.message ?? "";
  return found.violations.flatMap(one => one.nodes.map(node => `${one.id} ${node.target.join(" ")} ${why(node)}`));
}"""
# Targets smaller than `least` either way, except links within a sentence and what only shows on focus.
SMALL = """(least) => [...document.querySelectorAll(
  "a[href], button, summary, input:not([type=hidden]), select, textarea")].filter(element => {
    const box = element.getBoundingClientRect(), style = getComputedStyle(element);
    const unseen = box.width <= 1 || box.height <= 1 || style.visibility === "hidden" || element.closest(".skip, .vh");
    const inText = element.matches("a") && style.display === "inline"
      && element.parentElement.textContent.trim().length > element.textContent.trim().length;
    return !unseen && !inText && (box.width < least - .5 || box.height < least - .5);
  }).map(element => {
    const box = element.getBoundingClientRect();
    return `${box.width.toFixed()}x${box.height.toFixed()} ${element.outerHTML.slice(0, 140)}`;
  })"""
# What reaches beyond the window without a scrolling region of its own around it.
BEYOND = """() => {
  const width = document.documentElement.clientWidth;
  if (document.documentElement.scrollWidth <= width) return [];
  const kept = ["auto", "scroll", "hidden", "clip"];
  const scrolls = element => element
    && (kept.includes(getComputedStyle(element).overflowX) || scrolls(element.parentElement));
  const out = [...document.body.querySelectorAll("*")].filter(element =>
    element.getBoundingClientRect().right > width + 1 && !scrolls(element.parentElement));
  return [`page is ${document.documentElement.scrollWidth} px wide: `
    + out.slice(-3).map(element => element.outerHTML.slice(0, 120)).join(" | ")];
}"""
SEND_EMPTY = """() => {
  const form = document.querySelector("main form[method=post]");
  for (const field of form.querySelectorAll("input, textarea"))
    if (!["hidden", "checkbox", "radio"].includes(field.type)) field.value = "";
  form.submit();
}"""


class Eyes:
    """One person's browser in one language. The pages of the first language are judged by every rule, those of the
    others by what words can change."""

    def __init__(self, context: BrowserContext, base_url: str, language: str) -> None:
        self.base_url, self.language = base_url, language
        self.tab = context.new_page()
        self.said: list[str] = []
        self.tab.on("console", self._note)
        self.tab.on("pageerror", lambda error: self.said.append(f"script: {error}"))

    def _note(self, message: ConsoleMessage) -> None:
        own_status = "Failed to load resource" in message.text and message.location["url"] == self.tab.url
        if message.type in {"error", "warning"} and not own_status:
            self.said.append(f"console: {message.text}")

    def look(self, path: str, status: int = 200) -> list[str]:
        """Open the page and say what is wrong with it."""
        answer = self.tab.goto(self.base_url + path)
        return self.judge(answer.status if answer else 0, status)

    def send_empty(self, path: str) -> list[str]:
        """Send the page's form with nothing in it, past the browser's own checks, and judge what comes back."""
        self.tab.goto(self.base_url + path)
        with self.tab.expect_navigation() as sent:
            self.tab.evaluate(SEND_EMPTY)
        return self.judge(sent.value.status, 422)

    def judge(self, status: int, wanted: int) -> list[str]:
        """Everything wrong with the page now open."""
        wrong = [] if status == wanted else [f"answered {status}, not {wanted}"]
        spoken = self.tab.locator("html").get_attribute("lang")
        wrong += [] if spoken == self.language else [f"says it is in {spoken}"]
        wrong += self._axe_says()
        self.tab.set_viewport_size(NARROW)
        wrong += self.measured("320 px")
        self.tab.set_viewport_size(WIDE)
        wrong += [f"small: {one}" for one in self.tab.evaluate(SMALL, LEAST_TARGET_PX)]
        heard, self.said[:] = list(self.said), []
        return wrong + heard

    def _axe_says(self) -> list[str]:
        if self.language != FIRST_LANGUAGE:
            return self.axe({"type": "rule", "values": OF_WORDS})
        light = self.axe({"type": "tag", "values": TAGS})
        self.tab.emulate_media(color_scheme="dark")
        dark = [f"dark: {one}" for one in self.axe({"type": "rule", "values": OF_COLOUR})]
        self.tab.emulate_media(color_scheme="light")
        return light + dark

    def axe(self, only: dict[str, Any]) -> list[str]:
        found: list[str] = self.tab.evaluate(AXE, only)
        return found

    def measured(self, where: str) -> list[str]:
        small: list[str] = self.tab.evaluate(SMALL, LEAST_TARGET_PX)
        return [f"{where}: small: {one}" for one in small] + [f"{where}: {one}" for one in self.tab.evaluate(BEYOND)]


@contextmanager
def eyes(chromium: Browser, axe_source: str, base_url: str, language: str, name: str = "") -> Iterator[Eyes]:
    """A browser in which the demo's person of this name is signed in ("": nobody), in the light scheme."""
    context = chromium.new_context(viewport=WIDE, color_scheme="light", reduced_motion="reduce")
    context.add_init_script(axe_source)  # what a browser adds itself is outside the page's content security policy
    try:
        made = Eyes(context, base_url, language)
        enter(made.tab, base_url, language, name)
        made.said.clear()
        yield made
    finally:
        context.close()


def enter(tab: Tab, base_url: str, language: str, name: str = "") -> None:
    """Choose the language, and sign in with the demo's one click."""
    tab.goto(f"{base_url}/dev/sign-in?lang={language}")
    if name:
        tab.locator("li.ds-card", has_text=name).get_by_role("button").click()
