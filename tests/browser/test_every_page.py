"""Every page that people look at, on a phone and on a desk, light and dark: axe finds nothing, and all of it fits."""

import re
from collections.abc import Iterable, Iterator

import pytest
from fastapi.routing import APIRoute
from playwright.sync_api import Page

from tests.browser.conftest import Visit
from tests.support.axe import ONLY_COLOURS, prepare, violations
from tests.support.chromium import DESK, PHONE, Visitor, badly_laid_out
from tests.support.playbook import apply_playbook
from tests.support.played_pages import NO_PAGES, addresses, play
from web.app import FOR_EVERYBODY, FOR_OPS

SAME_WHEN_EMPTY = re.compile(r"/(site|docs|login|forgot|me)\b|.*\{")
"""Pages that show the same whatever has happened, and those about one thing, of which there is none."""
NEEDS_QUERY = {"/reports/who": "/reports/who?measure=lead"}
"""Path -> address, of pages that are about something."""
REFUSED = ("/nowhere", "/contacts/999", "/contacts?where=stat", "/tasks/forged", "/work/forged", "/splits/unknown")
LARGE, SMALL = DESK["viewport"], PHONE["viewport"]


def paths() -> Iterator[str]:
    """The path of each route that people look at."""
    for part in FOR_EVERYBODY + FOR_OPS:
        for route in part.router.routes:
            assert isinstance(route, APIRoute)
            if "GET" in route.methods and route.path not in NO_PAGES:
                yield route.path


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


def test_nothing_is_wrong_with_any_page_when_much_has_happened(visit: Visit) -> None:
    play()
    shown = addresses()
    assert shown.keys() <= set(paths())
    looked_at = [address for path in paths() for address in shown.get(path, [path])]
    assert [address for address in looked_at if "{" in address] == [], "a new page: say in addresses() where it is"
    found = look(visit(), looked_at)
    assert not found, f"\n{found}"


@pytest.mark.usefixtures("database_url")
def test_nothing_is_wrong_with_any_page_when_nothing_has_happened(visit: Visit) -> None:
    apply_playbook()
    found = look(visit(), [NEEDS_QUERY.get(path, path) for path in paths() if not SAME_WHEN_EMPTY.match(path)])
    assert not found, f"\n{found}"


@pytest.mark.usefixtures("database_url")
def test_nothing_is_wrong_with_pages_that_say_what_was_not_found_or_cannot_be_read(visit: Visit) -> None:
    apply_playbook()
    visitor = visit()
    visitor.expected = "the server responded with a status of 4"
    found = {path: wrong for path in REFUSED if (wrong := faults(visitor, path, is_ok=False))}
    assert found == {}
