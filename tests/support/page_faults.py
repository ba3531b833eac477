"""What is wrong with a page, on a phone and on a desk, in light and in dark."""

from collections.abc import Iterable

from playwright.sync_api import Page

from tests.support.axe import ONLY_COLOURS, prepare, violations
from tests.support.chromium import DESK, PHONE, Visitor, badly_laid_out

LARGE, SMALL = DESK["viewport"], PHONE["viewport"]


def look(visitor: Visitor, paths: Iterable[str]) -> str:
    """What is wrong with these pages, a line for each fault."""
    return "\n".join(f"{path} {fault}" for path in paths for fault in faults(visitor, path))


def faults(visitor: Visitor, path: str, *, is_ok: bool = True) -> list[str]:
    """What is wrong with one page, at both sizes and in both colours, and whether it is an error after all or none."""
    page = visitor.page
    page.set_viewport_size(LARGE)
    page.emulate_media(color_scheme="light")
    answer = page.goto(path)
    found = [] if answer and answer.ok == is_ok else [f"answered {answer and answer.status}"]
    prepare(page)
    found += [f"desk: {one}" for one in (*violations(page), *badly_laid_out(page))]
    found += on_a_phone(page)
    found += visitor.problems
    visitor.problems.clear()
    return found


def on_a_phone(page: Page) -> list[str]:
    """The same page, narrow."""
    page.set_viewport_size(SMALL)
    found = [f"phone: {one}" for one in (*violations(page), *badly_laid_out(page))]
    # Colours are the same at both sizes, and most of what axe costs.
    page.emulate_media(color_scheme="dark")
    return found + [f"phone, dark: {one}" for one in violations(page, **ONLY_COLOURS)]
