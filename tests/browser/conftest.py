"""One browser and one server of the pages per process; each test has people with browsers of their own."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest
from playwright.sync_api import Browser

from tests.support.chromium import CHROMIUM, DESK, Visitor, run_chromium
from tests.support.servers.http_server import run_server
from web.app import app

Visit = Callable[..., Visitor]


# The package's, not the session's: while it lasts, no other test of this process could run an event loop.
@pytest.fixture(scope="package")
def chromium() -> Iterator[Browser]:
    if CHROMIUM is None:
        pytest.skip("There is no Chromium here, so no page is tried in a browser. Install the package chromium.")
    with run_chromium() as browser:
        yield browser


@pytest.fixture(scope="package")
def address() -> Iterator[str]:
    """Where the pages are, whichever database a test has."""
    with run_server(app) as address:
        yield address


@pytest.fixture
def visit(chromium: Browser, address: str, database_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Visit]:
    """Makes somebody with a browser, on a desk unless another device is given; nothing may go wrong on their pages."""
    monkeypatch.setenv("TEND_WEB_URL", address)
    visitors: list[Visitor] = []

    def make(device: Mapping[str, Any] = DESK) -> Visitor:
        visitors.append(Visitor(chromium, address, device))
        return visitors[-1]

    yield make
    for visitor in visitors:
        visitor.context.close()
    assert [problem for visitor in visitors for problem in visitor.problems] == []
