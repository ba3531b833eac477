"""Every page that people look at, on a phone and on a desk, light and dark: axe finds nothing, and all of it fits."""

import re
from collections.abc import Iterator, Sequence
from types import ModuleType

import pytest
from fastapi.routing import APIRoute

from tests.browser.conftest import Visit
from tests.support.page_faults import look
from tests.support.playbook import apply_playbook
from tests.support.played_pages import NO_PAGES, addresses, play
from web.app import FOR_EVERYBODY, FOR_OPS

# Minutes of a busy machine.
pytestmark = pytest.mark.timeout(1500)

SAME_WHEN_EMPTY = re.compile(r"/(docs|me)\b|.*\{")
"""Pages that show the same whatever has happened, and those about one thing, of which there is none."""
NEEDS_QUERY = {"/reports/who": "/reports/who?measure=lead"}
"""Path -> address, of pages that are about something."""


def paths(parts: Sequence[ModuleType]) -> Iterator[str]:
    """The path of each route that people look at."""
    for part in parts:
        for route in part.router.routes:
            assert isinstance(route, APIRoute)
            if "GET" in route.methods and route.path not in NO_PAGES:
                yield route.path


@pytest.mark.parametrize("parts", [FOR_OPS, FOR_EVERYBODY], ids=["for ops", "for everybody"])
def test_nothing_is_wrong_with_any_page_when_much_has_happened(visit: Visit, parts: Sequence[ModuleType]) -> None:
    play()
    shown = addresses()
    assert shown.keys() <= set(paths(FOR_OPS + FOR_EVERYBODY))
    looked_at = [address for path in paths(parts) for address in shown.get(path, [path])]
    assert [address for address in looked_at if "{" in address] == [], "a new page: say in addresses() where it is"
    found = look(visit(), looked_at)
    assert not found, f"\n{found}"


@pytest.mark.usefixtures("database_url")
def test_nothing_is_wrong_with_any_page_when_nothing_has_happened(visit: Visit) -> None:
    apply_playbook()
    found = look(visit(), [NEEDS_QUERY.get(path, path) for path in paths(FOR_OPS) if not SAME_WHEN_EMPTY.match(path)])
    assert not found, f"\n{found}"
