"""A real server on a free port of this machine, for apps that others are to call."""

import asyncio
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn
from starlette.types import ASGIApp

DEADLINE = 60.0


@contextmanager
def run_server(app: ASGIApp, http: type[asyncio.Protocol] | None = None) -> Iterator[str]:
    """Its address, for as long as the block lasts. `http` speaks the protocol, in place of what uvicorn has."""
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    config = uvicorn.Config(app, http=http or "auto", log_config=None, access_log=False, timeout_graceful_shutdown=1)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    give_up = time.monotonic() + DEADLINE
    while not server.started and time.monotonic() < give_up:
        time.sleep(0.01)
    assert server.started
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join()
