"""Takes the body of a request up to a size, so that nobody fills the memory of the web process."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request

LARGEST = 1024 * 1024
KEPT_OF_LARGER = 64 * 1024
# A sender who is cut off in the middle of sending does not read the answer that says why.
READ_AT_MOST = 64 * 1024 * 1024


@dataclass(frozen=True)
class Body:
    """What was sent; of what is too large only the beginning."""

    content_type: str
    raw: bytes
    size: int
    largest: int = LARGEST

    @property
    def is_cut(self) -> bool:
        return self.size > self.largest


def body_up_to(largest: int) -> Callable[[Request], Awaitable[Body]]:
    """A dependency: the body of a request, read to its end but kept up to this many bytes."""

    async def read_body(request: Request) -> Body:
        raw, size = bytearray(), 0
        async for chunk in request.stream():
            size += len(chunk)
            raw += chunk[: largest - len(raw)]
            if size > READ_AT_MOST:
                break
        kept = bytes(raw if size <= largest else raw[:KEPT_OF_LARGER])
        return Body(request.headers.get("content-type", ""), kept, size, largest)

    return read_body


GivenBody = Annotated[Body, Depends(body_up_to(LARGEST))]
