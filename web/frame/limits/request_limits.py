"""Takes in each request before any page sees it: no more of it than the page takes, and not slower than people send."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass

from fastapi import HTTPException, Request
from fastapi.concurrency import run_in_threadpool
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from models.wording import counted
from web.frame.errors import answer_to
from web.frame.limits.body import FOR_ANYBODY, KEPT_OF_LARGER, SIZE_OF_CUT, BodyLimit
from web.frame.limits.unreadable_request import check_address, check_encoding, check_form

NO_BODY = ("GET", "HEAD", "OPTIONS")
TOO_LARGE = "More than {largest:,} bytes were sent, which is more than is taken here. Send less."
TOO_SLOW = "What was sent came too slowly and was cut off after {size}. Nothing of it was stored: send it again."
TOO_MUCH_AT_ONCE = "Too much is being sent to this installation at this moment. Send it again in some seconds."


@dataclass(frozen=True, kw_only=True)
class Patience:
    """How slowly a body may come, and how much is held of all that come at once."""

    first_seconds: float = 20
    bytes_a_second: int = 2_000
    """After the first seconds."""
    most_held: int = 256 * 1024 * 1024
    """Bytes, beyond what anybody may send, of all bodies together."""
    discard_seconds: float = 5
    """How long it is read what is thrown away."""


class ClientLeft(Exception):
    """The sender has gone in the middle of the body."""


class RequestLimits:
    """Hands on requests whose body is there as a whole; answers 4xx to the others."""

    def __init__(
        self,
        app: ASGIApp,
        *,
        limits: Mapping[str, BodyLimit],
        otherwise: BodyLimit,
        patience: Patience | None = None,
    ) -> None:
        self.app = app
        self.limits = limits
        self.otherwise = otherwise
        self.patience = patience or Patience()
        self.held = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        request, limit = Request(scope), self.limit_of(scope["path"])
        reader, held = BodyReader(receive, self.patience), _Held(self)
        closing = reader.closing(send, limit.discards)
        try:
            body = await self._take(request, limit, reader, held)
        except ClientLeft:
            return
        except Exception as error:
            answer = await run_in_threadpool(answer_to, request, error)
            await answer(scope, receive, closing)
        else:
            await self.app(scope, reader.replaying(body), send if reader.has_ended else closing)
        finally:
            held.release()

    def limit_of(self, path: str) -> BodyLimit:
        """The limit at a path: that of its longest beginning that has one."""
        parts = path.split("/")
        beginnings = ("/".join(parts[:length]) for length in range(len(parts), 1, -1))
        return next((self.limits[one] for one in beginnings if one in self.limits), self.otherwise)

    async def _take(self, request: Request, limit: BodyLimit, reader: "BodyReader", held: "_Held") -> bytes:
        if not limit.keeps_any:
            check_address(request)
            check_encoding(request)
        if request.method in NO_BODY and not {"content-length", "transfer-encoding"} & set(request.headers):
            reader.has_ended = True
            return b""
        body = await self._read(request, limit, reader, held)
        if limit.is_form:
            check_form(request, body)
        return body

    async def _read(self, request: Request, limit: BodyLimit, reader: "BodyReader", held: "_Held") -> bytes:
        """The body. Raises 413 for what is too large, unless its beginning is to be kept."""
        announced = _announced(request)
        allowed = limit.largest if limit.may_send is None else min(FOR_ANYBODY, limit.largest)
        body = bytearray()
        while not reader.has_ended:
            size = max(announced, len(body))
            if size > allowed and limit.may_send and await run_in_threadpool(limit.may_send, request):
                allowed = limit.largest
            if size > allowed and not limit.keeps_any:
                raise HTTPException(413, TOO_LARGE.format(largest=allowed))
            if size > allowed and len(body) >= KEPT_OF_LARGER:
                request.scope[SIZE_OF_CUT] = size
                return bytes(body[:KEPT_OF_LARGER])
            body += await reader.chunk()
            held.set(len(body))
        return bytes(body)


class _Held:
    """What one request holds of the memory that all share."""

    def __init__(self, shared: RequestLimits) -> None:
        self._shared = shared
        self._size = 0

    def set(self, size: int) -> None:
        """Raises 503 where all together would be too much."""
        beyond = max(0, size - FOR_ANYBODY)
        self._shared.held += beyond - self._size
        self._size = beyond
        if self._shared.held > self._shared.patience.most_held and beyond:
            raise HTTPException(503, TOO_MUCH_AT_ONCE, {"retry-after": "5"})

    def release(self) -> None:
        self._shared.held -= self._size
        self._size = 0


def _announced(request: Request) -> int:
    """The length that a request says it has; 0 without one. What comes is counted all the same."""
    text = request.headers.get("content-length", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else 0


class BodyReader:
    """Reads a body in chunks for as long as it does not come too slowly."""

    def __init__(self, receive: Receive, patience: Patience) -> None:
        self._receive = receive
        self._patience = patience
        self._began = asyncio.get_running_loop().time()
        self._is_late = False
        self._size = 0
        self.has_ended = False

    async def chunk(self) -> bytes:
        """The next bytes. Raises 408 when they do not come, ClientLeft when the sender has gone."""
        try:
            message = await self._next(self._seconds_left())
        except TimeoutError:
            message = await self._one_more_look()
        if message["type"] != "http.request":
            raise ClientLeft
        self.has_ended = not message.get("more_body", False)
        found: bytes = message.get("body", b"")
        self._size += len(found)
        return found

    def _seconds_left(self) -> float:
        patience = self._patience
        allowed = patience.first_seconds + self._size / patience.bytes_a_second
        return max(0, self._began + allowed - asyncio.get_running_loop().time())

    async def _next(self, seconds: float) -> Message:
        async with asyncio.timeout(seconds):
            return await self._receive()

    async def _one_more_look(self) -> Message:
        """A busy machine may have looked at its own clock before it looked at what had come long ago."""
        late = HTTPException(408, TOO_SLOW.format(size=counted(self._size, "byte")))
        if self._is_late:
            raise late
        self._is_late = True
        try:
            return await self._next(1)
        except TimeoutError:
            raise late from None

    def replaying(self, body: bytes) -> Receive:
        """What hands the body on, as if it came now."""
        waiting: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

        async def receive() -> Message:
            return waiting.pop() if waiting else await self._receive()

        return receive

    def closing(self, send: Send, discards: int) -> Send:
        """What sends an answer to a body of which not all was read, and ends the connection then."""

        async def send_and_close(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message)["connection"] = "close"
            elif not message.get("more_body", False) and not self.has_ended:
                await send({**message, "more_body": True})
                await self._discard(discards)
                message = {"type": "http.response.body", "body": b"", "more_body": False}
            await send(message)

        return send_and_close

    async def _discard(self, most: int) -> None:
        """Read what is still being sent, so that the answer is read as well; a little of it, for a short time."""
        discarded = 0
        try:
            async with asyncio.timeout(self._patience.discard_seconds):
                while not self.has_ended and discarded < most:
                    message = await self._receive()
                    discarded += len(message.get("body", b""))
                    self.has_ended = message["type"] != "http.request" or not message.get("more_body", False)
        except TimeoutError:
            return
