"""The body of a request: how much of it is taken at each address, and what an endpoint gets of it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request

FOR_ANYBODY = 64 * 1024
"""What is read before it is known who sends it."""
LARGEST = 1024 * 1024
KEPT_OF_LARGER = 64 * 1024
SIZE_OF_CUT = "tend.size_of_cut_body"
"""Where a request says how large its body was, of which only the beginning was taken."""


@dataclass(frozen=True, kw_only=True)
class BodyLimit:
    """How much is taken at an address, in bytes, and of whom."""

    largest: int = LARGEST
    may_send: Callable[[Request], bool] | None = None
    """Asked before more than FOR_ANYBODY is read. It may raise what the endpoint would answer with; without it anybody
    may send the largest.
    """
    is_form: bool = True
    """Whether people fill it in. What programs send is stored whatever it holds, and its endpoint reads it itself."""
    discards: int = 1024 * 1024
    """What is read and thrown away after an answer that says "too large": whoever is cut off in the middle of sending
    does not read it.
    """
    keeps_any: bool = False
    """Nothing is refused unseen, as leads are not: of what is too large the beginning goes to the endpoint."""


@dataclass(frozen=True)
class Body:
    """What was sent; of what is too large only the beginning."""

    content_type: str
    raw: bytes
    size: int
    largest: int = LARGEST

    @property
    def is_cut(self) -> bool:
        return self.size > len(self.raw)


async def read_body(request: Request) -> Body:
    """A dependency: the body as far as it was taken."""
    raw = await request.body()
    size = request.scope.get(SIZE_OF_CUT, len(raw))
    return Body(request.headers.get("content-type", ""), raw, size)


GivenBody = Annotated[Body, Depends(read_body)]
