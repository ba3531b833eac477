"""axe-core, which finds what people with a screen reader, a keyboard or weak eyes stumble over."""

from functools import cache
from importlib.resources import files
from typing import Any

from playwright.sync_api import Page

ONLY_COLOURS = {"runOnly": {"type": "rule", "values": ["color-contrast", "link-in-text-block"]}}
OPEN_ALL = """
// Of parts with one name only one is open at a time.
for (const folded of document.querySelectorAll('details')) { folded.removeAttribute('name'); folded.open = true }
"""
RUN = """
(options) => axe.run(document, {
  resultTypes: ["violations"], iframes: false, rules: {"target-size": {enabled: true}}, ...options
}).then((found) =>
  found.violations.map((rule) => `${rule.id}: ` + rule.nodes.map((node) => node.html.slice(0, 160)).join(" | ")))
"""


@cache
def _script() -> str:
    return (files("axe_playwright_python") / "axe.min.js").read_text()


def prepare(page: Page) -> None:
    """Bring axe into the page, and show what is folded up."""
    page.evaluate(OPEN_ALL)
    page.evaluate(_script())


def violations(page: Page, **options: Any) -> list[str]:
    """`rule: where` for each rule that the page breaks as it is shown now."""
    return list(page.evaluate(RUN, options))
