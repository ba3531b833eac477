"""What was done a moment ago, as the page after it says: by a code and numbers in its address, never by text there."""

from collections.abc import Mapping
from typing import Annotated
from urllib.parse import urlencode

from fastapi import Depends, Query
from fastapi.responses import RedirectResponse, Response

from models.wording import counted

MOST_DIGITS = 6


class Done:
    """The code, how many it was done to, and how many were left."""

    def __init__(
        self,
        done: Annotated[str, Query()] = "",
        n: Annotated[str, Query()] = "",
        left: Annotated[str, Query()] = "",
    ) -> None:
        self.code, self.count, self.left = done, _number(n), _number(left)

    def sentence(self, sentences: Mapping[str, str]) -> str:
        """The sentence of the code, with `{tasks}`, `{leads}` and `{left}` filled in; empty for a code without one."""
        if self.code not in sentences:
            return ""
        counts = {"tasks": counted(self.count, "task"), "leads": counted(self.count, "lead")}
        said = sentences[self.code].format(**counts)
        return f"{said} {self._left()}" if self.left else said

    def _left(self) -> str:
        return f"{'One was' if self.left == 1 else f'{self.left} were'} left as before: over by then, or no other's."


JustDone = Annotated[Done, Depends(Done)]


def done_response(path: str, done: str, count: int = 0, left: int = 0) -> Response:
    """The way back to a page after a form was sent."""
    query = {"done": done} | ({"n": count} if count else {}) | ({"left": left} if left else {})
    return RedirectResponse(f"{path}{'&' if '?' in path else '?'}{urlencode(query)}", 303)


def _number(given: str) -> int:
    return int(given) if given.isascii() and given.isdecimal() and len(given) <= MOST_DIGITS else 0
