"""A real browser on this machine, driven over its DevTools protocol; for what no other way of testing shows."""

import json
import re
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from websockets.sync.client import ClientConnection, connect

CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")
"""None: there is no browser here."""

FLAGS = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync", "--remote-debugging-port=0"),
)
DEADLINE = 30.0
TARGET = re.compile(r"DevTools listening on (ws://\S+)")


class Page:
    """One page of the browser."""

    def __init__(self, connection: ClientConnection, session: str) -> None:
        self.connection = connection
        self.session = session
        self.number = 0

    def call(self, method: str, **params: Any) -> dict[str, Any]:
        """What a command of the protocol gives."""
        self.number += 1
        asked = {"id": self.number, "method": method, "params": params, "sessionId": self.session}
        return _answer(self.connection, asked)

    def open(self, address: str) -> None:
        """Go to an address, and wait until its page is there."""
        self.call("Page.navigate", url=address)
        self.until("document.readyState === 'complete' && location.href.startsWith('http')")

    def value(self, expression: str) -> Any:
        """What an expression of the page gives."""
        found = self.call("Runtime.evaluate", expression=expression, awaitPromise=True, returnByValue=True)
        assert "exceptionDetails" not in found, found
        return found["result"].get("value")

    def until(self, expression: str) -> None:
        """Wait until an expression of the page holds."""
        give_up = time.monotonic() + DEADLINE
        while time.monotonic() < give_up:
            found = self.call("Runtime.evaluate", expression=expression, awaitPromise=True, returnByValue=True)
            if found["result"].get("value"):
                return
            time.sleep(0.05)
        raise AssertionError(f"It did not come to this: {expression}")

    def take_offline(self, is_offline: bool) -> None:
        """As in a tunnel, and out of it again."""
        self.call("Network.enable")
        conditions = {"latency": 0, "downloadThroughput": -1, "uploadThroughput": -1}
        self.call("Network.emulateNetworkConditions", offline=is_offline, **conditions)


@contextmanager
def a_page(folder: Path) -> Iterator[Page]:
    """A page in a browser of its own, which keeps what it keeps in a folder."""
    assert CHROMIUM
    log = folder / "chromium.log"
    with log.open("w") as written:
        process = subprocess.Popen([CHROMIUM, *FLAGS, f"--user-data-dir={folder / 'profile'}"], stderr=written)
    try:
        with connect(_address(log), max_size=None) as connection:
            target = _answer(connection, {"id": 0, "method": "Target.createTarget", "params": {"url": "about:blank"}})
            about = {"targetId": target["targetId"], "flatten": True}
            attached = _answer(connection, {"id": 0, "method": "Target.attachToTarget", "params": about})
            yield Page(connection, attached["sessionId"])
    finally:
        process.terminate()
        process.wait()


def _address(log: Path) -> str:
    give_up = time.monotonic() + DEADLINE
    while time.monotonic() < give_up:
        if found := TARGET.search(log.read_text()):
            return found[1]
        time.sleep(0.05)
    raise AssertionError(f"The browser did not start: {log.read_text()}")


def _answer(connection: ClientConnection, asked: dict[str, Any]) -> dict[str, Any]:
    connection.send(json.dumps(asked))
    while True:
        told = json.loads(connection.recv(timeout=DEADLINE))
        if told.get("id") == asked["id"] and told.get("sessionId") == asked.get("sessionId"):
            assert "error" not in told, told
            return dict(told["result"])
