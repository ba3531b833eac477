"""A real browser on this machine, and what is wrong with any page that it shows."""

import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from types import MappingProxyType
from typing import Any

from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Request, expect, sync_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
CHROMIUM = next(filter(None, map(shutil.which, NAMES)), None)
"""None: there is no browser here."""
FLAGS = (
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"),
    *("--disable-component-update", "--disable-sync"),
    # No name of another host is looked up: what a page asks of one fails, and the test with it.
    "--host-resolver-rules=MAP tend.example.com 127.0.0.1, MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
)
PHONE: Mapping[str, Any] = MappingProxyType(
    {"viewport": {"width": 390, "height": 844}, "is_mobile": True, "has_touch": True}
)
DESK: Mapping[str, Any] = MappingProxyType({"viewport": {"width": 1280, "height": 800}})
DEADLINE_MS = 60_000
"""How long a page may take, on a machine that is busy with other things."""

LAID_OUT_BADLY = """
() => {
  const faults = [], html = document.documentElement;
  if (html.scrollWidth > html.clientWidth) faults.push("one has to scroll sideways");
  for (const part of document.querySelectorAll("td, th, dt, dd, p, li, h1, h2, h3, label, span, small")) {
    if (part.closest(".unseen, [aria-hidden=true]")) continue;
    const {width, height} = part.getBoundingClientRect(), words = part.textContent.trim();
    if (width && width < 40 && height > 120 && words.length > 8) faults.push(`a letter a line: ${words.slice(0, 40)}`);
  }
  return faults;
}
"""
"""Words that stand one below the other, letter by letter, do not make a page wider; nobody reads them either."""


@contextmanager
def run_chromium() -> Iterator[Browser]:
    """One browser, for as long as the block lasts."""
    expect.set_options(timeout=DEADLINE_MS)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


class Visitor:
    """Somebody with a browser of their own: cookies, tabs, and what went wrong on all their pages."""

    def __init__(self, browser: Browser, address: str, device: Mapping[str, Any]) -> None:
        self.problems: list[str] = []
        """Errors of scripts, what the policy of a page forbids, requests to other hosts, answers of 4xx and 5xx."""
        self.expected: str | None = None
        """What the test is about: a problem whose words hold this is none."""
        self.context: BrowserContext = browser.new_context(base_url=address, locale="en-US", **device)
        self.context.set_default_timeout(DEADLINE_MS)
        self._own = f"{address}/"
        self.context.on("console", self._hear)
        self.context.on("weberror", lambda error: self.problems.append(str(error.error)))
        self.context.on("request", self._see)
        self.page: Page = self.context.new_page()

    def open(self, path: str) -> Page:
        """Go to an address."""
        self.page.goto(path)
        return self.page

    def _hear(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning") and not (self.expected and self.expected in message.text):
            self.problems.append(f"{message.page.url if message.page else ''}: {message.text}")

    def _see(self, request: Request) -> None:
        if not request.url.startswith((self._own, "data:", "blob:")):
            self.problems.append(f"asked another host: {request.url}")


def badly_laid_out(page: Page) -> list[str]:
    """What cannot be read as the page is laid out now."""
    return list(page.evaluate(LAID_OUT_BADLY))
