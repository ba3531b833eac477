"""Requests byte by byte, as no browser or library would send them; the app sees them as its server hands them over."""

import asyncio
from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import dataclass, field
from urllib.parse import unquote

from fastapi import FastAPI
from starlette.types import Message

from web.app import app

FORM = (b"content-type", b"application/x-www-form-urlencoded")
HOST = (b"host", b"127.0.0.1:8000")


@dataclass
class RawRequest:
    """What is sent. The body comes in chunks; its length is announced unless the headers say otherwise."""

    method: str
    path: bytes
    query: bytes = b""
    headers: Sequence[tuple[bytes, bytes]] = ()
    body: Iterable[bytes] | AsyncIterator[bytes] = ()
    client: str = "127.0.0.1"


@dataclass
class RawResponse:
    """What comes back, and how many bytes of the body were taken."""

    status: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    taken: int = 0

    @property
    def text(self) -> str:
        """The body as text."""
        return self.body.decode()


async def ask(sent: RawRequest, to: FastAPI = app) -> RawResponse:
    """Send one request. A server would have answered 500 to what the app raises."""
    answer, chunks = RawResponse(), _chunks(sent.body)
    coming: asyncio.Future[bytes] | None = None
    scope = {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "method": sent.method,
        "scheme": "http",
        "path": unquote(sent.path.decode("ascii")),
        "raw_path": sent.path,
        "query_string": sent.query,
        "root_path": "",
        "headers": [HOST, *sent.headers],
        "client": (sent.client, 50_000),
        "server": ("127.0.0.1", 8000),
        "state": {},
    }
    ended = False

    async def receive() -> Message:
        nonlocal coming, ended
        if ended:
            return {"type": "http.disconnect"}
        # Whoever stops waiting for a chunk has not taken it.
        coming = coming or asyncio.ensure_future(anext(chunks, b""))
        chunk = await asyncio.shield(coming)
        coming = None
        answer.taken += len(chunk)
        ended = not chunk
        return {"type": "http.request", "body": chunk, "more_body": not ended}

    async def send(message: Message) -> None:
        if message["type"] == "http.response.start":
            answer.status = message["status"]
            answer.headers = {name.decode(): value.decode("latin-1") for name, value in message["headers"]}
        else:
            answer.body += message.get("body", b"")

    try:
        await to(scope, receive, send)
    except Exception:
        # The app has answered 500 by itself and raises the error for the server's log.
        assert answer.status == 500
    if coming:
        coming.cancel()
    return answer


async def _chunks(body: Iterable[bytes] | AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    if isinstance(body, AsyncIterator):
        async for chunk in body:
            yield chunk
        return
    for chunk in body:
        yield chunk


def ask_all(sent: Iterable[RawRequest], to: FastAPI = app) -> list[RawResponse]:
    """Send many requests one after the other."""

    async def one_by_one() -> list[RawResponse]:
        return [await ask(one, to) for one in sent]

    return asyncio.run(one_by_one())
